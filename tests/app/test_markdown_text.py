"""Words of people and files on pages: never Markdown, links, icons, emoji or formulas."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.markdown_text import plain, sentence
from app.store.database import Store
from app.store.participants import add_check_in
from app.store.records import CheckIn, Marker
from app.store.session_parts import add_marker, rename_identity
from app.tab_memory import SessionMemory
from tests.helpers.pages import page_of, run
from tests.helpers.session_pages import see
from tests.helpers.store_builders import NOON, make_participant, make_session, rows

POISON = (
    "![x](http://evil.example/t.png) [k](javascript:alert(8)) :material/face: :red[r] :smile: $x^2$ <b>q</b> "
    "www.evil.example me@evil.example `c` *i* &#58;+1: -- -> x"
)
# What Streamlit's page makes something of before it takes backslashes away, and after.
_BEFORE = re.compile(
    r"(?<!\\)(?:\\\\)*(?:\[\w*\]|\]\(|:red\[|\$x|<b>|`c`|\*i\*|&#58;)|:material/face",
)
_AFTER = re.compile(r"https?://[-\w]+\.|www\.|[-.\w+]+@[-\w]+\.|:material[/_]face|:smile:|(?<!\S)(?:--|->)(?!\S)|&#58;")


def dangers(text: str) -> list[str]:
    """What Streamlit would make more of than letters in a text that it reads as Markdown."""
    without_backslashes = re.sub(r"\\([^A-Za-z0-9\s])", r"\1", text).replace("&#58;", "") if "\\&" in text else text
    return _BEFORE.findall(text) + _AFTER.findall(re.sub(r"\\([^A-Za-z0-9\s])", r"\1", without_backslashes))


def test_a_space_that_does_not_break_stays_and_line_breaks_go() -> None:
    assert sentence("24.0\u00a0% of\n\n them") == "24.0\u00a0% of them"


def markdown_of(page: AppTest) -> Iterator[str]:
    """Every text of a page that is read as Markdown."""

    def walk(block: Any) -> Iterator[Any]:
        for child in getattr(block, "children", {}).values():
            yield child
            yield from walk(child)

    for node in walk(page._tree):
        if getattr(node, "type", "") in ("html", "text", "code", "plotly_chart", "imgs", "video"):
            continue
        yield from texts_of(getattr(node, "proto", None))


def texts_of(proto: Any) -> Iterator[str]:
    for field, value in proto.ListFields() if hasattr(proto, "ListFields") else ():
        if field.name in ("body", "label", "help", "text", "title") and isinstance(value, str):
            yield value
        elif hasattr(value, "ListFields"):
            yield from texts_of(value)


@pytest.mark.parametrize("make", [plain, sentence])
def test_no_word_becomes_more_than_letters(make):
    assert dangers(POISON), "else the search finds nothing"
    assert dangers(make(POISON)) == []


@pytest.mark.parametrize("make", [plain, sentence])
@pytest.mark.parametrize("text", ["1. one", "# title", "- item", "> said", "=== x", "a_b_c", "12:30:05", "Zoë & Bo"])
def test_nothing_else_is_changed_to_the_eye(make, text: str):
    assert re.sub(r"\\([^A-Za-z0-9\s])", r"\1", make(text)) == text


def test_a_message_keeps_its_punctuation():
    said = "letter.zip cannot be imported: it is no whole zip file (bad_name), see /home/a_b/c-d. Try again!"
    assert sentence(said) == said
    assert sentence("1. no list").startswith("1\\.")


@pytest.fixture
def poisoned(store: Store) -> int:
    """A session with the poison in everything that people can write."""
    person = make_participant(store, POISON)
    number = make_session(
        store, person, rows("sad", count=30) + rows(face=2, count=20), title=POISON, note=POISON, model_name=POISON
    )
    rename_identity(store, number, 1, POISON)
    for at_ms, kind in ((100, "note"), (500, "task_start"), (2000, "task_end"), (2500, "task_end")):
        add_marker(store, number, Marker(at_ms, kind, POISON))  # type: ignore[arg-type]
    add_marker(store, number, Marker(3000, "task_start", f"{POISON}2"))
    add_check_in(store, CheckIn(person, NOON, "before", number, 5, 5, POISON, (0, 1, 2, 3)))
    return number


def sessions_script() -> None:
    from app.views.sessions import page as sessions

    sessions.render()


def history_script() -> None:
    from app.views.history import page as history

    history.render()


def data_script() -> None:
    from app.views.your_data import page as data

    data.render()


def found(page: AppTest) -> list[str]:
    texts = list(markdown_of(page))
    assert texts
    return [text for text in texts if dangers(text)]


@pytest.mark.parametrize("script", [sessions_script, history_script, data_script])
def test_pages_show_poisoned_words_letter_by_letter(poisoned: int, script):
    assert found(run(page_of(script))) == []


@pytest.mark.parametrize("part", ["Overview", "Tasks and markers", "Statistics", "Export"])
def test_a_poisoned_session_is_shown_letter_by_letter(poisoned: int, part: str):
    page = page_of(sessions_script)
    page.session_state["session_memory"] = SessionMemory(opened=poisoned)
    run(page)
    see(page, part)

    assert found(page) == []


def test_a_poisoned_comparison_is_shown_letter_by_letter(store: Store, poisoned: int):
    other = make_session(store, make_participant(store, "other"), rows(count=30), title=f"{POISON[:150]}b")
    page = page_of(sessions_script)
    page.session_state["session_memory"] = SessionMemory(compared=(poisoned, other))

    assert found(run(page)) == []


def test_a_poisoned_upload_is_refused_letter_by_letter(store: Store):
    page = run(page_of(sessions_script))
    field: Any = page.file_uploader[0]
    field.set_value([(f"{POISON.replace('/', '')}.zip", b"no zip", "application/zip")]).run()
    page.button(key="sessions_import_start").click().run()

    assert page.error
    assert found(page) == []
    assert not list(Path(store.temporary).glob("*/*"))
