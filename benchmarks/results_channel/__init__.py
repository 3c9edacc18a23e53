"""Results to the browser by a WebSocket or by a data channel of the video's own connection: which is quicker."""
