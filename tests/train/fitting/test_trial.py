"""Training steps are timed by real training."""

from train.fitting.trial import time_training


def test_a_networks_steps_are_timed() -> None:
    measured = time_training("baseline_cnn", seconds=0.1)

    assert measured.architecture == "baseline_cnn"
    assert measured.images_per_second > 0
    assert measured.validation_per_second > 0
    assert measured.start_s > 0
    assert measured.seconds(epochs=2, train=100, validation=10) > measured.start_s
