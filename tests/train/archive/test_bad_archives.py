"""Every bad archive ends in one clear error or in counted skips."""

import re
import time
from pathlib import Path

import pytest

from tests.helpers.bad_archives import CASES, GOOD_ROWS, BadArchive
from train.archive.reader import read_archive
from train.errors import ArchiveError


def test_the_corpus_is_large_and_its_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
    assert len({(case.data, case.limits) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_archive(case: BadArchive, tmp_path: Path) -> None:
    path = tmp_path / "upload.bin"
    path.write_bytes(case.data)
    started = time.monotonic()
    if case.refused:
        with pytest.raises(ArchiveError) as caught:
            read_archive(path, case.limits)
        for words in case.refused:
            assert re.search("|".join(map(re.escape, words.split("|"))), str(caught.value)), str(caught.value)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 900
    else:
        dataset = read_archive(path, case.limits)
        assert dict(dataset.skipped.by_reason) == case.skips
        assert sum(map(len, dataset.splits.values())) == len(GOOD_ROWS)
        assert len(dataset.skipped.examples) == dataset.skipped.total
        assert all(str(example).isprintable() for example in dataset.skipped.examples)
    assert time.monotonic() - started < 20
    assert list(tmp_path.iterdir()) == [path]
