"""Pictures one after the other in a stream of bytes: JPEG (an MJPEG stream, also in HTTP parts), PNG, WebP.

Each picture is given as soon as its last byte has come, so that a live stream can be followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from scanner import ScannerError
from scanner.images import MAX_BYTES

_JPEG, _PNG, _RIFF = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF"
_HEIC = b"ftyp"  # at the fifth byte of the file; such a file is taken whole
_CHUNK = 1 << 16
_END_OF_IMAGE, _START_OF_SCAN, _FILL = 0xD9, 0xDA, 0xFF
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_WITHIN_SCAN = frozenset({0x00, *range(0xD0, 0xD8)})  # a stuffed FF, and restart markers


def pictures(stream: BinaryIO, *, max_bytes: int = MAX_BYTES) -> Iterator[bytes]:
    """The image files in `stream`, in their order; what stands between them is skipped.

    A stream that begins as HEIC is one picture. Raises ScannerError for a stream without pictures, one that
    ends within a picture, and a picture of more than `max_bytes`.
    """
    source = _Source(stream, max_bytes)
    source.fill(8)
    if source.buffer[4:8] == _HEIC:
        yield source.rest()
        return
    found = False
    while source.skip_to_picture():
        yield source.take(source.length())
        found = True
    if not found:
        raise ScannerError("Expected JPEG, PNG, WebP or HEIC pictures on the standard input, got none")


class _Source:
    """The bytes read and not taken yet; reads on only when more are needed."""

    def __init__(self, stream: BinaryIO, max_bytes: int) -> None:
        self._stream = stream
        self._max_bytes = max_bytes
        self.buffer = bytearray()

    def fill(self, length: int) -> bool:
        """Wait for at least `length` bytes; False when the stream ends before."""
        while len(self.buffer) < length:
            # read1 gives what is there; read would wait for a full chunk of a live stream.
            chunk: bytes = self._stream.read1(_CHUNK)  # type: ignore[attr-defined]
            if not chunk:
                return False
            self.buffer += chunk
        return True

    def need(self, length: int) -> None:
        """The picture has at least `length` bytes."""
        if length > self._max_bytes:
            raise ScannerError(
                "Expected a picture of at most %(limit)s MB, got more", limit=self._max_bytes // 1_000_000
            )
        if not self.fill(length):
            raise ScannerError("The picture is damaged or cut off; take or send it again")

    def take(self, length: int) -> bytes:
        taken = bytes(self.buffer[:length])
        del self.buffer[:length]
        return taken

    def rest(self) -> bytes:
        """All that is left, but no more than one byte too many."""
        self.fill(self._max_bytes + 1)
        return self.take(self._max_bytes + 1)

    def skip_to_picture(self) -> bool:
        """Drop what stands before the next picture; False where there is none."""
        while True:
            begins = [at for magic in (_JPEG, _PNG, _RIFF) if (at := self.buffer.find(magic)) >= 0]
            if begins:
                del self.buffer[: min(begins)]
                return True
            del self.buffer[: -len(_PNG)]
            if not self.fill(len(self.buffer) + 1):
                return False

    def length(self) -> int:
        """Bytes of the picture at the beginning of the buffer."""
        if self.buffer.startswith(_JPEG):
            return self._jpeg()
        return self._png() if self.buffer.startswith(_PNG) else self._riff()

    def _jpeg(self) -> int:
        """Segment by segment: a thumbnail within one has an end of its own (ITU-T T.81, annex B)."""
        at = 2
        while True:
            self.need(at + 2)
            marker = self.buffer[at + 1]
            if self.buffer[at] != 0xFF:
                raise ScannerError("The picture is damaged or cut off; take or send it again")
            if marker == _END_OF_IMAGE:
                return at + 2
            if marker == _FILL:
                at += 1
            elif marker in _WITHOUT_LENGTH:
                at += 2
            else:
                self.need(at + 4)
                at += 2 + int.from_bytes(self.buffer[at + 2 : at + 4])
                if marker == _START_OF_SCAN:
                    at = self._end_of_scan(at)

    def _end_of_scan(self, at: int) -> int:
        """Where the next marker stands after coded data that begins at `at`."""
        while True:
            self.need(at + 2)
            found = self.buffer.find(b"\xff", at, len(self.buffer) - 1)
            if found < 0:
                at = len(self.buffer) - 1
            elif self.buffer[found + 1] in _WITHIN_SCAN:
                at = found + 2
            else:
                return found

    def _png(self) -> int:
        """Chunk by chunk to IEND (ISO/IEC 15948, 5.3)."""
        at = len(_PNG)
        while True:
            self.need(at + 8)
            kind = self.buffer[at + 4 : at + 8]
            at += 12 + int.from_bytes(self.buffer[at : at + 4])
            if kind == b"IEND":
                self.need(at)
                return at

    def _riff(self) -> int:
        self.need(8)
        size = int.from_bytes(self.buffer[4:8], "little")
        length = 8 + size + size % 2
        self.need(length)
        return length
