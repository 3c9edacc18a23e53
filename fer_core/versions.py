"""Which version of a package is installed, under whichever name: the same modules come in several distributions."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

REQUIREMENTS: Final = Path(__file__).resolve().parent.parent / "requirements.txt"
"""The versions that this program was tested with; not there where only its packages were installed."""
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


def required_versions(text: str) -> dict[str, str]:
    """The pinned packages of a requirements file that this machine needs, with their versions."""
    from packaging.requirements import Requirement  # a package that may be missing, which is a row of the report

    wanted = (Requirement(line) for line in (raw.partition("#")[0].strip() for raw in text.splitlines()) if line)
    return {
        one.name: next(iter(one.specifier)).version
        for one in wanted
        if one.specifier and (one.marker is None or one.marker.evaluate())
    }


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
