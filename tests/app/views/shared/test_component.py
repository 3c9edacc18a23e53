"""Components from files of app/assets: joined in their order, registered once."""

import re
from collections.abc import Iterator

import pytest
import streamlit as st

from app.views.live.panel import _SCRIPTS
from app.views.shared import component as components
from app.views.shared.component import component


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """What Streamlit was told of."""
    told: list[dict[str, str]] = []
    monkeypatch.setattr(st.components.v2, "component", lambda name, **parts: told.append({"name": name, **parts}))
    component.clear()
    yield told
    component.clear()


def test_the_files_are_joined_and_registered_once(registered, tmp_path, monkeypatch):
    for name, text in {"a.js": "const a = 1;", "b.js": "const b = 2;", "c.html": "<p></p>", "c.css": "p {}"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(components, "_ASSETS", tmp_path)

    for _ in range(2):
        component("fer_test", "a.js", "b.js", html="c.html", css="c.css")

    assert registered == [
        {"name": "fer_test", "html": "<p></p>", "css": "p {}", "js": "const a = 1;\nconst b = 2;"},
    ]


def test_the_panels_files_have_no_name_twice_and_one_entry():
    texts = [(components._ASSETS / "live" / script).read_text(encoding="utf-8") for script in _SCRIPTS]

    names = re.findall(r"^(?:class|const|let|(?:async )?function) (\w+)", "\n".join(texts), re.MULTILINE)

    assert len(names) > 20
    assert len(names) == len(set(names))
    assert ["export default" in text for text in texts] == [False] * (len(texts) - 1) + [True]
