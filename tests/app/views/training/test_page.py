"""The Train page's second and third step: network, settings and start."""

from pathlib import Path

import pytest
import streamlit as st

from app.training.plans import DEFAULT, PLANS, Plan
from app.views.training import page as training
from app.views.training import plan_step
from fer_core import paths
from fer_core.expressions.card import read_card
from fer_core.paths import SHIPPED_MODELS
from tests.helpers import pages
from tests.helpers.pages import assert_fine, present, words
from tests.helpers.train_page import button, open_page, script, told
from tests.helpers.training_folders import list_networks, make_run, store_archive
from train.dataset.report import DatasetReport
from train.settings.augmentation import AugmentConfig
from train.settings.fields import settings_of
from train.settings.training import TrainingConfig


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
