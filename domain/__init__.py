"""Facts, states and rules: no clock, no input or output, no ids made up, no environment."""
