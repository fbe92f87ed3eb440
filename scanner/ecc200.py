"""Data Matrix ECC 200 from modules to corrected modules (ISO/IEC 16022): where each bit lies, and
Reed-Solomon with erasures, which zxing-cpp does not have.

What the corrected codewords say is not decoded here: `Layout.modules` draws the perfect symbol again and
zxing-cpp reads that, so that there is one decoder of messages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bits: TypeAlias = "NDArray[np.bool_]"

# Rows, columns, data regions down and across, data and error correction codewords, interleaved blocks
# (ISO/IEC 16022 table 7). Squares beyond 104 are left out: no pack, label or case carries one.
_TABLE = (
    (10, 10, 1, 1, 3, 5, 1),
    (12, 12, 1, 1, 5, 7, 1),
    (14, 14, 1, 1, 8, 10, 1),
    (16, 16, 1, 1, 12, 12, 1),
    (18, 18, 1, 1, 18, 14, 1),
    (20, 20, 1, 1, 22, 18, 1),
    (22, 22, 1, 1, 30, 20, 1),
    (24, 24, 1, 1, 36, 24, 1),
    (26, 26, 1, 1, 44, 28, 1),
    (32, 32, 2, 2, 62, 36, 1),
    (36, 36, 2, 2, 86, 42, 1),
    (40, 40, 2, 2, 114, 48, 1),
    (44, 44, 2, 2, 144, 56, 1),
    (48, 48, 2, 2, 174, 68, 1),
    (52, 52, 2, 2, 204, 84, 2),
    (64, 64, 4, 4, 280, 112, 2),
    (72, 72, 4, 4, 368, 144, 4),
    (80, 80, 4, 4, 456, 192, 4),
    (88, 88, 4, 4, 576, 224, 4),
    (96, 96, 4, 4, 696, 272, 4),
    (104, 104, 4, 4, 816, 336, 6),
    (8, 18, 1, 1, 5, 7, 1),
    (8, 32, 1, 2, 10, 11, 1),
    (12, 26, 1, 1, 16, 14, 1),
    (12, 36, 1, 2, 22, 18, 1),
    (16, 36, 1, 2, 32, 24, 1),
    (16, 48, 1, 2, 49, 28, 1),
)
SIZES = tuple((row[0], row[1]) for row in _TABLE)
SQUARES = tuple(rows for rows, columns in SIZES if rows == columns)

# Codewords of a block that must be left over after correction as proof that it is one: with four, a word
# of noise passes in 2^-32 of all cases.
SPARE = 4


class Uncorrectable(ValueError):
    """More codewords are wrong than can be corrected with some left over as proof."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Codewords after error correction. `erased` and `errors` count what was mended, `spare` the error
    correction codewords of the weakest block that neither needed."""

    codewords: tuple[int, ...]
    erased: int
    errors: int
    spare: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One size of symbol. `fixed` is rows x columns: 1 dark, 0 light, -1 data; `bits` is codewords x 8, the
    flat index of the module of each bit, highest first."""

    rows: int
    columns: int
    data: int
    ecc: int
    blocks: int
    fixed: NDArray[np.int8]
    bits: NDArray[np.int32]

    def codewords(self, modules: Bits) -> list[int]:
        """The codewords in `modules` (rows x columns, True is dark), data first."""
        packed = np.packbits(modules.ravel()[self.bits], axis=1)
        return [int(word) for word in packed[:, 0]]

    def doubts(self, certainty: NDArray[np.float32]) -> NDArray[np.float32]:
        """How certain each codeword is: its least certain module. `certainty` is rows x columns."""
        return np.asarray(certainty.ravel()[self.bits].min(axis=1), np.float32)

    def modules(self, codewords: Sequence[int]) -> Bits:
        """The perfect symbol of some codewords, rows x columns, True is dark."""
        drawn = (self.fixed == 1).ravel()
        drawn[self.bits] = np.unpackbits(np.array(codewords, np.uint8)[:, None], axis=1).astype(bool)
        return np.asarray(drawn.reshape(self.rows, self.columns), np.bool_)

    def correct(self, codewords: Sequence[int], erased: Sequence[int] = (), spare: int = SPARE) -> Corrected:
        """The codewords with errors mended; those numbered in `erased` count as unknown.

        At least `spare` error correction codewords a block must be left over. Raises Uncorrectable.
        """
        right, unknown = list(codewords), set(erased)
        errors, least = 0, self.ecc
        for block in range(self.blocks):
            places = range(block, len(right), self.blocks)
            lost = [n for n, place in enumerate(places) if place in unknown]
            mended, wrong = _correct_block([right[n] for n in places], lost, self.ecc // self.blocks, spare)
            for place, word in zip(places, mended, strict=True):
                right[place] = word
            errors += wrong
            least = min(least, self.ecc // self.blocks - len(lost) - 2 * wrong)
        return Corrected(tuple(right), len(unknown), errors, least)


@cache
def layout(rows: int, columns: int) -> Layout:
    """The layout of a symbol of this size. Raises KeyError for a size that ECC 200 does not have."""
    found = {(row[0], row[1]): row for row in _TABLE}[rows, columns]
    _, _, down, across, data, ecc, blocks = found
    fixed = _finder(rows // down, columns // across, down, across)
    place = _placement(rows - 2 * down, columns - 2 * across)
    cells = np.flatnonzero(fixed.ravel() == -1)
    bits = np.zeros((data + ecc, 8), np.int32)
    for cell, number in zip(cells.tolist(), place, strict=True):
        if number >= 0:
            bits[number >> 3, number & 7] = cell
        else:
            fixed.ravel()[cell] = -number - 1
    for array in (fixed, bits):
        array.setflags(write=False)
    return Layout(rows, columns, data, ecc, blocks, fixed, bits)


def _finder(height: int, width: int, down: int, across: int) -> NDArray[np.int8]:
    """Solid at the left and below, alternating above and at the right, of every data region."""
    region = np.full((height, width), -1, np.int8)
    region[0, :] = (np.arange(width) + 1) % 2
    region[:, -1] = np.arange(height) % 2
    region[:, 0] = region[-1, :] = 1
    return np.tile(region, (down, across))


_Cells: TypeAlias = tuple[tuple[int, int], ...]

_LIGHT, _DARK, _FREE = -1, -2, -3


def _placement(rows: int, columns: int) -> list[int]:
    """For each data module, row by row, 8 x codeword + bit (ISO/IEC 16022 annex F.3); _LIGHT and _DARK in
    the corner that no codeword fills."""
    placed = [_FREE] * (rows * columns)

    def flat(row: int, column: int) -> int:
        """Cells beyond the upper or left edge continue at the opposite one, shifted."""
        if row < 0:
            row, column = row + rows, column + 4 - (rows + 4) % 8
        if column < 0:
            row, column = row + 4 - (columns + 4) % 8, column + columns
        return row * columns + column

    number = 0
    for last, cells in _sweep(rows, columns):
        if placed[flat(*last)] == _FREE:
            for bit, cell in enumerate(cells):
                placed[flat(*cell)] = 8 * number + bit
            number += 1
    if placed[-1] == _FREE:
        placed[-1] = placed[-columns - 2] = _DARK
        placed[-2] = placed[-columns - 1] = _LIGHT
    return placed


def _sweep(rows: int, columns: int) -> Iterator[tuple[tuple[int, int], _Cells]]:
    """Codewords in their order, some of which find their place taken: the module of the last bit, and the
    modules of all eight. The sweep goes up and to the right, down and to the left, in turns."""
    corners = _corners(rows, columns)
    row, column = 4, 0
    while row < rows or column < columns:
        if (row, column) in corners:
            cells = corners[row, column]
            yield cells[-1], cells
        for step in (-2, 2):
            while True:
                if 0 <= row < rows and 0 <= column < columns:
                    yield (row, column), _utah(row, column)
                row, column = row + step, column - step
                if not (row >= 0 and column < columns if step < 0 else row < rows and column >= 0):
                    break
            row, column = (row + 1, column + 3) if step < 0 else (row + 3, column + 1)


def _corners(rows: int, columns: int) -> dict[tuple[int, int], _Cells]:
    """The shapes that a codeword takes in the corners, by where the sweep meets them."""
    last, end = rows - 1, columns - 1
    met: dict[tuple[int, int], _Cells] = {
        (rows, 0): ((last, 0), (last, 1), (last, 2), (0, end - 1), (0, end), (1, end), (2, end), (3, end)),
    }
    if columns % 8 == 4:
        met[rows - 2, 0] = (
            (last - 2, 0), (last - 1, 0), (last, 0), (0, end - 1), (0, end), (1, end), (2, end), (3, end),
        )  # fmt: skip
    elif columns % 4:
        met[rows - 2, 0] = (
            (last - 2, 0), (last - 1, 0), (last, 0), (0, end - 3), (0, end - 2), (0, end - 1), (0, end), (1, end),
        )  # fmt: skip
    if columns % 8 == 0:
        met[rows + 4, 2] = (
            (last, 0), (last, end), (0, end - 2), (0, end - 1), (0, end), (1, end - 2), (1, end - 1), (1, end),
        )  # fmt: skip
    return met


def _utah(row: int, column: int) -> _Cells:
    """The eight modules of an ordinary codeword whose last bit lies at (row, column)."""
    r, c = row, column
    return (
        (r - 2, c - 2),
        (r - 2, c - 1),
        (r - 1, c - 2),
        (r - 1, c - 1),
        (r - 1, c),
        (r, c - 2),
        (r, c - 1),
        (r, c),
    )


# GF(256) of ECC 200: x^8 + x^5 + x^3 + x^2 + 1, generator 2.
_EXP = [1] * 512
for _n in range(1, 512):
    _EXP[_n] = _EXP[_n - 1] << 1 ^ (0x12D if _EXP[_n - 1] & 128 else 0)
_LOG = [0] * 256
for _n in range(255):
    _LOG[_EXP[_n]] = _n
_EXPS, _LOGS = np.array(_EXP, np.int32), np.array(_LOG, np.int32)


def _times(a: int, b: int) -> int:
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def _value(polynomial: Sequence[int], x: int) -> int:
    """Coefficients from the lowest."""
    total = 0
    for coefficient in reversed(polynomial):
        total = _times(total, x) ^ coefficient
    return total


def _values(polynomial: Sequence[int], powers: NDArray[np.int32]) -> NDArray[np.int32]:
    """The polynomial, coefficients from the lowest, at each 2^power."""
    at = np.flatnonzero(polynomial)
    if at.size == 0:
        return np.zeros(powers.shape, np.int32)
    logs = _LOGS[np.array(polynomial, np.int32)[at]]
    found: NDArray[np.int32] = np.bitwise_xor.reduce(
        _EXPS[(logs[:, None] + at[:, None] * powers[None, :]) % 255], axis=0
    )
    return found


def _product(a: Sequence[int], b: Sequence[int]) -> list[int]:
    out = [0] * (len(a) + len(b) - 1)
    for i, left in enumerate(a):
        if left:
            for j, right in enumerate(b):
                out[i + j] ^= _times(left, right)
    return out


def _correct_block(words: list[int], lost: Sequence[int], ecc: int, spare: int) -> tuple[list[int], int]:
    """Errors-and-erasures decoding by Berlekamp and Massey; gives the mended words and the errors found."""
    size = len(words)
    if len(lost) + spare > ecc:
        raise Uncorrectable(f"Expected at most {ecc - spare} unknown codewords, got {len(lost)}")
    word = [0 if n in lost else value for n, value in enumerate(words)]
    syndromes = _values(word[::-1], np.arange(1, ecc + 1, dtype=np.int32)).tolist()
    if not any(syndromes):
        return word, 0
    known = [1]
    for place in lost:  # times 1 + x 2^(its power)
        power = size - 1 - place
        shifted = [_EXP[_LOG[c] + power] if c else 0 for c in known]
        known = [1, *[a ^ b for a, b in zip(known[1:], shifted, strict=False)], shifted[-1]]
    locator = _locator(syndromes, known, len(lost), ecc)
    degree = max(n for n, coefficient in enumerate(locator) if coefficient)
    wrong = degree - len(lost)
    if wrong < 0 or len(lost) + 2 * wrong + spare > ecc:
        raise Uncorrectable(f"Expected at most {(ecc - len(lost) - spare) // 2} wrong codewords, got more")
    inverses = 255 - (size - 1 - np.arange(size, dtype=np.int32))
    places = np.flatnonzero(_values(locator, inverses) == 0).tolist()
    if len(places) != degree:
        raise Uncorrectable("Expected errors within the block, got them outside")
    evaluator = _product(syndromes, locator)[:ecc]
    slope = [coefficient if n % 2 == 0 else 0 for n, coefficient in enumerate(locator[1:])]
    for place in places:
        inverse = _EXP[255 - (size - 1 - place)]
        below = _value(slope, inverse)
        if below == 0:
            raise Uncorrectable("Expected errors in different places, got one twice")
        above = _value(evaluator, inverse)
        word[place] ^= _times(above, _EXP[255 - _LOG[below]])
    return word, wrong


def _locator(syndromes: list[int], known: list[int], lost: int, ecc: int) -> list[int]:
    """The polynomial whose roots are the places of all errors and erasures."""
    exp, log = _EXP, _LOG
    locator, before, length = list(known), list(known), lost
    for step in range(lost, ecc):
        off = 0
        for n, coefficient in enumerate(locator[: step + 1]):
            below = syndromes[step - n]
            if coefficient and below:
                off ^= exp[log[coefficient] + log[below]]
        before = [0, *before]
        if off == 0:
            continue
        scale = log[off]
        changed = locator + [0] * (len(before) - len(locator))
        for n, coefficient in enumerate(before):
            if coefficient:
                changed[n] ^= exp[scale + log[coefficient]]
        if 2 * length <= step + lost:
            inverse = 255 - scale
            before = [exp[inverse + log[coefficient]] if coefficient else 0 for coefficient in locator]
            length = step + 1 + lost - length
        locator = changed
    return locator
