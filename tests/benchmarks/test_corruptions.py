"""Spoiled faces: of the same form, the same on each call, and worse with each strength."""

from itertools import pairwise

import numpy as np
import pytest

from benchmarks.corruptions import CORRUPTIONS, STRENGTHS, corrupt
from tests.helpers.synthetic import drawn_faces

FACES = drawn_faces(14, seed=4).pixels


def change(name: str, strength: int) -> float:
    """Mean absolute change in grey values."""
    return float(np.abs(corrupt(FACES, name, strength).astype(int) - FACES).mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_form_is_kept_the_input_untouched_and_chance_is_the_seeds(name):
    before = FACES.copy()

    first, again = corrupt(FACES, name, 3, seed=1), corrupt(FACES, name, 3, seed=1)

    assert first.shape == FACES.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert np.array_equal(FACES, before)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_strength_changes_more_than_the_one_before(name):
    changes = [change(name, strength) for strength in STRENGTHS]

    assert changes[0] > 0
    assert all(later > earlier for earlier, later in pairwise(changes)), changes


@pytest.mark.parametrize("name", ["gaussian noise", "shot noise", "motion blur", "side light", "rotation", "shift"])
def test_another_seed_spoils_in_another_way(name):
    assert not np.array_equal(corrupt(FACES, name, 3, seed=1), corrupt(FACES, name, 3, seed=2))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_face_is_spoiled_alike_whatever_comes_after_it(name):
    assert np.array_equal(corrupt(FACES[:3], name, 4), corrupt(FACES, name, 4)[:3])


@pytest.mark.parametrize(("name", "rows"), [("hidden eyes", slice(17, 20)), ("hidden mouth", slice(35, 38))])
def test_what_is_hidden_is_hidden_in_every_face_and_the_rest_is_left(name, rows):
    hidden = corrupt(FACES, name, 2)

    assert len(np.unique(hidden[:, rows, 8:40])) == 1
    assert np.array_equal(hidden[:, :, :6], FACES[:, :, :6])


def test_light_and_dark_go_their_way():
    assert corrupt(FACES, "darker", 3).mean() < FACES.mean() < corrupt(FACES, "brighter", 3).mean()
    assert (corrupt(FACES, "low contrast", 5).std(axis=(1, 2)) < 0.3 * FACES.std(axis=(1, 2))).all()


@pytest.mark.parametrize(("name", "strength"), [("weather", 1), ("jpeg", 0), ("jpeg", 6)])
def test_what_there_is_not_is_refused(name, strength):
    with pytest.raises(ValueError, match="gaussian noise"):
        corrupt(FACES, name, strength)
