"""From a file of pinned packages on standard input, those that live video needs: `... < requirements.txt > live.txt`.

Without the packages of training an image is a third as large. Takes requirements.txt and files with hashes alike.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final

TRAINING: Final = frozenset(
    {
        "absl-py",
        "astunparse",
        "gast",
        "google-pasta",
        "grpcio",
        "h5py",
        "keras",
        "libclang",
        "markdown-it-py",
        "mdurl",
        "namex",
        "opt-einsum",
        "optree",
        "pygments",
        "rich",
        "six",
        "tensorflow",
        "tensorflow-cpu",
        "termcolor",
        "wrapt",
    }
)
"""TensorFlow and Keras, and what nobody else needs, by the packages' own word (tests/deploy/test_files.py)."""


def without_training(lines: Iterable[str]) -> Iterator[str]:
    """The lines without those packages and the hashes below them."""
    skipping = False
    for line in lines:
        if found := re.match(r"([A-Za-z0-9][A-Za-z0-9._-]*)", line):
            skipping = re.sub(r"[-_.]+", "-", found[1]).lower() in TRAINING
        elif not line[:1].isspace():
            skipping = False  # a comment or an empty line of its own
        if not skipping:
            yield line


if __name__ == "__main__":
    sys.stdout.writelines(without_training(sys.stdin))
