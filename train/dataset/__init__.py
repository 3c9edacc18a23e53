"""Labelled faces: cached, described and cleaned."""
