"""`python -m benchmarks.modules_passed`: how many modules and folders a job passes, counted from the calls it makes.

Each job is a command of the project, run in this process on a small input drawn here. A module is passed when one of
its functions is called, on any thread. Modules that are only imported do not count.
"""

import contextlib
import io
import runpy
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final

import av
import numpy as np

PACKAGES: Final = ("app", "fer_core", "train")
ROOT: Final = Path(__file__).resolve().parent.parent
FACES: Final = 70


class CallTrail:
    """The project's modules in the order in which calls enter them."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self._places: dict[str, str] = {}

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the calls of this thread, and of those that it starts, while the block runs."""
        threading.setprofile(self._note)
        sys.setprofile(self._note)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    @property
    def modules(self) -> set[str]:
        """Those that were passed."""
        return set(self.entered)

    @property
    def folders(self) -> set[str]:
        """The folders of these modules."""
        return {str(Path(module).parent) for module in self.modules}

    def _note(self, frame: FrameType, event: str, _argument: Any) -> None:
        if event != "call":
            return
        code = frame.f_code
        place = self._places.get(code.co_filename)
        if place is None:
            place = self._places[code.co_filename] = _module_of(code.co_filename)
        if place and code.co_name != "<module>" and (not self.entered or self.entered[-1] != place):
            self.entered.append(place)


def _module_of(filename: str) -> str:
    """Its path below the project's root; empty for files of others."""
    path = Path(filename)
    if not path.is_relative_to(ROOT):
        return ""
    place = path.relative_to(ROOT)
    return str(place) if place.parts[0] in PACKAGES else ""


def run(command: Sequence[str]) -> CallTrail:
    """The trail of `python -m` with these words; what it prints is left out."""
    trail, before = CallTrail(), sys.argv
    sys.argv = list(command)
    try:
        with trail.watching(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            runpy.run_module(command[0], run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if end.code:
            raise RuntimeError(f"{' '.join(command)} ended with status {end.code}") from end
    finally:
        sys.argv = before
    return trail


def write_archive(path: Path) -> Path:
    """FER2013's csv with drawn faces of all emotions in all three splits."""
    chance = np.random.default_rng(1)
    lines = ["emotion,pixels,Usage"]
    for usage in ("Training", "PublicTest", "PrivateTest"):
        for i in range(FACES):
            pixels = np.linspace(40, 160, 48)[:, None] + chance.integers(0, 60, (48, 48)) + 5 * (i % 7)
            lines.append(f"{i % 7},{' '.join(map(str, pixels.astype(np.uint8).ravel()))},{usage}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_video(path: Path) -> Path:
    """Two seconds of a moving pattern."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for i in range(20):
            image = np.full((240, 320, 3), 90, np.uint8)
            image[60 + i : 120 + i, 80:160] = 180
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive, video = write_archive(folder / "drawn.csv"), write_video(folder / "drawn.mp4")
        jobs = {
            "an archive: train inspect": ["train", "inspect", str(archive)],
            "a video: fer_core analyse": ["fer_core", "analyse", str(video), "--output", str(folder / "out.csv")],
            "a training run: train fit": [
                *("train", "fit", "--archive", str(archive), "--architecture", "baseline_cnn"),
                *("--output", str(folder / "run"), "--epochs", "1", "--batch-size", "32"),
            ],
        }
        print("| job | modules | folders | entries into another module |")
        print("| --- | --- | --- | --- |")
        for title, command in jobs.items():
            trail = run(command)
            print(f"| {title} | {len(trail.modules)} | {len(trail.folders)} | {len(trail.entered):,} |", flush=True)


if __name__ == "__main__":
    main()
