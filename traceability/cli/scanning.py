"""`scan`: codes out of a camera, a video, a folder, pictures on stdin, or a hand scanner that types."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from traceability.cli.options import command
from traceability.cli.output import Output

if TYPE_CHECKING:
    from traceability.cli.sightings import Sightings

PICTURE_BUDGET = 6.0  # seconds: a picture is the only one there is
PILE_BUDGET = 2.0  # a picture of a folder
FRAME_BUDGET = 0.25
FRAME_LOOKS, PICTURE_LOOKS = 2, 24  # unread places looked at for advice
# What is on packs and on their containers: GS1 DataMatrix, Digital Link, GS1-128.
USUAL_FORMATS = ("DataMatrix", "QRCode", "Code128")
# Pictures on stdin tell no times. With this many seconds between two of them, a place that reads otherwise than
# in the picture before holds another pack, as in a row of photographs: in a video it would be a misread.
STREAM_STEP = 0.6


@dataclass(frozen=True, slots=True)
class Look:
    """How pictures are looked at: seconds for each (None for the usual), kinds of codes, and whether what
    claims to be GS1's and breaks its rules is told too."""

    budget: float | None
    formats: tuple[str, ...]
    raw: bool

    def within(self, usual: float) -> float:
        """The budget given, or the usual one."""
        return usual if self.budget is None else self.budget


@command
@click.argument("source", required=False)
@click.option(
    "--camera", type=click.IntRange(min=0), help="Number of a camera; shows its picture with outlines."
)
@click.option("--watch", is_flag=True, help="SOURCE is a folder: read what appears in it too, until Ctrl-C.")
@click.option(
    "--lines", is_flag=True, help="Read texts from stdin, a code a line, as a hand scanner types them."
)
@click.option(
    "--preview/--no-preview", default=None, help="Show the picture with outlines.  [default: for a camera]"
)
@click.option("--raw", is_flag=True, help="Tell codes too that claim to be GS1's and break its rules.")
@click.option(
    "--formats",
    metavar="NAMES",
    help="Kinds of codes, such as DataMatrix,EAN13, or all.  [default: DataMatrix,QRCode,Code128]",
)
@click.option(
    "--expect", type=click.IntRange(min=1), metavar="N", help="Exit status 0 only if N codes were read."
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    help="Seconds to spend on a picture.  [default: 6; 2 in a folder; 0.25 a frame]",
)
@click.option("--quality", is_flag=True, help="Add a note on the print of each DataMatrix. No ISO grade.")
@click.option("--every", is_flag=True, help="Tell a code each time it is seen, not only the first time.")
def scan_command(
    out: Output,
    *,
    source: str | None,
    camera: int | None,
    watch: bool,
    lines: bool,
    preview: bool | None,
    raw: bool,
    formats: str | None,
    expect: int | None,
    budget: float | None,
    quality: bool,
    every: bool,
) -> int:
    """Read the codes in SOURCE: a picture, a video, a folder of pictures, or "-" for pictures on stdin.

    Each physical code is told once, however long it is seen; two packs with the same code are told as two.
    With --json one line a code, and one at the end that sums up. Ctrl-C ends cleanly.

    Exit status 0 when all is well; 1 when no code was found, or another number than expected, or a picture
    was damaged; 2 for a wrong call; 3 when a person must look: one code on two packs, or read in two ways.
    """
    from scanner.tracking import Tracker
    from traceability.cli.sightings import Sightings

    filmed = camera is not None or (source is not None and _is_filmed(source))
    _verify_call(source, camera, filmed=filmed, watch=watch, lines=lines, preview=preview)
    look = Look(budget, _formats(formats), raw)
    # A frame has many successors; of a photograph, every place is looked at.
    tracker = Tracker(looks=FRAME_LOOKS if filmed else PICTURE_LOOKS)
    seen = Sightings(out, tracker, every=every, quality=quality, expected=expect)
    with suppress(KeyboardInterrupt):
        if lines:
            for line in _typed_lines():
                seen.text(line)
        elif filmed:
            showing = camera is not None if preview is None else preview
            _follow(seen, str(camera) if source is None else source, look, showing=showing)
        elif source == "-":
            _stream(seen, look)
        else:
            _photographs(seen, Path(source or ""), look, watch=watch)
    return seen.finish(still_unread=filmed or source == "-")


def _is_filmed(source: str) -> bool:
    """Whether a source gives frames of one scene, not pictures: a video, or a camera's number."""
    from scanner import images

    path = Path(source)
    return source != "-" and not path.is_dir() and path.suffix.lower() not in images.SUFFIXES


def _verify_call(
    source: str | None, camera: int | None, *, filmed: bool, watch: bool, lines: bool, preview: bool | None
) -> None:
    if lines and (source not in {None, "-"} or camera is not None):
        raise click.UsageError("--lines reads from stdin: expected no other source")
    if not lines and (source is None) == (camera is None):
        raise click.UsageError("Expected a source or --camera NUMBER")
    if watch and (source is None or lines or not Path(source).is_dir()):
        raise click.UsageError("--watch needs a folder")
    if preview and not filmed:
        raise click.UsageError("--preview is for cameras and videos")


def _formats(names: str | None) -> tuple[str, ...]:
    from scanner.decoder import FORMATS

    if names is None:
        return USUAL_FORMATS
    if names == "all":
        return tuple(FORMATS)
    chosen = tuple(name.strip() for name in names.split(","))
    for name in chosen:
        if name not in FORMATS:
            raise click.BadParameter(
                f"expected names out of {', '.join(FORMATS)}, or all; got {name}", param_hint="--formats"
            )
    return chosen


def _follow(seen: Sightings, source: str, look: Look, *, showing: bool) -> None:
    from scanner.camera import follow, open_shots, window
    from scanner.reader import to_grey
    from traceability.cli.sightings import word_of

    shots = open_shots(source)
    show = window() if showing else None
    budget = look.within(FRAME_BUDGET)
    for shot, tracks in follow(
        shots, seen.tracker, show, word_of,
        budget=budget, formats=look.formats, raw=look.raw, live=source.isdecimal(),
    ):  # fmt: skip
        seen.frame(tracks, grey=to_grey(shot.frame) if seen.quality else None)


def _stream(seen: Sightings, look: Look) -> None:
    """Pictures on stdin: one that is alone gets all the time it needs, several are frames of one scene."""
    from scanner import ScannerError, stream

    files = _told_to_the_end(seen, stream.pictures(sys.stdin.buffer))
    first, second = next(files, None), next(files, None)
    if first is None:
        return
    if second is None:
        _picture(seen, first, look.within(PICTURE_BUDGET), look, at=0.0)
        return
    for number, file in enumerate(chain((first, second), files)):
        try:
            _picture(seen, file, look.within(FRAME_BUDGET), look, at=number * STREAM_STEP)
        except ScannerError as error:
            seen.damaged(f"picture {number + 1}", str(error))


def _told_to_the_end(seen: Sightings, files: Iterator[bytes]) -> Iterator[bytes]:
    """The pictures of a stream; that it breaks off is told, unless nothing came before."""
    from scanner import ScannerError

    given = 0
    try:
        for file in files:
            yield file
            given += 1
    except ScannerError as error:
        if given == 0:
            raise
        seen.damaged(f"picture {given + 1}", str(error))


def _photographs(seen: Sightings, path: Path, look: Look, *, watch: bool) -> None:
    from scanner import ScannerError
    from scanner.camera import BETWEEN_PICTURES, folder
    from scanner.watching import watch as watched

    if not watch and not path.is_dir():
        _picture(seen, path, look.within(PICTURE_BUDGET), look, at=0.0, name=path.name)
        return
    for number, file in enumerate(watched(path) if watch else folder(path)):
        try:
            at = number * BETWEEN_PICTURES
            _picture(seen, file, look.within(PILE_BUDGET), look, at=at, name=file.name)
        except ScannerError as error:
            seen.damaged(file.name, str(error))


def _picture(
    seen: Sightings, file: Path | bytes, budget: float, look: Look, *, at: float, name: str | None = None
) -> None:
    from scanner import images, reader

    grey = images.read_image(file)
    sight = reader.look(grey, budget, look.formats, raw=look.raw)
    seen.frame(seen.tracker.update(sight, at, grey), name, grey)


def _typed_lines() -> Iterator[str]:
    """Lines of stdin as they come, ended by Enter as hand scanners send it: CR, LF or both."""
    # Not str.splitlines, which takes the separator GS for the end of a line.
    typed = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace", newline=None)
    for line in typed:
        text = line.strip(" \t\r\n")
        if text:
            yield text
