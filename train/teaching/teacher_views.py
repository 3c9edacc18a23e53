"""Teachers' answers to fixed views of the training images, computed once and learnt from many times.

A view is one augmentation of the whole training split. It follows from a seed, so the file holds the answers alone:
whoever reads it makes the same views again. This lets a small machine learn from teachers that only a large one runs.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.whole_files import replacing
from train.archive.reader import LabelledFaces
from train.augmentation.pool import augment_all, augmenting_processes
from train.errors import ConfigError
from train.networks.inputs import to_input
from train.networks.precision import has_accelerator
from train.networks.predict import quick_predictor
from train.settings.augmentation import AugmentConfig, augment_from_dict
from train.teaching.teachers import log_answers, mean_softened

_BLOCK: Final = 1024
_BATCH: Final = 256
_ACCELERATOR_BATCH: Final = 2048
_SAMPLES: Final = 8
_FAITHFUL: Final = 1.0  # grey levels on average, which another processor's rounding does not reach
_VERSION: Final = 1


@dataclass(frozen=True, eq=False)
class TeacherViews:
    """Answers of several teachers to fixed views.

    Attributes:
        logs: float16 (teachers, views, n, 7), log-probabilities.
        samples: uint8 (views, m, 48, 48), the first images of each view, to tell whether they were made again alike.
        seed: that the views follow from.
        augment: how far the images are changed.
        faces: digest of the training images and their order.
        teachers: name and SHA-256 of each.
    """

    logs: np.ndarray
    samples: np.ndarray
    seed: int
    augment: AugmentConfig
    faces: str
    teachers: tuple[dict[str, str], ...]

    @property
    def count(self) -> int:
        """How many views there are."""
        return int(self.logs.shape[1])

    def pixels(self, faces: LabelledFaces, view: int, executor: Executor | None = None) -> np.ndarray:
        """View number `view` of all training images, uint8 (n, 48, 48), made in `executor`'s processes.

        Raises:
            ConfigError: this machine makes other pixels out of the seed than the one that asked the teachers.
        """
        pixels = view_pixels(faces, self.augment, seed=self.seed, view=view, executor=executor)
        ours, theirs = pixels[:_SAMPLES].astype(np.float32), self.samples[view].astype(np.float32)
        if np.abs(ours - theirs).mean() > _FAITHFUL:
            raise ConfigError(
                f"View {view} cannot be reproduced: its pixels differ from those that the teachers saw, so another "
                "version of NumPy or OpenCV made them. Run python -m train teach here."
            )
        return pixels

    def answers(self, rows: np.ndarray, view: int, temperature: float) -> np.ndarray:
        """The teachers' mean softened probabilities for those images of a view, float32 (len(rows), 7)."""
        return mean_softened(self.logs[:, view, rows], temperature)

    def accuracies(self, labels: np.ndarray) -> list[float]:
        """Each teacher's share of right answers over all views, 0-1, from the labels (n,)."""
        return [float((logs.argmax(-1) == labels).mean()) for logs in self.logs]

    def check(self, faces: LabelledFaces, augment: AugmentConfig) -> None:
        """Compare with the images and the augmentation of a run.

        Raises:
            ConfigError: they are others, or images are to be mixed, for which no teacher was asked.
        """
        if faces_digest(faces) != self.faces:
            raise ConfigError(
                f"The teachers' views are of {self.logs.shape[2]} training images, but not of the {len(faces)} here. "
                "Pass the archive and the cleaning switches that teach had."
            )
        if augment.mixup:
            raise ConfigError("Mixup makes images that no teacher saw. Set --mixup 0, or use --teachers.")
        if _moved(augment) != _moved(self.augment):
            raise ConfigError(
                "The teachers' views have another augmentation than this run. Give fit the same settings as teach."
            )

    def write(self, path: Path) -> None:
        """Write a compressed npz; a killed process leaves no half file."""
        meta = {
            "version": _VERSION,
            "seed": self.seed,
            "augment": asdict(self.augment),
            "faces": self.faces,
            "teachers": self.teachers,
        }
        try:
            with replacing(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, logs=self.logs, samples=self.samples, meta=np.array(json.dumps(meta)))
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror or error}. Free some space or choose another place."
            ) from error

    @classmethod
    def read(cls, path: Path) -> "TeacherViews":
        """Read what `write` wrote.

        Raises:
            ConfigError: the file is missing, damaged or of another version.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                meta: dict[str, Any] = json.loads(str(arrays["meta"]))
                if meta["version"] != _VERSION:
                    raise ValueError(f"version {meta['version']}")
                return cls(
                    arrays["logs"],
                    arrays["samples"],
                    int(meta["seed"]),
                    augment_from_dict(meta["augment"]),
                    str(meta["faces"]),
                    tuple(meta["teachers"]),
                )
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ConfigError(
                f"{path} cannot be read ({error}): expected teachers' answers. Make them with: python -m train teach"
            ) from error


def ask_teachers(
    faces: LabelledFaces,
    networks: Sequence[keras.Model],
    augment: AugmentConfig,
    *,
    views: int,
    seed: int,
    teachers: tuple[dict[str, str], ...],
    on_view: Callable[[int], None],
) -> TeacherViews:
    """Have networks answer for fixed views of the training images.

    Args:
        faces: the training split.
        networks: as `train.teaching.teachers.load_teachers` gives them.
        augment: how far the images are changed.
        views: how many.
        seed: that they follow from.
        teachers: name and SHA-256 of each network, for the record.
        on_view: called after each view with the number of views that are done.
    """
    logs = np.empty((len(networks), views, len(faces), 7), np.float16)
    samples = np.empty((views, min(_SAMPLES, len(faces)), *faces.pixels.shape[1:]), np.uint8)
    predictors = [quick_predictor(network) for network in networks]
    size = _ACCELERATOR_BATCH if has_accelerator() else _BATCH
    with augmenting_processes() as executor, ThreadPoolExecutor(1) as ahead:
        make = partial(view_pixels, faces, augment, seed=seed, executor=executor)
        coming = ahead.submit(make, view=0)
        for view in range(views):
            pixels = coming.result()
            if view + 1 < views:
                coming = ahead.submit(make, view=view + 1)
            samples[view] = pixels[:_SAMPLES]
            for start in range(0, len(faces), size):
                rows = slice(start, start + size)
                logs[:, view, rows] = log_answers(predictors, to_input(pixels[rows]))
            on_view(view + 1)
    return TeacherViews(logs, samples, seed, augment, faces_digest(faces), teachers)


def view_pixels(
    faces: LabelledFaces, augment: AugmentConfig, *, seed: int, view: int, executor: Executor | None = None
) -> np.ndarray:
    """One augmentation of all images, uint8 (n, 48, 48), which follows from seed and view alone."""
    starts = range(0, len(faces), _BLOCK)  # in blocks, for the tone curves of all images would be large
    tasks = [
        (faces.pixels[start : start + _BLOCK], augment, np.random.default_rng((seed, view, start))) for start in starts
    ]
    return np.concatenate([pixels for pixels, _ in augment_all(tasks, executor)])


def _moved(augment: AugmentConfig) -> AugmentConfig:
    """The part that makes a view: blur and noise come after the teachers' answers, anew in each epoch."""
    return replace(augment, blur=0.0, noise=0.0)


def faces_digest(faces: LabelledFaces) -> str:
    """Of the images and their order, in hexadecimal."""
    return hashlib.sha256(faces.pixels.tobytes()).hexdigest()
