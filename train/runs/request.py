"""What a run was asked to do: its settings and its archive, as config.json of the run folder holds them.

No deep-learning library is imported here.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from fer_core.expressions.card import read_card
from fer_core.expressions.model import KERAS_FILE, file_sha256, find_model
from train.architectures import SIDE_BY_SIDE
from train.archive.label_orders import check_label_order
from train.errors import ConfigError
from train.runs.files import BEST, CONFIG, read_json, write_json
from train.settings.augmentation import AugmentConfig
from train.settings.fields import Setting, settings_of
from train.settings.training import TrainingConfig

CLEANING: Final = ("drop_duplicates", "drop_leaks", "drop_blanks")
"""The switches of `train.dataset.report.clean`."""


@dataclass(frozen=True)
class Input:
    """A file, or a folder whose weights count, that a run learns from beside its archive.

    Attributes:
        path: where it was.
        sha256: of the file, or of the folder's weights, in hexadecimal: it decides whether two inputs are the same.
    """

    path: Path
    sha256: str

    @classmethod
    def of_file(cls, path: Path) -> "Input":
        """Raises ConfigError: there is no such file."""
        if not path.is_file():
            raise ConfigError(f"No file at {path}. Check the path.")
        return cls(path.resolve(), file_sha256(path))

    @classmethod
    def of_network(cls, name_or_path: Path) -> "Input":
        """A model by its name or folder, or a run folder with a finished epoch.

        Raises:
            ConfigError: the folder has no weights.
            ArtifactError: there is no such model.
        """
        is_run = (name_or_path / CONFIG).is_file()
        folder = name_or_path if is_run else find_model(name_or_path)
        weights = folder / (BEST if is_run else KERAS_FILE)
        if not weights.is_file():
            raise ConfigError(
                f"{folder} has no {weights.name}: expected a model folder, or a run folder with a finished epoch. "
                "Choose another."
            )
        return cls(folder.resolve(), file_sha256(weights))

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {"path": str(self.path), "sha256": self.sha256}

    def for_card(self) -> dict[str, str]:
        """Its name without the place, for what is given to others."""
        return {"name": self.path.name, "sha256": self.sha256}

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> "Input":
        """The inverse of `to_dict`."""
        return cls(Path(values["path"]), values["sha256"])


@dataclass(frozen=True)
class RunRequest:
    """Everything that a run needs to start, to be resumed and to be exported.

    Attributes:
        training: the settings.
        archive: path of the archive; None in runs of earlier versions.
        archive_name: its file name.
        archive_sha256: in hexadecimal; empty until it was first read.
        cleaning: those of CLEANING that are applied to it.
        report_test: whether the test split is reported too, once, when the run has finished.
        export: whether the best weights become a model folder at the end.
        ferplus: FER+'s csv, where its votes are used.
        drop_not_faces: whether training images that its voters call no face are left out.
        label_order: what the archive's numeric labels mean (see `train.archive.label_orders`); empty to read FER2013's
            alone.
        teachers: networks that answer for each image as it is seen.
        teacher_views: or their answers for fixed views, written by `python -m train teach`.
        folds: which training and validation image is in which fold (see `train.dataset.folds`), for cross-validation.
        fold: the one that is validated on, from 1; 0 to validate on the archive's own split.
    """

    training: TrainingConfig
    archive: Path | None
    archive_name: str = ""
    archive_sha256: str = ""
    cleaning: tuple[str, ...] = ()
    report_test: bool = False
    export: bool = True
    ferplus: Input | None = None
    drop_not_faces: bool = False
    teachers: tuple[Input, ...] = ()
    teacher_views: Input | None = None
    label_order: str = ""
    folds: Input | None = None
    fold: int = 0

    def __post_init__(self) -> None:
        check_label_order(self.label_order)
        unknown = sorted(set(self.cleaning) - set(CLEANING))
        if unknown:
            raise ConfigError(f"cleaning must be some of {', '.join(CLEANING)}, got {', '.join(unknown)}")
        votes_used = self.training.ferplus_weight or self.training.ferplus_softening or self.drop_not_faces
        if votes_used and self.ferplus is None:
            raise ConfigError(
                "ferplus_weight, ferplus_softening and drop_not_faces need FER+'s votes. Pass --ferplus fer2013new.csv."
            )
        if self.ferplus is not None and not votes_used:
            raise ConfigError(
                "FER+'s votes would not be used. Set --ferplus-weight, --ferplus-softening or --drop-not-faces."
            )
        if bool(self.fold) != (self.folds is not None):
            raise ConfigError("A fold is one of a file's. Pass both --folds and --fold, or neither.")
        if self.folds is not None and (self.ferplus or self.teachers or self.teacher_views):
            raise ConfigError(
                "Votes and teachers know the archive's own splits, and would have seen a fold's images. Leave them out "
                "of a cross-validation."
            )
        if self.teachers and self.teacher_views is not None:
            raise ConfigError("Teachers are given twice. Pass either --teachers or --teacher-views.")

    def write(self, run_dir: Path) -> None:
        """Write config.json."""
        write_json(
            run_dir / CONFIG,
            {
                "training": asdict(self.training),
                "archive": {
                    "name": self.archive_name,
                    "sha256": self.archive_sha256,
                    "path": str(self.archive) if self.archive else "",
                    "label_order": self.label_order,
                },
                "cleaning": list(self.cleaning),
                "report_test": self.report_test,
                "export": self.export,
                "ferplus": self.ferplus.to_dict() if self.ferplus else None,
                "drop_not_faces": self.drop_not_faces,
                "teachers": [teacher.to_dict() for teacher in self.teachers],
                "teacher_views": self.teacher_views.to_dict() if self.teacher_views else None,
                "folds": self.folds.to_dict() if self.folds else None,
                "fold": self.fold,
            },
        )

    def changed_settings(self) -> tuple[tuple[Setting, Any], ...]:
        """The settings that are not the defaults, each with its value."""
        both = ((self.training, TrainingConfig()), (self.training.augment, AugmentConfig()))
        return tuple(
            (item, getattr(own, item.name))
            for own, plain in both
            for item in settings_of(type(own))
            if getattr(own, item.name) != getattr(plain, item.name)
        )

    def check_same(self, saved: "RunRequest", run_dir: Path) -> None:
        """Compare with the request that `run_dir` holds already.

        Raises:
            ConfigError: it has other settings or other data.
        """
        same_data = (not saved.archive_sha256 or saved.archive_sha256 == self.archive_sha256) and (
            self.input_hashes == saved.input_hashes
            and self.drop_not_faces == saved.drop_not_faces
            and self.label_order == saved.label_order
            and self.fold == saved.fold
        )
        if self.training != saved.training or self.cleaning != saved.cleaning or not same_data:
            raise ConfigError(
                f"{run_dir} holds a run with other {'settings' if same_data else 'data'}. "
                "Choose another folder, or delete it."
            )

    @property
    def input_hashes(self) -> tuple[tuple[str, ...], ...]:
        """What its further inputs hold, wherever they lie."""
        return tuple(
            tuple(item.sha256 for item in inputs if item)
            for inputs in ((self.ferplus,), self.teachers, (self.teacher_views,), (self.folds,))
        )

    def check_inputs(self) -> None:
        """Compare the further inputs with what they were when the run began.

        Raises:
            ConfigError: one is gone or has changed.
        """
        files = [Input.of_file(item.path) for item in (self.ferplus, self.teacher_views, self.folds) if item]
        found = [*files, *(Input.of_network(teacher.path) for teacher in self.teachers)]
        for item in found:
            if item.sha256 not in {sha256 for hashes in self.input_hashes for sha256 in hashes}:
                raise ConfigError(f"{item.path} has changed since the run began. Start a new run.")

    def with_archive(self, path: Path, sha256: str) -> "RunRequest":
        """The same with an archive that was found and hashed."""
        return replace(self, archive=path, archive_name=path.name, archive_sha256=sha256)


def resolve_start(training: TrainingConfig) -> TrainingConfig:
    """Settings with the models or runs to start from found: folders as whole paths, their architectures for ours.

    Raises:
        ConfigError: the folder has no weights, or its config.json is damaged.
        ArtifactError: there is no such model, or its card is damaged.
    """
    if not training.init_from:
        return training
    start, architecture = _found(training.init_from)
    if not training.join_with:
        return replace(training, init_from=start, architecture=architecture)
    beside, second = _found(training.join_with)
    return replace(training, init_from=start, join_with=beside, architecture=architecture + SIDE_BY_SIDE + second)


def _found(name: str) -> tuple[str, str]:
    """The folder of a model or run, as a whole path, and its architecture."""
    folder = Input.of_network(Path(name)).path
    run = read_request(folder)
    return str(folder), run.training.architecture if run else read_card(folder).architecture


def read_request(run_dir: Path) -> RunRequest | None:
    """What `run_dir` was asked to do; None where it has no config.json.

    Raises:
        ConfigError: config.json is damaged or of a newer version.
    """
    path = run_dir / CONFIG
    if not path.exists():
        return None
    values = read_json(path)
    try:
        archive: dict[str, Any] = values["archive"]
        return RunRequest(
            training=TrainingConfig.from_dict(values["training"]),
            archive=Path(archive["path"]) if archive.get("path") else None,
            archive_name=archive["name"],
            archive_sha256=archive["sha256"],
            cleaning=tuple(values.get("cleaning", ())),
            report_test=bool(values.get("report_test", False)),
            export=bool(values.get("export", True)),
            ferplus=_input(values.get("ferplus")),
            drop_not_faces=bool(values.get("drop_not_faces", False)),
            teachers=tuple(Input.from_dict(teacher) for teacher in values.get("teachers", ())),
            teacher_views=_input(values.get("teacher_views")),
            label_order=str(archive.get("label_order", "")),
            folds=_input(values.get("folds")),
            fold=int(values.get("fold", 0)),
        )
    except (TypeError, KeyError) as error:
        raise ConfigError(f"{path} is damaged ({error!r}): expected a run's settings. Start another run.") from error


def _input(values: dict[str, str] | None) -> Input | None:
    return Input.from_dict(values) if values else None
