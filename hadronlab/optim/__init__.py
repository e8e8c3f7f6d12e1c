"""One damped natural-gradient solver: Gauss–Newton for potentials, stochastic reconfiguration for wave functions."""
