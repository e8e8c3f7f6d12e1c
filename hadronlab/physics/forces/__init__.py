"""Interactions: quark models, confinement, Coulomb; local, nonlocal and separable hadron potentials."""
