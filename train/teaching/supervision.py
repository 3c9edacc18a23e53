"""What a run learns from beside its labels: FER+'s votes and teachers."""

from dataclasses import dataclass

import numpy as np

from train.archive.reader import LabelledFaces
from train.dataset.for_run import RunVotes
from train.errors import ConfigError
from train.runs.request import RunRequest
from train.teaching.teacher_views import TeacherViews
from train.teaching.teachers import Teachers, load_teachers


@dataclass(frozen=True, eq=False)
class Supervision:
    """Further targets of the training images; each may be missing.

    Attributes:
        shares: float32 (n, 10), the votes by image (see `train.dataset.ferplus.Votes.shares_for`).
        teachers: asked about each image as it is seen.
        views: or asked before, about fixed views of all images.
        validation_votes: int (n, 10), how many voters gave each of FER+'s answers for each validation image.

    Raises:
        ConfigError: there are both kinds of teachers.
    """

    shares: np.ndarray | None = None
    teachers: Teachers | None = None
    views: TeacherViews | None = None
    validation_votes: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.teachers is not None and self.views is not None:
            raise ConfigError("Teachers are given twice: expected networks or their views, not both.")

    @property
    def taught(self) -> bool:
        """Whether there are teachers of either kind."""
        return self.teachers is not None or self.views is not None


def supervision_of(request: RunRequest, train: LabelledFaces, votes: RunVotes | None, *, precision: str) -> Supervision:
    """The further targets that a run asks for.

    Args:
        request: the run.
        train: the training images, cleaned as the run asks.
        votes: of FER+'s voters, or None.
        precision: that teachers compute in.

    Raises:
        ConfigError: the teachers cannot be read, or were asked about other images.
        ArtifactError: a teacher's model folder is damaged.
    """
    shares = votes.shares if votes else None
    validation_votes = votes.validation if votes else None
    if request.teacher_views is not None:
        views = TeacherViews.read(request.teacher_views.path)
        views.check(train, request.training.augment)
        return Supervision(shares, views=views, validation_votes=validation_votes)
    if not request.teachers:
        return Supervision(shares, validation_votes=validation_votes)
    networks = load_teachers([teacher.path for teacher in request.teachers], precision)
    teachers = Teachers(networks, temperature=request.training.distillation_temperature)
    return Supervision(shares, teachers, validation_votes=validation_votes)
