"""The two problems as LightningModules: a potential from data, a ground state from an interaction."""
