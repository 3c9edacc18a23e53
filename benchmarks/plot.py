"""Draw line charts as an SVG file that can be read on light and dark pages, without any package.

    save(Path("docs/images/x.svg"), "Viewers at once", [Chart("viewers", "results/s each", [Line("median", points)])])

The picture has a background of its own, so that its words can be read wherever it is shown. A browser that prefers dark
pages gets the dark colours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

Point = tuple[float, float]

PLOT_WIDTH: Final = 340
PLOT_HEIGHT: Final = 230
LEFT, RIGHT, TOP, BOTTOM = 62, 34, 64, 52
LEGEND_ROW: Final = 18
COLOURS: Final = (("#1f6fb2", "#6cb6ff"), ("#b45309", "#f0a04b"), ("#2e7d4f", "#6bc990"), ("#8e44ad", "#d19be8"))
"""Of the first, second … line, on a light and on a dark background. Each line has a mark of its own, too."""
_STYLE: Final = """text {font:12px system-ui, sans-serif; fill:#24292f} .t {font-size:14px; font-weight:600}
.b {fill:#ffffff} .g {stroke:#d0d7de} .a {stroke:#57606a} .n {fill:none; stroke-width:2}"""
_DARK_STYLE: Final = "text {fill:#e6edf3} .b {fill:#0d1117} .g {stroke:#30363d} .a {stroke:#8b949e}"


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        name: in the legend.
        points: (x, y), in the order in which they are joined; a y that is not finite leaves a gap.
        dashed: for what is a bound or a plan, not a measurement.
    """

    name: str
    points: Sequence[Point]
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    """One chart; several stand side by side in a picture.

    Attributes:
        x: name of the horizontal axis, with its unit.
        y: name of the vertical axis, with its unit.
        lines: at most as many as there are `COLOURS`.
        x_log: powers of ten at equal distances; all x above 0.
        y_log: the same for y.
    """

    x: str
    y: str
    lines: Sequence[Line]
    x_log: bool = False
    y_log: bool = False


def save(path: Path, title: str, charts: Sequence[Chart]) -> None:
    """Write the picture; its folder is made.

    Raises:
        ValueError: a chart has no point, or too many lines.
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg(title, charts), encoding="utf-8")


def svg(title: str, charts: Sequence[Chart]) -> str:
    """The picture as text; see `save`."""
    panel = LEFT + PLOT_WIDTH + RIGHT
    rows = max(len(chart.lines) for chart in charts)
    width, height = panel * len(charts), TOP + PLOT_HEIGHT + BOTTOM + LEGEND_ROW * rows
    colours = [_colour_rules(i) for i in range(len(COLOURS))]
    style = _STYLE + "".join(light for light, _ in colours)
    dark = _DARK_STYLE + "".join(dark for _, dark in colours)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<style>{style} @media (prefers-color-scheme: dark) {{{dark}}}</style>",
        f'<rect class="b" width="{width}" height="{height}" rx="6"/>',
        f'<text class="t" x="{LEFT}" y="26">{escape(title)}</text>',
        *(f'<g transform="translate({i * panel + LEFT},{TOP})">{_chart(chart)}</g>' for i, chart in enumerate(charts)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _colour_rules(number: int) -> tuple[str, str]:
    light, dark = (f" .c{number} {{stroke:{c}}} .m{number} {{fill:{c}; stroke:{c}}}" for c in COLOURS[number])
    return light, dark


def _chart(chart: Chart) -> str:
    if len(chart.lines) > len(COLOURS):
        raise ValueError(f"a chart has at most {len(COLOURS)} lines, got {len(chart.lines)}")
    points = [point for line in chart.lines for point in line.points if math.isfinite(point[1])]
    if not points:
        raise ValueError(f"the chart of {chart.y!r} has no point")
    across = Axis.over([x for x, _ in points], is_log=chart.x_log)
    up = Axis.over([y for _, y in points], is_log=chart.y_log)
    parts = [
        f'<text x="0" y="-14">{escape(chart.y)}</text>',
        f'<text x="{PLOT_WIDTH / 2}" y="{PLOT_HEIGHT + 38}" text-anchor="middle">{escape(chart.x)}</text>',
    ]
    for value in up.ticks:
        y = PLOT_HEIGHT * (1 - up.share(value))
        parts.append(f'<line class="g" x1="0" x2="{PLOT_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="-8" y="{y + 4:.1f}" text-anchor="end">{tick_text(value)}</text>')
    for value in across.ticks:
        x = PLOT_WIDTH * across.share(value)
        parts.append(f'<line class="a" x1="{x:.1f}" x2="{x:.1f}" y1="{PLOT_HEIGHT}" y2="{PLOT_HEIGHT + 5}"/>')
        parts.append(f'<text x="{x:.1f}" y="{PLOT_HEIGHT + 19}" text-anchor="middle">{tick_text(value)}</text>')
    parts.append(f'<path class="a" fill="none" d="M0 0V{PLOT_HEIGHT}H{PLOT_WIDTH}"/>')
    for number, line in enumerate(chart.lines):
        parts.append(_line(number, line, across, up))
        y = PLOT_HEIGHT + BOTTOM + LEGEND_ROW * number
        parts.append(
            f'<path class="n c{number}"{_dash(line)} d="M0 {y}h26"/>{"" if line.dashed else _mark(number, 13, y)}'
        )
        parts.append(f'<text x="34" y="{y + 4}">{escape(line.name)}</text>')
    return "\n".join(parts)


def _line(number: int, line: Line, across: "Axis", up: "Axis") -> str:
    path, marks, is_joined = "", "", False
    for x, y in line.points:
        if not math.isfinite(y):
            is_joined = False
            continue
        at_x, at_y = PLOT_WIDTH * across.share(x), PLOT_HEIGHT * (1 - up.share(y))
        path += f"{'L' if is_joined else 'M'}{at_x:.1f} {at_y:.1f}"
        marks += "" if line.dashed else _mark(number, at_x, at_y)
        is_joined = True
    return f'<path class="n c{number}"{_dash(line)} d="{path}"/>{marks}'


def _dash(line: Line) -> str:
    return ' stroke-dasharray="6 4"' if line.dashed else ""


def _mark(number: int, x: float, y: float) -> str:
    """A circle, a square, a triangle or a diamond: lines differ by more than their colour."""
    shapes = (
        f"M{x - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
        f"M{x - 3.5:.1f} {y - 3.5:.1f}h7v7h-7z",
        f"M{x:.1f} {y - 5:.1f}l4.5 8h-9z",
        f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z",
    )
    return f'<path class="m{number}" d="{shapes[number]}"/>'


@dataclass(frozen=True)
class Axis:
    """From the first tick to the last.

    Attributes:
        ticks: values that are written at it, rising, at least two.
        is_log: powers of ten at equal distances.
    """

    ticks: tuple[float, ...]
    is_log: bool

    @classmethod
    def over(cls, values: Sequence[float], *, is_log: bool) -> "Axis":
        """One that has all values on it; from 0 where it is not logarithmic and none is below."""
        low, high = min(values), max(values)
        if is_log:
            if low <= 0:
                raise ValueError(f"a logarithmic axis has values above 0, got {low}")
            first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
            return cls(tuple(10.0**power for power in range(first, max(last, first + 1) + 1)), is_log=True)
        low, high = min(low, 0.0), max(high, 0.0)
        step = _step((high - low) or 1.0)
        first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
        return cls(tuple(step * i for i in range(first, max(last, first + 1) + 1)), is_log=False)

    def share(self, value: float) -> float:
        """Where a value stands: 0 at the first tick, 1 at the last."""
        low, high = self.ticks[0], self.ticks[-1]
        if self.is_log:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


def _step(span: float) -> float:
    """1, 2 or 5 times a power of ten, so that four to nine ticks stand on the span."""
    power = 10.0 ** math.floor(math.log10(span / 4))
    return max(power * factor for factor in (1, 2, 5) if power * factor <= span / 4)


def tick_text(value: float) -> str:
    """A number at an axis: "1,500", "0.25", "2 million"."""
    for size, word in ((1e9, " billion"), (1e6, " million")):
        if abs(value) >= size:
            return f"{value / size:g}{word}"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"
