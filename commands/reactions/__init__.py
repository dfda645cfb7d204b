"""Facts that call for a request: each reaction only asks, and what comes of it is decided like anything else."""
