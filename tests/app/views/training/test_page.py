"""The Train page as Streamlit runs it; children are real only where a test says so."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.training import child_jobs as training_jobs
from app.training.plans import DEFAULT, PLANS, Plan
from app.views.training import page as training
from app.views.training import plan_step
from fer_core import paths
from fer_core.emotions import EMOTION_COLOURS
from fer_core.expressions.card import read_card
from fer_core.expressions.model_list import live_card
from fer_core.paths import SHIPPED_MODELS
from tests.helpers import pages
from tests.helpers.faces import wait_until
from tests.helpers.pages import assert_fine, html_of, present, words
from tests.helpers.training_folders import DATASET, finish, list_networks, make_run, store_archive, time_networks
from train.archive.reader import Dataset
from train.dataset.report import DatasetReport, report_on
from train.runs import files as progress
from train.runs.files import RunState
from train.runs.run import TrainingRun
from train.settings.augmentation import AugmentConfig
from train.settings.fields import settings_of
from train.settings.training import TrainingConfig


def script() -> None:
    from app.views.training import page as training

    training.render()


def open_page() -> AppTest:
    list_networks()
    time_networks()
    return pages.open_page(script)


def told(page: AppTest) -> list[str]:
    """The errors on the page, but for the one of the upload field, which only the browser shows."""
    return [str(error.value) for error in page.error if not error.value.startswith("The upload failed")]


def button(page: AppTest, label: str) -> Any:
    return next(button for button in page.button if button.label == label)


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[TrainingRun]:
    """The runs that were started, whose processes were not."""
    runs: list[TrainingRun] = []

    def launch(self: TrainingRun, *, epoch: int) -> None:
        progress.write_status(self.dir, progress.RunStatus("queued", epoch=epoch, queued_at=1.0))
        runs.append(self)

    monkeypatch.setattr(TrainingRun, "_launch", launch)
    return runs


# Data


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


# Network, settings, start


def test_every_setting_has_a_widget_with_its_help():
    store_archive()

    page = open_page()

    widgets = [*page.number_input, *page.selectbox, *page.slider]
    settings = [widget for widget in widgets if str(widget.key).startswith("train_setting_")]
    all_settings = [item for config in (TrainingConfig, AugmentConfig) for item in settings_of(config)]
    described = {item.name for item in all_settings if item.group not in ("votes", "teachers")}
    shown = {str(widget.key).removeprefix("train_setting_") for widget in settings}
    assert shown == described - {"architecture", "init_from"}
    assert all(widget.help for widget in settings)


def test_starting_makes_a_run_with_the_settings_of_the_page(started):
    store_archive()
    page = open_page()
    page.number_input(key="train_setting_epochs").set_value(3).run()
    page.selectbox(key="train_architecture").select("baseline_cnn").run()

    button(page, "Start training").click().run()

    assert_fine(page)
    (run,) = started
    request = run.request()
    assert request is not None
    assert (request.training.epochs, request.training.architecture) == (3, "baseline_cnn")
    assert request.cleaning == ()
    assert request.report_test
    assert page.session_state[present(page, "train_view")] == training.RUNS
    assert page.selectbox(key="run").value == run.dir.name


def test_a_press_counts_when_a_trial_ends_at_that_moment(started, monkeypatch):
    """The page is then drawn anew from its top, before it has come to the button."""
    store_archive()
    page = open_page()
    draw, ends = plan_step.render, iter([True])

    def ends_once(config: TrainingConfig | None, report: DatasetReport) -> float | None:
        if next(ends, False):
            st.rerun()
        return draw(config, report)

    monkeypatch.setattr(plan_step, "render", ends_once)
    button(page, "Start training").click().run()

    assert_fine(page)
    assert len(started) == 1
    page.run()
    assert len(started) == 1


def test_a_press_is_forgotten_when_the_page_was_left(started):
    store_archive()
    page = open_page()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_PRESS_HOLDS_S", 0.0)
        button(page, "Start training").click().run()
        page.run()

    assert started == []


def test_untouched_settings_are_the_middle_plans(started):
    store_archive()
    page = open_page()
    assert page.radio(key=present(page, "train_plan")).value == DEFAULT.name

    button(page, "Start training").click().run()

    request = started[0].request()
    assert request is not None
    assert request.training == DEFAULT.config


def test_a_request_that_knows_no_plan_has_gone_brings_none_back(started):
    """The page asks the server once a second by itself, with the values of all widgets, and the network takes time."""
    store_archive()
    page = open_page()
    page.number_input(key="train_setting_epochs").set_value(7)
    before = page._tree.get_widget_states()
    page.run()

    pages.run_stale(page, before)

    assert page.radio(key=present(page, "train_plan")).value is None
    assert page.number_input(key="train_setting_epochs").value == 7
    button(page, "Start training").click().run()
    request = started[0].request()
    assert request is not None
    assert request.training.epochs == 7


def test_a_request_that_knows_nothing_of_a_plans_settings_brings_none_back():
    store_archive()
    page = open_page()
    other = next(plan for plan in PLANS if plan.config.architecture != DEFAULT.config.architecture)
    page.number_input(key="train_setting_learning_rate").set_value(0.0003).run()
    page.radio(key=present(page, "train_plan")).set_value(other.name)
    before = page._tree.get_widget_states()
    page.run()

    pages.run_stale(page, before)

    assert page.radio(key=present(page, "train_plan")).value == other.name
    assert page.selectbox(key=present(page, "train_architecture")).value == other.config.architecture
    assert page.number_input(key=present(page, "train_setting_learning_rate")).value is None


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_is_told_with_accuracy_and_time_and_fills_in_its_settings(started, plan: Plan):
    store_archive()
    page = open_page()
    page.number_input(key="train_setting_epochs").set_value(7).run()
    assert page.radio(key=present(page, "train_plan")).value is None, "settings of one's own"
    assert "Your own settings are used" in words(page)
    page.number_input(key="train_setting_learning_rate").set_value(0.0003).run()

    page.radio(key=present(page, "train_plan")).set_value(plan.name).run()

    assert_fine(page)
    caption = page.radio(key=present(page, "train_plan")).proto.captions[PLANS.index(plan)]
    assert f"**{plan.accuracy:.1%}".replace("%", "\u00a0%") in caption
    assert "About 10 s" in caption
    assert page.number_input(key=present(page, "train_setting_learning_rate")).value is None, "automatic again"
    button(page, "Start training").click().run()
    request = started[0].request()
    assert request is not None
    assert request.training == plan.config


def test_the_learning_rate_is_shown_as_typed_with_the_effective_one_beside():
    store_archive()
    page = open_page()
    rate = page.number_input(key="train_setting_learning_rate")
    assert (rate.value, rate.proto.placeholder, rate.proto.format) == (None, "automatic", "%g")
    assert "Learning rate in effect: 0.1 = 0.1 (automatic for sgd)" in words(page)

    rate.set_value(0.0003).run()

    assert "Learning rate in effect: 0.0003 = 0.0003 (as set)" in words(page)


def test_settings_stay_while_another_part_of_the_page_is_looked_at(started):
    store_archive()
    page = open_page()
    page.number_input(key="train_setting_epochs").set_value(7).run()
    page.selectbox(key="train_architecture").select("baseline_cnn").run()

    page.button_group(key=present(page, "train_view")).set_value(training.RUNS).run()
    page.button_group(key=present(page, "train_view")).set_value(training.NEW).run()

    assert page.number_input(key="train_setting_epochs").value == 7
    assert page.selectbox(key="train_architecture").value == "baseline_cnn"


def test_no_trial_is_made_while_a_run_trains():
    store_archive()
    make_run("busy", "running")
    list_networks()
    page = pages.page_of(script)
    page.session_state["train_view"] = training.NEW

    pages.run(page)

    assert "measured once no run is training" in words(page)
    assert not list((paths.home() / "answers").glob("trial-*"))


def test_settings_that_do_not_go_together_are_told_and_not_started(started):
    store_archive()
    page = open_page()
    page.number_input(key="train_setting_epochs").set_value(2).run()

    page.number_input(key="train_setting_freeze_epochs").set_value(5).run()

    assert "Frozen epochs (freeze_epochs) must be at most" in told(page)[0]
    assert told(page)[0].endswith("got 5.")
    assert button(page, "Start training").disabled
    assert started == []


def test_a_saved_model_can_be_trained_further(started):
    store_archive()
    page = open_page()

    page.button_group(key="train_start").set_value("From a saved model").run()
    assert_fine(page)
    button(page, "Start training").click().run()

    request = started[0].request()
    assert request is not None
    assert Path(request.training.init_from).name == "default"
    assert request.training.architecture == read_card(SHIPPED_MODELS / "default").architecture


# Runs


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
