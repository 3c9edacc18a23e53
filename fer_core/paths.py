"""Where things are: the shipped models, and the user's own folder."""

import os
from pathlib import Path
from typing import Final

import platformdirs

SHIPPED_MODELS: Final = Path(__file__).resolve().parent.parent / "models"


def home() -> Path:
    """The user's data folder: `FER_HOME`, or the platform's place for it. Not created here."""
    chosen = os.environ.get("FER_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("fer-studio", appauthor=False))


def model_folders() -> tuple[Path, ...]:
    """Where models are looked for, the user's own before the shipped ones."""
    return home() / "models", SHIPPED_MODELS
