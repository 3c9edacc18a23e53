"""What goes wrong while people train, tried in the real browser: each ends in a clear sentence, and nothing is lost."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.helpers.browser import studio
from tests.helpers.browser.proxy import wire_to
from tests.helpers.browser.training_page import (
    TRAINING_MS,
    start_training,
    upload,
    wait_for_epochs,
    wait_for_report,
    write_zip,
)
from tests.helpers.faces import wait_until
from train.runs.files import CHECKPOINT, PREVIOUS, read_status
from train.runs.run import list_runs

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

MANY = 200
"""Epochs that no test waits for."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip with a small csv of drawn faces."""
    return write_zip(tmp_path_factory.mktemp("archive"))


@contextlib.contextmanager
def train_page(home: Path) -> Iterator[Page]:
    """The Train page of an app with that home folder; runs that it left are killed."""
    with studio.serve(environment={"FER_HOME": str(home)}) as server, studio.chromium(camera=None) as browser:
        _, page = studio.open_page(browser, server.url)
        studio.go_to(page, "Train")
        page.locator("input[type=file]").wait_for(state="attached")
        try:
            yield page
        finally:
            for run in list_runs(home / "runs"):
                run.kill()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def state_is(page: Page, state: str) -> None:
    page.get_by_text(state, exact=True).first.wait_for(timeout=TRAINING_MS)


def test_a_killed_run_goes_on_from_the_checkpoint_before_a_damaged_one(archive: Path, tmp_path: Path) -> None:
    with train_page(tmp_path) as page:
        upload(page, archive)
        start_training(page, epochs=MANY)
        wait_until(lambda: bool(list_runs(tmp_path / "runs")), timeout_s=30)
        (run,) = list_runs(tmp_path / "runs")
        wait_until(lambda: (run.dir / PREVIOUS).exists(), timeout_s=240)
        status = read_status(run.dir)
        assert status is not None
        os.kill(status.pid, signal.SIGKILL)
        page.get_by_text("The training process was killed or crashed").wait_for()
        done = len(run.epochs())
        (run.dir / CHECKPOINT).write_bytes(b"\x89HDF cut off")

        press(page, "Resume")

        page.get_by_text("The last checkpoint was damaged: training continues").wait_for(timeout=TRAINING_MS)
        wait_until(lambda: len(run.epochs()) > done, timeout_s=240)
        press(page, "Stop")
        state_is(page, "Stopped")
        page.get_by_role("button", name="Use for live video").wait_for(timeout=TRAINING_MS)
        assert [epoch.epoch for epoch in run.epochs()] == list(range(1, len(run.epochs()) + 1))


def test_two_browsers_that_start_at_once_take_turns(archive: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=None) as browser,
    ):
        pages = [studio.open_page(browser, server.url)[1] for _ in range(2)]
        for page in pages:
            studio.go_to(page, "Train")
            if page is pages[0]:
                upload(page, archive)
            wait_for_report(page)
        for page in pages:
            start_training(page, epochs=2)

        for page in pages:
            wait_for_epochs(page, 2, 2)
        runs = list_runs(tmp_path / "runs")
        wait_until(lambda: [run.status().state for run in runs] == ["finished"] * 2, timeout_s=240)
        first, second = sorted(runs, key=lambda run: run.status().started_at)
        assert second.status().started_at >= first.status().updated_at


def test_an_upload_that_is_cut_off_leaves_nothing_and_can_be_sent_again(archive: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        wire_to(server.url) as wire,
        studio.chromium(camera=None) as browser,
    ):
        _, page = studio.open_page(browser, wire.url)
        studio.go_to(page, "Train")
        page.locator("input[type=file]").wait_for(state="attached")
        told = page.get_by_text("The upload failed")
        assert not told.is_visible()

        wire.cut_after = archive.stat().st_size // 4
        page.locator("input[type=file]").set_input_files(archive)
        told.wait_for()

        assert wire.cuts
        assert not list((tmp_path / "archives").glob("*"))
        wire.cut_after = None
        page.get_by_test_id("stFileChipDeleteBtn").get_by_role("button").click()
        upload(page, archive)
        assert not told.is_visible()
        assert len(list((tmp_path / "archives").iterdir())) == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 MB, empty."""
    mounted = tmp_path / "disk"
    mounted.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(mounted)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    yield mounted
    subprocess.run(["umount", "--lazy", str(mounted)], check=True)


def fill(disk: Path, *, spare: int) -> Path:
    """A file that takes all but `spare` bytes."""
    filler = disk / "filler"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    filler.write_bytes(bytes(max(0, free - spare)))
    return filler


def test_a_full_disk_is_told_and_training_goes_on_once_there_is_room(archive: Path, small_disk: Path) -> None:
    with train_page(small_disk) as page:
        filler = fill(small_disk, spare=100_000)
        page.locator("input[type=file]").set_input_files(archive)
        page.get_by_text("disk").first.wait_for()
        assert page.get_by_text("Traceback").count() == 0
        assert [path for path in (small_disk / "archives").glob("*") if path.stat().st_size] == []
        filler.unlink()
        page.reload()
        upload(page, archive)

        filler = fill(small_disk, spare=3_000_000)
        start_training(page, epochs=2)
        page.get_by_text("The disk is full. Free some space, then resume").wait_for(timeout=TRAINING_MS)
        filler.unlink()
        press(page, "Resume")
        wait_for_epochs(page, 2, 2)
