"""Walkers that sample a wave function, and the local energies at their places."""
