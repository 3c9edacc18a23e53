"""Teachers and their answers."""
