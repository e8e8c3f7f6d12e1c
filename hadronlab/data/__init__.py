"""What the inverse problem is fitted to: wave functions and R-correlators, read from files or simulated."""
