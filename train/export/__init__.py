"""Model folders and other formats."""
