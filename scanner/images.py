"""Image files and photos as grey pictures: JPEG, PNG, WebP, HEIC, the right way up."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from scanner import ScannerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"
Frame: TypeAlias = "NDArray[np.uint8]"

MAX_BYTES = 40_000_000
MAX_PIXELS = 60_000_000  # a 50-megapixel phone photo, and no bomb
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"})


def read_image(
    source: bytes | str | Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> Grey:
    """The picture in an image file, or in its bytes, as grey uint8, height x width.

    The EXIF orientation is honoured; what is transparent counts as white paper. Raises ScannerError for a
    file that is missing, empty, too large, of another kind, or damaged.
    """
    return np.array(_upright(source, max_bytes, max_pixels).convert("L"), np.uint8)


def read_frame(
    source: bytes | str | Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> Frame:
    """As `read_image`, but in colour: BGR uint8, height x width x 3, as a camera gives it."""
    rgb = np.asarray(_upright(source, max_bytes, max_pixels).convert("RGB"), np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def png(picture: NDArray[np.uint8]) -> bytes:
    """A grey or BGR picture as a PNG file."""
    out = io.BytesIO()
    rows = picture if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1])
    Image.fromarray(rows).save(out, "PNG")
    return out.getvalue()


def _upright(source: bytes | str | Path, max_bytes: int, max_pixels: int) -> Image.Image:
    data = _bytes(source, max_bytes)
    try:
        with Image.open(io.BytesIO(data), formats=_formats()) as image:
            # Before any pixel is decoded: the header tells the size.
            _verify_size(image.size, max_pixels)
            image.load()
            return _on_paper(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise ScannerError("Expected a JPEG, PNG, WebP or HEIC picture, got another kind of file") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ScannerError(
            "Expected a picture of at most %(limit)s megapixels, got a larger one",
            limit=max_pixels // 1_000_000,
        ) from error
    except ScannerError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # What Pillow and libheif raise for damaged files: truncated data, broken chunks, bad headers.
        raise ScannerError("The picture is damaged or cut off; take or send it again") from error


def _bytes(source: bytes | str | Path, max_bytes: int) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with Path(source).open("rb") as file:
                data = file.read(max_bytes + 1)
        except OSError as error:
            raise ScannerError(
                "Cannot open the picture %(path)s: %(reason)s",
                path=source,
                reason=error.strerror or "unreadable",
            ) from error
    if not data:
        raise ScannerError("The picture is empty: 0 bytes")
    if len(data) > max_bytes:
        raise ScannerError(
            "Expected a picture of at most %(limit)s MB, got more", limit=max_bytes // 1_000_000
        )
    return data


def _verify_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise ScannerError(
            "Expected a picture of at most %(limit)s megapixels, got %(width)s x %(height)s",
            limit=max_pixels // 1_000_000,
            width=width,
            height=height,
        )


def _on_paper(image: Image.Image) -> Image.Image:
    """The picture without transparency, and with 8 bits a sample."""
    if image.mode.startswith("I;16"):
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8))
    if image.mode in {"LA", "RGBA", "PA"} or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, image.convert("RGBA"))
    return image


@cache
def _formats() -> tuple[str, ...]:
    """Pillow's names of the formats accepted, their plugins loaded; no HEIC without pi-heif."""
    Image.init()
    try:
        import pi_heif
    except ImportError:
        return ("JPEG", "PNG", "WEBP")
    pi_heif.register_heif_opener()
    return ("JPEG", "PNG", "WEBP", "HEIF")
