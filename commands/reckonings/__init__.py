"""Who could see, whether one could, and what a request would change."""
