"""Whom we know, and who may know that we know them."""
