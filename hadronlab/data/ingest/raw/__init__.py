"""Raw output of a lattice calculation, one stage a file: read, average, project, resample, divide."""
