"""What one browser tab remembers of its recording. Imports no Streamlit."""

from dataclasses import dataclass

from app.recording.recording import Recording


@dataclass
class RecordingMemory:
    """Mutable; one per browser tab.

    Attributes:
        is_asking: the consent is on the screen.
        title: proposed for the session that the consent is about.
        recording: the one that runs, or the last one until another begins or it is put away.
        key: finds it again after the tab was reloaded, see `RecordingTabs`.
        problem: why the last thing could not be done, a sentence; shown until the next thing is done.
        marker_problem: why the last marker could not be stored, a sentence.
        video_is_open: the video is wanted and not yet agreed to.
        has_agreed: the consent's button was pressed, and no run of the page has answered that yet.
        is_sure: somebody asked to delete the saved session and is asked once more.
    """

    is_asking: bool = False
    title: str = ""
    recording: Recording | None = None
    key: str = ""
    problem: str = ""
    marker_problem: str = ""
    video_is_open: bool = False
    has_agreed: bool = False
    is_sure: bool = False

    def put_away(self) -> None:
        """Forget the last recording."""
        self.recording, self.key, self.problem, self.marker_problem, self.is_sure = None, "", "", "", False
