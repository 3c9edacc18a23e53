"""Files through the pipeline, and what is written of them. The network is a stand-in: nothing here depends on it."""

import csv
import io
import json
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.errors import MediaError
from fer_core.expressions.card import GoldenSample, ModelCard
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import FaceDetector
from fer_core.files.analyse import AnalysedFrame, Progress, analyse_media, expand_inputs, pipeline_for
from fer_core.files.media import MediaInfo, open_media
from fer_core.files.result_files import CsvResults, JsonResults, Provenance, ResultWriter
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.files.video_writer import VideoWriter
from fer_core.results import Face, FrameResult

CARD = ModelCard(
    name="fake",
    architecture="none",
    labels=EMOTIONS,
    input_shape=(48, 48, 1),
    crop_geometry="fer2013-v1",
    temperature=1.0,
    unsure_below=0.4,
    sha256={"model.tflite": "abc"},
    golden=GoldenSample("", ()),
    parameters=0,
    created="2026-01-01",
)


class FakeModel:
    """Happy for a bright face, sad for a dark one."""

    card = CARD

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        rows = np.full((len(faces_u8), len(EMOTIONS)), 0.05, np.float32)
        for row, face in zip(rows, faces_u8, strict=True):
            row[EMOTIONS.index("happy" if face.mean() > 128 else "sad")] = 0.7
        return rows


class FakeDetector:
    """One face in the middle of any frame that is not black, and a smaller one in a frame with a white corner."""

    name = "haar"

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        height, width = frame_bgr.shape[:2]
        if frame_bgr.mean() < 5:
            return []
        faces = [Face((width * 0.25, height * 0.2, width * 0.75, height * 0.8), 0.9)]
        if frame_bgr[:4, :4].mean() > 250:
            faces.append(Face((0.0, 0.0, width * 0.2, height * 0.2), 0.8))
        return faces


MODEL = cast(EmotionModel, FakeModel())
DETECTOR = cast(FaceDetector, FakeDetector())


def noisy(level: int, seed: int = 0) -> np.ndarray:
    """uint8 (240, 320, 3) around a grey level."""
    noise = np.random.default_rng(seed).integers(-25, 26, (240, 320, 3))
    return np.clip(noise + level, 0, 255).astype(np.uint8)


@pytest.fixture
def sad_then_nobody_then_happy(tmp_path: Path) -> Path:
    """Three seconds at 20 frames per second."""
    path = tmp_path / "film.mp4"
    with VideoWriter(path) as writer:
        for i in range(60):
            frame = noisy(90) if i < 20 else np.zeros((240, 320, 3), np.uint8) if i < 40 else noisy(190)
            writer.write(frame, i / 20)
    return path


def analyse(path: Path, sampling: Sampling = EVERY_FRAME, **options: Any) -> list[AnalysedFrame]:
    with open_media(path) as media:
        pipeline = pipeline_for(media.info, DETECTOR, MODEL, sampling)
        return list(analyse_media(media, pipeline, sampling=sampling, **options))


def written(path: Path, kind: type[CsvResults] | type[JsonResults]) -> str:
    stream = io.StringIO(newline="")
    writer: ResultWriter = kind(stream, Provenance(CARD, "haar", EVERY_FRAME))
    with open_media(path) as media:
        for frame in analyse_media(media, pipeline_for(media.info, DETECTOR, MODEL)):
            writer.add(str(path), media.info, frame)
        writer.end_source(media.damage)
    writer.finish({"other.mp4": "other.mp4: no such file."})
    return stream.getvalue()


class TestAnalyse:
    def test_a_video(self, sad_then_nobody_then_happy: Path) -> None:
        frames = analyse(sad_then_nobody_then_happy)
        assert [f.index for f in frames] == list(range(60))
        np.testing.assert_allclose([f.result.captured_at_s for f in frames], np.arange(60) / 20, atol=1e-4)
        labels = [f.result.faces[0].label if f.result.faces else None for f in frames]
        assert set(labels[10:20]) == {"sad"}
        assert set(labels[25:40]) == {None}
        assert set(labels[50:]) == {"happy"}

    def test_a_picture_needs_one_look(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "p.png"), noisy(190))
        (frame,) = analyse(tmp_path / "p.png")
        assert frame.result.faces[0].label == "happy"
        assert (frame.index, frame.result.captured_at_s) == (0, 0.0)

    def test_frames_far_apart_still_show_faces(self, sad_then_nobody_then_happy: Path) -> None:
        frames = analyse(sad_then_nobody_then_happy, Sampling(fps=0.4))
        assert [f.index for f in frames] == [0, 50]
        assert [f.result.faces[0].label for f in frames] == ["sad", "happy"]

    def test_progress_and_frames_are_handed_on(self, sad_then_nobody_then_happy: Path) -> None:
        steps: list[Progress] = []
        seen: list[tuple[tuple[int, ...], FrameResult]] = []
        frames = analyse(
            sad_then_nobody_then_happy,
            Sampling(every=10),
            on_progress=steps.append,
            frame_sink=lambda frame_bgr, result: seen.append((frame_bgr.shape, result)),
        )
        assert [s.frames for s in steps] == [1, 2, 3, 4, 5, 6]
        assert steps[-1].share == 1
        assert steps[-1].duration_s == pytest.approx(3.0, abs=0.06)
        assert seen == [((240, 320, 3), f.result) for f in frames]

    def test_it_stops_when_asked(self, sad_then_nobody_then_happy: Path) -> None:
        answers = iter([False, False, True])
        with open_media(sad_then_nobody_then_happy) as media:
            pipeline = pipeline_for(media.info, DETECTOR, MODEL)
            frames = list(analyse_media(media, pipeline, should_stop=lambda: next(answers)))
        assert len(frames) == 2
        assert media.damage == "the analysis was stopped after 0.1 s"

    def test_results_come_while_the_file_is_read(self, sad_then_nobody_then_happy: Path) -> None:
        done: list[Progress] = []
        with open_media(sad_then_nobody_then_happy) as media:
            next(analyse_media(media, pipeline_for(media.info, DETECTOR, MODEL), on_progress=done.append))
        assert len(done) == 1

    def test_share_without_an_end(self) -> None:
        assert Progress(5, 1.0, None, None).share is None
        assert Progress(12, 1.0, 10, 1.0).share == 1.0


class TestCsv:
    def test_rows(self, sad_then_nobody_then_happy: Path) -> None:
        rows = list(csv.DictReader(io.StringIO(written(sad_then_nobody_then_happy, CsvResults))))
        assert [int(row["frame"]) for row in rows] == list(range(60))
        happy = rows[55]
        assert happy["source"] == str(sad_then_nobody_then_happy)
        assert (happy["label"], happy["doubts"]) == ("happy", "")
        assert sum(float(happy[emotion]) for emotion in EMOTIONS) == pytest.approx(1, abs=1e-4)
        assert float(happy["time_s"]) == pytest.approx(2.75, abs=1e-4)
        assert [float(happy[side]) for side in ("left", "top", "right", "bottom")] == pytest.approx([80, 48, 240, 192])
        nobody = rows[30]
        assert {key for key, value in nobody.items() if value} == {"source", "frame", "time_s"}

    def test_an_unsure_face_has_no_label_but_its_figures(self, tmp_path: Path) -> None:
        cv2.imwrite(str(tmp_path / "p.png"), noisy(26))
        (row,) = csv.DictReader(io.StringIO(written(tmp_path / "p.png", CsvResults)))
        assert row["label"] == ""
        assert row["doubts"] == "too dark"
        assert float(row["sad"]) == pytest.approx(0.7, abs=0.01)

    def test_two_faces_are_two_rows(self, tmp_path: Path) -> None:
        frame = noisy(190)
        frame[:4, :4] = 255
        cv2.imwrite(str(tmp_path / "p.png"), frame)
        rows = list(csv.DictReader(io.StringIO(written(tmp_path / "p.png", CsvResults))))
        assert [row["face"] for row in rows] == ["2", "1"], "the larger first; numbered from left to right"
        assert {row["frame"] for row in rows} == {"0"}


class TestJson:
    def test_document(self, sad_then_nobody_then_happy: Path) -> None:
        found = json.loads(written(sad_then_nobody_then_happy, JsonResults))
        assert found["schema_version"] == 1
        assert (found["model"]["name"], found["model"]["sha256"]) == ("fake", "abc")
        assert found["detector"] == "haar"
        assert set(found["versions"]) >= {"python", "numpy"}
        assert found["unreadable"] == [{"source": "other.mp4", "reason": "other.mp4: no such file."}]
        (source,) = found["sources"]
        assert (source["kind"], source["damage"]) == ("video", None)
        assert len(source["frames"]) == 60
        assert source["frames"][30]["faces"] == []
        (face,) = source["frames"][55]["faces"]
        assert face["label"] == "happy"
        assert list(face["probabilities"]) == list(EMOTIONS)
        assert face["quality"]["turn"] is None

    def test_several_sources(self) -> None:
        stream = io.StringIO()
        writer = JsonResults(stream, Provenance(CARD, "haar", EVERY_FRAME))
        info = MediaInfo(Path("p.png"), is_picture=True, duration_s=0.0, frame_count=1, rate=0.0)
        for damage in (None, 'cut "off"'):
            writer.add("p.png", info, AnalysedFrame(0, FrameResult(0.0, (2, 2))))
            writer.end_source(damage)
        writer.finish({})
        sources = json.loads(stream.getvalue())["sources"]
        assert [(s["source"], s["damage"], len(s["frames"])) for s in sources] == [
            ("p.png", None, 1),
            ("p.png", 'cut "off"', 1),
        ]

    def test_without_sources(self) -> None:
        stream = io.StringIO()
        JsonResults(stream, Provenance(CARD, "haar", EVERY_FRAME)).finish({})
        assert json.loads(stream.getvalue())["sources"] == []


class TestExpandInputs:
    def test_folders_are_searched_in_order(self, tmp_path: Path) -> None:
        for name in ("b.jpg", "a.PNG", "notes.txt", ".hidden.jpg", "sub/c.mp4", ".cache/d.jpg"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).touch()
        found = expand_inputs([tmp_path, tmp_path / "sub" / "c.mp4", tmp_path / "b.jpg"])
        assert [p.relative_to(tmp_path).as_posix() for p in found.files] == ["a.PNG", "b.jpg", "sub/c.mp4"]
        assert found.sentence() == "1 file is neither a picture nor a video and was skipped: notes.txt."

    def test_a_named_file_is_tried_whatever_its_name(self, tmp_path: Path) -> None:
        assert expand_inputs([tmp_path / "notes.txt"]).files == (tmp_path / "notes.txt",)

    def test_many_others_are_counted_and_some_named(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").touch()
        for i in range(7):
            (tmp_path / f"{i}.txt").touch()
        sentence = expand_inputs([tmp_path]).sentence()
        assert "7 files are" in sentence
        assert sentence.endswith("0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 2 more.")

    def test_an_empty_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match="no picture or video"):
            expand_inputs([tmp_path])
