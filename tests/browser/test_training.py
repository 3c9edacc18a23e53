"""Train for real in the browser: upload a zip, read the report, train two epochs, put the model live, see it named."""

from pathlib import Path

import pytest

from tests.helpers.browser import studio
from tests.helpers.browser.training_page import TRAINING_MS, start_training, upload, wait_for_epochs, write_zip

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip with a small csv of drawn faces."""
    return write_zip(tmp_path_factory.mktemp("archive"))


def test_upload_train_promote_and_see_it_live(archive: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=None) as browser,
    ):
        context, page = studio.open_page(browser, server.url)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))

        studio.go_to(page, "Train")
        upload(page, archive)
        page.get_by_alt_text("Faces labelled happy").wait_for()
        page.get_by_text("Near-identical images").wait_for()  # the drawn faces look alike

        start_training(page, epochs=2)
        wait_for_epochs(page, 2, 0, 1, 2)
        wait_for_epochs(page, 2, 1, 2)
        page.get_by_test_id("stPlotlyChart").first.wait_for()

        # The run belongs to its folder, not to the tab: a reloaded page shows it.
        page.reload()
        use = page.get_by_role("button", name="Use for live video")
        use.wait_for(timeout=TRAINING_MS)
        page.get_by_text("so the two cannot be compared").first.wait_for()
        page.get_by_text("Balanced accuracy").wait_for()
        run = page.get_by_role("combobox", name="Run").first.input_value()
        assert run.endswith("baseline_cnn")

        # Measured on other images than the live model, so the page asks first.
        use.click()
        page.get_by_role("button", name="Use it").click()
        page.get_by_text(f"{run} is now used for live video").wait_for()

        studio.go_to(page, "Models")
        page.get_by_text(f"Live now: {run}").wait_for()
        page.get_by_role("button", name="Go back to the previous model (default").wait_for()

        studio.go_to(page, "Live")
        page.get_by_text("Settings", exact=True).click()
        page.locator(f'input[value="default: {run}"]').wait_for()

        assert errors == []
        context.close()


def test_a_phone_needs_no_sideways_scrolling(archive: Path) -> None:
    with studio.serve() as server, studio.chromium(camera=None) as browser:
        context, page = studio.open_page(browser, server.url, size=studio.PHONE)
        for path in ("train", "models"):
            page.goto(f"{server.url}/{path}")
            page.get_by_text({"train": "Upload an archive", "models": "Live now"}[path]).first.wait_for()
            if path == "train":
                upload(page, archive)
            assert page.evaluate("document.documentElement.scrollWidth") <= studio.PHONE[0]
        context.close()


def test_a_broken_archive_is_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 cut off")
    with studio.serve() as server, studio.chromium(camera=None) as browser:
        context, page = studio.open_page(browser, server.url)
        studio.go_to(page, "Train")
        page.locator("input[type=file]").set_input_files(broken)
        page.get_by_text("broken.zip cannot be used.").wait_for()
        assert page.get_by_text("Traceback").count() == 0
        assert not page.get_by_role("button", name="Start training").is_visible()
        context.close()
