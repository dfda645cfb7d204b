"""A help desk's event log, replayed through the service: read, sent, and compared."""
