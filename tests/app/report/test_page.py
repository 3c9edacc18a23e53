"""The report: one file that needs nothing else, says what `summarise` says, and shows free text as text."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from app.formatting import whole_percent
from app.report.page import report
from app.session_statistics.summary import STATES
from app.sessions.loaded import load_session
from app.store.database import Store, open_store
from app.store.participants import add_check_in
from app.store.records import CheckIn, Marker
from app.store.session_parts import add_marker, rename_identity
from app.store.sessions import edit_session
from fer_core.emotions import EMOTION_COLOURS
from fer_core.expressions.model_list import StoredModel, stored_models
from fer_core.results import Doubt, Level
from tests.helpers.store_builders import NOON, make_participant, make_session, rows

HOSTILE = "<script>alert('x')</script><img src=http://evil.example/x onerror=alert(1)>&amp;"
SAMPLES = rows("sad", count=53) + rows("happy", start_ms=10_600, count=47)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'sessions.sqlite3'}")
    yield opened
    opened.close()


@pytest.fixture
def film(store: Store) -> int:
    number = make_session(store, make_participant(store), SAMPLES)
    for marker in (
        Marker(0, "task_start", "first"),
        Marker(9000, "task_end", "first"),
        Marker(11_000, "task_start", "second"),
        Marker(5000, "note", "the door"),
        Marker(3000, "exclude", end_ms=4000),
    ):
        add_marker(store, number, marker)
    return number


class Parsed(HTMLParser):
    """Tags with their attributes, and the words outside of tags, of a file without scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "line", "polygon", "polyline", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.words)


def make(store: Store, number: int, face: int | None = 1, *, with_phq4: bool = False, **options: object) -> Parsed:
    models: tuple[StoredModel, ...] = options.pop("models", ())  # type: ignore[assignment]
    corrected = bool(options.pop("corrected", False))
    return Parsed(report(store, number, face, corrected=corrected, with_phq4=with_phq4, models=models))


def test_it_needs_nothing_but_itself(store, film):
    html = report(store, film, 1, corrected=False, with_phq4=False, models=())
    parsed = Parsed(html)

    assert html.startswith("<!DOCTYPE html>")
    assert re.findall(r"https?://|//[a-z]|url\(|@import", html) == []
    assert {tag for tag, _ in parsed.tags} & {"script", "link", "img", "iframe", "object", "embed", "form"} == set()
    assert [
        name for _, attrs in parsed.tags for name in attrs if name in ("src", "href") or name.startswith("on")
    ] == []
    assert "@page" in html
    assert len(html) < 200_000


def test_its_figures_are_those_of_summarise(store, film):
    summary = load_session(store, film).figures(1)
    parsed = make(store, film)

    for state in STATES:
        expected = [
            whole_percent(s.label_shares[state]) if s.label_shares[state] else "–"
            for s in (summary.whole, *summary.tasks.values())
        ]
        assert f"{state.capitalize()} {' '.join(expected)}" in re.sub(r"[ \n]+", " ", parsed.text)
    assert summary.whole.label_shares["happy"] == pytest.approx(47 / 95)
    assert "It began mostly sad and ended mostly happy." in parsed.text


def test_it_tells_named_leaning_and_unsure_time_in_words_and_in_the_drawing(store):
    samples = rows("sad", count=50) + rows("happy", start_ms=10_000, count=30, level=Level.LEANING)
    samples += rows("happy", start_ms=16_000, count=20, doubts=(Doubt.TOO_DARK,))
    number = make_session(store, make_participant(store), samples)

    parsed = make(store, number)

    text = re.sub(r"\s+", " ", parsed.text).replace("\xa0", " ")
    line = "Named 50 %, leaning (“probably …”) 30 %, unsure 20 % of the time."
    assert text.count(line) == 2, "in the first sentences, and with the reasons to be unsure"
    assert re.search(f"Why the program was unsure {re.escape(line)} .*Too dark 20 %", text)
    assert "Named 50 % Probably 30 % Seen for" in text
    strip = [attrs for tag, attrs in parsed.tags if tag == "rect" and attrs["fill"] in EMOTION_COLOURS.values()]
    assert [(one["fill"], float(one["height"] or 0)) for one in strip] == [
        (EMOTION_COLOURS["sad"], 18),
        (EMOTION_COLOURS["happy"], 12),
        (EMOTION_COLOURS["unsure"], 6),
    ]
    assert [float(one["width"] or 0) for one in strip] == pytest.approx([151, 90.6, 60.4], abs=1)


def test_the_thresholds_are_told_where_the_card_has_two(store):
    shipped = stored_models()[0]
    assert shipped.card is not None
    three = replace(shipped.card, unsure_below=0.4, named_from=0.65)
    number = make_session(store, make_participant(store), SAMPLES, model_sha256=three.sha256["model.tflite"])

    text = make(store, number, models=(replace(shipped, card=three),)).text.replace("\xa0", " ")

    assert "Labels with less than 40 % confidence are withheld as “unsure”; up to 65 % they are shown" in text


def test_it_tells_facts_markers_tasks_and_caveats(store, film):
    text = make(store, film).text

    for words in (
        "First look",
        "P01",
        "Fri 1 May 2026, 14:00",
        "compact_se",
        "0:05.0 · Note · the door",
        "first: 0:00.0 to 0:09.0",
        "second: 0:11.0 to 1:00.0 (no end marked)",
        "Excluded: 0:03.0 to 0:04.0",
        "nothing here is a diagnosis",
        "Transitions",
        "this model is no longer stored",
    ):
        assert words in text


def test_free_text_stays_text(store):
    number = make_session(store, make_participant(store, HOSTILE), SAMPLES, title=HOSTILE, model_name=HOSTILE)
    edit_session(store, number, title=HOSTILE, note=HOSTILE)
    rename_identity(store, number, 1, HOSTILE)
    for kind in ("note", "task_start"):
        add_marker(store, number, Marker(1000, kind, HOSTILE))
    add_check_in(store, CheckIn(1, NOON, "before", number, 5, 5, HOSTILE))

    parsed = make(store, number)

    assert {tag for tag, _ in parsed.tags} & {"script", "img"} == set()
    assert parsed.open == [], "all tags are closed"
    assert parsed.text.count(HOSTILE) >= 7
    assert all(
        HOSTILE in value or "evil" not in (value or "") for _, attrs in parsed.tags for value in attrs.values() if value
    )


def test_the_phq4_is_in_it_only_when_asked_for(store, film):
    add_check_in(store, CheckIn(1, NOON, "before", film, phq4=(3, 2, 1, 0)))
    add_check_in(store, CheckIn(1, NOON, "after", film, 8, None, "fine", (3, 2, 1, 0)))

    without, with_it = make(store, film).text, make(store, film, with_phq4=True).text

    assert "PHQ" not in without
    assert "Check-in before" not in without, "nor that there was one"
    assert "Check-in after: pleasure 8 of 9 · fine" in without
    assert with_it.count("PHQ-4: 6 of 12 (moderate)") == 2


def test_the_models_accuracy_is_its_cards(store):
    shipped = stored_models()
    card = shipped[0].card
    assert card is not None
    number = make_session(store, make_participant(store), SAMPLES, model_sha256=card.sha256["model.tflite"])

    text = make(store, number, models=shipped).text

    split = "test" if "test" in card.metrics else "validation"
    assert f"it was right for {whole_percent(card.metrics[split]['accuracy'])}" in text
    seen = card.metrics[split]["crowd"]["accuracy"]
    assert f"Where most of ten people agreed on a face, it was right for {whole_percent(seen)}." in text


def test_without_a_face_or_samples_it_still_says_what_there_is(store):
    number = make_session(store, make_participant(store), [], title="Nobody came")

    text = make(store, number, None).text

    assert "Nobody came" in text
    assert "Nothing to show: no face was seen" in text


def test_the_drawing_breaks_where_the_face_was_gone(store):
    samples = rows("sad", count=20) + rows("happy", start_ms=20_000, count=20)
    number = make_session(store, make_participant(store), samples)

    drawn = [attrs for tag, attrs in make(store, number).tags if tag == "polygon"]

    assert len(drawn) == 2 * 7
    assert all("nan" not in (attrs["points"] or "") for attrs in drawn)
