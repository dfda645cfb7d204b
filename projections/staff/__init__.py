"""Who works here and what they may reach, as they see it themselves."""
