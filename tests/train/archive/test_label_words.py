"""Which words mean which emotion, in English and in other languages, and which only look like it."""

import pytest

from fer_core.emotions import EMOTIONS
from train.archive.label_words import (
    accepted_names,
    is_filler,
    is_no_label,
    label_number,
    named_emotion,
    nearest_emotion,
)

LANGUAGES = {
    "English": "anger disgusted fearful happiness sadness surprised neutrality",
    "German": "Wut Ekel Angst Freude Trauer Überraschung neutral",
    "German without umlauts": "Aerger Ekel Furcht gluecklich traurig ueberrascht Neutral",
    "Spanish": "enojo asco miedo alegría tristeza sorpresa neutro",
    "French": "colère dégoût peur joie tristesse surpris neutre",
    "Italian": "rabbia disgusto paura felicità tristezza sorpreso neutrale",
    "Portuguese": "raiva nojo medo felicidade triste surpresa neutra",
    "Dutch": "boos walging bang blij verdrietig verrast neutraal",
    "Chinese": "愤怒 厌恶 恐惧 开心 悲伤 惊讶 中性",
    "three letters": "ang dis fea hap sad sur neu",
}


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES)
def test_names_in_other_languages(words: str) -> None:
    for form in (words, words.upper(), words.title()):
        assert [named_emotion(word) for word in form.split()] == list(EMOTIONS)


@pytest.mark.parametrize(
    "form",
    ["0_{}", "{}_0", "0 - {}", "0{}", "{}0", "01.{}", "{}_faces", "Class {}", "train_{}", "{}-test", " {} ", "[{}]"],
)
def test_numbers_and_fillers_around_a_name(form: str) -> None:
    assert [named_emotion(form.format(emotion)) for emotion in EMOTIONS] == list(EMOTIONS)
    assert [named_emotion(form.format(emotion.title())) for emotion in EMOTIONS] == list(EMOTIONS)


@pytest.mark.parametrize(
    "word", ["", "hapy", "happy_sad", "not_happy", "fer2013", "sadler", "7", "calm", "boredom", "images", "\u00b2"]
)
def test_what_is_no_single_emotion(word: str) -> None:
    assert named_emotion(word) is None


def test_contempt_is_known_and_none_of_the_seven() -> None:
    assert named_emotion("7_Contempt") == named_emotion("Verachtung") == "contempt"
    assert "contempt" not in EMOTIONS


@pytest.mark.parametrize(
    ("word", "emotion"),
    [
        ("hapy", "happy"),
        ("suprise", "surprise"),
        ("netural", "neutral"),
        ("Disgusst", "disgust"),
        ("3_agnry", "angry"),
        ("tristesa", "sad"),
        ("xyz", None),
        ("", None),
    ],
)
def test_nearest(word: str, emotion: str | None) -> None:
    assert nearest_emotion(word) == emotion


def test_numbers() -> None:
    assert [label_number(word) for word in ("class_3", "Class 3", "label3", "emotion-3", "test_3")] == [
        3,
        3,
        3,
        3,
        None,
    ]
    words = ("3", " 3 ", "3.0", "3.", "3.000", "9", "3.5", "03", "10", "-1", "", "\u00b2", "\u0663", "3e0")
    assert [label_number(word) for word in words] == [3, 3, 3, 3, 3, 9, *[None] * 8]


def test_words_without_a_label() -> None:
    assert all(map(is_no_label, ("", " NaN ", "unlabelled", "None", "?")))
    assert not any(map(is_no_label, ("hapy", "emotion", "0")))
    assert all(map(is_filler, ("images", "Test", "test_images", "TestSet")))
    assert not any(map(is_filler, ("", "12", "hapy", "fer2013")))


def test_accepted_names_hold_every_emotion() -> None:
    assert all(emotion in accepted_names() for emotion in EMOTIONS)
