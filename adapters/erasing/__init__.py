"""A person is forgotten step by step: what each takes away, and in what order."""
