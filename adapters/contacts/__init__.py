"""Contacts out of a file and into one: what a file says is checked as commands are, row by row, before any is sent."""
