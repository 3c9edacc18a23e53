"""Where models and the user's data are looked for."""

from pathlib import Path

import platformdirs
import pytest

from fer_core.paths import SHIPPED_MODELS, home, model_folders
from tests.helpers import REPOSITORY


def test_home_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_HOME", str(tmp_path / "mine"))

    assert home() == tmp_path / "mine"
    assert not home().exists()


def test_a_tilde_is_the_users_home(monkeypatch):
    monkeypatch.setenv("FER_HOME", "~/faces")

    assert home() == Path.home() / "faces"


@pytest.mark.parametrize("value", ["", None])
def test_without_a_choice_it_is_the_platforms_place(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("FER_HOME")
    else:
        monkeypatch.setenv("FER_HOME", value)

    assert home() == Path(platformdirs.user_data_dir("fer-studio", appauthor=False))


def test_the_users_models_come_before_the_shipped_ones(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_HOME", str(tmp_path))

    assert model_folders() == (tmp_path / "models", SHIPPED_MODELS)
    assert REPOSITORY / "models" == SHIPPED_MODELS
