"""The Train page's runs: while they train, and what became of them."""

import json
import re
from dataclasses import replace
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from app.training import child_jobs as training_jobs
from app.views.training import page as training
from fer_core.expressions.model_list import live_card
from tests.helpers.pages import assert_fine, html_of, present, words
from tests.helpers.train_page import button, metrics, open_page
from tests.helpers.training_folders import make_run
from train.runs import files as progress
from train.runs.files import RunState
from train.runs.run import TrainingRun


def test_without_runs_the_page_says_so():
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    assert "No runs yet" in words(page)


def test_a_page_opened_while_a_run_goes_on_shows_it():
    make_run("busy", "running")

    page = open_page()

    assert page.session_state[present(page, "train_view")] == training.RUNS
    assert metrics(page)["Elapsed"] in ("61 s", "1 min")
    assert metrics(page)["Best accuracy so far"] == "38.0\u00a0%"
    (bar,) = page.get("progress")
    assert cast(Any, bar).proto.text == "Epoch 3 of 4 · 45 s left"  # 1.5 of 4 epochs are left, 30 s each
    assert len(page.get("plotly_chart")) == 3
    assert "fer-matrix" in html_of(page)
    assert [button.label for button in page.button] == ["Stop"]


def test_stopping_asks_the_run_to_stop():
    run_dir = make_run("busy", "running")
    page = open_page()

    button(page, "Stop").click().run()

    assert_fine(page)
    assert (run_dir / progress.STOP).exists()


def test_a_waiting_run_says_so():
    make_run("waits", "queued", epochs=0)

    page = open_page()

    assert_fine(page)
    (bar,) = page.get("progress")
    assert cast(Any, bar).proto.text == "Waiting: another run is training"


def test_a_failed_run_shows_its_sentence_and_can_be_resumed(started):
    make_run("failed", "failed", error="The disk is full. Free some space, then resume.")
    page = open_page()
    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()
    assert "The disk is full" in page.error[0].value

    button(page, "Resume").click().run()

    assert_fine(page)
    assert [run.dir.name for run in started] == ["failed"]


def test_the_log_is_shown_on_demand():
    make_run("busy", "running")
    page = open_page()
    assert not page.code

    page.toggle(key="log_busy").set_value(True).run()

    assert "a line of the log" in page.code[0].value


def finished_page(**options: Any) -> AppTest:
    make_run("done", "finished", epochs=4, with_report=True, **options)
    page = open_page()
    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()
    assert_fine(page)
    return page


def test_a_finished_run_is_reported():
    page = finished_page()

    assert {"Accuracy, test", "Without leaks", "Macro-F1", "Balanced accuracy"} <= set(metrics(page))
    text = words(page)
    assert "(28 test faces)" in text
    assert "Epoch 2 was kept" in text
    assert "(ECE). Before the temperature of 1.10 it was" in text
    assert html_of(page).count("Labelled ") >= 5, "the grid of mistakes"
    assert "Precision" in text
    page.button_group(key="split_done").set_value("Validation").run()
    assert_fine(page)
    assert "Accuracy, validation" in metrics(page)


def test_a_finished_run_is_told_beside_the_live_model_on_the_same_images_alone():
    page = finished_page()
    assert "This model is live." in words(page), "the run's model is a copy of the shipped one"
    path = training_jobs.runs_dir() / "done" / progress.MODEL / "card.json"
    card = json.loads(path.read_text())
    card["sha256"]["model.keras"] = "0" * 64
    card["metrics"]["validation"]["accuracy"] = 0.24
    path.write_text(json.dumps(card))

    page.run()
    assert "24.0\u00a0% of 3,589 validation faces, 46.7 points below the live model" in words(page)

    card["metrics"]["validation"]["archive_sha256"] = "b" * 64
    path.write_text(json.dumps(card))
    page.run()
    assert "different images, so the two cannot be compared" in words(page)


def test_a_finished_run_offers_its_files_in_one_menu():
    page = finished_page()

    labels = [button.label for button in page.download_button]
    assert labels == ["Curves (CSV)", "Report (text)", "Confusion, validation (CSV)", "Confusion, test (CSV)"]


def test_without_a_test_split_the_report_says_so():
    assert "No test split was reported" in words(finished_page(with_test=False))


@pytest.mark.parametrize(
    ("state", "asked_for", "stored", "reason"),
    [
        ("finished", False, None, "was not asked for"),
        ("finished", True, None, "The archive has no test split"),
        ("stopped", True, None, "stopped before its end"),
        ("stopped", False, None, "was not asked for"),
        ("stopped", True, "The run was stopped before its end; go on.", "before its end; go on."),
    ],
)
def test_a_report_without_the_test_split_says_why(state: RunState, asked_for: bool, stored: str | None, reason: str):
    run_dir = make_run("done", state, with_report=True, with_test=False)
    request = TrainingRun(run_dir).request()
    assert request is not None
    replace(request, report_test=asked_for).write(run_dir)
    values = json.loads((run_dir / progress.REPORT).read_text())
    if stored is not None:
        progress.write_json(run_dir / progress.REPORT, values | {"no_test_because": stored})
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    assert "No test split was reported." in words(page)
    assert reason in words(page)


def test_the_two_accuracies_of_a_model_stand_together_each_named():
    run_dir = make_run("done", "finished", epochs=4, with_report=True, with_test=False)
    values = json.loads((run_dir / progress.REPORT).read_text())
    values["model"] |= {
        "accuracy_in_training": 0.268,
        "accuracy_float32": 0.25,
        "accuracy_int8": 0.245,
        "mirror_average": True,
    }
    values["validation"]["accuracy"] = 0.24
    progress.write_json(run_dir / progress.REPORT, values)
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    html = html_of(page)
    assert 'During training, after epoch 2: averaged weights, one pass</td><td class="n">26.8' in html
    assert 'As it runs: int8 weights, mean with the mirror image, calibrated</td><td class="n">24.0' in html


def test_a_runs_settings_are_shown_with_the_learning_rate_that_is_used():
    run_dir = make_run("done", "finished")
    request = TrainingRun(run_dir).request()
    assert request is not None
    config = replace(request.training, batch_size=64, optimizer="adam", label_smoothing=0.2)
    replace(request, training=config, cleaning=("drop_leaks",)).write(run_dir)
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    html = re.sub(r" data-label=\"[^\"]*\"", "", html_of(page))
    assert "<td>automatic</td><td>0.0005 = 0.001 (automatic for adam) x batch size 64 / 128</td>" in html
    for label, value in (("Label smoothing", "0.2"), ("Fixes", "drop leaks"), ("Archive", "drawn.csv")):
        assert f"<td>{label}</td><td>{value}</td>" in html


def test_figures_of_near_copies_and_of_missing_expressions_are_warned_of():
    run_dir = make_run("done", "finished", epochs=4, with_report=True, with_test=False)
    values = json.loads((run_dir / progress.REPORT).read_text())
    found = values["validation"]
    found |= {"n_without_near_duplicates": 5, "accuracy_without_near_duplicates": 0.2, "compared_with": ["train"]}
    found["per_class"]["disgust"]["support"] = 0
    progress.write_json(run_dir / progress.REPORT, values)
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    warnings = " ".join(str(warning.value) for warning in page.warning)
    assert "82\u00a0% of these faces are identical or near-identical to one in train" in warnings
    assert "no images of disgust" in warnings
    assert metrics(page)["Without near-duplicates"] == "20.0\u00a0%"


def test_using_a_model_puts_it_live():
    page = finished_page()
    card_path = training_jobs.runs_dir() / "done" / progress.MODEL / "card.json"
    values = json.loads(card_path.read_text())
    files = {"model.tflite": values["sha256"]["model.tflite"]}  # other ones than the live model's
    card_path.write_text(json.dumps(values | {"name": "done", "sha256": files}))
    page.run()

    button(page, "Use for live video").click().run()

    assert_fine(page)
    assert "done is now used for live video" in page.success[0].value
    card = live_card()
    assert card is not None
    assert card.name == "done"
    assert "Use for live video" not in [button.label for button in page.button]

    button(page, "Undo").click().run()

    assert "default is live again" in page.success[0].value
    card = live_card()
    assert card is not None
    assert card.name == "default"


def test_a_worse_model_is_put_live_only_after_both_figures_were_shown():
    page = finished_page()
    path = training_jobs.runs_dir() / "done" / progress.MODEL / "card.json"
    card = json.loads(path.read_text())
    files = {"model.tflite": card["sha256"]["model.tflite"]}
    figures = card["metrics"] | {"validation": card["metrics"]["validation"] | {"accuracy": 0.24}}
    path.write_text(json.dumps(card | {"name": "done", "sha256": files, "metrics": figures}))
    page.run()

    assert "Use for live video" not in [button.label for button in page.button], "a menu asks first"
    asked = next(item.value for item in page.markdown if "all the same?" in item.value)
    assert "24.0" in asked
    assert "70.7" in asked
    button(page, "Use it").click().run()

    assert "done is now used for live video" in page.success[0].value


def test_a_damaged_model_is_not_put_live():
    page = finished_page()
    model = training_jobs.runs_dir() / "done" / progress.MODEL
    card = json.loads((model / "card.json").read_text())
    (model / "card.json").write_text(json.dumps(card | {"sha256": {"model.tflite": "0" * 64}}))
    page.run()

    button(page, "Use for live video").click().run()

    assert_fine(page)
    assert "expected model.tflite with sha256" in page.error[0].value


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"validation": 3}', '{"model": {}, "validation": {}}', '{"validation": {"n": "x"}}']
)
def test_a_damaged_report_is_said(damage):
    make_run("done", "finished", epochs=4, with_report=True)
    (training_jobs.runs_dir() / "done" / progress.REPORT).write_text(damage)
    page = open_page()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)
    assert "report.json of this run is" in page.warning[0].value


@pytest.mark.parametrize("file", [progress.CONFIG, progress.STATUS, progress.PROGRESS, progress.CONFUSION])
@pytest.mark.parametrize("damage", ["", "{", "{}", "[]", '{"counts": 3}'])
def test_damaged_run_files_break_nothing(file, damage):
    run_dir = make_run("done", "finished", epochs=4, with_report=True)
    (run_dir / file).write_text(damage)
    make_run("other", "finished")

    page = open_page()
    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()

    assert_fine(page)


def test_deleting_a_run_removes_its_folder():
    page = finished_page()

    button(page, "Delete the run").click().run()

    assert_fine(page)
    assert not (training_jobs.runs_dir() / "done").exists()
    assert "No runs yet" in words(page)


def test_several_runs_are_listed_with_their_state():
    make_run("busy", "running")
    make_run("waits", "queued", epochs=0)
    make_run("old", "failed", error="It failed.")

    page = open_page()

    for wanted in ("busy", "waits", "old", "running", "queued", "failed"):
        assert wanted in html_of(page)
