"""Scattering of two hadrons: R-matrix, phase shifts, bound states, effective range, Coulomb waves."""
