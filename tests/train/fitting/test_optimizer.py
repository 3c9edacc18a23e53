from dataclasses import replace

import keras
import numpy as np
import pytest

from train.fitting.optimizer import build_optimizer, plateau_rate, should_stop_early
from train.settings.training import TrainingConfig

CONFIG = TrainingConfig(epochs=10, warmup_epochs=2)


def rates(config: TrainingConfig, *, steps: int = 10, epochs: int = 10) -> np.ndarray:
    schedule = build_optimizer(config, steps_per_epoch=steps, epochs=epochs)._learning_rate
    return np.array([float(schedule(step)) for step in range(steps * epochs + 1)])


def test_cosine_rises_to_the_peak_and_falls_to_zero():
    found = rates(CONFIG)
    assert found[0] == 0
    assert found[20] == pytest.approx(0.1)
    assert found.argmax() == 20
    assert found[60] == pytest.approx(0.05, abs=1e-4)
    assert found[-1] == pytest.approx(0, abs=1e-6)


def test_constant_rises_to_the_peak_and_stays():
    found = rates(replace(CONFIG, schedule="constant"))
    assert found[10] == pytest.approx(0.05)
    assert found[20:] == pytest.approx(np.full(81, 0.1))


def test_without_warm_up_the_first_step_has_the_peak():
    assert rates(replace(CONFIG, warmup_epochs=0))[0] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sgd", keras.optimizers.SGD), ("adam", keras.optimizers.Adam), ("adamw", keras.optimizers.AdamW)],
)
def test_each_optimizer_learns_a_line_and_averages_its_weights(name, kind):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    config = replace(CONFIG, optimizer=name, schedule="constant", learning_rate=0.05, warmup_epochs=0)
    model.compile(build_optimizer(config, steps_per_epoch=1, epochs=1), "mse")
    assert isinstance(model.optimizer, kind)
    assert model.optimizer.use_ema
    x = np.linspace(-1, 1, 8, dtype=np.float32)[:, None]
    losses = [model.train_on_batch(x, 2 * x) for _ in range(60)]
    assert losses[-1] < losses[0] / 5


def test_the_running_average_forgets_the_first_weights_within_steps():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)])
    config = replace(CONFIG, schedule="constant", learning_rate=0.05, warmup_epochs=0, ema_momentum=0.998)
    model.compile(build_optimizer(config, steps_per_epoch=1, epochs=1), "mse")
    x = np.ones((4, 1), np.float32)
    weights = []
    for _ in range(30):
        model.train_on_batch(x, 2 * x)
        weights.append(float(model.layers[0].kernel[0, 0]))

    average = weights[0]
    for step, weight in enumerate(weights[1:], start=1):
        momentum = min(0.998, (1 + step) / (10 + step))
        average = momentum * average + (1 - momentum) * weight
    assert float(model.optimizer._model_variables_moving_average[0][0, 0]) == pytest.approx(average, rel=1e-4)
    assert average > 0.8 * np.mean(weights)


def test_the_average_has_its_full_momentum_in_a_long_run():
    optimizer = build_optimizer(CONFIG, steps_per_epoch=1, epochs=1)
    optimizer.iterations.assign(100_000)
    assert float(optimizer.ema_momentum) == pytest.approx(0.998)


def test_the_state_of_an_optimizer_with_a_constant_momentum_is_read(tmp_path):
    def compiled(optimizer: keras.optimizers.Optimizer) -> keras.Model:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile(optimizer, "mse")
        optimizer.build(model.trainable_variables)
        return model

    rate = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=8)
    earlier = compiled(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, use_ema=True, ema_momentum=0.998))
    earlier.train_on_batch(np.ones((4, 1)), np.ones((4, 1)))
    earlier.save_weights(tmp_path / "old.weights.h5")
    ours = compiled(build_optimizer(CONFIG, steps_per_epoch=1, epochs=1))
    ours.load_weights(tmp_path / "old.weights.h5")
    assert int(ours.optimizer.iterations) == 1
    for old, new in zip(earlier.optimizer.variables, ours.optimizer.variables, strict=True):
        assert np.array_equal(np.asarray(old), np.asarray(new))


def test_decay_shrinks_kernels_only_and_adam_has_none():
    def after_steps(optimizer: str) -> tuple[float, float]:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
        model.layers[0].bias.assign([1.0])
        config = replace(CONFIG, optimizer=optimizer, schedule="constant", warmup_epochs=0, weight_decay=0.1)
        model.compile(build_optimizer(config, steps_per_epoch=1, epochs=1), lambda y_true, y_pred: 0.0 * y_pred[:, 0])
        for _ in range(3):
            model.train_on_batch(np.ones((2, 1)), np.ones((2, 1)))
        return float(model.layers[0].kernel[0, 0]), float(model.layers[0].bias[0])

    for optimizer in ("sgd", "adamw"):
        kernel, bias = after_steps(optimizer)
        assert kernel < 0.99
        assert bias == pytest.approx(1)
    assert after_steps("adam")[0] == pytest.approx(1)


def test_plateau_halves_the_rate_when_the_loss_stops_falling():
    config = replace(CONFIG, schedule="plateau", plateau_patience=2, warmup_epochs=0)
    assert plateau_rate(config, []) == 0.1
    assert plateau_rate(config, [2.0, 1.9, 1.8]) == 0.1
    assert plateau_rate(config, [2.0, 1.9, 1.9, 2.1]) == 0.05
    assert plateau_rate(config, [2.0, 1.9, 1.9, 2.1, 2.0, 2.0]) == 0.025
    assert build_optimizer(config, steps_per_epoch=5, epochs=10)._learning_rate.shape == ()


def test_plateau_warms_up_by_epochs():
    config = replace(CONFIG, schedule="plateau", warmup_epochs=3)
    assert [plateau_rate(config, [2.0] * n) for n in range(5)] == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1])


def test_early_stopping_counts_epochs_since_the_best():
    config = replace(CONFIG, early_stopping=2)
    assert not should_stop_early(config, [])
    assert not should_stop_early(config, [0.5, 0.4])
    assert should_stop_early(config, [0.5, 0.4, 0.5])
    assert not should_stop_early(config, [0.5, 0.4, 0.6])
    assert not should_stop_early(CONFIG, [0.5] * 50)
