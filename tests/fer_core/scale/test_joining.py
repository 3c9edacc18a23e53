"""Ray that is not there, or is there and cannot be loaded: one sentence each, from both commands that use it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.errors import ScaleError
from fer_core.scale.joining import check_installed
from tests.helpers import REPOSITORY

BROKEN = {
    "ray": ("ray/__init__.py", "from msgpack_of_another_version import unpack\n"),
    "ray.tune": ("ray/tune.py", "from pyarrow_of_another_version import fs\n"),
}


@pytest.mark.parametrize("module", BROKEN)
def test_ray_that_cannot_be_loaded_is_said_in_a_sentence(module: str, tmp_path: Path) -> None:
    name, source = BROKEN[module]
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "__init__.py").touch()
    (tmp_path / name).write_text(source, encoding="utf-8")
    code = f"from fer_core.scale.joining import check_installed\ncheck_installed({module!r})"
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"}
    asked = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    said = asked.stderr.strip().splitlines()[-1]
    assert said.startswith("fer_core.errors.ScaleError: --ray needs Ray, which is installed but cannot be loaded: ")
    assert "No module named" in said
    assert "_of_another_version" in said
    assert said.endswith("Run: pip install --force-reinstall -r requirements-scale.txt")


def test_ray_that_is_missing_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ScaleError, match=r"not installed. Run: pip install -r requirements-scale.txt"):
        check_installed()
