"""Levels of two to six particles in a basis of explicitly correlated Gaussians."""
