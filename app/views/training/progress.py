"""One run's progress: bars, figures, curves, the current confusion matrix, the log's end."""

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
    _bars(status)
    _figures(run, status, epochs)
    if epochs:
        st.caption(
            "Best validation is measured during training: averaged weights, one look at each face. The exported model "
            "is measured anew, as it runs."
        )
        _curves(run, epochs, status)
    elif status.state == "running":
        st.caption("The curves begin with the first epoch's end.")
    if st.toggle("Show the log", key=f"log_{run.dir.name}"):
        st.code(places.shown(run.log(lines=200)) or "The log is empty.", language=None, height=260)


def _bars(status: RunStatus) -> None:
    if not status.epochs:
        st.progress(0.0, text=sentence(_stage(status)))
        return
    within = status.batch / status.batches if _is_in_epoch(status) else 0.0
    whole = min(1.0, (status.epoch + within) / status.epochs)
    st.progress(whole, text=f"{status.epoch} of {status.epochs} epochs done")
    if status.state in ACTIVE:
        st.progress(min(1.0, within), text=sentence(_stage(status)))


def _stage(status: RunStatus) -> str:
    if _is_in_epoch(status):
        return f"Epoch {status.epoch + 1}: step {status.batch:,} of {status.batches:,}"
    words = status.stage or status.state
    return words[:1].upper() + words[1:]


def _is_in_epoch(status: RunStatus) -> bool:
    if status.state not in ACTIVE:
        return False
    return status.batches > 0 and status.epoch < status.epochs and not status.stage.startswith("exporting")


def _figures(run: TrainingRun, status: RunStatus, epochs: list[EpochMetrics]) -> None:
    best = max(epochs, key=lambda e: e.validation_accuracy, default=None)
    active = status.state in ACTIVE
    remaining = remaining_s(status, epochs, batch_size=_batch_size(run)) if active else None
    facts = [
        ("Elapsed", words_for_s(_elapsed_s(status)), "Since this run was started, or resumed last."),
        (
            "Remaining",
            words_for_s(remaining) if active else "–",
            "At the speed so far, without compiling at the start.",
        ),
        (
            "Images per second",
            f"{status.images_per_second:,.0f}" if status.images_per_second else "–",
            "Training images, over the present epoch.",
        ),
        (
            "Learning rate",
            f"{epochs[-1].learning_rate:.2g}" if epochs else "–",
            "How far each step changes the weights; it falls over the epochs.",
        ),
        (
            "Best validation",
            exact_percent(best.validation_accuracy) if best else "–",
            f"After epoch {best.epoch}: the one that is kept." if best else "Of all epochs; the best one is kept.",
        ),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")


def _curves(run: TrainingRun, epochs: list[EpochMetrics], status: RunStatus) -> None:
    planned = status.epochs or epochs[-1].epoch
    left, right = st.columns(2, gap="medium")
    with left:
        _plot(
            training_charts.accuracy_curves(epochs, planned=planned),
            "Accuracy",
            f"accuracy_{run.dir.name}",
            "Share of faces named rightly. Training is measured on changed images and may lie below validation.",
        )
        _plot(
            training_charts.learning_rate_curve(epochs, planned=planned),
            "Learning rate",
            f"rate_{run.dir.name}",
            "How far each step changes the weights.",
        )
    with right:
        _plot(
            training_charts.loss_curves(epochs, planned=planned),
            "Loss",
            f"loss_{run.dir.name}",
            "What training makes small: how surprised the network is by the right answer.",
        )
        counts = read_confusion(read_json(run.dir / CONFUSION))
        if counts:
            st.caption(
                "Validation so far, in % of each row",
                help="Rows are what a face shows, columns what it was called; the diagonal is right.",
            )
            st.html(training_tables.confusion(counts, shares=True))


def _plot(figure: object, title: str, key: str, help_text: str) -> None:
    st.caption(title, help=help_text)
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
        return max(0.0, (time.monotonic() if status.state in ACTIVE else status.updated_s) - status.started_s)
    return max(0.0, status.updated_at - status.started_at)  # a run of an earlier version, which has ended


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
