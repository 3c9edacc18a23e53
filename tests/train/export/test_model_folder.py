"""From a run folder to a model folder that the live side accepts, and on to a run that starts from it."""

import json
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core.expressions.card import read_card
from fer_core.expressions.model import KERAS_FILE, TFLITE_FILE, load_model
from tests.helpers.synthetic import drawn_dataset, drawn_votes
from train.archive.reader import Dataset
from train.dataset.for_run import RunVotes
from train.errors import ConfigError
from train.evaluation.crowd import emotion_shares
from train.evaluation.evaluate import evaluate, evaluate_crowd
from train.evaluation.types import STOPPED
from train.export.litert import convert, run_litert, to_litert
from train.export.model_folder import add_metrics, export_run, reestimate_batch_norm
from train.export.report import report_run
from train.fitting.fit import fit
from train.fitting.prepared import PreparedRun
from train.networks.build import build_network, has_crowd, label_network, load_saved, load_structure
from train.networks.checkpoints import load_weights
from train.networks.inputs import to_input
from train.networks.precision import resolve_precision
from train.runs.files import BEST, NETWORK, RECIPE, read_epochs
from train.runs.reporter import RunReporter
from train.runs.request import Input, RunRequest, read_request, resolve_start
from train.runs.stopping import StopRequest
from train.settings.augmentation import AugmentConfig
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision

DATASET = drawn_dataset()
CONFIG = TrainingConfig(architecture="tiny", epochs=2, batch_size=32, precision="mixed_bfloat16")
WEIGHTS = 8_367
pytestmark = pytest.mark.usefixtures("tiny")


VOTES = {split: drawn_votes(DATASET[split].labels, seed=i) for i, split in enumerate(("train", "validation"))}


def train(run_dir: Path, config: TrainingConfig) -> Path:
    run_dir.mkdir()
    ferplus = Input(Path("votes.csv"), "b" * 64) if config.ferplus_weight else None
    RunRequest(config, None, DATASET.source, DATASET.sha256, ferplus=ferplus).write(run_dir)
    reporter = RunReporter(run_dir, epochs=config.epochs, epoch=0)
    supervision = Supervision((VOTES["train"] / 10).astype(np.float32)) if ferplus else Supervision()
    run = replace(prepared(run_dir), supervision=supervision)
    assert fit(run, reporter=reporter, stop=StopRequest(run_dir))
    return run_dir


def prepared(run_dir: Path, dataset: Dataset = DATASET, *, report_test: bool = False) -> PreparedRun:
    request = read_request(run_dir)
    assert request is not None
    precision = resolve_precision(request.training.precision)
    return PreparedRun(replace(request, report_test=report_test), run_dir, dataset, precision)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory, tiny):
    return train(tmp_path_factory.mktemp("runs") / "run", CONFIG)


@pytest.fixture(scope="module")
def exported(run_dir):
    report = report_run(prepared(run_dir, report_test=True), run_dir / "model", finished=True)
    return run_dir / "model", asdict(report)


def test_the_model_folder_is_whole_and_its_card_says_what_it_is(exported):
    folder, _ = exported
    model = load_model(folder)
    card = model.card
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", KERAS_FILE, TFLITE_FILE]
    assert (card.name, card.architecture, card.parameters) == ("run", "tiny", WEIGHTS)
    assert card.dataset["rows"] == {"train": 64, "validation": 28, "test": 28}
    assert card.training["precision"] == "mixed_bfloat16"
    assert card.metrics["validation"]["litert_weights"] in ("int8", "float32")
    assert "mistakes" not in card.metrics["validation"]


def test_the_card_says_how_common_each_emotion_was_and_what_the_threshold_aims_at(exported):
    card = load_model(exported[0]).card
    counts = np.bincount(DATASET["train"].labels, minlength=7)
    assert card.class_priors == pytest.approx(counts / 64, abs=1e-6)
    figures = card.metrics["validation"]
    assert figures["kept_accuracy"] == 0.85
    assert 0 < figures["coverage"] <= 1


def test_the_card_names_what_the_run_learnt_from_without_saying_where_it_lay(run_dir, tmp_path):
    assert (
        not {"ferplus", "teachers", "recipe"} & read_card(_exported_again(run_dir, tmp_path / "plain")).training.keys()
    )
    request = read_request(run_dir)
    assert request is not None
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    teacher = Input(Path("/somewhere/teacher"), "a" * 64)
    replace(request, teachers=(teacher,)).write(copy)
    (copy / RECIPE).write_text(json.dumps({"name": "tiny", "steps": []}))
    training = read_card(_exported_again(copy, tmp_path / "taught")).training
    assert training["teachers"] == [{"name": "teacher", "sha256": "a" * 64}]
    assert training["recipe"]["name"] == "tiny"
    assert training["seed"] == 1
    assert "/somewhere" not in json.dumps(training)


def test_a_run_says_whether_its_model_is_asked_about_the_mirror_image_too(run_dir, exported, tmp_path):
    assert load_model(exported[0]).card.mirror_average
    request = read_request(run_dir)
    assert request is not None
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    replace(request, training=replace(request.training, answer="single")).write(copy)
    assert not read_card(_exported_again(copy, tmp_path / "single")).mirror_average


@pytest.fixture(scope="module")
def with_votes(tmp_path_factory):
    """A model folder of a run that learnt from votes, and its report."""
    run_dir = tmp_path_factory.mktemp("votes") / "run"
    run_dir.mkdir()
    config = replace(CONFIG, precision="float32", ferplus_weight=1.0, label_share=0.25)
    RunRequest(config, None, DATASET.source, DATASET.sha256, ferplus=Input(Path("votes.csv"), "b" * 64)).write(run_dir)
    shares = (VOTES["train"] / 10).astype(np.float32)
    run = replace(
        prepared(run_dir),
        supervision=Supervision(shares, validation_votes=VOTES["validation"]),
        votes=RunVotes(shares, VOTES["validation"]),
    )
    assert fit(run, reporter=RunReporter(run_dir, epochs=2, epoch=0), stop=StopRequest(run_dir))
    return run_dir / "model", report_run(run, run_dir / "model", finished=True)


def test_a_model_that_learnt_from_votes_answers_between_them_and_the_labels(with_votes):
    folder, _ = with_votes
    model = load_model(folder)
    assert model.card.outputs == ("answer", "labels", "votes")
    tiles = DATASET["validation"].pixels[..., None]
    answer, labels, votes = model.predict_raw(tiles), model.predict_labels(tiles), model.predict_votes(tiles)
    assert votes is not None
    assert votes.shape == (28, 10)
    network = load_saved(folder)
    assert network.output_shape == (None, 17)
    once = np.asarray(network.predict(to_input(DATASET["validation"].pixels), verbose=0))
    mirrored = np.asarray(network.predict(to_input(DATASET["validation"].pixels[:, :, ::-1]), verbose=0))
    expected = np.mean([_mixed(rows, 0.25) for rows in (once, mirrored)], axis=0)
    assert answer == pytest.approx(expected, abs=0.03)  # weights of 8 bits
    assert votes == pytest.approx((once[:, 7:] + mirrored[:, 7:]) / 2, abs=0.03)
    assert labels.sum(1) == pytest.approx(1)


def _mixed(rows: np.ndarray, label_share: float) -> np.ndarray:
    mixed: np.ndarray = rows[:, :7] ** label_share * emotion_shares(rows[:, 7:]) ** (1 - label_share)
    shares: np.ndarray = mixed / mixed.sum(1, keepdims=True)
    return shares


def test_a_card_holds_the_votes_figures_beside_those_of_the_labels(with_votes):
    folder, report = with_votes
    model = load_model(folder)
    figures = model.card.metrics["validation"]
    crowd = evaluate_crowd(model, DATASET["validation"], VOTES["validation"])
    assert figures["crowd"]["accuracy"] == pytest.approx(crowd.accuracy, abs=1e-5)
    assert report.crowd == figures["crowd"]
    assert report.validation.accuracy == pytest.approx(figures["accuracy"], abs=1e-5)
    by_labels = evaluate(model.predict_labels, DATASET["validation"], split="validation", train=None)
    assert figures["accuracy"] == pytest.approx(by_labels.accuracy, abs=1e-5)
    assert figures["yardstick"] == "votes"
    assert figures["kept_accuracy"] == 0.9
    assert model.card.named_from == figures["levels"]["named_from"] >= model.card.unsure_below


def test_a_run_that_starts_from_it_keeps_the_crowd_or_leaves_it(with_votes):
    folder, _ = with_votes
    assert has_crowd(build_network(TrainingConfig(init_from=str(folder))))
    assert label_network(load_saved(folder)).output_shape == (None, 7)


def _exported_again(run_dir: Path, folder: Path) -> Path:
    export_run(run_dir, DATASET, folder, name="again")
    return folder


def test_the_card_tells_the_epochs_that_were_trained_and_the_rate_that_was_used(run_dir, exported, tmp_path):
    training = read_card(exported[0]).training
    assert (training["epochs"], training["epochs_planned"]) == (2, 2)
    assert (training["learning_rate"], training["peak_learning_rate"]) == ("automatic", 0.1 * 32 / 128)
    request = read_request(run_dir)
    assert request is not None
    copy = tmp_path / "copy"
    shutil.copytree(run_dir, copy)
    replace(request, report_test=True, training=replace(request.training, epochs=12, learning_rate=0.2)).write(copy)

    stopped = report_run(prepared(copy, report_test=True), tmp_path / "stopped", finished=False)

    training = read_card(tmp_path / "stopped").training
    assert (training["epochs"], training["epochs_planned"]) == (2, 12)
    assert (training["learning_rate"], training["peak_learning_rate"]) == (0.2, 0.05)
    assert (stopped.test, stopped.no_test_because) == (None, STOPPED)


def test_the_card_says_whose_data_it_was_or_that_it_is_unknown(exported):
    card = read_card(exported[0])
    assert card.dataset["name"] == ""
    assert "The licence of drawn.csv is unknown" in card.notes["data_licence"]
    assert "FER2013" not in json.dumps(card.notes)
    assert set(card.notes) == {"intended_use", "not_for", "limits", "data_licence"}


def test_card_and_report_say_what_each_accuracy_was_measured_on(run_dir, exported):
    folder, report = exported
    figures, model = read_card(folder).metrics["validation"], report["model"]
    in_training = max(epoch.validation_accuracy for epoch in read_epochs(run_dir))
    assert figures["accuracy_in_training"] == pytest.approx(in_training, abs=1e-5)
    assert model["accuracy_in_training"] == in_training
    assert model["mirror_average"] is True
    assert (figures["source"], figures["archive_sha256"]) == (DATASET.source, DATASET.sha256)
    assert figures["n_without_near_duplicates"] is not None
    assert report["no_test_because"] == ""


def test_the_live_file_answers_as_the_keras_file(exported):
    folder, _ = exported
    network = keras.models.load_model(folder / KERAS_FILE)
    exact = np.asarray(network(to_input(DATASET["test"].pixels)))
    raw = run_litert((folder / TFLITE_FILE).read_bytes(), to_input(DATASET["test"].pixels))
    assert np.abs(raw - exact).max() < 0.05
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


def test_the_report_describes_the_exported_model(exported):
    folder, report = exported
    model = load_model(folder)
    validation = evaluate(model.predict, DATASET["validation"], split="validation", train=DATASET["train"])
    assert report["validation"]["accuracy"] == validation.accuracy
    assert report["validation"]["calibration"]["temperature"] == model.card.temperature
    assert report["test"]["split"] == "test"
    assert report["model"]["litert_bytes"] == (folder / TFLITE_FILE).stat().st_size
    assert model.card.metrics["test"]["n"] == 28
    json.dumps(report, allow_nan=False)


def test_without_a_test_split_or_without_the_wish_there_is_no_test_report(run_dir, tmp_path):
    without = replace(DATASET, splits={name: DATASET[name] for name in ("train", "validation")})
    report = report_run(prepared(run_dir, without, report_test=True), tmp_path / "a", finished=True)
    assert (report.test, report.no_test_because) == (None, "The archive has no test split.")
    assert "test" not in read_card(tmp_path / "a").metrics


def test_a_failed_export_leaves_the_old_model_alone(run_dir, tmp_path, monkeypatch):
    export_run(run_dir, DATASET, tmp_path / "model", name="first")

    def refuse(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("train.export.model_folder.convert", refuse)
    with pytest.raises(OSError, match="No space"):
        export_run(run_dir, DATASET, tmp_path / "model", name="second")
    assert load_model(tmp_path / "model").card.name == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_other_data_or_no_epoch_is_refused(run_dir, tmp_path):
    with pytest.raises(ConfigError, match=r"not on drawn\.csv; with other data"):
        export_run(run_dir, replace(DATASET, sha256="1" * 64), tmp_path / "model", name="x")
    with pytest.raises(ConfigError, match=r"Run fit first"):
        export_run(tmp_path, DATASET, tmp_path / "model", name="x")


def test_a_run_of_the_first_version_without_structure_file_is_exported(run_dir, tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    (old / BEST).write_bytes((run_dir / BEST).read_bytes())
    values = {"training": {"architecture": "tiny"}, "archive": {"name": "drawn.csv", "sha256": DATASET.sha256}}
    (old / "config.json").write_text(json.dumps(values))
    assert not (old / NETWORK).exists()
    assert export_run(old, DATASET, tmp_path / "model", name="old").parameters == WEIGHTS


def test_eight_bits_are_given_up_where_they_cost_accuracy(monkeypatch):
    network = build_network(TrainingConfig(architecture="baseline_cnn"))
    faces = DATASET["validation"]
    exact = np.asarray(network(to_input(faces.pixels)))
    kind = convert(network, faces)
    assert kind.weights == "int8"
    right = (exact.argmax(1) == faces.labels).mean()
    assert kind.accuracy_float32 == pytest.approx(right)

    perfect = np.eye(7)[faces.labels]
    monkeypatch.setattr(network, "predict", lambda *_, **__: perfect)
    spared = convert(network, faces)
    assert spared.weights == "float32"
    assert len(spared.content) > 3 * len(kind.content)
    assert run_litert(spared.content, to_input(faces.pixels)) == pytest.approx(exact, abs=1e-5)


def test_litert_files_need_tensorflow(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match="KERAS_BACKEND=tensorflow"):
        to_litert(None, quantised=True)


def test_batch_norm_statistics_become_those_of_the_images_as_they_are_trained_on():
    network = build_network(replace(CONFIG, architecture="mini_xception"))
    faces = DATASET["train"]
    mirrored = AugmentConfig(flip=1, rotation_deg=0, scale=0, shift=0, brightness=0, contrast=0, gamma=0, erasing=0)
    reestimate_batch_norm(network, faces, mirrored)
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization))
    before = keras.Model(network.inputs[0], first.input)
    maps = np.asarray(before(to_input(faces.pixels[:, :, ::-1])))
    assert np.asarray(first.moving_mean) == pytest.approx(maps.mean(axis=(0, 1, 2)), abs=1e-3)
    assert first.momentum == 0.95


def test_batch_norm_statistics_are_not_those_of_a_poor_camera():
    found = []
    for augment in (AugmentConfig(), AugmentConfig(noise=0.5, blur=5.0)):
        network = build_network(TrainingConfig(architecture="mini_xception", seed=4))
        network.set_weights([np.full_like(weights, 0.1) for weights in network.get_weights()])
        reestimate_batch_norm(network, DATASET["train"], augment)
        found.append(network.get_weights())
    assert all(np.array_equal(one, other) for one, other in zip(*found, strict=True))


def test_a_run_can_start_from_an_exported_model(exported, tmp_path):
    folder, _ = exported
    config = resolve_start(TrainingConfig(init_from=str(folder), epochs=1, batch_size=32, freeze_epochs=1))
    assert config.architecture == "tiny"
    start = load_saved(folder)
    fine_tuned = train(tmp_path / "run", config)
    card = export_run(fine_tuned, DATASET, tmp_path / "model", name="fine")
    assert card.architecture == "tiny"
    ended = load_saved(tmp_path / "model")
    kernels = [v.path for v in start.trainable_variables if "kernel" in v.path]
    moved = [
        not np.array_equal(a, b)
        for a, b in zip(start.trainable_variables, ended.trainable_variables, strict=True)
        if "kernel" in a.path
    ]
    assert moved == [False] * (len(kernels) - 1) + [True]


def test_a_run_can_start_from_another_runs_best_weights(run_dir, tmp_path):
    config = resolve_start(TrainingConfig(init_from=str(run_dir), architecture="vgg_small"))
    assert config.architecture == "tiny"
    start = build_network(config)
    saved = load_structure(config, run_dir)
    load_weights(saved, run_dir / BEST)
    assert all(np.array_equal(a, b) for a, b in zip(start.get_weights(), saved.get_weights(), strict=True))
    (tmp_path / "begun").mkdir()
    shutil.copy(run_dir / "config.json", tmp_path / "begun")
    with pytest.raises(ConfigError, match="a run folder with a finished epoch"):
        resolve_start(TrainingConfig(init_from=str(tmp_path / "begun")))


def test_two_models_that_learnt_from_votes_become_one_model(with_votes, tmp_path):
    folder, _ = with_votes
    settings = TrainingConfig(
        init_from=str(folder), join_with=str(folder), ferplus_weight=1.0, epochs=1, freeze_epochs=1, batch_size=32
    )
    config = resolve_start(settings)
    assert config.architecture == "tiny+tiny"
    run_dir = train(tmp_path / "run", config)
    card = export_run(run_dir, DATASET, tmp_path / "model", name="both")
    assert (card.architecture, card.training["join_with"]) == ("tiny+tiny", folder.name)
    assert card.parameters == load_saved(tmp_path / "model").count_params()
    votes = load_model(tmp_path / "model").predict_votes(DATASET["validation"].pixels[:3, ..., None])
    assert votes is not None
    assert votes.shape == (3, 10)
    # It can be trained further, and a run that goes on asks for the same.
    assert resolve_start(config) == config
    assert resolve_start(TrainingConfig(init_from=str(tmp_path / "model"))).architecture == "tiny+tiny"


def test_an_altered_model_to_start_from_is_refused(exported, tmp_path):
    folder = tmp_path / "altered"
    folder.mkdir()
    for path in exported[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    with (folder / KERAS_FILE).open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(ConfigError, match="missing or altered"):
        load_saved(folder)


def test_figures_of_a_further_split_are_added_to_the_card(exported, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for path in exported[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    model = load_model(folder)
    add_metrics(folder, evaluate(model.predict, DATASET["train"], split="train", train=None))
    assert read_card(folder).metrics.keys() == {"validation", "test", "train"}


@pytest.mark.parametrize("name", ["dear.txt", "log.txt", KERAS_FILE])
def test_only_a_model_is_replaced(run_dir, tmp_path, name):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / name).write_text("dear")
    with pytest.raises(ConfigError, match=f"letters holds other files, such as {re.escape(name)}"):
        export_run(run_dir, DATASET, tmp_path / "letters", name="tried")
    assert (tmp_path / "letters" / name).read_text() == "dear"


def test_a_file_is_not_replaced_by_a_model(run_dir, tmp_path):
    (tmp_path / "notes.txt").write_text("notes")
    with pytest.raises(ConfigError, match=r"notes\.txt is a file"):
        export_run(run_dir, DATASET, tmp_path / "notes.txt", name="tried")
    assert (tmp_path / "notes.txt").read_text() == "notes"


def test_a_link_to_a_model_folder_stays_a_link(run_dir, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    export_run(run_dir, DATASET, tmp_path / "link", name="tried")
    assert (tmp_path / "link").is_symlink()
    assert read_card(tmp_path / "real").name == "tried"
