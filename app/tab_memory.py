"""What one browser tab remembers between two runs of a page, beside its widgets. Imports no Streamlit.

`app.state` keeps one object of each class for each tab.
"""

import secrets
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.analysis.jobs import AnalysisJob
from app.doctor.in_background import BackgroundExamination
from app.recording.recording import Recording
from app.sessions.loaded import LoadedSession
from app.store.records import CheckIn


@dataclass
class AnalysisMemory:
    """Of the Analyse page.

    Attributes:
        job: the analysis that this tab asked for; None before the first and after it was discarded.
        keeping: title of the file that is about to be kept as a session; empty while there is none.
        kept: files of that job that were kept: title to the session's number and its count of samples.
        chosen: which of the job's files is looked at; None for the first that showed something.
        uploads: how often this tab stored uploads; a fresh number gives a fresh, empty upload field.
    """

    job: AnalysisJob | None = None
    keeping: str = ""
    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    chosen: int | None = None
    uploads: int = 0

    def begin(self, job: AnalysisJob) -> None:
        """Keep a submitted job; it is discarded with the tab, or with the process at the latest."""
        self.job, self.keeping, self.kept, self.chosen = job, "", {}, None
        self.uploads += 1
        weakref.finalize(self, job.discard)

    def discard(self) -> None:
        """Forget the job and delete everything that it wrote."""
        if self.job is not None:
            self.job.discard()
            self.job = None


@dataclass
class HistoryView:
    """What the live page's sidebar shows. The download reads it on a thread that sees no widget.

    Attributes:
        window_s: seconds shown.
        track_id: which face; None for the largest.
        stacked: areas rather than lines.
    """

    window_s: float = 60.0
    track_id: int | None = None
    stacked: bool = True


@dataclass
class RecordingMemory:
    """Of the tab's recording.

    Attributes:
        is_asking: the consent is on the screen.
        asked_at: the viewer's time of day when the consent came up, such as "14:05": part of the proposed title.
        recording: the running one, or the last one until another begins or it is put away.
        key: finds it again after the tab was reloaded, see `RecordingTabs`.
        problem: why the last action failed, a sentence; shown until the next action.
        marker_problem: why the last marker could not be stored, a sentence.
        video_is_open: the video is wanted and not yet agreed to.
        has_agreed: the consent's button was pressed, and no run of the page has answered that yet.
        is_sure: somebody asked to delete the saved session and is asked once more.
        asked_s: the address names a recording of a server that may still live; when that was last asked, on the
            monotonic clock. None where nothing is to be asked again.
    """

    is_asking: bool = False
    asked_at: str = ""
    recording: Recording | None = None
    key: str = ""
    problem: str = ""
    marker_problem: str = ""
    video_is_open: bool = False
    has_agreed: bool = False
    is_sure: bool = False
    asked_s: float | None = None

    def put_away(self) -> None:
        """Forget the last recording."""
        self.recording, self.key, self.problem, self.marker_problem, self.is_sure = None, "", "", "", False


@dataclass
class SessionMemory:
    """Of the pages that show stored sessions.

    Attributes:
        opened: number of the session that the Sessions page shows; None for its list.
        addressed: what the page's address named when `opened` was last brought together with it.
        participant_id: whose sessions, history and check-ins are shown; None until somebody is chosen.
        list_offset: how many newer sessions stand before the page of the list that is shown.
        done: a sentence to show once: what was done.
        undo: takes back what `done` says, where that can be taken back; gives a sentence on what is so again.
        problem: a sentence to show once: what could not be done.
        checked_in: what each check-in form last saved, by its key, participant and session; shown in its place.
        check_ins_saved: how many were saved; numbers the forms, so that a new one starts empty.
        loaded: the session that the Sessions page shows, as far as it was read.
        compared: numbers of the sessions that the Sessions page compares; empty while it compares none.
        compared_figures: their statistics, without their samples.
    """

    opened: int | None = None
    addressed: int | None = None
    participant_id: int | None = None
    list_offset: int = 0
    done: str = ""
    undo: Callable[[], str] | None = None
    problem: str = ""
    checked_in: dict[tuple[str, int, int | None], CheckIn] = field(default_factory=dict)
    check_ins_saved: int = 0
    loaded: LoadedSession | None = None
    compared: tuple[int, ...] = ()
    compared_figures: dict[int, LoadedSession] = field(default_factory=dict)


@dataclass
class StageMemory:
    """Of the live page's stage.

    Attributes:
        shows_picture: a picture is analysed in the video's place.
        is_missed: this browser cannot show the camera's own stream, so that the server returns its pictures.
        is_unreachable: the stage cannot show these either, so that the stream's own frame is on the page.
        viewer: tells this viewer from others in a relay's log, and says nothing else.
        runs: of the script, on any page, that went to their end.
        drawn: how many of these had, when each stream's frame was last drawn, by its key.
    """

    shows_picture: bool = False
    is_missed: bool = False
    is_unreachable: bool = False
    viewer: str = field(default_factory=lambda: secrets.token_hex(8))
    runs: int = 0
    drawn: dict[str, int] = field(default_factory=dict)

    def draw(self, key: str) -> bool:
        """Note that a stream's frame is drawn in this run; gives whether it has been on the page since it was last.

        A run that is interrupted takes nothing off the page.
        """
        last = self.drawn.get(key)
        self.drawn[key] = self.runs
        return last is not None and self.runs <= last + 1


@dataclass
class SystemMemory:
    """Of the System page.

    Attributes:
        examination: the last one of the server; None before the first.
    """

    examination: BackgroundExamination | None = None


@dataclass
class TrainingMemory:
    """Of the Train and Models pages.

    Attributes:
        go_to: part of the Train page to show at the next run; empty to stay.
        run: name of the run to show at the next run of the page; empty to stay.
        archive: the archive to choose at the next run of the page; None to stay.
        uploads: how many uploads this tab has stored; a fresh number gives a fresh, empty upload field.
        done: a sentence to show once: what was done.
        undo: takes back what `done` says, where that can be taken back; gives a sentence on what is so again.
        problem: a sentence to show once: what could not be done.
        start_pressed_s: when Start training was pressed, on the monotonic clock; None once the run has been started.
    """

    go_to: str = ""
    run: str = ""
    archive: Path | None = None
    uploads: int = 0
    done: str = ""
    undo: Callable[[], str] | None = None
    problem: str = ""
    start_pressed_s: float | None = None
