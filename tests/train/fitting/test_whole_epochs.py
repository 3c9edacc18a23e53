"""Training as it goes on a GPU, with PyTorch on the processor: the answers and weights of Keras' own loop.

PyTorch is no requirement of the project, so these are skipped where it is missing. What a processor cannot show is the
recording of steps as CUDA graphs.
"""

import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from train.architectures import names

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed; it is needed only to train on a GPU"
)


def with_torch(part: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.torch_program", part],
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_every_network_answers_as_keras_does():
    found = with_torch("layers")
    assert set(found) == set(names())
    for name, differences in found.items():
        # Rounding, which 52 normalisations of a small batch enlarge in mobilenet_transfer.
        assert max(differences) < (5e-5 if name == "mobilenet_transfer" else 1e-5), name


@pytest.mark.slow
def test_training_gives_the_losses_and_weights_of_keras_loop():
    found = with_torch("training")
    for ours, theirs in zip(found["ours"], found["theirs"], strict=True):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=1e-3)
        assert ours["accuracy"] == pytest.approx(theirs["accuracy"], abs=0.02)
    assert found["largest_difference"] < 0.01
    none, optimizer, loss, network = found["refusals"]
    assert none == ""
    assert "SGD" in optimizer
    assert "cross-entropy" in loss
    assert "is a GaussianNoise, which is not written for GPUs" in network


@pytest.mark.slow
def test_a_run_can_be_stopped_and_gone_on_with():
    found = with_torch("run")
    assert found["finished"] == [False, True]
    assert found["epochs"] == [2, 3]
    assert 1 <= found["best"] <= 3
    assert found["quick_difference"] < 1e-5
