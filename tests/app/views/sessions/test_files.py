"""A session as a file, from a file, and deleted."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from app.access import audit
from app.access.audit import AuditEvent
from app.access.types import LOCAL_USER
from app.store import privacy
from app.store.participants import add_check_in
from app.store.records import CheckIn
from app.store.sessions import sessions
from app.views.sessions import files as session_files
from app.views.sessions.files import exported
from tests.helpers.pages import memory_of, press, spoken
from tests.helpers.session_pages import open_page, see
from tests.helpers.store_builders import NOON


def test_the_export_is_the_stores_and_reads_back(store, film):
    with zipfile.ZipFile(io.BytesIO(exported(store, film, LOCAL_USER))) as archive:
        assert "samples.csv" in archive.namelist()
        assert "samples.parquet" in archive.namelist()


def upload(page: AppTest, name: str, content: bytes) -> None:
    field: Any = page.file_uploader[0]
    field.set_value([(name, content, "application/zip")]).run()
    press(page, "sessions_import_start")


def test_an_exported_session_is_imported(store, film):
    content = exported(store, film, LOCAL_USER)
    page = open_page()
    upload(page, "mine.zip", content)
    assert "this session is already stored" in page.error[0].value

    page = open_page(film)
    see(page, "Export")
    press(page, "session_delete_now")
    page = open_page()
    upload(page, "mine.zip", content)
    assert "mine.zip was imported." in spoken(page)
    assert memory_of(page).opened == sessions(store)[0].id


def test_what_is_no_export_is_refused_in_a_sentence(store):
    page = open_page()
    upload(page, "letter.zip", b"no zip")

    assert page.error[0].value.startswith("letter.zip cannot be imported: ")


def test_deleting_asks_first_and_says_what_remains(store, film, monkeypatch):
    page = open_page(film)
    see(page, "Export")
    assert "permanently deletes" in spoken(page)
    real, warning = privacy.delete_session, "Traces stay in the -wal file."
    monkeypatch.setattr(session_files, "delete_session", lambda *given: replace(real(*given), warning=warning))
    press(page, "session_delete_now")

    assert sessions(store) == []
    assert "is deleted." in spoken(page)
    assert page.error[0].value == warning


def test_the_report_is_previewed_in_a_frame_that_may_do_nothing(store, film):
    add_check_in(store, CheckIn(1, NOON, "before", film, phq4=(3, 3, 0, 0)))
    page = open_page(film)
    see(page, "Export")

    assert "It began mostly sad and ended mostly happy." in shown_report(page)
    assert "PHQ-4" not in shown_report(page)
    page.toggle(key=f"report_phq4_{film}").set_value(True).run()
    assert "PHQ-4: 6 of 12 (moderate)" in shown_report(page)
    page.toggle(key=f"report_preview_{film}").set_value(False).run()
    assert previews(page) == []
    assert audit.flush()
    assert [one for one in audit.recent() if one.event == AuditEvent.EXPORTED] == [], "to look at it takes nothing away"
    html = (Path(session_files.__file__).parents[2] / "assets" / "session" / "preview.html").read_text(encoding="utf-8")
    assert re.search(r"<iframe [^>]*\bsandbox>", html), "no permission is given"


def previews(page: AppTest) -> list[Any]:
    return [part.proto for part in page.get("bidi_component") if part.proto.component_name == "fer_report_preview"]


def shown_report(page: AppTest) -> str:
    (preview,) = previews(page)
    return str(json.loads(preview.json)["html"])
