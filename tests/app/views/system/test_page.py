"""The System page as Streamlit runs it: administrators see the doctor's rows, others do not."""

import threading
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from app.access import audit, server
from app.access.audit import AuditEvent
from app.access.types import LOCAL_USER
from app.doctor.in_background import BackgroundExamination
from app.store.database import Store
from fer_core.findings import Check, Place, Status
from tests.helpers.pages import html_of, open_page, page_of, press, run, words

CHECKS = (
    Check("store", Status.OK, "reached <b>& written</b>"),
    Check("ICE turn:relay", Status.FAILING, "no answer within 5 s", "Start it."),
    Check("disk", Status.WARNING, "1.0 GiB free", "Free some space."),
)


def system_alone() -> None:
    from app.views.system import page

    page.render()


@pytest.fixture(autouse=True)
def _own_store(store: Store) -> None:
    """The audit log is in the store: this test's own."""


def test_what_was_done_stands_below(gate: threading.Event):
    gate.set()
    page = finished(open_page(system_alone))
    assert "Nothing yet." in words(page)

    audit.note(AuditEvent.EXPORTED, user=LOCAL_USER, what="session 12", count=3)
    audit.note(AuditEvent.REFUSED, user=None)
    shown = html_of(run(page))
    refused = shown.index('<td data-label="Who">unknown</td><td data-label="Did">refused</td>')
    assert refused < shown.index('<td data-label="Who">administrator</td><td data-label="Did">exported</td>')
    assert '<td data-label="What">session 12</td><td class="n" data-label="How many">3</td>' in shown


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Until it is set, an examination goes on; then it finds CHECKS."""
    opened = threading.Event()

    def look(_: Place) -> tuple[Check, ...]:
        opened.wait(30)
        return CHECKS

    monkeypatch.setattr("app.views.system.page.BackgroundExamination", lambda place: BackgroundExamination(place, look))
    yield opened
    opened.set()


def finished(page: AppTest) -> AppTest:
    assert page.session_state["system_memory"].examination.wait(30)
    return run(page)


def test_a_slow_check_is_waited_for_and_what_needs_somebody_comes_first(gate: threading.Event):
    page = open_page(system_alone)
    assert "Checking the store" in words(page)
    assert "fer-checks" not in html_of(page), "the checks' table is not there yet"

    gate.set()
    shown = html_of(finished(page))
    assert "1 failing, 1 warning, 1 fine" in words(page)
    assert shown.index("ICE turn:relay") < shown.index("Disk") < shown.index("Store")
    assert "reached &lt;b&gt;&amp; written&lt;/b&gt;" in shown
    assert shown.count("Start it.") == 1


def test_the_button_looks_again(gate: threading.Event):
    gate.set()
    page = finished(open_page(system_alone))
    before = page.session_state["system_memory"].examination
    finished(press(page, "system_again"))

    assert page.session_state["system_memory"].examination is not before


def test_an_examination_that_breaks_off_says_so():
    def look(_: Place) -> tuple[Check, ...]:
        raise OSError("a name of a file")

    broken = BackgroundExamination(Place(), look)
    assert broken.wait(30)
    (row,) = broken.checks or ()

    assert row.status is Status.FAILING
    assert row.found == "it broke off: OSError"


@pytest.fixture
def anonymous(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("FER_ALLOW_ANONYMOUS", "1")
    server.settings.clear()
    yield
    monkeypatch.delenv("FER_ALLOW_ANONYMOUS")
    server.settings.clear()


@pytest.mark.usefixtures("anonymous")
def test_nobody_else_sees_it(gate: threading.Event):
    page = page_of(system_alone).run()

    assert len(page.exception) == 1
    assert "system_memory" not in page.session_state, "nothing was looked at"


def test_the_real_examination_has_a_row_for_each_part():
    page = open_page(system_alone)
    shown = html_of(finished(page))

    for name in ("Python", "Packages", "Processor", "Face detector", "Model", "Store", "Migrations", "Disk", "Port"):
        assert f"<td>{name}</td>" in shown, name
    for name in ("TLS", "Sign-in", "ICE"):
        assert f"<td>{name}" in shown, name
