"""The contract that every file in train/architectures keeps; a new file is tested by being there."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.helpers.synthetic import drawn_faces
from train import architectures
from train.architectures import builder, describe, docline, names
from train.errors import ConfigError
from train.export.litert import run_litert, to_litert
from train.networks.build import build_network
from train.networks.heads import OUTPUT
from train.networks.inputs import to_input
from train.networks.precision import with_precision
from train.settings.training import TrainingConfig

FACES = drawn_faces(6, seed=2)
PIXELS = to_input(FACES.pixels)
TARGETS = np.eye(7, dtype=np.float32)[FACES.labels]
KNOWN = {
    "baseline_cnn",
    "cbam_cnn",
    "compact_se",
    "deep_se",
    "face_early",
    "face_resnet",
    "mini_xception",
    "mobilenet_transfer",
    "patch_gcn",
    "se_resnet",
    "se_resnet_wide",
    "vgg_se",
    "vgg_small",
}
# Their kinds of layers all stand in the other networks, so their files are left to those: half a minute.
ALIKE = {"face_early", "se_resnet", "se_resnet_wide", "vgg_se", "vgg_small"}
BACKEND_FREE = (
    "augmentation/images",
    "fitting/batches",
    "fitting/callbacks",
    "fitting/fit",
    "fitting/losses",
    "fitting/optimizer",
    "networks/build",
)

LOADER = """
import sys
import numpy as np, keras
folder, names = sys.argv[1], sys.argv[2].split(",")
pixels = np.load(folder + "/pixels.npy")
for name in names:
    model = keras.models.load_model(f"{folder}/{name}.keras", safe_mode=True)
    np.save(f"{folder}/{name}.answers.npy", np.asarray(model(pixels)))
assert not [name for name in sys.modules if name == "train" or name.startswith("train.")]
"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of saved networks, what they answered, and the kinds of layers of each; `network` fills all three."""
    folder = tmp_path_factory.mktemp("saved")
    np.save(folder / "pixels.npy", PIXELS)
    return folder, {}, {}


def kind(layer: keras.Layer) -> tuple[str, ...]:
    """What decides how a layer is saved and converted: all but its size and its weights."""
    config = layer.get_config()
    return type(layer).__name__, *(str(config.get(key)) for key in ("activation", "padding", "strides"))


@pytest.fixture(scope="module", params=names())
def network(request, saved):
    """Each architecture, after two steps of training: random batch-norm statistics would hide mistakes."""
    keras.utils.set_random_seed(1)
    model = build_network(TrainingConfig(architecture=request.param, normalization="unit", dropout=0.3))
    before = [keras.ops.convert_to_numpy(v).copy() for v in model.trainable_variables]
    model.compile(keras.optimizers.SGD(0.01), "categorical_crossentropy", run_eagerly=True)
    for _ in range(2):
        model.train_on_batch(PIXELS, TARGETS)
    after = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    pairs = zip(model.trainable_variables, before, after, strict=True)
    unmoved = [v.path for v, old, new in pairs if np.array_equal(old, new)]
    folder, answers, kinds = saved
    kinds[request.param] = {kind(layer) for layer in model.layers}
    if request.param not in ALIKE:
        model.save(folder / f"{request.param}.keras")
        answers[request.param] = np.asarray(model(PIXELS))
    return model, unmoved


def test_the_folder_holds_the_known_architectures():
    assert set(names()) >= KNOWN


def test_answers_are_probabilities_for_whole_numbers_and_floats_alike(network):
    model, _ = network
    answers = np.asarray(model(PIXELS))
    assert answers.shape == (6, 7)
    assert answers.sum(1) == pytest.approx(np.ones(6), abs=1e-5)
    assert np.array_equal(np.asarray(model(FACES.pixels[..., None])), answers)


def test_a_call_that_does_not_say_is_no_training(network):
    model, _ = network
    assert np.array_equal(np.asarray(model(PIXELS)), np.asarray(model(PIXELS, training=False)))


def test_gradients_reach_every_variable(network):
    model, unmoved = network
    assert unmoved == []
    assert model.layers[-1].name == OUTPUT


def test_batch_norm_statistics_keep_up_with_the_weights(network):
    model, _ = network
    momenta = {layer.momentum for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert momenta <= {0.95}


def test_answers_depend_on_the_face(network):
    model, _ = network
    answers = np.asarray(model(PIXELS, training=True))  # by the batch's own statistics: a new network has no other
    assert np.abs(answers[0] - answers[1]).max() > 1e-3


@pytest.mark.parametrize("network", sorted({*names()} - ALIKE), indirect=True)
def test_exports_to_litert_with_close_answers(network):
    model, _ = network
    exact = np.asarray(model(PIXELS))
    assert np.abs(run_litert(to_litert(model, quantised=False), PIXELS) - exact).max() < 1e-4


def test_half_precision_gives_close_answers_in_float32(network):
    model, _ = network
    half = np.asarray(with_precision(model, "mixed_bfloat16")(PIXELS))
    assert half.dtype == np.float32
    assert half.sum(1) == pytest.approx(np.ones(6), abs=1e-5)
    assert np.abs(half - np.asarray(model(PIXELS))).max() < 0.1


def test_normalisation_and_dropout_reach_every_architecture(network):
    model, _ = network
    first = keras.Model(model.inputs[0], model.layers[1].output)
    scaled = np.asarray(first(np.linspace(0, 255, 48 * 48, dtype=np.float32).reshape(1, 48, 48, 1)))
    assert (scaled.min(), scaled.max()) == pytest.approx((0, 1), abs=1e-5)
    assert 0.3 in {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)}


def test_what_is_not_saved_and_converted_here_has_no_kind_of_layer_of_its_own(saved):
    _, _, kinds = saved
    if not kinds:
        pytest.skip("the tests above build what is compared here: run the whole file")
    assert set(kinds) == set(names())
    others = set().union(*(kinds[name] for name in set(names()) - ALIKE))
    assert {name: kinds[name] - others for name in ALIKE} == {name: set() for name in ALIKE}


def test_saved_networks_load_with_equal_answers_without_this_package(saved):
    folder, expected, _ = saved
    if not expected:
        pytest.skip("the tests above save what is loaded here: run the whole file")
    assert set(expected) == set(names()) - ALIKE
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-P", "-c", LOADER, str(folder), ",".join(expected)]
    subprocess.run(command, check=True, cwd=folder, env=environment)
    for name, answers in expected.items():
        assert np.load(folder / f"{name}.answers.npy") == pytest.approx(answers, abs=1e-6), name


def test_symmetric_normalisation_is_the_default_and_reaches_from_minus_1_to_1():
    for arguments in ({}, {"normalization": "symmetric"}):
        model = builder("baseline_cnn")(input_shape=(48, 48, 1), num_classes=7, **arguments)
        first = keras.Model(model.inputs[0], model.layers[1].output)
        scaled = np.asarray(first(np.linspace(0, 255, 48 * 48, dtype=np.float32).reshape(1, 48, 48, 1)))
        assert (scaled.min(), scaled.max()) == pytest.approx((-1, 1), abs=1e-5)


def test_standardised_faces_have_mean_0_and_variance_1_and_an_even_one_stays_even():
    model = builder("baseline_cnn")(input_shape=(48, 48, 1), num_classes=7, normalization="standardised")
    first = keras.Model(model.inputs[0], model.layers[1].output)
    scaled = np.asarray(first(np.concatenate([PIXELS, np.full((1, 48, 48, 1), 77.0)])))
    assert scaled[:6].mean(axis=(1, 2, 3)) == pytest.approx(np.zeros(6), abs=1e-3)
    assert scaled[:6].std(axis=(1, 2, 3)) == pytest.approx(np.ones(6), abs=0.01)
    assert np.abs(scaled[6]).max() < 1e-3


def test_an_unknown_normalisation_is_refused():
    with pytest.raises(ConfigError, match="unit, symmetric or standardised, got 'imagenet'"):
        builder("baseline_cnn")(input_shape=(48, 48, 1), num_classes=7, normalization="imagenet")


def test_cost_is_counted_as_two_per_multiply_add():
    info = describe("baseline_cnn")
    convolutions = 9 * (48 * 48 * 1 * 32 + 24 * 24 * 32 * 64 + 12 * 12 * 64 * 128)
    assert info.mflops == pytest.approx(2 * (convolutions + 6 * 6 * 128 * 256 + 256 * 7) / 1e6)
    assert info.parameters == 9 * (32 + 32 * 64 + 64 * 128) + 32 + 64 + 128 + (4608 + 1) * 256 + 257 * 7
    assert info.docline == docline("baseline_cnn")


@pytest.mark.parametrize(
    ("name", "parameters", "mflops"),
    [
        ("compact_se", 2_419_703, 192.5),
        ("deep_se", 3_158_519, 277.4),
        ("mini_xception", 58_423, 11.0),
        ("patch_gcn", 1_405_737, 189.4),
    ],
)
def test_costs_of_known_networks(name, parameters, mflops):
    info = describe(name)
    assert info.parameters == parameters
    assert info.mflops == pytest.approx(mflops, abs=0.05)


def test_compact_se_keeps_the_order_of_its_weights():
    # Runs and models of the first version are read with these shapes in this order.
    shapes = [tuple(w.shape) for w in build_network(TrainingConfig()).get_weights()]
    assert len(shapes) == 7 * 5 + 3 * 4 + 2
    assert shapes[:6] == [(4, 4, 1, 64), (64,), (64,), (64,), (64,), (3, 3, 64, 64)]
    assert shapes[-6:] == [(512, 64), (64,), (64, 512), (512,), (512, 7), (7,)]


def test_training_code_belongs_to_no_backend():
    package = Path(architectures.__file__).parent.parent
    sources = [*package.glob("architectures/*.py"), *(package / f"{name}.py" for name in BACKEND_FREE)]
    for source in sources:
        tree = ast.parse(source.read_text())
        imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert not {name.split(".")[0] for name in imported} & {"tensorflow", "jax", "torch"}, source


def test_an_unknown_architecture_is_refused_with_the_known_ones():
    for function in (builder, describe, docline, architectures.pretrained_loader):
        for name in ("resnet152", "deep_se+resnet152"):
            with pytest.raises(ConfigError, match=r"no architecture 'resnet152'; there are .*vgg_small"):
                function(name)


def test_two_side_by_side_read_the_same_pixels_and_share_a_head():
    name = "baseline_cnn+baseline_cnn"
    one, both = describe("baseline_cnn"), describe(name)
    assert both.docline == "baseline_cnn and baseline_cnn side by side"
    assert both.parameters == 2 * one.parameters - 7  # one head's biases instead of two
    assert both.mflops == pytest.approx(2 * one.mflops)
    model = build_network(TrainingConfig(architecture=name, dropout=0.3))
    assert model.layers[-1].name == OUTPUT
    exact = np.asarray(model(PIXELS))
    assert exact.sum(1) == pytest.approx(np.ones(6), abs=1e-5)
    assert np.abs(run_litert(to_litert(model, quantised=False), PIXELS) - exact).max() < 1e-4
    assert architectures.pretrained_loader("face_early+baseline_cnn") is None


def test_published_weights_that_cannot_be_downloaded_are_a_clear_error(monkeypatch):
    load = architectures.pretrained_loader("mobilenet_transfer")
    assert load is not None

    def refuse(*args, **kwargs):
        raise Exception("URL fetch failure")  # as Keras does

    monkeypatch.setattr(keras.applications, "MobileNetV2", refuse)
    with pytest.raises(architectures.PretrainedError, match=r"cannot be downloaded .*random ones.*--init-from"):
        load(None, PIXELS)
    assert architectures.pretrained_loader("baseline_cnn") is None


def test_published_weights_are_copied_by_layer(monkeypatch):
    model = builder("mobilenet_transfer")(input_shape=(48, 48, 1), num_classes=7)
    published = keras.applications.MobileNetV2(input_shape=(96, 96, 3), include_top=False, weights=None)
    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **_: published)
    load = architectures.pretrained_loader("mobilenet_transfer")
    assert load is not None
    assert load(model, PIXELS)["name"] == "MobileNetV2"
    for layer in published.layers:
        for ours, theirs in zip(
            model.get_layer(layer.name).get_weights() if layer.weights else [], layer.get_weights(), strict=True
        ):
            assert np.array_equal(ours, theirs)
