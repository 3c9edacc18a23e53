"""Print a table, and summarise times."""

from collections.abc import Sequence

import numpy as np


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table, so that it can be pasted into docs/BENCHMARKS.md."""
    print(f"\n{title}\n")
    print("| " + " | ".join(header) + " |")
    print("|" + "|".join(" --- " for _ in header) + "|")
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)


def p50_p95(values: Sequence[float], digits: int = 1) -> str:
    """Median and 95th percentile, as "2.1 / 3.4"; a dash without values."""
    if not len(values):
        return "–"
    p50, p95 = np.percentile(values, [50, 95])
    return f"{p50:.{digits}f} / {p95:.{digits}f}"
