"""Small pictures and videos of this module's own making, mutated and given other endings."""

import io
import random
from itertools import islice
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from PIL import Image

from fer_core.errors import MediaError
from fer_core.files.media import open_media, probe
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target
from tests.helpers.faces import textured_frame

MOST_FRAMES = 40
ENDINGS = (".jpg", ".png", ".webp", ".gif", ".bmp", ".tiff", ".mp4", ".avi", ".mkv", ".webm", ".mov", ".heic", "")


def target(folder: Path) -> Target:
    """The target."""
    frames = [textured_frame(96, 64, seed=seed) for seed in range(6)]
    samples = [
        *_pictures(frames),
        *(
            _video(frames, form, codec)
            for form, codec in (
                ("mp4", "mpeg4"),
                ("avi", "mjpeg"),
                ("matroska", "mpeg4"),
                ("webm", "libvpx"),
                ("mpegts", "mpeg2video"),
                ("mov", "mjpeg"),
                ("mjpeg", "mjpeg"),
                ("mp4", "libx264"),
            )
        ),
    ]

    def make(rng: random.Random, case: Path) -> Path:
        path = case / f"file{rng.choice(ENDINGS)}"
        path.write_bytes(mutated(rng, rng.choice(samples)))
        return path

    return Target(make, _read, (MediaError,))


def _pictures(frames: list[np.ndarray]) -> list[bytes]:
    plain = [cv2.imencode(suffix, frames[0])[1].tobytes() for suffix in (".jpg", ".png", ".webp", ".bmp", ".tiff")]
    images = [Image.fromarray(frame[..., ::-1]) for frame in frames]
    moving = []
    for form in ("GIF", "WEBP", "PNG", "TIFF"):
        buffer = io.BytesIO()
        images[0].save(buffer, form, save_all=True, append_images=images[1:])
        moving.append(buffer.getvalue())
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    images[0].save(buffer, "JPEG", exif=exif)
    return [*plain, *moving, buffer.getvalue()]


def _video(frames: list[np.ndarray], form: str, codec: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=form) as container:
        stream = cast(av.VideoStream, container.add_stream(codec, rate=10))
        stream.width, stream.height = 96, 64
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for frame_bgr in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")))
        container.mux(stream.encode())
    return buffer.getvalue()


def _read(path: Path) -> None:
    probe(path)
    with open_media(path, decoder_threads=1) as file:
        for frame in islice(file.frames(), MOST_FRAMES):
            assert frame.frame_bgr.dtype == np.uint8
            assert frame.frame_bgr.ndim == 3
