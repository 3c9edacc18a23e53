"""Training as a process: one run, and several in a row."""
