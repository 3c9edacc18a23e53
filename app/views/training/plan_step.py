"""Quick, Good or Best: what to expect of each, and how long it takes here. Choosing one fills in its settings."""

import streamlit as st

from app.access import current
from app.access.files import own_runs
from app.colours import BLUE
from app.formatting import exact_percent
from app.training import child_jobs as training_jobs
from app.training.answers import read_trials
from app.training.child_jobs import Job
from app.training.plans import MEASURED_ON, PLANS, Plan, plan_of
from app.training.trials import about, trial
from app.views.shared import page_parts, widget_keys
from app.views.training.network_step import ARCHITECTURE_KEY, SCRATCH, START_KEY
from app.views.training.settings_step import fill_in
from train.dataset.report import DatasetReport
from train.fitting.trial import Trial
from train.runs.files import ACTIVE
from train.settings.training import TrainingConfig

PLAN_KEY = "train_plan"
_CARDS = f"""<style>
.st-key-{PLAN_KEY}_cards [role="radiogroup"] {{gap: .75rem; width: 100%}}
.st-key-{PLAN_KEY}_cards [role="radiogroup"] > div {{position: relative; flex: 1 1 14rem; padding: .7rem .9rem;
  border: 1px solid rgba(128,128,128,.35); border-radius: .5rem}}
.st-key-{PLAN_KEY}_cards [role="radiogroup"] > div[data-selected] {{border-color: transparent;
  outline: 2px solid {BLUE}}}
.st-key-{PLAN_KEY}_cards [role="radiogroup"] > div label::after {{content: ""; position: absolute; inset: 0}}
.st-key-{PLAN_KEY}_cards p {{font-size: .95rem}}
</style>"""
"""A card for each plan; all of it can be pressed."""


def render(config: TrainingConfig | None, report: DatasetReport) -> float | None:
    """Draw the choice.

    Args:
        config: the present settings; None where they do not go together.
        report: on the archive that would be trained on.

    Returns:
        About how many seconds a run with the present settings takes here; None where that is not known.
    """
    known, job, is_waiting = _trials(config)
    chosen = plan_of(config) if config else None
    widget_keys.set_value(PLAN_KEY, chosen.name if chosen else None)
    key = widget_keys.key_of(PLAN_KEY)
    with st.container(key=f"{PLAN_KEY}_cards"):
        st.html(_CARDS)
        st.radio(
            "Plan",
            [plan.name for plan in PLANS],
            captions=[_caption(plan, known, report, is_waiting=is_waiting) for plan in PLANS],
            index=None,
            horizontal=True,
            key=key,
            on_change=_apply,
            args=(key,),
            label_visibility="collapsed",
            width="stretch",
        )
    if chosen is None:
        st.caption("Your own settings are used: see **All networks and settings** below. A plan replaces them.")
    _explain(job, known, is_waiting=is_waiting)
    return _seconds(config, known.get(config.architecture), report) if config else None


def give_up_trials(config: TrainingConfig) -> None:
    """End the trials that these settings asked for, as a run is about to need the processor."""
    for names in ([plan.config.architecture for plan in PLANS], [config.architecture]):
        training_jobs.give_up(trial(names))


def _apply(key: str) -> None:
    """Fill the chosen plan's settings into the widgets, before the page is drawn with them."""
    if key != widget_keys.key_of(PLAN_KEY):  # of a page that did not know yet that the settings are no plan's now
        return
    plan = next(plan for plan in PLANS if plan.name == st.session_state[key])
    widget_keys.set_value(START_KEY, SCRATCH)
    widget_keys.set_value(ARCHITECTURE_KEY, plan.config.architecture)
    fill_in(plan.config)


def _trials(config: TrainingConfig | None) -> tuple[dict[str, Trial], Job, bool]:
    """What is known of the networks' speed here, the job that is at it or was last, and whether that is awaited."""
    names = [plan.config.architecture for plan in PLANS]
    job = trial(names)
    known = read_trials(training_jobs.look(job).answer)
    if known and config is not None and config.architecture not in known:
        job = trial([config.architecture])
        known |= read_trials(training_jobs.look(job).answer)
    if training_jobs.look(job).state == "new" and not _is_busy():
        page_parts.start(job)
    return known, job, training_jobs.look(job).state in ("new", "running")


def _is_busy() -> bool:
    """Whether a run trains now: a trial beside it would measure too long a time, and slow it down."""
    return any(run.status().state in ACTIVE for run in own_runs(current.signed_in()))


def _seconds(config: TrainingConfig, known: Trial | None, report: DatasetReport) -> float | None:
    if known is None:
        return None
    faces = {name: split.faces for name, split in report.splits.items()}
    return known.seconds(epochs=config.epochs, train=faces.get("train", 0), validation=faces.get("validation", 0))


def _caption(plan: Plan, known: dict[str, Trial], report: DatasetReport, *, is_waiting: bool) -> str:
    seconds = _seconds(plan.config, known.get(plan.config.architecture), report)
    takes = about(seconds) if seconds is not None else "time being measured …" if is_waiting else "time unknown"
    return (
        f"**{exact_percent(plan.accuracy)}** expected  \n{takes[:1].upper()}{takes[1:]}  \n"
        f"{plan.config.architecture}, {plan.config.epochs} epochs"
    )


def _explain(job: Job, known: dict[str, Trial], *, is_waiting: bool) -> None:
    source = ", ".join(f"{plan.name} {plan.measured}" for plan in PLANS)
    st.caption(
        f"Accuracy: measured by this project on {MEASURED_ON}; other data gives other figures.",
        help=f"{source}. The tables are in docs/BENCHMARKS.md and train/EXPERIMENTS.md. One run is accurate to 1.6 "
        "points (95 % interval); other seeds differ by half a point.",
    )
    view = training_jobs.look(job)
    if view.state == "running":
        page_parts.wait(job, "Time: timing a few training steps on this machine. You can start without waiting")
        return
    if is_waiting:
        st.caption("Time: measured once no run is training.")
        return
    words = "Time: from a trial on this machine; other work slows it down."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(words if known else "Time: the trial failed, so it is not known.", width="content")
        if st.button("Measure again", key="train_trial_again", type="tertiary") and page_parts.start(job):
            st.rerun()
