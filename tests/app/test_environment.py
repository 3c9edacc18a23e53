"""Values of environment variables."""

import pytest

from app.environment import number, switch


def test_a_switch_is_1_or_0_and_off_where_it_is_not_set() -> None:
    assert [switch(values, "FER_X") for values in ({}, {"FER_X": " "}, {"FER_X": "0"})] == [False] * 3
    assert switch({"FER_X": " 1 "}, "FER_X")
    with pytest.raises(ValueError, match="FER_X must be 1 or 0; it is 'yes'"):
        switch({"FER_X": "yes"}, "FER_X")


def test_a_number_is_whole_and_from_1() -> None:
    assert number({}, "FER_N", 7) == number({"FER_N": " 7 "}, "FER_N", 3) == 7
    for text in ("0", "-1", "1.5", "1_000", "\u0663", "1234567890"):
        with pytest.raises(ValueError, match="FER_N must be a whole number from 1, such as 7; it is "):
            number({"FER_N": text}, "FER_N", 7)
    with pytest.raises(ValueError, match="such as 8"):
        number({"FER_N": "1000"}, "FER_N", 7, digits=3, example=8)
