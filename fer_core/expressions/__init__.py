"""From a face's tile to a steady answer."""
