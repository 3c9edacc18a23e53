"""`python -m train`: the training side's command line."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Final

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from fer_core.console import print_anything, run_command
from train import commands
from train.archive.label_orders import LABEL_ORDERS
from train.jobs.children import Stopped
from train.jobs.recipe_file import recipe_names
from train.processor import start_anew
from train.runs.request import CLEANING
from train.settings.augmentation import AugmentConfig
from train.settings.fields import add_flags
from train.settings.training import TrainingConfig


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    print_anything()
    options = parse(arguments)
    return run_command(lambda: _carry_out(options))


def _carry_out(options: argparse.Namespace) -> int:
    try:
        options.run(options)
    except Stopped:
        print("Stopped. Run the same command again to continue.", file=sys.stderr)
        return 128 + signal.SIGTERM
    return 0


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The options of one command line; `run` is the function that carries it out."""
    parser = argparse.ArgumentParser(
        prog="python -m train", description="Train, measure, compare and convert networks."
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: commands.Command, words: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = subparsers.add_parser(name, help=words, description=words)
        added.set_defaults(run=run)
        return added

    _add_inspect(command("inspect", commands.inspect, "describe an archive and its problems"))
    _add_list(command("list", commands.list_architectures, "show the networks with their size and cost"))
    _add_trial(command("trial", commands.trial, "time some training steps of networks on this machine"))
    _add_fit(command("fit", commands.fit, "train a network on an archive, or continue an interrupted run"))
    _add_teach(command("teach", commands.teach, "store models' answers to fixed views of an archive's training images"))
    _add_recipe(command("recipe", commands.recipe, "run a named list of steps: teachers, student, evaluation"))
    _add_export(command("export", commands.export, "turn a run's best weights into a model folder"))
    _add_evaluate(command("evaluate", commands.evaluate, "measure a model on a split of an archive"))
    _add_compare(command("compare", commands.compare, "compare two or more models on the same images"))
    _add_sweep(command("sweep", commands.sweep, "train networks, settings, seeds or folds, and print one table"))
    _add_convert(command("convert", commands.convert, "write a model in another program's format"))
    return parser.parse_args(arguments)


_ARCHIVE_WORDS: Final = "a csv, zip or tar.gz, or a folder of these or of class folders"


def _add_archive(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    parser.add_argument("--archive", type=Path, required=required, help=_ARCHIVE_WORDS)
    _add_label_order(parser)


def _add_label_order(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--label-order",
        choices=list(LABEL_ORDERS),
        default="",
        help="order of numeric labels; by default, 0-6 are read in FER2013's order and others are refused",
    )


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--split", choices=["train", "validation", "test"], default="validation")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("archive", type=Path, help=_ARCHIVE_WORDS)
    _add_label_order(parser)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--faces", type=Path, metavar="PNG", help="also write sample faces, one row per emotion")


def _add_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print as JSON")


def _add_trial(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("architectures", nargs="+", metavar="NETWORK", help="as list shows them")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def _add_fit(parser: argparse.ArgumentParser) -> None:
    _add_archive(parser, required=False)
    parser.add_argument(
        "--output", type=Path, required=True, help="run folder; without --archive, the run in it continues"
    )
    parser.add_argument("--queue", action="store_true", help="wait while another queued run in the same parent trains")
    parser.add_argument("--nice", type=int, default=10, help="how far to give way to others, 0-19 (default: 10)")
    parser.add_argument("--no-export", action="store_true", help="keep the best weights, but make no model folder")
    parser.add_argument("--report-test", action="store_true", help="report the test split too, once, at the end")
    _add_cleaning(parser)
    _add_teachers(parser, required=False)
    parser.add_argument("--teacher-views", type=Path, metavar="FILE", help="learn from answers written by teach")
    parser.add_argument("--folds", type=Path, metavar="FILE", help="of a cross-validation, written by sweep")
    parser.add_argument("--fold", type=int, metavar="NUMBER", help="of --folds: the one to validate on, from 1")
    add_flags(parser, TrainingConfig)
    add_flags(parser, AugmentConfig)


def _add_cleaning(parser: argparse.ArgumentParser) -> None:
    for switch in CLEANING:
        words = switch.replace("_", " ") + " from the archive first (see inspect)"
        parser.add_argument("--" + switch.replace("_", "-"), action="store_true", help=words)
    _add_ferplus(parser)
    parser.add_argument(
        "--drop-not-faces",
        action="store_true",
        help="leave out training images that most of FER+'s voters do not call a face",
    )


def _add_ferplus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ferplus", type=Path, metavar="CSV", help="FER+'s votes: fer2013new.csv, with the Kaggle csv")


def _add_teachers(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--teachers",
        type=Path,
        nargs="+",
        required=required,
        metavar="MODEL",
        help="learn from these models, too: their names or folders, or run folders",
    )


def _add_teach(parser: argparse.ArgumentParser) -> None:
    _add_archive(parser)
    _add_teachers(parser, required=True)
    parser.add_argument("--output", type=Path, required=True, metavar="NPZ", help="file for the answers")
    parser.add_argument("--views", type=int, default=16, help="views of each image (default: 16)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the views (default: 1)")
    parser.add_argument("--nice", type=int, default=10, help="how far to give way to others, 0-19 (default: 10)")
    _add_cleaning(parser)
    add_flags(parser, AugmentConfig)


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=recipe_names(), help="recipe to run")
    _add_archive(parser)
    _add_ferplus(parser)
    parser.add_argument("--output", type=Path, required=True, help="folder of the steps; finished ones are kept")
    parser.add_argument("--nice", type=int, default=10, help="how far to give way to others, 0-19 (default: 10)")
    parser.add_argument(
        "--jobs", type=int, default=1, help="steps that may run at once, for example on a GPU (default: 1)"
    )


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", dest="run_dir", type=Path, required=True, help="run folder, written by fit")
    _add_archive(parser)
    parser.add_argument("--output", type=Path, required=True, help="model folder, replaced as a whole")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="name or folder of a model")
    _add_archive(parser)
    _add_split(parser)
    _add_ferplus(parser)
    parser.add_argument("--save", action="store_true", help="write the figures into the model's card, too")
    parser.add_argument(
        "--balanced",
        type=float,
        default=0.0,
        metavar="STRENGTH",
        help="favour emotions that were rare in training: 0 not at all (default), 1 as if all had been equally common",
    )


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL", help="names or folders of two or more models")
    _add_archive(parser)
    _add_split(parser)


def _add_sweep(parser: argparse.ArgumentParser) -> None:
    _add_archive(parser)
    parser.add_argument("--output", type=Path, required=True, help="folder of the runs; finished ones are kept")
    parser.add_argument("--architectures", nargs="+", metavar="NAME", help="with commas or spaces (default: all)")
    parser.add_argument("--epochs", type=int, default=25, help="of each run (default: 25)")
    parser.add_argument("--seeds", nargs="+", metavar="SEED", help="train each setting with these seeds")
    parser.add_argument(
        "--set", nargs="+", action="extend", metavar="NAME=VALUE,VALUE", help="vary a setting of fit; may be repeated"
    )
    parser.add_argument(
        "--ray",
        metavar="local|auto|ADDRESS",
        help="train side by side on Ray: on this machine, on the cluster that runs here if any, or on another",
    )
    parser.add_argument("--cores-per-trial", type=float, metavar="CORES", help="may be a part of one (with --ray: 1)")
    parser.add_argument("--gpus-per-trial", type=float, default=0.0, metavar="GPUS", help="with --ray (default: 0)")
    parser.add_argument(
        "--early-stopping", action="store_true", help="with --ray, end runs that are behind others of as many epochs"
    )
    parser.add_argument("--cross-validate", type=int, metavar="FOLDS", help="validate on each of so many folds in turn")
    parser.add_argument("--fold-seed", type=int, default=1, metavar="SEED", help="of the folds (default: 1)")
    parser.add_argument(
        "--person",
        default="",
        metavar="REGEX",
        help="finds a person in an image's path, whose images stay in one fold; known data sets need none",
    )
    parser.add_argument("settings", nargs="*", help="after --, further settings of fit, the same for all")


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, help="name or folder of a model")
    parser.add_argument("--form", required=True, choices=["json_h5", "saved_model", "onnx"])
    parser.add_argument("--output", type=Path, required=True, help="folder for the files, or a .zip to pack them in")
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


_COMPUTE: Final = {"fit", "trial", "teach", "recipe", "export", "evaluate", "compare"}
"""Commands that keep a processor busy for long, by themselves or through their children."""


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in _COMPUTE:
        start_anew()
    sys.exit(main())
