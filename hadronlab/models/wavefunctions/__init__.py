"""Wave functions of a few particles, with their derivatives."""
