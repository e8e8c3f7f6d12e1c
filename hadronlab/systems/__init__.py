"""What is studied, and what follows from that alone: masses, length scales, thresholds, references."""
