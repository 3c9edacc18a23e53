"""Administrators read where something is; anybody else reads what it is called."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import places
from app.markdown_text import sentence
from fer_core.paths import SHIPPED_MODELS


@pytest.fixture(autouse=True)
def _a_home_with_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FER_HOME", str(tmp_path / "my home"))
    monkeypatch.setenv("FER_FILES", "/srv/lab films")
    yield
    places.decide_by(lambda: True)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("The store {home}/sessions/sessions.sqlite3: it is full.", "The store sessions/sessions.sqlite3: it is full."),
        ("{home}/models/a b: expected a card", "models/a b: expected a card"),
        ("Files are kept in {home}.", "Files are kept in the server's folder."),
        ("/srv/lab films/one two.mp4: no video", "one two.mp4: no video"),
        ("{shipped}/default: damaged", "models/default: damaged"),
        ("It is '/etc/passwd' or (/opt/x/y.bin).", "It is 'passwd' or (y.bin)."),
        ("The store postgresql://fer:***@db.internal:5432/fer: no server.", "The store the database: no server."),
        ("[Errno 28] No space left on device: '/var/lib/fer/x'", "[Errno 28] No space left on device: 'x'"),
        ('  File "/opt/venv/lib/a.py", line 3', '  File "a.py", line 3'),
    ],
)
def test_a_place_is_its_last_name(tmp_path, text, hidden):
    full = text.format(home=tmp_path / "my home", shipped=SHIPPED_MODELS)

    assert places.without_places(full) == hidden
    places.decide_by(lambda: False)
    assert sentence(full).replace("\\", "") == " ".join(hidden.split()).replace("\\", "")


@pytest.mark.parametrize(
    "text",
    ["4/5 and and/or 1/2/3", "https://example.org/a/b is a page", "models/default/card.json", "See <br/><b>a</b>"],
)
def test_what_is_no_place_stays(text):
    assert places.without_places(text) == text


def test_whoever_may_see_places_sees_them(tmp_path):
    text = f"The store {tmp_path}/my home/sessions.sqlite3 is full."

    assert places.shown(text) == text
    places.decide_by(lambda: False)
    assert places.shown(text) == "The store sessions.sqlite3 is full."
