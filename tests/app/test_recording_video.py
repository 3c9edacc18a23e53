"""The video of a recording: what was shown, without keeping anybody waiting, and whole after a crash."""

import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from app.recording_video import VideoTrack, rescue_half_videos
from app.store.database import Store
from app.store.sessions import session
from fer_core.video_writer import VideoWriter
from tests.app.recordings import WISH, begin, feed, result
from tests.conftest import REPOSITORY
from tests.helpers import (
    textured_frame,
    wait_until,
)


def test_the_video_holds_what_was_shown_and_is_whole_at_the_end(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    shown = textured_frame(128, 96)
    for _ in range(10):
        one.on_picture(shown, time.monotonic())
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
        track.offer(frame, i / 10)

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
from app.recording_video import VideoTrack
track = VideoTrack(__import__("pathlib").Path(sys.argv[1]))
for i in range(75):
    track.offer(np.full((48, 64, 3), 3 * i, np.uint8), i / 15)
    while track._waiting.qsize():
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
        [sys.executable, "-c", KILLED, str(store.videos / name)], cwd=REPOSITORY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
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
