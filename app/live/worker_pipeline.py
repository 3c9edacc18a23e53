"""The pipeline of a live session's worker: built when it is needed, anew for another detector or model.

Imports no Streamlit.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from app.live.types import LiveSettings
from app.places import without_places
from fer_core.errors import FerError
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import DetectorName
from fer_core.faces.tracker import FaceNumbers
from fer_core.pipeline import EmotionPipeline

log = logging.getLogger(__name__)

MakePipeline = Callable[[DetectorName | None, str], EmotionPipeline]
NewestModel = Callable[[str], EmotionModel]


class LiveAnalysis:
    """Keeps a pipeline as the settings want it. Belongs to one thread, as detectors do."""

    def __init__(self, make_pipeline: MakePipeline, newest_model: NewestModel | None, numbers: FaceNumbers) -> None:
        """Nothing is built yet.

        Args:
            make_pipeline: builds the analysis from a detector's and a model's name.
            newest_model: gives the model of that name as it is on disk now; None never looks.
            numbers: of the faces, which go on from pipeline to pipeline.
        """
        self._make_pipeline = make_pipeline
        self._newest_model = newest_model
        self._numbers = numbers
        self._pipeline: EmotionPipeline | None = None
        self._built_from: tuple[DetectorName | None, str] | None = None
        self._looked_at_s = 0.0
        self._usual_hits = 1

    def pipeline(
        self, settings: LiveSettings, *, check_each_s: float, has_stills: bool = False
    ) -> tuple[EmotionPipeline, bool]:
        """The pipeline for these settings, and whether it was just built.

        Args:
            settings: the viewer's.
            check_each_s: how often to look whether the model of that name is another by now.
            has_stills: what comes are not frames of a video, but pictures that lie far apart.

        Raises:
            FerError: a part cannot be built.
        """
        wanted = (settings.detector, settings.model)
        is_new = self._pipeline is None or self._built_from != wanted
        if self._pipeline is None or is_new:
            self._pipeline = None
            self._pipeline = self._make_pipeline(*wanted)
            self._pipeline.numbers = self._numbers
            self._usual_hits = self._pipeline.min_hits
            self._built_from, self._looked_at_s = wanted, time.monotonic()
        elif time.monotonic() - self._looked_at_s > check_each_s:
            self._renew_model(self._pipeline, settings.model)
            self._looked_at_s = time.monotonic()
        how = replace(settings.pipeline, mirrored=settings.mirror)
        # A face in pictures that lie far apart is there too seldom for a second look, and to be followed.
        self._pipeline.settings = (
            replace(how, detect_every=1, whole_frame_every_s=0.0, judge_every_s=0.0) if has_stills else how
        )
        self._pipeline.min_hits = 1 if has_stills else self._usual_hits
        return self._pipeline, is_new

    def forget(self) -> None:
        """After a failure: build all parts anew."""
        self._pipeline = None

    def _renew_model(self, pipeline: EmotionPipeline, name: str) -> None:
        """Go on with the newest model of that name; faces stay tracked. A damaged one leaves the last good one."""
        if self._newest_model is None:
            return
        try:
            pipeline.model = self._newest_model(name)
        except FerError as error:
            log.warning("The model in use stays: %s", error)


def failure_words(error: Exception) -> str:
    """Note a failed analysis in the log; gives the sentence for the viewer."""
    if isinstance(error, FerError):
        log.warning("Analysis failed and is tried again: %s", error)
        return without_places(str(error))
    log.error("Analysis failed and is tried again", exc_info=error)
    return f"The analysis stopped: {without_places(str(error)) or type(error).__name__}"
