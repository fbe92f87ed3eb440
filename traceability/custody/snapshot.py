"""What a snapshot says of an item: its row, the group that it stands in, and its place there.

A row is JSON of one spelling: the members in the order of `Row`, absent ones left out, no white space.
Statements are named by their ids.
"""

from typing import NamedTuple

import msgspec

from traceability.custody import CustodyError
from traceability.custody.state import Condition
from traceability.gs1.keys import join_epc_uri, split_epc_uri


class Row(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """The state of one item at a log position; the members are those of `custody.state.Item`."""

    epc: str
    condition: str
    """The name of a `Condition`, in small letters."""
    born: str
    """Id of the statement with which it began: its commissioning, opening or first sighting."""
    acted: str
    """Id of the last effective statement that acted on it itself, not only on its container."""
    life: int = 0
    lot: str | None = None
    expiry: str | None = None
    container: str | None = msgspec.field(name="in", default=None)
    custodian: str | None = None
    site: str | None = None
    owner: str | None = None
    receiver: str | None = None
    dispatch: str | None = None
    """Id of the statement that its present custody rests on."""
    unmatched: bool = False
    left: int | None = None

    @classmethod
    def parse(cls, data: bytes) -> "Row":
        """From its bytes; CustodyError for whatever `to_json` would not write."""
        try:
            row: Row = _ROW.decode(data)
        except msgspec.MsgspecError as error:
            raise CustodyError("Expected the row of a snapshot: %(why)s", why=error) from error
        if row.to_json() != data or row.condition.upper() not in Condition.__members__:
            raise CustodyError(
                "Expected the row of a snapshot as it is spelt, in order and without white space"
            )
        return row

    def to_json(self) -> bytes:
        """The bytes that are hashed."""
        return _ENCODER.encode(self)

    @property
    def blocked(self) -> bool:
        """Whether its condition keeps it out of trade."""
        return Condition[self.condition.upper()].blocked


_ROW = msgspec.json.Decoder(Row)
_ENCODER = msgspec.json.Encoder()


class Place(NamedTuple):
    """Where a row stands: groups are sorted by name, rows by what their serials mean, both as UTF-8."""

    group: str
    key: bytes


def group_of(epc: str, gtin: str | None, lot: str | None) -> str:
    """The group of an item: `01/<gtin>/10/<lot>` for one of a lot; else what its serial is counted under,
    and for an SSCC all but its last five digits, so that no group of containers has more than 10,000."""
    if lot is not None:
        return join_epc_uri(f"01/{gtin}", lot).removeprefix("https://id.gs1.org/").replace("/21/", "/10/", 1)
    prefix, serial = split_epc_uri(epc)
    return f"00/{serial[:-5]}" if prefix == "00" else prefix


def place_of(row: Row) -> Place:
    """Where the row of an item stands."""
    prefix, serial = split_epc_uri(row.epc)
    return Place(group_of(row.epc, prefix[3:17], row.lot), serial.encode())
