"""The Analyse page in the browser: upload, one playhead for video and charts, a downloaded table."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page

from benchmarks import scene
from fer_core.files.video_writer import VideoWriter
from tests.browser.conftest import CLIPS
from tests.helpers.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PLAY = """async video => {
  video.muted = true;
  await video.play();
  const shown = () => [video.currentTime, video.getVideoPlaybackQuality().totalVideoFrames];
  for (let left = 300; left && (shown()[0] <= 0.5 || shown()[1] <= 5); left--)
    await new Promise(next => setTimeout(next, 100));
  return shown();
}"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real clip, sad and then happy; where it is absent, a drifting portrait."""
    clip = CLIPS / "sad_then_happy.mp4"
    if clip.is_file():
        return clip
    path = tmp_path_factory.mktemp("film") / "portrait.mp4"
    with VideoWriter(path) as writer:
        for i, frame in enumerate(scene.frames(width=640, height=360, count=120)):
            writer.write(frame, i / 15)
    return path


def open_analyse(page: Page) -> None:
    studio.go_to(page, "Analyse")
    page.get_by_role("button", name="Start").wait_for()


def upload_and_start(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").set_input_files([str(file) for file in files])
    start = page.get_by_role("button", name="Start")
    start.and_(page.locator(":enabled")).click()


def check_playhead(page: Page) -> None:
    """A press on a chart moves the video and the line on both charts, so does the slider; playing moves them on."""
    video, lines, slider = page.locator("video"), page.locator(".fer-playhead"), page.get_by_role("slider")
    video.evaluate("video => video.pause()")
    area = page.locator(".nsewdrag").first
    box = area.bounding_box()
    assert box is not None
    length_s = float(slider.get_attribute("max") or 0)

    area.click(position={"x": box["width"] * 0.25, "y": 20})
    assert video.evaluate("video => video.currentTime") == pytest.approx(0.25 * length_s, abs=0.2)
    slider.focus()
    before_s = video.evaluate("video => video.currentTime")
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("at => document.querySelector('video').currentTime > at + 0.3", arg=before_s)

    at_s = video.evaluate("video => video.currentTime")
    assert lines.count() == 2
    for line in lines.all():
        place = line.bounding_box()
        assert place is not None
        assert place["x"] + 1 == pytest.approx(box["x"] + at_s / length_s * box["width"], abs=3)
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("at => document.querySelector('video').currentTime > at + 0.5", arg=at_s)
    page.get_by_role("button", name="Pause", exact=True).click()
    later = lines.first.bounding_box()
    assert later is not None
    assert later["x"] > box["x"] + at_s / length_s * box["width"]


def test_upload_watch_and_take_away(film: Path, tmp_path: Path) -> None:
    with studio.serve(environment={"FER_HOME": str(tmp_path / "home")}) as server, studio.chromium(camera=None) as b:
        context, page = studio.open_page(b, server.url)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_analyse(page)
        upload_and_start(page, film)

        # The work goes on while another page is looked at.
        page.get_by_role("button", name="Cancel").wait_for()
        studio.go_to(page, "Models")
        page.get_by_text("Live now").first.wait_for()
        studio.go_to(page, "Analyse")

        page.get_by_role("button", name="New analysis").wait_for()
        page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
        position_s, shown = page.locator("video").evaluate(PLAY)
        assert position_s > 0.5
        assert shown > 5

        check_playhead(page)

        page.get_by_role("button", name="Downloads").click()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="CSV").click()
        table = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(table)
        assert table.name == f"{film.stem}.csv"
        with table.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert {row["source"] for row in rows} == {film.name}
        last = [row["label"] for row in rows[len(rows) * 2 // 3 :] if row["label"]]
        assert last.count("happy") > 0.7 * len(last) > 0

        page.keyboard.press("Escape")
        page.get_by_role("button", name="New analysis").click()
        page.get_by_role("button", name="Start").wait_for()
        kept = [path.name for path in (tmp_path / "home" / "analyses").rglob("*") if path.is_file()]
        assert kept == ["lock"], "nothing of it is stored"
        assert errors == []
        context.close()


def test_a_wrong_kind_is_told_when_it_is_dropped_and_the_sample_needs_no_file(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all,")
    with studio.serve(environment={"FER_HOME": str(tmp_path / "home")}) as server, studio.chromium(camera=None) as b:
        context, page = studio.open_page(b, server.url)
        open_analyse(page)
        page.locator("input[type=file]").set_input_files(str(letter))
        page.get_by_text("is a text file").wait_for()
        assert page.get_by_role("button", name="Start").is_disabled()

        page.get_by_role("button", name="Try the sample").click()
        page.get_by_role("button", name="Cancel").wait_for()
        page.get_by_role("progressbar", name="sample.webm").wait_for()
        page.get_by_role("button", name="New analysis").wait_for()
        page.get_by_role("heading", name="sample.webm", level=2).wait_for()
        assert page.get_by_role("heading", level=1).all_inner_texts() == ["Analyse"]
        page.reload()
        page.get_by_text("results of your last analysis are gone").wait_for()
        context.close()


def test_a_bad_file_is_told_on_a_phone_and_the_other_one_is_shown(tmp_path: Path) -> None:
    bad, good = tmp_path / "a recording with a very long name that was cut off.mp4", tmp_path / "portrait.mp4"
    bad.write_bytes(b"\0\0\0\x18ftypisom" + bytes(500))
    with VideoWriter(good) as writer:
        for i, frame in enumerate(scene.frames(width=640, height=360, count=20)):
            writer.write(frame, i / 10)
    with studio.serve(environment={"FER_HOME": str(tmp_path / "home")}) as server, studio.chromium(camera=None) as b:
        context, page = studio.open_page(b, server.url, size=studio.PHONE, dark=True)
        page.goto(f"{server.url}/analyse")
        upload_and_start(page, bad, good)

        page.get_by_text("1 of 2 files").wait_for()
        page.get_by_text("its index is missing", exact=False).first.wait_for()
        page.locator(".js-plotly-plot").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= studio.PHONE[0]
        context.close()
