"""What the company has set up, who answers for what, and whether they can."""
