"""What we promised, and whether we kept it."""
