"""Small archives for tests, built in memory: faces, csv texts, images, zips and tars."""

import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.reader import SIDE

Faces = list[tuple[int, np.ndarray, str]]
"""(label, pixels uint8 (48, 48), Usage)."""


def face(seed: int) -> np.ndarray:
    """uint8 (48, 48): noise over a ramp, different for each seed."""
    rng = np.random.default_rng(seed)
    return (np.linspace(40, 160, SIDE)[:, None] + rng.integers(0, 90, (SIDE, SIDE))).astype(np.uint8)


def faces(per_class: int = 3, usages: Iterable[str] = ("Training", "PublicTest")) -> Faces:
    """`per_class` different faces of each emotion for each usage."""
    cells = [(label, usage) for usage in usages for label in range(len(EMOTIONS)) for _ in range(per_class)]
    return [(label, face(seed), usage) for seed, (label, usage) in enumerate(cells)]


def digits(pixels: np.ndarray) -> str:
    """The pixels as FER2013's csv has them."""
    return " ".join(map(str, pixels.ravel().tolist()))


def csv_text(rows: Faces, header: str = "emotion,pixels,Usage") -> str:
    """A csv with the columns of `header`, in its order and spelling."""
    lines = [header]
    for label, pixels, usage in rows:
        cells = {"emotion": str(label), "pixels": digits(pixels), "usage": usage}
        lines.append(",".join(cells[column.strip().lower()] for column in header.split(",")))
    return "\n".join(lines) + "\n"


def image(pixels: np.ndarray, suffix: str = ".png") -> bytes:
    """The pixels as an image file; png gives them back exactly."""
    return cv2.imencode(suffix, pixels)[1].tobytes()


def folder_files(rows: Faces, folder_of: Mapping[str, str], suffix: str = ".png") -> dict[str, bytes]:
    """Files `<folder_of[usage]>/<emotion>/<number><suffix>` for a zip or tar."""
    return {
        f"{folder_of[usage]}/{EMOTIONS[label]}/{number:05d}{suffix}": image(pixels, suffix)
        for number, (label, pixels, usage) in enumerate(rows)
    }


def zip_bytes(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of `files`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def tar_bytes(files: Mapping[str, bytes], extra: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """A tar of `files`, with further entries without content before them. Compress it with gzip for a tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for info in extra:
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def tar_entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    """An entry that is no regular file."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = link
    return info
