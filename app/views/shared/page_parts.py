"""Small parts that pages share: what was done is said once, a child's work is waited for."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app.access.current import NotAllowedError
from app.markdown_text import sentence
from app.tab_memory import SessionMemory, TrainingMemory
from app.training import child_jobs as training_jobs
from app.training.child_jobs import Job
from fer_core.errors import FerError
from fer_core.expressions.model_list import ORIGINS, StoredModel
from train.archive.uploads import resolve_inside
from train.errors import ArchiveError


def show_messages(memory: TrainingMemory | SessionMemory) -> None:
    """Show the sentences that the tab remembers, with a button for what can be taken back, and forget them."""
    if memory.problem or memory.done:
        # Kept in view by the page's style, as what was pressed may be far below.
        with st.container(key="messages"):
            if memory.problem:
                st.error(sentence(memory.problem))
            if memory.done:
                _show_done(memory.done, memory, memory.undo)
    memory.problem = memory.done = ""
    memory.undo = None


def _show_done(words: str, memory: TrainingMemory | SessionMemory, undo: Callable[[], str] | None) -> None:
    if undo is None:
        st.success(words, icon=":material/check_circle:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.success(words, icon=":material/check_circle:", width="stretch")
        # By a call before the next run, as the button is not drawn again.
        st.button("Undo", key="undo", icon=":material/undo:", on_click=_take_back, args=(memory, undo))


def _take_back(memory: TrainingMemory | SessionMemory, undo: Callable[[], str]) -> None:
    try:
        memory.done = undo()
    except (FerError, OSError, NotAllowedError) as error:
        memory.problem = f"This cannot be undone: {error}"


def start(job: Job) -> bool:
    """Start a child; where that cannot be done, say why and give False."""
    try:
        training_jobs.start(job)
    except OSError as error:
        st.error(f"The work cannot be started: {sentence(str(error))}. Check the disk's free space.")
        return False
    return True


@st.fragment(run_every=1.0)
def wait(job: Job, words: str, note: str = "") -> None:
    """Say what a running child does and for how long; at its end the whole page is drawn anew."""
    view = training_jobs.look(job)
    if view.state != "running":
        st.rerun()
    st.markdown(f":material/hourglass_top: {words} … {view.seconds:.0f} s")
    if note:
        st.caption(note)


def key_of(path: Path) -> str:
    """What a widget's key has of a file or folder: browsers see keys, and places on the server are not for them."""
    return training_jobs.hash_of(os.fsencode(path))


def forget_upload(upload: UploadedFile) -> None:
    """Give the memory of a stored upload back: Streamlit would hold its 300 MB for as long as the tab is open."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def path_on_server(folder: Path | None, label: str, *, key: str, help_after: str, folders: bool = False) -> Path | None:
    """A field for a path below `folder`; None where there is no folder, no text, or nothing there, which it says.

    Args:
        folder: what whoever runs the server opened to the page.
        label: of the field.
        key: of the field.
        help_after: what its hint says after the folder's name.
        folders: whether a folder may be named, too.
    """
    if folder is None:
        return None
    text = st.text_input(
        label, key=key, persist_state="session", help=f"Its path below {sentence(str(folder))}{help_after}"
    )
    if not text.strip():
        return None
    try:
        return resolve_inside(folder, text, folders=folders)
    except ArchiveError as error:
        st.error(sentence(str(error)))
        return None


def model_titles(models: Iterable[StoredModel]) -> dict[Path, str]:
    """What a choice of models shows, by folder. No two are alike: widgets tell options apart by their words."""
    named = {model.folder: f"{model.name} ({ORIGINS[model.origin]})" for model in models}
    often = Counter(named.values())
    return {
        folder: title if often[title] == 1 else f"{title}, {folder.parent.name}/{folder.name}"
        for folder, title in named.items()
    }
