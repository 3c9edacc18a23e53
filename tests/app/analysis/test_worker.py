"""Jobs for files, done for real: what they write, how they fail, wait, end and go."""

import csv
import errno
import gc
import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.analysis import worker
from app.analysis.copies import THUMBNAIL_PX
from app.analysis.jobs import AnalysisJob, AnalysisRequest, InputFile, server_files, unique_titles
from app.analysis.worker import AnalysisQueue, run_job
from app.tab_memory import AnalysisMemory
from fer_core.errors import MediaError
from fer_core.files.analyse import Progress
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from fer_core.files.video_writer import VideoWriter
from tests.helpers.faces import wait_until
from tests.helpers.films import even_times, make_talking_film, make_video


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory, astronaut_bgr: np.ndarray) -> Path:
    """Two seconds of a smiling face that drifts, at 15 frames per second, then half a second of nothing."""
    path = tmp_path_factory.mktemp("film") / "smile.mp4"
    with VideoWriter(path) as writer:
        for i in range(38):
            writer.write(np.roll(astronaut_bgr, i, axis=1) if i < 30 else astronaut_bgr * 0, i / 15)
    return path


@pytest.fixture
def photo(tmp_path: Path, astronaut_bgr: np.ndarray) -> Path:
    path = tmp_path / "photo.jpg"
    cv2.imwrite(str(path), astronaut_bgr)
    return path


def make_job(tmp_path: Path, *files: Path | InputFile, **wanted: object) -> AnalysisJob:
    folder = tmp_path / "jobs" / str(len(list(tmp_path.glob("jobs/*"))))
    folder.mkdir(parents=True)
    inputs = tuple(file if isinstance(file, InputFile) else InputFile(file, file.name) for file in files)
    return AnalysisJob(AnalysisRequest(inputs, detector="haar", **wanted), folder)  # type: ignore[arg-type]


def rows_of(job: AnalysisJob) -> list[dict[str, str]]:
    with job.csv.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_a_video_becomes_table_document_copy_and_summary(film, tmp_path):
    job = make_job(tmp_path, film)

    run_job(job)

    view = job.view()
    (file,) = view.files
    assert (view.state, view.problem, view.share) == ("done", "", 1.0)
    assert (file.state, file.sentence) == ("done", "")
    assert file.summary is not None
    assert file.summary.main_label == "happy"
    assert file.summary.seconds == pytest.approx(38 / 15, abs=0.01)
    assert file.summary.faces[0].last_s == pytest.approx(2.0, abs=0.3)
    rows = rows_of(job)
    assert {row["source"] for row in rows} == {"smile.mp4"}
    assert {int(row["frame"]) for row in rows} == set(range(38))
    document = json.loads(job.json.read_text())
    assert [(s["source"], len(s["frames"])) for s in document["sources"]] == [("smile.mp4", 38)]
    assert file.copy is not None
    with open_media(file.copy) as copy, open_media(film) as original:
        pairs = [(a.frame_bgr, b.frame_bgr) for a, b in zip(copy.frames(), original.frames(), strict=True)]
    assert np.abs(pairs[20][0].astype(int) - pairs[20][1]).max() > 100, "something was drawn"
    assert view.preview_jpeg is not None
    assert max(decoded(view.preview_jpeg).shape[:2]) == 480
    assert (file.share, file.remaining_s) == (1.0, None)


def decoded(jpeg: bytes | None) -> np.ndarray:
    assert jpeg is not None
    picture_bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture_bgr is not None
    return picture_bgr


def test_every_file_that_shows_something_has_a_small_picture(film, photo, tmp_path, monkeypatch):
    (tmp_path / "empty.mp4").touch()
    for budget_s in (2.0, -1.0):  # all before the work begins, and each when its turn comes
        monkeypatch.setattr(worker, "THUMBNAILS_S", budget_s)
        job = make_job(tmp_path, film, tmp_path / "empty.mp4", photo, sampling=Sampling(fps=2))

        run_job(job)

        shown = [file.thumbnail_jpeg for file in job.view().files]
        assert shown[1] is None
        for jpeg in (shown[0], shown[2]):
            picture_bgr = decoded(jpeg)
            assert max(picture_bgr.shape[:2]) == THUMBNAIL_PX
            assert picture_bgr.mean() > 60


def test_a_file_at_work_tells_its_own_time_left(film, photo, tmp_path):
    job = make_job(tmp_path, film, photo)
    job.begin()
    job.expect(80)
    job.begin_file(0)
    assert job.view().files[0].remaining_s is None

    job._file_began_s -= 4  # as if it had begun so much earlier
    job.count_frame(0, Progress(10, 1.0, 40, 4.0))

    first, second = job.view().files
    assert (first.state, first.time_s, first.duration_s, first.share) == ("running", 1.0, 4.0, 0.25)
    assert first.remaining_s == pytest.approx(12.0, abs=2)
    assert (second.state, second.share, second.remaining_s) == ("waiting", None, None)


def test_a_picture_keeps_its_faces_and_gets_a_copy(photo, tmp_path):
    job = make_job(tmp_path, photo)

    run_job(job)

    (file,) = job.view().files
    assert file.summary is not None
    assert [face.label for face in file.summary.picture_faces] == ["happy"]
    assert file.copy is not None
    labelled_bgr = cv2.imread(str(file.copy))
    assert labelled_bgr is not None
    assert labelled_bgr.shape == (512, 512, 3)


def test_a_film_follows_the_chosen_number_of_faces_and_tells_of_others(tmp_path, astronaut_bgr):
    with VideoWriter(tmp_path / "two.mp4") as writer:
        for i in range(6):
            writer.write(np.tile(astronaut_bgr[:300], (1, 2, 1))[:, :800], i / 10)
    two = tmp_path / "two.mp4"
    one, both = make_job(tmp_path, two, max_faces=1), make_job(tmp_path, two)

    run_job(one)
    run_job(both)

    assert {row["face"] for row in rows_of(one)} <= {"", "1"}
    assert "Up to 2 faces were seen at a time, the largest 1 of them analysed" in one.view().files[0].sentence
    assert {"1", "2"} <= {row["face"] for row in rows_of(both)}
    assert both.view().files[0].sentence == ""


def test_the_limit_is_for_films_a_picture_shows_all(tmp_path, astronaut_bgr):
    cv2.imwrite(str(tmp_path / "two.png"), np.tile(astronaut_bgr[:300], (1, 2, 1))[:, :800])
    job = make_job(tmp_path, tmp_path / "two.png", max_faces=1)

    run_job(job)

    assert len(rows_of(job)) == 2


def test_looks_are_sampled_and_no_copy_is_made_where_none_is_wanted(film, tmp_path):
    job = make_job(tmp_path, film, sampling=Sampling(fps=5), annotated=False)

    run_job(job)

    (file,) = job.view().files
    assert file.copy is None
    assert file.summary is not None
    assert file.summary.looks == 13
    assert sorted(path.name for path in job.folder.iterdir()) == ["results.csv", "results.json"]


def test_one_bad_file_is_told_and_the_rest_goes_on(film, photo, tmp_path):
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "letter.mp4").write_text("no film\n" * 50)
    job = make_job(tmp_path, tmp_path / "empty.mp4", photo, tmp_path / "letter.mp4", tmp_path / "gone.mp4", film)

    run_job(job)

    files = job.view().files
    assert [file.state for file in files] == ["failed", "done", "failed", "failed", "done"]
    assert files[0].sentence == "The file is empty (0 bytes). Copy or record it again."
    assert files[2].sentence.startswith("Expected a picture or a video")
    assert files[3].sentence == "No such file. Check the name."
    document = json.loads(job.json.read_text())
    assert [source["source"] for source in document["sources"]] == ["photo.jpg", "smile.mp4"]
    assert [each["source"] for each in document["unreadable"]] == ["empty.mp4", "letter.mp4", "gone.mp4"]
    assert str(tmp_path) not in job.json.read_text(), "places on the disk are nobody's business"


def test_names_that_are_not_utf8_are_shown_in_words(film, photo, tmp_path):
    folder = tmp_path / "server"
    folder.mkdir()
    shutil.copy(photo, folder / os.fsdecode(b"caf\xe9.jpg"))
    shutil.copy(film, folder / os.fsdecode(b"smile \xe9.mp4"))
    (folder / os.fsdecode(b"empty \xe9.mp4")).touch()
    (folder / os.fsdecode(b"letter \xe9.doc")).touch()
    files, passed_over = server_files(folder, folder.resolve())
    job = make_job(tmp_path, *unique_titles(files), sampling=Sampling(fps=5))

    run_job(job)

    views = job.view().files
    assert [(view.title, view.state) for view in views] == [
        ("caf\\xe9.jpg", "done"),
        ("empty \\xe9.mp4", "failed"),
        ("smile \\xe9.mp4", "done"),
    ]
    assert views[1].sentence == "The file is empty (0 bytes). Copy or record it again."
    assert passed_over.endswith("letter \\xe9.doc.")
    assert {row["source"] for row in rows_of(job)} == {"caf\\xe9.jpg", "smile \\xe9.mp4"}
    for view in views:
        f"{view.title} {view.sentence} {passed_over}".encode()


def test_a_surprise_in_one_file_keeps_the_others(film, photo, tmp_path, monkeypatch):
    def surprise(*_):
        raise OSError("an error that no decoder foresaw")

    monkeypatch.setattr("fer_core.files.video_file.View.of", surprise)
    job = make_job(tmp_path, film, photo)

    run_job(job)

    view = job.view()
    assert view.problem == ""
    assert [file.state for file in view.files] == ["failed", "done"]
    assert view.files[0].sentence.startswith("It could not be analysed (OSError: an error that no decoder foresaw)")


def test_a_full_disk_ends_the_job(photo, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fer_core.files.result_files.CsvResults.add", full)
    job = make_job(tmp_path, photo, photo)

    run_job(job)

    view = job.view()
    assert view.problem == "The results cannot be written: No space left on device. Check the disk's free space."
    assert view.files[1].state == "stopped"


def test_a_turned_phone_and_a_late_picture_are_shown_whole(astronaut_bgr, tmp_path):
    parts = []
    for index, wide_bgr in enumerate((cv2.copyMakeBorder(astronaut_bgr, 0, 0, 200, 200, 0), astronaut_bgr[:, 100:420])):
        parts.append(make_video(tmp_path / f"{index}.ts", [wide_bgr] * 8, even_times(8)).read_bytes())
    (tmp_path / "turned.ts").write_bytes(b"".join(parts))
    late = make_talking_film(
        tmp_path / "late.mp4", [astronaut_bgr] * 20, [3 + time_s for time_s in even_times(20)], sound_s=4
    )
    job = make_job(tmp_path, tmp_path / "turned.ts", late)

    run_job(job)

    turned, late_view = job.view().files
    assert [row["face"] for row in rows_of(job)] == ["", *["1"] * 15, "", *["1"] * 19]
    assert turned.copy is not None
    with open_media(turned.copy) as copy:
        frames = [frame.frame_bgr for frame in copy.frames()]
    assert {frame.shape for frame in frames} == {(512, 912, 3)}
    assert frames[-1][:, :250].max() < 20, "bars beside the upright picture"
    assert frames[-1][:, 300:612].mean() > 60
    assert late_view.duration_s is not None
    assert 3.7 < late_view.time_s <= late_view.duration_s < 4.2


def test_a_cut_video_is_told_and_shown_as_far_as_it_goes(film, tmp_path):
    with open_media(film) as media, VideoWriter(tmp_path / "long.mp4") as writer:
        frames = [frame.frame_bgr for frame in media.frames()]
        for i in range(120):
            writer.write(frames[i % 30], i / 15)
    data = (tmp_path / "long.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) * 2 // 3])
    job = make_job(tmp_path, tmp_path / "cut.mp4")

    run_job(job)

    (file,) = job.view().files
    assert file.state == "done"
    assert "cut off or is damaged" in file.sentence
    assert file.summary is not None
    assert 2 < file.summary.seconds < 7


def test_without_a_readable_file_there_is_no_result(tmp_path):
    (tmp_path / "empty.mp4").touch()
    job = make_job(tmp_path, tmp_path / "empty.mp4")

    run_job(job)

    assert job.view().state == "done"
    assert list(job.folder.iterdir()) == []


def test_uploads_go_when_they_are_analysed(photo, tmp_path):
    upload, bad = tmp_path / "upload.jpg", tmp_path / "bad.mp4"
    shutil.copy(photo, upload)
    bad.touch()
    files = InputFile(upload, "me.jpg", is_upload=True), InputFile(bad, "b.mp4", is_upload=True), InputFile(photo, "p")

    run_job(make_job(tmp_path, *files))

    assert [path.exists() for path in (upload, bad, photo)] == [False, False, True]


def test_a_missing_model_and_a_lost_folder_are_sentences(photo, tmp_path):
    no_model, no_folder = make_job(tmp_path, photo, model="nonesuch"), make_job(tmp_path, photo)
    shutil.rmtree(no_folder.folder)
    no_folder.folder.touch()

    run_job(no_model)
    run_job(no_folder)

    assert "no such model" in no_model.view().problem
    assert no_folder.view().problem.startswith("The results cannot be written: ")
    assert {job.view().files[0].state for job in (no_model, no_folder)} == {"stopped"}


def test_a_copy_that_cannot_be_written_fails_that_file_alone(film, photo, tmp_path):
    job = make_job(tmp_path, film, photo)
    (job.folder / "00000.mp4").mkdir()

    run_job(job)

    files = job.view().files
    assert [file.state for file in files] == ["failed", "done"]
    assert "cannot be written" in files[0].sentence
    results = json.loads(job.json.read_text())
    assert [source["source"] for source in results["sources"]] == ["photo.jpg"]
    assert [row["source"] for row in results["unreadable"]] == ["smile.mp4"]


def test_jobs_wait_for_each_other(film, photo, tmp_path):
    queue = AnalysisQueue()
    first, second, third = make_job(tmp_path, film), make_job(tmp_path, photo), make_job(tmp_path, photo)
    for job in (first, second, third):
        queue.submit(job)

    wait_until(lambda: first.view().state == "running")
    assert (queue.ahead_of(second), queue.ahead_of(third)) == (1, 2)
    assert third.view().state == "waiting"
    wait_until(lambda: third.view().state == "done", timeout_s=60)
    assert first.view().state == second.view().state == "done"
    wait_until(lambda: queue.ahead_of(third) == 0)


def test_who_has_many_jobs_lets_others_between(film, photo, tmp_path):
    queue = AnalysisQueue()
    work = {name: make_job(tmp_path, film if name == "a1" else photo) for name in ("a1", "a2", "a3", "b1", "b2", "c1")}
    for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
        queue.submit(work[name], owner=name[0])
    wait_until(lambda: work["a1"].view().state == "running")

    expected = sorted(work, key=lambda name: queue.ahead_of(work[name]))
    assert expected == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert len(queue) == 6

    wait_until(lambda: len(queue) == 0, timeout_s=60)
    assert sorted(work, key=lambda name: work[name]._began_s) == expected


def long_film(film: Path, tmp_path: Path) -> Path:
    with open_media(film) as media:
        frames = [frame.frame_bgr for frame in media.frames()][:30]
    path = tmp_path / "long.mp4"
    with VideoWriter(path) as writer:
        for i in range(1500):
            writer.write(frames[i % 30], i / 25)
    return path


def test_a_cancelled_job_keeps_whole_files_of_what_was_done(film, photo, tmp_path):
    queue = AnalysisQueue()
    job = make_job(tmp_path, photo, long_film(film, tmp_path), photo)
    queue.submit(job)
    wait_until(lambda: job.view().files[1].time_s > 0.5, timeout_s=60)

    job.cancel()

    wait_until(lambda: job.view().state == "done", timeout_s=30)
    files = job.view().files
    assert [file.state for file in files] == ["done", "stopped", "stopped"]
    assert files[1].sentence.startswith("The analysis was stopped after")
    assert files[1].summary is not None
    assert files[1].copy is not None
    with open_media(files[1].copy) as copy:
        assert len(list(copy.frames())) == files[1].summary.looks < 1500
        assert copy.damage is None
    sources = json.loads(job.json.read_text())["sources"]
    assert [len(source["frames"]) for source in sources] == [1, files[1].summary.looks]
    assert files[2].summary is None


def test_a_waiting_job_that_is_cancelled_is_done_at_once_and_never_begun(film, photo, tmp_path):
    queue = AnalysisQueue()
    first, second, third = make_job(tmp_path, film), make_job(tmp_path, photo), make_job(tmp_path, photo)
    for job in (first, second, third):
        queue.submit(job)

    second.cancel()

    assert second.view().state == "done"
    assert first.view().state != "done"
    wait_until(lambda: third.view().state == "done", timeout_s=60)
    assert second.view().files[0].state == "stopped"
    assert list(second.folder.iterdir()) == []


def test_a_discarded_job_leaves_nothing_whether_it_waits_runs_or_is_done(film, photo, tmp_path):
    queue = AnalysisQueue()
    done, running = make_job(tmp_path, photo), make_job(tmp_path, long_film(film, tmp_path))
    waiting = make_job(tmp_path, photo)
    for job in (done, running, waiting):
        queue.submit(job)
    wait_until(lambda: running.view().files[0].time_s > 0.2, timeout_s=60)

    for job in (waiting, running, done):
        job.discard()

    wait_until(lambda: waiting.view().state == "done", timeout_s=30)
    wait_until(lambda: not any(job.folder.exists() for job in (done, running, waiting)))
    assert waiting.view().files[0].state != "done", "it was never analysed"


def test_a_job_goes_with_the_tab_that_asked_for_it(photo, tmp_path):
    memory, job = AnalysisMemory(), make_job(tmp_path, photo)
    memory.begin(job)
    run_job(job)
    assert job.csv.exists()

    del memory
    gc.collect()

    assert not job.folder.exists()


def test_files_of_a_server_folder_are_named_from_it_and_links_left_out(tmp_path, photo):
    folder = tmp_path / "server"
    (folder / "trip").mkdir(parents=True)
    shutil.copy(photo, folder / "trip" / "b.jpg")
    (folder / "a.mp4").touch()
    (folder / "notes.txt").touch()
    (folder / "link.jpg").symlink_to(photo)

    files, sentence = server_files(folder, folder.resolve())

    assert [file.title for file in files] == ["a.mp4", "trip/b.jpg"]
    assert sentence == "1 file is neither a picture nor a video and was skipped: notes.txt."
    (folder / "empty").mkdir()
    with pytest.raises(MediaError, match="no picture or video"):
        server_files(folder, folder / "empty")


def test_files_of_the_same_name_are_told_apart(tmp_path):
    files = unique_titles([InputFile(tmp_path / "1", "a.jpg"), InputFile(tmp_path / "2", "a.jpg")])

    assert [file.title for file in files] == ["a.jpg", "a.jpg (2)"]
