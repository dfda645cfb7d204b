"""Whom we know, as lists of customers show it."""
