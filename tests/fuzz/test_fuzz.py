"""The fuzzers, for half a minute in all, and that they find what they are there to find."""

import random
import shutil
from pathlib import Path

import pytest

from tests.fuzz import runner
from tests.fuzz.__main__ import main
from tests.fuzz.broken import WAYS
from tests.fuzz.mutate import mutated, mutated_json
from tests.fuzz.runner import run_target
from tests.fuzz.targets import NAMES

SECONDS = 30.0


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "START_S", 240.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_whatever_strangers_bring_is_read_or_refused(name):
    outcome = run_target(name, seed=0, seconds=SECONDS / len(NAMES))

    assert [(failure.number, failure.words) for failure in outcome.failures] == []
    assert outcome.counts.total() > 0


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where failing inputs go."""
    monkeypatch.setattr(runner, "KEPT", tmp_path)
    return tmp_path


@pytest.mark.slow
def test_each_way_to_go_wrong_is_found_and_its_input_kept(kept, monkeypatch):
    monkeypatch.setattr(runner, "INPUT_S", 6.0)
    first: dict[str, int] = {}
    for number in range(100):
        way = WAYS[random.Random(f"broken 3 {number}").randrange(len(WAYS))]
        first.setdefault(way, number)
    expected = {
        "read": "",
        "refuse": "",
        "refuse silently": "says nothing",
        "raise": "KeyError",
        "crash": "SIGABRT",
        "hang": "no end",
        "take memory": "MemoryError",
        "exit": "status 0",
    }
    assert set(first) == set(expected) == set(WAYS)

    for way, number in first.items():
        outcome = run_target("broken", seed=3, seconds=60, first=number, count=1)

        assert outcome.counts.total() == 1, way
        assert len(outcome.failures) == bool(expected[way]), way
        for failure in outcome.failures:
            assert expected[way] in failure.words
            assert failure.number == number
            assert (failure.kept / "way").read_text() == way
            assert failure.words == (failure.kept / "words.txt").read_text()
            shutil.rmtree(failure.kept)


@pytest.mark.slow
def test_after_a_crash_the_next_inputs_are_tried(kept, monkeypatch):
    monkeypatch.setattr(runner, "INPUT_S", 6.0)
    ways = [WAYS[random.Random(f"broken 0 {number}").randrange(len(WAYS))] for number in range(100)]
    start = next(i for i in range(90) if ways[i] == "crash" and ways[i + 1] in ("read", "refuse"))

    outcome = run_target("broken", seed=0, seconds=60, first=start, count=2)

    assert outcome.counts.total() == 2
    assert [failure.number for failure in outcome.failures] == [start]


def test_an_unknown_target_is_named(capsys):
    with pytest.raises(SystemExit):
        main(["nonsense"])

    assert "no such target: nonsense. There are cards" in capsys.readouterr().err


def test_a_mutation_follows_from_the_seed_alone():
    content, values = bytes(range(256)) * 8, {"a": [1, {"b": "text"}], "c": None}
    for number in range(200):
        assert mutated(random.Random(number), content) == mutated(random.Random(number), content)
        assert mutated_json(random.Random(number), values) == mutated_json(random.Random(number), values)
    assert len({mutated(random.Random(number), content) for number in range(200)}) > 150
