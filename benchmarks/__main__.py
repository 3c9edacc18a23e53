"""`python -m benchmarks [NAME …] [--archive FER2013]`: every table, or the named ones, with their usual settings.

Those that need FER2013's images are left out, with a line that says so, where no archive is named.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks import baseline, inference, live_match, robustness, stages, statistics, training_step
from benchmarks.faces import ARCHIVE_VARIABLE, MissingFacesError
from benchmarks.live import __main__ as live

TABLES: Final[Mapping[str, Callable[[], None]]] = {
    "stages": stages.main,
    "inference": lambda: inference.main([]),
    "robustness": lambda: robustness.main([]),
    "live_match": lambda: live_match.main([]),
    "baseline": lambda: baseline.main([]),
    "statistics": statistics.main,
    "training_step": lambda: training_step.main([]),
    "live": lambda: live.main([]),
}


def main(arguments: list[str] | None = None) -> int:
    """Print the tables; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Print benchmark tables.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(TABLES)}; default: all")
    parser.add_argument("--archive", type=Path, help=f"FER2013, instead of what {ARCHIVE_VARIABLE} names")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.names if name not in TABLES]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(TABLES)}")
    if options.archive:
        os.environ[ARCHIVE_VARIABLE] = str(options.archive)
    status = 0
    for name in options.names or TABLES:
        try:
            TABLES[name]()
        except MissingFacesError as error:
            print(f"\n{name} is left out: {error}", flush=True)
            status = 1 if options.names else status  # asked for by name, it is missed
    return status


if __name__ == "__main__":
    sys.exit(main())
