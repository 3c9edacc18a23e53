"""The Sessions page in the browser, over two sessions of real film: look, mark, compare, take away, read back.

And over drawn values: the playhead, the address and the preview, which need no clip.
"""

import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from app.formatting import whole_percent
from app.sessions.loaded import load_session
from app.store.database import open_store
from app.store.exchange.export import sample_frame
from app.store.exchange.file_format import DTYPES
from app.store.participants import add_participant
from app.store.session_parts import markers
from app.store.sessions import sessions
from tests.helpers.browser import studio
from tests.helpers.session_films import store_film
from tests.helpers.store_builders import NOON

pytestmark = [pytest.mark.browser, pytest.mark.shared_data, pytest.mark.timeout(300)]

FILMS = ("sad_then_happy", "neutral_then_happy")
NEGATIVE = {"sad", "fear", "angry"}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """A home whose store holds both films, as the real pipeline saw them."""
    folder = tmp_path_factory.mktemp("home")
    store = open_store(f"sqlite:///{folder / 'sessions' / 'sessions.sqlite3'}")
    person = add_participant(store, "Ada").id
    for day, name in enumerate(FILMS):
        clip = shared_data / "clips" / f"{name}.mp4"
        store_film(store, clip, person, title=name.replace("_", " "), started_at=NOON + timedelta(days=day))
    store.close()
    return folder


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        yield server.url


def open_list(browser: Browser, url: str, size: tuple[int, int] = studio.DESKTOP) -> Page:
    page = studio.new_tab(browser, size=size)
    page.goto(f"{url}/sessions", wait_until="domcontentloaded")
    page.get_by_role("button", name="sad then happy").wait_for()
    return page


def see(page: Page, part: str) -> None:
    page.get_by_test_id("stButtonGroup").get_by_text(part, exact=True).click()


def take_away(page: Page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_film_is_looked_at_marked_and_taken_away(home: Path, url: str, browser: Browser, tmp_path: Path) -> None:
    page = open_list(browser, url)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.get_by_role("button", name="sad then happy").click()
    page.get_by_text("ended mostly happy", exact=False).wait_for()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
    page.locator(".js-plotly-plot .heatmaplayer").first.wait_for()

    see(page, "Tasks and markers")
    page.get_by_label("Time", exact=True).fill("0:09")
    page.get_by_label("Text", exact=True).fill("the joke <b>")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("0:09.0 · Note · the joke <b>").wait_for()
    see(page, "Overview")
    page.get_by_role("button", name="Note 1: go to 0:09.0 · the joke <b>").wait_for()

    see(page, "Export")
    exported, report = take_away(page, "Export", tmp_path), take_away(page, "Report", tmp_path)
    assert errors == []
    page.context.close()

    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    number = next(one.id for one in sessions(store) if one.title == "sad then happy")
    stored = sample_frame(store, number)
    marked = [marker.text for marker in markers(store, number)]
    shares = load_session(store, number).figures(1).whole.label_shares
    store.close()
    assert marked == ["the joke <b>"]
    with zipfile.ZipFile(exported) as archive:
        with archive.open("samples.parquet") as file:
            pd.testing.assert_frame_equal(pd.read_parquet(file), stored)
        with archive.open("samples.csv") as file:
            pd.testing.assert_frame_equal(pd.read_csv(file, dtype=DTYPES), stored)
        assert json.loads(archive.read("session.json"))["markers"][0]["text"] == "the joke <b>"
    first, last = (part["label"].dropna().tolist() for part in (stored[stored.time_s < 6], stored[stored.time_s > 13]))
    assert sum(label in NEGATIVE for label in first) > 0.8 * len(first) > 10
    assert last.count("happy") > 0.8 * len(last) > 10

    offline = studio.new_tab(browser, offline=True)
    asked: list[str] = []
    offline.on("request", lambda request: asked.append(request.url))
    offline.goto(report.as_uri())
    offline.get_by_role("heading", name="sad then happy").wait_for()
    offline.locator("svg polygon").first.wait_for()
    text = offline.locator("body").inner_text()
    assert "the joke <b>" in text
    assert whole_percent(shares["happy"]) in text
    assert "nothing here is a diagnosis" in text
    assert [address for address in asked if not address.startswith("file:")] == []
    assert len(offline.pdf()) > 10_000
    offline.context.close()


def test_sessions_are_found_judged_and_taken_away_from_the_list(url: str, browser: Browser, tmp_path: Path) -> None:
    page = open_list(browser, url)
    strips = page.locator(".fer-strip")
    expect(strips).to_have_count(2)
    box = strips.first.bounding_box()
    assert box is not None
    assert box["width"] == 200
    assert "Happy" in (strips.first.get_attribute("aria-label") or "")

    page.get_by_label("Search", exact=True).fill("sad")
    expect(strips).to_have_count(1)
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(strips).to_have_count(2)

    page.get_by_role("button", name="Select all 2 shown").click()
    with zipfile.ZipFile(take_away(page, "Export 2", tmp_path)) as archive:
        assert [name[:9] for name in archive.namelist()] == ["sessions/"] * 2
    page.get_by_role("button", name="Delete 2", exact=True).click()
    button = page.get_by_role("button", name="Delete 2 sessions")
    button.wait_for()
    assert button.evaluate("button => getComputedStyle(button).backgroundColor") == "rgb(192, 57, 47)"
    page.context.close()


def test_two_films_are_compared_on_a_phone(url: str, browser: Browser) -> None:
    page = open_list(browser, url, studio.PHONE)
    boxes = page.get_by_test_id("stCheckbox")
    expect(boxes).to_have_count(2)
    for count, box in enumerate(boxes.all(), start=1):
        box.click()
        page.get_by_text(f"{count} selected.").wait_for()
    compared = page.get_by_text("neutral then happy compared with sad then happy")
    studio.click_until(page.get_by_role("button", name="Compare 2"), compared)

    page.get_by_text("these recordings alone", exact=False).wait_for()
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=studio.PATIENCE_S * 1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= studio.PHONE[0]
    page.context.close()
