"""`python -m fer_core`: the shared library's command line."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from fer_core.console import print_anything, run_command
from fer_core.limits import MAX_FACES

# Each command brings in what it needs: `make run` calls fetch-detector at every start and must not wait.


def main(arguments: list[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: without the program's name; None for those of the command line.

    Returns:
        The exit status: 0 when all went well; see `fer_core.console.run_command` for errors.

    Raises:
        SystemExit: the arguments are wrong, or ask for help.
    """
    print_anything()
    parser = argparse.ArgumentParser(
        prog="python -m fer_core", description="Analyse files, list models, and check this installation."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_analyse(commands.add_parser("analyse", help="name the expressions in pictures and videos"))
    rows = commands.add_parser("rows", help="write the rows of a data set of `analyse --ray` as CSV")
    rows.add_argument("data_set", type=Path, metavar="DATASET", help="its folder")
    rows.add_argument("--output", type=Path, required=True, metavar="OUT", help="OUT.csv")
    rows.set_defaults(run=_rows)
    models = commands.add_parser("models", help="list the models and check their files")
    models.set_defaults(run=_models)
    doctor = commands.add_parser("doctor", help="check this installation, the models and the server")
    doctor.add_argument("--json", action="store_true", help="print JSON for other programs")
    doctor.add_argument("--port", type=_port, default=8501, help="port of the app (default: 8501)")
    doctor.add_argument("--address", default="localhost", help="address that the app listens on (default: localhost)")
    doctor.add_argument("--url", default="", metavar="URL", help="the https address that people open")
    doctor.set_defaults(run=_doctor)
    fetch = commands.add_parser("fetch-detector", help="fetch a better face detector than Haar (7 MB, once)")
    fetch.set_defaults(run=_fetch_detector)
    options = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    return run_command(lambda: command(options))


def _add_analyse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "inputs",
        type=Path,
        nargs="+",
        metavar="INPUT",
        help="picture, video, folder of them, or a list of them: a .txt file, a path a line",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="OUT", help="OUT.csv or OUT.json; with --ray a folder"
    )
    parser.add_argument(
        "--annotated", type=Path, metavar="OUT", help="copy of one input with boxes and labels: .mp4, .png or .jpg"
    )
    parser.add_argument("--model", default="default", metavar="NAME", help="a model's name or folder")
    parser.add_argument(
        "--detector", choices=["blazeface", "yunet", "haar"], help="default: the first whose files are there"
    )
    parser.add_argument(
        "--max-faces",
        type=_count,
        metavar="N",
        help=f"analyse the N largest faces of a frame; default: all of a picture, {MAX_FACES} of a video's frame",
    )
    rate = parser.add_mutually_exclusive_group()
    rate.add_argument("--every", type=_count, default=1, metavar="N", help="analyse every N-th frame")
    rate.add_argument("--fps", type=_rate, metavar="F", help="analyse at most F frames per second of video")
    many = parser.add_argument_group("many files on many processors (requirements-scale.txt)")
    many.add_argument(
        "--ray",
        metavar="WHERE",
        help="by Ray, into a Parquet data set: local (this machine), HOST:PORT of a cluster, or auto for either",
    )
    many.add_argument(
        "--part-seconds",
        type=_seconds,
        default=600.0,
        metavar="S",
        help="split longer videos into parts of about this length; 0 for never (default: %(default)g)",
    )
    many.add_argument(
        "--film-cores",
        type=_cores,
        default=1.0,
        metavar="C",
        help="cores that a file is given; fewer where the storage is slower than the processors (default: %(default)g)",
    )
    parser.set_defaults(run=_analyse)


def _seconds(text: str) -> float:
    return _number(text, least=0.0, most=86_400.0, unit="seconds")


def _cores(text: str) -> float:
    value = _number(text, least=0.1, most=1.0, unit="cores")
    return round(value, 4)  # Ray counts no finer


def _number(text: str, *, least: float, most: float, unit: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"expected a number of {unit} from {least:g} to {most:g}, got {text!r}")
    return value


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, got {text!r}")
    return int(text)


def _port(text: str) -> int:
    port = _count(text)
    if port > 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, got {text!r}")
    return port


def _rate(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1000:
        raise argparse.ArgumentTypeError(f"expected a number above 0 and at most 1000, got {text!r}")
    return value


def _analyse(options: argparse.Namespace) -> int:
    if options.ray is not None:
        from fer_core.scale.command import run as run_on_ray

        return run_on_ray(options)
    from fer_core.files.analyse_command import run

    return run(options)


def _rows(options: argparse.Namespace) -> int:
    from fer_core.scale.command import write_rows

    return write_rows(options)


def _models(_: argparse.Namespace) -> int:
    from fer_core.expressions.model_list import model_table

    print(model_table())
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from fer_core.doctor import examine
    from fer_core.findings import Place, Status

    checks = examine(Place(options.address, options.port, options.url))
    if options.json:
        print(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            print(f"{check.status:<7} {check.name}: {check.found}" + (f" -> {check.remedy}" if check.remedy else ""))
    return int(any(check.status is Status.FAILING for check in checks))


def _fetch_detector(_: argparse.Namespace) -> int:
    from fer_core.faces.fetch import fetch_detector

    line = fetch_detector()
    if line is not None:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
