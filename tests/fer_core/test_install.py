"""`install.py` with packages made on the spot, in environments of their own; nothing comes from a network."""

import io
import os
import shutil
import subprocess
import venv
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fer_core import install
from fer_core.install import TENSORFLOW, Display, count_packages, reason
from tests.helpers import REPOSITORY

PROGRAM_FOLDER = Path(install.__file__).parent
Call = Callable[..., subprocess.CompletedProcess[str]]


def make_wheel(folder: Path, name: str, files: dict[str, str], version: str = "1.0") -> None:
    """The smallest wheel that pip takes."""
    folder.mkdir(exist_ok=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    content = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(folder / f"{module}-{version}-py3-none-any.whl", "w") as wheel:
        for path, text in content.items():
            wheel.writestr(path, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"]))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment whose path has spaces, with the pip that this Python brings."""
    folder = tmp_path_factory.mktemp("made") / "a path with spaces" / ".venv"
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def environment(made: Path) -> Iterator[Path]:
    """It again, without what a test installed."""
    yield made
    (packages,) = made.glob("lib/python*/site-packages")
    for path in packages.iterdir():
        if path.name.startswith(("one", "two", "tensorflow")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def call(environment: Path, tmp_path: Path) -> Call:
    """Runs install.py in it with these requirements; `offers` are the wheels that can be had."""

    def run(requirements: str, **variables: str) -> subprocess.CompletedProcess[str]:
        listed = tmp_path / "list.txt"
        listed.write_text(requirements, encoding="utf-8")
        own = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (tmp_path / "offers").as_uri()}
        patches = "install.PIP = 'pip'; install.SECONDS_BETWEEN_LINES = 3600"  # a slow machine says no more than others
        program = f"import install, sys; {patches}; sys.exit(install.main([{str(listed)!r}]))"
        return subprocess.run(
            [environment / "bin" / "python", "-c", program],
            cwd=PROGRAM_FOLDER,
            env=os.environ | own | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def installed(environment: Path) -> set[str]:
    """Names of the distributions."""
    program = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    done = subprocess.run([environment / "bin" / "python", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


class TestInstall:
    def test_what_a_person_sees(self, call: Call, environment: Path, tmp_path: Path) -> None:
        make_wheel(tmp_path / "offers", "one", {"one.py": ""})
        make_wheel(tmp_path / "offers", "two", {"two.py": ""})
        done = call("one==1.0\n# a comment\n\ntwo==1.0; python_version > '3'\nnever==1.0; python_version < '3'\n")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[0] == "  unpacking 2 packages, a minute or two"
        assert lines[-1].startswith("  done in ")
        assert len(lines) == 2
        assert {"one", "two"} <= installed(environment)
        assert "Processing" in (environment / "setup.log").read_text(encoding="utf-8")

    def test_a_warning_of_pips_goes_to_the_log(self, call: Call, environment: Path, tmp_path: Path) -> None:
        make_wheel(tmp_path / "offers", "one", {"one.py": ""})
        done = call(
            "one==1.0\n", PIP_EXTRA_INDEX_URL="file:///nowhere", PIP_FIND_LINKS="/nowhere " + str(tmp_path / "offers")
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "WARNING" not in done.stdout
        assert "WARNING" in (environment / "setup.log").read_text(encoding="utf-8")

    def test_a_missing_package_is_one_sentence_and_the_next_call_goes_on(
        self, call: Call, environment: Path, tmp_path: Path
    ) -> None:
        make_wheel(tmp_path / "offers", "one", {"one.py": ""})
        done = call("one==1.0\ntwo==1.0\n")
        assert done.returncode == 1
        assert done.stderr.startswith("No two==1.0 was found for Python")
        assert len(done.stderr.splitlines()) == 1
        make_wheel(tmp_path / "offers", "two", {"two.py": ""})
        assert call("one==1.0\ntwo==1.0\n").returncode == 0
        assert {"one", "two"} <= installed(environment)

    def test_no_network(self, call: Call) -> None:
        done = call("one==1.0\n", PIP_NO_INDEX="0", PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="1")
        assert done.returncode == 1
        assert done.stderr.startswith("The packages could not be downloaded: the connection failed")
        assert "Run make again" in done.stderr
        assert len(done.stderr.splitlines()) == 1

    def test_an_environment_without_pip(self, call: Call, environment: Path, tmp_path: Path) -> None:
        subprocess.run([environment / "bin" / "python", "-m", "pip", "uninstall", "-qy", "pip"], check=True)
        make_wheel(tmp_path / "offers", "one", {"one.py": ""})
        done = call("one==1.0\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert "one" in installed(environment)

    def test_a_cache_that_cannot_be_written(self, call: Call, tmp_path: Path) -> None:
        make_wheel(tmp_path / "offers", "one", {"one.py": ""})
        (tmp_path / "file").touch()
        done = call("one==1.0\n", PIP_CACHE_DIR=str(tmp_path / "file" / "cache"))
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(TENSORFLOW != "tensorflow-cpu", reason="here the plain distribution is the wanted one")
class TestMigration:
    """Both distributions own `tensorflow/__init__.py`; `heavy.py` is the plain one's alone."""

    @pytest.fixture
    def offers(self, tmp_path: Path) -> Path:
        folder = tmp_path / "offers"
        make_wheel(folder, "tensorflow", {"tensorflow/__init__.py": "kind = 'plain'", "tensorflow/heavy.py": ""})
        make_wheel(folder, "tensorflow-cpu", {"tensorflow/__init__.py": "kind = 'cpu'"})
        return folder

    def kind(self, environment: Path) -> str:
        program = "import tensorflow; print(tensorflow.kind)"
        return subprocess.run(
            [environment / "bin" / "python", "-c", program], capture_output=True, text=True, check=True
        ).stdout.strip()

    @pytest.mark.parametrize(
        "before", [["tensorflow"], ["tensorflow", "tensorflow-cpu"], ["tensorflow-cpu", "tensorflow"]]
    )
    def test_the_plain_one_goes_with_all_its_files(
        self, call: Call, environment: Path, offers: Path, before: list[str]
    ) -> None:
        for name in before:
            assert self.pip(environment, offers, name) == 0
        done = call("tensorflow-cpu==1.0; sys_platform == 'linux'\ntensorflow==1.0; sys_platform != 'linux'\n")
        assert (done.returncode, done.stderr) == (0, "")
        assert "replacing tensorflow by tensorflow-cpu" in done.stdout
        assert "tensorflow" not in installed(environment)
        assert "tensorflow-cpu" in installed(environment)
        assert self.kind(environment) == "cpu"
        assert not list(environment.rglob("heavy.py"))
        assert not (environment / "wheels").exists()

    def test_without_a_network_the_plain_one_stays(self, call: Call, environment: Path, offers: Path) -> None:
        assert self.pip(environment, offers, "tensorflow") == 0
        (offers / "tensorflow_cpu-1.0-py3-none-any.whl").unlink()
        assert call("tensorflow-cpu==1.0\n").returncode == 1
        assert self.kind(environment) == "plain"

    def test_other_requirements_leave_it_alone(self, call: Call, environment: Path, offers: Path) -> None:
        assert self.pip(environment, offers, "tensorflow") == 0
        make_wheel(offers, "one", {"one.py": ""})
        assert call("one==1.0\n").returncode == 0
        assert self.kind(environment) == "plain"

    def pip(self, environment: Path, offers: Path, name: str) -> int:
        words = ["-m", "pip", "install", "-q", "--no-index", "--no-deps", "--find-links", str(offers), name]
        own = os.environ | {"PIP_CONFIG_FILE": os.devnull}
        return subprocess.run([environment / "bin" / "python", *words], env=own, check=False).returncode


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            ["ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"],
            "The disk is full",
        ),
        (
            ["WARNING: Retrying … NewConnectionError", "ERROR: No matching distribution found for a==1"],
            "the connection failed or",
        ),
        (["ReadTimeoutError: Read timed out."], "the connection failed or"),
        (["ERROR: No matching distribution found for a==1 (from -r x)"], "There is no a==1 for Python"),
        (["ERROR: Could not install: [Errno 13] Permission denied: '/x'"], "cannot be written"),
        (["ERROR: Something else"], "could not be installed: Something else"),
        ([], "pip gave no reason"),
    ],
)
def test_reasons(said: list[str], words: str) -> None:
    assert words in reason(said)


class TestDisplay:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def test_a_terminal_has_one_moving_line(self) -> None:
        stream = self.Terminal()
        display = Display(stream)
        display.expect(2)
        for line in (
            "Ignoring x: markers",
            "Collecting big-package==1.0 (from -r list)",
            "Progress 5000000 of 50000000",
        ):
            display.show(line)
        assert stream.getvalue().split("\r\x1b[K  ")[1:] == ["1 of 1: big-package", "1 of 1: big-package: 5 of 50 MB"]
        assert "\n" not in stream.getvalue()

    def test_time_passes_while_pip_unpacks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fer_core.install.time.monotonic", lambda: 5.0)
        stream = self.Terminal()
        display = Display(stream)
        for line in ("Installing collected packages: one, two", "", ""):
            display.show(line)
        assert "unpacking 2 packages, a minute or two\n" in stream.getvalue()
        assert stream.getvalue().count("unpacking: 0 s") == 2

    def test_small_downloads_are_not_told(self) -> None:
        stream = self.Terminal()
        Display(stream).show("Progress 1000 of 2000")
        assert stream.getvalue() == ""


def test_requirements_pin_one_tensorflow_for_each_machine() -> None:
    lines = (REPOSITORY / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line.startswith("tensorflow")]
    assert len(pins) == 2
    assert len({line.split(";")[0].split("==")[1] for line in pins}) == 1
    assert count_packages(REPOSITORY / "requirements.txt") > 50


def test_a_wrong_python_is_one_sentence(tmp_path: Path) -> None:
    old = tmp_path / "old python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.1\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "-C", str(REPOSITORY), "setup", f"PYTHON={old}", f"VENV={tmp_path / 'none'}"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode != 0
    assert "Python 3.11, 3.12 or 3.13 is needed, found: Python 3.8.1." in done.stdout
