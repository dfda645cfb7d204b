"""A copy of everything held about a person, as one file that opens anywhere (R-GDP-5)."""
