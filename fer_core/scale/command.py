"""`python -m fer_core analyse --ray …`: many files in, one Parquet data set out; and its rows as CSV."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fer_core.console import INTERRUPTED, print_line, print_notice
from fer_core.errors import MediaError
from fer_core.expressions.model import load_model
from fer_core.faces.detector import build_detector
from fer_core.files.analyse import expand_inputs
from fer_core.files.analyse_command import ALL_DONE, SOME_UNREADABLE, interrupt_flag
from fer_core.files.input_lists import read_lists
from fer_core.files.result_files import WRITERS
from fer_core.files.timing import Sampling
from fer_core.names import distinct_names, shown_name
from fer_core.scale.cluster import connected
from fer_core.scale.data_set import DataSet, Settings, State, open_data_set, read_entries
from fer_core.scale.film import Film, Place
from fer_core.scale.joining import check_installed
from fer_core.scale.progress import RunProgress
from fer_core.scale.rows import write_csv
from fer_core.scale.run import Run
from fer_core.scale.tools import pack
from fer_core.whole_files import replacing

SHOWN_SENTENCES: Final = 20
"""How many files' faults are told at the end; the manifest has all of them."""


def run(options: argparse.Namespace) -> int:
    """The command with its parsed options; returns the exit status.

    Raises:
        FerError: nothing could be analysed or written.
    """
    output: Path = options.output
    if options.annotated is not None:
        raise MediaError("--annotated makes a copy of one file, --ray analyses many. Leave one of them out.")
    if output.suffix.lower() in WRITERS:
        raise MediaError(f"{output}: --ray writes a folder, a data set. Name one without {output.suffix}.")
    check_installed()
    found = expand_inputs(read_lists(options.inputs))
    sampling = Sampling(every=options.every, fps=options.fps)
    model, detector = load_model(options.model), build_detector(options.detector).name
    settings = Settings(
        model.card.name, model.card.network_sha256, detector, sampling.every, sampling.fps, options.max_faces
    )
    started = time.perf_counter()
    with open_data_set(output, settings) as data_set:
        films = _films(found.files, data_set)
        place = Place(output.absolute(), settings, options.part_seconds)
        tools = pack(model, detector, sampling, options.max_faces)
        sizes = [_size(film.path) for film in films]
        with (
            RunProgress(len(films), sum(sizes)) as progress,
            connected(options.ray, tools, place, film_cores=options.film_cores) as workers,
            interrupt_flag() as interrupted,
        ):
            work = Run(films, sizes, data_set, place, progress.advance)

            def should_stop() -> bool:
                if progress.is_due():
                    progress.tell(workers.machines(), workers.cores())
                return interrupted()

            try:
                work.go(workers, should_stop)
            finally:
                workers.cancel()
                data_set.write_manifest()
            stopped = interrupted()
        print_line(work.tally.summary(time.perf_counter() - started))
        print_line(_written(data_set, work.known, output))
        _tell_faults(data_set, films, found.sentence())
        if stopped:
            print_notice("Interrupted: files that were done are kept. The same command goes on with the others.")
            return INTERRUPTED
        return SOME_UNREADABLE if _unreadable(data_set, films) else ALL_DONE


def write_rows(options: argparse.Namespace) -> int:
    """`python -m fer_core rows`: a data set's rows as the CSV of the local command; returns the exit status.

    Raises:
        FerError: it is no data set.
    """
    folder: Path = options.data_set
    files = [folder / entry.rows_file for entry in read_entries(folder) if entry.rows_file is not None]
    with replacing(options.output) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        count = write_csv(files, stream)
    print_line(f"Written: {shown_name(options.output)}, {count} rows of {len(files)} files")
    return ALL_DONE


def _films(paths: Sequence[Path], data_set: DataSet) -> list[Film]:
    sources = distinct_names(map(shown_name, paths))
    return [Film(source, path.absolute(), data_set.has(source)) for path, source in zip(paths, sources, strict=True)]


def _size(path: Path) -> int:
    """In bytes; 0 for what is not there, as a worker will say."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _written(data_set: DataSet, known: Sequence[str], output: Path) -> str:
    rows = sum(entry.rows for entry in data_set.entries.values())
    before = f", {len(known)} of them done before" if known else ""
    return f"Written: {shown_name(output)}, {rows} rows of {len(data_set.entries)} files{before}"


def _unreadable(data_set: DataSet, films: Sequence[Film]) -> list[str]:
    """What is wrong with those of this run's files that gave nothing."""
    entries = [data_set.entries[film.source] for film in films if film.source in data_set.entries]
    return [entry.error or entry.source for entry in entries if entry.state is State.UNREADABLE]


def _tell_faults(data_set: DataSet, films: Sequence[Film], skipped: str) -> None:
    entries = [data_set.entries[film.source] for film in films if film.source in data_set.entries]
    damaged = [f"{entry.source}: {entry.error}" for entry in entries if entry.state is State.DAMAGED]
    sentences = [sentence for sentence in (skipped, *damaged, *_unreadable(data_set, films)) if sentence]
    for sentence in sentences[:SHOWN_SENTENCES]:
        print_notice(sentence)
    if len(sentences) > SHOWN_SENTENCES:
        print_notice(f"And {len(sentences) - SHOWN_SENTENCES} more: see manifest.parquet.")
