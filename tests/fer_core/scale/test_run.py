"""Films on workers, one after the other in this process: what is sent, what is written down, what happens on losses."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_core.errors import ResultsError
from fer_core.files.file_run import FileRun
from fer_core.files.result_files import CsvResults, Provenance
from fer_core.files.timing import EVERY_FRAME
from fer_core.scale import film as films
from fer_core.scale.data_set import SETTINGS_FILE, DataSet, Settings, State, open_data_set
from fer_core.scale.film import Film, Place
from fer_core.scale.part_run import Looker
from fer_core.scale.rows import write_csv
from fer_core.scale.run import Begin, Finished, Join, OnePart, Run, Work
from tests.helpers.patch_films import FINDER, JUDGE, Patch, write_patches

LOOKER = Looker(FINDER, JUDGE)
SETTINGS = Settings("fake", "0" * 64, "haar", every=1, fps=None, max_faces=None)


@dataclass
class Here:
    """Workers that do each task when its result is asked for."""

    place: Place
    loses: Callable[[Work], bool] = lambda work: False
    sent: list[Work] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    parts: dict[int, Any] = field(default_factory=dict)

    def cores(self) -> float:
        return 2

    def send(self, work: Work) -> int:
        self.sent.append(work)
        self.waiting.append(len(self.sent) - 1)
        return self.waiting[-1]

    def finished(self) -> Iterator[Finished]:
        number = self.waiting.pop(0)
        work = self.sent[number]
        if self.loses(work):
            yield Finished(number, None, "its machine is gone")
        elif isinstance(work, Begin):
            place = Place(self.place.folder, self.place.settings, 0 if work.is_whole else self.place.part_s, 2)
            yield Finished(number, films.begin(work.film, place, LOOKER))
        elif isinstance(work, OnePart):
            self.parts[number] = films.analyse_part(work.split, work.number, LOOKER)
            yield Finished(number, self.parts[number] is not None)
        else:
            results = (self.parts[i] for i in work.parts)
            yield Finished(number, films.join(work.split, results, self.place, LOOKER))

    def forget(self, task: int) -> None:
        self.parts.pop(task, None)

    def kinds(self) -> list[str]:
        return [type(work).__name__ for work in self.sent]


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty seconds of a face."""
    path = tmp_path_factory.mktemp("films") / "long.mp4"
    return write_patches(path, 50, lambda at_s: [Patch(60 + at_s, 110 + at_s)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A short film, a picture and a file that is neither."""
    below = tmp_path / "films"
    below.mkdir()
    write_patches(below / "a.mp4", 4, lambda at_s: [Patch(60, 180)])
    picture = np.full((200, 200, 3), 40, np.uint8)
    picture[50:130, 60:140] = 170
    cv2.imwrite(str(below / "b.png"), picture)
    (below / "c.mp4").write_text("no film")
    return below


def run_over(folder: Path, data: Path, loses: Callable[[Work], bool] = lambda work: False) -> tuple[Here, Run, DataSet]:
    with open_data_set(data, SETTINGS) as data_set:
        found = sorted(folder.iterdir())
        place = Place(data, SETTINGS, part_s=20)
        run = Run(
            [Film(path.name, path, data_set.has(path.name)) for path in found],
            [path.stat().st_size for path in found],
            data_set,
            place,
            lambda size, count: progress.append((size, count)),
        )
        progress: list[tuple[float, int]] = []
        workers = Here(place, loses)
        run.go(workers, lambda: False)
    assert workers.parts == {}, "nothing is kept of parts that are joined"
    assert sum(count for _, count in progress) == len(found)
    assert sum(size for size, _ in progress) == pytest.approx(sum(path.stat().st_size for path in found))
    return workers, run, data_set


def rows_of(data_set: DataSet) -> str:
    stream = io.StringIO(newline="")
    entries = sorted(data_set.entries.values(), key=lambda entry: entry.source)
    write_csv([data_set.folder / entry.rows_file for entry in entries if entry.rows_file], stream)
    return stream.getvalue()


def local(folder: Path) -> str:
    """The same by `FileRun`, as the local command works."""
    stream = io.StringIO(newline="")
    results = CsvResults(stream, Provenance(JUDGE.card, "haar", EVERY_FRAME))
    run = FileRun(FINDER, JUDGE, EVERY_FRAME, [results], lambda: False)
    for path in sorted(folder.iterdir()):
        if path.name != "c.mp4":
            run.analyse(path, path.name, on_frame=lambda frame: None, on_progress=lambda progress: None)
    return stream.getvalue()


def test_the_rows_are_the_local_ones(folder, tmp_path, long_film):
    (folder / "d.mp4").symlink_to(long_film)

    workers, run, data_set = run_over(folder, tmp_path / "data")

    assert rows_of(data_set) == local(folder)
    assert sorted(workers.kinds()) == ["Begin"] * 4 + ["Join"] + ["OnePart"] * 2
    assert isinstance(workers.sent[0], Begin)
    assert workers.sent[0].film.source == "d.mp4", "the largest goes first"
    states = {entry.source: (entry.state, entry.parts) for entry in data_set.entries.values()}
    assert states == {
        "a.mp4": (State.DONE, 1),
        "b.png": (State.DONE, 1),
        "c.mp4": (State.UNREADABLE, 1),
        "d.mp4": (State.DONE, 2),
    }
    assert (run.tally.sources, run.tally.frames) == (3, 20 + 1 + 250)
    assert run.tally.labels.total() == run.tally.frames - run.tally.frames_without_face == 269


def test_nothing_is_done_twice_and_what_changed_is_done_again(folder, tmp_path):
    run_over(folder, tmp_path / "data")
    journal = (tmp_path / "data" / "journal.jsonl").read_text()

    _, run, _ = run_over(folder, tmp_path / "data")

    assert (tmp_path / "data" / "journal.jsonl").read_text() == journal
    assert sorted(run.known) == ["a.mp4", "b.png", "c.mp4"]
    assert run.tally.frames == 0

    write_patches(folder / "a.mp4", 2, lambda at_s: [Patch(60, 120)])
    _, run, data_set = run_over(folder, tmp_path / "data")

    assert sorted(run.known) == ["b.png", "c.mp4"]
    assert rows_of(data_set) == local(folder)
    assert len(list((tmp_path / "data").rglob("*.parquet"))) == 2


@pytest.mark.parametrize("lost", [Join, OnePart])
def test_a_film_whose_part_or_join_is_lost_is_analysed_as_a_whole(folder, tmp_path, long_film, lost):
    (folder / "d.mp4").symlink_to(long_film)

    workers, _, data_set = run_over(folder, tmp_path / "data", lambda work: isinstance(work, lost))

    assert rows_of(data_set) == local(folder)
    assert workers.kinds().count("Begin") == 5
    assert data_set.entries["d.mp4"].parts == 1


def test_a_film_that_ends_its_worker_is_one_row_and_is_tried_again_next_time(folder, tmp_path):
    def loses(work: Work) -> bool:
        return isinstance(work, Begin) and work.film.source == "a.mp4"

    _, run, data_set = run_over(folder, tmp_path / "data", loses)

    assert data_set.entries["a.mp4"].state is State.UNREADABLE
    assert "its machine is gone" in run.tally.unreadable["a.mp4"]

    _, run, data_set = run_over(folder, tmp_path / "data")

    assert data_set.entries["a.mp4"].state is State.DONE
    assert rows_of(data_set) == local(folder)


def test_a_file_that_a_worker_does_not_find_is_one_row(folder, tmp_path):
    (folder / "d.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    place = Place(tmp_path / "data", SETTINGS)
    open_data_set(tmp_path / "data", SETTINGS).close()

    outcome = films.begin(Film("d.mp4", folder / "d.mp4"), place, LOOKER)

    assert isinstance(outcome, films.Outcome)
    assert outcome.entry is not None
    assert (outcome.entry.state, outcome.entry.sha256) == (State.UNREADABLE, None)
    assert "not found on the worker" in str(outcome.entry.error)


def test_a_worker_that_does_not_see_the_data_set_ends_the_run(folder, tmp_path):
    place = Place(tmp_path / "nowhere", SETTINGS)

    with pytest.raises(ResultsError, match="does not see this data set"):
        films.begin(Film("a.mp4", folder / "a.mp4"), place, LOOKER)
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_film_has_a_sentence(folder, tmp_path):
    data = (folder / "a.mp4").read_bytes()
    whole = tmp_path / "films" / "d.mkv"
    import av

    with av.open(str(folder / "a.mp4")) as old, av.open(str(whole), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0])
        for packet in old.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                new.mux(packet)
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) * 2 // 3])

    _, run, data_set = run_over(folder, tmp_path / "data")

    assert data_set.entries["d.mkv"].state is State.DAMAGED
    assert "ends after" in str(data_set.entries["d.mkv"].error)
    assert list(run.tally.damaged) == ["d.mkv"]


def test_a_stopped_run_keeps_what_is_done(folder, tmp_path):
    with open_data_set(tmp_path / "data", SETTINGS) as data_set:
        place = Place(tmp_path / "data", SETTINGS)
        paths = sorted(folder.iterdir())
        run = Run([Film(p.name, p) for p in paths], [1, 1, 1], data_set, place, lambda size, count: None)
        run.go(Here(place), lambda: bool(data_set.entries))

    assert list(data_set.entries) == ["a.mp4"]
    assert (tmp_path / "data" / SETTINGS_FILE).is_file()
