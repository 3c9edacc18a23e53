"""Speed and memory, as printed tables: `python -m benchmarks` (or `make bench`). Ratios within one run are what counts;
the milliseconds belong to the machine.
"""
