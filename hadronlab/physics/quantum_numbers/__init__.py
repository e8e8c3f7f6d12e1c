"""Colour, spin and isospin: bases, operators and permutations of coupled channels."""
