"""Step 1 of a new run: an archive, uploaded or chosen, read by a child process."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import state
from app.access import audit, current, files
from app.access.audit import AuditEvent
from app.access.types import Right
from app.formatting import size_words
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training import child_jobs as training_jobs
from app.training.answers import read_dataset_report
from app.training.child_jobs import Job
from app.views.shared import frame, page_parts, widget_keys
from app.views.training import dataset_report as training_dataset
from train.archive.label_orders import LABEL_ORDERS, describe_order
from train.archive.uploads import store_upload
from train.dataset.report import DatasetReport
from train.errors import ArchiveError

ARCHIVE_KEY = "train_archive"
_UPLOAD_KEY, _REFUSED_KEY = "train_upload", "train_upload_refused"
# Only the browser knows that an upload broke off: Streamlit turns the file red and says no word.
_ONLY_WHEN_REFUSED = (
    f'<style>.st-key-{_UPLOAD_KEY}:not(:has([data-testid="stFileUploader"] [role="alert"])) .st-key-{_REFUSED_KEY}'
    " {display: none}</style>"
)


@dataclass(frozen=True)
class ChosenData:
    """A readable archive, its report, the cleaning switches that are on, and what its numeric labels mean."""

    archive: Path
    report: DatasetReport
    cleaning: tuple[str, ...]
    label_order: str = ""


def render() -> ChosenData | None:
    """Draw the step; None until there is a readable archive."""
    memory = state.training_memory()
    left, right = st.columns(2, gap="medium")
    with left:
        _upload(memory)
    with right:
        archive = _choose(memory)
    if archive is None:
        return None
    with right:
        _choose_label_order(archive)
    job = training_jobs.inspection(archive)
    view = training_jobs.look(job)
    if view.state == "new":
        page_parts.start(job)
        view = training_jobs.look(job)
    if view.state == "running":
        with st.container(border=True):
            page_parts.wait(
                job,
                f"Reading **{training_jobs.archive_title(archive)}**",
                "FER2013 takes about ten seconds. It continues when you leave this page.",
            )
        return None
    report = read_dataset_report(view.answer) if view.state == "done" else None
    if report is None:
        _failed(job, archive, view.error or "The archive's report is damaged.")
        return None
    cleaning = training_dataset.render(report, job.dir / training_jobs.FACES)
    if "train" not in report.splits:
        return None
    return ChosenData(archive, report, cleaning, training_jobs.label_order(archive))


def _upload(memory: TrainingMemory) -> None:
    with st.container(key=_UPLOAD_KEY):
        upload = st.file_uploader(
            "Upload an archive",
            type=["csv", "zip", "gz", "tgz"],
            key=f"train_upload_{memory.uploads}",
            help="FER2013's csv with the columns emotion, pixels and Usage, a zip or tar.gz of it, or a zip or tar.gz "
            "of image folders such as train/happy and test/happy. It stays on this computer.",
        )
        st.html(_ONLY_WHEN_REFUSED)
        with st.container(key=_REFUSED_KEY):
            st.error(
                "The upload failed, or the file is not csv, zip, gz or tgz. Nothing was stored. Remove it with its ×, "
                "check the connection, and choose it again."
            )
    if upload is None:
        return
    user = current.require(Right.TRAIN)
    try:
        with st.spinner(f"Storing {sentence(upload.name)} …", show_time=True):
            memory.archive = store_upload(upload, upload.name, training_jobs.archives_dir(), expected_bytes=upload.size)
            files.give(memory.archive, user)
    except ArchiveError as error:
        st.error(sentence(str(error)))
        return
    except OSError as error:
        st.error(f"The archive cannot be kept: {sentence(str(error))}. Check the disk's free space.")
        return
    audit.note(AuditEvent.UPLOADED, user=user, what="archive")
    page_parts.forget_upload(upload)
    memory.uploads += 1  # a fresh, empty upload field
    st.rerun()


def _choose(memory: TrainingMemory) -> Path | None:
    stored = {archive.path: archive for archive in files.own_archives(current.signed_in())}
    if memory.archive in stored:
        widget_keys.set_value(ARCHIVE_KEY, memory.archive)
    memory.archive = None
    chosen: Path | None = st.selectbox(
        "Archive",
        list(stored),
        format_func=lambda path: f"{stored[path].title} ({size_words(stored[path].size_bytes)})",
        key=widget_keys.key_of(ARCHIVE_KEY),
        placeholder="None yet: upload one",
        persist_state="session",
        help="Archives that you uploaded. Each is read once and kept ready.",
    )
    if chosen is not None:
        _delete_button(chosen, stored[chosen].title)
    named = page_parts.path_on_server(
        training_jobs.server_folder(),
        "Or a file on the server",
        key="train_server_path",
        help_after=". Leave it empty to use the archive chosen above.",
    )
    return named or chosen


def _choose_label_order(archive: Path) -> None:
    """What numbers mean as labels: kept with the archive, so that every page reads it alike."""
    kept = training_jobs.label_order(archive)
    orders = ["", *LABEL_ORDERS]
    chosen = st.selectbox(
        "Numeric labels",
        orders,
        orders.index(kept),
        format_func=lambda name: describe_order(name) if name else "FER2013's 0-6",
        key=f"train_label_order_{training_jobs.archive_key(archive)}",
        help="Used only if folders or labels are numbers: data sets number the expressions differently.",
    )
    if chosen == kept:
        return
    try:
        training_jobs.keep_label_order(archive, chosen)
    except OSError as error:
        st.error(f"The choice cannot be kept: {sentence(str(error))}. Check the disk's free space.")


def _delete_button(archive: Path, title: str) -> None:
    with st.popover("Delete this archive", type="tertiary", icon=":material/delete:"):
        st.write(
            f"Delete {sentence(title)} from this computer? It cannot be undone. Runs trained on it stay, but cannot be "
            "resumed."
        )
        if frame.danger_button("Delete the archive", key="train_archive_delete"):
            user = current.require(Right.TRAIN)
            files.delete_archive(archive, user)
            audit.note(AuditEvent.DELETED, user=user, what="archive")
            st.rerun()


def _failed(job: Job, archive: Path, words: str) -> None:
    title = training_jobs.archive_title(archive)
    words = words.replace(archive.name, title).replace(" (option --label-order)", ", above, under Numeric labels")
    st.error(f"**{sentence(title)} cannot be used.** {sentence(words)}", icon=":material/error:")
    if st.button("Try again", key="train_inspect_again"):
        page_parts.start(job)
        st.rerun()
