"""Write files atomically, for fer_core, train and app alike, and name files for libraries in C."""

import errno
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fer_core.names import printable
from fer_core.private import PRIVATE_FILE, is_private, make_folder

_LONGEST_NAME: Final = 255


@contextmanager
def replacing(
    path: Path, *, mode: int | None = None, durable: bool = True, temporary_name: str | None = None
) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes `path`'s place when the block ends without an error.

    After an error, or when the block deletes the temporary file, an older file at `path` stays as it was. A link stays
    a link: the file that it names is replaced. A pipe or device gets the whole content at the end.

    Args:
        path: the file to write; its folder is made where it is missing.
        mode: permission bits, such as `PRIVATE_FILE`, from the first byte on. None keeps those of the file that is
            replaced; a new one below the user's data folder can be read by this user alone, others as the umask says.
        durable: force the content to disk first, so that not even a power cut leaves an empty file.
        temporary_name: instead of a name that no other process uses. Only where a single process writes `path`: what
            a killed one left is then written over.

    Raises:
        OSError: the file cannot be written, which is noticed before the block begins where that is possible: a folder
            of that name, a read-only file, a name that is too long, no permission.
    """
    existing = _existing(path)
    if existing is not None and not stat.S_ISREG(existing.st_mode):
        with _sent_to(path) as temporary:
            yield temporary
        return
    target = _real_place(path)
    if mode is None and is_private(path):
        mode = PRIVATE_FILE
    elif mode is None and existing is not None:
        mode = stat.S_IMODE(existing.st_mode) & 0o777
    temporary = target.with_name(temporary_name) if temporary_name else _unused_name(target)
    try:
        with _errors_name(path):
            _create(temporary, mode)
        yield temporary
        if temporary.exists():
            if durable:
                _flush_to_disk(temporary)
            with _errors_name(path):
                temporary.replace(target)
    except BaseException:
        with suppress(OSError):  # the first error says more
            temporary.unlink(missing_ok=True)
        raise


def write_whole(
    path: Path,
    content: str | bytes,
    *,
    mode: int | None = None,
    durable: bool = True,
    temporary_name: str | None = None,
) -> None:
    """Write a file at once, text as UTF-8; readers see the old file or the new one. The rest is as in `replacing`."""
    data = content.encode() if isinstance(content, str) else content
    with replacing(path, mode=mode, durable=durable, temporary_name=temporary_name) as temporary:
        temporary.write_bytes(data)


def check_writable(path: Path) -> None:
    """Make sure, before long work, that `path` can be written; its folder is made where it is missing.

    Raises:
        OSError: it cannot, as in `replacing`.
    """
    with replacing(path) as temporary:
        temporary.unlink()


def _existing(path: Path) -> os.stat_result | None:
    """What is at `path`, or at the end of its links; None where nothing is.

    Raises:
        OSError: it is not to be written, or cannot be looked at.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "a folder has this name", str(path))
    # Renaming over a read-only file would succeed. The superuser may write any, but not by mistake.
    read_only = stat.S_ISREG(found.st_mode) and not found.st_mode & 0o222
    if read_only or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only", str(path))
    return found


def _real_place(path: Path) -> Path:
    """Where the links of `path` end. A missing folder is made for a plain path, not for a link that names it."""
    if path.is_symlink():
        return Path(os.path.realpath(path))
    make_folder(path.parent)
    return path


def _unused_name(path: Path) -> Path:
    """`.NAME.0123abcd.part`, with the name cut where the file system would not take so long a one."""
    name, ending = path.name, f".{uuid.uuid4().hex[:8]}.part"
    limit = _longest_name(path.parent)
    while name and len(os.fsencode(f".{name}{ending}")) > limit:
        name = name[:-1]
    return path.with_name(f".{name}{ending}")


def _longest_name(folder: Path) -> int:
    """In bytes."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows, or a file system that does not say
        return _LONGEST_NAME


def _create(path: Path, mode: int | None) -> None:
    """An empty file with these permission bits."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 if mode is None else mode)
    os.close(descriptor)
    if mode is not None:
        path.chmod(mode)  # the umask may have taken some away


@contextmanager
def _errors_name(path: Path) -> Iterator[None]:
    """An error speaks of the file that was wanted, not of the temporary one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def _sent_to(path: Path) -> Iterator[Path]:
    """A temporary file whose content goes to a pipe or device when the block ends without an error."""
    descriptor, name = tempfile.mkstemp(suffix=".part")
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        if temporary.exists():
            with temporary.open("rb") as source, path.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    finally:
        temporary.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextmanager
def name_for_c(path: Path) -> Iterator[str]:
    """A name under which a library in C can read an existing file while the block runs.

    It is the file's own wherever that can be encoded. OpenCV crashes on others.

    Raises:
        OSError: the file cannot be opened.
    """
    name = str(path)
    if printable(name) == name:
        yield name
        return
    with path.open("rb") as stream:
        yield f"/dev/fd/{stream.fileno()}"  # only POSIX systems have such names
