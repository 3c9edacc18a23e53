"""Helper code of the tests."""

from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]
"""The folder that holds app/, fer_core/, train/ and tests/."""
