"""Videos written in fragments: what is left of one that was cut off, by a kill or a full disk, is a video still."""

import contextlib
import struct
import uuid
from collections.abc import Iterator
from glob import escape
from pathlib import Path
from typing import BinaryIO, Final

import av
from av.container import InputContainer

from fer_core.errors import MediaError
from fer_core.private import make_folder
from fer_core.whole_files import replacing

INDEX_IN_FRONT: Final = {"movflags": "+faststart"}  # so that a browser starts playing at once
IN_FRAGMENTS: Final = {"movflags": "+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}
FRAGMENT_S: Final = 1.0
"""A fragment ends with the first frame that comes so long after its first: what is cut off lacks little more."""


def finish(source: Path, target: Path) -> None:
    """Make a video with its index in front of a file in fragments, cut off or not, without encoding it anew.

    Args:
        source: what a `VideoWriter` that survives a kill has written, or left.
        target: where to; may be the same.

    Raises:
        MediaError: there is not one whole fragment, or the file cannot be written.
    """
    packets = 0
    try:
        with replacing(target) as whole, av.open(f"file:{source}") as old:
            whole.touch(mode=source.stat().st_mode & 0o777)
            with av.open(f"file:{whole}", "w", format="mp4", options=INDEX_IN_FRONT) as new:
                stream = new.add_stream_from_template(old.streams.video[0])
                for packet in _as_far_as_they_go(old):
                    packet.stream = stream
                    new.mux(packet)
                    packets += 1
            if not packets:
                raise MediaError(f"{source}: expected a video, found no picture in it. Record it again.")
    except (av.FFmpegError, IndexError, OSError) as error:
        raise MediaError(f"{source}: cannot be completed as a video: {error}.") from error


def new_half(path: Path) -> Path:
    """An empty file beside `path` for the fragments that become it, which its owner alone can read.

    Raises:
        OSError: the folder or the file cannot be made.
    """
    make_folder(path.parent)
    half = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    half.touch(mode=0o600, exist_ok=False)
    return half


def halves(path: Path) -> list[Path]:
    """What programs that died have left of the video `path`."""
    return sorted(path.parent.glob(f".{escape(path.name)}.*.part"))


def rescue(half: Path, target: Path) -> bool:
    """Make the best of what is left in a file in fragments; `half` is gone afterwards.

    Where there is no space for a second copy with its index in front, the file itself becomes the video, cut behind
    its last whole fragment. Browsers play that too.

    Args:
        half: what was left.
        target: the video's name.

    Returns:
        Whether there is a video now.

    Raises:
        OSError: the file can be neither copied nor renamed; it stays as it is.
    """
    end = whole_fragments_end(half)
    if not end:
        half.unlink(missing_ok=True)
        return False
    with half.open("rb+") as stream:
        stream.truncate(end)
    try:
        finish(half, target)
    except MediaError:
        half.replace(target)
    else:
        half.unlink(missing_ok=True)
    return True


def whole_fragments_end(path: Path) -> int:
    """Where the last whole fragment of an MP4 file ends, in bytes; 0 where there is none.

    Raises:
        OSError: it cannot be read.
    """
    size, end, has_index, before = path.stat().st_size, 0, False, b""
    with path.open("rb") as stream:
        for kind, stop in _boxes(stream, size):
            has_index = has_index or kind == b"moov"
            if kind == b"mdat" and before == b"moof" and has_index:
                end = stop
            before = kind
    return end


def _boxes(stream: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """The whole boxes of an MP4 file's top level: kind and where each ends."""
    at = 0
    while len(head := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        if length == 1:
            large = stream.read(8)
            length = int.from_bytes(large) if len(large) == 8 else 0
        if length < 8 or at + length > size:
            return
        at += length
        yield kind, at
        stream.seek(at)


def _as_far_as_they_go(container: InputContainer) -> Iterator[av.Packet]:
    with contextlib.suppress(av.FFmpegError):  # the cut
        for packet in container.demux(video=0):
            if packet.is_corrupt:
                return
            if packet.dts is not None:
                yield packet
