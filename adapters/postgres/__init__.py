"""The log, the keys and their fences in Postgres."""
