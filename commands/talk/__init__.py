"""Everything said, and who may read it."""
