"""Who uses this server, and what they may do."""
