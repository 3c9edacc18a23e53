"""What may be chosen for a run."""
