"""Still and animated pictures: what kind they are, how large, and what they show."""
