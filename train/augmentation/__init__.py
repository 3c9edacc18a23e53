"""Changed pixels for training."""
