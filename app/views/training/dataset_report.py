"""What is in an archive and what is wrong with it, with the switches that mend it."""

from pathlib import Path

import cv2
import streamlit as st

from app import html_tables
from app.charts import training as training_charts
from app.formatting import counted
from app.markdown_text import plain
from app.views.shared import training_tables
from train.dataset.near_duplicates import MANY as MANY_NEAR_DUPLICATES
from train.dataset.report import DatasetReport

PLOT_CONFIG = {"displayModeBar": False, "responsive": True}


def render(report: DatasetReport, faces: Path) -> tuple[str, ...]:
    """Draw the report, warnings first.

    Returns:
        The cleaning switches that are on, by their names in `train.runs.request.CLEANING`.
    """
    if report.warnings:
        st.warning("  \n".join(map(plain, report.warnings)), icon=":material/warning:")
    for column, (name, split) in zip(st.columns(len(report.splits), gap="medium"), report.splits.items(), strict=True):
        with column:
            st.caption(f"**{name.capitalize()}** · {split.faces:,} faces", help=_SPLIT_HELP.get(name))
            st.plotly_chart(
                training_charts.class_counts(split.per_class),
                key=f"counts_{name}",
                config=PLOT_CONFIG,
            )
    for sentence in _remarks(report):
        st.caption(sentence)
    _warn_of_near_duplicates(report)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _faces(faces)
    with right:
        return _switches(report)


_SPLIT_HELP = {
    "train": "What the network learns from.",
    "validation": "What choices are made on, such as which epoch is kept. FER2013 calls it PublicTest.",
    "test": "Looked at once, at the end, so that the figure is honest. FER2013 calls it PrivateTest.",
}


def _remarks(report: DatasetReport) -> list[str]:
    remarks = [report.labels_read] if report.labels_read else []
    if report.made_validation:
        remarks.append(
            "The archive has no validation split: a tenth of its training faces was set aside, the same "
            f"ones every time. {report.kept_together}"
        )
    if "test" not in report.splits:
        remarks.append("The archive has no test split: results can be reported on the validation split only.")
    times = report.splits["train"].imbalance if "train" in report.splits else 1.0
    if times >= 1.5:
        remarks.append(f"Imbalance: the commonest expression has {times:.0f} times the training faces of the rarest.")
    return remarks


def _warn_of_near_duplicates(report: DatasetReport) -> None:
    for leak in report.near_leaks:
        faces = report.splits[leak.later].faces
        alike = leak.images + report.leaked(leak.later, leak.earlier)
        if alike >= MANY_NEAR_DUPLICATES * faces:
            st.warning(
                f"{alike:,} of {faces:,} images of {leak.later} are identical or near-identical to one in "
                f"{leak.earlier}, as frames of one sequence are. Accuracy there says little about new faces."
            )


def _faces(path: Path) -> None:
    st.caption("Training faces as they are labelled", help="A few of each expression, spread over the training split.")
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if sheet is None:
        st.caption("There is no picture of them.")
    else:
        st.html(training_tables.sample_faces(sheet))


def _switches(report: DatasetReport) -> tuple[str, ...]:
    leaks, within, blanks = (report.drops.get(name, 0) for name in ("drop_leaks", "drop_duplicates", "drop_blanks"))
    chosen = [
        name
        for name, label, help_text in (
            (
                "drop_leaks",
                f"Drop leaking images ({leaks:,})",
                "Images of validation or test that also stand in an earlier split, each counted once: the network has "
                "seen them, so they flatter its figures. FER2013's published figures are about two points too high "
                "through them. Near-identical images stay.",
            ),
            (
                "drop_duplicates",
                f"Drop duplicates ({within:,})",
                "Of identical images within one split, one stays: the first with the label that most of them have.",
            ),
            (
                "drop_blanks",
                f"Drop blank images ({blanks:,})",
                "Images of one grey value, or with next to no contrast: there is no face in them.",
            ),
        )
        if st.toggle(label, key=f"train_{name}", persist_state="session", help=help_text)
    ]
    _account(report)
    return tuple(chosen)


def _account(report: DatasetReport) -> None:
    rows = [(f"Images of {leak.later} that also stand in {leak.earlier}", f"{leak.images:,}") for leak in report.leaks]
    rows += [
        (f"Further images of {leak.later} that are near-identical to one in {leak.earlier}", f"{leak.images:,}")
        for leak in report.near_leaks
    ]
    rows += [
        ("Identical images, all splits together", _in_groups(report.duplicate_images, report.duplicate_groups)),
        ("Identical images with different labels", _in_groups(report.conflicting_images, report.conflicting_groups)),
    ]
    rows += [(f"Skipped: {reason}", f"{count:,}") for reason, count in report.skipped.items()]
    st.html(html_tables.text_table(("", ""), rows, numbers=(1,)))
    if report.skip_examples:
        with st.expander(f"What was skipped ({report.skipped_total:,})"):
            st.code("\n".join(report.skip_examples), language=None, height=160)


def _in_groups(images: int, groups: int) -> str:
    return f"{images:,} in {counted(groups, 'group')}" if groups else "0"
