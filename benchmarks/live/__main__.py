"""The live page in figures. All parts in one run, each beside the page that returns the picture.

python -m benchmarks.live [VIEWERS …] [--only viewers browser boxes start] [--seconds 10]
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from benchmarks.live import boxes, first_label, viewers, watching

NUMBERS: Final = (1, 2, 4, 8, 12)
PARTS: Final[Mapping[str, Callable[[argparse.Namespace], None]]] = {
    "viewers": lambda options: viewers.table(options.numbers or NUMBERS, seconds=options.seconds),
    "browser": lambda options: watching.table(seconds=options.seconds),
    "boxes": lambda _: boxes.table(),
    "start": lambda _: first_label.table(),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.live", description=__doc__)
    usual = " ".join(map(str, NUMBERS))
    parser.add_argument("numbers", nargs="*", type=int, metavar="VIEWERS", help=f"at once; default: {usual}")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some of the tables")
    parser.add_argument("--seconds", type=float, default=10, help="of each row's measuring; default: 10")
    options = parser.parse_args(arguments)
    for name in options.only:
        PARTS[name](options)


if __name__ == "__main__":
    main()
