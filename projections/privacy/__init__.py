"""Whose data it is, and its end."""
