"""What is learned: potentials between hadrons and wave functions of quarks."""
