"""What the numbers of sessions mean. Needs neither page nor database."""
