"""Which price wins, and why."""
