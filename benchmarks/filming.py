"""Chromium with a film for a camera, as tests and `camera` use it."""

import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner.photograph import tray

CHROMIUM = "chromium"
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
MISSING = "Chromium is missing: apt-get install -y --no-install-recommends chromium"
FRAMES_A_POSE = 12


def executable() -> str | None:
    """Where Chromium is; None where there is none."""
    return shutil.which(CHROMIUM)


def camera_of(film: Path) -> str:
    """The flag with which the camera shows a film, over and over."""
    return f"--use-file-for-fake-video-capture={film}"


def film(path: Path, poses: Sequence[NDArray[np.uint8]]) -> Path:
    """A video for Chromium's fake camera, each pose held for a while.

    Chromium plays motion JPEG, which is one picture after the other, at 30 a second.
    """
    path.write_bytes(b"".join(FRAMES_A_POSE * jpeg(pose) for pose in poses))
    return path


def tray_film(path: Path, labels: Sequence[NDArray[np.uint8]], *, poses: int = 4) -> Path:
    """A video in full HD of labels side by side in a tray, held by an unsteady hand."""
    rng = np.random.default_rng(2026)
    return film(path, [tray(labels, rng) for _ in range(poses)])


def jpeg(picture: NDArray[np.uint8]) -> bytes:
    """A grey picture as a colour JPEG, which is what cameras give."""
    file = io.BytesIO()
    Image.fromarray(picture).convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()
