"""Offline training on FER2013 archives: inspect, fit, evaluate, export."""
