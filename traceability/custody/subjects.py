"""What a dossier can be about, each named by one URI: an item, a lot, a party, a place, a device.

Items, lots, parties and places have their GS1 Digital Link URI; a device is its key's thumbprint (RFC 9278).
"""

import re
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from traceability.custody import CustodyError
from traceability.gs1 import Gs1Error
from traceability.gs1.keys import verify_epc_uri

Kind = Literal["item", "lot", "party", "site", "device"]
KINDS: tuple[Kind, ...] = ("item", "lot", "party", "site", "device")

_HOME = "https://id.gs1.org"
_KEY = "urn:ietf:params:oauth:jwk-thumbprint:sha-256:"
_LOT = re.compile(rf"{re.escape(_HOME)}/01/([0-9]{{14}})/10/([^/]{{1,60}})")
_GLN = re.compile(rf"{re.escape(_HOME)}/(417|414)/([0-9]{{13}})")
_DEVICE = re.compile(rf"{re.escape(_KEY)}([A-Za-z0-9_-]{{43}})")


class Subject(NamedTuple):
    """What a dossier is about. `key` is an EPC, a GLN, the thumbprint of a key, or "GTIN/lot number"."""

    kind: Kind
    uri: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "Subject":
        """From its URI. Raises CustodyError for what names none of these."""
        for made in (_lot(uri), _place(uri), _device(uri)):
            if made is not None and made.uri == uri:
                return made
        try:
            verify_epc_uri(uri)
        except Gs1Error as error:
            raise CustodyError(
                "Expected the link of an item, a lot, a party or a place, or the name of a key, got %(uri)s",
                uri=uri[:200],
            ) from error
        return cls("item", uri, uri)

    @property
    def gtin(self) -> str:
        """The GTIN of a lot, or of a pack; else empty."""
        if self.kind == "lot":
            return self.key[:14]
        return self.uri[22:36] if self.uri.startswith(f"{_HOME}/01/") else ""

    @property
    def lot(self) -> str:
        """The number of a lot; else empty."""
        return self.key[15:] if self.kind == "lot" else ""


def lot_subject(gtin: str, number: str) -> Subject:
    """A lot."""
    return Subject("lot", f"{_HOME}/01/{gtin}/10/{quote(number, safe='')}", f"{gtin}/{number}")


def party_subject(gln: str) -> Subject:
    """A party."""
    return Subject("party", f"{_HOME}/417/{gln}", gln)


def site_subject(gln: str) -> Subject:
    """A place."""
    return Subject("site", f"{_HOME}/414/{gln}", gln)


def device_subject(kid: str) -> Subject:
    """A device, by the thumbprint of its key."""
    return Subject("device", _KEY + kid, kid)


def _lot(uri: str) -> Subject | None:
    found = _LOT.fullmatch(uri)
    return None if found is None else lot_subject(found[1], unquote(found[2]))


def _place(uri: str) -> Subject | None:
    found = _GLN.fullmatch(uri)
    if found is None:
        return None
    return party_subject(found[2]) if found[1] == "417" else site_subject(found[2])


def _device(uri: str) -> Subject | None:
    found = _DEVICE.fullmatch(uri)
    return None if found is None else device_subject(found[1])
