"""Numbers, times and counts as people read them."""

import pytest

from app.formatting import (
    clock,
    counted,
    exact_percent,
    noticed_percent,
    parse_clock,
    signed,
    size_words,
    whole_percent,
)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0:00"), (7.4, "0:07"), (59.7, "1:00"), (725, "12:05"), (3600, "1:00:00")]
)
def test_times_are_written_as_players_do(seconds, words):
    assert clock(seconds) == words


def test_tenths_of_a_second():
    assert [clock(s, tenths=True) for s in (7.44, 59.96, 3725.2)] == ["0:07.4", "1:00.0", "1:02:05.2"]


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("75", 75),
        ("1:15", 75),
        ("0:07.5", 7.5),
        ("1:02:03", 3723),
        (" 2:00 ", 120),
        ("", None),
        ("x", None),
        ("1:60", None),
        ("-1", None),
        ("1:2:3:4", None),
        ("nan", None),
        ("inf", None),
    ],
)
def test_times_are_read_as_people_write_them(words, seconds):
    assert parse_clock(words) == seconds


def test_shares_are_whole_or_exact():
    assert whole_percent(0.831) == "83\u00a0%"
    assert exact_percent(0.831) == "83.1\N{NO-BREAK SPACE}%"
    assert exact_percent(None) == "–"
    assert [noticed_percent(share) for share in (0.001, 0.0049, 0.006, 0.83)] == [
        "<1\u00a0%",
        "<1\u00a0%",
        "1\u00a0%",
        "83\u00a0%",
    ]


@pytest.mark.parametrize(
    ("value", "digits", "words"),
    [(0.21, 2, "+0.21"), (-0.4, 2, "\N{MINUS SIGN}0.40"), (-0.001, 2, "+0.00"), (-1, 0, "\N{MINUS SIGN}1")],
)
def test_signs_are_as_wide_as_each_other_and_zero_has_no_minus(value, digits, words):
    assert signed(value, digits) == words


def test_counts_agree_with_their_nouns():
    assert [counted(n, "session") for n in (0, 1, 2, 1200)] == [
        "0 sessions",
        "1 session",
        "2 sessions",
        "1,200 sessions",
    ]
    assert [counted(n, "analysis", "analyses") for n in (1, 2)] == ["1 analysis", "2 analyses"]


def test_sizes_have_the_unit_that_fits():
    assert [size_words(n) for n in (900, 99_999, 100_000, 1_234_500_000, 76_418_100_000)] == [
        "0.9 kB",
        "100.0 kB",
        "0.1 MB",
        "1,234.5 MB",
        "76.4 GB",
    ]
