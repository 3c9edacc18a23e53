"""Which version of a package is installed, under whichever name: the same modules come in several distributions."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

OTHER_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tensorflow-rocm", "tf-nightly", "tf-nightly-cpu"),
    "opencv-python-headless": ("opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
}


def distributions_of(package: str) -> tuple[str, ...]:
    """The installed distributions that bring a package's modules; more than one is a broken installation."""
    names = (package, *OTHER_NAMES.get(package, ()))
    return tuple(name for name in names if _version(name) is not None)


def package_version(package: str) -> str | None:
    """The version of a package, whichever distribution brings it; None where it is not installed."""
    found = distributions_of(package)
    return _version(found[0]) if found else None


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
