"""What a training process is started with."""

import os
import platform
import subprocess
import sys

import pytest

from tests.helpers import REPOSITORY
from train.processor import GLIBC, KEPT_MEMORY, ONEDNN, prepare

ON_GLIBC = platform.libc_ver()[0] == "glibc"


def test_what_somebody_has_set_stays():
    environment = {GLIBC: "glibc.malloc.arena_max=1", ONEDNN: "0"}
    assert not prepare(environment)
    assert environment == {GLIBC: "glibc.malloc.arena_max=1", ONEDNN: "0"}


@pytest.mark.skipif(not ON_GLIBC, reason="glibc's settings")
def test_a_process_starts_anew_once_where_glibc_has_to_read_something():
    environment: dict[str, str] = {}
    assert prepare(environment)
    assert environment == {GLIBC: KEPT_MEMORY, ONEDNN: "1"}
    assert not prepare(environment)


@pytest.mark.skipif(not ON_GLIBC, reason="glibc's settings")
def test_the_command_line_goes_on_with_its_words_after_starting_anew():
    plain = {name: value for name, value in os.environ.items() if name not in (GLIBC, ONEDNN)}
    program = (
        "import os, sys; from train.processor import start_anew; start_anew(); "
        "print(os.environ['GLIBC_TUNABLES'], sys.argv[1:])"
    )
    asked = [sys.executable, "-c", program, "--output", "a folder"]
    said = subprocess.run(asked, cwd=REPOSITORY, env=plain, capture_output=True, text=True, check=True).stdout
    assert said.split(maxsplit=1) == [KEPT_MEMORY, "['--output', 'a folder']\n"]
