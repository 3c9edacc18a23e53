"""Weeks of sessions in the real app: a change is told, a check-in made, a person exported and then gone."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.store.database import Store, open_store
from app.store.participants import check_ins, participants
from tests.helpers import history_store
from tests.helpers.browser import studio

pytestmark = pytest.mark.browser

NAME = "Zwetschgenmus"
"""A word that stands in no other byte of the files."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A FER_HOME with a month of one person's sessions, whose second half is sadder, and of somebody else's."""
    home = tmp_path_factory.mktemp("history-home")
    store = opened(home)
    history_store.fill(store, NAME)
    history_store.fill(store, "Bo", days=2)
    store.close()
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The app over that folder."""
    with studio.serve(environment={"FER_HOME": str(home), "DATABASE_URL": ""}) as server:
        yield server.url


def opened(home: Path) -> Store:
    return open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")


def tab(browser: Browser, url: str) -> Page:
    page = studio.new_tab(browser)
    page.goto(url, wait_until="domcontentloaded")
    return page


def choose(page: Page, name: str) -> None:
    page.get_by_role("combobox", name="Participant").click()
    page.get_by_role("option", name=name).click()


def test_the_history_tells_of_the_change_and_takes_a_check_in(browser: Browser, address: str, home: Path):
    page = tab(browser, f"{address}/history")
    choose(page, NAME)
    page.get_by_text("Valence fell from +0.3").wait_for()
    page.get_by_text("95 % interval").first.wait_for()

    page.get_by_text("Make a check-in: how do you feel now?").click()
    grid = page.get_by_role("grid")
    grid.get_by_role("gridcell", name="neither unpleasant nor pleasant (5 of 9), neither").focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    page.get_by_text("unpleasant (3 of 9), calm (4 of 9)").wait_for()
    more_than_half = page.get_by_role("radio", name="More than half the days")
    studio.unfold(page, "Four questions on worry", more_than_half.first)
    for question in range(3):
        more_than_half.nth(question).click()
    page.get_by_role("button", name="Save check-in").click()

    page.get_by_text("The check-in is saved.").wait_for()
    page.get_by_text("suggest looking closer at anxiety").first.wait_for()
    page.locator(".fer-said", has_text="On its own").get_by_text("Pleasure 3 of 9").wait_for()
    store = opened(home)
    newest = check_ins(store)[-1]
    store.close()
    assert (newest.valence, newest.arousal, newest.phq4, newest.phase) == (3, 4, (2, 2, 2, None), "none")
    page.context.close()


def test_a_participant_is_exported_then_deleted_without_a_trace(browser: Browser, address: str, home: Path):
    page = tab(browser, f"{address}/data")
    row = page.locator("[class*='st-key-data_row_']", has_text=NAME)
    row.get_by_text("30 sessions, ").wait_for()
    with page.expect_download() as download:
        row.get_by_role("button", name="Export").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        inner = [name for name in archive.namelist() if name.startswith("sessions/")]
        assert NAME in archive.read("participant.json").decode()
        with zipfile.ZipFile(io.BytesIO(archive.read(inner[0]))) as one:
            assert "samples.csv" in one.namelist()
    assert len(inner) == history_store.DAYS

    row.get_by_role("button", name="Delete").click()
    page.get_by_label("Type the name to confirm").fill(NAME)
    page.get_by_role("button", name="Delete permanently").click()

    page.get_by_text(f"{NAME}: deleted with 30 sessions.").wait_for()
    page.context.close()
    store = opened(home)
    assert [one.name for one in participants(store)] == ["Bo"]
    store.close()
    files = sorted((home / "sessions").glob("*"))
    assert any(path.name == "sessions.sqlite3" for path in files)
    for path in files:
        assert NAME.encode() not in path.read_bytes(), path
