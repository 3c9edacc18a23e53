"""Folders of running processes stay, those of dead ones go."""

import subprocess
import sys
from pathlib import Path

from app.process_folder import ProcessFolder, forget_abandoned
from fer_core.paths import SHIPPED_MODELS

CHILD = """
import sys
from pathlib import Path
from app.process_folder import ProcessFolder
folder = ProcessFolder(Path(sys.argv[1]))
(folder.new_folder() / "film.mp4").write_bytes(b"0")
print(folder.path, flush=True)
sys.stdin.read()
"""


def test_only_what_a_killed_process_left_is_deleted(tmp_path):
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=SHIPPED_MODELS.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        theirs = Path(child.stdout.readline().strip())

        ours = ProcessFolder(tmp_path)
        forget_abandoned(tmp_path)
        assert len(list(theirs.rglob("film.mp4"))) == 1, "its process lives"

        child.kill()
        child.wait(30)
    forget_abandoned(tmp_path)

    assert list(tmp_path.iterdir()) == [ours.path]


def test_without_any_folder_there_is_nothing_to_forget(tmp_path):
    forget_abandoned(tmp_path / "none")

    assert not (tmp_path / "none").exists()
