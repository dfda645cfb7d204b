"""What we promised and whether we kept it, as reports ask for it."""
