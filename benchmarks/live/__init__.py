"""The live page under measurement; `python -m benchmarks.live`."""
