"""The colours of charts and pages beside those of the expressions (`fer_core.emotions`). Imports no plotly.

A chart, a canvas or a table does not know whether the page is light or dark. So each colour stands out from both, as a
line on the page and on its sidebar: a contrast of 3 and more (`python -m benchmarks.colours`).
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from fer_core.colours import rgb

GREEN: Final = "#2f8f83"
ORANGE: Final = "#c9782f"
VIOLET: Final = "#7f77d6"
PINK: Final = "#c75687"
RED: Final = "#d8372f"
BLUE: Final = "#38799a"
GREY: Final = "#83898f"
VALENCE_COLOUR: Final = GREEN
AROUSAL_COLOUR: Final = VIOLET
TASK_COLOUR: Final = BLUE
ERROR_TEXT: Final = "light-dark(#b3261e, #ff9c94)"
"""CSS, for words on the page."""
CHART_TEXT: Final = "#80868d"
"""Of a chart's own words, where nobody knows the page: no colour reaches 4.5 on both. The page replaces it
(`CHART_TEXT_CSS`)."""
_RED, _GREEN, _BLUE = rgb(CHART_TEXT)
CHART_TEXT_CSS: Final = (
    f'.js-plotly-plot text[style*="rgb({_RED}, {_GREEN}, {_BLUE})"] {{fill: currentcolor !important; opacity: .8}}'
)


def translucent(colour: str, opacity: float) -> str:
    """A colour such as "#2f8f83" as an rgba() of that opacity, 0 to 1."""
    red, green, blue = rgb(colour)
    return f"rgba({red},{green},{blue},{opacity:g})"


def hard_gradient(colours: Sequence[str]) -> str:
    """A CSS image of equal pieces with hard edges, from left to right; neighbours of one colour are one piece.

    Args:
        colours: CSS colours, at least one.
    """
    stops, at = [], 0
    for colour, run in groupby(colours):
        end = at + len(list(run))
        stops.append(f"{colour} {100 * at / len(colours):.4g}% {100 * end / len(colours):.4g}%")
        at = end
    return f"linear-gradient(to right,{','.join(stops)})"
