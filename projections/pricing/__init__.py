"""What is asked for what, and what was ordered."""
