"""Clips that are encoded once and played by many."""

import asyncio

import av
import numpy as np
import pytest

from app.live.uplink import STEPS_PER_S
from benchmarks import scene
from benchmarks.encoded_clip import (
    CLOCK,
    KEYFRAME_EVERY,
    PER_S,
    ClipTrack,
    EncodedClip,
    all_clips,
    encode,
    read_clips,
    write_clips,
)


@pytest.fixture(scope="module")
def clip() -> EncodedClip:
    return EncodedClip("drawn", encode(scene.frames(width=160, height=120, count=KEYFRAME_EVERY + 3)))


def test_each_frame_is_one_payload_that_a_decoder_reads(clip):
    decoder = av.CodecContext.create("libvpx", "r")

    decoded = [frame for payload in clip.payloads for frame in decoder.decode(av.Packet(payload))]

    drawn = next(scene.frames(width=160, height=120, count=1))
    assert len(clip.payloads) == len(decoded) == KEYFRAME_EVERY + 3
    assert np.abs(decoded[0].to_ndarray(format="bgr24").astype(int) - drawn).mean() < 8


def test_a_receiver_that_lost_a_frame_waits_no_longer_than_to_the_next_key_frame(clip):
    decoder = av.CodecContext.create("libvpx", "r")

    later = decoder.decode(av.Packet(clip.payloads[KEYFRAME_EVERY]))

    assert len(later) == 1


def test_without_the_real_clips_the_drawn_scene_is_played(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_SHARED_DATA", str(tmp_path))
    monkeypatch.setattr("benchmarks.encoded_clip.LONGEST", 2)

    (only,) = all_clips()

    assert only.name == "drawn scene"
    assert len(only.payloads) == 2


def test_a_clip_of_another_rate_is_played_at_ours(shared_data, monkeypatch):
    monkeypatch.setenv("FER_SHARED_DATA", str(shared_data))
    monkeypatch.setattr("benchmarks.encoded_clip.LONGEST", PER_S)

    clips = all_clips()

    assert [clip.name for clip in clips] == ["sad_then_happy.mp4", "neutral_then_happy.mp4"]
    assert all(len(clip.payloads) == PER_S for clip in clips)


def test_a_track_plays_in_a_loop_with_the_times_of_a_camera():
    small = EncodedClip("two", (b"first", b"second"))

    async def play() -> tuple[ClipTrack, list[av.Packet]]:
        track = ClipTrack(small)
        return track, [await track.recv() for _ in range(3)]

    track, packets = asyncio.run(play())

    assert [bytes(packet) for packet in packets] == [b"first", b"second", b"first"]
    assert [(packet.pts, packet.time_base) for packet in packets] == [(i * 90_000 // PER_S, CLOCK) for i in range(3)]
    assert len(track.sent_s) == 3
    assert track.started_s is not None
    assert all(sent >= track.started_s + i / PER_S for i, sent in enumerate(track.sent_s))


def test_the_frame_that_a_result_is_of_is_the_one_due_at_its_time():
    track = ClipTrack(EncodedClip("none", (b"",)))
    assert track.frame_at(10.0) is None
    track.started_s, track.due_s = 100.0, [0.0, 0.05, 0.1]

    assert [track.frame_at(100.0 + at) for at in (0.004, 0.055, 0.104)] == [0, 1, 2]
    assert track.frame_at(100.16) is None, "not sent yet"
    assert track.frame_at(99.0) is None, "before the first"


def test_asked_for_fewer_pictures_a_track_goes_on_from_the_key_frame_before(monkeypatch):
    monkeypatch.setattr("benchmarks.encoded_clip.KEYFRAME_S", 1)
    numbers = {per_s: tuple(b"%d of %d" % (i, per_s) for i in range(2 * per_s)) for per_s in (12, PER_S)}
    track = ClipTrack(EncodedClip("numbers", numbers[PER_S], {12: numbers[12]}))

    async def play() -> list[av.Packet]:
        packets = [await track.recv() for _ in range(25)]
        track.ask(15)  # there is no such
        packets.append(await track.recv())
        track.ask(12)
        return packets + [await track.recv() for _ in range(2)]

    packets = asyncio.run(play())

    assert [bytes(packet).decode() for packet in packets[-4:]] == ["24 of 20", "25 of 20", "12 of 12", "13 of 12"]
    assert [round((packet.pts or 0) * 60 / 90_000) for packet in packets[-4:]] == [72, 75, 78, 83]
    assert track.started_s is not None
    assert track.frame_at(track.started_s + track.due_s[-1] + 0.02) == 27


def test_a_clip_is_encoded_at_each_rate_that_a_server_may_ask_for(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_SHARED_DATA", str(tmp_path))
    monkeypatch.setattr("benchmarks.encoded_clip.LONGEST", PER_S)

    (clip,) = all_clips()

    assert {per_s: len(clip.at(per_s)) for per_s in STEPS_PER_S} == {per_s: per_s for per_s in STEPS_PER_S}


def test_clips_are_the_same_after_a_file(clip, tmp_path):
    other = EncodedClip("other", (b"", b"\x00\xff"), {12: (b"less",)})

    write_clips(tmp_path / "clips.json", [clip, other])

    assert read_clips(tmp_path / "clips.json") == [clip, other]
