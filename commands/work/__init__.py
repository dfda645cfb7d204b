"""What is to be done, by whom, and who hears of it."""
