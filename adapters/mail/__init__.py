"""Mail as the outside world has it: who we are to the server, what a letter says, and the server itself."""
