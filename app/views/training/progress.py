"""One run's progress: one bar with its phase and the time left, figures, two curves; more behind a click."""

import statistics
import time

import streamlit as st

from app import places
from app.charts import training as training_charts
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.training.answers import read_confusion
from app.views.shared import training_tables
from app.views.training.dataset_report import PLOT_CONFIG
from train.errors import ConfigError
from train.runs.files import ACTIVE, CONFUSION, EpochMetrics, RunStatus, read_json
from train.runs.run import TrainingRun


def render(run: TrainingRun, known_state: str) -> None:
    """Draw it; run by a timer while the run is active, and once the state is another the whole page follows."""
    status = run.status()
    if status.state != known_state:
        st.rerun()
    for note in status.notes:
        st.info(sentence(note))
    epochs = run.epochs()
    if status.state in ACTIVE:
        left_s = remaining_s(status, epochs, batch_size=_batch_size(run))
        st.progress(_share_done(status), text=sentence(phase(status)) + _left(status, left_s))
        _figures(status, epochs)
    if epochs:
        _curves(run, epochs, status)
    elif status.state == "running":
        st.caption("The curves begin when the first epoch has ended.")
    _more(run, epochs, status)


def _share_done(status: RunStatus) -> float:
    if not status.epochs:
        return 0.0
    within = status.batch / status.batches if _is_in_epoch(status) else 0.0
    return min(1.0, (status.epoch + within) / status.epochs)


def phase(status: RunStatus) -> str:
    """What an active run does now: "Preparing: reading the archive", "Compiling …", "Epoch 3 of 25"."""
    if status.state == "stopping":
        return "Stopping after this step"
    if status.state == "queued":
        return "Waiting: another run is training"
    if _is_in_epoch(status):
        if not status.batch and not status.images_per_second:
            return "Compiling the network, once"
        return f"Epoch {status.epoch + 1} of {status.epochs}"
    if (status.epochs and status.epoch >= status.epochs) or status.stage.startswith("exporting"):
        return "Finishing: exporting and measuring the best epoch"
    return f"Preparing: {status.stage}" if status.stage else "Preparing"


def _left(status: RunStatus, left_s: float | None) -> str:
    if left_s is not None:
        return f" · {words_for_s(left_s)} left"
    return " · time left is known after the first steps" if _is_in_epoch(status) and status.state == "running" else ""


def _is_in_epoch(status: RunStatus) -> bool:
    if status.state not in ACTIVE:
        return False
    return status.batches > 0 and status.epoch < status.epochs and not status.stage.startswith("exporting")


def _figures(status: RunStatus, epochs: list[EpochMetrics]) -> None:
    best = max(epochs, key=lambda e: e.validation_accuracy, default=None)
    facts = [
        (
            "Best accuracy so far",
            exact_percent(best.validation_accuracy) if best else "–",
            f"On the validation faces, after epoch {best.epoch}, in one pass. The finished model is measured again, as "
            "it runs."
            if best
            else "On the validation faces, once the first epoch has ended.",
        ),
        ("Elapsed", words_for_s(_elapsed_s(status)), "Since this run was started, or last resumed."),
        (
            "Images per second",
            f"{status.images_per_second:,.0f}" if status.images_per_second else "–",
            "Training images in the current epoch, without compiling.",
        ),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")


def _curves(run: TrainingRun, epochs: list[EpochMetrics], status: RunStatus) -> None:
    planned = status.epochs or epochs[-1].epoch
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(
            "**Accuracy**",
            help="Share of faces that get their label, in one pass. Training accuracy is measured on augmented images "
            "and may lie below validation.",
        )
        _plot(training_charts.accuracy_curves(epochs, planned=planned), f"accuracy_{run.dir.name}")
    with right:
        st.markdown(
            "**Loss**", help="What training minimises. Lower means that the network finds the labels more probable."
        )
        _plot(training_charts.loss_curves(epochs, planned=planned), f"loss_{run.dir.name}")


def _more(run: TrainingRun, epochs: list[EpochMetrics], status: RunStatus) -> None:
    with st.expander("Learning rate, confusion so far, log" if status.state in ACTIVE else "Learning rate and log"):
        if epochs:
            left, right = st.columns(2, gap="medium")
            with left:
                st.markdown("**Learning rate**", help="How far each step changes the weights.")
                planned = status.epochs or epochs[-1].epoch
                _plot(training_charts.learning_rate_curve(epochs, planned=planned), f"rate_{run.dir.name}")
            counts = read_confusion(read_json(run.dir / CONFUSION))
            if counts and status.state in ACTIVE:
                with right:
                    st.markdown(
                        "**Confusion on validation, % of each row**", help="Rows: the label. Columns: the answer."
                    )
                    st.html(training_tables.confusion(counts, shares=True))
        if st.toggle("Show the log", key=f"log_{run.dir.name}"):
            st.code(places.shown(run.log(lines=200)) or "The log is empty.", language=None, height=260)


def _plot(figure: object, key: str) -> None:
    st.plotly_chart(figure, key=key, config=PLOT_CONFIG)


def _batch_size(run: TrainingRun) -> int:
    try:
        request = run.request()
    except ConfigError:
        return 0
    return request.training.batch_size if request else 0


def _elapsed_s(status: RunStatus) -> float | None:
    if not status.started_at:
        return None
    if status.started_s:
        return max(0.0, time.monotonic() - status.started_s)
    return max(0.0, status.updated_at - status.started_at)  # a run of an earlier version


def remaining_s(status: RunStatus, epochs: list[EpochMetrics], *, batch_size: int) -> float | None:
    """Time to the last epoch's end, by steady epochs, or by steady steps within the first; None before there are any.

    Compiling, which the first epoch of each start does once, is left out.
    """
    if not _is_in_epoch(status):
        return None
    left = max(0.0, status.epochs - status.epoch - status.batch / status.batches)
    steady = _steady_seconds(epochs)
    if steady:
        return left * statistics.median(steady[-5:])
    if status.images_per_second and batch_size:
        return left * status.batches * batch_size / status.images_per_second
    return None


def _steady_seconds(epochs: list[EpochMetrics]) -> list[float]:
    """Lengths of epochs without compiling, those of which it is known; earlier versions compiled in the first."""
    lengths = [epoch.seconds if epoch.steady_seconds is None else epoch.steady_seconds for epoch in epochs]
    if epochs and epochs[0].steady_seconds is None:
        lengths = lengths[1:]
    return [seconds for seconds in lengths if seconds > 0]


def words_for_s(seconds: float | None) -> str:
    """A duration as people say it."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
