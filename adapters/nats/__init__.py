"""Commands come in and answers go out over NATS."""
