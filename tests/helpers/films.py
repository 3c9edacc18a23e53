"""Small videos and sounds for the tests, made as phones, browsers and broadcasts make them."""

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Literal

import av
import numpy as np
from PIL import Image

TICKS = 30_000
VideoCodec = Literal["libx264", "libvpx", "mpeg4", "mpeg2video", "mjpeg"]


def make_video(
    path: Path,
    frames: Sequence[np.ndarray],
    times_s: Sequence[float],
    *,
    rotation: int | None = None,
    hflip: bool = False,
    codec: VideoCodec = "libx264",
    faststart: bool = False,
    aspect: Fraction | None = None,
) -> Path:
    """Encode BGR frames at the given times, the way a phone or a browser would."""
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        hurry = {"deadline": "realtime", "cpu-used": "8"} if codec == "libvpx" else {}
        stream = container.add_stream(codec, rate=25, options=hurry)
        height, width = frames[0].shape[:2]
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25 if codec == "mpeg2video" else TICKS)
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation is not None:
            stream.set_display_rotation(rotation, hflip=hflip)
        for image, time_s in zip(frames, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def numbered_frames(count: int, width: int = 160, height: int = 120) -> list[np.ndarray]:
    """Noise, which does not compress to nothing, each frame brighter than the one before."""
    generator = np.random.default_rng(0)
    return [
        generator.integers(0, 60, (height, width, 3), np.uint8) + np.uint8(i * 190 // max(1, count - 1))
        for i in range(count)
    ]


def even_times(count: int, fps: float = 25.0) -> list[float]:
    return [i / fps for i in range(count)]


def make_sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        for start in range(0, 44_100, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44_100, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def jpeg_bytes(frame_bgr: np.ndarray, *, orientation: int | None = None) -> bytes:
    """A JPEG as cameras write it, with Exif where it is turned."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    out = BytesIO()
    Image.fromarray(frame_bgr[..., ::-1]).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def make_jpeg_film(path: Path, pictures: Sequence[bytes], width: int, height: int) -> Path:
    """JPEGs in a container at 10 frames per second, as cheap cameras store films."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.codec_context.time_base = Fraction(1, 10)
        container.start_encoding()
        for index, data in enumerate(pictures):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, Fraction(1, 10)
            packet.pts = packet.dts = index
            packet.duration = 1
            container.mux(packet)
    return path


def make_talking_film(
    path: Path, frames: Sequence[np.ndarray], times_s: Sequence[float], *, sound_s: float, codec: VideoCodec = "libx264"
) -> Path:
    """Pictures at the given times, beside a silent sound from 0 s on."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=25)
        sound = container.add_stream("libopus" if path.suffix in (".mkv", ".webm") else "aac", rate=48_000)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = Fraction(1, TICKS)
        packets = []
        for image, time_s in zip(frames, times_s, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = round(time_s * TICKS), Fraction(1, TICKS)
            packets += video.encode(frame)
        packets += video.encode(None)
        for start in range(0, int(sound_s * 48_000), 960):
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.float32), format="fltp", layout="mono")
            samples.sample_rate, samples.pts, samples.time_base = 48_000, start, Fraction(1, 48_000)
            packets += sound.encode(samples)
        packets += sound.encode(None)
        for packet in sorted(packets, key=lambda each: float((each.dts or 0) * each.time_base)):
            container.mux(packet)
    return path


def copy_streams(target: Path, *sources: Path) -> Path:
    """The pictures of several files in one, a stream each, in this order, as they are."""
    with av.open(str(target), "w") as out:
        opened = [av.open(str(source)) for source in sources]
        streams = [out.add_stream_from_template(each.streams.video[0]) for each in opened]
        for each, stream in zip(opened, streams, strict=True):
            for packet in each.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    out.mux(packet)
            each.close()
    return target
