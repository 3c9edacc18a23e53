"""Mood grid and PHQ-4: places, published scores, and what a missing answer does."""

from itertools import product

import pytest

from app.session_statistics.check_ins import PHQ4_ANSWERS, PHQ4_BANDS, PHQ4_ITEMS, Mood, Phq4

ALL_ANSWERS = [Phq4(answers) for answers in product(range(4), repeat=4)]


def test_the_grid_spans_both_axes_evenly():
    places = [Mood(point, 10 - point).on_axes for point in range(1, 10)]

    assert [valence for valence, _ in places] == pytest.approx([-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1])
    assert [arousal for _, arousal in places] == pytest.approx([-v for v, _ in places])


@pytest.mark.parametrize("place", [(0, 5), (5, 10), (2.5, 5)])
def test_what_is_no_field_of_the_grid_is_refused(place):
    with pytest.raises(ValueError, match="whole number from 1 to 9"):
        Mood(*place)


def test_every_total_has_its_published_category():
    published = dict.fromkeys(range(3), "normal") | dict.fromkeys(range(3, 6), "mild")
    published |= dict.fromkeys(range(6, 9), "moderate") | dict.fromkeys(range(9, 13), "severe")

    found = {phq.total: phq.band for phq in ALL_ANSWERS}

    assert found == published


def test_the_first_two_questions_are_anxiety_and_the_last_two_depression():
    phq = Phq4((1, 2, 3, 3))

    assert (phq.anxiety, phq.depression, phq.total) == (3, 6, 9)
    assert "worrying" in PHQ4_ITEMS[1]
    assert "depressed" in PHQ4_ITEMS[3]
    assert len(PHQ4_ANSWERS) == len(PHQ4_BANDS) == 4


def test_a_subscale_is_positive_from_three_on():
    for phq in ALL_ANSWERS:
        expected = [
            name
            for name, score in (("anxiety", phq.anxiety), ("depression", phq.depression))
            if score is not None and score >= 3
        ]
        assert list(phq.positive_screens) == expected


def test_advice_is_given_where_a_screen_is_positive_or_the_total_is_moderate_and_nowhere_else():
    for phq in ALL_ANSWERS:
        total = phq.total
        assert total is not None
        assert (phq.advice() is not None) == (bool(phq.positive_screens) or total >= 6)


def test_the_advice_names_what_is_high_and_whom_to_ask():
    advice = Phq4((0, 0, 2, 2)).advice()

    assert advice is not None
    assert "looking closer at depression." in advice
    assert "anxiety" not in advice
    assert "doctor" in advice
    assert "emergency number" in advice


def test_a_missing_answer_leaves_its_sums_open_and_the_other_subscale_whole():
    phq = Phq4((1, None, 2, 1))

    assert (phq.anxiety, phq.depression, phq.total, phq.band) == (None, 3, None, None)
    assert phq.missing == (PHQ4_ITEMS[1],)
    assert phq.positive_screens == ("depression",)
    assert phq.summary() == (
        "PHQ-4: – · anxiety (GAD-2): – · depression (PHQ-2): 3 of 6. 1 question was not answered, so there is no total."
    )


def test_what_is_certain_in_spite_of_a_missing_answer_is_said():
    assert Phq4((3, None, None, 0)).positive_screens == ("anxiety",)
    assert Phq4((None, None, None, None)).advice() is None


def test_a_whole_summary_names_the_category():
    assert Phq4((1, 1, 1, 0)).summary() == (
        "PHQ-4: 3 of 12 (mild) · anxiety (GAD-2): 2 of 6 · depression (PHQ-2): 1 of 6"
    )


@pytest.mark.parametrize("answers", [(0, 0, 0), (0, 0, 0, 4), (0, -1, 0, 0)])
def test_answers_that_cannot_be_are_refused(answers):
    with pytest.raises(ValueError, match="each 0 to 3"):
        Phq4(answers)
