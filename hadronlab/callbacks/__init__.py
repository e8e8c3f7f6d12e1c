"""What happens beside the training steps: natural gradients, guards, checkpoints, signals."""
