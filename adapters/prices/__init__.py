"""Products and price lists out of a file, and into one."""
