"""ZBar, the second reader of linear codes: independent of zxing-cpp in code and in method.

It is called through the declarations of pyzbar's wrapper rather than by `pyzbar.decode`, which offers no
way to set how dense the scan lines are (all of them cost five times what zxing-cpp does), to refuse ITF of
other lengths than 14 (ZBar finds those in any pattern of stripes), or to ask whether a Code 128 began with
FNC1 (its text does not show it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ctypes import POINTER, c_char_p, c_uint, c_void_p, cast, string_at
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from scanner.symbols import Corners, Point, Symbol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Grey: TypeAlias = "NDArray[np.uint8]"

_Y800 = 0x30303859  # fourcc of 8 bit grey
_GS1_MODIFIER = 1  # bit 0 of a symbol's modifiers
_ITF_DIGITS = 14
_NAMES = {"Code128": "CODE128", "EAN13": "EAN13", "EAN8": "EAN8", "ITF14": "I25"}
_FORMATS = {zbar_name: name for name, zbar_name in _NAMES.items()}
_SYMBOLOGIES = {"EAN13": "]E0", "EAN8": "]E4", "ITF14": "]I1"}
# Where the code's own upper left corner is among the corners of the picture, by the direction of reading.
_TURNS = {"UP": 0, "RIGHT": 1, "DOWN": 2, "LEFT": 3}


@cache
def _library() -> Any:
    """pyzbar's declarations of the library, or None where either does not load."""
    try:
        from pyzbar import wrapper
    except ImportError:
        return None
    return wrapper


@cache
def _modifiers_of() -> Any:
    """The call that gives a symbol's modifiers, or None in a library older than 0.20."""
    library = _library()
    try:
        return library.zbar_function("zbar_symbol_get_modifiers", c_uint, POINTER(library.zbar_symbol))
    except AttributeError:
        return None


def available() -> bool:
    """Whether the library is there."""
    return _library() is not None


def read(grey: Grey, formats: Sequence[str], *, step: int = 1) -> list[tuple[Symbol, int]]:
    """Linear codes in `grey` (contiguous uint8), each with the number of scan lines that read it.

    `formats` are names out of `decoder.LINEAR`; every `step`th row and column is a scan line. Nothing is
    accepted. Equal codes in one picture come as one, about all of them. Empty without the library.
    """
    library = _library()
    wanted = {_NAMES[name] for name in formats if name in _NAMES}
    if library is None or not wanted:
        return []
    pixels = grey.tobytes()
    scanner, image = library.zbar_image_scanner_create(), library.zbar_image_create()
    try:
        _configure(library, scanner, wanted, step)
        library.zbar_image_set_format(image, _Y800)
        library.zbar_image_set_size(image, grey.shape[1], grey.shape[0])
        library.zbar_image_set_data(image, cast(c_char_p(pixels), c_void_p), len(pixels), None)
        library.zbar_scan_image(scanner, image)
        return list(_symbols(library, image))
    finally:
        library.zbar_image_destroy(image)
        library.zbar_image_scanner_destroy(scanner)


def _configure(library: Any, scanner: Any, wanted: set[str], step: int) -> None:
    configure, kinds = library.zbar_image_scanner_set_config, library.ZBarSymbol
    for kind in kinds:
        configure(scanner, kind, library.ZBarConfig.CFG_ENABLE, int(kind.name in wanted))
    if "I25" in wanted:
        configure(scanner, kinds.I25, library.ZBarConfig.CFG_MIN_LEN, _ITF_DIGITS)
        configure(scanner, kinds.I25, library.ZBarConfig.CFG_MAX_LEN, _ITF_DIGITS)
    configure(scanner, kinds.NONE, library.ZBarConfig.CFG_X_DENSITY, step)
    configure(scanner, kinds.NONE, library.ZBarConfig.CFG_Y_DENSITY, step)


def _symbols(library: Any, image: Any) -> Iterator[tuple[Symbol, int]]:
    symbol = library.zbar_image_first_symbol(image)
    while symbol:
        name = _FORMATS.get(_name(library, symbol))
        points = [
            (float(library.zbar_symbol_get_loc_x(symbol, n)), float(library.zbar_symbol_get_loc_y(symbol, n)))
            for n in range(library.zbar_symbol_get_loc_size(symbol))
        ]
        if name and points:
            size = library.zbar_symbol_get_data_length(symbol)
            text = string_at(library.zbar_symbol_get_data(symbol), size).decode("latin-1")
            turn = _TURNS.get(_orientation(library, symbol), 0)
            mark = _SYMBOLOGIES.get(name) or ("]C1" if _gs1(symbol) else "]C0")
            found = Symbol(text.removeprefix("\x1d"), mark, name, _outline(points, turn))
            yield found, library.zbar_symbol_get_quality(symbol)
        symbol = library.zbar_symbol_next(symbol)


def _name(library: Any, symbol: Any) -> str:
    try:
        return str(library.ZBarSymbol(symbol.contents.type).name)
    except ValueError:  # a kind that is newer than pyzbar
        return ""


def _orientation(library: Any, symbol: Any) -> str:
    if library.zbar_symbol_get_orientation is None:
        return ""
    number = library.zbar_symbol_get_orientation(symbol)
    return next((one.name for one in library.ZBarOrientation if one == number), "")


def _gs1(symbol: Any) -> bool:
    call = _modifiers_of()
    return call is not None and bool(call(symbol) & _GS1_MODIFIER)


def _outline(points: Sequence[Point], turn: int) -> Corners:
    """Four corners about the ends of all scan lines, a pixel more than they span: one line has no height."""
    corners = [
        min(points, key=lambda p: p[0] + p[1]),
        max(points, key=lambda p: p[0] - p[1]),
        max(points, key=lambda p: p[0] + p[1]),
        min(points, key=lambda p: p[0] - p[1]),
    ]
    wider = [
        (x + dx, y + dy)
        for (x, y), (dx, dy) in zip(corners, ((-1, -1), (1, -1), (1, 1), (-1, 1)), strict=True)
    ]
    first, second, third, fourth = wider[turn:] + wider[:turn]
    return first, second, third, fourth
