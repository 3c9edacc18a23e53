"""Pictures of the Train page, during a run and at its end: `python -m tests.browser.take_training_pictures ZIP`.

ZIP is a FER2013 archive; the run is the plan Quick, and takes a quarter of an hour or more on two cores. At the end the
run's report and epochs lie in the folder that is printed, for docs/training-run.md.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.take_pictures import DESKTOP, IMAGES
from tests.helpers.browser import studio

HOURS_MS = 4 * 3_600_000
SHOWN_EPOCH = 12


def main() -> None:
    """Upload, choose the plan, start; a picture before the start, one in the middle, one of the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path, help="a FER2013 archive")
    archive = parser.parse_args().archive
    home = Path(tempfile.mkdtemp(prefix="training-pictures-"))
    with (
        studio.serve(environment={"FER_HOME": str(home)}) as server,
        studio.chromium(camera=None) as browser,
    ):
        page = studio.new_tab(browser, size=DESKTOP)
        page.set_default_timeout(HOURS_MS)
        page.goto(f"{server.url}/train", wait_until="domcontentloaded")
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Upload", exact=True).click()
        chooser.value.set_files(archive)
        page.get_by_test_id("stRadioOption").filter(has_text="Quick").click()
        page.get_by_text("Baseline_cnn · 25 epochs").wait_for()
        _shoot(page, "train-plan")
        page.get_by_role("button", name="Start training").click()
        page.get_by_text(f"Epoch {SHOWN_EPOCH} of 25").wait_for()
        _shoot(page, "train-progress")
        page.get_by_role("button", name="Use for live video").wait_for()
        _shoot(page, "train-report")
    print(home)


def _shoot(page: Page, name: str) -> None:
    page.wait_for_timeout(4_000)
    page.screenshot(path=IMAGES / f"{name}.jpg", type="jpeg", quality=85)


if __name__ == "__main__":
    main()
