"""Sessions to figures: no peak is lost, gaps stay gaps, free text is escaped, axes line up."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from sqlalchemy import Row

from app.charts import comparison as session_compare_charts
from app.charts import shares as share_charts
from app.charts.curves import (
    LINE_SPANS,
    Curves,
    curves_of_samples,
    curves_of_timeline,
    gapped,
    on_grid,
    shown_labels,
)
from app.charts.session import MIDNIGHT_MS, session_timeline
from app.charts.session_marks import MOST_NUMBERS, Marks, shortened
from app.formatting import signed, whole_percent
from app.markdown_text import plain
from app.report import session_tables
from app.session_statistics.comparison import Difference
from app.session_statistics.spans import Task
from app.session_statistics.summary import STATES, summarise
from app.sessions.wording import check_in_line, comparability, headline, marker_line
from app.store.records import CheckIn, Marker, Session
from app.store.samples import Timeline
from app.views.sessions.tables import shares_bar
from benchmarks.simulations import stretch_of
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from tests.helpers.session_builders import make_samples
from tests.helpers.store_builders import NOON, new_session

HAPPY = EMOTIONS.index("happy")
HALVES = make_samples(["sad"] * 50 + ["happy"] * 50)


def averages(samples=HALVES, *, span_s: float = 1.0, face: int = 1) -> Timeline:
    """What the store would give of one face."""
    cells = np.floor(samples.time_s / span_s).astype(int)
    kept = np.unique(cells)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.array([values[cells == cell].mean(axis=0) for cell in kept])

    return Timeline(
        span_s=span_s,
        time_s=(kept + 0.5) * span_s,
        face=np.full(len(kept), face),
        count=np.bincount(cells)[kept],
        probabilities=mean(samples.probabilities),
        valence=mean(samples.valence),
        arousal=mean(samples.arousal),
        unsure=np.zeros(len(kept)),
    )


def draw(samples=HALVES, *, stacked: bool = False, marks: Marks | None = None):
    means = curves_of_timeline(averages(samples), 1)
    labels = shown_labels(samples, length_s=20.0)
    return session_timeline(
        curves_of_samples(samples), means, labels, span_s=1.0, length_s=20.0, stacked=stacked, marks=marks or Marks()
    )


def trace(figure, name: str, kind: str = "scatter"):
    return next(t for t in figure.data if t.name == name and t.type == kind)


def strips(figure) -> list:
    """The rows of the strip of labels, from below."""
    return [t for t in figure.data if t.type == "heatmap" and t.yaxis == "y5"]


def test_lines_keep_the_highest_and_the_lowest_of_a_million():
    values = np.random.default_rng(0).random(1_000_000)
    values[[123_456, 765_432]] = 2.0, -1.0
    time_s = np.arange(len(values)) * 0.2
    curves = Curves(time_s, values[:, None].repeat(7, axis=1), values, values, hold_s=0.6)

    _, shown = gapped(curves, values)

    assert (shown.max(), shown.min()) == (2.0, -1.0)
    assert len(shown) <= 4 * LINE_SPANS


def test_lines_break_where_the_face_was_gone_even_when_points_are_left_out():
    time_s = np.concatenate([np.arange(0, 2000, 0.2), np.arange(2010, 4000, 0.2)])
    curves = Curves(time_s, np.full((len(time_s), 7), 1 / 7), np.zeros(len(time_s)), np.zeros(len(time_s)), hold_s=0.6)

    shown_s, shown = gapped(curves, curves.valence, spans=100)

    (gap,) = np.flatnonzero(np.isnan(shown))
    assert 1999 < shown_s[gap] < 2001
    assert (np.diff(shown_s) >= 0).all()


def test_nothing_is_drawn_of_nobody():
    nobody = make_samples([])
    none = np.empty(0)
    empty = Timeline(1.0, none, none, none, np.empty((0, 7)), none, none, none)

    figure = session_timeline(
        curves_of_samples(nobody),
        curves_of_timeline(empty, 1),
        shown_labels(nobody, length_s=1.0),
        span_s=1.0,
        length_s=1.0,
        stacked=True,
        marks=Marks(),
    )

    assert len(trace(figure, "Happy").x) == 0
    assert all(cell is None for row in strips(figure) for cell in row.z[0])


def test_the_seven_have_their_colours_as_lines_and_as_areas():
    for stacked in (False, True):
        figure = draw(stacked=stacked)
        for emotion in EMOTIONS:
            line = trace(figure, emotion.capitalize())
            assert line.line.color == EMOTION_COLOURS[emotion]
            assert (line.stackgroup == "all") is stacked
            assert np.nanmax(line.y) <= 1


def test_areas_fall_to_nothing_in_a_gap():
    samples = make_samples(["happy"] * 20, time_s=np.concatenate([np.arange(10) * 0.2, 10 + np.arange(10) * 0.2]))

    area = trace(draw(samples, stacked=True), "Happy")

    inside = (area.x > MIDNIGHT_MS + 1500) & (area.x < MIDNIGHT_MS + 10_500)
    assert list(area.y[inside]) == [0, 0]


def test_the_heat_strip_has_a_row_for_each_and_gaps():
    samples = make_samples(["happy"] * 20, time_s=np.concatenate([np.arange(10) * 0.2, 10 + np.arange(10) * 0.2]))
    figure = draw(samples)

    rows = [t for t in figure.data if t.type == "heatmap" and t.yaxis == "y2"]
    assert [t.name for t in rows] == [emotion.capitalize() for emotion in EMOTIONS]
    happy = rows[HAPPY].z[0]
    assert happy[0] == pytest.approx(0.8)
    assert happy[5] is None


def test_short_spans_without_a_sample_are_no_gap():
    samples = make_samples(["happy"] * 50)
    means = curves_of_timeline(averages(samples, span_s=0.05), 1)

    _, grid = on_grid(means, means.probabilities, span_s=0.05)

    assert np.isfinite(grid).all()


def test_marks_stand_where_they_belong_and_cannot_be_html():
    hostile = '<a href="http://evil.example">x</a>'
    marks = Marks(
        (Marker(5000, "note", hostile), Marker(1000, "task_start", hostile)),
        (Task(hostile, 1.0, 4.0, is_closed=True),),
        ((7.0, 8.0),),
    )

    figure = draw(marks=marks)

    note = trace(figure, "Note")
    assert list(note.x) == [MIDNIGHT_MS + 5000]
    shapes = [(shape.type, shape.x0 - MIDNIGHT_MS, shape.x1 - MIDNIGHT_MS) for shape in figure.layout.shapes]
    assert ("rect", 7000, 8000) in shapes
    assert ("rect", 1000, 4000) in shapes
    assert ("line", 5000, 5000) in shapes
    assert "<a" not in figure.to_json()


def test_the_time_axis_is_a_clock_for_a_day_and_numbers_beyond():
    means = curves_of_timeline(averages(), 1)
    short, hours, days = (
        session_timeline(means, means, None, span_s=1.0, length_s=length_s, stacked=True, marks=Marks()).layout.xaxis
        for length_s in (20.0, 7200.0, 200_000.0)
    )

    assert (short.type, short.range, short.tickformat) == (
        "date",
        (MIDNIGHT_MS, MIDNIGHT_MS + 20_000),
        "%-M:%S",
    )
    assert hours.tickformat == "%-H:%M:%S"
    assert (days.type, days.range, days.ticktext[0]) == (None, (0, 200_000), "0:00")


def test_notes_are_numbered_in_a_lane_of_their_own_above_the_tasks():
    marks = Marks([Marker(1000 * i, "note", f"note {i}") for i in range(3)], (Task("film", 1.0, 4.0, is_closed=True),))

    figure = draw(marks=marks)

    notes = trace(figure, "Note")
    assert (notes.mode, list(notes.text)) == ("markers+text", ["1", "2", "3"])
    (task,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    low, high = figure.layout.yaxis4.domain
    assert low + (high - low) * notes.y[0] / 2 > task.y1 > task.y0 >= figure.layout.yaxis5.domain[1]
    assert figure.layout.yaxis4.ticktext == ("Tasks", "Notes")
    assert figure.layout.showlegend is False, "it stands above the chart"


def test_many_notes_have_no_numbers():
    marks = Marks([Marker(1000 * i, "note", f"note {i}") for i in range(MOST_NUMBERS + 1)])

    assert trace(draw(marks=marks), "Note").mode == "markers"


def test_a_tasks_name_is_cut_where_it_does_not_fit():
    short, long = Task("a task with a long name", 1.0, 2.0, is_closed=True), Task("film", 2.0, 12.0, is_closed=True)

    figure = draw(marks=Marks((), (short, long)))

    assert [shape.label.text for shape in figure.layout.shapes] == ["a tas…", "film"]
    assert shortened("<b>", 3) == "&lt;b&gt;"
    assert shortened("film", 3) == ""


def test_labels_are_those_shown_for_most_of_each_cell_and_nothing_where_the_face_was_away():
    times = np.concatenate([np.arange(10) * 0.2, 10 + np.arange(10) * 0.2])
    samples = make_samples(["happy"] * 6 + ["sad?"] * 4 + [None] * 10, time_s=times)

    shown = shown_labels(samples, length_s=20.0, cells=20)

    assert shown.cell_s == 1.0
    assert [STATES[state] if state >= 0 else None for state in shown.state] == [
        *("happy", "sad", "sad"),  # the last sample before a gap holds for three usual spacings
        *[None] * 7,
        *("unsure", "unsure"),
        *[None] * 8,
    ]
    assert shown.leaning.tolist() == [False, True, True] + [False] * 17


def test_what_is_left_out_has_no_label():
    shown = shown_labels(HALVES, length_s=20.0, leave_out=[(5.0, 7.0)], cells=20)

    assert np.flatnonzero(shown.state < 0).tolist() == [5, 6]


def test_the_surer_a_label_the_higher_its_strip_in_its_own_colour():
    figure = draw(make_samples(["happy"] * 40 + ["sad?"] * 40 + [None] * 20))

    low, middle, high = strips(figure)
    filled = [[cell is not None for cell in row.z[0]] for row in (low, middle, high)]
    assert [sum(cells) for cells in filled] == [600, 480, 240]
    colours = [colour for _, colour in low.colorscale]
    codes = list(dict.fromkeys(low.z[0]))
    assert [colours[2 * code] for code in codes] == [
        EMOTION_COLOURS["happy"],
        EMOTION_COLOURS["sad"],
        EMOTION_COLOURS["unsure"],
    ]
    assert list(dict.fromkeys(trace(figure, "Shown").text)) == ["Happy", "Probably sad", "Unsure"]


def test_without_samples_there_is_no_strip_and_no_empty_place_for_it():
    means = curves_of_timeline(averages(), 1)

    bare = session_timeline(means, means, None, span_s=1.0, length_s=20.0, stacked=True, marks=Marks())

    assert strips(bare) == []
    assert bare.layout.yaxis3.domain[1] > draw().layout.yaxis3.domain[1]


def test_the_distribution_has_all_states_and_its_leaning_part_is_striped():
    summary = summarise(make_samples(["sad"] * 50 + ["happy"] * 30 + ["happy?"] * 20))

    full, striped, words = share_charts.distribution(summary.label_shares, summary.leaning_shares).data

    assert list(full.x) == pytest.approx([0, 0, 0, 30, 50, 0, 0, 0])
    assert list(striped.x) == pytest.approx([0, 0, 0, 20, 0, 0, 0, 0])
    assert words.text[STATES.index("happy")].strip() == whole_percent(0.5)
    assert [word.lower() for word in full.y] == list(STATES)
    assert (full.marker.pattern.shape, striped.marker.pattern.shape) == ("", "/")
    assert striped.marker.color[HAPPY] == full.marker.color[HAPPY] == EMOTION_COLOURS["happy"]


def test_the_forest_has_a_line_for_each_figure_and_empty_dots_for_what_is_not_clear():
    clear = Difference("happy", ("A", "B"), (0.1, 0.5), 0.2, 0.6, "these recordings", False)
    unclear = replace(clear, figure="valence", low=-0.1)

    figure = session_compare_charts.forest([clear, unclear])

    happy, valence = figure.data
    assert (happy.x[0], happy.error_x.array[0], happy.error_x.arrayminus[0]) == pytest.approx((40, 20, 20))
    assert (happy.marker.symbol, valence.marker.symbol) == ("circle", "circle-open")
    low, high = figure.layout.xaxis.range
    assert low == -high
    assert high > 60


def test_small_timelines_share_the_scale_they_are_given():
    figure = session_compare_charts.small_timeline(curves_of_timeline(averages(), 1), length_s=60)

    assert figure.layout.xaxis.range == (0, 60)
    assert len([area for area in figure.data if area.stackgroup]) == 7


def test_tables_escape_names_and_do_not_round_small_shares_away():
    samples = make_samples(["happy"] * 999 + ["sad"])
    html = session_tables.figures({"<b>": summarise(samples)})

    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert "&lt;1\u00a0%" in html
    assert "Happy 100\u00a0%" in shares_bar(summarise(samples))


def test_tables_and_bars_tell_named_from_leaning_time():
    summary = summarise(make_samples(["happy"] * 50 + ["happy?"] * 30 + [None] * 20))

    html, bar = session_tables.figures({"A": summary}), shares_bar(summary)

    assert re.findall(r"<td>(Named|Probably)</td><td class=\"n\">(.*?)</td>", html) == [
        ("Named", whole_percent(0.5)),
        ("Probably", whole_percent(0.3)),
    ]
    assert f"{EMOTION_COLOURS['happy']}55 50.0%, transparent 0" in html
    assert f'title="Named {whole_percent(0.5)}, probably {whole_percent(0.3)}"' in html
    assert re.findall(r'width:([\d.]+)%; background:[^"]*" title="(.*?)"', bar) == [
        ("50.00", "Happy"),
        ("30.00", "Probably happy"),
        ("20.00", "Unsure"),
    ]
    means = session_tables.side_means({"A": [stretch_of(np.zeros(50))]}, {"A": [summary.level_shares]})
    assert f'<td>Probably</td><td class="n">{whole_percent(0.3)}</td>' in means


def test_the_sentence_says_how_it_began_and_ended():
    assert headline(HALVES, summarise(HALVES)) == (
        "In view for 0:20. Happy 50\u00a0%, sad 50\u00a0%. Named 100\u00a0% of the time. "
        "It began mostly sad and ended mostly happy. "
        f"Mean valence {signed(float(HALVES.valence.mean()))}."
    )
    steady = make_samples(["happy"] * 50)
    assert "It began" not in headline(steady, summarise(steady))
    nobody = make_samples([])
    assert headline(nobody, summarise(nobody)).startswith("Nothing to show: all faces are ignored")
    unsure = make_samples([None] * 50)
    assert "Unsure 100\u00a0%" in headline(unsure, summarise(unsure))
    probably = make_samples(["happy?"] * 30 + ["happy"] * 69 + [None])
    named = "Named 69\u00a0%, leaning (“probably …”) 30\u00a0%, unsure 1\u00a0% of the time."
    assert named in headline(probably, summarise(probably))


def test_sessions_of_other_models_or_levels_are_told_in_one_sentence():
    stored = vars(new_session(1)) | {
        "id": 1,
        "uid": "",
        "participant": "",
        "belongs_to": "anna",
        "ended_at": None,
        "state": "open",
    }
    one = Session.of(cast("Row[Any]", SimpleNamespace(**stored)))
    other = replace(one, model_name="deep_se", model_sha256="b" * 64)
    old, new = (summarise(make_samples(labels)) for labels in (["happy", None], ["happy", "happy?"]))

    assert comparability({"A": (one, old), "B": (one, old)}) == ""
    assert comparability({"A": (one, new), "B": (one, new)}) == ""
    assert comparability({"A": (one, old), "B": (one, new)}) == (
        "No time of A is leaning (“probably …”), as in sessions recorded with two levels: more of it is unsure."
    )
    assert comparability({"A": (one, new), "B": (other, new)}) == (
        "These sessions were recorded with different models (compact_se aaaaaa, deep_se bbbbbb), which may see "
        "the same face differently."
    )
    both = comparability({"A": (one, old), "B": (other, new)})
    assert (both.count("."), both.count(";")) == (1, 1)
    many = {f"S{i}": (one, old) for i in range(4)} | {"B": (one, new)}
    assert comparability(many).startswith("No time of 4 of the 5 sessions is leaning")


def test_free_text_cannot_become_markdown():
    assert plain("[a](http://x) *b* :red[c] $d$\n# e") == (
        "\\[a\\]\\(http\\://x\\) \\*b\\* \\:red\\[c\\] \\$d\\$ \\# e"
    )


def test_lines_of_markers_and_check_ins():
    assert marker_line(Marker(8500, "exclude", end_ms=9500)) == "0:08.5 to 0:09.5 · Excluded"
    mood = CheckIn(1, NOON, "after", 1, 7, 3, "fine", (0, 0, 0, 0))
    assert check_in_line(mood, phq4=False) == "Check-in after: pleasure 7 of 9 · arousal 3 of 9 · fine"
    assert check_in_line(CheckIn(1, NOON)) == "Check-in: without answers"
