"""Read models in Postgres: their tables, the versions there are of them, and what keeps them up to date."""
