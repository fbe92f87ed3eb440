"""What is kept of erased bodies, as the store holds it: deflated (RFC 1950), with the salt of its commitment."""

import zlib

from traceability.custody import CustodyError
from traceability.custody.erasing import Kept
from traceability.proof.body import kept_commitment
from traceability.proof.signing import b64
from traceability.store import StoreError
from traceability.store.rows import ErasedRow

ERASED = "It was refused by the rule %(rule)s. What it said was erased by law."
"""All that is left of the sentence with which a statement was refused: its values were words of the body."""


def keep(position: int, kept: Kept, salt: bytes) -> ErasedRow:
    """The row that stays of an erased body."""
    return ErasedRow(position, salt, zlib.compress(kept.to_json()))


def unpack_kept(packed: bytes) -> Kept:
    """What `keep` packed; StoreError where it is anything else."""
    try:
        return Kept.parse(zlib.decompress(packed))
    except (zlib.error, CustodyError) as error:
        raise StoreError("what is kept of the erased body cannot be read (%(why)s)", why=error) from error


def commitment(row: ErasedRow) -> str:
    """What an `erase` has to name beside the statement; StoreError where the row is not one that `keep` made."""
    return b64(kept_commitment(row.salt, unpack_kept(row.kept).to_json()))
