"""`python -m tests.fuzz [TARGET …|all] --seconds N --seed S`; ends with status 1 where an input failed."""

import argparse
import sys

from tests.fuzz import __doc__ as about
from tests.fuzz.runner import Outcome, run_target
from tests.fuzz.targets import NAMES


def main(arguments: list[str] | None = None) -> int:
    """Gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", default=["all"], metavar="TARGET", help=f"{', '.join(NAMES)} or all")
    parser.add_argument("--seconds", type=float, default=30.0, help="for all targets together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--count", type=int, help="how many inputs; otherwise as many as there is time for")
    options = parser.parse_args(arguments)
    chosen = NAMES if "all" in options.targets else tuple(options.targets)
    unknown = sorted(set(chosen) - set(NAMES))
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}. There are {', '.join(NAMES)} and all.")
    share_s = options.seconds / len(chosen)
    outcomes = [
        _told(run_target(name, seed=options.seed, seconds=share_s, first=options.first, count=options.count))
        for name in chosen
    ]
    return 1 if any(outcome.failures for outcome in outcomes) else 0


def _told(outcome: Outcome) -> Outcome:
    counts = outcome.counts
    print(
        f"{outcome.target}: {counts['read']} read, {counts['refused']} refused, {counts['failed']} failed", flush=True
    )
    for failure in outcome.failures:
        print(f"--- input {failure.number}, kept in {failure.kept}\n{failure.words.rstrip()}", flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
