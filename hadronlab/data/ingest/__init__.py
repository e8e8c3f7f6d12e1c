"""Files of other programs, brought into the project's layout."""
