"""Fixtures of the training's tests."""

from collections.abc import Iterator

import pytest

from tests.helpers import REPOSITORY
from train import architectures


@pytest.fixture(scope="module")
def tiny() -> Iterator[str]:
    """The name of a network of the tests' own, one of `train.architectures` while a module's tests run.

    For tests of what is around a network: its folder, its checkpoints, its schedule.
    """
    folder = REPOSITORY / "tests" / "helpers" / "architectures"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(architectures, "__path__", [*architectures.__path__, str(folder)])
        yield "tiny"
