"""Colours as "#rrggbb" in sRGB, and how well one can be read on another (WCAG 2.2, contrast ratio)."""

from typing import Final

BLACK: Final = "#000000"
WHITE: Final = "#ffffff"
_RED_SHARE, _GREEN_SHARE, _BLUE_SHARE = 0.2126, 0.7152, 0.0722


def rgb(colour: str) -> tuple[int, int, int]:
    """The colour's red, green and blue, each 0-255.

    Raises:
        ValueError: it is not written as "#rrggbb".
    """
    if len(colour) != 7 or colour[0] != "#":
        raise ValueError(f"A colour is written as #rrggbb, not {colour!r}.")
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def luminance(colour: str) -> float:
    """Relative luminance, 0 for black to 1 for white."""
    red, green, blue = (_linear(value / 255) for value in rgb(colour))
    return _RED_SHARE * red + _GREEN_SHARE * green + _BLUE_SHARE * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 for the same luminance to 21 for black on white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: str) -> str:
    """Black or white for text on that ground, whichever can be read better: at least 4.58 on every colour."""
    return max(BLACK, WHITE, key=lambda ink: contrast(ink, ground))


def darkened(colour: str, share: float) -> str:
    """The colour with `share`, 0-1, of each of its three values."""
    return "#" + "".join(f"{round(value * share):02x}" for value in rgb(colour))
