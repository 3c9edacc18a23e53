"""The Models page in the browser: files are really downloaded, another form is made, models are compared on a phone."""

import hashlib
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page

from fer_core.paths import SHIPPED_MODELS
from tests.helpers.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SHIPPED = SHIPPED_MODELS / "default"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with three models of their own: the shipped one under other names, with one more file each."""
    for name in ("first", "second", "third"):
        folder = tmp_path / "home" / "models" / name
        shutil.copytree(SHIPPED, folder)
        (folder / "note.txt").write_text(name)
        card = json.loads((folder / "card.json").read_text())
        card["sha256"]["note.txt"] = hashlib.sha256(name.encode()).hexdigest()
        (folder / "card.json").write_text(json.dumps(card | {"name": f"a model with a long name: the {name}"}))
    return tmp_path / "home"


def open_models(page: Page, url: str) -> None:
    page.goto(f"{url}/models")
    page.get_by_text("Live now").first.wait_for()


def choose(page: Page, label: str, wanted: str) -> None:
    box = page.get_by_role("combobox", name=label).first
    box.click()
    box.fill(wanted)
    page.get_by_role("option", name=wanted).first.click()


def downloaded(page: Page, button: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).first.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def open_export(page: Page) -> None:
    """What the shown model can be taken away as; it may stay open from the model before."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    part = page.locator("details", has=page.get_by_text("Export", exact=True)).last
    part.wait_for()
    if part.get_attribute("open") is None:
        part.get_by_text("Export", exact=True).click()


def test_a_models_files_and_another_form_of_it_are_downloaded(home: Path, tmp_path: Path) -> None:
    with studio.serve(environment={"FER_HOME": str(home)}) as server, studio.chromium(camera=None) as browser:
        context, page = studio.open_page(browser, server.url)
        open_models(page, server.url)
        open_export(page)

        network = downloaded(page, "model.keras", tmp_path)
        card = json.loads((SHIPPED / "card.json").read_text())
        assert hashlib.sha256(network.read_bytes()).hexdigest() == card["sha256"]["model.keras"]

        page.get_by_role("button", name="the second").first.click()
        page.get_by_role("heading", name="the second").wait_for()
        open_export(page)
        assert json.loads(downloaded(page, "card.json", tmp_path).read_text())["name"].endswith("the second")

        page.get_by_role("button", name="Make JSON + H5").click()
        page.get_by_role("button", name="JSON + H5 ·").wait_for()
        packed = downloaded(page, "JSON + H5 ·", tmp_path)
        assert packed.name == "a-model-with-a-long-name-the-second-json_h5.zip"
        with zipfile.ZipFile(packed) as content:
            assert content.testzip() is None
            assert "model.weights.h5" in content.namelist()
        context.close()


def test_four_models_fit_a_phone(home: Path) -> None:
    with studio.serve(environment={"FER_HOME": str(home)}) as server, studio.chromium(camera=None) as browser:
        context, page = studio.open_page(browser, server.url, size=studio.PHONE)
        open_models(page, server.url)
        page.get_by_role("radio", name="Compare").click()

        for name in ("the second", "the third"):
            choose(page, "Models", name)
        table = page.locator(".fer-versus").first
        table.locator("th", has_text="D").wait_for()

        assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth"), "no sideways scrolling in it"
        assert page.evaluate("document.documentElement.scrollWidth") <= studio.PHONE[0]
        context.close()
