from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.helpers.synthetic import drawn_faces, drawn_votes
from train.archive.reader import LabelledFaces
from train.errors import ConfigError
from train.fitting.batches import AugmentedBatches
from train.networks.inputs import one_hot, to_input
from train.settings.augmentation import AugmentConfig
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision
from train.teaching.teacher_views import TeacherViews, faces_digest, view_pixels
from train.teaching.teachers import Teachers

FACES = drawn_faces(70, seed=1)
CONFIG = TrainingConfig(batch_size=16)


def test_a_batch_has_pixels_of_0_to_255_and_targets():
    pixels, targets = AugmentedBatches(FACES, CONFIG)[0]
    assert pixels.shape == (16, 48, 48, 1)
    assert targets.shape == (16, 7)
    assert pixels.dtype == targets.dtype == np.float32
    assert 200 < pixels.max() <= 255


def test_an_epoch_leaves_the_smaller_last_batch_out():
    batches = AugmentedBatches(FACES, CONFIG)
    assert (len(batches), batches.images) == (4, 64)


def test_fewer_faces_than_a_batch_are_one_smaller_batch():
    batches = AugmentedBatches(FACES.take(np.arange(5)), CONFIG)
    assert (len(batches), batches.images, len(batches[0][0])) == (1, 5, 5)


def test_a_batch_follows_from_seed_epoch_and_index_alone():
    unbroken = AugmentedBatches(FACES, CONFIG)
    unbroken.on_epoch_end()
    resumed = AugmentedBatches(FACES, CONFIG, first_epoch=1)
    for i in (2, 0):
        for ours, theirs in zip(unbroken[i], resumed[i], strict=True):
            assert np.array_equal(ours, theirs)
    assert not np.array_equal(unbroken[0][0], AugmentedBatches(FACES, CONFIG)[0][0])
    assert not np.array_equal(unbroken[0][0], AugmentedBatches(FACES, TrainingConfig(batch_size=16, seed=2))[0][0])


def test_each_face_is_seen_once_an_epoch():
    config = TrainingConfig(
        batch_size=14,
        augment=AugmentConfig(flip=0, rotation_deg=0, scale=0, shift=0, brightness=0, contrast=0, gamma=0, erasing=0),
    )
    batches = AugmentedBatches(FACES, config)
    seen = np.concatenate([batches[i][0] for i in range(len(batches))])
    assert {face.tobytes() for face in seen} == {face.tobytes() for face in to_input(FACES.pixels)}


def test_class_weights_come_as_a_third_array_that_follows_soft_targets():
    config = TrainingConfig(batch_size=16, class_weights="inverse", augment=AugmentConfig(mixup=1.0))
    faces = drawn_faces(70, seed=1).take(np.r_[0:70:7, 1:23:7, 2:70:7])
    _, targets, weights = AugmentedBatches(faces, config)[0]
    assert weights.shape == (16,)
    assert ((targets > 0).sum(1) == 2).any()  # blended
    rare, common = 24 / 3 / 4, 24 / 3 / 10
    rare_share = targets[:, 1]
    assert weights == pytest.approx(rare_share * rare + (1 - rare_share) * common, rel=1e-4)


def test_one_hot_is_in_the_order_of_the_labels():
    assert np.array_equal(one_hot(np.array([2, 0])), np.eye(7)[[2, 0]])


SHARES = (drawn_votes(FACES.labels) / 10).astype(np.float32)


class AnswersWithTheMean(Teachers):
    """A teacher whose answer tells which pixels it was asked about."""

    def __init__(self) -> None:
        super().__init__([], temperature=1.0)

    def answers(self, pixels):
        return np.repeat(pixels.mean(axis=(1, 2, 3))[:, None], 7, axis=1).astype(np.float32)


def test_votes_stand_beside_the_emotions_and_soften_them():
    config = replace(CONFIG, ferplus_weight=0.5, ferplus_softening=0.2)
    _, targets = AugmentedBatches(FACES, config, supervision=Supervision(SHARES))[0]
    assert targets.shape == (16, 17)
    assert targets[:, :7].sum(1) == pytest.approx(1)
    assert (targets[:, :7].max(1) >= 0.8).all()
    assert targets[:, :7].max(1).min() < 1
    assert {tuple(row) for row in targets[:, 7:]} <= {tuple(row) for row in SHARES}


def test_votes_that_are_asked_for_and_missing_are_named():
    with pytest.raises(ConfigError, match="Pass --ferplus"):
        AugmentedBatches(FACES, replace(CONFIG, ferplus_weight=0.5))


@pytest.mark.parametrize("mixup", [0.0, 1.0])
def test_teachers_are_asked_about_the_very_pixels_that_the_student_gets(mixup):
    config = replace(CONFIG, augment=AugmentConfig(mixup=mixup))
    pixels, targets = AugmentedBatches(FACES, config, supervision=Supervision(teachers=AnswersWithTheMean()))[1]
    assert targets.shape == (16, 14)
    assert targets[:, 7] == pytest.approx(pixels.mean(axis=(1, 2, 3)), rel=1e-5)


def test_teachers_do_not_change_what_the_student_sees():
    plain = AugmentedBatches(FACES, CONFIG)[2]
    taught = AugmentedBatches(FACES, CONFIG, supervision=Supervision(teachers=AnswersWithTheMean()))[2]
    assert np.array_equal(plain[0], taught[0])
    assert np.array_equal(plain[1], taught[1][:, :7])


POOR = AugmentConfig(noise=0.1, blur=1.5)


def test_a_poor_camera_is_the_students_alone_and_changes_nothing_else():
    taught = Supervision(teachers=AnswersWithTheMean())
    clean, targets = AugmentedBatches(FACES, CONFIG, supervision=taught)[1]
    spoiled, same_targets = AugmentedBatches(FACES, replace(CONFIG, augment=POOR), supervision=taught)[1]
    assert np.array_equal(targets, same_targets)
    difference = np.abs(spoiled - clean).mean(axis=(1, 2, 3))
    assert (difference > 0).all()
    assert difference.mean() < 20


def test_a_poor_camera_films_a_view_otherwise_each_time():
    batches = AugmentedBatches(FACES, replace(CONFIG, augment=POOR), supervision=Supervision(views=views()))
    plain = AugmentedBatches(FACES, CONFIG, supervision=Supervision(views=views()))
    seen = []
    for _ in range(3):  # the third epoch has the first one's view
        order = np.argsort(plain._order[:64])
        pixels, targets = (np.concatenate([batches[i][part] for i in range(4)])[order] for part in (0, 1))
        clean, same_targets = (np.concatenate([plain[i][part] for i in range(4)])[order] for part in (0, 1))
        assert np.array_equal(targets, same_targets)
        assert 0 < np.abs(pixels - clean).mean() < 20
        seen.append((plain._order[:64][order], pixels))
        batches.on_epoch_end()
        plain.on_epoch_end()
    both = np.intersect1d(seen[0][0], seen[2][0])
    first, third = (pixels[np.isin(rows, both)] for rows, pixels in (seen[0], seen[2]))
    assert not np.array_equal(first, third)


def views() -> TeacherViews:
    """Two views, whose first log-probability is the number of the view and the image."""
    logs = np.zeros((1, 2, 70, 7), np.float16)
    logs[0, :, :, 0] = np.arange(140).reshape(2, 70) / 100
    samples = np.stack([view_pixels(FACES, CONFIG.augment, seed=3, view=view)[:8] for view in (0, 1)])
    return TeacherViews(logs, samples, 3, CONFIG.augment, faces_digest(FACES), ())


@pytest.mark.parametrize("epoch", [0, 1, 2])
def test_each_epoch_takes_the_next_view_with_its_answers(epoch):
    batches = AugmentedBatches(FACES, CONFIG, supervision=Supervision(views=views()), first_epoch=epoch)
    pixels, targets = batches[0]
    expected = view_pixels(FACES, CONFIG.augment, seed=3, view=epoch % 2)
    for image, answer in zip(pixels, targets[:, 7:], strict=True):
        row = int(np.flatnonzero((expected == image[..., 0]).all(axis=(1, 2)))[0])
        assert answer == pytest.approx(views().answers(np.array([row]), epoch % 2, 2.0)[0], abs=1e-6)


def test_class_weights_go_by_the_emotions_alone():
    config = replace(CONFIG, class_weights="inverse", ferplus_weight=0.5)
    _, targets, weights = AugmentedBatches(FACES, config, supervision=Supervision(SHARES))[0]
    expected = AugmentedBatches(FACES, replace(CONFIG, class_weights="inverse"))[0][2]
    assert weights == pytest.approx(expected)
    assert len(weights) == len(targets)


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, class_weights="inverse", augment=AugmentConfig(mixup=0.5)),
        replace(CONFIG, augment=POOR),
    ],
)
def test_a_whole_epoch_is_its_batches_and_the_next_one_follows(config):
    whole, single = AugmentedBatches(FACES, config), AugmentedBatches(FACES, config)
    for _ in range(3):
        pixels, targets, weights = whole.whole_epoch()
        for i in range(len(single)):
            batch = single[i]
            assert np.array_equal(pixels[i], batch[0])
            assert np.array_equal(targets[i], batch[1])
            assert weights[i] == pytest.approx(batch[2] if len(batch) > 2 else np.ones(16))
        single.on_epoch_end()
    assert pixels.dtype == (np.float32 if config.augment.mixup else np.uint8)


@pytest.mark.parametrize("augment", [CONFIG.augment, POOR])
def test_a_whole_epoch_of_teachers_views_is_its_batches_and_views_are_made_once_if_kept(augment, monkeypatch):
    logs = np.log(np.random.default_rng(2).dirichlet(np.ones(7), (1, 2, len(FACES)))).astype(np.float16)
    samples = np.stack([view_pixels(FACES, CONFIG.augment, seed=7, view=v)[:8] for v in range(2)])
    views = TeacherViews(logs, samples, 7, CONFIG.augment, faces_digest(FACES), ({"name": "a"},))
    made: list[int] = []
    make = TeacherViews.pixels

    def counted(self: TeacherViews, faces: LabelledFaces, view: int, *rest: Any) -> np.ndarray:
        made.append(view)
        return make(self, faces, view, *rest)

    monkeypatch.setattr(TeacherViews, "pixels", counted)
    config = replace(CONFIG, augment=augment)
    single = AugmentedBatches(FACES, config, supervision=Supervision(views=views))
    expected = []
    for _ in range(4):
        expected.append([single[i] for i in range(len(single))])
        single.on_epoch_end()
    made.clear()
    whole = AugmentedBatches(FACES, config, supervision=Supervision(views=views), keep_views=True)
    for batches in expected:
        pixels, targets, weights = whole.whole_epoch()
        assert pixels.dtype == np.uint8
        assert np.array_equal(pixels, np.stack([batch[0] for batch in batches]))
        assert targets == pytest.approx(np.stack([batch[1] for batch in batches]), abs=1e-6)
        assert (weights == 1).all()
    assert made == [0, 1]
