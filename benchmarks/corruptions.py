"""What a webcam and a room do to a 48-pixel grey face, each in five strengths.

After Hendrycks and Dietterich (2019, arXiv:1903.12261): common corruptions instead of adversarial ones, in five
strengths each. Their strengths are for photographs of 224 pixels; these are for faces of 48: strength 1 is hardly
visible, strength 3 a poor webcam, and at strength 5 the expression is hard to see. Weather is left out; hidden parts,
side light and badly cut faces stand in for it.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

STRENGTHS: Final = (1, 2, 3, 4, 5)

Change = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]
"""One face, float32 (48, 48), 0-255, not to be modified; an amount; a source of chance. Returns the changed face, of
the same shape; it may leave 0-255."""


@dataclass(frozen=True)
class Corruption:
    """One way to spoil a face.

    Attributes:
        unit: what the amounts are.
        amounts: one for each strength, the strongest last.
        change: what is done.
    """

    unit: str
    amounts: tuple[float, float, float, float, float]
    change: Change


def corrupt(faces: np.ndarray, name: str, strength: int, *, seed: int = 0) -> np.ndarray:
    """Spoil each face.

    Args:
        faces: uint8 (n, 48, 48), 0-255; not modified.
        name: one of CORRUPTIONS.
        strength: 1 to 5.
        seed: with name, strength and a face's index the only source of chance: a face is spoiled alike in any batch
            in which it has the same index.

    Returns:
        uint8 (n, 48, 48).

    Raises:
        ValueError: no such corruption or strength.
    """
    if name not in CORRUPTIONS or strength not in STRENGTHS:
        raise ValueError(
            f"no corruption {name!r} of strength {strength}; there are {', '.join(CORRUPTIONS)} from 1 to 5"
        )
    corruption = CORRUPTIONS[name]
    out = np.empty_like(faces)
    for i, face in enumerate(faces):
        rng = np.random.default_rng((seed, zlib.crc32(name.encode()), strength, i))
        changed = corruption.change(face.astype(np.float32), corruption.amounts[strength - 1], rng)
        out[i] = np.clip(np.rint(changed), 0, 255)
    return out


def _gaussian_noise(face: np.ndarray, deviation: float, rng: np.random.Generator) -> np.ndarray:
    return face + rng.normal(0, deviation, face.shape)


def _shot_noise(face: np.ndarray, photons: float, rng: np.random.Generator) -> np.ndarray:
    """The noise of little light: photons are counted, `photons` at white."""
    counted: np.ndarray = rng.poisson(face / 255 * photons) * 255 / photons
    return counted


def _gaussian_blur(face: np.ndarray, sigma: float, _: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(face, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def _motion_blur(face: np.ndarray, length: float, rng: np.random.Generator) -> np.ndarray:
    """The mean along a straight way of `length` pixels in a random direction."""
    angle = rng.uniform(0, np.pi)
    steps = np.linspace(-length / 2, length / 2, 2 * int(np.ceil(length)) + 1)
    moved = [_warped(face, shift=(step * np.cos(angle), step * np.sin(angle))) for step in steps]
    mean: np.ndarray = np.mean(moved, axis=0)
    return mean


def _exposure(face: np.ndarray, factor: float, _: np.random.Generator) -> np.ndarray:
    """So much more or less light; what is beyond white is lost."""
    # Cameras store about the 2.2th root of the light.
    exposed: np.ndarray = face * factor ** (1 / 2.2)
    return exposed


def _low_contrast(face: np.ndarray, share: float, _: np.random.Generator) -> np.ndarray:
    flat: np.ndarray = face.mean() + (face - face.mean()) * share
    return flat


def _side_light(face: np.ndarray, stops: float, rng: np.random.Generator) -> np.ndarray:
    """Light that falls from one side to the other, by so many powers of two each way."""
    ramp = np.linspace(-stops, stops, face.shape[1], dtype=np.float32) * rng.choice((-1, 1))
    lit: np.ndarray = face * 2 ** (ramp / 2.2)
    return lit


def _jpeg(face: np.ndarray, quality: float, _: np.random.Generator) -> np.ndarray:
    coded = cv2.imencode(".jpg", face.astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.float32)


def _low_resolution(face: np.ndarray, side: float, _: np.random.Generator) -> np.ndarray:
    """A face of `side` pixels, enlarged."""
    small = cv2.resize(face, (int(side), int(side)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, face.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _rotation(face: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    return _warped(face, degrees=degrees * rng.choice((-1, 1)))


def _shift(face: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """By `share` of the side in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    length = share * len(face)
    return _warped(face, shift=(length * np.cos(angle), length * np.sin(angle)))


def _zoom(face: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    """Larger or smaller by that factor."""
    return _warped(face, scale=factor ** float(rng.choice((-1, 1))))


def _hidden_eyes(face: np.ndarray, height: float, _: np.random.Generator) -> np.ndarray:
    """A dark band over the eyes, like sunglasses or hair."""
    return _covered(face, centre_y=0.38, half_height=height / 2, grey=30)


def _hidden_mouth(face: np.ndarray, height: float, _: np.random.Generator) -> np.ndarray:
    """A light band over the mouth, like a mask or a cup."""
    return _covered(face, centre_y=0.75, half_height=height / 2, grey=190)


def _covered(face: np.ndarray, *, centre_y: float, half_height: float, grey: int) -> np.ndarray:
    """A band over the inner three quarters, around `centre_y` in units of the side."""
    height, width = face.shape
    top, bottom = (round(centre_y * height + sign * half_height) for sign in (-1, 1))
    covered = face.copy()
    covered[max(0, top) : bottom, width // 8 : -(width // 8)] = grey
    return covered


def _warped(
    face: np.ndarray, *, degrees: float = 0.0, scale: float = 1.0, shift: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Turned and scaled about the centre, then shifted in pixels; beyond the border the last pixels are repeated."""
    height, width = face.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, scale)
    matrix[:, 2] += np.array(shift)
    return cv2.warpAffine(face, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


CORRUPTIONS: Final[Mapping[str, Corruption]] = {
    "gaussian noise": Corruption("standard deviation, grey values", (4, 8, 14, 22, 32), _gaussian_noise),
    "shot noise": Corruption("photons at white", (2000, 500, 170, 70, 30), _shot_noise),
    "gaussian blur": Corruption("sigma, pixels", (0.5, 0.8, 1.1, 1.5, 2.0), _gaussian_blur),
    "motion blur": Corruption("way, pixels", (2, 3.5, 5, 7, 10), _motion_blur),
    "darker": Corruption("light", (0.6, 0.35, 0.2, 0.1, 0.05), _exposure),
    "brighter": Corruption("light", (1.4, 2, 2.8, 4, 6), _exposure),
    "low contrast": Corruption("contrast left", (0.7, 0.5, 0.35, 0.22, 0.12), _low_contrast),
    "side light": Corruption("powers of two each way", (0.5, 1, 1.6, 2.3, 3), _side_light),
    "jpeg": Corruption("quality, 0-100", (60, 40, 25, 15, 8), _jpeg),
    "low resolution": Corruption("side, pixels", (36, 28, 22, 17, 13), _low_resolution),
    "rotation": Corruption("degrees", (6, 12, 18, 25, 35), _rotation),
    "shift": Corruption("share of the side", (0.04, 0.08, 0.12, 0.17, 0.23), _shift),
    "zoom": Corruption("factor either way", (1.06, 1.12, 1.2, 1.3, 1.45), _zoom),
    "hidden eyes": Corruption("height of the band, pixels", (3, 6, 9, 13, 18), _hidden_eyes),
    "hidden mouth": Corruption("height of the band, pixels", (3, 6, 9, 13, 18), _hidden_mouth),
}
"""Name to corruption, in the order of the table."""
