"""Training within this process: what one epoch after the other does to the run folder."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest

from fer_core.expressions.model import KERAS_FILE, file_sha256
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_dataset, drawn_votes
from train.architectures import PretrainedError
from train.errors import ConfigError, TrainingError
from train.evaluation.crowd import accuracy_on_clear, emotion_shares
from train.fitting.batches import AugmentedBatches
from train.fitting.fit import _origin_of, fit
from train.fitting.losses import build_loss
from train.fitting.prepared import PreparedRun
from train.jobs.job import failure_sentence
from train.networks.build import build_network, has_crowd, load_structure, with_crowd
from train.networks.checkpoints import best_epoch, checkpoint_epoch, load_weights, recover
from train.networks.inputs import to_input
from train.networks.precision import resolve_precision
from train.runs.files import (
    BEST,
    CHECKPOINT,
    CONFUSION,
    NETWORK,
    PRETRAINED,
    PROGRESS,
    read_epochs,
    read_json,
    read_status,
    write_json,
)
from train.runs.reporter import RunReporter
from train.runs.request import Input, RunRequest, resolve_start
from train.runs.stopping import StopRequest
from train.settings.augmentation import AugmentConfig
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision
from train.teaching.teacher_views import ask_teachers
from train.teaching.teachers import Teachers, load_teachers

DATASET = drawn_dataset()
CONFIG = TrainingConfig(
    architecture="tiny", epochs=4, batch_size=32, precision="float32", warmup_epochs=1, ema_momentum=0.5
)
pytestmark = pytest.mark.usefixtures("tiny")


class StopAfter(StopRequest):
    """Wishes the end after so many looks; training looks once a batch and a few times besides."""

    def __init__(self, run_dir: Path, looks: int) -> None:
        super().__init__(run_dir)
        self.looks = looks

    @property
    def asked(self) -> bool:
        self.looks -= 1
        return self.looks < 0


def train(
    run_dir: Path,
    config: TrainingConfig = CONFIG,
    *,
    stop: StopRequest | None = None,
    supervision: Supervision | None = None,
) -> bool:
    run_dir.mkdir(exist_ok=True)
    reporter = RunReporter(run_dir, epochs=config.epochs, epoch=0)
    stop = stop or StopRequest(run_dir)
    ferplus = Input(Path("fer2013new.csv"), "") if config.ferplus_weight or config.ferplus_softening else None
    request = RunRequest(config, None, ferplus=ferplus)
    run = PreparedRun(request, run_dir, DATASET, resolve_precision(config.precision), supervision or Supervision())
    return fit(run, reporter=reporter, stop=stop)


def weights_in(path: Path) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def assert_same_weights(found: Path, expected: Path) -> None:
    """But for the order in which threads add."""
    ours, theirs = weights_in(found), weights_in(expected)
    assert ours.keys() == theirs.keys()
    for name, values in theirs.items():
        assert np.allclose(ours[name], values, rtol=1e-4, atol=1e-5), name


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, tiny):
    run_dir = tmp_path_factory.mktemp("runs") / "unbroken"
    assert train(run_dir) is True
    return run_dir


def test_a_run_leaves_a_line_per_epoch_and_weights_that_know_theirs(unbroken):
    epochs = read_epochs(unbroken)
    assert [metrics.epoch for metrics in epochs] == [1, 2, 3, 4]
    assert checkpoint_epoch(unbroken) == 4
    best = max(epochs, key=lambda metrics: (metrics.validation_accuracy, metrics.epoch))
    assert best_epoch(unbroken) == (best.epoch, best.validation_accuracy)
    assert all(metrics.images_per_second == pytest.approx(64 / metrics.seconds) for metrics in epochs)


def test_the_confusion_matrix_is_that_of_the_last_epoch(unbroken):
    confusion = read_json(unbroken / CONFUSION)
    counts = np.array(confusion["counts"])
    assert confusion["epoch"] == 4
    assert counts.sum(1).tolist() == [4] * 7
    assert counts.trace() / 28 == pytest.approx(read_epochs(unbroken)[-1].validation_accuracy)


def test_it_learns_drawn_faces(tmp_path):
    still = AugmentConfig(rotation_deg=0, scale=0, shift=0, erasing=0, brightness=0, contrast=0, gamma=0)
    config = replace(
        CONFIG, epochs=8, optimizer="adam", learning_rate=0.02, dropout=0.1, label_smoothing=0, augment=still
    )
    train(tmp_path / "run", config)
    epochs = read_epochs(tmp_path / "run")
    assert best_epoch(tmp_path / "run")[1] > 0.5
    assert epochs[-1].loss < epochs[0].loss


def test_a_resumed_run_goes_on_as_the_unbroken_one(tmp_path, unbroken):
    # Two batches an epoch: the wish comes within the third epoch.
    assert train(tmp_path / "run", stop=StopAfter(tmp_path / "run", 5)) is False
    assert [metrics.epoch for metrics in read_epochs(tmp_path / "run")] == [1, 2]
    assert train(tmp_path / "run") is True
    assert_same_weights(tmp_path / "run" / CHECKPOINT, unbroken / CHECKPOINT)
    for ours, theirs in zip(read_epochs(tmp_path / "run"), read_epochs(unbroken), strict=True):
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)
        assert ours.learning_rate == pytest.approx(theirs.learning_rate)


def shares() -> np.ndarray:
    return (drawn_votes(DATASET["train"].labels) / 10).astype(np.float32)


@pytest.fixture(scope="module")
def supervisions(unbroken, tmp_path_factory) -> dict[str, Callable[[], Supervision]]:
    """Votes, and another run's network as a teacher that is asked at once or was before; anew for each run."""
    teacher = tmp_path_factory.mktemp("teachers") / "teacher"
    shutil.copytree(unbroken, teacher)
    RunRequest(CONFIG, None).write(teacher)
    networks = load_teachers([teacher], "float32")
    asked = ask_teachers(
        DATASET["train"], networks, CONFIG.augment, views=3, seed=1, teachers=(), on_view=lambda _: None
    )
    return {
        "teachers": lambda: Supervision(shares(), Teachers(networks, temperature=2.0)),
        "views": lambda: Supervision(shares(), views=asked),
    }


@pytest.mark.parametrize("kind", ["teachers", "views"])
def test_a_resumed_run_with_votes_and_teachers_goes_on_as_the_unbroken_one(tmp_path, supervisions, kind):
    config = replace(CONFIG, epochs=3, ferplus_weight=0.4, ferplus_softening=0.2)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train(whole, config, supervision=supervisions[kind]()) is True
    assert train(parts, config, stop=StopAfter(parts, 5), supervision=supervisions[kind]()) is False
    assert [metrics.epoch for metrics in read_epochs(parts)] == [1, 2]
    assert train(parts, config, supervision=supervisions[kind]()) is True
    assert_same_weights(parts / CHECKPOINT, whole / CHECKPOINT)


def test_what_is_kept_as_best_answers_for_the_crowd_too(tmp_path):
    run_dir = tmp_path / "run"
    config = replace(CONFIG, epochs=1, ferplus_weight=0.4)
    validation = DATASET["validation"]
    votes = drawn_votes(validation.labels, seed=1)
    train(run_dir, config, supervision=Supervision(shares(), validation_votes=votes))
    network = load_structure(config, run_dir)
    load_weights(network, run_dir / BEST)
    answers = np.asarray(network.predict(to_input(validation.pixels), verbose=0))
    assert answers.shape == (28, 17)
    found = read_epochs(run_dir)[0]
    assert float((answers[:, :7].argmax(1) == validation.labels).mean()) == pytest.approx(found.validation_accuracy)
    assert accuracy_on_clear(emotion_shares(answers[:, 7:]), votes) == pytest.approx(found.crowd_accuracy)


def test_a_run_on_labels_alone_that_starts_from_one_with_votes_leaves_the_crowd_behind(tmp_path):
    with_votes = replace(CONFIG, epochs=1, ferplus_weight=0.4)
    train(tmp_path / "first", with_votes, supervision=Supervision(shares()))
    votes = Input(Path("votes.csv"), "b" * 64)
    RunRequest(with_votes, None, ferplus=votes).write(tmp_path / "first")
    train(tmp_path / "then", replace(CONFIG, epochs=1, init_from=str(tmp_path / "first")))
    assert not has_crowd(load_structure(CONFIG, tmp_path / "then"))
    assert read_epochs(tmp_path / "then")[0].crowd_accuracy is None


def test_the_crowd_learns_what_the_voters_say():
    still = AugmentConfig(rotation_deg=0, scale=0, shift=0, erasing=0, brightness=0, contrast=0, gamma=0)
    config = replace(CONFIG, ferplus_weight=1.0, optimizer="adam", augment=still, dropout=0.0)
    keras.utils.set_random_seed(1)
    model = with_crowd(build_network(config))
    model.compile("adam", build_loss(config))
    batches = AugmentedBatches(DATASET["train"], config, supervision=Supervision(shares()))
    crowd_loss = [_crowd_crossentropy(model)]
    model.fit(batches, epochs=6, verbose=0)
    crowd_loss.append(_crowd_crossentropy(model))
    assert crowd_loss[1] < 0.8 * crowd_loss[0]


def _crowd_crossentropy(model: keras.Model) -> float:
    crowd = np.asarray(model.predict(to_input(DATASET["train"].pixels), verbose=0))[:, 7:]
    assert crowd.sum(1) == pytest.approx(1, abs=1e-4)
    return float(-(shares() * np.log(crowd)).sum(1).mean())


def test_a_line_without_its_checkpoint_and_half_a_line_are_dropped(tmp_path, unbroken):
    run_dir = tmp_path / "run"
    assert train(run_dir, stop=StopAfter(run_dir, 3)) is False
    lines = (unbroken / PROGRESS).read_text().splitlines()
    with (run_dir / PROGRESS).open("a") as stream:
        stream.write(lines[1] + "\n" + lines[2][:40])
    assert (checkpoint_epoch(run_dir), len(read_epochs(run_dir))) == (1, 2)
    train(run_dir)
    written = (run_dir / PROGRESS).read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in written] == [1, 2, 3, 4]


def test_a_finished_run_is_left_as_it_is(tmp_path, unbroken):
    before = {name: (unbroken / name).read_bytes() for name in (CHECKPOINT, BEST, PROGRESS)}
    assert train(unbroken) is True
    assert before == {name: (unbroken / name).read_bytes() for name in before}


def cut(path: Path) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize("spoil", [cut, Path.unlink], ids=["cut off", "missing"])
def test_the_checkpoint_before_takes_the_place_of_a_damaged_one(tmp_path, unbroken, spoil):
    run_dir = tmp_path / "run"
    train(run_dir, stop=StopAfter(run_dir, 5))
    spoil(run_dir / CHECKPOINT)
    assert recover(run_dir) == [
        "The last checkpoint was damaged: training continues from the one before, after epoch 1."
    ]
    train(run_dir)
    assert recover(run_dir) == []
    assert [ours.loss for ours in read_epochs(run_dir)] == pytest.approx([e.loss for e in read_epochs(unbroken)], 1e-5)


def test_damaged_best_weights_are_replaced_by_the_next_best(tmp_path):
    run_dir = tmp_path / "run"
    train(run_dir, stop=StopAfter(run_dir, 5))
    cut(run_dir / BEST)
    assert recover(run_dir) == ["The best weights so far were damaged: the best epoch from here on is kept."]
    train(run_dir)
    assert best_epoch(run_dir)[0] in (3, 4)


def test_without_another_a_damaged_checkpoint_is_named(tmp_path):
    run_dir = tmp_path / "run"
    train(run_dir, replace(CONFIG, epochs=2), stop=StopAfter(run_dir, 3))
    cut(run_dir / CHECKPOINT)
    assert recover(run_dir) == []
    with pytest.raises(ConfigError, match=r"checkpoint.weights.h5 is damaged .* Start a new run"):
        train(run_dir, replace(CONFIG, epochs=2))


def test_early_stopping_ends_the_run_for_good(tmp_path):
    config = replace(CONFIG, epochs=30, early_stopping=2, learning_rate=1e-9, ema_momentum=0)
    assert train(tmp_path / "run", config) is True
    epochs = read_epochs(tmp_path / "run")
    assert len(epochs) == 3
    status = read_status(tmp_path / "run")
    assert status is not None
    assert any("Stopped early" in note for note in status.notes)
    assert train(tmp_path / "run", config) is True
    assert len(read_epochs(tmp_path / "run")) == 3


def test_a_frozen_trunk_does_not_move_until_it_is_freed(tmp_path):
    run_dir = tmp_path / "run"
    config = replace(CONFIG, epochs=3, freeze_epochs=2, warmup_epochs=0, ema_momentum=0)
    keras.utils.set_random_seed(config.seed)
    start = build_network(config).get_weights()

    def moved() -> list[bool]:
        model = build_network(config)
        model.load_weights(run_dir / CHECKPOINT)
        return [not np.array_equal(old, new) for old, new in zip(start, model.get_weights(), strict=True)]

    train(run_dir, config, stop=StopAfter(run_dir, 6))
    assert checkpoint_epoch(run_dir) == 2
    assert moved() == [False] * (len(start) - 2) + [True] * 2
    assert train(run_dir, config) is True
    assert all(moved())


def test_a_layer_that_its_published_weights_fixed_never_moves(tmp_path, monkeypatch):
    config = replace(CONFIG, epochs=3, freeze_epochs=1, warmup_epochs=0, ema_momentum=0)
    published: list[np.ndarray] = []

    def load(model: keras.Model, images: np.ndarray) -> dict[str, str]:
        conv = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
        conv.trainable = False
        published.extend(conv.get_weights())
        return {"name": "weights of somebody"}

    monkeypatch.setattr("train.fitting.fit.pretrained_loader", lambda name: load)
    train(tmp_path, config, stop=StopAfter(tmp_path, 2))
    assert checkpoint_epoch(tmp_path) < config.epochs, "the rest goes on from the files"
    assert train(tmp_path, config) is True

    model = load_structure(config, tmp_path)
    model.load_weights(tmp_path / CHECKPOINT)
    conv, *others = (layer for layer in model.layers if layer.weights)
    assert all(np.array_equal(old, new) for old, new in zip(published, conv.get_weights(), strict=True))
    keras.utils.set_random_seed(config.seed)
    start = [layer for layer in build_network(config).layers if layer.weights][1:]
    assert not any(
        np.array_equal(old, new)
        for before, after in zip(start, others, strict=True)
        for old, new in zip(before.get_weights(), after.get_weights(), strict=True)
    )


def test_a_share_of_the_start_is_kept_in_the_best_weights_whatever_becomes_of_the_start(unbroken, tmp_path):
    start, free, bound = (tmp_path / name for name in ("start", "free", "bound"))
    shutil.copytree(unbroken, start)
    RunRequest(CONFIG, None).write(start)
    config = resolve_start(replace(CONFIG, init_from=str(start), epochs=2, learning_rate=0.1, warmup_epochs=0))
    train(free, config, stop=StopAfter(free, 2))
    train(bound, replace(config, start_share=0.25), stop=StopAfter(bound, 2))
    assert (checkpoint_epoch(free), checkpoint_epoch(bound)) == (1, 1)
    begun, alone, kept = (weights_in(run_dir / BEST) for run_dir in (start, free, bound))
    layers = [name for name in begun if name.startswith("layers")]
    assert any(not np.allclose(begun[name], alone[name], atol=1e-3) for name in layers)
    for name in layers:
        assert np.allclose(kept[name], 0.25 * begun[name] + 0.75 * alone[name], atol=1e-5), name

    shutil.rmtree(start)
    assert train(free, config) is True
    assert train(bound, replace(config, start_share=0.25)) is True
    # Training goes on from the weights that it had.
    assert_same_weights(bound / CHECKPOINT, free / CHECKPOINT)


def test_a_diverging_run_fails_and_keeps_its_last_whole_epoch(tmp_path):
    config = replace(CONFIG, learning_rate=10.0, clip_norm=1000.0, warmup_epochs=0, epochs=30, optimizer="sgd")
    huge = replace(config, weight_decay=1.0)
    with pytest.raises(TrainingError, match=r"diverged.*lower learning rate"):
        train(tmp_path / "run", huge)
    assert all(np.isfinite(metrics.loss) for metrics in read_epochs(tmp_path / "run"))


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adamw", "loss": "focal", "class_weights": "effective"},
        {"optimizer": "adam", "loss": "binary_crossentropy", "schedule": "plateau", "plateau_patience": 1},
        {"schedule": "constant", "normalization": "standardised", "class_weights": "inverse", "ema_momentum": 0.0},
        {"precision": "mixed_bfloat16", "augment": AugmentConfig(mixup=1.0, crop=0.2, vertical_flip=0.5)},
    ],
    ids=lambda changes: "-".join(map(str, changes.values()))[:40],
)
def test_every_choice_trains(tmp_path, changes):
    config = replace(CONFIG, epochs=2, **changes)
    assert train(tmp_path / "run", config) is True
    assert all(np.isfinite([m.loss, m.validation_loss]).all() for m in read_epochs(tmp_path / "run"))
    assert "mixed_bfloat16" not in (tmp_path / "run" / NETWORK).read_text()


def test_the_plateau_schedule_lowers_the_rate_that_is_used(tmp_path):
    config = replace(
        CONFIG, schedule="plateau", plateau_patience=1, warmup_epochs=0, learning_rate=1e-20, ema_momentum=0
    )
    train(tmp_path / "run", config)
    epochs = read_epochs(tmp_path / "run")
    # With so small a rate nothing moves, so from the second epoch on each one halves the rate.
    assert [m.learning_rate / epochs[0].learning_rate for m in epochs] == pytest.approx([1, 1, 0.5, 0.25])


def test_a_checkpoint_that_does_not_fit_on_the_disk_is_refused_beforehand(tmp_path, monkeypatch):
    # Room for what else is written, but not for the network's 0.1 MB beside it.
    monkeypatch.setattr("train.networks.checkpoints.shutil.disk_usage", lambda _: SimpleNamespace(free=4 << 20))
    with pytest.raises(OSError, match="No space left") as caught:
        train(tmp_path / "run")
    assert failure_sentence(caught.value).startswith("The disk is full. Free some space, then resume")
    assert not (tmp_path / "run" / f"new.{BEST}").exists()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Memory ran out. Choose a smaller batch size"),
        (OSError(28, "No space left on device"), "The disk is full"),
        (OSError(5, "Input/output error"), "could not be read or written"),
        (TrainingError("The loss is nan."), "The loss is nan."),
        (KeyError("x"), "failed unexpectedly (KeyError"),
    ],
)
def test_every_failure_is_one_sentence(error, words):
    assert words in failure_sentence(error)
    assert "\n" not in failure_sentence(error)


@pytest.mark.parametrize("installed", [True, False])
def test_published_weights_are_noted_in_the_run_and_random_ones_said(tmp_path, monkeypatch, installed):
    asked = []

    def load(model, images):
        asked.append(images)
        if not installed:
            raise PretrainedError("not installed; training starts from random ones.")
        return {"name": "weights of somebody"}

    monkeypatch.setattr("train.fitting.fit.pretrained_loader", lambda name: load)
    assert train(tmp_path / "run", replace(CONFIG, epochs=1))
    assert np.array_equal(asked[0], to_input(DATASET["train"].pixels[:256]))
    assert read_json(tmp_path / "run" / PRETRAINED) == ({"name": "weights of somebody"} if installed else None)
    status = read_status(tmp_path / "run")
    assert status is not None
    assert any("not installed" in note for note in status.notes) is not installed


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        (({"name": "a", "about": "of a"}, None), {"name": "a", "about": "of a"}),
        (({"name": "a"}, {"name": "a"}), {"name": "a"}),
        (({"name": "a", "about": "of a"}, {"name": "b"}), {"name": "a; b", "about": "of a"}),
        ((None, None), {}),
    ],
)
def test_of_two_starts_both_origins_are_told(tmp_path, origins, told):
    starts = [tmp_path / "one", tmp_path / "other"]
    for start, origin in zip(starts, origins, strict=True):
        start.mkdir()
        RunRequest(CONFIG, None).write(start)
        if origin:
            write_json(start / PRETRAINED, origin)
    assert _origin_of(starts) == told


@pytest.mark.parametrize("origin", [{"name": "weights of somebody"}, None])
def test_what_is_fine_tuned_hands_on_where_its_start_came_from(tmp_path, origin):
    shutil.copytree(SHIPPED_MODELS / "default", tmp_path / "start")
    # Through JSON, as an export does it: else Keras numbers by their place in memory what layers share.
    keras.models.model_from_json(build_network(CONFIG).to_json()).save(tmp_path / "start" / KERAS_FILE)
    card = read_json(tmp_path / "start" / "card.json")
    card["sha256"][KERAS_FILE] = file_sha256(tmp_path / "start" / KERAS_FILE)
    card["training"].pop("pretrained", None)  # the shipped network has one
    if origin:
        card["training"]["pretrained"] = origin
    (tmp_path / "start" / "card.json").write_text(json.dumps(card))
    assert train(tmp_path / "run", replace(CONFIG, epochs=1, init_from=str(tmp_path / "start")))
    assert read_json(tmp_path / "run" / PRETRAINED) == origin
