"""What we cost, measured against a baseline in the same run, on the same Postgres and NATS."""
