"""Face numbers stay with their faces: through gaps and crossings, and not for false alarms."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_core.faces.tracker import FaceTracker, describe
from fer_core.results import Face
from tests.helpers.faces import make_face, textured_frame

ROOM = textured_frame(seed=9)
SKIN = {"red": (60, 70, 200), "blue": (190, 90, 40), "green": (60, 180, 70), "red twin": (60, 70, 200)}
STEP_S = 0.1


def face_at(x: float, y: float = 240, *, size: float = 90) -> Face:
    """A face centred there."""
    return make_face((x - size / 2, y - size / 2, x + size / 2, y + size / 2))


def frame_with(people: Sequence[tuple[str, Face]]) -> np.ndarray:
    """The room with a coloured head and body for each face, later ones in front."""
    frame = ROOM.copy()
    noise = np.random.default_rng(len(people)).integers(-15, 15, frame.shape)
    for colour, face in people:
        left, top, right, bottom = (int(v) for v in face.xyxy)
        grow_x, grow_y = int(face.width * 0.2), int(face.height * 0.3)
        area = np.s_[max(0, top - grow_y) : max(0, bottom + grow_y), max(0, left - grow_x) : max(0, right + grow_x)]
        frame[area] = np.clip(np.array(SKIN[colour]) + noise[area], 0, 255).astype(np.uint8)
    return frame


def ids_of(tracker: FaceTracker, people: Sequence[tuple[str, Face]], now_s: float) -> dict[str, int | None]:
    """Colour to number after one detected frame."""
    faces = [face for _, face in people]
    tracked = tracker.update(faces, frame_with(people), now_s)
    colours = {face.xyxy: colour for colour, face in people}
    return {colours[face.xyxy]: face.track_id for face in tracked}


def settle(tracker: FaceTracker, people: Sequence[tuple[str, Face]], *, until_s: float = 0.5) -> dict[str, int | None]:
    """The same people standing still for a while; their numbers."""
    ids: dict[str, int | None] = {}
    for step in range(round(until_s / STEP_S) + 1):
        ids = ids_of(tracker, people, step * STEP_S)
    return ids


def test_a_face_keeps_its_number_while_it_moves():
    tracker = FaceTracker()

    ids = [ids_of(tracker, [("red", face_at(100 + 12 * i))], i * STEP_S).get("red") for i in range(30)]

    assert ids == [None] + [1] * 29


@pytest.mark.parametrize(("gap_s", "same"), [(0.3, True), (1.0, True), (1.9, True), (2.2, False), (10.0, False)])
def test_a_number_lasts_through_two_seconds_out_of_sight(gap_s, same):
    tracker = FaceTracker()
    people = [("red", face_at(300))]
    settle(tracker, people, until_s=0.5)

    for step in range(1, int(gap_s / STEP_S)):
        assert ids_of(tracker, [], 0.5 + step * STEP_S) == {}
    back_s = 0.5 + gap_s
    ids_of(tracker, people, back_s)

    assert ids_of(tracker, people, back_s + STEP_S) == {"red": 1 if same else 2}


def test_a_face_that_went_on_moving_while_hidden_is_known_again():
    tracker = FaceTracker()
    for i in range(8):
        ids_of(tracker, [("red", face_at(100 + 15 * i))], i * STEP_S)

    for i in range(8, 12):
        ids_of(tracker, [], i * STEP_S)

    assert ids_of(tracker, [("red", face_at(100 + 15 * 12))], 12 * STEP_S) == {"red": 1}


def crossing(step: int) -> list[tuple[str, Face]]:
    """Two people who pass each other in the middle of the picture within four seconds."""
    return [("red", face_at(80 + 12 * step, 230)), ("blue", face_at(560 - 12 * step, 250))]


def test_two_people_who_cross_keep_their_numbers():
    tracker = FaceTracker()
    settled = {}

    for step in range(41):
        ids = ids_of(tracker, crossing(step), step * STEP_S)
        if step == 2:
            settled = ids
        elif step > 2:
            assert ids == settled

    assert sorted(settled.values(), key=str) == [1, 2]


@pytest.mark.parametrize("hidden", ["red", "blue"])
@pytest.mark.parametrize("hidden_steps", [6, 12])
def test_two_people_who_cross_while_one_hides_the_other_keep_their_numbers(hidden, hidden_steps):
    tracker = FaceTracker()
    before: dict[str, int | None] = {}

    for step in range(41):
        people = crossing(step)
        if abs(step - 20) <= hidden_steps // 2:
            people = [person for person in people if person[0] != hidden]
        ids = ids_of(tracker, people, step * STEP_S)
        if step == 10:
            before = ids
        if step > 10:
            assert ids.items() <= before.items()

    assert ids == before
    assert len(before) == 2


def test_two_people_who_stop_and_turn_back_keep_their_numbers():
    """Motion alone would swap them."""
    tracker = FaceTracker()
    there_and_back = [*range(18), *range(18, -1, -1)]

    for i, step in enumerate(there_and_back):
        ids = ids_of(tracker, crossing(step), i * STEP_S)

    assert ids == {"red": 1, "blue": 2}


def test_two_people_who_turn_back_out_of_sight_are_told_apart_by_their_looks():
    """Where they were heading speaks for the other's place."""
    tracker = FaceTracker()
    for step in range(19):
        ids_of(tracker, crossing(step), step * STEP_S)

    back = [ids_of(tracker, crossing(step), (42 - step) * STEP_S) for step in range(17, 5, -1)]

    assert all(ids == {"red": 1, "blue": 2} for ids in back)


def test_two_people_who_look_the_same_are_told_apart_by_their_motion():
    tracker = FaceTracker()
    before: dict[str, int | None] = {}

    # Between two frames they pass each other: each is then nearer to the other's last place than to its own.
    for step in range(40):
        people = [("red", face_at(80 + 12 * step)), ("red twin", face_at(554 - 12 * step))]
        ids = ids_of(tracker, people, step * STEP_S)
        before = ids if step == 10 else before
        assert step <= 10 or ids == before

    assert len(before) == 2


def test_a_false_alarm_gets_no_number_and_uses_none_up():
    tracker = FaceTracker()
    alarm = face_at(550, 80, size=50)

    assert ids_of(tracker, [("green", alarm)], 0.0) == {}
    settle_s = [3.0 + i * STEP_S for i in range(4)]
    ids = [ids_of(tracker, [("red", face_at(200))], now_s) for now_s in settle_s]

    assert ids == [{}, {"red": 1}, {"red": 1}, {"red": 1}]


@pytest.mark.parametrize("step_s", [0.02, 0.1, 0.6, 1.0, 1.9])
def test_however_rarely_frames_come_a_second_detection_confirms(step_s):
    tracker = FaceTracker()

    ids = [ids_of(tracker, [("red", face_at(300))], i * step_s) for i in range(4)]

    assert ids == [{}, {"red": 1}, {"red": 1}, {"red": 1}]


def test_a_face_awaits_its_second_detection_for_half_a_second():
    tracker = FaceTracker()

    scenes = [(0.0, True), (0.4, False), (0.6, False), (0.7, True), (0.8, True)]
    answers = []
    for now_s, in_view in scenes:
        ids = ids_of(tracker, [("red", face_at(300))] if in_view else [], now_s)
        answers.append((ids, tracker.has_unconfirmed))

    assert answers == [({}, True), ({}, True), ({}, False), ({}, True), ({"red": 1}, False)]


def test_a_false_alarm_beside_a_face_takes_nothing_from_it():
    tracker = FaceTracker()
    person = ("red", face_at(200))
    settle(tracker, [person])

    assert ids_of(tracker, [("green", face_at(550, 80, size=50)), person], 0.6) == {"red": 1}
    assert ids_of(tracker, [person], 0.7) == {"red": 1}


def test_followed_frames_confirm_nothing():
    tracker = FaceTracker()
    person = ("red", face_at(200))
    frame = frame_with([person])

    tracker.update([person[1]], frame, 0.0)
    for step in range(1, 6):
        assert tracker.update([person[1]], frame, step * STEP_S, detected=False) == []

    assert [face.track_id for face in tracker.update([person[1]], frame, 0.6)] == [1]


def test_followed_frames_keep_a_confirmed_face():
    tracker = FaceTracker()
    settle(tracker, [("red", face_at(200))])

    for step in range(1, 40):
        face = face_at(200 + 5 * step)
        followed = tracker.update([face], frame_with([("red", face)]), 0.5 + step * STEP_S, detected=False)
        assert [f.track_id for f in followed] == [1]


def test_one_hit_is_enough_for_a_picture():
    faces = [face_at(150), face_at(450)]

    tracked = FaceTracker(min_hits=1).update(faces, ROOM, 0.0)

    assert [face.track_id for face in tracked] == [1, 2]
    assert [face.xyxy for face in tracked] == [face.xyxy for face in faces]


@pytest.mark.parametrize(("mirrored", "expected"), [(False, [3, 1, 2]), (True, [1, 3, 2])])
def test_faces_that_come_together_are_numbered_from_the_viewers_left_to_right(mirrored, expected):
    tracker = FaceTracker(min_hits=1)
    tracker.mirrored = mirrored
    right, left, middle = face_at(540, size=100), face_at(110, size=90), face_at(320, size=60)

    tracked = tracker.update([right, left, middle], ROOM, 0.0)

    assert [face.track_id for face in tracked] == expected


def test_numbers_stay_when_people_change_places_or_somebody_comes_in_between():
    tracker = FaceTracker()
    settle(tracker, [("red", face_at(110)), ("blue", face_at(540))])
    tracker.mirrored = True

    for step in range(12):
        people = [
            ("red", face_at(110 + 30 * step, 150)),
            ("green", face_at(320, 420)),
            ("blue", face_at(540 - 30 * step)),
        ]
        ids = ids_of(tracker, people, 0.6 + step * STEP_S)

    assert ids == {"red": 1, "blue": 2, "green": 3}


def test_people_come_and_go_without_changing_each_others_numbers():
    tracker = FaceTracker()
    red, blue, green = ("red", face_at(110)), ("blue", face_at(320)), ("green", face_at(540))
    scenes = [[red], [red, blue], [blue, red, green], [green, blue], [green, blue, red], [blue]]
    seen: dict[str, set[int | None]] = {colour: set() for colour in ("red", "blue", "green")}

    for scene, people in enumerate(scenes):
        for step in range(5):
            for colour, number in ids_of(tracker, people, scene * 0.5 + step * STEP_S).items():
                seen[colour].add(number)

    assert seen == {"red": {1}, "blue": {2}, "green": {3}}


def test_a_face_that_comes_nearer_stays_the_same():
    tracker = FaceTracker()

    ids = [ids_of(tracker, [("red", face_at(320, size=60 + 6 * i))], i * STEP_S).get("red") for i in range(30)]

    assert set(ids[1:]) == {1}


def test_faces_keep_their_order_and_everything_else_they_bring():
    tracker = FaceTracker(min_hits=1)
    face = make_face((300, 200, 400, 320), landmarks=True)
    small = face_at(100, size=40)

    first, second = tracker.update([small, face], ROOM, 0.0)

    assert first.xyxy == small.xyxy
    assert (second.xyxy, second.score) == (face.xyxy, face.score)
    assert second.landmarks is face.landmarks


def test_the_frame_is_not_modified():
    frame = frame_with([("red", face_at(200))])
    before = frame.copy()

    FaceTracker().update([face_at(200), face_at(-20)], frame, 0.0)

    assert (frame == before).all()


boxes = st.tuples(st.integers(-50, 600), st.integers(-50, 440), st.integers(8, 300)).map(
    lambda v: make_face((v[0], v[1], v[0] + v[2], v[1] + v[2] * 1.2))
)


@settings(max_examples=40, deadline=None)
@given(
    scenes=st.lists(st.lists(boxes, max_size=5), max_size=12),
    gaps=st.lists(st.floats(0, 3), min_size=12, max_size=12),
    detected=st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_no_two_faces_of_a_frame_share_a_number(scenes, gaps, detected):
    tracker = FaceTracker()
    now_s, highest = 0.0, 0

    for faces, gap_s, was_detected in zip(scenes, gaps, detected, strict=False):
        now_s += gap_s
        ids = [face.track_id for face in tracker.update(faces, ROOM, now_s, detected=was_detected)]
        assert len(set(ids)) == len(ids)
        new = [number for number in ids if number is not None and number > highest]
        assert sorted(new) == list(range(highest + 1, highest + 1 + len(new))), "numbers are used without gaps"
        highest += len(new)


@pytest.mark.parametrize("xyxy", [(-500, -500, -400, -400), (9000, 9000, 9100, 9100), (10, 10, 10.5, 10.5)])
def test_a_face_out_of_the_frame_can_be_described(xyxy):
    look = describe(ROOM, make_face(xyxy))

    assert look.shape == (80,)
    assert float(look @ look) == pytest.approx(1, abs=1e-5)


def test_a_look_tells_colours_apart_but_not_sizes():
    red, blue = face_at(200), face_at(450)
    frame = frame_with([("red", red), ("blue", blue)])
    near = frame_with([("red", face_at(200, size=160))])

    same = describe(frame, red) @ describe(near, face_at(200, size=160))
    other = describe(frame, red) @ describe(frame, blue)

    assert same > other + 0.2
