"""Sweeps: many runs over networks, settings, seeds and folds, side by side on Ray Tune or one after the other."""
