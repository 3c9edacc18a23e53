"""A participant's weeks as figures: what they show, on which axes, and with nothing or little to show."""

from base64 import b64decode
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest

from app.charts import history as history_charts
from app.charts.calendar import calendar
from app.charts.sparkline import sparkline
from app.session_statistics.check_ins import Phq4
from app.session_statistics.control_chart import WIDTH, control_chart, width_for
from app.sessions.trends import (
    FOLLOWED,
    before_leaning,
    changed,
    follow,
    level_shares,
    local_day,
    phq4_totals,
    said_values,
    span,
)
from app.store.history import Means
from app.store.records import CheckIn
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Level

START = date(2026, 5, 1)
LAST = START + timedelta(days=29)


def means(day: int, *, valence: float = 0.3, happy: float = 0.4, leaning: float = 0.0) -> Means:
    probabilities = np.full(len(EMOTIONS), (1 - happy) / (len(EMOTIONS) - 1))
    probabilities[EMOTIONS.index("happy")] = happy
    return Means(START + timedelta(days=day), (day,), 100, probabilities, valence, 0.1, 0.25, leaning)


def weeks(*, shift_after: int | None = None, days: int = 30) -> list[Means]:
    noise = np.random.default_rng(1).normal(0, 0.04, days)
    low = [shift_after is not None and day >= shift_after for day in range(days)]
    return [
        means(i, valence=(-0.2 if low[i] else 0.3) + noise[i], happy=(0.1 if low[i] else 0.4) + noise[i] / 2)
        for i in range(days)
    ]


def check_in(day: int, *, hour: int = 12, offset_min: int = 0, **changes: object) -> CheckIn:
    at = datetime(2026, 5, 1, hour, tzinfo=UTC) + timedelta(days=day)
    return CheckIn(1, at, utc_offset_min=offset_min, **changes)  # type: ignore[arg-type]


def named(figure) -> dict:
    return {trace.name: trace for trace in figure.data}


def test_valence_keeps_the_usual_limits_and_the_others_share_one_risk():
    followed = {one.name: one for one in follow(weeks(), [])}

    assert tuple(followed) == FOLLOWED
    for name, width in (("valence", WIDTH), ("arousal", width_for(4)), ("sad", width_for(4))):
        assert followed[name].chart == control_chart(followed[name].days, width=width)


def test_shares_are_in_per_cent_and_say_so():
    happy = next(one for one in follow(weeks(shift_after=15), []) if one.name == "happy")

    assert happy.days[0].value == pytest.approx(40, abs=5)
    assert happy.sentence().startswith("Happy fell from 4")
    assert happy.sentence().endswith(" points).")


def test_only_what_left_its_range_has_changed():
    assert [one.name for one in changed(follow(weeks(shift_after=15), []))] == ["valence", "happy", "sad", "neutral"]
    assert changed(follow(weeks(), [])) == []


def test_a_small_curve_has_a_dot_for_each_day_and_its_average():
    head, _, data = sparkline(follow(weeks(shift_after=15), [])[0]).partition(",")
    drawn = ElementTree.fromstring(b64decode(data))

    assert head == "data:image/svg+xml;base64"
    names = Counter(part.tag.rpartition("}")[2] for part in drawn)
    assert names == {"circle": 30, "path": 1, "polyline": 1}
    heights = [float(part.get("cy", "nan")) for part in drawn if part.tag.endswith("circle")]
    assert max(heights[:14]) < min(heights[16:]), "later days are lower on the page"
    assert sparkline(follow([], [])[0]) == ""


def test_what_somebody_says_is_on_the_axis_of_the_expressions_and_averaged_by_day():
    said = [check_in(0, valence=9, arousal=1), check_in(0, hour=18, valence=5, arousal=1), check_in(2, note="no mood")]

    assert [(one.day, one.value) for one in said_values(said, axis=0)] == [(START, 0.5)]
    assert [one.value for one in said_values(said, axis=1)] == [-1.0]


def test_how_far_labels_could_be_trusted_is_told_of_all_days_by_their_samples():
    days = [means(0), replace(means(1, leaning=0.5), count=300)]

    assert level_shares(days) == pytest.approx({Level.NAMED: 0.375, Level.LEANING: 0.375, Level.UNSURE: 0.25})
    assert set(level_shares([]).values()) == {0.0}


def test_days_before_the_first_leaning_one_are_told_once():
    told = before_leaning([means(0), means(1), means(2, leaning=0.2), means(3)])

    assert told.startswith("Before 3 May 2026 no time is leaning (“probably …”)")
    assert before_leaning([means(0, leaning=0.1), means(1)]) == ""
    assert before_leaning([means(0), means(1)]) == ""
    assert before_leaning([]) == ""


def test_a_day_is_the_persons_own():
    assert local_day(check_in(0, hour=23, offset_min=120)) == START + timedelta(days=1)


def test_only_complete_answers_have_a_total():
    said = [check_in(3, phq4=(1, 1, 1, 1)), check_in(1, phq4=(None, 3, 3, 3)), check_in(0, phq4=(0, 0, 0, 0))]

    assert [(day.day, scores.total) for day, scores in phq4_totals(said)] == [(1, 0), (4, 4)]


def test_the_time_shown_counts_back_from_the_newest_day():
    days, said = weeks(), [check_in(40, note="later")]

    assert span(days, said, None) == (START, START + timedelta(days=40))
    assert span(days, said, 31) == (START + timedelta(days=10), START + timedelta(days=40))
    assert span([], [], 31) is None


def test_the_followed_figure_shows_days_average_limits_first_days_and_what_was_said():
    one = follow(weeks(shift_after=15), [check_in(3, valence=9, arousal=5)])[0]

    figure = history_charts.followed_figure(one, first=START, last=LAST)

    lines = named(figure)
    assert len(lines["Each day"].x) == 30
    assert list(lines["Running average"].x) == [START + timedelta(days=i) for i in range(14, 30)]
    assert list(lines["As the person said"].y) == [1.0]
    assert lines["Mean of first 14 days"].y[0] == pytest.approx(0.3, abs=0.05)
    assert lines["Outside the range"].x[-1] == LAST
    assert (np.array(lines["Upper limit"].y) > np.array(lines["Expected range"].y)).all()
    (shaded,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert str(shaded.x0).startswith("2026-05-01")
    assert str(shaded.x1).startswith("2026-05-14")
    low, high = figure.layout.yaxis.range
    assert low < -0.2 < 1.0 < high


def test_few_days_are_dots_alone():
    one = follow(weeks(days=3), [])[0]

    figure = history_charts.followed_figure(one, first=START, last=START + timedelta(days=2))

    assert list(named(figure)) == ["Each day"]
    first, last = figure.layout.xaxis.range
    assert last - first >= timedelta(days=14), "three days must not fill the whole width"


def test_a_figure_without_days_still_shows_what_was_said():
    one = follow([], [check_in(0, valence=2, arousal=2)])[0]

    assert list(named(history_charts.followed_figure(one, first=START, last=START))["As the person said"].y) == [-0.75]


def test_shares_are_stacked_in_the_emotions_colours_and_sum_to_a_hundred():
    figure = history_charts.shares(weeks(days=4), first=START, last=START)

    assert [bar.marker.color for bar in figure.data] == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert np.sum([bar.y for bar in figure.data], axis=0) == pytest.approx(np.full(4, 100), abs=0.5)


def test_an_expression_has_its_name_across_days_where_there_are_days_enough():
    days = [replace(day, probabilities=np.eye(7)[EMOTIONS.index("happy")]) for day in weeks(days=28)]
    few = [*days[:2], *days[20:]]  # no room on the left

    for shown, earliest in ((days, 0), (few, 20)):
        figure = history_charts.shares(shown, first=START, last=START + timedelta(days=27))
        (name,) = [trace for trace in figure.data if trace.type == "scatter"]
        assert (name.text[0], name.y[0]) == ("Happy", 50)
        assert name.x[0] >= datetime.combine(START + timedelta(days=earliest), time())


def test_the_phq4_has_lines_at_its_published_borders():
    totals = [(START, Phq4((1, 1, 1, 1))), (LAST, Phq4((3, 3, 3, 3)))]

    figure = history_charts.phq4(totals, first=START, last=LAST)

    assert list(figure.data[0].y) == [4, 12]
    assert [shape.y0 for shape in figure.layout.shapes] == [3, 6, 9]
    assert [note.text for note in figure.layout.annotations] == ["normal", "mild", "moderate", "severe"]
    assert figure.layout.yaxis.range[1] > 12


def test_the_calendar_has_a_field_a_day_and_a_point_on_days_with_sessions():
    minutes = {START: 5.0, START + timedelta(days=1): 0.5, LAST: 60.0}
    led = {START: ("happy", 0.4), LAST: ("sad", 0.553)}

    cells, points = calendar(minutes, led, last=LAST).data

    assert np.array(cells.z).shape == (7, 26)

    def colour(day: date, week: int) -> str:
        value = np.array(cells.z)[day.weekday(), week]
        share = (value - cells.zmin) / (cells.zmax - cells.zmin)
        return str([name for at, name in cells.colorscale if at < share][-1])

    assert colour(START, -5) == EMOTION_COLOURS["happy"]
    assert colour(LAST, -1) == EMOTION_COLOURS["sad"]
    assert colour(START + timedelta(days=1), -5) == "rgba(128,128,128,0.45)", "a session without a face"
    assert colour(START + timedelta(days=4), -4) == "rgba(128,128,128,0.16)", "no session"
    assert np.isnan(np.array(cells.z, float)[6, -1]), "the Sunday after the last day is yet to come"
    assert list(points.customdata) == ["2026-05-01", "2026-05-02", "2026-05-30"]
    assert points.text[1] == "Sat 2 May 2026: less than a minute, no face seen"
    assert points.text[2].replace("\N{NO-BREAK SPACE}", " ") == "Sat 30 May 2026: 60 min, mostly sad (55 %)"


def test_the_calendar_shows_a_year_at_most():
    minutes = {LAST - timedelta(days=900): 5.0, LAST - timedelta(days=365): 5.0, LAST: 5.0}

    cells, points = calendar(minutes, {}, last=LAST).data

    assert np.array(cells.z).shape == (7, 53)
    assert len(points.customdata) == 2
