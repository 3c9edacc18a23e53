"""`python -m benchmarks.long_file [CLIP]`: an hour of video through `analyse`: speed, and memory along the way.

The hour is the clip in a loop: its packets are copied, not encoded anew. Without a clip, a drawn portrait is taken.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from benchmarks.scene import frames
from benchmarks.table import print_table
from fer_core.files.media import probe
from fer_core.files.video_writer import VideoWriter

MEGA = 1e6
EARLY_S, POLL_S = 30.0, 0.2
"""Memory is compared with what it was this long after the start: by then everything is loaded."""


@dataclass(frozen=True)
class Measurement:
    """One analysis; memory is the process' resident set, its largest value before and after EARLY_S."""

    seconds: float
    early_bytes: int
    peak_bytes: int


def main(argv: list[str] | None = None) -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_file", description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path, nargs="?", help="any H.264 video in MP4")
    parser.add_argument("--minutes", type=float, default=60.0, help="length of the loop; default: %(default)g")
    parser.add_argument("--fps", type=float, help="looks per second of video; default: every frame")
    parser.add_argument("--annotated", action="store_true", help="also write the labelled copy")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        clip = options.clip or drawn_clip(Path(folder) / "portrait.mp4")
        long = loop(clip, Path(folder) / "long.mp4", seconds=60 * options.minutes)
        info = probe(long)
        measured = measure(long, Path(folder), fps=options.fps, annotated=options.annotated)
    length_s = info.duration_s or 0.0
    print_table(
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end",
        [
            "file",
            "length, s",
            "frames",
            "looks a second",
            "labelled copy",
            "took, s",
            "times real time",
            f"memory up to {EARLY_S:.0f} s, MB",
            "peak, MB",
        ],
        [
            [
                clip.name,
                f"{length_s:.0f}",
                info.frame_count,
                options.fps or "all",
                "yes" if options.annotated else "no",
                f"{measured.seconds:.0f}",
                f"{length_s / measured.seconds:.1f}",
                f"{measured.early_bytes / MEGA:.0f}",
                f"{measured.peak_bytes / MEGA:.0f}",
            ]
        ],
    )
    return 0


def drawn_clip(path: Path) -> Path:
    """Twenty seconds of a drifting portrait, 640x360, 25 frames a second."""
    with VideoWriter(path) as writer:
        for i, frame in enumerate(frames(width=640, height=360, count=500)):
            writer.write(frame, i / 25)
    return path


def loop(clip: Path, output: Path, *, seconds: float) -> Path:
    """The clip's picture over and over until it is that long, without sound."""
    with av.open(str(output), "w") as target:
        with av.open(str(clip)) as source:
            stream = target.add_stream_from_template(source.streams.video[0])
        shift = 0
        while True:
            with av.open(str(clip)) as source:
                end = shift
                for packet in source.demux(video=0):
                    if packet.dts is None or packet.pts is None:
                        continue  # the empty one at the end
                    base = packet.time_base
                    packet.stream, packet.pts, packet.dts = stream, packet.pts + shift, packet.dts + shift
                    end = max(end, packet.pts + (packet.duration or 1))
                    target.mux(packet)
            shift = end
            if float(shift * base) >= seconds:
                return output


def measure(video: Path, folder: Path, *, fps: float | None, annotated: bool) -> Measurement:
    """Analyse in a process of its own, and look at its memory while it works."""
    command = [sys.executable, "-m", "fer_core", "analyse", str(video), "--output", str(folder / "long.csv")]
    command += ["--fps", str(fps)] if fps else []
    command += ["--annotated", str(folder / "labelled.mp4")] if annotated else []
    started = time.perf_counter()
    with subprocess.Popen(command) as process:
        watched = psutil.Process(process.pid)
        early = peak = 0
        while process.poll() is None:
            try:
                resident = watched.memory_info().rss
            except psutil.NoSuchProcess:
                break
            peak = max(peak, resident)
            early = peak if time.perf_counter() - started < EARLY_S else early
            time.sleep(POLL_S)
    if process.returncode:
        raise SystemExit(f"the analysis ended with status {process.returncode}")
    return Measurement(time.perf_counter() - started, early, peak)


if __name__ == "__main__":
    sys.exit(main())
