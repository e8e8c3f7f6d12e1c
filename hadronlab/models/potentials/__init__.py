"""Potentials between two hadrons: U(r,r') and V0(r)."""
