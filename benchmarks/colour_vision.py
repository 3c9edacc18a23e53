"""How far apart colours look, also to people who lack one kind of cone.

What they see is simulated as Machado, Oliveira and Fernandes (2009) do, at severity 1, in linear RGB. Distances are
CIE76 (the straight line in CIELAB) and CIEDE2000 (Sharma, Wu and Dalal, 2005), both for D65.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from fer_core.colours import rgb

_SEEN: Final[Mapping[str, Sequence[Sequence[float]]]] = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
VISIONS: Final = tuple(_SEEN)
"""Kinds of colour vision: the usual one first, then without red, green and blue cones."""
_MATRICES: Final = np.array(list(_SEEN.values()))
_RGB_TO_XYZ: Final = np.array(
    ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
)
_WHITE: Final = _RGB_TO_XYZ.sum(1)
_EDGE: Final = 6 / 29


def lab_as_seen(colours: Sequence[str]) -> np.ndarray:
    """CIELAB of colours such as "#2f8f83", as each of VISIONS sees them: float (4, n, 3)."""
    encoded = np.array([rgb(colour) for colour in colours]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear_as_seen(linear)


def linear_as_seen(linear: np.ndarray) -> np.ndarray:
    """The same of linear RGB, 0 to 1: float (..., 3) becomes (4, ..., 3)."""
    seen = np.clip(np.einsum("kij,...j->k...i", _MATRICES, linear), 0, 1)
    shares = seen @ _RGB_TO_XYZ.T / _WHITE
    roots = np.where(shares > _EDGE**3, np.cbrt(shares), shares / (3 * _EDGE**2) + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def linear_of_lab(lab: np.ndarray) -> np.ndarray:
    """Linear RGB of CIELAB, float (..., 3); outside 0 to 1 where no screen shows the colour."""
    y = (lab[..., 0] + 16) / 116
    roots = np.stack([y + lab[..., 1] / 500, y, y - lab[..., 2] / 200], -1)
    shares = np.where(roots > _EDGE, roots**3, 3 * _EDGE**2 * (roots - 4 / 29))
    linear: np.ndarray = (shares * _WHITE) @ np.linalg.inv(_RGB_TO_XYZ).T
    return linear


def cie76(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances between CIELAB colours, float (..., 3) each."""
    distances: np.ndarray = np.linalg.norm(one - other, axis=-1)
    return distances


def ciede2000(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Distances between CIELAB colours, float (..., 3) each, closer to what people judge than `cie76`."""
    lightness = (one[..., 0], other[..., 0])
    mean = (np.hypot(one[..., 1], one[..., 2]) + np.hypot(other[..., 1], other[..., 2])) / 2
    stretch = 1.5 - 0.5 * _of_seventh(mean)
    a, b = (one[..., 1] * stretch, other[..., 1] * stretch), (one[..., 2], other[..., 2])
    chroma = (np.hypot(a[0], b[0]), np.hypot(a[1], b[1]))
    hue = [np.degrees(np.arctan2(b[i], a[i])) % 360 for i in (0, 1)]
    is_grey = chroma[0] * chroma[1] == 0
    turn = np.where(is_grey, 0, (hue[1] - hue[0] + 180) % 360 - 180)
    mean_hue = np.where(is_grey, hue[0] + hue[1], hue[0] + turn / 2) % 360
    mean_l, mean_c = sum(lightness) / 2, sum(chroma) / 2
    by_hue = (
        1
        - 0.17 * _cosine(mean_hue - 30)
        + 0.24 * _cosine(2 * mean_hue)
        + 0.32 * _cosine(3 * mean_hue + 6)
        - 0.20 * _cosine(4 * mean_hue - 63)
    )
    in_l = (lightness[1] - lightness[0]) / (1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2))
    in_c = (chroma[1] - chroma[0]) / (1 + 0.045 * mean_c)
    in_h = 2 * np.sqrt(chroma[0] * chroma[1]) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * mean_c * by_hue)
    blue = 60 * np.exp(-(((mean_hue - 275) / 25) ** 2))
    rotation = -2 * _of_seventh(mean_c) * np.sin(np.radians(blue))
    distances: np.ndarray = np.sqrt(in_l**2 + in_c**2 + in_h**2 + rotation * in_c * in_h)
    return distances


def _of_seventh(chroma: np.ndarray) -> np.ndarray:
    seventh = chroma**7
    result: np.ndarray = np.sqrt(seventh / (seventh + 25.0**7))
    return result


def _cosine(degrees: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.cos(np.radians(degrees))
    return result
