"""Pictures and videos in, tables and annotated videos out."""
