"""Image files of every kind come the right way up; every bad one is refused in words."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scanner import ScannerError, images
from scanner.labels import label_png, pack_label
from scanner.reader import read_symbols

PICTURES = Path(__file__).parent / "pictures"
LABEL = pack_label("Amoxicillin 500 mg", gtin="09521234543213", serial="S1", expiry="271231", lot="L1")
TEXT = "010952123454321321S1\x1d1727123110L1"


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(label_png(LABEL))).convert("RGB").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_files_and_bytes_read_alike(kind: str, tmp_path: Path) -> None:
    data = saved(kind)
    path = tmp_path / "label"
    path.write_bytes(data)
    grey = images.read_image(path)
    assert grey.dtype == np.uint8
    assert grey.ndim == 2
    assert np.array_equal(grey, images.read_image(data))
    assert np.array_equal(grey, images.read_image(str(path)))
    assert [s.text for s in read_symbols(grey)] == [TEXT]


def test_heic_from_a_phone_reads() -> None:
    (symbol,) = read_symbols(images.read_image(PICTURES / "pack.heic"))
    assert symbol.text == "010952123454321321HEIC1\x1d1727123110L1"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation: int) -> None:
    upright = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {
        2: 0,
        3: 3,
        4: 1,
        5: 5,
        6: 2,
        7: 6,
        8: 4,
    }  # Pillow's transposition that the camera would have made
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation > 1 else upright
    out = io.BytesIO()
    stored.save(out, "PNG", exif=exif)
    assert np.array_equal(images.read_image(out.getvalue()), np.asarray(upright))


def test_colour_frames_are_bgr() -> None:
    out = io.BytesIO()
    Image.new("RGB", (4, 3), (250, 100, 10)).save(out, "PNG")
    frame = images.read_frame(out.getvalue())
    assert frame.shape == (3, 4, 3)
    assert frame[0, 0].tolist() == [10, 100, 250]
    assert np.array_equal(images.read_frame(images.png(frame)), frame)


def test_transparent_is_paper_and_sixteen_bits_are_eight() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (4, 3), (0, 0, 0, 0)).save(out, "PNG")
    assert images.read_image(out.getvalue()).min() == 255
    out = io.BytesIO()
    Image.fromarray(np.full((3, 4), 0x80FF, np.uint16)).save(out, "PNG")
    assert images.read_image(out.getvalue()).tolist() == [[0x80] * 4] * 3


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be vast."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(ScannerError, match="at most 60 megapixels"):
        images.read_image(bomb(side, side))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 not a picture", "another kind"),
        (b"GIF89a" + bytes(40), "another kind"),
        (bomb(100, 100), "damaged"),
        (saved("PNG")[:-400], "damaged"),
        (saved("JPEG")[:1000], "damaged"),
        (saved("WEBP")[:900], "damaged"),
        ((PICTURES / "pack.heic").read_bytes()[:2000], "damaged"),
    ],
)
def test_damaged_and_foreign_files_are_refused(data: bytes, words: str) -> None:
    with pytest.raises(ScannerError, match=words):
        images.read_image(data)


def test_too_many_bytes_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScannerError, match="at most 1 MB"):
        images.read_image(bytes(1_000_001), max_bytes=1_000_000)
    with pytest.raises(ScannerError, match=r"none\.png: No such file"):
        images.read_image(tmp_path / "none.png")
