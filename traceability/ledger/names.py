"""The small tables that every batch needs, kept in memory: parties and places, products, lots."""

from collections.abc import Iterable

from traceability.custody.state import Lot
from traceability.store import Reader, Writer
from traceability.store.rows import LotRow


class Numbers:
    """Texts and the integers that stand for them in the store, in order of first use."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.numbers: dict[str, int] = {}
        self._saved = 0

    def learn(self, rows: Iterable[tuple[int, str]]) -> None:
        """Take in rows of the store beyond those known."""
        for number, text in rows:
            self.texts[number] = text
            self.numbers[text] = number
        self._saved = len(self.texts)

    def find(self, text: str) -> int | None:
        return self.numbers.get(text)

    def number(self, text: str) -> int:
        """The number of a text, given out now if it has none."""
        known = self.numbers.get(text)
        if known is None:
            known = self.numbers[text] = len(self.texts) + 1
            self.texts[known] = text
        return known

    def take_new(self) -> list[tuple[int, str]]:
        """The pairs given out since the last call."""
        first, self._saved = self._saved, len(self.texts)
        return [(number, self.texts[number]) for number in range(first + 1, self._saved + 1)]


class Names:
    """GLNs, products and lots of one store, read once and extended as batches name new ones."""

    def __init__(self) -> None:
        self.glns = Numbers()
        self.products = Numbers()
        self.lots: dict[tuple[str, str], Lot] = {}
        self._lot_of: dict[int, Lot] = {}
        self._lot_number: dict[tuple[str, str], int] = {}
        self._new_lots: list[LotRow] = []
        self._corrections: list[tuple[int, int, str]] = []
        self._corrected = -1
        self._first: dict[tuple[str, str], int] = {}
        self.sources: dict[tuple[str, str], tuple[Lot, ...]] = {}
        """The lots that a lot was repackaged from, once somebody asked; the first act of a lot never changes."""

    def catch_up(self, reader: Reader) -> None:
        """Read what was added to the store since the last time; numbers are given out in order."""
        self.glns.learn(reader.glns(len(self.glns.texts)))
        self.products.learn(reader.products(len(self.products.texts)))
        for row in reader.lots(len(self._lot_of)):
            self._keep(row)
        for position, number, expiry in reader.lot_corrections(self._corrected):
            self._correct(position, number, expiry)

    def _keep(self, row: LotRow) -> None:
        lot = Lot(row.gtin, row.number, row.expiry)
        self.lots[row.gtin, row.number] = lot
        self._lot_of[row.id] = lot
        self._lot_number[row.gtin, row.number] = row.id
        self._first[row.gtin, row.number] = row.first

    def add_lot(self, lot: Lot, position: int) -> None:
        """Give a lot its number; a lot that has one keeps it, with the expiry said now."""
        known = self._lot_number.get((lot.gtin, lot.number))
        if known is not None and self._lot_of[known].expiry != lot.expiry:
            self._correct(position, known, lot.expiry)
            self._corrections.append((position, known, lot.expiry))
        elif known is None:
            row = LotRow(len(self._lot_number) + 1, lot.gtin, lot.number, lot.expiry, position)
            self._keep(row)
            self._new_lots.append(row)

    def _correct(self, position: int, number: int, expiry: str) -> None:
        old = self._lot_of[number]
        lot = self._lot_of[number] = self.lots[old.gtin, old.number] = Lot(old.gtin, old.number, expiry)
        self.sources.pop((lot.gtin, lot.number), None)
        self._corrected = max(self._corrected, position)

    def lot(self, number: int | None) -> Lot | None:
        return None if not number else self._lot_of[number]

    def lot_number(self, lot: Lot | None) -> int | None:
        return None if lot is None else self._lot_number[lot.gtin, lot.number]

    def first(self, lot: Lot) -> int:
        """Position of the statement that first named a lot."""
        return self._first[lot.gtin, lot.number]

    def save(self, writer: Writer) -> None:
        """Write what was added since the last call."""
        writer.add_glns(self.glns.take_new())
        writer.add_products(self.products.take_new())
        writer.add_lots(self._new_lots)
        writer.correct_lots(self._corrections)
        self._new_lots, self._corrections = [], []
