"""`scan`: codes out of a camera, a video, a folder, a picture or stdin."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from scanner.symbols import Symbol
from traceability.cli import codes
from traceability.cli.options import command
from traceability.cli.output import Output
from traceability.gs1 import Gs1Error

PICTURE_BUDGET = 6.0  # seconds: a picture is the only one there is
FRAME_BUDGET = 0.25


@command
@click.argument("source", required=False)
@click.option(
    "--camera", type=click.IntRange(min=0), help="Number of a camera; shows its picture with outlines."
)
@click.option(
    "--preview/--no-preview", default=None, help="Show the picture with outlines.  [default: for a camera]"
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0),
    help="Seconds to spend on a picture.  [default: 6, or 0.25 a frame]",
)
@click.option("--every", is_flag=True, help="Tell a code each time it is seen, not only the first time.")
def scan_command(
    out: Output,
    *,
    source: str | None,
    camera: int | None,
    preview: bool | None,
    budget: float | None,
    every: bool,
) -> int:
    """Read the codes in SOURCE: a picture, a video, a folder of pictures, or "-" for a picture on stdin.

    With --json one line a code. Exit status 1 when no code was found.
    """
    if (source is None) == (camera is None):
        raise click.UsageError("Expected a source or --camera NUMBER")
    showing = camera is not None if preview is None else preview
    seen: set[str] = set()
    for number, symbols in enumerate(_frames(source, camera, showing=showing, budget=budget)):
        for symbol in symbols:
            if every or symbol.element_text not in seen:
                seen.add(symbol.element_text)
                _tell(out, number, symbol)
    return 0 if seen else out.refuse("No code was found. Come closer, hold still, and mind the light.")


def _frames(
    source: str | None, camera: int | None, *, showing: bool, budget: float | None
) -> Iterator[list[Symbol]]:
    from scanner import images
    from scanner.camera import open_camera, preview, window
    from scanner.reader import read_symbols

    if source == "-":
        yield read_symbols(
            images.read_image(sys.stdin.buffer.read()), PICTURE_BUDGET if budget is None else budget
        )
        return
    still = source is not None and source.lower().endswith(tuple(images.SUFFIXES))
    budget = (PICTURE_BUDGET if still else FRAME_BUDGET) if budget is None else budget
    show = window() if showing else None
    frames: Iterable[Any] = open_camera(str(camera) if source is None else source)
    if show is not None:
        yield from preview(frames, show, _word, budget=budget)
        return
    for frame in frames:
        yield read_symbols(frame, budget)


def _word(symbol: Symbol) -> str:
    """What stands beside an outline: the serial or SSCC, which tells one label from its neighbours."""
    try:
        elements = codes.elements_of(symbol.element_text)
    except Gs1Error:
        return "?"
    return elements.get("21") or elements.get("00") or elements.get("01") or symbol.text[:20]


def _tell(out: Output, frame: int, symbol: Symbol) -> None:
    told: dict[str, object] = {"frame": frame} | symbol.as_json()
    try:
        elements = codes.elements_of(symbol.element_text)
    except Gs1Error as error:
        out.say(f"{symbol.format}  {symbol.text!r}: {error}")
        out.give(told | {"error": str(error)})
        return
    out.say(f"{symbol.format}  {elements.bracketed}")
    out.give(told | {"elements": codes.plain(elements), "item": codes.item_of(elements)})
