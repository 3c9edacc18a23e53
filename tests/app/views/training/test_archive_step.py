"""The Train page's first step: uploads, archives and the report on one."""

import shutil
from dataclasses import replace
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from app.training import child_jobs as training_jobs
from fer_core.emotions import EMOTION_COLOURS
from tests.helpers.faces import wait_until
from tests.helpers.pages import assert_fine, html_of, words
from tests.helpers.train_page import button, open_page, told
from tests.helpers.training_folders import DATASET, finish, store_archive
from train.archive.reader import Dataset
from train.dataset.report import report_on


def test_at_first_there_is_only_the_upload():
    page = open_page()

    assert "Both need data first" in words(page)
    assert [item.value for item in page.title] == ["Train"]
    assert [item.value for item in page.header] == ["1 · Data"]
    assert "Start training" not in [button.label for button in page.button]


def test_an_upload_is_stored_and_read_by_a_real_child(tmp_path):
    path = store_archive(inspected=False)
    data = path.read_bytes()
    path.unlink()
    page = open_page()

    cast(Any, page.get("file_uploader")[0]).upload("mine.csv", data, "text/csv").run()

    assert_fine(page)
    (stored,) = training_jobs.stored_archives()
    assert stored.title == "mine.csv"
    assert "Reading **mine.csv**" in words(page)
    wait_until(lambda: training_jobs.look(training_jobs.inspection(stored.path)).state == "done", timeout_s=60)
    page.run()
    assert "Train · 64 faces" in html_of(page)
    assert html_of(page).count("Faces labelled") == 7


def test_a_broken_archive_is_told_in_a_sentence_by_a_real_child():
    path = store_archive("broken.zip", inspected=False)
    path.write_bytes(b"PK\x03\x04 no archive")
    page = open_page()

    wait_until(lambda: training_jobs.look(training_jobs.inspection(path)).state == "failed", timeout_s=60)
    page.run()

    assert_fine(page)
    (error,) = told(page)
    assert "**broken.zip cannot be used.**" in error
    assert "0000000000000000" not in error
    assert "Traceback" not in error
    assert "Start training" not in [button.label for button in page.button]


@pytest.mark.parametrize("answer", ["{", "[]", '{"splits": {"train": 3}}', '"words"'])
def test_a_damaged_report_can_be_made_again(answer):
    path = store_archive(inspected=False)
    finish(training_jobs.inspection(path), answer)

    page = open_page()

    assert_fine(page)
    assert "damaged" in words(page) or "Reading" in words(page)


def badges(page: AppTest) -> str:
    return " ".join(item.value for item in page.markdown if "-badge[" in item.value)


def test_the_report_names_splits_and_their_classes():
    store_archive()

    page = open_page()

    text = html_of(page)
    for wanted in ("Train · 64 faces", "Validation · 28 faces", "Test · 28 faces", "also in train"):
        assert wanted in text
    assert text.count(EMOTION_COLOURS["happy"]) >= 4, "a swatch, and a bar for each split"
    assert "Near-identical images" in badges(page), "the drawn faces look alike"
    assert not [toggle for toggle in page.toggle if toggle.label.startswith("Fix")], "nothing that can be fixed"


def test_each_problem_that_can_be_fixed_has_its_switch(started):
    path = store_archive()
    drops = {"drop_leaks": 12, "drop_duplicates": 1, "drop_blanks": 0}
    report = replace(report_on(DATASET), drops=drops, near_leaks=(), conflicting_groups=1, conflicting_images=2)
    finish(training_jobs.inspection(path), report.to_json())
    page = open_page()

    said = badges(page)
    for chip in ("12 leaks", "1 duplicate", "Contradictions"):
        assert chip in said
    assert "blank" not in said
    switches = {toggle.label: toggle for toggle in page.toggle if toggle.label.startswith("Fix")}
    assert list(switches) == ["Fix leaks", "Fix duplicates"]
    assert all(toggle.help for toggle in switches.values())
    switches["Fix leaks"].set_value(True).run()
    button(page, "Start training").click().run()

    request = started[0].request()
    assert request is not None
    assert request.cleaning == ("drop_leaks",)


def test_an_archive_without_problems_is_said_to_have_none():
    path = store_archive()
    report = replace(report_on(DATASET), drops={}, near_leaks=(), warnings=(), skipped={}, conflicting_groups=0)
    finish(training_jobs.inspection(path), report.to_json())

    assert "No problems found" in badges(open_page())


def test_numbers_of_another_set_are_refused_until_their_order_is_chosen(started):
    path = store_archive("counted_from_1.csv", inspected=False)
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *(f"{int(row[0]) + 1}{row[1:]}" for row in rows)]) + "\n")
    page = open_page()
    wait_until(lambda: training_jobs.look(training_jobs.inspection(path)).state == "failed", timeout_s=60)
    page.run()
    (error,) = told(page)
    assert "numbers 1-7" in error
    assert "above, under Numeric labels" in error
    assert "--label-order" not in error

    choice = next(box for box in page.selectbox if box.label == "Numeric labels")
    choice.set_value("rafdb").run()
    wait_until(lambda: training_jobs.look(training_jobs.inspection(path)).state == "done", timeout_s=60)
    page.run()

    assert_fine(page)
    assert "read in RAF-DB's order (1 surprise" in words(page)
    button(page, "Start training").click().run()
    (run,) = started
    request = run.request()
    assert request is not None
    assert request.label_order == "rafdb"


def test_warnings_stand_first_and_show_names_as_they_are():
    path = store_archive()
    report = report_on(DATASET)
    warnings = ("3 faces were passed over in the folder train/*hapy*: did you mean happy?",)
    finish(training_jobs.inspection(path), replace(report, warnings=warnings).to_json())

    page = open_page()

    assert "train/\\*hapy\\*" in words(page)


def test_an_archive_without_training_faces_is_shown_and_cannot_be_trained_on():
    path = store_archive()
    only_test = Dataset({"test": DATASET["test"]}, "0" * 64, "drawn.csv")
    finish(training_jobs.inspection(path), report_on(only_test).to_json())

    page = open_page()

    assert_fine(page)
    assert "There are no training faces" in words(page)
    assert "Start training" not in [button.label for button in page.button]


def test_an_uploaded_archive_can_be_deleted():
    path = store_archive()
    page = open_page()

    page.button(key="train_archive_delete").click().run()

    assert_fine(page)
    assert not path.exists()
    assert "Both need data first" in words(page)


def test_a_path_on_the_server_is_offered_only_where_a_folder_is_configured(tmp_path, monkeypatch):
    assert not open_page().text_input
    folder = tmp_path / "archives"
    folder.mkdir()
    monkeypatch.setenv("FER_ARCHIVES", str(folder))
    shutil.copyfile(store_archive(inspected=False), folder / "here.csv")
    (tmp_path / "outside.csv").write_text("secret")

    page = open_page()
    page.text_input(key="train_server_path").set_value("../outside.csv").run()
    assert_fine(page)
    assert "is not a file within" in told(page)[0]

    page.text_input(key="train_server_path").set_value("here.csv").run()
    assert_fine(page)
    assert "Reading **here.csv**" in words(page)
