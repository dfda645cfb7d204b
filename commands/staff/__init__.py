"""Who works here and what they may reach."""
