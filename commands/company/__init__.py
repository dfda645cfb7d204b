"""What the company has decided once, for everybody."""
