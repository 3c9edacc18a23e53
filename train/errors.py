"""What can go wrong in training; every message says what was expected, what came and what to do."""

from fer_core.errors import FerError


class ArchiveError(FerError):
    """A FER2013 archive cannot be read."""


class ConfigError(FerError, ValueError):
    """A training setting is out of range."""


class TrainingError(FerError):
    """Training cannot go on."""
