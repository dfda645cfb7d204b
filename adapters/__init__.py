"""The outside world: one library, one file or one small folder."""
