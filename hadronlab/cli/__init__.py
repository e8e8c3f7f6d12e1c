"""What stands between a shell and Hydra: arguments and their errors."""
