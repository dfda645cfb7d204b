"""`python -m adapters` is the command `kartoteka` where that is not installed."""

from adapters.cli import main

main()
