"""What people do on the Train page, for the browser tests that train."""

import contextlib
import re
import time
import zipfile
from pathlib import Path

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.helpers.browser import studio
from tests.helpers.synthetic import drawn_dataset, write_archive

TRAINING_MS = 240_000


def write_zip(folder: Path) -> Path:
    """A zip with a small csv of drawn faces: 350 to train, 70 to validate, 70 to test."""
    csv = write_archive(folder / "faces.csv", drawn_dataset(train=350, validation=70, test=70))
    with zipfile.ZipFile(folder / "faces.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(csv, "fer2013.csv")
    return folder / "faces.zip"


def choose(page: Page, label: str, wanted: str) -> None:
    """An entry of a select box."""
    box = page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(wanted)
    page.get_by_role("option", name=wanted).first.click()


def fill_number(page: Page, label: str, value: int) -> None:
    """A number, confirmed by Enter."""
    field = page.get_by_label(label, exact=True).first
    field.fill(str(value))
    field.press("Enter")


def upload(page: Page, archive: Path) -> None:
    """Until the archive's report is there."""
    button, deadline = page.get_by_role("button", name="Upload", exact=True), time.monotonic() + studio.PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(PlaywrightTimeoutError):  # a press is lost where the page is just drawn anew
            with page.expect_file_chooser(timeout=5_000) as chooser:
                button.click(timeout=5_000)
            break
    else:
        raise TimeoutError("the Upload button opens nothing")
    chooser.value.set_files(archive)
    wait_for_report(page)


def wait_for_report(page: Page) -> None:
    """Of the archive of `write_zip`."""
    page.get_by_text(re.compile("Train · 350 faces")).wait_for()


def start_training(page: Page, *, epochs: int) -> None:
    """The quickest network, on the chosen archive."""
    studio.unfold(page, "All networks and settings", page.get_by_role("combobox", name="Network").first)
    choose(page, "Network", "baseline_cnn")
    page.get_by_text(re.compile("baseline_cnn · [0-9]+ epoch", re.IGNORECASE)).wait_for()
    fill_number(page, "Epochs", epochs)
    page.get_by_text(re.compile(f"baseline_cnn · {epochs} epoch", re.IGNORECASE)).wait_for()
    page.get_by_role("button", name="Start training").click()


def wait_for_epochs(page: Page, epochs: int, *done: int) -> None:
    """For one of them: the page looks once a second, so a short epoch can pass between two looks.

    While a run trains, the bar names the present epoch; after the last one there is a model to use.
    """
    present = "|".join(f"Epoch {count + 1} of {epochs}" for count in done if count < epochs)
    ended = "Use for live video" if epochs in done else ""
    page.get_by_text(re.compile("|".join(filter(None, (present, ended))))).first.wait_for(timeout=TRAINING_MS)
