"""The comparison of runs on the Train page, as Streamlit runs it, over run folders as their writers leave them."""

from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.training import child_jobs as training_jobs
from app.views.training import compare, page
from tests.helpers import pages
from tests.helpers.pages import assert_fine, html_of, words
from tests.helpers.training_folders import list_networks, make_run, time_networks
from train.runs.files import CONFIG, STOPPED_EARLY, RunState
from train.runs.request import RunRequest
from train.settings.training import TrainingConfig
from train.sweeps.plan import SweepPlan, product

PLAN = SweepPlan("drawn.csv", "0" * 64, 4, trials=product(["baseline_cnn"], [1, 2], {"dropout": ("0.2", "0.4")}))


def script() -> None:
    from app.views.training import page as training

    training.render()


def open_comparison() -> AppTest:
    list_networks()
    time_networks()
    shown = pages.open_page(script)
    shown.segmented_control[0].set_value(page.COMPARE)
    return shown.run()


def make_sweep(name: str = "dropouts", *, last: RunState = "finished") -> Path:
    """Four runs, two seeds of two settings; the last one in the state that is given."""
    folder = training_jobs.runs_dir() / name
    folder.mkdir(parents=True)
    PLAN.write(folder)
    for number, trial in enumerate(PLAN.trials):
        is_last = number == 3
        run = make_run(f"{name}/{trial.name}", last if is_last else "finished", epochs=1 if is_last else 4)
        config = TrainingConfig(
            architecture="baseline_cnn", epochs=4, dropout=float(dict(trial.values)["dropout"]), seed=trial.seed or 0
        )
        RunRequest(config, Path("/gone.csv"), "drawn.csv").write(run)
    return folder


def test_fewer_than_two_runs_are_told() -> None:
    make_run("alone", "finished")

    assert "fewer than two runs" in words(open_comparison())


def test_a_sweep_s_runs_are_chosen_together_with_curves_settings_and_means() -> None:
    make_sweep()
    make_run("another", "finished")
    shown = open_comparison()

    assert_fine(shown)
    assert shown.selectbox(key=compare.SWEEP_KEY).options == ["dropouts", compare.ALL]
    assert len(shown.multiselect[0].value) == 4
    assert len(shown.get("plotly_chart")) == 2
    table = html_of(shown)
    for head in ("Dropout", "Seed", "In training", "95 % interval"):
        assert f">{head}</th>" in table
    assert ">Network</th>" not in table, "all have the same"
    assert "baseline_cnn, dropout 0.2" in table
    assert "Means over seeds" in words(shown)


def test_runs_of_all_kinds_can_be_chosen_up_to_a_number_that_reads_well() -> None:
    make_sweep()
    make_run("another", "finished")
    make_run("a third", "failed", error="It broke.")
    shown = open_comparison()
    shown.selectbox(key=compare.SWEEP_KEY).set_value(compare.ALL)
    shown.run()

    assert_fine(shown)
    choice = shown.multiselect[0]
    assert len(choice.value) == 4
    assert len(choice.options) == 6
    assert choice.proto.max_selections == 12
    choice.set_value(choice.value[:1])
    shown.run()
    assert "Choose two to 12 runs" in words(shown)


def test_a_run_that_was_stopped_early_has_no_interval_beside_it() -> None:
    folder = make_sweep(last="stopped")
    (folder / PLAN.trials[3].name / STOPPED_EARLY).touch()
    table = html_of(open_comparison())

    assert "1 of 2" in table
    assert table.count(" to ") == 1, "the other setting's interval alone"


def test_runs_before_their_first_epoch_and_damaged_ones_are_compared_as_far_as_they_go() -> None:
    make_run("new", "running", epochs=0)
    (make_run("damaged", "finished") / CONFIG).write_text("{}")
    shown = open_comparison()

    assert_fine(shown)
    assert len(shown.get("plotly_chart")) == 1


def test_runs_of_sweeps_stand_in_the_list_under_their_sweep_s_name() -> None:
    make_sweep("one")
    make_sweep("two")
    shown = open_comparison()
    shown.segmented_control[0].set_value(page.RUNS)
    shown.run()

    assert_fine(shown)
    titles = shown.selectbox(key="run").options
    assert len(titles) == len(set(titles)) == 8
    assert f"one/{PLAN.trials[0].name}" in titles


def test_a_damaged_plan_is_told_beside_the_runs() -> None:
    folder = make_sweep()
    (folder / "sweep.json").write_text("{}")
    shown = open_comparison()

    assert_fine(shown)
    assert "The plan of this sweep cannot be read" in words(shown)


def test_a_sweep_without_varied_settings_has_no_table_of_means() -> None:
    folder = make_sweep()
    replace(PLAN, trials=product(["baseline_cnn", "vgg_small"], [], {})).write(folder)

    assert "Means over" not in words(open_comparison())
