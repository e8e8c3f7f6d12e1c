"""A user's package: one of each noun."""
