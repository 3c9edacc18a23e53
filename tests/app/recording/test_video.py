"""The video of a recording: what was shown, without keeping anybody waiting, and whole after a crash."""

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from app.recording.video import VideoTrack, rescue_half_videos
from app.store.database import Store
from app.store.sessions import session
from fer_core.files.fragments import halves, rescue, whole_fragments_end
from fer_core.files.video_writer import VideoWriter
from tests.helpers import REPOSITORY
from tests.helpers.faces import textured_frame, wait_until
from tests.helpers.recordings import WISH, begin, feed, result


def test_the_video_holds_what_was_shown_and_is_whole_at_the_end(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    shown = textured_frame(128, 96)
    for _ in range(10):
        one.on_picture(lambda: shown, time.monotonic())
        time.sleep(0.1)

    one.stop()

    kept = session(store, one.session_id)
    assert kept.video_file is not None
    assert kept.video_consent_at is not None
    with av.open(str(store.videos / kept.video_file)) as container:
        frames = list(container.decode(video=0))
    assert 3 <= len(frames) <= 10
    assert np.abs(frames[-1].to_ndarray(format="bgr24").astype(int) - shown).mean() < 12


def test_the_video_never_makes_the_caller_wait(tmp_path: Path, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(VideoWriter, "write", lambda *_: gate.wait(20) or None)
    track = VideoTrack(tmp_path / "slow.mp4")
    frame = textured_frame(64, 48)
    began_s = time.monotonic()

    for i in range(100):
        track.offer(lambda: frame, i / 10)

    waited_s = time.monotonic() - began_s
    gate.set()
    track.close()
    assert waited_s < 5, "the encoder was held for 20 s"


def test_a_video_that_cannot_be_written_is_said_and_the_numbers_go_on(store: Store, made):
    store.videos.parent.mkdir(parents=True, exist_ok=True)
    store.videos.write_text("a file where the folder should be")
    one = begin(store, made, replace(WISH, with_video=True))

    feed(one, result())
    wait_until(lambda: one.view().problem != "")

    assert "video could not be kept" in one.view().problem
    assert one.stop().samples == 1


def test_half_videos_without_a_picture_are_deleted_and_not_spoken_of(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    one.stop()
    store.videos.mkdir(parents=True, exist_ok=True)
    name = session(store, one.session_id).video_file
    half, other = store.videos / f".{name}.0123abcd.part", store.videos / ".another.mp4.0123abcd.part"
    half.write_bytes(b"half")
    other.write_bytes(b"another program is at it")

    assert rescue_half_videos(store, [one.session_id]) == 0
    assert [path.name for path in store.videos.iterdir()] == [other.name]
    assert session(store, one.session_id).video_file is None


KILLED = """
import sys, numpy as np
from app.recording.video import VideoTrack
track = VideoTrack(__import__("pathlib").Path(sys.argv[1]))
for i in range(75):
    track.offer(lambda i=i: np.full((48, 64, 3), 3 * i, np.uint8), i / 15)
    while track._written_s < i / 15:
        __import__("time").sleep(0.005)
print("there", flush=True)
sys.stdin.read()
"""


def test_of_a_killed_programs_video_all_but_the_last_moments_is_kept(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    one.stop()
    name = session(store, one.session_id).video_file
    assert name is not None
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.videos / name)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()

    assert rescue_half_videos(store, [one.session_id]) == 1

    assert [path.name for path in store.videos.iterdir()] == [name]
    with av.open(str(store.videos / name)) as video:
        times = [frame.time for frame in video.decode(video=0)]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] > 75 / 15 - 2, "two seconds at most are lost"


SLOW = KILLED.replace("range(75)", "range(20)").replace("i / 15", "float(i)")


def test_of_a_slow_cameras_killed_video_two_seconds_at_most_are_lost(store: Store, tmp_path: Path):
    path = tmp_path / "slow.mp4"
    child = subprocess.Popen(
        [sys.executable, "-c", SLOW, str(path)], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()
    (half,) = halves(path)

    assert rescue(half, path)

    assert times_of(path)[-1] >= 19 - 2


FULL = """
import resource, signal, sys, time, numpy as np
from app.recording.video import VideoTrack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
track = VideoTrack(__import__("pathlib").Path(sys.argv[1]))
noise = np.random.default_rng(0)
for i in range(300):
    track.offer(lambda: noise.integers(0, 255, (120, 160, 3), np.uint8), i / 15)
    while track._waiting.qsize() and not track._is_closed:
        time.sleep(0.002)
track.close()
print(track.problem)
"""


def check_full(path: Path, problem: str) -> None:
    assert "what came before is kept" in problem
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    times = times_of(path)
    assert len(times) > 10
    assert times == sorted(times)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_file_that_may_grow_no_further_is_a_video_up_to_then(tmp_path: Path):
    path = tmp_path / "full.mp4"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=120
    )

    assert "Traceback" not in done.stderr
    check_full(path, done.stdout)


def test_on_a_full_disk_without_space_for_a_copy_the_fragments_are_the_video(tmp_path: Path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    try:
        path = disk / "full.mp4"
        code = FULL.replace("(400_000, 400_000)", "(4_000_000, 4_000_000)")
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], cwd=REPOSITORY, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        check_full(path, done.stdout)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_a_phone_that_is_turned_keeps_its_shape_in_the_video(tmp_path: Path):
    track = VideoTrack(tmp_path / "turned.mp4")
    track.offer(lambda: np.full((48, 64, 3), 200, np.uint8), 0.0)
    track.offer(lambda: np.full((64, 48, 3), 200, np.uint8), 0.5)
    track.close()

    with av.open(str(tmp_path / "turned.mp4")) as video:
        first, turned = (frame.to_ndarray(format="bgr24") for frame in video.decode(video=0))
    assert first.shape == turned.shape == (48, 64, 3)
    assert turned[:, 20:44].mean() > 180
    assert turned[:, :10].mean() < 30 > turned[:, -10:].mean()


def test_a_rescue_reads_no_further_than_the_last_whole_fragment(tmp_path: Path):
    half = tmp_path / "half.part"
    with VideoWriter(tmp_path / "a.mp4", survives_kill=True) as writer:
        for i in range(60):
            writer.write(textured_frame(64, 48, seed=i), i / 15)
        (written,) = halves(tmp_path / "a.mp4")
        half.write_bytes(written.read_bytes())
    end = whole_fragments_end(half)
    assert end > 0
    with half.open("rb+") as stream:
        stream.truncate(end - 10)

    assert rescue(half, tmp_path / "b.mp4")

    assert 0 < len(times_of(tmp_path / "b.mp4")) < 60
    assert not half.exists()


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as video:
        return [float(frame.time or 0) for frame in video.decode(video=0)]
