"""Hours of people coming and going at a real server: what of its memory, threads and descriptors does not come back."""
