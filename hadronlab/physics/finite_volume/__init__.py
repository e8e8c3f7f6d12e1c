"""Two hadrons in a finite box."""
