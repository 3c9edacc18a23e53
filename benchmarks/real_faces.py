"""What people get to see of real faces: how often a label is named, how often it is wrong, how steady it is.

    python -m benchmarks.real_faces [--only crowd clips pictures] [--model NAME_OR_FOLDER]
        [--archive fer2013.csv --ferplus fer2013new.csv]

`crowd`: what ten people see in each of FER2013's validation images (`benchmarks.real_faces_crowd`). `clips`: the
labelled clips of FER_SHARED_DATA as a live viewer would get them. The labels are what a person sees
(`real_faces_labels.csv`), set before any network had answered. `pictures`: a group picture and a portrait, through the
path for single pictures. What is not there is left out, with a sentence.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import cv2

from benchmarks.real_faces_clips import print_clips
from benchmarks.real_faces_crowd import print_crowd
from benchmarks.real_faces_pictures import print_pictures
from fer_core.errors import FerError
from fer_core.expressions.model import load_model
from fer_core.faces.detector import build_detector

Part = Callable[[argparse.Namespace], None]
"""Prints its table; gets every option."""


def _words() -> str:
    return {"blazeface": "BlazeFace", "yunet": "YuNet", "haar": "Haar"}[build_detector().name]


PARTS: Final[Mapping[str, Part]] = {
    "crowd": lambda options: print_crowd(options.archive, options.ferplus, options.model),
    "clips": lambda options: print_clips(load_model(options.model), _words()),
    "pictures": lambda options: print_pictures(load_model(options.model), _words()),
}
"""Name to part."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables of all parts, or of those named.

    Raises:
        FerError: the model or detector cannot be used, or a file cannot be read.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real_faces", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="some of the parts")
    parser.add_argument("--model", default="default", help="a model's name or folder; default: the shipped one")
    parser.add_argument("--archive", type=Path, help="FER2013's csv, for crowd")
    parser.add_argument("--ferplus", type=Path, metavar="CSV", help="FER+'s votes, for crowd: fer2013new.csv")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    for name in options.only:
        PARTS[name](options)


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
