"""What the command lines share: text for any console, and errors of the system as sentences."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fer_core.console import FAILED, INTERRUPTED, OUTPUT_CLOSED, run_command, system_sentence
from fer_core.errors import MediaError
from fer_core.paths import SHIPPED_MODELS

PROGRAM = "import sys; from fer_core.console import print_anything, run_command; "


def run(program: str, *, encoding: str = "utf-8", stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + program],
        cwd=SHIPPED_MODELS.parent,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        stdout=stdout,
        stderr=subprocess.PIPE,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-8"])
@pytest.mark.parametrize("text", ["世界 😀 ∞", "caf\\udce9"])  # the second is how Python holds a name that is not UTF-8
def test_any_text_on_any_console(encoding: str, text: str) -> None:
    done = run(f"print_anything(); print('{text}'); print('{text}', file=sys.stderr)", encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr
    assert b"Traceback" not in done.stderr


def test_what_the_encoding_has_stays_readable() -> None:
    assert run("print_anything(); print('é')", encoding="cp1252").stdout.strip() == b"\xe9"


def test_a_console_that_is_full() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("Linux has this device")
    with Path("/dev/full").open("wb") as full:
        done = run("sys.exit(run_command(lambda: print('text') or 0))", stdout=full.fileno())
    assert done.returncode == FAILED
    assert done.stderr.decode().splitlines() == ["No space left on device. Free some space, or choose another disk."]


def test_a_reader_that_has_enough() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = run("sys.exit(run_command(lambda: print('text' * 100_000) or 0))", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (OUTPUT_CLOSED, b"")


def failing(error: BaseException) -> int:
    raise error


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (MediaError("film.mp4: is no film. Choose one."), FAILED, "film.mp4: is no film. Choose one."),
        (PermissionError(errno.EACCES, "Permission denied", "/x/out.csv"), FAILED, "/x/out.csv: Permission denied."),
        (KeyboardInterrupt(), INTERRUPTED, "Interrupted."),
    ],
)
def test_errors_are_sentences(
    error: BaseException, status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(lambda: failing(error)) == status
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert len(said.splitlines()) == 1


def test_faults_of_the_program_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 // 0)


def test_a_full_disk_and_another_refusal_get_their_own_advice() -> None:
    assert "Free some space" in system_sentence(OSError(errno.ENOSPC, "No space left on device", "a"))
    assert "permissions" in system_sentence(OSError(errno.EACCES, "Permission denied", "a"))
    assert system_sentence(OSError("odd")).startswith("odd")
