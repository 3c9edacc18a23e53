"""Places on the server's disk in messages: administrators see them whole, anybody else a last name. No Streamlit.

Errors name the file or folder that they are about. That helps whoever can open it, and tells anybody else how the
server is built. Pages show every message through `app.markdown_text.sentence`, which asks here.
"""

import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from fer_core.paths import SHIPPED_MODELS, home

_DATABASE: Final = re.compile(r"\bpostgres(?:ql)?(?:\+\w+)?://[^\s'\"`]*[^\s'\"`:;.,]")
_ABSOLUTE: Final = re.compile(r"(?<![\w.:/\\<])/(?:[^\s/'\"`:;,()<>]+/)+[^\s/'\"`:;,()<>]*")
_FOLDERS: Final = ("FER_ARCHIVES", "FER_FILES")

_sees_places: Callable[[], bool] = lambda: True  # noqa: E731  # until a server says whom it shows them


def decide_by(sees_places: Callable[[], bool]) -> None:
    """Have this decide whether whoever the running page is drawn for may see places."""
    global _sees_places
    _sees_places = sees_places


def shown(text: str) -> str:
    """A message as the running page may show it."""
    return text if _sees_places() else without_places(text)


def without_places(text: str) -> str:
    """A message in which every place is its last name alone, or a plain word."""
    for folder in _known_folders():
        text = text.replace(f"{folder}/", "")
        text = re.sub(rf"{re.escape(folder)}(?![\w/-])", "the server's folder", text)
    text = _DATABASE.sub("the database", text)
    return _ABSOLUTE.sub(lambda found: Path(found.group()).name, text)


def _known_folders() -> list[str]:
    """Places whose names may hold spaces, the longest first."""
    named = [Path(chosen).expanduser() for name in _FOLDERS if (chosen := os.environ.get(name, "").strip())]
    places = [home(), SHIPPED_MODELS.parent, Path(tempfile.gettempdir()), *named]
    known = {str(form) for place in places for form in (place, place.absolute(), place.resolve())}
    return sorted((name for name in known if name.count("/") > 0 and len(name) > 1), key=len, reverse=True)
