"""Who may ask the service from outside, for whom and for what; and how they show that it is they."""
