"""The real app on a loopback port, as every measurement of the live page starts it."""

import contextlib
from collections.abc import Iterator
from typing import Final

from fer_core.faces.detector import detectors_here
from tests.helpers.browser import studio

MODES: Final = {"send only": False, "returned picture": True}
"""Name of each way to run the live page, and whether the server sends the picture back."""
NO_LIMIT: Final = "99"


def detector() -> str:
    """Name of the face detector that the app takes here."""
    return detectors_here()[0]


@contextlib.contextmanager
def serve_app(*, returned: bool) -> Iterator[studio.Server]:
    """Run it, with room for any number of viewers."""
    environment = {"FER_MAX_VIEWERS": NO_LIMIT, "FER_MIN_RATE": "0", "FER_RETURNED_PICTURE": "1" if returned else "0"}
    with studio.serve(environment=environment) as server:
        yield server
