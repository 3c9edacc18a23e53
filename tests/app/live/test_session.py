"""One viewer's session: the video never waits, nothing queues, and settings reach it at once."""

import threading
import time
from dataclasses import replace

import av
import numpy as np
import pytest

from app.live import session as live_session
from app.live.session import LiveSession
from app.live.types import LiveState
from fer_core.limits import MAX_LIVE_PIXELS
from fer_core.pipeline import PipelineSettings
from tests.helpers.faces import wait_until
from tests.helpers.live_sessions import FakePipeline, feed, is_drawn, pixels, state_of, video_frame

# The video


def test_the_first_frame_comes_back_at_once_and_a_later_one_with_the_result(session, pipeline):
    pipeline.gate.clear()
    first = session.on_frame(video_frame())
    pipeline.gate.set()
    feed(session, lambda: session.latest is not None)

    assert not is_drawn(first)
    assert is_drawn(session.on_frame(video_frame()))


@pytest.mark.parametrize(("width", "height"), [(4096, 4096), (3840, 2160)])
def test_a_frame_above_the_limit_is_scaled_down_before_anything_else(session, pipeline, width, height):
    shown = session.on_frame(video_frame(width=width, height=height))
    feed(session, lambda: session.latest is not None)
    session.on_frame(video_frame(width=width, height=height))
    wait_until(lambda: session.latest is not None and session.latest.resolution_wh[0] > 320)

    assert shown.width * shown.height <= MAX_LIVE_PIXELS
    assert abs(shown.width / shown.height - width / height) < 0.01
    assert session.latest.resolution_wh == (shown.width, shown.height)


def test_faces_beyond_the_limit_are_counted_for_the_page(session, pipeline, monkeypatch):
    process = pipeline.process
    monkeypatch.setattr(pipeline, "process", lambda *given: replace(process(*given), faces_left_out=4))

    feed(session, lambda: session.latest is not None)

    assert session.status().faces_left_out == 4


def test_the_video_does_not_wait_for_a_slow_analysis(session, pipeline):
    pipeline.takes_s = 0.4
    session.on_frame(video_frame())
    assert pipeline.entered.wait(10)

    taken_s: list[float] = []
    while len(taken_s) < 30:
        started_s = time.perf_counter()
        session.on_frame(video_frame())
        taken_s.append(time.perf_counter() - started_s)
        time.sleep(0.01)

    assert np.median(taken_s) < 0.1 * pipeline.takes_s
    assert len(pipeline.greys) <= 3


def feed_one(session: LiveSession, pipeline: FakePipeline, grey: int) -> None:
    """One frame, until it has been analysed: whatever waited before it has had its turn."""
    wait_until(lambda: pipeline.answers == len(pipeline.greys))
    session.on_frame(video_frame(grey))
    wait_until(lambda: pipeline.greys[-1] == grey)


def test_nothing_queues_only_the_newest_frame_is_analysed(session, pipeline):
    pipeline.gate.clear()
    session.on_frame(video_frame(10))
    assert pipeline.entered.wait(10)

    for grey in range(20, 120, 10):
        session.on_frame(video_frame(grey))
    pipeline.gate.set()
    wait_until(lambda: len(pipeline.greys) == 2)
    feed_one(session, pipeline, 200)

    assert pipeline.greys == [10, 110, 200]


def test_each_frame_is_analysed_at_most_once(session, pipeline):
    session.on_frame(video_frame(50))
    wait_until(lambda: len(pipeline.greys) == 1)
    feed_one(session, pipeline, 200)

    assert pipeline.greys == [50, 200]


def test_there_are_no_more_results_than_eyes_can_see(factory, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 20.0)
    session = LiveSession(factory)
    started_s = time.monotonic()
    feed(session, lambda: time.monotonic() - started_s > 0.6)
    session.close()

    assert 2 <= len(pipeline.greys) <= 0.6 * 20 + 3


def test_results_carry_the_time_at_which_their_frame_came(session):
    before_s = time.monotonic()
    session.on_frame(video_frame())
    after_s = time.monotonic()
    wait_until(lambda: len(session.history) == 1)

    (result,) = session.history.snapshot()
    assert before_s <= result.captured_at_s <= after_s
    assert result.captured_at_s + session.wall_clock_offset_s == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (33, 17), (1, 1), (2, 2), (321, 240), (320, 241)])
def test_a_frame_comes_back_in_its_own_size_with_its_picture(session, width, height):
    for _ in range(2):
        back = session.on_frame(video_frame(120, width=width, height=height))
        wait_until(lambda: len(session.history) >= 1)

        assert (back.width, back.height) == (width, height)
    assert np.median(pixels(session.on_frame(video_frame(120, width=width, height=height)))) != 0


def test_a_picture_without_a_result_keeps_its_colours(session, pipeline):
    pipeline.gate.clear()
    colours = np.zeros((240, 320, 3), np.uint8)
    colours[:, :160] = (200, 60, 40)
    colours[:, 160:] = (30, 90, 220)

    session.settings = replace(session.settings, mirror=False)
    back = pixels(session.on_frame(av.VideoFrame.from_ndarray(colours, format="bgr24"))).astype(int)

    assert np.abs(back[:, :150] - (200, 60, 40)).max() <= 4
    assert np.abs(back[:, 170:] - (30, 90, 220)).max() <= 4
    pipeline.gate.set()


@pytest.mark.parametrize("source_format", ["yuv420p", "bgr24", "rgba"])
def test_frames_of_any_format_are_taken(session, source_format):
    back = session.on_frame(video_frame(100).reformat(format=source_format))

    # Each conversion of FFmpeg's loses a grey value or two.
    assert pixels(back).mean() == pytest.approx(100, abs=8)


def test_the_picture_is_mirrored_unless_switched_off(session):
    left_bright = np.zeros((240, 320, 3), np.uint8)
    left_bright[:, :160] = 200
    frame = av.VideoFrame.from_ndarray(left_bright, format="bgr24")

    session.settings = replace(session.settings, overlay="nothing")
    mirrored = pixels(session.on_frame(frame))
    session.settings = replace(session.settings, mirror=False)
    plain = pixels(session.on_frame(frame))

    assert mirrored[:, 170:].mean() > 190 > 10 > mirrored[:, :150].mean()
    assert plain[:, :150].mean() > 190 > 10 > plain[:, 170:].mean()


def test_an_old_result_is_no_longer_drawn(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.2)
    feed(session, lambda: session.latest is not None)
    pipeline.gate.clear()

    feed(session, lambda: session.latest is None)

    assert not is_drawn(session.on_frame(video_frame()))


# Settings


def test_the_pipeline_is_built_on_the_workers_thread(session, factory, pipeline):
    feed(session, lambda: session.latest is not None)

    assert factory.built == [(None, "default")]
    assert set(factory.threads) == pipeline.threads
    assert threading.current_thread() not in pipeline.threads


@pytest.mark.parametrize(
    ("change", "built"), [({"detector": "haar"}, ("haar", "default")), ({"model": "m2"}, (None, "m2"))]
)
def test_another_detector_or_model_is_built_in_the_worker_without_stopping_it(session, factory, change, built):
    feed(session, lambda: session.latest is not None)

    session.settings = replace(session.settings, **change)
    feed(session, lambda: len(factory.built) == 2)

    assert factory.built[1] == built
    assert factory.threads[0] is factory.threads[1]


def test_thresholds_reach_the_pipeline_without_building_it_anew(session, factory, pipeline):
    feed(session, lambda: session.latest is not None)
    wanted = PipelineSettings(unsure_below=0.77)

    session.settings = replace(session.settings, pipeline=wanted)
    feed(session, lambda: pipeline.settings_seen[-1] == replace(wanted, mirrored=session.settings.mirror))

    assert len(factory.built) == 1


def test_the_overlay_is_changed_on_the_next_frame(session):
    feed(session, lambda: session.latest is not None)
    assert is_drawn(session.on_frame(video_frame()))

    session.settings = replace(session.settings, overlay="nothing")

    assert not is_drawn(session.on_frame(video_frame()))


def test_while_paused_the_video_goes_on_and_the_analysis_rests(session, pipeline):
    feed(session, lambda: session.latest is not None)
    session.settings = replace(session.settings, paused=True)

    for _ in range(20):
        back = session.on_frame(video_frame(77))
        time.sleep(0.005)

    assert not is_drawn(back)
    assert 77 not in pipeline.greys, "only what was taken before may still be analysed"
    assert state_of(session) is LiveState.PAUSED
    assert session.latest is not None, "what is on screen can still be read"

    session.settings = replace(session.settings, paused=False)
    wait_until(lambda: session.on_frame(video_frame(77)) is not None and 77 in pipeline.greys)
