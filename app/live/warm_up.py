"""Before the first viewer comes: the default network and the detector are loaded and have run once. No Streamlit."""

import atexit
import logging
import threading
from typing import Final

import numpy as np

from app.live.pipelines import make_pipeline
from app.live.types import LiveSettings
from app.server import for_server
from fer_core.faces.crops import TILE

log = logging.getLogger(__name__)

END_WAITS_S: Final = 2.0
"""A program that ends meanwhile waits so long at most: a thread that is stopped within LiteRT's code aborts it."""


@for_server
def warm_up() -> threading.Thread:
    """Begin it on a daemon thread; once per server, later calls get the same thread."""
    thread = threading.Thread(target=_run_once, name="warm-up", daemon=True)
    thread.start()
    atexit.register(thread.join, END_WAITS_S)
    return thread


def _run_once() -> None:
    chosen = LiveSettings()
    try:
        pipeline = make_pipeline(chosen.detector, chosen.model)
        pipeline.process(np.zeros((360, 640, 3), np.uint8), 0.0)
        pipeline.model.predict(np.zeros((1, TILE, TILE, 1), np.uint8))  # a blank frame has no face that would ask it
    except Exception:
        # Nobody asked for this. The first viewer meets the same error, and is told in words.
        log.exception("The analysis could not be warmed up")
