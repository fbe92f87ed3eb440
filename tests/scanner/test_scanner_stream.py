"""Pictures out of a stream: each whole, as soon as it is there, whatever stands between them."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from scanner import ScannerError, images
from scanner.stream import pictures


def picture(kind: str, seed: int, **more: Any) -> bytes:
    rng = np.random.default_rng(seed)
    out = io.BytesIO()
    noise = rng.integers(0, 256, (60, 80), np.uint8)
    Image.fromarray(noise).save(out, kind, **more)
    return out.getvalue()


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return self.read(min(7, size or 7))


def with_thumbnail() -> bytes:
    """A JPEG that holds another one, with an end of its own, in a segment."""
    jpeg, inner = picture("JPEG", 1), picture("JPEG", 2)
    segment = b"Exif\0\0" + inner
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2) + segment + jpeg[2:]


FILES = {
    "baseline": picture("JPEG", 1),
    "progressive": picture("JPEG", 2, progressive=True),
    "restarts": picture("JPEG", 3, restart_marker_blocks=2),
    "thumbnail": with_thumbnail(),
    "png": picture("PNG", 4),
    "webp": picture("WEBP", 5),
}


@pytest.mark.parametrize("kind", [io.BytesIO, Dripping])
def test_pictures_come_one_by_one_and_whole(kind: type[io.BytesIO]) -> None:
    files = list(FILES.values())
    assert list(pictures(kind(b"".join(files)))) == files
    for file in files:
        assert images.read_image(file).shape == (60, 80)


def test_what_stands_between_pictures_is_skipped() -> None:
    head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 1234\r\n\r\n"
    files = [FILES["baseline"], FILES["progressive"]]
    assert list(pictures(Dripping(b"".join(head + file + b"\r\n" for file in files) + b"--frame--"))) == files


def test_a_picture_is_given_before_the_next_begins() -> None:
    class Endless(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            got = super().read1(size)
            assert got, "asked for more than the first picture"
            return got

    assert next(pictures(Endless(FILES["baseline"]))) == FILES["baseline"]


def test_heic_is_one_picture() -> None:
    file = b"\0\0\0\x18ftypheic" + FILES["baseline"]
    assert list(pictures(io.BytesIO(file))) == [file]


@pytest.mark.parametrize("name", FILES)
def test_a_stream_cut_off_anywhere_says_so_and_keeps_what_was_whole(name: str) -> None:
    file = FILES[name]
    for end in (12, len(file) // 2, len(file) - 1):
        given = pictures(io.BytesIO(FILES["baseline"] + file[:end]))
        assert next(given) == FILES["baseline"]
        with pytest.raises(ScannerError, match="cut off"):
            next(given)


def test_no_picture_and_too_large_a_picture_are_refused() -> None:
    for nothing in (b"", b"text", b"\xff" * 100):
        with pytest.raises(ScannerError, match="got none"):
            list(pictures(io.BytesIO(nothing)))
    with pytest.raises(ScannerError, match="at most 1 MB"):
        list(pictures(io.BytesIO(b"RIFF\xff\xff\xff\x7fWEBP" + bytes(1_000_000)), max_bytes=1_000_000))
