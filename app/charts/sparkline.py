"""A figure's days as a small curve beside a sentence: a picture (SVG) within an address of its own. No Streamlit."""

from base64 import b64encode
from typing import Final

from app.charts.history import COLOURS
from app.colours import GREY
from app.sessions.trends import WatchedStatistic
from fer_core.emotions import EMOTION_COLOURS

WIDTH_PX: Final = 132
HEIGHT_PX: Final = 34
_EDGE: Final = 4


def sparkline(one: WatchedStatistic) -> str:
    """Its days as dots, the running average as a line, the first days' mean dotted: what an `<img>` has as its source.

    Empty without days.
    """
    if not one.days:
        return ""
    colour = EMOTION_COLOURS.get(one.name) or COLOURS[one.name]
    first, last = one.days[0].day, one.days[-1].day
    average = [(point.day, point.average) for point in one.chart.points]
    values = [day.value for day in one.days]
    room = (max(values) - min(values)) or 1.0
    middle = (max(values) + min(values)) / 2

    def at(day_number: int, value: float) -> tuple[float, float]:
        across = day_number / ((last - first).days or 1)
        return (
            round(_EDGE + across * (WIDTH_PX - 2 * _EDGE), 1),
            round(HEIGHT_PX / 2 - (value - middle) / room * (HEIGHT_PX - 2 * _EDGE), 1),
        )

    places = (at((day.day - first).days, day.value) for day in one.days)
    parts = [f'<circle cx="{x}" cy="{y}" r="1.6" fill="{colour}" opacity=".5"/>' for x, y in places]
    if one.chart.reference is not None:
        _, y = at(0, one.chart.reference.mean)
        parts.append(f'<path d="M0 {y}H{WIDTH_PX}" stroke="{GREY}" stroke-dasharray="2 3"/>')
    if average:
        path = " ".join(f"{x} {y}" for x, y in (at((day - first).days, value) for day, value in average))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    size = f'width="{WIDTH_PX}" height="{HEIGHT_PX}"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
