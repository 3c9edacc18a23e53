"""Pictures of the MP4 family, told from films by their brands."""

from pathlib import Path

import pytest

from fer_core.errors import MediaError
from fer_core.files.media import open_media
from fer_core.files.pictures.kinds import PictureKind, brands, is_avif, is_heic, kind_of
from tests.helpers.films import even_times, make_video, numbered_frames


def head_of(*names: bytes) -> bytes:
    """A file type box with the main brand and those after it, and what may follow it."""
    body = b"ftyp" + names[0] + bytes(4) + b"".join(names[1:])
    return (len(body) + 4).to_bytes(4, "big") + body + b"\0\0\0\x10meta" + bytes(200)


def test_brands_are_those_of_the_box_alone() -> None:
    assert brands(head_of(b"heic", b"mif1", b"heic")) == ("heic", "mif1", "heic")
    assert brands(head_of(b"isom")) == ("isom",)
    assert brands(b"\0\0\0\x18ftyp") == ()
    assert brands(b"RIFF") == ()


@pytest.mark.parametrize(
    ("names", "heic", "avif"),
    [
        ((b"heic", b"mif1", b"heic"), True, False),
        ((b"heix", b"mif1"), True, False),
        ((b"hevc", b"msf1", b"heic"), True, False),
        ((b"mif1", b"heic"), True, False),
        ((b"mif1", b"miaf"), True, False),
        ((b"mif1", b"avif", b"miaf"), False, True),
        ((b"avif", b"mif1"), False, True),
        ((b"avis", b"msf1"), False, True),
        ((b"isom", b"iso2", b"avc1", b"mp41"), False, False),
        ((b"qt  ",), False, False),
        ((b"mp42", b"hvc1"), False, False),
    ],
)
def test_kinds(names: tuple[bytes, ...], heic: bool, avif: bool) -> None:
    assert (is_heic(head_of(*names)), is_avif(head_of(*names))) == (heic, avif)
    assert kind_of(head_of(*names)) is (PictureKind.HEIC if heic else PictureKind.AVIF if avif else None)


@pytest.mark.parametrize("name", ["p.heic", "p.HIF", "p.jpg", "p.mp4", "p.mov", "without"])
def test_heic_is_refused_under_any_name(tmp_path: Path, name: str) -> None:
    # A film's own boxes follow, as the decoder would find a picture's first tile.
    film = make_video(tmp_path / "film.mp4", numbered_frames(3), even_times(3)).read_bytes()
    (tmp_path / name).write_bytes(head_of(b"mif1", b"heic")[:-208] + film[film.index(b"ftyp") + 28 :])
    with pytest.raises(MediaError, match="HEIC pictures cannot be read"):
        open_media(tmp_path / name)


def test_a_cameras_raw_picture_is_no_film(tmp_path: Path) -> None:
    (tmp_path / "p.cr3").write_bytes(head_of(b"crx ", b"isom"))
    with pytest.raises(MediaError, match="raw pictures"):
        open_media(tmp_path / "p.cr3")


def test_a_film_that_lists_a_picture_brand_is_read(tmp_path: Path) -> None:
    path = make_video(tmp_path / "v.mp4", numbered_frames(3), even_times(3))
    data = path.read_bytes()
    path.write_bytes(data.replace(b"iso2", b"mif1", 1))
    with open_media(path) as media:
        assert len(list(media.frames())) == 3
