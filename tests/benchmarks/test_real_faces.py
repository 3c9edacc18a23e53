"""The benchmark of real faces: its labels, its account of time, and its sentences where data is absent."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks import real_faces
from benchmarks.real_faces_labels import LabelFileError, Stretch, changes, read_labels
from benchmarks.real_faces_smoothing import VIEWS, WAYS, Film, View, made_up_film, watch
from benchmarks.real_faces_time import Account, Shown, account, delays_s, label_changes, total
from fer_core.expressions.model import load_model
from fer_core.results import Level

SAD_THEN_HAPPY = (
    Stretch(0.0, 2.0, frozenset({"sad"})),
    Stretch(2.0, 3.0, frozenset()),
    Stretch(3.0, 6.0, frozenset({"happy"})),
)


def write(tmp_path, *lines: str):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["clip,from_s,to_s,label", *lines]) + "\n", encoding="utf-8")
    return path


def test_the_labels_of_the_clips_can_be_read_and_have_two_changes_to_follow():
    labels = read_labels()

    assert [change.emotions for change in changes(labels["sad_then_happy.mp4"])] == [{"happy", "neutral"}]
    assert [change.from_s for change in changes(labels["neutral_then_happy.mp4"])] == [0.68]
    assert changes(labels["no_face.mp4"]) == []
    assert not labels["no_face.mp4"][0].has_face


def test_a_label_may_have_alternatives_or_none(tmp_path):
    path = write(tmp_path, "a.mp4,0,1,either:sad|neutral", "a.mp4,1,1.5,transition", "b.mp4,0,2,nobody")

    assert read_labels(path) == {
        "a.mp4": (Stretch(0, 1, frozenset({"sad", "neutral"})), Stretch(1, 1.5, frozenset())),
        "b.mp4": (Stretch(0, 2, frozenset(), has_face=False),),
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a.mp4,0,1,sadness"], "line 2: unknown label 'sadness'"),
        (["a.mp4,0,1,either:sad|"], "line 2: unknown label ''"),
        (["a.mp4,0,1,sad", "a.mp4,1,1,happy"], "line 3: expected 0 <= from_s < to_s, got '1' and '1'"),
        (["a.mp4,0,soon,sad"], "line 2: expected"),
        (["a.mp4,0,nan,sad"], "line 2: expected"),
        (["a.mp4,0,1,sad", "a.mp4,1.5,2,sad"], "a.mp4: a stretch ends at 1.0 s and the next begins at 1.5 s"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(tmp_path, lines, message):
    with pytest.raises(LabelFileError, match=message):
        read_labels(write(tmp_path, *lines))


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("clip,start,end,label\n")

    with pytest.raises(LabelFileError, match="expected the columns clip, from_s, to_s, label"):
        read_labels(path)


def test_an_overlap_of_right_answers_is_no_change():
    sad, either, fear, between = (frozenset(names) for names in (["sad"], ["sad", "fear"], ["fear"], []))
    stretches = [Stretch(i, i + 1, emotions) for i, emotions in enumerate((sad, between, either, fear, sad))]

    assert changes(stretches) == [stretches[4]]


def test_time_is_counted_by_what_is_shown_and_only_where_people_state_an_expression():
    shown = [
        Shown(0.5, Level.UNSURE, None),
        Shown(1.0, Level.NAMED, "sad"),
        Shown(4.0, Level.LEANING, "fear"),
        Shown(4.5, Level.LEANING, "happy"),
        Shown(5.0, None, None),
        Shown(5.5, Level.NAMED, "happy"),
    ]

    one = account(shown, SAD_THEN_HAPPY)

    assert one.present_s == pytest.approx(6.0)
    assert one.found_s == pytest.approx(5.0)
    assert one.labelled_s == pytest.approx(5.0)
    assert one.named_s == pytest.approx(1.0 + 1.0 + 0.5), "the second in transition counts for nothing"
    assert one.named_wrong_s == pytest.approx(1.0)
    assert one.leaning_s == pytest.approx(1.0)
    assert one.leaning_wrong_s == pytest.approx(0.5)
    assert one.unsure_s == pytest.approx(0.5)
    assert one.delays_s == (1.5,)


def test_how_often_results_come_does_not_matter():
    def shown(per_s: int) -> list[Shown]:
        at_s = [i / per_s for i in range(6 * per_s)]
        return [Shown(t, Level.NAMED if t >= 1 else Level.UNSURE, "sad" if 1 <= t < 3.5 else None) for t in at_s]

    few, many = (account(shown(per_s), SAD_THEN_HAPPY) for per_s in (2, 32))

    for name in ("found_s", "labelled_s", "named_s", "named_wrong_s", "unsure_s", "changes"):
        assert getattr(few, name) == pytest.approx(getattr(many, name)), name


def test_a_clip_without_anybody_counts_false_faces_alone():
    shown = [Shown(0.0, None, None), Shown(1.0, Level.NAMED, "sad"), Shown(1.5, None, None)]

    one = account(shown, [Stretch(0.0, 2.0, frozenset(), has_face=False)])

    assert (one.empty_s, one.false_s) == (2.0, 0.5)
    assert one.present_s == one.labelled_s == one.named_s == 0.0


def test_without_any_result_nothing_is_found():
    one = account([], SAD_THEN_HAPPY)

    assert one.named_s == one.found_s == 0.0
    assert one.delays_s == (None,)
    assert math.isnan(one.changes_per_min)


def test_changes_are_of_the_word_shown_not_of_its_level_and_not_across_a_gap():
    named, leaning, unsure = Level.NAMED, Level.LEANING, Level.UNSURE
    words = [(named, "sad"), (leaning, "sad"), (unsure, None), (named, "happy"), (None, None), (named, "sad")]

    assert label_changes([Shown(i, level, label) for i, (level, label) in enumerate(words)]) == 2


def test_changes_a_minute_are_of_the_time_with_a_face():
    shown = [Shown(0.0, Level.NAMED, "sad"), Shown(1.0, Level.UNSURE, None), Shown(2.0, None, None)]

    assert account(shown, SAD_THEN_HAPPY).changes_per_min == pytest.approx(30)


@pytest.mark.parametrize(
    ("shown", "delay_s"),
    [
        ([Shown(0, Level.NAMED, "sad"), Shown(3.4, Level.LEANING, "happy")], 0.4),
        ([Shown(0, Level.NAMED, "sad"), Shown(2.5, Level.NAMED, "happy")], 0.0),
        ([Shown(0, Level.NAMED, "happy"), Shown(1, Level.NAMED, "sad"), Shown(5.9, Level.NAMED, "happy")], 2.9),
        ([Shown(0, Level.NAMED, "happy"), Shown(1, Level.NAMED, "sad")], None),
    ],
)
def test_the_delay_runs_from_the_change_to_the_first_right_label(shown, delay_s):
    (found_s,) = delays_s(shown, SAD_THEN_HAPPY)

    assert found_s == pytest.approx(delay_s)


def test_a_right_label_after_the_next_change_comes_too_late():
    stretches = (*SAD_THEN_HAPPY, Stretch(6.0, 8.0, frozenset({"sad"})), Stretch(8.0, 9.0, frozenset({"happy"})))
    shown = [Shown(0.0, Level.NAMED, "sad"), Shown(8.25, Level.NAMED, "happy")]

    assert delays_s(shown, stretches) == (None, 0.0, 0.25)


def test_a_total_adds_seconds_changes_and_delays():
    both = total(
        [Account(labelled_s=2, named_s=1, changes=3, delays_s=(0.5,)), Account(labelled_s=1, delays_s=(None,))]
    )

    assert both == Account(labelled_s=3, named_s=1, changes=3, delays_s=(0.5, None))


def test_without_the_clips_it_says_so_and_does_the_rest(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FER_SHARED_DATA", str(tmp_path))

    real_faces.main([])

    output = capsys.readouterr().out
    assert "The clips are left out: FER_SHARED_DATA names no folder" in output
    assert "several_faces.jpg is left out" in output
    assert "| portrait of scikit-image | 1 | 1 | 1 | 0 | 0 | 1 | 0 |" in output


def test_a_clip_goes_through_the_pipeline_at_a_live_viewers_rate(tmp_path, monkeypatch, capsys, astronaut_bgr):
    clips = tmp_path / "clips"
    clips.mkdir()
    writer = cv2.VideoWriter(str(clips / "neutral_then_happy.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30, (512, 512))
    for _ in range(72):
        writer.write(np.ascontiguousarray(astronaut_bgr))
    writer.release()
    monkeypatch.setenv("FER_SHARED_DATA", str(tmp_path))

    real_faces.main(["--only", "clips"])

    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| neutral_then_happy.mp4")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    named, wrong = float(cells[4].rstrip("%")), float(cells[8].rstrip("%"))
    assert named > 80, "her smile is plain"
    # The file of labels calls the first 0.55 of 2.17 labelled seconds neutral; a face is reported from its second look.
    assert 10 < wrong < 100 * 0.55 / 2.17
    assert cells[11] == "0.00"


def test_a_made_up_film_changes_its_label_with_each_face_and_holds_it_for_seconds():
    rng = np.random.default_rng(0)
    labels = np.array([0, 0, 1, 2])
    answers = np.repeat(np.eye(3)[labels][:, None], VIEWS, axis=1)

    film = made_up_film(answers, labels, ("sad", "happy", "fear"), rng)

    assert len(changes(film.stretches)) == len(film.stretches) - 1
    assert all(2.9 < stretch.to_s - stretch.from_s < 8.1 for stretch in film.stretches)
    assert [view.at_s for view in film.views] == [i / 8 for i in range(len(film.views))]


def test_each_way_shows_a_certain_answer_as_it_is_and_follows_its_change():
    card = replace(load_model().card, unsure_below=0.615, named_from=None)
    sad, happy = (np.full(7, 0.02) + 0.86 * (np.array(card.labels) == name) for name in ("sad", "happy"))
    views = [View(i / 8, sad if i < 24 else happy) for i in range(48)]
    film = Film(views, [Stretch(0.0, 3.0, frozenset({"sad"})), Stretch(3.0, 6.0, frozenset({"happy"}))])

    for way in WAYS:
        shown, probabilities = watch(film, way, card)
        one = account(shown, film.stretches)
        (delay_s,) = one.delays_s

        assert probabilities.sum(1) == pytest.approx(1), way
        assert one.labelled_s == pytest.approx(6), way
        assert delay_s is not None, way
        assert 0 <= delay_s < 2, way

    plain, _ = watch(film, "mean, 0.5 s", card)
    first = next(piece.at_s for piece in plain if piece.label == "happy")
    assert first == pytest.approx(3 + 0.5 * np.log(0.86 / (0.88 - 0.645)) - 1 / 8, abs=1 / 8), "its own formula"


def test_logarithms_and_the_filter_survive_noughts():
    for way in ("mean of logarithms, 0.5 s", "filter, leaves 1/s, 1 view/s"):
        card = load_model().card
        _, probabilities = watch(Film([View(i / 8, np.eye(7)[i % 7]) for i in range(20)], ()), way, card)

        assert np.isfinite(probabilities).all(), way
