"""The Analyse page as Streamlit runs it; the worker is the real one."""

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import state
from app.analysis.worker import AnalysisQueue
from app.live.sample import SAMPLE_FILE
from app.tab_memory import AnalysisMemory
from fer_core.files.video_writer import VideoWriter
from tests.helpers import pages
from tests.helpers.faces import wait_until
from tests.helpers.pages import assert_fine, html_of, words


def script() -> None:
    from app.views.analyse import page as analyse

    analyse.render()


@pytest.fixture
def server_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, astronaut_bgr: np.ndarray) -> Path:
    """A folder on the server with a smiling film, a picture, an empty file and a letter."""
    folder = tmp_path / "files"
    folder.mkdir()
    with VideoWriter(folder / "smile.mp4") as writer:
        for i in range(20):
            writer.write(np.roll(astronaut_bgr, i, axis=1), i / 10)
    cv2.imwrite(str(folder / "portrait.png"), astronaut_bgr)
    (folder / "empty.mov").touch()
    (folder / "letter.txt").touch()
    monkeypatch.setenv("FER_FILES", str(folder))
    state.analysis_folder.clear()  # each test has a home of its own
    return folder


def open_page(named: str = "") -> AppTest:
    page = pages.open_page(script)
    if named:
        page.text_input(key="analyse_server_path").set_value(named).run()
    assert_fine(page)
    return page


def start(page: AppTest) -> None:
    page.button(key="analyse_start").click().run()
    assert_fine(page)


def memory_of(page: AppTest) -> AnalysisMemory:
    memory: AnalysisMemory = page.session_state["analysis_memory"]
    return memory


def upload_of(page: AppTest) -> Any:
    return page.file_uploader[0]


def finish(page: AppTest) -> None:
    job = memory_of(page).job
    assert job is not None
    wait_until(lambda: job.view().state == "done", timeout_s=60)
    page.run()
    assert_fine(page)


def labels(page: AppTest, kind: str) -> list[str]:
    return [element.proto.label for element in page.get(kind)]


def test_at_first_nothing_can_be_started_and_nothing_is_asked_of_the_server(monkeypatch):
    monkeypatch.delenv("FER_FILES", raising=False)

    page = open_page()

    assert page.button(key="analyse_start").disabled
    assert list(page.text_input) == []
    assert memory_of(page).job is None


def test_a_video_of_the_server_is_analysed_and_shown(server_files):
    page = open_page("smile.mp4")
    start(page)
    finish(page)

    assert "1 of 1 file analysed · 0:02.0 of video" in words(page)
    assert [heading.value for heading in page.title] == ["Analyse"]
    assert [heading.value for heading in page.header] == ["smile\\.mp4"]
    said = html_of(page)
    assert "<dt>Faces</dt><dd>1</dd>" in said
    assert "<dt>Frames analysed</dt><dd>20</dd>" in said
    assert "Face 1" in said
    assert len(page.get("plotly_chart")) == 2
    assert len(page.get("video")) == 1
    assert [label.partition(" · ")[0] for label in labels(page, "download_button")] == ["CSV", "JSON", "MP4"]
    assert (server_files / "smile.mp4").exists(), "only uploads are deleted"


def test_a_folder_gives_a_row_for_each_file_and_one_is_looked_at_closely(server_files):
    page = open_page(".")
    assert "3 files found. 1 file is neither a picture nor a video and was skipped: letter.txt." in words(page)
    assert "3 files to analyse" in words(page)
    start(page)
    finish(page)

    said = words(page)
    assert "2 of 3 files analysed" in said
    assert "skipped: letter.txt" in said
    assert "The file is empty (0 bytes). Copy or record it again." in said
    assert "1 face · happy</div>" in said
    assert "1 face · happy 100\u00a0%</div>" in said
    rows = [button.label for button in page.button if (button.key or "").startswith("analyse_open_")]
    assert rows == ["empty\\.mov", "portrait\\.png", "smile\\.mp4"]
    assert page.header[0].value == "portrait\\.png", "the first that showed something"
    assert len(page.get("plotly_chart")) == 0, "a picture has no timeline"
    page.button(key="analyse_open_2").click().run()
    assert_fine(page)
    assert page.header[0].value == "smile\\.mp4"
    assert len(page.get("plotly_chart")) == 2
    page.button(key="analyse_open_0").click().run()
    assert_fine(page)
    assert [error.value for error in page.error] == ["The file is empty (0 bytes). Copy or record it again."]


def test_many_files_come_in_pages(server_files):
    for i in range(25):
        (server_files / f"empty-{i:02d}.mov").touch()
    page = open_page(".")
    start(page)
    finish(page)

    assert page.header[0].value == "portrait\\.png"
    assert "21–28 of 28" in words(page), "where the shown file is"
    page.button(key="analyse_open_27").click().run()
    assert_fine(page)
    assert page.header[0].value == "smile\\.mp4"
    assert "21–28 of 28" in words(page)
    page.number_input(key="analyse_page").set_value(1).run()
    assert_fine(page)
    assert "1–20 of 28" in words(page)
    assert page.header[0].value == "smile\\.mp4"


def test_wrong_kinds_are_told_when_they_are_dropped_and_the_good_ones_stay(server_files):
    page = open_page()
    good = ("me.png", (server_files / "portrait.png").read_bytes(), "image/png")
    wrong = [("letter.txt", b"Dear all", "text/plain"), ("report.jpg", b"%PDF-1.7 \x80", "image/jpeg")]

    upload_of(page).set_value(wrong).run()
    assert len(page.error) == 1
    assert page.button(key="analyse_start").disabled
    upload_of(page).set_value([*wrong, good]).run()

    (told,) = [error.value for error in page.error]
    assert "**letter\\.txt** is a text file." in told
    assert "**report\\.jpg** is a PDF document." in told
    assert "Accepted: JPEG, PNG" in told
    assert "1 file to analyse" in words(page)
    start(page)
    finish(page)
    job = memory_of(page).job
    assert job is not None
    assert [file.title for file in job.view().files] == ["me.png"]


def test_the_sample_takes_the_same_way(server_files):
    page = open_page()
    page.selectbox(key="analyse_looks").select("1 a second").run()
    page.button(key="analyse_sample").click().run()
    assert_fine(page)
    finish(page)

    assert page.header[0].value == "sample\\.webm"
    assert len(page.get("video")) == 1
    assert SAMPLE_FILE.exists(), "only uploads are deleted"


def test_results_that_are_gone_are_told(server_files):
    page = pages.page_of(script)
    page.query_params["analysis"] = "open"
    page.run()
    assert "are gone" in page.info[0].value

    page = open_page("smile.mp4")
    start(page)
    finish(page)
    job = memory_of(page).job
    assert job is not None
    shutil.rmtree(job.folder)
    page.run()
    assert_fine(page)
    assert "were deleted on the server" in page.warning[0].value
    assert labels(page, "download_button") == []


def test_who_waits_is_told_how_many_come_first(server_files, monkeypatch):
    # The worker never begins: the two jobs wait for as long as the page is looked at.
    monkeypatch.setattr(AnalysisQueue, "_work", lambda queue: None)
    state.analysis_queue.clear()
    first = open_page("smile.mp4")
    start(first)
    assert "yours is next" in words(first)

    second = open_page("portrait.png")
    start(second)

    assert "1 analysis before yours" in words(second)
    second.button(key="analyse_cancel").click().run()
    assert_fine(second)
    assert "**Cancelled** · 0 of 1 file analysed" in words(second)
    assert "cancelled before this file" in second.info[0].value
    state.analysis_queue.clear()


def test_a_file_that_fails_alone_says_why_and_offers_nothing(server_files):
    page = open_page("empty.mov")
    start(page)
    finish(page)

    assert [error.value for error in page.error] == ["The file is empty (0 bytes). Copy or record it again."]
    assert labels(page, "download_button") == []
    assert "0 of 1 file analysed" in words(page)


@pytest.mark.parametrize("text", ["../secret", "/etc/passwd", "nowhere.mp4"])
def test_names_outside_the_folder_are_refused(server_files, text):
    page = open_page(text)

    assert "is not a file or folder within" in page.error[0].value
    assert page.button(key="analyse_start").disabled


def test_the_choices_reach_the_job(server_files):
    page = open_page("smile.mp4")
    page.selectbox(key="analyse_looks").select("2 a second").run()
    page.selectbox(key="analyse_detector").select("haar").run()
    page.toggle(key="analyse_annotated").set_value(False).run()
    page.number_input(key="analyse_max_faces").set_value(20).run()
    start(page)
    job = memory_of(page).job
    assert job is not None
    assert (job.request.sampling.fps, job.request.detector, job.request.annotated) == (2, "haar", False)
    assert job.request.max_faces == 20
    finish(page)

    assert len(page.get("video")) == 0
    assert job.view().files[0].summary is not None
    assert job.csv.read_text().count("\n") == 1 + 4


def test_work_is_shown_and_can_be_ended(server_files, monkeypatch, astronaut_bgr):
    with VideoWriter(server_files / "long.mp4") as writer:
        for i in range(600):
            writer.write(np.roll(astronaut_bgr, i % 40, axis=1), i / 25)
    page = open_page("long.mp4")
    start(page)
    job = memory_of(page).job
    assert job is not None
    wait_until(lambda: job.view().files[0].time_s > 0.3, timeout_s=60)
    page.run()
    assert "of 0:24" in words(page)

    page.button(key="analyse_cancel").click().run()
    finish(page)

    assert "**Cancelled** · 1 of 1 file analysed" in words(page)
    assert "The analysis was stopped after" in words(page)
    assert len(page.get("plotly_chart")) == 2


def test_a_new_analysis_deletes_the_old_one(server_files):
    page = open_page("portrait.png")
    start(page)
    finish(page)
    job = memory_of(page).job
    assert job is not None
    assert job.csv.exists()

    page.button(key="analyse_new").click().run()

    assert_fine(page)
    assert not job.folder.exists()
    assert page.button(key="analyse_start").label == "Start"


def test_an_upload_is_stored_for_the_work_and_then_deleted(server_files):
    page = open_page()
    upload_of(page).set_value([("me.png", (server_files / "portrait.png").read_bytes(), "image/png")]).run()
    start(page)
    finish(page)

    job = memory_of(page).job
    assert job is not None
    assert page.header[0].value == "me\\.png"
    left = ["00000-faces.npz", "00000.jpg", "results.csv", "results.json"]
    assert sorted(path.name for path in job.folder.iterdir()) == left


def test_a_home_that_cannot_be_written_is_a_sentence(server_files, tmp_path, monkeypatch):
    (tmp_path / "home").touch()
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    page = open_page("portrait.png")

    start(page)

    assert page.error[0].value.startswith("The files cannot be stored: ")
    assert memory_of(page).job is None
