"""The expressions' colours: how far apart each pair looks, and how well each can be read.

`python -m benchmarks.colours` prints the tables for the colours in use. `--search STEPS` looks for others; those in use
were found by `--search 4000 --seed 1`, in a minute. In ranges of hue and chroma that keep what people expect (happy
amber, sad blue, angry red, fear violet, disgust green, surprise cyan, the others grey), it moves lightness, chroma and
hue until the closest pair, under any colour vision, is as far apart as it gets. A colour must stand out as a line from
each of the page's backgrounds.
"""

import argparse
import sys
import tomllib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np

from app import colours as others
from benchmarks.colour_vision import VISIONS, cie76, ciede2000, lab_as_seen, linear_as_seen, linear_of_lab
from benchmarks.table import print_table
from fer_core.colours import contrast, ink_on, luminance
from fer_core.emotions import EMOTION_COLOURS

LEAST_DISTANCE: Final = 15.0
"""CIE76, between any two."""
LEAST_LINE_CONTRAST: Final = 3.0
"""Of a line or an area on the page (WCAG 2.2, 1.4.11)."""
LEAST_TEXT_CONTRAST: Final = 4.5
"""Of text (1.4.3)."""
OTHER_COLOURS: Final[Mapping[str, str]] = {
    name.lower(): getattr(others, name) for name in ("GREEN", "ORANGE", "VIOLET", "PINK", "RED", "BLUE", "GREY")
}
"""Of charts, beside those of the expressions."""
_CONFIG: Final = Path(__file__).resolve().parent.parent / ".streamlit" / "config.toml"
# Least and most hue in degrees, least and most chroma.
_RANGES: Final[Mapping[str, tuple[float, float, float, float]]] = {
    "angry": (20, 40, 65, 95),
    "disgust": (130, 152, 38, 80),
    "fear": (308, 325, 48, 90),
    "happy": (76, 92, 58, 90),
    "sad": (262, 290, 48, 80),
    "surprise": (200, 230, 28, 60),
    "neutral": (230, 290, 0, 4),
    "unsure": (230, 290, 0, 6),
}
_TRIES: Final = 64
"""Palettes that are moved at the same time."""
_SPARE: Final = 0.4
"""Of the distance, for the same reason as the margin."""
_MARGIN: Final = 0.002
"""Of luminance, as colours are rounded to 8 bits."""


def main(arguments: list[str] | None = None) -> int:
    """Print the tables, or search; returns the exit status: 1 where a colour in use misses a limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.colours", description=__doc__.splitlines()[0])
    parser.add_argument("--search", type=int, metavar="STEPS", help="look for other colours; 4000 take a minute")
    parser.add_argument("--seed", type=int, default=0, help="of the search; default: 0")
    options = parser.parse_args(arguments)
    palette: Mapping[str, str] = EMOTION_COLOURS
    if options.search:
        palette = search(options.search, options.seed)
        print("\n".join(f'"{name}": "{colour}",' for name, colour in palette.items()))
    print_distances(palette)
    print_contrasts(palette)
    return 0 if keeps_limits(palette) else 1


def backgrounds(theme: str) -> Mapping[str, str]:
    """What stands behind charts and text of a theme, "light" or "dark": colours of the page and of its sidebar."""
    settings = tomllib.loads(_CONFIG.read_text(encoding="utf-8"))["theme"][theme]
    return {"page": settings["backgroundColor"], "sidebar": settings["sidebar"]["backgroundColor"]}


def text_colour(theme: str) -> str:
    """Colour of a theme's text."""
    return str(tomllib.loads(_CONFIG.read_text(encoding="utf-8"))["theme"][theme]["textColor"])


def all_backgrounds() -> Mapping[str, str]:
    """The backgrounds of both themes by name: "light page", "dark sidebar"."""
    return {f"{theme} {part}": c for theme in ("light", "dark") for part, c in backgrounds(theme).items()}


def closest(palette: Mapping[str, str], vision: str) -> list[tuple[float, float, str, str]]:
    """CIE76, CIEDE2000 and names of each pair, the closest by CIE76 first, as people with that vision see them."""
    names = list(palette)
    seen = dict(zip(names, lab_as_seen(list(palette.values()))[VISIONS.index(vision)], strict=True))
    return sorted(
        (float(cie76(seen[a], seen[b])), float(ciede2000(seen[a], seen[b])), a, b) for a, b in combinations(names, 2)
    )


def keeps_limits(palette: Mapping[str, str]) -> bool:
    """Whether each pair is far enough apart and each colour stands out from each background."""
    is_apart = all(closest(palette, vision)[0][0] >= LEAST_DISTANCE for vision in VISIONS)
    return is_apart and all(
        contrast(colour, behind) >= LEAST_LINE_CONTRAST
        for colour in palette.values()
        for behind in all_backgrounds().values()
    )


def print_distances(palette: Mapping[str, str]) -> None:
    """For each kind of vision the least distance, by both formulas, and the pairs that are closest."""
    rows = []
    for vision in VISIONS:
        pairs = closest(palette, vision)
        by_2000 = min(pairs, key=lambda pair: pair[1])
        near = ", ".join(f"{a}/{b} {distance:.1f}" for distance, _, a, b in pairs[:3])
        rows.append([vision, f"{pairs[0][0]:.1f}", f"{by_2000[1]:.1f} ({by_2000[2]}/{by_2000[3]})", near])
    print_table("Distances in CIELAB", ["missing", "least CIE76", "least CIEDE2000", "closest by CIE76"], rows)


def print_contrasts(palette: Mapping[str, str]) -> None:
    """Each colour with its contrast on each background and that of the text on it."""
    behind = all_backgrounds()
    rows = []
    for name, colour in {**palette, **OTHER_COLOURS}.items():
        ink = ink_on(colour)
        own = [f"{contrast(colour, ground):.2f}" for ground in behind.values()]
        rows.append([name, colour, *own, f"{contrast(ink, colour):.2f} ({'black' if ink < '#8' else 'white'})"])
    print_table("Contrasts", ["", "colour", *(f"on {name}" for name in behind), "text on it"], rows)


def search(steps: int, seed: int) -> Mapping[str, str]:
    """Colours in the ranges whose closest pair is far apart: simulated annealing in so many steps."""
    random = np.random.default_rng(seed)
    ranges = np.array(list(_RANGES.values()))
    least = np.stack([np.full(len(ranges), 35.0), ranges[:, 2], ranges[:, 0]], -1)
    most = np.stack([np.full(len(ranges), 70.0), ranges[:, 3], ranges[:, 1]], -1)
    palettes = random.uniform(least, most, (_TRIES, *least.shape))
    scores = _scores(palettes)
    best, best_score = palettes[0], -np.inf
    for done in np.linspace(0, 1, steps):
        heat, reach = 2 * (1 - done) ** 2 + 0.01, 8 * (1 - done) + 0.4
        is_moved = random.random((_TRIES, len(ranges), 1)) < 0.3
        step = random.normal(0, reach, palettes.shape) * (1, 2, 2.5) * random.random((_TRIES, 1, 1))
        moved = np.clip(palettes + is_moved * step, least, most)
        new = _scores(moved)
        is_taken = random.random(_TRIES) < np.exp(np.minimum(0, (new - scores) / heat))
        palettes[is_taken], scores[is_taken] = moved[is_taken], new[is_taken]
        if scores.max() > best_score:
            best, best_score = palettes[scores.argmax()].copy(), scores.max()
    linear = np.clip(linear_of_lab(_lab(best)), 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    values = np.round(255 * encoded).astype(int)
    return {name: "#" + "".join(f"{v:02x}" for v in value) for name, value in zip(_RANGES, values, strict=True)}


def _lab(lightness_chroma_hue: np.ndarray) -> np.ndarray:
    lightness, chroma, hue = np.moveaxis(lightness_chroma_hue, -1, 0)
    return np.stack([lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue))], -1)


def _scores(palettes: np.ndarray) -> np.ndarray:
    """How good palettes are, float (n,); float (n, 8, 3) of lightness, chroma and hue."""
    linear = linear_of_lab(_lab(palettes))
    outside = np.maximum(np.maximum(-linear, linear - 1), 0).max((1, 2))
    light = [luminance(c) for c in backgrounds("light").values()]
    dark = [luminance(c) for c in backgrounds("dark").values()]
    lowest = LEAST_LINE_CONTRAST * (max(dark) + 0.05) - 0.05 + _MARGIN
    highest = (min(light) + 0.05) / LEAST_LINE_CONTRAST - 0.05 - _MARGIN
    own = linear @ (0.2126, 0.7152, 0.0722)
    unread = (np.maximum(lowest - own, 0) + np.maximum(own - highest, 0)).max(1)
    seen = linear_as_seen(np.clip(linear, 0, 1))
    first, second = np.triu_indices(palettes.shape[1], 1)
    plain = cie76(seen[:, :, first], seen[:, :, second])
    judged = ciede2000(seen[:, :, first], seen[:, :, second])
    # Beyond the limit, what people judge counts more; then strong colours, and that not only the closest pair is good.
    least = plain.min((0, 2))
    scores: np.ndarray = np.minimum(least, LEAST_DISTANCE + 3) + 1.2 * judged.min((0, 2))
    scores -= 5 * np.maximum(LEAST_DISTANCE + _SPARE - least, 0)
    scores += 0.15 * np.sort(np.moveaxis(plain, 1, 0).reshape(len(palettes), -1))[:, :6].mean(1)
    scores += 0.03 * np.minimum(palettes[:, :6, 1], 60).mean(1)
    scores -= 4000 * (outside + unread)
    return scores


if __name__ == "__main__":
    sys.exit(main())
