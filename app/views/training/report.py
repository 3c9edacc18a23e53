"""The report of a run that has ended."""

from collections.abc import Sequence
from dataclasses import fields

import cv2
import numpy as np
import streamlit as st

from app import html_tables
from app.charts import training as training_charts
from app.formatting import exact_percent, size_words, whole_percent
from app.views.shared import training_tables
from app.views.training.dataset_report import PLOT_CONFIG
from fer_core.expressions.card_checks import is_number
from train.dataset.near_duplicates import MANY
from train.errors import ConfigError
from train.evaluation.crowd import CrowdFigures
from train.evaluation.types import NO_TEST_SPLIT, NOT_ASKED_FOR, STOPPED, EvaluationReport, RunReport
from train.runs.run import TrainingRun


def render(report: RunReport, run: TrainingRun) -> None:
    """Draw it: the test split first where there is one."""
    st.header("Result", anchor=False)
    evaluation = report.validation
    if report.test is not None:
        choice = st.segmented_control(
            "Split",
            ["Test", "Validation"],
            default="Test",
            required=True,
            key=f"split_{run.dir.name}",
            help="The best epoch was chosen on validation, so its figures are a little too high. Test was used once, "
            "at the end.",
        )
        evaluation = report.test if choice == "Test" else report.validation
    else:
        why = _why_no_test(report, run)
        st.caption(
            "Figures of the validation split. They are a little too high, because the best epoch was chosen on it. No "
            f"test split was reported. {why}"
        )
    crowd = crowd_of(report.crowd) if evaluation is report.validation else None
    headline(evaluation, crowd)
    model = report.model
    if evaluation is report.validation:
        accuracy_steps(report.accuracies)
    st.caption(
        f"Epoch {report.best_epoch} was kept · {model.parameters:,} weights · {model.ms_per_face:.1f} ms per face · "
        f"LiteRT file of {size_words(model.litert_bytes)} ({model.litert_weights})",
        help="LiteRT is the format that runs live. The time for one face was measured where it was trained.",
    )
    sheet = _mistake_sheet(run, evaluation.split)
    details(evaluation, key=f"{run.dir.name}_{evaluation.split}", unsure_below=model.unsure_below, mistake_sheet=sheet)


def _why_no_test(report: RunReport, run: TrainingRun) -> str:
    """The reason in a sentence. Reports of earlier versions lack it, but their runs tell most of it."""
    if report.no_test_because:
        return report.no_test_because
    try:
        request = run.request()
    except ConfigError:
        request = None
    if request is None:
        return ""
    if not request.report_test:
        return NOT_ASKED_FOR
    return STOPPED if run.status().state == "stopped" else NO_TEST_SPLIT


def accuracy_steps(steps: Sequence[tuple[str, float]]) -> None:
    """Say what each accuracy on the validation split was measured on, where there are several."""
    if len(steps) > 1:
        rows = [(words, exact_percent(value)) for words, value in steps]
        with st.expander("From the accuracy in training to this one"):
            head = ("Measured on validation", "Accuracy")
            st.html(html_tables.text_table(head, rows, numbers=(1,), narrow=True))


def crowd_of(values: object) -> CrowdFigures | None:
    """How answers compare with what people see, from a card or a report; None where it does not say or is damaged."""
    if not isinstance(values, dict) or set(values) != {f.name for f in fields(CrowdFigures)}:
        return None
    known = (is_number(value) or (value is None and name == "majority_accuracy") for name, value in values.items())
    return CrowdFigures(**values) if all(known) else None


def crowd_headline(c: CrowdFigures) -> None:
    """The figures by the votes of ten people an image."""
    facts = [
        (
            "Crowd accuracy",
            exact_percent(c.accuracy),
            f"Share of {c.n_clear:,} faces that get the answer that more than half of ten people gave (FER+ votes). "
            "This is what the live page shows.",
        ),
        (
            "Distance from voters",
            f"{c.ece:.3f}",
            "Expected calibration error against the votes: by how much a share such as 70 % differs from the share of "
            f"people who say so, on average over {c.n_voted:,} faces.",
        ),
        (
            "Wrongly neutral",
            exact_percent(c.called_neutral),
            f"Share of {c.n_expressive:,} plain expressions, which fewer than one in ten people call neutral, that the "
            "model calls neutral.",
        ),
    ]
    if c.majority_accuracy is not None:
        words = "Of eight answers, with contempt, as published for FER+ (Barsoum et al., 2016: 84.99 % on test)."
        facts.insert(1, ("FER+ accuracy", exact_percent(c.majority_accuracy), words))
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")
    st.caption(
        "Above: compared with what ten people see. Below: compared with the archive's labels, each one person's."
    )


def headline(e: EvaluationReport, crowd: CrowdFigures | None = None) -> None:
    """The figures that sum a split up; those by the votes come first, where there are any."""
    if crowd is not None:
        crowd_headline(crowd)
    low, high = map(exact_percent, e.interval_95)
    facts = [
        (
            f"Accuracy, {e.split}" if crowd is None else f"Label accuracy, {e.split}",
            exact_percent(e.accuracy),
            f"Share of {e.n:,} {e.split} faces that get their label from the exported model. 95 % interval {low} to "
            f"{high}.",
        )
    ]
    if e.accuracy_without_duplicates is not None:
        where = " or ".join(e.compared_with) or "train"
        words = f"On the {e.n_without_duplicates:,} faces that are not also in {where}."
        facts.append(("Without leaks", exact_percent(e.accuracy_without_duplicates), words))
        if e.n_without_near_duplicates is not None:
            words = (
                f"On the {e.n_without_near_duplicates:,} faces that have no near-identical one in {where} either, such "
            )
            words += "as another frame of the same sequence."
            facts.append(("Without near-duplicates", exact_percent(e.accuracy_without_near_duplicates), words))
    facts += [
        (
            "Macro-F1",
            f"{e.macro_f1:.3f}",
            "Mean of the expressions' F1, which balances precision and recall. Rare expressions count as much as "
            "frequent ones. As in scikit-learn, over the expressions that occur or were answered.",
        ),
        (
            "Balanced accuracy",
            exact_percent(e.balanced_accuracy),
            "Mean of the expressions' recall: the share of its faces that was found.",
        ),
    ]
    with st.container(horizontal=True, gap="medium"):
        for label, value, help_text in facts:
            st.metric(label, value, help=help_text, width="content")
    st.caption(f"95 % interval of the accuracy: {low} to {high} ({e.n:,} {e.split} faces).")
    _warn(e)


def _warn(e: EvaluationReport) -> None:
    if e.near_duplicates_share >= MANY:
        st.warning(
            f"{whole_percent(e.near_duplicates_share)} of these faces are identical or near-identical to one in "
            f"{' or '.join(e.compared_with)}. The accuracy says little about new faces."
        )
    if e.absent:
        st.warning(f"There are no images of {', '.join(e.absent)}: the figures say nothing about them.")


def details(e: EvaluationReport, *, key: str, unsure_below: float, mistake_sheet: np.ndarray | None = None) -> None:
    """Everything else, in tabs."""
    # A card holds no mistakes, so the tab would be empty there.
    names = ["Confusion", "Per expression", "Calibration", "Unsure", *(["Mistakes"] if e.mistakes else [])]
    confusion, per_class, calibration, unsure, *mistakes = st.tabs(names)
    with confusion:
        _confusion(e)
    with per_class:
        st.html(training_tables.class_table(e.per_class))
        st.caption(
            "Precision: the share of these answers that is right. Recall: the share of these faces that was found. F1 "
            "balances both."
        )
    with calibration:
        _calibration(e, key)
    with unsure:
        _unsure(e, key, unsure_below)
    if mistakes:
        with mistakes[0]:
            _mistakes(e, mistake_sheet)


def _confusion(e: EvaluationReport) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("In % of each row", help="Rows: the label. Columns: the answer.")
        st.html(training_tables.confusion(e.confusion, shares=True))
    with right:
        st.caption("In faces")
        st.html(training_tables.confusion(e.confusion, shares=False))


def _calibration(e: EvaluationReport, key: str) -> None:
    c = e.calibration
    before = f" Before the temperature of {c.temperature:.2f} it was {exact_percent(c.ece_before)}." if c else ""
    st.caption(
        f"Confidence and accuracy differ by {exact_percent(e.ece)} on average (ECE).{before}",
        help="ECE (expected calibration error): the mean difference between how sure the network is and how often it "
        "is right. The temperature scales the confidence; the answer stays the same.",
    )
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        st.plotly_chart(training_charts.reliability(e.reliability), key=f"reliability_{key}", config=PLOT_CONFIG)
    with right:
        st.caption(
            "On the dotted line, confidence equals accuracy. Below it, the network is too sure; above it, not sure "
            "enough. Larger dots stand for more faces."
        )


def _unsure(e: EvaluationReport, key: str, unsure_below: float) -> None:
    left, right = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with left:
        st.plotly_chart(
            training_charts.coverage(e.coverage_curve, chosen=unsure_below), key=f"coverage_{key}", config=PLOT_CONFIG
        )
    with right:
        st.caption(
            "The higher the threshold, the fewer faces get a label, and the more of these labels are right. The dotted "
            "line is this model's own threshold. The setting on the Live page moves along this axis."
        )


def _mistakes(e: EvaluationReport, sheet: np.ndarray | None) -> None:
    if sheet is None:
        st.caption("The pictures of this run's mistakes were not kept.")
    else:
        st.caption("The most confident mistakes for each expression. Some of the labels may be wrong themselves.")
        st.html(training_tables.mistakes(e.mistakes, sheet))


def _mistake_sheet(run: TrainingRun, split: str) -> np.ndarray | None:
    path = run.dir / f"mistakes-{split}.png"
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
