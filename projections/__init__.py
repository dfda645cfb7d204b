"""One fact in, row changes out; and the questions asked of those rows."""
