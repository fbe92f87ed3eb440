"""The closed set of a lot: what a maker signs when it closes one (DESIGN section 5, "close lot").

The root is that of RFC 6962 over the serials, sorted as the bytes of their UTF-8, each leaf being
SHA-256(0x00 ‖ serial). Whoever has the serials computes it again; from the root alone none can be told.
"""

from collections.abc import Iterable
from hashlib import sha256

from traceability.custody import CustodyError
from traceability.proof.merkle import streamed_root
from traceability.proof.signing import b64


def closed_set(serials: Iterable[str]) -> tuple[int, str]:
    """Number and root (base64url) of serials that come sorted. CustodyError for one that does not."""
    count, root = streamed_root(_leaves(serials))
    return count, b64(root)


def _leaves(serials: Iterable[str]) -> Iterable[bytes]:
    last = b""
    for serial in serials:
        data = serial.encode()
        if data <= last:
            raise CustodyError(
                "Expected the serials of a lot sorted and each once, got %(serial)s", serial=serial
            )
        last = data
        yield sha256(b"\x00" + data).digest()
