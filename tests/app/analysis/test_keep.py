"""A video's result as a stored session, and why a picture's face got its label: without and on the Analyse page."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import state
from app.analysis import keep as keep_session
from app.analysis.explanation import explain, save_faces
from app.analysis.keep import FileResult, KeepChoices, keep, proposed_title
from app.live.pipelines import shared_model
from app.opened_store import everybodys_store
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.participants import find_or_add
from app.store.samples import read_samples, sample_row
from app.store.sessions import session, sessions
from fer_core.emotions import EMOTIONS
from fer_core.files.result_files import FRAME_COLUMNS
from fer_core.files.table import FACE_COLUMNS, face_columns
from fer_core.files.video_writer import VideoWriter
from fer_core.pipeline import STILL
from fer_core.results import Doubt, FaceEmotion, FaceQuality, Level
from tests.helpers.faces import make_card, make_emotion, make_face, make_result, wait_until
from tests.helpers.pages import open_page, run

FILMED = datetime(2026, 5, 1, 18, 30, tzinfo=UTC)
WISH = KeepChoices("P01", "smile.mp4", FILMED)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = open_store()
    yield opened
    opened.close()


def write_table(path: Path, source: str, moments: list[tuple[float, FaceEmotion | None]]) -> None:
    with path.open("a", newline="") as stream:
        writer = csv.writer(stream)
        if not path.stat().st_size:
            writer.writerow([*FRAME_COLUMNS, *FACE_COLUMNS])
        for i, (time_s, emotion) in enumerate(moments):
            columns = face_columns(emotion) if emotion else [""] * len(FACE_COLUMNS)
            writer.writerow([source, i, time_s, *columns])


@pytest.fixture
def result(tmp_path: Path) -> FileResult:
    """Two files in one table: ten looks at a smile, then nobody; and another file's."""
    unsure = replace(
        make_emotion("sad", share=0.3, doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT), face=make_face(track_id=2)),
        quality=FaceQuality(90.0, 30.0, 0.2, turn=0.1),
    )
    moments: list[tuple[float, FaceEmotion | None]] = [(i / 5, make_emotion()) for i in range(10)]
    write_table(tmp_path / "results.csv", "smile.mp4", [*moments, (2.0, unsure), (2.2, None)])
    write_table(tmp_path / "results.csv", "other.mp4", [(0.0, make_emotion("angry"))])
    video = tmp_path / "00000.mp4"
    video.write_bytes(b"labelled")
    return FileResult(tmp_path / "results.csv", "smile.mp4", 2.4, 12, make_card(), video)


def test_a_result_becomes_a_closed_session_of_its_own_file_alone(store: Store, result: FileResult):
    session_id, count = keep(store, result, WISH)

    kept = session(store, session_id)
    assert (kept.participant, kept.title, kept.source, kept.state) == ("P01", "smile.mp4", "file", "closed")
    assert "smile.mp4" in kept.note
    assert kept.model_sha256 == result.card.network_sha256
    assert kept.started_at == FILMED
    assert kept.duration_s == pytest.approx(2.4)
    assert kept.rate_per_s == 5.0
    assert kept.consent_at is not None
    assert kept.video_file is None
    samples = read_samples(store, session_id)
    assert len(samples.time_s) == count == 11
    assert set(samples.face.tolist()) == {1, 2}
    assert samples.time_s[-1] == 2.0
    assert list(samples.label) == [*["happy"] * 10, None]
    assert not list(store.videos.glob("*"))


def test_what_the_table_holds_is_what_a_recording_would_have_stored(store: Store, tmp_path: Path):
    emotion = replace(
        make_emotion("sad", share=0.3, doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT)),
        quality=FaceQuality(90.0, 30.0, 0.2, turn=0.1),
    )
    write_table(tmp_path / "t.csv", "a", [(1.0, emotion)])

    (row,) = keep_session._rows(tmp_path / "t.csv", "a")

    wanted = sample_row(1000, emotion)
    assert row.keys() == wanted.keys()
    for name, value in wanted.items():
        assert row[name] == (pytest.approx(value, abs=1e-4) if isinstance(value, float) else value), name


@pytest.mark.parametrize(
    "emotion",
    [make_emotion("sad"), make_emotion("sad", share=0.5, level=Level.LEANING), make_emotion(doubts=(Doubt.BLURRED,))],
)
def test_a_table_gives_the_level_back_and_one_of_an_earlier_version_named_and_unsure(emotion: FaceEmotion):
    columns = [str(value) if value is not None else "" for value in face_columns(emotion)]
    line = dict(zip(FACE_COLUMNS, columns, strict=True))
    assert keep_session._face_of(line).level is emotion.level

    del line["level"]
    assert keep_session._face_of(line).level is (Level.NAMED if emotion.label else Level.UNSURE)


def test_looks_within_one_millisecond_are_one_sample(store: Store, tmp_path: Path):
    write_table(tmp_path / "t.csv", "a", [(0.0001, make_emotion()), (0.0002, make_emotion()), (0.002, make_emotion())])

    assert [row["time_ms"] for row in keep_session._rows(tmp_path / "t.csv", "a")] == [0, 2]


def test_a_long_result_is_stored_in_parts(store: Store, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(keep_session, "ROWS_AT_ONCE", 7)
    write_table(tmp_path / "t.csv", "a", [(i / 5, make_emotion()) for i in range(20)])
    shares: list[float] = []

    session_id, count = keep(
        store, FileResult(tmp_path / "t.csv", "a", 4.0, 20, make_card()), WISH, on_progress=shares.append
    )

    assert count == 20 == len(read_samples(store, session_id).time_s)
    assert len(shares) == 3
    assert shares == sorted(shares)


def test_the_labelled_video_is_kept_only_when_asked_for(store: Store, result: FileResult):
    session_id, _ = keep(store, result, replace(WISH, with_video=True))

    kept = session(store, session_id)
    assert kept.video_consent_at is not None
    assert (store.videos / str(kept.video_file)).read_bytes() == b"labelled"


def test_when_it_cannot_be_kept_nothing_is_left(store: Store, result: FileResult):
    def stop(share: float) -> None:
        raise KeyboardInterrupt  # as Streamlit ends a run: with what is no Exception

    with pytest.raises(KeyboardInterrupt):
        keep(store, result, replace(WISH, with_video=True), on_progress=stop)
    assert result.video is not None
    result.video.unlink()
    with pytest.raises(OSError, match="No such file"):
        keep(store, result, replace(WISH, with_video=True))
    with pytest.raises(StoreError):
        keep(store, result, replace(WISH, title=" "))

    assert sessions(store) == []
    assert list(store.videos.glob("*")) == []


def test_the_proposed_title_is_one_that_no_session_has(store: Store, result: FileResult):
    assert proposed_title(store, "trip/smile.mp4") == "smile"
    for _ in range(2):
        keep(store, result, replace(WISH, title=proposed_title(store, result.source)))

    assert {one.title for one in sessions(store)} == {"smile", "smile (2)"}
    assert proposed_title(store, "smile.webm") == "smile (3)"
    assert proposed_title(store, ".mp4") == ".mp4"
    assert len(proposed_title(store, "long " * 100)) <= 200


# Why this label


def test_a_smile_is_explained_by_its_mouth(astronaut_bgr: np.ndarray, tmp_path: Path):
    from app.live.pipelines import make_pipeline

    found = make_pipeline("haar", "default", settings=STILL, min_hits=1).process(astronaut_bgr, 0.0)
    save_faces(tmp_path / "faces.npz", astronaut_bgr, found)

    reason = explain(shared_model("default"), tmp_path / "faces.npz", 0, "happy")

    assert reason.picture_bgr.shape == (240, 240, 3)
    assert "happy" in reason.sentence
    assert "%" in reason.sentence


def test_where_nothing_decides_it_says_so(tmp_path: Path):
    class Same:
        card = make_card()

        def predict(self, faces_u8: np.ndarray) -> np.ndarray:
            return np.full((len(faces_u8), len(EMOTIONS)), 1 / len(EMOTIONS), np.float32)

    save_faces(tmp_path / "f.npz", np.full((480, 640, 3), 90, np.uint8), make_result(make_emotion()))
    same: Any = Same()

    assert "No single part decides" in explain(same, tmp_path / "f.npz", 0, "happy").sentence


# The page


def script() -> None:
    from app.views.analyse import page as analyse

    analyse.render()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, astronaut_bgr: np.ndarray) -> Iterator[Path]:
    """A folder on the server with a smiling film and a picture."""
    folder = tmp_path / "files"
    folder.mkdir()
    with VideoWriter(folder / "smile.mp4") as writer:
        for i in range(20):
            writer.write(np.roll(astronaut_bgr, i, axis=1), i / 10)
    cv2.imwrite(str(folder / "portrait.png"), astronaut_bgr)
    monkeypatch.setenv("FER_FILES", str(folder))
    state.analysis_folder.clear()  # each test has a home of its own
    everybodys_store.clear()
    yield folder
    everybodys_store.clear()


def analysed(name: str) -> AppTest:
    page = open_page(script)
    page.text_input(key="analyse_server_path").set_value(name).run()
    page.button(key="analyse_start").click().run()
    job = page.session_state["analysis_memory"].job
    wait_until(lambda: job.view().state == "done", timeout_s=60)
    return run(page)


def test_a_videos_result_is_kept_after_consent(files: Path, store: Store):
    with store.write() as connection:
        find_or_add(connection, "P01")
    page = analysed("smile.mp4")
    page.button(key="keep_ask").click().run()
    page.button(key="keep_start").click().run()
    assert "Choose a participant" in page.warning[-1].value
    page.selectbox(key="keep_participant").set_value("P01").run()
    page.button(key="keep_start").click().run()
    assert "needs the agreement" in page.warning[-1].value
    assert sessions(store) == []
    page.date_input(key="keep_day").set_value(datetime.now(UTC).date() - timedelta(days=3)).run()
    page.checkbox(key="keep_agree").set_value(True).run()
    page.checkbox(key="keep_video").set_value(True).run()
    page.button(key="keep_start").click()
    run(page)

    (kept,) = sessions(store)
    assert (kept.title, kept.source, kept.state) == ("smile", "file", "closed")
    assert (store.videos / str(kept.video_file)).is_file()
    assert len(read_samples(store, kept.id).time_s) > 10
    assert page.success[0].value == f"Saved as a session: {len(read_samples(store, kept.id).time_s)} samples."
    page.button(key="keep_open").click()
    run(page)
    assert page.session_state["session_memory"].opened == kept.id


def test_keeping_can_be_called_off(files: Path, store: Store):
    page = analysed("smile.mp4")
    page.button(key="keep_ask").click().run()
    page.button(key="keep_cancel").click()
    run(page)

    assert "keep_ask" in {button.key for button in page.button}
    assert sessions(store) == []


def test_a_picture_is_explained_and_not_kept(files: Path):
    page = analysed("portrait.png")
    assert "keep_ask" not in {button.key for button in page.button}
    before = len(page.get("image"))

    page.toggle(key="analyse_why").set_value(True)
    run(page)

    assert len(page.get("image")) == before + 1
    assert any("happy" in element.value and "%" in element.value for element in page.markdown)
