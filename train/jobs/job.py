"""One training process from start to end: queue, archive, fit, export, report.

The run folder always records how the run ended. Only a killed process leaves no record; `train.runs.run.read_run`
notices that.
"""

import errno
import os
import traceback
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fer_core.errors import FerError
from train.archive.reader import Dataset, archive_sha256
from train.dataset.ancestry import record_ancestry
from train.dataset.for_run import RunVotes, read_for_run
from train.dataset.warnings import labels_read, warnings_of
from train.errors import ConfigError
from train.runs.files import LOG, MODEL, PREVIOUS, REPORT, STOP, RunState, read_status, write_json
from train.runs.locks import only_process_in, turn_to_train
from train.runs.output_folder import prepare_folder
from train.runs.reporter import RunReporter
from train.runs.request import RunRequest, read_request
from train.runs.stopping import StopRequest

if TYPE_CHECKING:
    from train.fitting.prepared import PreparedRun

_OUT_OF_MEMORY_SCORE: Final = 500


def run_job(request: RunRequest | None, run_dir: Path, *, queue: bool, nice: int) -> RunState:
    """Train as `request` says, or go on with what `run_dir` holds already.

    Args:
        request: None to go on with the run in `run_dir`.
        run_dir: made if missing.
        queue: wait while another queued run in the folder above trains.
        nice: how far this process gives way to others.

    Returns:
        The final state: "finished" or "stopped".

    Raises:
        ConfigError: `run_dir` is in use, or holds something else than a run, or a run with other settings or data; it
            is left as it is.
        FerError, OSError, MemoryError: why the run failed; the folder says so, too.
    """
    prepare_folder(run_dir)
    with only_process_in(run_dir):
        stop = StopRequest(run_dir)
        stop.listen()
        before = read_status(run_dir)
        if before is None or before.state != "queued":
            stop.clear()  # of an earlier life; a run that was just queued may have been stopped since
        saved = read_request(run_dir)
        request = _claim(request, saved, run_dir)
        reporter = RunReporter(run_dir, epochs=request.training.epochs, epoch=before.epoch if before else 0)
        try:
            return _run(request, run_dir, reporter, stop, queue=queue, nice=nice)
        except BaseException as error:  # whoever watches reads the folder, so it must hold the reason
            _record_failure(reporter, run_dir, error)
            raise


def _claim(request: RunRequest | None, saved: RunRequest | None, run_dir: Path) -> RunRequest:
    """What is to be done, compared with what the folder holds, before anything in it is touched."""
    if request is None:
        if saved is None:
            raise ConfigError(f"{run_dir} holds no run to continue. Pass --archive to start one.")
        saved.check_inputs()
        return saved
    request.check_inputs()
    if request.archive is not None and request.archive.exists():
        request = request.with_archive(request.archive.resolve(), archive_sha256(request.archive))
    if saved is not None:
        request.check_same(saved, run_dir)
    request.write(run_dir)
    return request


def _run(
    request: RunRequest, run_dir: Path, reporter: RunReporter, stop: StopRequest, *, queue: bool, nice: int
) -> RunState:
    if not queue:
        return _train(request, run_dir, reporter, stop, nice=nice)
    reporter.stage("waiting for its turn", state="queued")
    with turn_to_train(run_dir, still_wanted=lambda: not stop.asked) as is_our_turn:
        if not is_our_turn:
            reporter.finish("stopped")
            return "stopped"
        return _train(request, run_dir, reporter, stop, nice=nice)


def _train(request: RunRequest, run_dir: Path, reporter: RunReporter, stop: StopRequest, *, nice: int) -> RunState:
    reporter.stage("reading the archive", state="running")
    lower_priority(nice)
    run = _prepare(request, run_dir, reporter)
    from train.fitting.fit import fit
    from train.networks.checkpoints import recover

    for sentence in recover(run_dir):
        reporter.note(sentence)
    finished = fit(run, reporter=reporter, stop=stop)
    if request.export:
        _export(run, reporter, finished=finished)
    (run_dir / STOP).unlink(missing_ok=True)
    if finished:
        (run_dir / PREVIOUS).unlink(missing_ok=True)
    state: RunState = "finished" if finished else "stopped"
    reporter.finish(state)
    return state


def _prepare(request: RunRequest, run_dir: Path, reporter: RunReporter) -> "PreparedRun":
    """Read the archive, the votes and the teachers of a run, and record what its models learnt from.

    Raises:
        ConfigError: the archive is unknown or has changed, or votes or teachers cannot be used.
        ArchiveError: the archive cannot be read.
        ArtifactError: a teacher's model folder is damaged.
    """
    dataset, votes = _read_archive(request, run_dir)
    for line in _facts_of(request):
        reporter.log(line)
    if labels_read(dataset):
        reporter.log(labels_read(dataset))
    for sentence in warnings_of(dataset):
        reporter.note(sentence)
    reporter.stage("preparing the network")
    # Keras takes seconds to import, and a run that waits for its turn need not hold its memory.
    from train.fitting.prepared import PreparedRun
    from train.networks.precision import resolve_precision
    from train.teaching.supervision import supervision_of

    precision = resolve_precision(request.training.precision)
    record_ancestry(request, run_dir)
    supervision = supervision_of(request, dataset["train"], votes, precision=precision)
    return PreparedRun(request, run_dir, dataset, precision, supervision, votes)


def _facts_of(request: RunRequest) -> list[str]:
    """What is used, as far as it may differ from what was typed, and the settings that are not the defaults."""
    changed = request.changed_settings()
    listed = ", ".join(f"{item.name} {item.words(value)}" for item, value in changed) or "the defaults"
    return [f"settings: {listed}", f"peak learning rate: {request.training.learning_rate_words}"]


def _read_archive(request: RunRequest, run_dir: Path) -> tuple[Dataset, RunVotes | None]:
    """The cleaned archive, and the votes on its images."""
    if request.archive is None:
        raise ConfigError(f"{run_dir} does not say where its archive is. Pass --archive.")
    dataset, votes = read_for_run(request, request.archive)
    if request.archive_sha256 and request.archive_sha256 != dataset.sha256:
        raise ConfigError(
            f"{request.archive} is not the archive that the run began with: its contents changed. Start a new run."
        )
    if not request.archive_sha256:
        request.with_archive(request.archive, dataset.sha256).write(run_dir)
    return dataset, votes


def _export(run: "PreparedRun", reporter: RunReporter, *, finished: bool) -> None:
    import keras

    from train.networks.checkpoints import best_epoch

    if not best_epoch(run.folder)[0]:
        reporter.note("Stopped before the end of the first epoch: there is no model to export yet.")
        return
    if keras.backend.backend() != "tensorflow":
        reporter.note(f"Not exported: Keras runs on {keras.backend.backend()}. Run: python -m train export")
        return
    from train.export.report import report_run

    reporter.stage("exporting the best epoch")
    report = report_run(run, run.folder / MODEL, finished=finished)
    write_json(run.folder / REPORT, asdict(report))
    for words, accuracy in report.accuracies:
        reporter.log(f"validation accuracy {accuracy:.2%}  {words[:1].lower()}{words[1:]}")
    if run.request.report_test and report.no_test_because:
        reporter.note(report.no_test_because)


def lower_priority(nice: int) -> None:
    """Let others go first, and let the system end this process first when memory runs out."""
    with suppress(OSError):
        os.nice(nice)
    # Linux weighs sessions against each other before processes within one (autogroups, man 7 sched): in a session of
    # its own, a run's nice value counts for nothing until the session gets one, too. A terminal's is left alone.
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(nice))
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_OUT_OF_MEMORY_SCORE))


def _record_failure(reporter: RunReporter, run_dir: Path, error: BaseException) -> None:
    with suppress(OSError):  # a full disk may not take even this; then the watcher finds the process gone
        if not isinstance(error, FerError):
            with (run_dir / LOG).open("a", encoding="utf-8") as stream:
                stream.write("".join(traceback.format_exception(error)))
        reporter.finish("failed", error=failure_sentence(error))


def failure_sentence(error: BaseException) -> str:
    """What went wrong, in one sentence that says what to do."""
    if isinstance(error, FerError):
        return str(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return "Memory ran out. Choose a smaller batch size or network, or close other programs, then resume."
    if isinstance(error, OSError):
        no_space = error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)
        if no_space:
            return "The disk is full. Free some space, then resume: nothing up to the last whole epoch is lost."
        return f"A file could not be read or written ({error}). Check the disk, then resume."
    return f"Training failed unexpectedly ({type(error).__name__}: {error}). The log says more."
