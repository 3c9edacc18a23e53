"""The real command on a real cluster of three machines' worth of processes: the local rows, whatever dies.

One cluster for all tests, each with a data set of its own. Machines that a test ends are not replaced.
"""

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.scene import frames
from fer_core.__main__ import main
from fer_core.files.video_writer import VideoWriter
from fer_core.paths import SHIPPED_MODELS
from tests.helpers import REPOSITORY
from tests.helpers.ray_folder import make_ray_folder

pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-scale.txt")
pytestmark = [
    pytest.mark.skipif(not (SHIPPED_MODELS / "default" / "card.json").is_file(), reason="no model here"),
    pytest.mark.slow,
    pytest.mark.timeout(900),
]

PER_S = 5
STARTS = 8


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Three nodes of one core each, on loopback."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            "RAY_agent_register_timeout_ms": "120000",
            "PYTHONPATH": str(REPOSITORY),
        }.items():
            patch.setenv(name, value)
        with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # sockets have short names
            found = started(folder)
            yield found
            found.shutdown()


def started(folder: str) -> Any:
    from ray.cluster_utils import Cluster

    make_ray_folder()
    node = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "object_store_memory": 100 << 20}
    found = Cluster()
    for i in range(3):
        for left in reversed(range(STARTS)):
            try:
                found.add_node(**node, **({"include_dashboard": False, "temp_dir": folder} if i == 0 else {}))
                break
            except Exception:  # Ray gives up a start after half a minute, which a busy machine may need
                if not left:
                    found.shutdown()
                    raise
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, astronaut_bgr: np.ndarray) -> Path:
    """Six films, of which one is long enough for two parts, a picture, and a file that is neither."""
    below = tmp_path_factory.mktemp("films")
    for name, seconds in (("a", 6), ("b", 7), ("c", 42), ("d", 6), ("e", 8), ("f", 7)):
        with VideoWriter(below / f"{name}.mp4") as writer:
            for i, frame in enumerate(frames(width=256, height=192, count=seconds * PER_S)):
                writer.write(frame, i / PER_S)
    cv2.imwrite(str(below / "picture.jpg"), astronaut_bgr)
    (below / "broken.mp4").write_text("no film")
    return below


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What the local command writes."""
    path = tmp_path_factory.mktemp("local") / "local.csv"
    assert main(["analyse", str(folder), "--output", str(path), "--detector", "haar"]) == 1
    return path.read_bytes()


def command(*words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "fer_core", "analyse", *map(str, words), "--detector", "haar"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def on(address: str, folder: Path, data: Path) -> "subprocess.Popen[str]":
    return command("--ray", address, folder, "--output", data, "--part-seconds", 20)


def rows(data: Path) -> bytes:
    path = data.with_suffix(".csv")
    assert main(["rows", str(data), "--output", str(path)]) == 0
    return path.read_bytes()


def lines(data: Path) -> list[str]:
    journal = data / "journal.jsonl"
    return journal.read_text().splitlines() if journal.is_file() else []


def wait_for_lines(data: Path, count: int, process: "subprocess.Popen[str]") -> None:
    while len(lines(data)) < count:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


def test_an_interrupted_run_goes_on_and_does_nothing_twice(cluster, folder, local, tmp_path, monkeypatch):
    data = tmp_path / "data"
    first = on(cluster.address, folder, data)
    wait_for_lines(data, 2, first)
    first.send_signal(signal.SIGINT)
    _, told = first.communicate(timeout=120)
    before = lines(data)

    assert first.returncode == 130, told
    assert "The same command goes on" in told
    assert len(before) < 8

    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    second = on("auto", folder, data)
    out, told = second.communicate(timeout=600)

    assert second.returncode == 1, told
    assert rows(data) == local
    assert lines(data)[: len(before)] == before
    assert len(lines(data)) == 8, "each file once"
    assert f"{len(before)} of them done before" in out
    manifest = pq.read_table(data / "manifest.parquet").to_pylist()
    assert [row["state"] for row in manifest if row["source"].endswith("broken.mp4")] == ["unreadable"]
    assert [row["parts"] for row in manifest if row["source"].endswith("c.mp4")] == [2]
    assert "broken.mp4: expected a picture or a video" in told


def test_a_machine_that_dies_in_the_middle_changes_nothing(cluster, folder, local, tmp_path):
    data = tmp_path / "data"
    run = on(cluster.address, folder, data)
    wait_for_lines(data, 1, run)
    dead = threading.Thread(
        target=cluster.remove_node, args=(cluster.worker_nodes.copy().pop(),), kwargs={"allow_graceful": False}
    )
    dead.start()
    _, told = run.communicate(timeout=600)
    dead.join()

    assert run.returncode == 1, told
    assert rows(data) == local
    assert len(lines(data)) == 8


def test_other_settings_are_refused_in_one_sentence(cluster, folder, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "mine.txt").write_text("")

    run = on(cluster.address, folder, data)
    _, told = run.communicate(timeout=120)

    assert run.returncode == 2
    assert told.strip().splitlines()[-1].endswith("Choose an empty or a new one.")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "host.invalid:6379"])
def test_an_address_where_no_cluster_is(folder, tmp_path, address):
    started_at = time.monotonic()
    run = command("--ray", address, folder, "--output", tmp_path / "data")
    _, told = run.communicate(timeout=120)

    assert run.returncode == 2
    assert told.strip().splitlines()[-1].startswith(f"--ray {address}: ")
    assert "Traceback" not in told
    assert time.monotonic() - started_at < 100


def test_without_ray_it_says_how_to_install_it(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)

    assert main(["analyse", "--ray", "local", str(folder), "--output", str(tmp_path / "data")]) == 2
    assert "pip install -r requirements-scale.txt" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [["--output", "x.csv"], ["--output", "x", "--annotated", "y.mp4"]])
def test_options_that_do_not_go_together_are_refused(folder, tmp_path, capsys, words):
    assert main(["analyse", "--ray", "local", str(folder), *words]) == 2
    assert "--ray" in capsys.readouterr().err
