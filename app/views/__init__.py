"""One module per page; each reads widgets, calls, draws."""
