"""What can go wrong in the shared library.

    FerError
    ├── ArtifactError    a model folder is missing, incomplete, altered or of another schema
    ├── DetectorError    a face detector or its file cannot be used
    ├── InputError       a frame or a batch of faces is not what a function takes; a ValueError too
    ├── MediaError       an image or video file cannot be read or written
    ├── ModelStoreError  a model cannot be put live, kept, rolled back or deleted
    ├── ResultsError     the results of a run over files cannot be written
    └── ScaleError       the machines that work is to be sent to cannot be used

Every message says what was expected, what came and what to do about it.
"""

from fer_core.names import printable, shown_name


class FerError(Exception):
    """Base of all errors that this project raises on purpose. Its message can always be printed, stored and sent."""

    def __str__(self) -> str:
        """The message; file names in it that are not UTF-8 are shown as `fer_core.names.printable` writes them."""
        return printable(super().__str__())


class ArtifactError(FerError):
    """A model folder cannot be used as it is."""

    def __init__(self, folder: object, *, expected: str, found: str, remedy: str) -> None:
        # A folder's name need not be UTF-8 nor a single line, and no page or file could show it as it is.
        super().__init__(f"{shown_name(str(folder))}: expected {expected}, found {found}. {remedy}")
        self.expected = expected
        self.found = found
        self.remedy = remedy


class DetectorError(FerError):
    """A face detector, or the file it needs, cannot be used."""


class InputError(FerError, ValueError):
    """A frame or a batch of faces of another type, shape or range than a function takes."""


class MediaError(FerError):
    """An image or video file cannot be read or written."""


class ModelStoreError(FerError):
    """A change of the models that a user keeps, or of the live one, cannot be made."""


class ResultsError(FerError):
    """The results of a run over files cannot be written; no other file of the run would fare better."""


class ScaleError(FerError):
    """The machines that work is to be sent to, or the program that sends it, cannot be used."""


def error_words(error: BaseException) -> str:
    """Of an error that nobody foresaw: its kind and its message, for a sentence."""
    text = printable(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
