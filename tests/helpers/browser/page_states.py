"""The pages' main states, and how each is reached in an app whose folder `fill_home` has filled."""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import pytest
from playwright.sync_api import Page

from app.store.database import open_store
from benchmarks import scene
from fer_core.files.video_writer import VideoWriter
from fer_core.paths import SHIPPED_MODELS
from tests.helpers import training_folders
from tests.helpers.browser.studio import click_until
from tests.helpers.history_store import fill
from tests.helpers.store_builders import make_participant, make_session, rows

BOXES: Final = "text=Boxes exactly on the faces"
FILM, PICTURE = "film.mp4", "picture.png"
RUN: Final = "20260501-120000-compact_se"
OTHER_RUN: Final = "20260502-120000-compact_se"


def fill_home(home: Path) -> None:
    """Some weeks of one participant, a few sessions of another, an archive, and two runs that have ended."""
    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    now = datetime.now(UTC).replace(minute=0)
    fill(store, "P01", first=now - timedelta(days=31))
    ada = make_participant(store, "Ada")
    for days in (3, 2, 1):
        samples = rows("sad", count=50) + rows("happy", start_ms=10_000, count=50)
        make_session(store, ada, samples, title=f"Talk {days}", started_at=now - timedelta(days=days))
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_HOME", str(home))
        training_folders.store_archive()
        training_folders.list_networks()
        training_folders.time_networks()
        training_folders.make_run(RUN, "finished", with_report=True)
        training_folders.make_run(OTHER_RUN, "stopped", epochs=4, planned=6)
    _own_model(home)


def _own_model(home: Path) -> None:
    """The shipped model under another name, with one more file, as equal ones are listed once."""
    folder = home / "models" / "second"
    shutil.copytree(SHIPPED_MODELS / "default", folder)
    (folder / "note.txt").write_text("second")
    card = json.loads((folder / "card.json").read_text())
    card["sha256"]["note.txt"] = hashlib.sha256(b"second").hexdigest()
    (folder / "card.json").write_text(json.dumps(card | {"name": "second"}))


def write_media(folder: Path) -> list[Path]:
    """A film of two seconds and a picture, with a face."""
    frames = list(scene.frames(width=640, height=360, count=20))
    with VideoWriter(folder / FILM) as writer:
        for i, frame in enumerate(frames):
            writer.write(frame, i / 10)
    cv2.imwrite(str(folder / PICTURE), frames[0])
    return [folder / FILM, folder / PICTURE]


@dataclass(frozen=True)
class State:
    """A state of a page: its address, and what is done there until `shown`, a selector, can be seen."""

    address: str
    shown: str
    reach: Callable[[Page, Path], None] = lambda page, folder: None
    """Given the page and a folder in which files can be made."""


def open_state(page: Page, url: str, state: State, folder: Path) -> None:
    """The page of that state, drawn to its end."""
    page.goto(f"{url}/{state.address}")
    wait_until_drawn(page)
    state.reach(page, folder)
    page.locator(state.shown).first.wait_for()
    wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    """Until the page's run has ended and its parts have come."""
    page.locator("[data-testid=stEvent] style").first.wait_for(state="attached")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning] h1").first.wait_for()
    page.wait_for_timeout(800)


def _by_button(address: str, name: str, shown: str) -> State:
    """What the first button of that name leads to."""

    def reach(page: Page, folder: Path) -> None:
        click_until(page.get_by_role("button", name=name, exact=True).first, page.locator(shown).first)

    return State(address, shown, reach)


def _by_text(name: str) -> Callable[[Page, Path], None]:
    """Presses where the name stands: an expander, or one of a few choices."""

    def reach(page: Page, folder: Path) -> None:
        page.get_by_test_id("stMain").get_by_text(name, exact=True).first.click()

    return reach


def _ask_for_keys(page: Page, folder: Path) -> None:
    page.locator("button.start").wait_for()  # it listens to the keys
    page.keyboard.press("?")


def _open_part(part: str) -> Callable[[Page, Path], None]:
    """Opens a session of Ada's, and there the part of that name."""

    def reach(page: Page, folder: Path) -> None:
        heading = page.get_by_role("heading", level=1, name="Talk 1")
        click_until(page.get_by_role("button", name="Talk 1").first, heading)
        page.get_by_role("radio", name=re.compile(rf"{part}$")).click()

    return reach


def _select_two(page: Page, folder: Path) -> None:
    for count, name in enumerate(("Talk 1", "Talk 2"), start=1):
        page.get_by_test_id("stCheckbox").filter(has_text=f"Select {name}").first.click()
        page.get_by_text(f"{count} selected").wait_for()


def _compare_two(page: Page, folder: Path) -> None:
    _select_two(page, folder)
    heading = page.get_by_role("heading", level=1, name="Comparison")
    click_until(page.get_by_role("button", name="Compare 2"), heading)


def _analyse(page: Page, folder: Path) -> None:
    page.locator("input[type=file]").set_input_files([str(file) for file in write_media(folder)])
    page.locator(".st-key-analyse_start button:enabled").click()
    page.get_by_role("button", name="New analysis").wait_for()


def _analyse_and_see_the_picture(page: Page, folder: Path) -> None:
    _analyse(page, folder)
    page.get_by_role("button", name=PICTURE).click()
    page.get_by_role("heading", level=2, name=PICTURE).wait_for()


STATES: Final = {
    "live": State("", "button.start"),
    "live, consent": _by_button("", "Record", "[role=dialog] >> text=I agree"),
    "live, settings": State(
        "", BOXES, lambda page, _: click_until(page.get_by_text("Settings", exact=True), page.locator(BOXES).first)
    ),
    "live, keys": State("", "dialog.help[open]", _ask_for_keys),
    "live, picture": _by_button("", "Use a picture", "[data-testid=stFileUploader]"),
    "analyse": State("analyse", "[data-testid=stFileUploader]", _by_text("Options")),
    "analyse, film": State("analyse", ".js-plotly-plot .scatterlayer", _analyse),
    "analyse, picture": State("analyse", "[data-testid=stImage] img", _analyse_and_see_the_picture),
    "sessions": State("sessions", "[class*=st-key-session_open_]"),
    "sessions, selected": State("sessions", "text=2 selected", _select_two),
    "session, overview": State("sessions", ".fer-playhead-line", _open_part("Overview")),
    "session, tasks": State("sessions", ".st-key-marker_add button", _open_part("Tasks and markers")),
    "session, statistics": State("sessions", "text=Transitions", _open_part("Statistics")),
    "session, export": State("sessions", "iframe[title='Preview of the report']", _open_part("Export")),
    "comparison": State("sessions", ".js-plotly-plot", _compare_two),
    "history": State("history", ".js-plotly-plot"),
    "train": State("train", "[alt^='Faces labelled']", _by_text("All networks and settings")),
    "train, run": State(f"train?run={RUN}", "text=Balanced accuracy", _by_text("Runs")),
    "train, compare": State("train", ".js-plotly-plot .scatterlayer", _by_text("Compare")),
    "models": State("models", "text=Live now"),
    "models, comparison": State("models", ".fer-versus", _by_text("Compare")),
    "data": State("data", ".fer-person"),
    "data, edit": _by_button("data", "Edit", "[data-testid=stPopoverBody] textarea"),
    "data, delete": _by_button("data", "Delete", "[data-testid=stPopoverBody] button"),
    "data, retention": State("data", ".st-key-data_days_sent button", _by_text("30 days")),
    "system": State("system", "text=The same in a terminal"),
}
