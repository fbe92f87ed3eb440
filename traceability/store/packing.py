"""Bodies as the store keeps them: deflated against a preset dictionary (RFC 1950, zlib).

A body repeats the names of EPCIS and the prefix of a product's URIs, so a dictionary of those words
makes a single-pack body less than half as large. The first byte names the dictionary: a new one gets
a new number, and the old stay readable.
"""

import struct
import zlib

from traceability.store import StoreError

_WORDS_1 = (
    b'{"meaning":"commissioned","signer":"","reason":"","evidence":"claimed","amount":{"taken":1,"left":'
    b'"packed","unpacked","returned","dispensed","released","received","shipped"'
    b'"bizTransactionList":[{"type":"desadv","bizTransaction":"urn:epcglobal:cbv:bt:'
    b'"type":"po","quantityList":[{"epcClass":"https://id.gs1.org/01/","quantity":'
    b'"type":"owning_party","source":"https://id.gs1.org/417/"destination":"https://id.gs1.org/417/'
    b'{"type":"TransformationEvent","AggregationEvent","eventTime":"2026-01-01T00:00:00+01:00",'
    b'"eventTimeZoneOffset":"+08:00","action":"DELETE","ADD","bizStep":"commissioning","disposition":"active",'
    b'"packing","unpacking","dispensing","dispensed","holding","non_sellable_other"'
    b'"readPoint":{"id":"https://id.gs1.org/414/"},"bizLocation":{"id":"https://id.gs1.org/414/"},'
    b'"parentID":"https://id.gs1.org/00/"'
    b'"ilmd":{"cbvmda:lotNumber":"","cbvmda:itemExpirationDate":"2028-0"}}'
    b'"ref":["'
    b'{"type":"ObjectEvent","eventTime":"2026-11-2T1:00+00:00","eventTimeZoneOffset":"+00:00",'
    b'"action":"OBSERVE","bizStep":"receiving","disposition":"in_progress",'
    b'"bizStep":"shipping","disposition":"in_transit","readPoint":{"id":"https://id.gs1.org/414/'
    b'"sourceList":[{"type":"possessing_party","source":"https://id.gs1.org/417/'
    b'"},{"type":"location","source":"https://id.gs1.org/414/'
    b'"}],"destinationList":[{"type":"possessing_party","destination":"https://id.gs1.org/417/'
    b'"},{"type":"location","destination":"https://id.gs1.org/414/"}]}'
    b"ehttps://id.gs1.org/01/0\nchttps://id.gs1.org/00/\nehttps://id.gs1.org/01/0/21/"
)
_DICTIONARIES = {1: _WORDS_1}
_NEWEST = 1
_LENGTHS = struct.Struct(">II")


def pack(nonce: bytes, core: bytes, terms: bytes, items: tuple[str, ...]) -> bytes:
    """One body as bytes: dictionary number, nonce, then core, terms and items deflated."""
    compressor = zlib.compressobj(level=3, wbits=-15, memLevel=8, zdict=_DICTIONARIES[_NEWEST])
    text = b"".join((_LENGTHS.pack(len(core), len(terms)), core, terms, "\n".join(items).encode()))
    return b"".join((bytes((_NEWEST,)), nonce, compressor.compress(text), compressor.flush()))


def unpack(packed: bytes) -> tuple[bytes, bytes, bytes, tuple[str, ...]]:
    """The inverse of `pack`: nonce, core, terms, items. StoreError for what `pack` never wrote."""
    try:
        inflater = zlib.decompressobj(wbits=-15, zdict=_DICTIONARIES[packed[0]])
        text = inflater.decompress(packed[33:])
        core, terms = _LENGTHS.unpack_from(text)
        rest = text[8 + core + terms :].decode()
    except (LookupError, UnicodeDecodeError, struct.error, zlib.error) as error:
        raise StoreError("the stored body cannot be unpacked (%(why)s)", why=error) from error
    items = tuple(rest.split("\n")) if rest else ()
    return packed[1:33], text[8 : 8 + core], text[8 + core : 8 + core + terms], items
