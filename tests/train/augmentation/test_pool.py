"""Augmentation in processes gives what it gives in this one."""

import os
import subprocess
import sys

from train.augmentation.pool import augmenting_processes

PROGRAM = """
import os
import numpy as np
from tests.helpers.synthetic import drawn_faces
from train.augmentation.pool import augment_all, augmenting_processes
from train.settings.augmentation import AugmentConfig

FACES = drawn_faces(24, seed=4).pixels

def tasks():
    return [(FACES[i : i + 8], AugmentConfig(), np.random.default_rng((1, i))) for i in (0, 8, 16)]

os.cpu_count = lambda: 8
here = augment_all(tasks())
with augmenting_processes() as executor:
    assert executor is not None
    there = augment_all(tasks(), executor)
for (ours, own), (theirs, other) in zip(here, there, strict=True):
    assert np.array_equal(ours, theirs)
    assert own.random() == other.random()
assert not np.array_equal(here[0][0], FACES[:8])
print("alike")
"""


def test_processes_make_the_same_pixels_and_hand_the_chance_back():
    # In a program of its own: new processes import the main module again, which page tests replace in this one.
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "alike\n", done.stderr[-2000:]


def test_a_small_machine_augments_in_this_process(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    with augmenting_processes() as executor:
        assert executor is None
