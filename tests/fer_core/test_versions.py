"""The project's own version, and those of packages that come under several names."""

import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import fer_core
from fer_core import doctor
from fer_core.findings import Status
from fer_core.versions import distributions_of, package_version

PROJECT_FILE = Path(__file__).parents[2] / "pyproject.toml"


def test_the_project_states_one_version():
    assert tomllib.loads(PROJECT_FILE.read_text())["project"]["version"] == fer_core.__version__


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, *distributions: str) -> None:
    """The only distributions that Python finds are these."""
    for name in distributions:
        info = folder / f"{name.replace('-', '_')}-9.8.7.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.8.7\n")
    monkeypatch.setattr("sys.path", [str(folder)])


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow-cpu", "tensorflow-macos"])
def test_tensorflow_under_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch, name)
    assert package_version("tensorflow") == "9.8.7"
    check = doctor._tensorflow()
    assert (check.status, check.found) == (Status.OK, f"{name} 9.8.7")


def test_opencv_under_its_other_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch, "opencv-python")
    assert package_version("opencv-python-headless") == "9.8.7"


def test_two_distributions_of_the_same_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch, "tensorflow", "tensorflow-cpu")
    assert distributions_of("tensorflow") == ("tensorflow", "tensorflow-cpu")
    check = doctor._tensorflow()
    assert check.status is Status.WARNING
    assert "make setup" in check.remedy


def test_none_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path, monkeypatch)
    assert package_version("tensorflow") is None
    assert doctor._tensorflow().status is Status.WARNING


def test_the_real_one() -> None:
    assert package_version("numpy") == version("numpy")
