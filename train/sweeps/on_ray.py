"""A sweep on Ray Tune: trials side by side on the cores of a cluster, behind ones ended early, lost ones tried again.

Ray is an extra (requirements-scale.txt), imported within functions. Every machine of the cluster must see the folder of
the sweep and the archive under the same paths.
"""

import logging
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from fer_core.scale.joining import check_installed, joined
from train.errors import ConfigError
from train.jobs.children import Stopped
from train.runs.files import STOP
from train.sweeps.plan import SweepPlan
from train.sweeps.results import progress_words, results_of
from train.sweeps.trial import thread_limits

RETRIES: Final = 3
"""How often a trial whose process or worker died goes on, from the run's last whole epoch."""
_REDUCTION: Final = 3
_STATE: Final = ".tune"
_PASSED_ON: Final = ("FER_", "KERAS_", "TF_", "GLIBC_")


@dataclass(frozen=True)
class Resources:
    """Where and with what trials run.

    Attributes:
        address: see `fer_core.scale.joining.joined`.
        cores: of each trial; parts of a core let more trials share one.
        gpus: of each trial; parts likewise.
    """

    address: str = "local"
    cores: float = 1.0
    gpus: float = 0.0


def run_on_ray(
    plan: SweepPlan,
    folder: Path,
    archive: Path,
    resources: Resources,
    *,
    early_stopping: bool,
    say: Callable[[str], None],
) -> None:
    """Train what is not finished yet, side by side.

    Args:
        plan: the sweep.
        folder: of its runs, which holds the plan.
        archive: the archive.
        resources: where, and with how many cores.
        early_stopping: whether trials that are behind are ended, by ASHA (Li et al., 2020, arXiv:1810.05934).
        say: told of each trial that ends.

    Raises:
        ConfigError: the cluster has too few cores for a trial.
        ScaleError: Ray is not installed, or there is no such cluster.
        Stopped: somebody asked to stop; all runs have ended politely.
    """
    tune = _import_tune()
    from train.sweeps.ray_trial import EPOCH, FIGURE, RunTrial

    (folder / STOP).unlink(missing_ok=True)
    kept = {result.trial.name for result in results_of(plan, folder) if result.is_kept}
    # Those that ended before are told to ASHA again, so that it knows what later ones are to be compared with.
    names = [trial.name for trial in plan.trials if early_stopping or trial.name not in kept]
    if not set(names) - kept:
        return
    common = {"folder": str(folder), "archive": str(archive), "environment": _environment(resources)}
    configs = [{**common, "trial": name, "is_kept": name in kept} for name in names]
    scheduler = None
    if early_stopping:
        grace = max(1, plan.epochs // _REDUCTION**2)
        scheduler = tune.schedulers.ASHAScheduler(
            time_attr=EPOCH,
            metric=FIGURE,
            mode="max",
            max_t=plan.epochs,
            grace_period=grace,
            reduction_factor=_REDUCTION,
            stop_last_trials=False,
        )
    with _cluster(resources), _stopping_politely(folder) as was_asked:
        try:
            tune.Tuner(
                tune.with_resources(RunTrial, {"cpu": resources.cores, "gpu": resources.gpus}),
                param_space={"run": tune.grid_search(configs)},
                tune_config=tune.TuneConfig(scheduler=scheduler, reuse_actors=True),
                run_config=tune.RunConfig(
                    name=_STATE,
                    storage_path=str(folder),
                    verbose=0,
                    failure_config=tune.FailureConfig(max_failures=RETRIES),
                    checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),
                    callbacks=[_teller(plan, folder, kept, say)],
                ),
            ).fit()
        finally:
            shutil.rmtree(folder / _STATE, ignore_errors=True)
            (folder / STOP).unlink(missing_ok=True)
        if was_asked():
            raise Stopped


def _import_tune() -> Any:
    """Ray reads these when it is imported."""
    settings = {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_AIR_NEW_OUTPUT": "0",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_DISABLE_SIGINT_HANDLER": "1",
        "RAY_CHDIR_TO_TRIAL_DIR": "0",
    }
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    check_installed("ray.tune")
    from ray import tune

    return tune


@contextmanager
def _cluster(resources: Resources) -> Iterator[None]:
    """Within it, Ray is there."""
    with joined(resources.address):
        import ray

        # A lost worker is said by the teller, in a sentence.
        logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
        _check_room(ray.nodes(), resources)
        yield


def _check_room(nodes: list[dict[str, Any]], resources: Resources) -> None:
    """Refuse a trial that fits on no machine: Tune would wait for ever."""
    have = [node["Resources"] for node in nodes if node["Alive"]]
    if not any(own.get("CPU", 0) >= resources.cores and own.get("GPU", 0) >= resources.gpus for own in have):
        most = max((own.get("CPU", 0) for own in have), default=0)
        raise ConfigError(
            f"No machine of the cluster has {resources.cores:g} cores and {resources.gpus:g} GPUs for a trial; the "
            f"largest has {most:g} cores. Ask for less with --cores-per-trial and --gpus-per-trial."
        )


@contextmanager
def _stopping_politely(folder: Path) -> Iterator[Callable[[], bool]]:
    """Within it, the first SIGTERM or Ctrl-C asks all runs to end; a second one ends this process at once.

    Gives whether somebody asked.
    """
    asked: list[int] = []

    def on_signal(number: int, frame: FrameType | None) -> None:
        if asked:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        asked.append(number)
        (folder / STOP).touch()  # the workers look for it, wherever they are

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _environment(resources: Resources) -> dict[str, str]:
    """For training processes, whose machine may have been started with another one."""
    own = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
    return own | thread_limits(resources.cores)


def _teller(plan: SweepPlan, folder: Path, kept: set[str], say: Callable[[str], None]) -> Any:
    """A callback of Tune that says what became of each trial."""
    from ray import tune

    class Teller(tune.Callback):
        def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
            name = _name_of(trial)
            if name not in kept:
                kept.add(name)
                say(progress_words(plan, name, folder, done=len(kept)))

        def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
            self.on_trial_complete(iteration, trials, trial)

        def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
            say(f"{_name_of(trial)}: its process or worker is gone; it goes on after its last whole epoch.")

    return Teller()


def _name_of(trial: Any) -> str:
    return str(trial.config["run"]["trial"])
