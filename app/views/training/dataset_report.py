"""What is in an archive and what is wrong with it, each problem with the switch that fixes it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import streamlit as st

from app import html_tables
from app.formatting import counted
from app.markdown_text import plain
from app.views.shared import training_tables
from train.dataset.near_duplicates import MANY as MANY_NEAR_DUPLICATES
from train.dataset.report import DatasetReport

PLOT_CONFIG = {"displayModeBar": False, "responsive": True}


@dataclass(frozen=True)
class _Finding:
    """A chip, what it means in a sentence, and the cleaning switch that fixes it, if one does."""

    chip: str
    words: str
    colour: Literal["orange", "gray"] = "orange"
    switch: str = ""
    fix: str = ""
    help: str = ""


def render(report: DatasetReport, faces: Path) -> tuple[str, ...]:
    """Draw the report: problems first.

    Returns:
        The cleaning switches that are on, by their names in `train.runs.request.CLEANING`.
    """
    chosen = _findings(report)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.html(training_tables.class_bars(report.splits))
        for remark in _remarks(report):
            st.caption(remark)
    with right:
        _faces(faces)
    _account(report)
    return chosen


def _findings(report: DatasetReport) -> tuple[str, ...]:
    found = [*_fixable(report), *_warnings(report)]
    if not found:
        st.badge("No problems found", icon=":material/check:", color="green")
    return tuple(finding.switch for finding in found if _draw(finding))


def _draw(finding: _Finding) -> bool:
    """Whether it is to be fixed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(finding.chip, color=finding.colour)
        is_on = bool(finding.switch) and st.toggle(
            finding.fix, key=f"train_{finding.switch}", persist_state="session", help=finding.help
        )
        st.markdown(finding.words, width="stretch")
    return is_on


def _fixable(report: DatasetReport) -> list[_Finding]:
    leaks, within, blanks = (report.drops.get(name, 0) for name in ("drop_leaks", "drop_duplicates", "drop_blanks"))
    found = []
    if leaks:
        found.append(
            _Finding(
                counted(leaks, "leak"),
                "Images of validation or test that are also in an earlier split. They make accuracy look too high.",
                switch="drop_leaks",
                fix="Fix leaks",
                help="Removes them from validation and test. Published figures on FER2013 are about two points too "
                "high because of them. Near-identical images stay.",
            )
        )
    if within:
        found.append(
            _Finding(
                counted(within, "duplicate"),
                "Images that occur more than once in the same split.",
                switch="drop_duplicates",
                fix="Fix duplicates",
                help="Keeps one image of each group: the first one with the group's most frequent label.",
            )
        )
    if blanks:
        found.append(
            _Finding(
                counted(blanks, "blank image"),
                "Images of one grey value, or with almost no contrast. They show no face.",
                switch="drop_blanks",
                fix="Fix blanks",
                help="Removes them from every split.",
            )
        )
    return found


def _warnings(report: DatasetReport) -> list[_Finding]:
    found = [_Finding("Check", plain(warning)) for warning in report.warnings]
    alike = [words for split in report.splits if (words := _near_identical(report, split))]
    if alike:
        found.append(
            _Finding(
                "Near-identical images",
                f"{' and '.join(alike)} are identical or near-identical to one in an earlier split, like frames of one "
                "sequence. Accuracy there says little about new faces.",
            )
        )
    times = report.splits["train"].imbalance if "train" in report.splits else 1.0
    if times >= 1.5:
        words = f"The most frequent expression has {times:.0f} times the training faces of the rarest."
        found.append(_Finding("Uneven", words, colour="gray"))
    if report.conflicting_groups:
        words = (
            f"{_in_groups(report.conflicting_images, report.conflicting_groups)} of identical images have different "
            "labels."
        )
        found.append(_Finding("Contradictions", words, colour="gray"))
    if report.skipped:
        words = f"{counted(report.skipped_total, 'entry', 'entries')} could not be used. See **Details**."
        found.append(_Finding("Skipped", words, colour="gray"))
    return found


def _near_identical(report: DatasetReport, split: str) -> str:
    """How much of a split looks like an earlier one, where that is much: "28 of 28 test images"."""
    faces = report.splits[split].faces
    for leak in report.near_leaks:
        alike = leak.images + report.leaked(leak.later, leak.earlier)
        if leak.later == split and alike >= MANY_NEAR_DUPLICATES * faces:
            return f"{alike:,} of {faces:,} {split} images"
    return ""


def _remarks(report: DatasetReport) -> list[str]:
    remarks = [report.labels_read] if report.labels_read else []
    if report.made_validation:
        remarks.append(
            "The archive has no validation split. A tenth of its training faces was set aside, always the same ones. "
            f"{report.kept_together}"
        )
    if "test" not in report.splits:
        remarks.append("The archive has no test split: accuracy is reported on the validation faces only.")
    return remarks


def _faces(path: Path) -> None:
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if sheet is None:
        st.caption("There are no sample faces to show.")
    else:
        st.html(training_tables.sample_faces(sheet))


def _account(report: DatasetReport) -> None:
    rows = [(f"Images of {leak.later} that are also in {leak.earlier}", f"{leak.images:,}") for leak in report.leaks]
    rows += [
        (f"Further images of {leak.later} that are near-identical to one in {leak.earlier}", f"{leak.images:,}")
        for leak in report.near_leaks
    ]
    rows += [
        ("Identical images, all splits together", _in_groups(report.duplicate_images, report.duplicate_groups)),
        ("Identical images with different labels", _in_groups(report.conflicting_images, report.conflicting_groups)),
    ]
    rows += [(f"Skipped: {reason}", f"{count:,}") for reason, count in report.skipped.items()]
    with st.expander("Details"):
        st.html(html_tables.text_table(("Found", "Images"), rows, numbers=(1,), narrow=True))
        if report.skip_examples:
            st.caption(f"What was skipped ({report.skipped_total:,})")
            st.code("\n".join(report.skip_examples), language=None, height=160)


def _in_groups(images: int, groups: int) -> str:
    return f"{images:,} in {counted(groups, 'group')}" if groups else "0"
