"""The Analyse page: choose files, see them being worked on, see what they showed, take it away."""

from app import state
from app.views.analyse import files as analyse_files
from app.views.analyse import progress as analyse_progress
from app.views.analyse import results as analyse_results


def render() -> None:
    """Draw the page."""
    memory = state.analysis_memory()
    job = memory.job
    if job is None:
        analyse_files.render(memory)
        return
    view = job.view()
    if view.state == "done":
        analyse_results.render(job, view, memory)
    else:
        analyse_progress.render(job)
