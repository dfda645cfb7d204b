"""What is to be done and who was told, as lists of workers show it."""
