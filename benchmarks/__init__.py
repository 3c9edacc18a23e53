"""Speed, memory, accuracy and coverage, as printed tables: `python -m benchmarks` (or `make bench`).

Ratios within one run count; the milliseconds belong to the machine.
"""
