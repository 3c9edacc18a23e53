"""The live page's panel in real Chromium and Streamlit, at a feed that the test tells what to send."""

import csv
import io
import json
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from app.formatting import whole_percent
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Level
from tests.helpers.browser import studio
from tests.helpers.browser.panel_feed import Message, Row, face, result, row, status

pytestmark = [pytest.mark.browser, pytest.mark.video]

WINDOW_S = 60
FIELD = ".shares .field"


@pytest.fixture(scope="module")
def feed_server() -> Iterator[studio.Server]:
    with studio.serve(entry="tests/helpers/browser/panel_feed.py") as running:
        yield running


class Panel:
    """A page with the panel, and the feed that it listens to."""

    def __init__(self, server: studio.Server, browser: Browser, key: str, rows: list[Row]) -> None:
        self.address, self.key = server.url, key
        self._post({"rows": rows})
        self.page: Page = studio.new_tab(browser)
        self.page.goto(f"{server.url}/?key={key}")
        self.wait_until_listening()

    def send(self, *messages: Message) -> None:
        self._post({"messages": messages})

    def hold(self, *messages: Message) -> None:
        """These again and again, for a result is believed for two seconds only; without any, the last ones end."""
        self._post({"hold": messages})

    def wait_until_listening(self) -> None:
        for _ in range(400):
            if self._post({})["listeners"]:
                return
            self.page.wait_for_timeout(50)
        raise TimeoutError("the panel does not listen")

    def drop_connection(self) -> None:
        self._post({"close": True})

    def find(self, selector: str) -> Locator:
        return self.page.locator(f".panel {selector}")

    def values(self) -> list[str]:
        return self.find(".fer-bars b").all_inner_texts()

    def hover(self, ago_s: float) -> None:
        """The mouse over the chart, at what it shows of so long ago."""
        box = self.find(".reader").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] * (1 - ago_s / WINDOW_S), box["y"] + 40)

    def tip(self) -> dict[str, str]:
        names, values = self.find(".tip li span"), self.find(".tip li b")
        return dict(zip(names.all_inner_texts(), values.all_inner_texts(), strict=True))

    def strip(self, ago_s: float) -> tuple[str, float]:
        """The strip's colour at so long ago, and how much of its height has it."""
        script = """(canvas, share) => {
          const x = Math.round(canvas.width * share), { height } = canvas;
          const { data } = canvas.getContext("2d").getImageData(x, 0, 1, height);
          const rows = [...Array(height).keys()].filter((y) => data[y * 4 + 3] > 128);
          const hex = (y) => [0, 1, 2].map((i) => data[y * 4 + i].toString(16).padStart(2, "0")).join("");
          return [rows.length ? "#" + hex(rows.at(-1)) : "", rows.length / height];
        }"""
        colour, share = self.find(".strip canvas").evaluate(script, 1 - ago_s / WINDOW_S)
        return str(colour), float(share)

    def seconds_since_newest(self) -> float:
        """How long ago the newest row was: a slow machine is seconds late."""
        script = """() => {
          const [feed] = window.ferFeeds.values();
          return (performance.now() + feed.offset - feed.faceHistory.newest) / 1000;
        }"""
        return float(self.page.evaluate(script))

    def frames_kept(self) -> int:
        """Frames in the browser's memory."""
        return int(self.page.evaluate("() => [...window.ferFeeds.values()][0].faceHistory.frames.length"))

    def run_page(self) -> None:
        """As any widget of the page does."""
        self.page.get_by_role("button", name="Run the page again").click()

    def downloaded(self) -> list[dict[str, str]]:
        with self.page.expect_download() as waiting:
            self.page.get_by_role("button", name="Download as CSV").click()
        return list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))

    def _post(self, said: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{self.address}/say/{self.key}", json.dumps(said).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
            return told


@pytest.fixture
def open_panel(
    feed_server: studio.Server, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Panel]]:
    opened: list[Panel] = []

    def open_one(rows: list[Row] | None = None) -> Panel:
        opened.append(Panel(feed_server, browser, request.node.name, rows or []))
        return opened[-1]

    yield open_one
    for panel in opened:
        panel.page.context.close()


def minute_of(*stretches: tuple[float, float, Message]) -> list[Row]:
    """Rows at four a second: each stretch from so many seconds ago to so many."""
    return [
        row(ago * 250.0, shown)
        for start_s, end_s, shown in stretches
        for ago in range(int(start_s * 4), int(end_s * 4), -1)
    ]


def test_readings_are_the_newest_results(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel()
    label, sure = panel.find(".fer-now .label"), panel.find(".fer-now .sure")
    expect(label).to_have_text("No face")
    assert panel.values() == ["–"] * 7
    empty = panel.find(".readings").bounding_box()

    panel.hold(result(face(1, "happy", 0.88)))
    expect(label).to_have_text("Happy")
    assert sure.inner_text().replace("\xa0", " ") == "88 % sure"
    assert panel.values() == [whole_percent(0.88 if emotion == "happy" else 0.02) for emotion in EMOTIONS]
    assert panel.find(".readings").bounding_box() == empty, "nothing jumps"
    assert not panel.find(".number").is_visible()

    panel.hold(result(face(1, "surprise", 0.55, level=Level.LEANING)))
    expect(label).to_have_text("Probably surprise")
    assert sure.inner_text().replace("\xa0", " ") == "55 %"
    expect(panel.find(".readings")).to_have_attribute("data-level", "leaning")
    assert panel.find(".readings").bounding_box() == empty
    now, share = panel.find(".fer-now").bounding_box(), sure.bounding_box()
    assert now is not None
    assert share is not None
    assert share["x"] + share["width"] <= now["x"] + now["width"] + 0.5, "the longest words leave room for the share"
    assert sure.evaluate("element => element.scrollWidth <= element.clientWidth"), "the share is whole"

    panel.hold(result(face(1, "sad", 0.35, level=Level.UNSURE, reason="too dark")))
    expect(label).to_have_text("Unsure")
    assert sure.inner_text() == "too dark"
    panel.hold()
    panel.send(result())
    expect(label).to_have_text("No face")
    panel.send(result(face(1, "happy")))
    expect(label).to_have_text("Happy")
    expect(label).to_have_text("No face")  # nothing comes any more


def test_a_face_is_chosen_here_or_on_the_stage(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel(minute_of((50, 0, face(1, "happy"))))
    select, label = panel.find("select"), panel.find(".fer-now .label")
    two = result(face(1, "happy"), face(2, "sad"))
    panel.hold(two)
    expect(select.locator("option")).to_have_text(["Largest", "Face 1", "Face 2"])
    expect(panel.find(".number")).to_have_text("1")

    select.select_option("2")
    expect(label).to_have_text("Sad")
    expect(panel.find(".number")).to_have_text("2")
    panel.hover(30)
    expect(panel.find(".tip .when")).to_contain_text("no face")  # face 2 has just come

    panel.page.evaluate("() => [...window.ferFeeds.values()][0].choose(1)")
    expect(label).to_have_text("Happy")
    expect(select).to_have_value("1")
    panel.run_page()
    expect(select).to_have_value("1")
    assert {row["face"] for row in panel.downloaded()} == {"1"}


def test_the_history_is_read_by_mouse_and_keys(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel(minute_of((50, 30, face(1, "happy")), (15, 0, face(1, "sad"))))
    expect(panel.find(".empty")).to_be_hidden()

    panel.hover(panel.seconds_since_newest() + 40)
    expect(panel.find(".tip li b").nth(EMOTIONS.index("happy"))).to_have_text("88\xa0%")
    assert panel.find(".tip .when").inner_text().endswith("s ago")
    assert panel.tip() == {
        **{name.capitalize(): "88\xa0%" if name == "happy" else "2\xa0%" for name in EMOTIONS},
        "Valence": "+0.67",
    }
    panel.hover(panel.seconds_since_newest() + 20)
    expect(panel.find(".tip .when")).to_contain_text("no face")
    panel.hover(panel.seconds_since_newest() + 8)
    expect(panel.find(".tip li b").nth(EMOTIONS.index("sad"))).to_have_text("88\xa0%")
    panel.page.mouse.move(900, 500)
    expect(panel.find(".tip")).to_be_hidden()

    reader = panel.find(".reader")
    reader.press("End")
    for _ in range(2):
        reader.press("PageDown")
    expect(reader).to_have_attribute("aria-valuetext", re.compile(r"^1\d\.\d s ago: Sad; sad 88\s%, "))
    for _ in range(3):  # the rows grow older meanwhile
        reader.press("PageDown")
        if "no face" in str(reader.get_attribute("aria-valuetext")):
            break
    expect(reader).to_have_attribute("aria-valuetext", re.compile(r"^[12]\d\.\d s ago: no face$"))
    reader.press("Escape")
    expect(panel.find(".tip")).to_be_hidden()
    expect(panel.find(FIELD)).to_have_attribute("aria-label", re.compile("^Last minute, largest face: happy [56]"))


def test_the_strip_is_the_higher_the_surer_the_label(open_panel: Callable[..., Panel]) -> None:
    sad = EMOTION_COLOURS["sad"]
    panel = open_panel(
        minute_of(
            (40, 30, face(1, "sad", 0.9)),
            (30, 20, face(1, "sad", 0.5, level=Level.LEANING)),
            (20, 10, face(1, "sad", 0.3, level=Level.UNSURE)),
        )
    )
    expect(panel.find(".empty")).to_be_hidden()

    named, leaning, unsure, gone = (panel.strip(panel.seconds_since_newest() + more_s) for more_s in (25, 15, 5, -5))
    assert [colour for colour, _ in (named, leaning, unsure)] == [sad, sad, EMOTION_COLOURS["unsure"]]
    assert named[1] == 1
    assert 0.5 < leaning[1] < 0.7
    assert 0.1 < unsure[1] < 0.35
    assert not gone[0]

    for more_s, words in ((25, "Sad"), (15, "Probably sad"), (5, "Unsure"), (-5, "")):
        panel.hover(panel.seconds_since_newest() + more_s)
        expect(panel.find(".tip .called")).to_have_text(words)
    expect(panel.find(FIELD)).to_have_attribute(
        "aria-label", re.compile(r"named 3[34]\s%, probably 3[34]\s%, unsure 3[34]\s% of that\.$")
    )


def test_a_reconnection_doubles_nothing(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel(minute_of((40, 0, face(1, "happy"))))
    expect(panel.find(".empty")).to_be_hidden()
    panel.send(*(result(face(1, "sad")) for _ in range(5)))
    expect(panel.find(".fer-now .label")).to_have_text("Sad")
    kept = panel.frames_kept()
    assert kept == 40 * 4 + 5

    panel.drop_connection()
    panel.page.wait_for_timeout(500)
    panel.wait_until_listening()
    panel.send(result(face(1, "fear")))
    expect(panel.find(".fer-now .label")).to_have_text("Fear")
    # The rows are of the last 40 seconds again, so those of the seconds without a connection are new.
    assert kept < panel.frames_kept() <= kept + 1 + 4 * 20
    panel.hover(30)
    expect(panel.find(".tip li b").nth(EMOTIONS.index("happy"))).to_have_text("88\xa0%")


def test_pause_reaches_python_and_what_is_shown_stands(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel(minute_of((55, 0, face(1, "happy"))))
    label = panel.find(".fer-now .label")
    panel.find(".readings").evaluate("element => (element.isTheSame = true)")
    panel.send(result(face(1, "happy")))
    expect(label).to_have_text("Happy")

    panel.find(".pause").click()
    expect(panel.find(".pause")).to_have_text("Resume")
    expect(panel.find(".axis span").last).to_have_text("paused")
    panel.run_page()
    expect(panel.page.get_by_text("paused: True")).to_be_visible()
    panel.send(status(paused=True), result(face(1, "sad")))
    panel.page.wait_for_timeout(2500)  # longer than a result is believed while they come
    expect(label).to_have_text("Happy")
    panel.hover(2)
    expect(panel.find(".tip li b").nth(EMOTIONS.index("happy"))).to_have_text("88\xa0%")

    panel.find(".pause").click()
    panel.run_page()
    expect(panel.page.get_by_text("paused: False")).to_be_visible()
    panel.send(status(), result(face(1, "fear")))
    expect(label).to_have_text("Fear")
    expect(panel.find(".axis span").last).to_have_text("now")
    assert panel.find(".readings").evaluate("element => element.isTheSame"), "the panel was built anew"


def test_the_download_is_what_is_on_screen(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel(minute_of((55, 0, face(1, "happy"))))
    panel.page.get_by_text("30 s", exact=True).click()
    panel.page.get_by_text("Lines", exact=True).click()
    panel.find(".pause").click()
    panel.run_page()
    expect(panel.page.get_by_text("paused: True")).to_be_visible()

    rows = panel.downloaded()

    assert {row["face"] for row in rows} == {"1", "2"}
    times = sorted(float(row["time_s"]) for row in rows)
    assert times[-1] - times[0] == pytest.approx(30, abs=0.2)
    assert panel.page.get_by_role("radio", name="Lines").is_checked()
    assert panel.find(".axis span").first.inner_text() == "−30 s"

    # As after a visit to a page without it.
    panel.page.get_by_text("Leave the panel out").click()
    expect(panel.find(".readings")).to_have_count(0)
    panel.page.get_by_text("Leave the panel out").click()
    expect(panel.find(".pause")).to_have_text("Resume")
    expect(panel.find(".axis span").first).to_have_text("−30 s")
    assert panel.page.get_by_role("radio", name="Lines").is_checked()
    panel.hover(10)
    expect(panel.find(".tip li b").nth(EMOTIONS.index("happy"))).to_have_text("88\xa0%")


def test_late_labels_are_muted_and_the_plane_says_where_the_face_is(open_panel: Callable[..., Panel]) -> None:
    panel = open_panel()
    panel.hold(status(muted=True), result(face(1, "happy")))
    expect(panel.find(".readings")).to_have_attribute("data-muted", "true")
    expect(panel.find(".place-words")).to_have_text("Pleasant, excited")
    panel.hold(status(), result(face(1, "neutral", 0.99)))
    expect(panel.find(".readings")).to_have_attribute("data-muted", "false")
    expect(panel.find(".place-words")).to_have_text("Neutral")
