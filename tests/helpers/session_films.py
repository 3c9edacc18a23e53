"""Sessions made of real film: the real pipeline over a clip, stored as a recording would be."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from app.store.database import Store
from app.store.samples import Row, add_samples, sample_row
from app.store.sessions import end_session, start_session
from fer_core.expressions.model import TFLITE_FILE, load_model
from fer_core.faces.detector import YuNetDetector
from fer_core.files.analyse import analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from tests.helpers.faces import yunet_file
from tests.helpers.store_builders import new_session


def store_film(
    store: Store, clip: Path, participant_id: int, *, title: str, per_second: float = 5, **changes: Any
) -> int:
    """A closed session of a clip; gives its number."""
    model = load_model("default")
    with open_media(clip) as media:
        sampling = Sampling(fps=per_second)
        pipeline = pipeline_for(media.info, YuNetDetector(yunet_file()), model, sampling)
        rows: list[Row] = [
            sample_row(round(frame.result.captured_at_s * 1000), face)
            for frame in analyse_media(media, pipeline, sampling=sampling)
            for face in frame.result.faces
        ]
    facts = {"source": "file", "consent_at": None, "consent_version": ""} | changes
    sha256 = model.card.sha256[TFLITE_FILE]
    new = new_session(participant_id, title=title, model_name=model.card.name, model_sha256=sha256, **facts)
    number = start_session(store, new)
    add_samples(store, number, rows)
    end_session(store, number, new.started_at + timedelta(milliseconds=max(row["time_ms"] for row in rows)))
    return number
