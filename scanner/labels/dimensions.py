"""X-dimensions: how large a module may be, and how many whole dots of a printer make one.

A thermal printer cannot draw part of a dot. A module that is not a whole number of dots comes out now
wider, now narrower, and the symbol reads badly or not at all; so every symbol here is laid out in dots.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner import ScannerError

MM_PER_INCH = 25.4
LEAST_DPI, MOST_DPI = 100, 2400


@dataclass(frozen=True, slots=True)
class XRange:
    """The X-dimensions, in millimetres, that a symbol may have in one application.

    `preferred` is where a layout starts; it takes a smaller module only where the label needs it.
    """

    symbol: str
    least: float
    most: float
    preferred: float

    def steps(self, dpi: int) -> list[int]:
        """Dots a module: from the preferred size down to the smallest, all within the range.

        Where no whole number of dots lies at or below the preferred size, the one above it. Raises
        ScannerError for a printer that has none in the range.
        """
        allowed = self._allowed(dpi)
        down = [dots for dots in reversed(allowed) if millimetres(dots, dpi) <= self.preferred + 0.0005]
        return down or allowed[:1]

    def nearest(self, dpi: int, module_mm: float) -> int:
        """The whole number of dots nearest to a module that was asked for.

        Raises ScannerError where what can be printed lies outside the range.
        """
        allowed = self._allowed(dpi)
        dots = round(module_mm * dpi / MM_PER_INCH)
        if dots not in allowed:
            raise ScannerError(
                "Expected a module of %(least)s to %(most)s mm for %(symbol)s, got %(got)s mm: "
                "at %(dpi)s dpi choose from %(choice)s mm",
                least=f"{self.least:g}",
                most=f"{self.most:g}",
                symbol=self.symbol,
                got=f"{module_mm:g}",
                dpi=dpi,
                choice=", ".join(f"{millimetres(one, dpi):.3f}" for one in allowed),
            )
        return dots

    def _allowed(self, dpi: int) -> list[int]:
        verify_dpi(dpi)
        most = int(self.most * dpi / MM_PER_INCH)
        found = [dots for dots in range(2, most + 1) if millimetres(dots, dpi) >= self.least]
        if not found:
            raise ScannerError(
                "A printer of %(dpi)s dpi has no whole dots for %(symbol)s (%(least)s to %(most)s mm a "
                "module): print at a higher dpi",
                dpi=dpi,
                symbol=self.symbol,
                least=f"{self.least:g}",
                most=f"{self.most:g}",
            )
        return found


# GS1 General Specifications 5.12.3, symbol specification tables: table 5 for logistic units. Packs have
# several tables, by where they are scanned; 0.255 to 0.615 mm is what European medicine packs carry. A
# webcam reads a large module from farther away, so a pack starts at 0.508 (4 dots at 203 dpi, 6 at 300,
# 12 at 600), and bars take all the width there is. Of GS1-128 some releases allow up to 1.016 mm: not here.
PACK_MATRIX = XRange("GS1 DataMatrix", 0.255, 0.615, 0.508)
LOGISTIC_MATRIX = XRange("GS1 DataMatrix", 0.743, 1.5, 1.016)
LOGISTIC_BARS = XRange("GS1-128", 0.495, 0.94, 0.94)

BAR_HEIGHT_MM = 31.75  # least height of a GS1-128 on a logistic unit, table 5
MOST_BAR_WIDTH_MM = 165.1  # of a GS1-128 with its quiet zones, 5.4.4.3
BAR_QUIET = 10  # modules free at either end of a GS1-128, 5.4.4.2
MATRIX_QUIET = 1  # modules free about a DataMatrix, 5.6


def millimetres(dots: float, dpi: int) -> float:
    """A length in dots as millimetres."""
    return dots * MM_PER_INCH / dpi


def whole_dots(mm: float, dpi: int) -> int:
    """A length in millimetres as the nearest whole number of dots."""
    return round(mm * dpi / MM_PER_INCH)


def verify_dpi(dpi: int) -> int:
    """A resolution that printers have, else ScannerError."""
    if not LEAST_DPI <= dpi <= MOST_DPI:
        raise ScannerError(
            "Expected a printer of %(least)s to %(most)s dpi, got %(got)s",
            least=LEAST_DPI,
            most=MOST_DPI,
            got=dpi,
        )
    return dpi
