"""Numbers as labels: read as FER2013's where they are plainly that, else only in the order that is named."""

import pytest

from fer_core.emotions import EMOTIONS
from train.archive.label_orders import (
    CONTEMPT_CODE,
    LABEL_ORDERS,
    LEFT_OUT,
    check_label_order,
    describe_order,
    label_code,
    labels_of_codes,
)
from train.errors import ArchiveError, ConfigError


def codes(*words: object) -> list[int]:
    found = [label_code(str(word)) for word in words]
    assert None not in found
    return [code for code in found if code is not None]


def read(order: str, *words: object) -> list[str]:
    """The emotions that these labels mean."""
    own = codes(*words)
    table, used = labels_of_codes(own, order, "a.zip")
    assert used == order or not order
    return ["contempt" if table[code] == CONTEMPT_CODE else EMOTIONS[table[code]] for code in own]


def test_every_order_has_the_seven_once() -> None:
    for title, words in LABEL_ORDERS.values():
        assert sorted(set(words.values()) - {"contempt"}) == sorted(EMOTIONS)
        assert len(set(words.values())) == len(words), title


# From the data sets' own descriptions.
@pytest.mark.parametrize(
    ("order", "numbers", "emotions"),
    [
        ("fer2013", range(7), "angry disgust fear happy sad surprise neutral"),
        ("rafdb", range(1, 8), "surprise fear disgust happy sad angry neutral"),
        ("affectnet", range(8), "neutral happy sad surprise fear disgust angry contempt"),
        ("ferplus", range(8), "neutral happy surprise sad angry disgust fear contempt"),
        ("ckplus", range(8), "neutral angry contempt disgust fear happy sad surprise"),
    ],
)
def test_the_orders_of_the_known_sets(order: str, numbers: range, emotions: str) -> None:
    assert read(order, *numbers) == emotions.split()
    assert f"{numbers[-1]} {emotions.split()[-1]}" in describe_order(order)


@pytest.mark.parametrize("words", [range(7), (0, 1, 2), (0,), ("3.0", 0, 6), ("happy", 4), ("angry", 1, 2, 3, 4, 5, 6)])
def test_read_as_fer2013_unasked(words: tuple[object, ...]) -> None:
    table, order = labels_of_codes(codes(*words), "", "a.zip")
    assert order == "fer2013"
    assert table[codes(4)[0]] == EMOTIONS.index("sad")


@pytest.mark.parametrize("words", [range(1, 8), range(8), range(1, 7), (3, 4), (7,), ("happy", 7)])
def test_other_numbers_are_refused_with_the_orders_named(words: tuple[object, ...]) -> None:
    with pytest.raises(ArchiveError) as caught:
        labels_of_codes(codes(*words), "", "a.zip")
    text = str(caught.value)
    assert all(word in text for word in ("--label-order", "fer2013", "affectnet", "1 happy"))
    assert ("rafdb" in text) == (0 not in words)
    assert len(text) < 900


def test_names_need_no_order() -> None:
    assert read("", *EMOTIONS, "contempt") == [*EMOTIONS, "contempt"]
    assert labels_of_codes(codes("happy"), "rafdb", "a.zip")[1] == ""


def test_an_order_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ArchiveError, match=r"number 0, which RAF-DB's order .* does not have"):
        labels_of_codes(codes(*range(7)), "rafdb", "a.zip")
    assert labels_of_codes(codes(1), "rafdb", "a.zip")[0][codes(0)[0]] == LEFT_OUT


def test_labels_of_no_set() -> None:
    assert [label_code(word) for word in ("8", "9", "10", "-1", "hapy", "", "3.5")] == [None] * 7


def test_names_of_orders_are_checked() -> None:
    check_label_order("")
    check_label_order("rafdb")
    with pytest.raises(ConfigError, match="fer2013, rafdb, affectnet"):
        check_label_order("raf")
