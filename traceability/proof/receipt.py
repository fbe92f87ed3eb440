"""TEMPORARY stand-in by the lead until the proof helper's receipt.py lands: overwrite me."""

import msgspec

from traceability.proof.entry import Entry
from traceability.proof.signing import LogVerifier, PublicKey
from traceability.proof.statement import Body


class Authority(msgspec.Struct, frozen=True):
    gln: str
    threshold: int
    keys: tuple[PublicKey, ...]


class Trust(msgspec.Struct, frozen=True):
    origin: str
    log: LogVerifier
    authority: Authority

    @classmethod
    def parse(cls, data: bytes) -> "Trust":
        d = msgspec.json.decode(data)
        a = d["authority"]
        return cls(
            d["origin"],
            LogVerifier.parse(d["log"]),
            Authority(a["gln"], a["threshold"], tuple(PublicKey.parse(k) for k in a["keys"])),
        )


class Receipt(msgspec.Struct, frozen=True):
    entry: Entry
    index: int
    proof: list[bytes]
    note: str
    body: Body | None = None
