"""Teachers of several kinds answer as one, and their answers for fixed views can be kept in a file."""

from dataclasses import replace
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_faces
from train.errors import ConfigError
from train.networks.build import build_network, save_structure
from train.networks.checkpoints import save_weights
from train.networks.inputs import to_input
from train.networks.predict import quick_predictor
from train.runs.files import BEST
from train.runs.request import Input, RunRequest
from train.settings.augmentation import AugmentConfig
from train.settings.training import TrainingConfig
from train.teaching.teacher_views import TeacherViews, ask_teachers, view_pixels
from train.teaching.teachers import Teachers, accuracies, load_teachers, log_answers, mean_softened

FACES = drawn_faces(20, seed=5)
AUGMENT = AugmentConfig()


def run_folder(folder: Path, architecture: str) -> Path:
    """A run with one finished epoch, untrained."""
    folder.mkdir()
    config = TrainingConfig(architecture=architecture)
    network = build_network(config)
    save_structure(network, folder)
    save_weights(network, folder / BEST, epoch=1, accuracy=0.5)
    RunRequest(config, None).write(folder)
    return folder


@pytest.fixture(scope="module")
def networks(tmp_path_factory) -> list[keras.Model]:
    """A run's best weights and the shipped model: two architectures."""
    run = run_folder(tmp_path_factory.mktemp("teachers") / "run", "mini_xception")
    return load_teachers([run, SHIPPED_MODELS / "default"], "float32")


@pytest.fixture(scope="module")
def views(networks) -> TeacherViews:
    return ask_teachers(FACES, networks, AUGMENT, views=3, seed=7, teachers=({"name": "a"},), on_view=lambda _: None)


def test_the_answer_is_the_mean_of_the_softened_answers(networks):
    pixels = to_input(FACES.pixels)
    each = [np.asarray(network(pixels), np.float64) ** (1 / 3) for network in networks]
    expected = np.mean([p / p.sum(1, keepdims=True) for p in each], axis=0)
    assert Teachers(networks, temperature=3.0).answers(pixels) == pytest.approx(expected, abs=1e-3)


def test_accuracies_are_of_each_teacher_and_of_their_mean(networks):
    pixels = to_input(FACES.pixels)
    answers = [np.asarray(network(pixels)) for network in networks]
    expected = [(answer.argmax(1) == FACES.labels).mean() for answer in (*answers, np.mean(answers, axis=0))]
    assert accuracies(networks, FACES) == pytest.approx(expected)


def test_an_answer_does_not_depend_on_the_batch_it_comes_in(networks):
    teachers = Teachers(networks, temperature=1.0)
    pixels = to_input(FACES.pixels)
    assert teachers.answers(pixels)[:3] == pytest.approx(teachers.answers(pixels[:3]), abs=1e-4)


def test_teachers_do_not_learn_from_being_asked(networks):
    before = [np.array(weights) for network in networks for weights in network.get_weights()]
    Teachers(networks, temperature=2.0).answers(to_input(FACES.pixels))
    after = [weights for network in networks for weights in network.get_weights()]
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def test_a_teacher_is_known_by_its_weights(tmp_path):
    run = run_folder(tmp_path / "run", "mini_xception")
    first = Input.of_network(run)
    assert Input.of_network(run) == first
    assert Input.from_dict(first.to_dict()) == first
    (run / BEST).write_bytes(b"other")
    assert Input.of_network(run).sha256 != first.sha256
    (run / BEST).unlink()
    with pytest.raises(ConfigError, match=r"expected a model folder, or a run folder with a finished epoch"):
        Input.of_network(run)
    assert Input.of_network(Path("default")).path == SHIPPED_MODELS / "default"


def test_a_view_follows_from_its_seed_and_number_alone():
    first = view_pixels(FACES, AUGMENT, seed=7, view=0)
    assert np.array_equal(first, view_pixels(FACES, AUGMENT, seed=7, view=0))
    assert not np.array_equal(first, view_pixels(FACES, AUGMENT, seed=7, view=1))
    assert not np.array_equal(first, view_pixels(FACES, AUGMENT, seed=8, view=0))


def test_kept_answers_are_those_to_the_views_made_again(views, networks, tmp_path):
    views.write(tmp_path / "views.npz")
    read = TeacherViews.read(tmp_path / "views.npz")
    rows = np.array([4, 0, 11])
    expected = mean_softened(
        log_answers([quick_predictor(network) for network in networks], to_input(read.pixels(FACES, 2)[rows])), 2.0
    )
    assert read.answers(rows, 2, 2.0) == pytest.approx(expected, abs=2e-3)
    assert (read.count, read.seed, read.augment, read.teachers) == (3, 7, AUGMENT, ({"name": "a"},))
    assert read.logs.dtype == np.float16


def test_each_teachers_accuracy_is_counted_over_all_views(views):
    assert views.accuracies(FACES.labels)[1] == pytest.approx(
        np.mean(views.logs[1].astype(np.float32).argmax(-1) == FACES.labels)
    )


def test_views_of_other_images_or_another_augmentation_are_refused(views):
    views.check(FACES, AUGMENT)
    views.check(FACES, replace(AUGMENT, noise=0.1, blur=1.0))  # what cameras do comes after the answers
    with pytest.raises(ConfigError, match="20 training images, but not of the 19 here"):
        views.check(FACES.take(np.arange(19)), AUGMENT)
    with pytest.raises(ConfigError, match="same settings as teach"):
        views.check(FACES, replace(AUGMENT, rotation_deg=3.0))
    with pytest.raises(ConfigError, match="--mixup 0"):
        views.check(FACES, replace(AUGMENT, mixup=0.5))


def test_a_machine_that_makes_other_pixels_is_told(views, monkeypatch):
    warp = cv2.warpAffine
    monkeypatch.setattr(cv2, "warpAffine", lambda face, *args, **kw: np.roll(warp(face, *args, **kw), 3, axis=1))
    with pytest.raises(ConfigError, match="View 1 cannot be reproduced"):
        views.pixels(FACES, 1)


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("other.npz", "text.npz", "none.npz"):
        with pytest.raises(ConfigError, match="Make them with: python -m train teach"):
            TeacherViews.read(tmp_path / name)
