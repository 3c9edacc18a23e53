"""The line that says how far a run is."""

import pytest

from fer_core.scale.progress import RunProgress


def test_a_line_says_how_much_is_done_and_how_long_the_rest_takes():
    with RunProgress(40, 1000) as progress:
        assert progress.line(5.0, 1, 2.0) == "0 of 40 files, 0%, 2 at a time on 1 machine"
        progress.advance(250.0, 10)
        progress.advance(90.0, 0)
        assert progress.line(180.0, 3, 8.0) == "10 of 40 files, 34%, about 6 min left, 8 at a time on 3 machines"


@pytest.mark.parametrize(("elapsed_s", "words"), [(10.0, "about 30 s"), (36_000.0, "about 30.0 h"), (600, "30 min")])
def test_the_time_left_has_a_fitting_unit(elapsed_s, words):
    progress = RunProgress(4, 100)
    progress.advance(25.0, 1)

    assert words in progress.line(elapsed_s, 1, 1)


def test_a_run_over_nothing_but_missing_files_has_a_line_too():
    progress = RunProgress(1, 0)
    progress.advance(0, 1)

    assert progress.line(1.0, 1, 1) == "1 of 1 files, 0%, 1 at a time on 1 machine"
