"""From an archive's bytes to labelled faces."""
