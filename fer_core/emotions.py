"""The seven expressions of FER2013: their order, words and colours, defined once.

An emotion is a name everywhere; its index exists only beside the label order it came with
(`ModelCard.labels`). The order below is FER2013's own (Goodfellow et al., 2013).
"""

from typing import Final

from fer_core.colours import darkened, ink_on, rgb

EMOTIONS: Final[tuple[str, ...]] = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""FER2013's label order: index i of its csv is `EMOTIONS[i]`."""

UNSURE: Final = "unsure"
"""The word shown instead of an emotion when the program abstains."""

EMOTION_COLOURS: Final[dict[str, str]] = {
    "angry": "#ca2c2d",
    "disgust": "#629d61",
    "fear": "#824dd5",
    "happy": "#bd8001",
    "sad": "#7388e6",
    "surprise": "#01758d",
    "neutral": "#6b6b6b",
    UNSURE: "#879199",
}
"""sRGB hex colour of each emotion, the same in pictures, charts and pages, on light and dark.

Any two of them differ by 15 and more (CIE76), also for people who lack one kind of cone, and each stands out from the
page (`python -m benchmarks.colours`). The words are always shown beside them, so that colour is never the only carrier.
"""

_LEANING_SHADE: Final = 0.38


def colour_bgr(emotion: str) -> tuple[int, int, int]:
    """The colour of `emotion` as (blue, green, red), each 0-255, for OpenCV's drawing."""
    red, green, blue = rgb(EMOTION_COLOURS[emotion])
    return blue, green, red


def chip_colours(emotion: str, *, leaning: bool = False) -> tuple[str, str]:
    """Ground and ink of the words at a face; the ground is darker where the face is only leaning to its label."""
    colour = EMOTION_COLOURS[emotion]
    ground = darkened(colour, _LEANING_SHADE) if leaning else colour
    return ground, ink_on(ground)
