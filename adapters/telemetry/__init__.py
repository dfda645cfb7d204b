"""What operators watch: traces, metrics and logs, with nobody's data in them."""
