"""The examination of this server: what its store, its address, its certificate and its relays answer."""
