"""How labels are told."""

import pytest

from fer_core.results import Level, label_words


@pytest.mark.parametrize(
    ("label", "level", "words"),
    [("sad", Level.NAMED, "sad"), ("sad", Level.LEANING, "probably sad"), (None, Level.UNSURE, "unsure")],
)
def test_a_label_is_told_with_its_level(label: str | None, level: Level, words: str):
    assert label_words(label, level) == words
