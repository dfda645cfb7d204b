"""The face of HTTP: requests come in as visitors, answers go out as they are wanted; and who may come in."""
