"""Levels of two and three particles, and the coordinates of a few."""
