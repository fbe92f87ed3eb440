"""A ZIP file of one spelling: whoever has the members can write every byte of it again.

Members are stored, sorted by name, dated 1980-01-01 00:00, with mode 0644 (PKWARE APPNOTE 4.3 and 4.4).
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import BinaryIO
from zlib import crc32

from traceability.proof import ProofError

MAX_ARCHIVE = 2**32 - 2
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ4sIQI")
_VERSION, _MADE_BY, _DATE, _MODE = 20, 3 << 8 | 20, 1 << 5 | 1, 0o100644 << 16


class ArchiveWriter:
    """Writes an archive member by member, sorted by name; keeps of each only its line of the directory.

    `out` is a file that can seek: a streamed member's header is written when its length is known.
    """

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._directory = bytearray()
        self._count = 0
        self._offset = 0
        self._last = ""

    def add(self, name: str, content: bytes) -> None:
        """A member whose bytes are at hand."""
        self._out.write(_local_header(name, crc32(content), len(content)))
        self._out.write(content)
        self._enter(name, crc32(content), len(content))

    def stream(self, name: str, chunks: Iterable[bytes]) -> None:
        """A member that comes in pieces."""
        self._out.write(_local_header(name, 0, 0))
        checksum = size = 0
        for chunk in chunks:
            self._out.write(chunk)
            checksum, size = crc32(chunk, checksum), size + len(chunk)
        end = self._out.tell()
        self._out.seek(self._offset)
        self._out.write(_local_header(name, checksum, size))
        self._out.seek(end)
        self._enter(name, checksum, size)

    def _enter(self, name: str, checksum: int, size: int) -> None:
        if name <= self._last:
            raise ProofError("Expected the members of an archive sorted, got %(file)s", file=name)
        self._last = name
        self._directory += _central_header(name, checksum, size, self._offset)
        self._count += 1
        self._offset += _LOCAL.size + len(name) + size
        if self._offset > MAX_ARCHIVE:
            raise ProofError("Expected an archive below 4 GiB, got %(got)s bytes", got=self._offset)

    def append(self, other: "ArchiveWriter", copy: Callable[[BinaryIO, BinaryIO], object]) -> None:
        """All members of another writer, whose names come after these; `copy` copies file to file."""
        other._out.seek(0)
        copy(other._out, self._out)
        base, at = self._offset, 0
        while at < len(other._directory):
            *_, checksum, size, _, length, _, _, _, _, _, _ = _CENTRAL.unpack_from(other._directory, at)
            end = at + _CENTRAL.size + length
            self._enter(other._directory[at + _CENTRAL.size : end].decode(), checksum, size)
            at = end
        other._directory.clear()
        if self._offset != base + other._offset:
            raise ProofError("Expected members that follow each other without a gap")

    def close(self) -> None:
        """Write the directory; the file is an archive now."""
        self._out.write(self._directory)
        self._out.write(_end(len(self._directory), self._count, self._offset))
        if self._out.tell() > MAX_ARCHIVE:
            raise ProofError("Expected an archive below 4 GiB, got %(got)s bytes", got=self._out.tell())


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """The archive of some files, always the same bytes for the same files."""
    out = BytesIO()
    writer = ArchiveWriter(out)
    for name in sorted(files):
        writer.add(name, files[name])
    writer.close()
    return out.getvalue()


def read_archive(data: bytes) -> dict[str, bytes]:
    """The members of an archive. ProofError for any byte that `write_archive` would not have written,
    named by its member where it is in one."""
    files: dict[str, bytes] = {}
    directory, offset, last = bytearray(), 0, ""
    while data[offset : offset + 4] == b"PK\x03\x04" and offset + _LOCAL.size <= len(data):
        *_, size, name_size, _ = _LOCAL.unpack_from(data, offset)
        start = offset + _LOCAL.size + name_size
        name = data[offset + _LOCAL.size : start].decode("ascii", "replace")
        content = data[start : start + size]
        if len(content) != size or _local_header(name, crc32(content), size) != data[offset:start]:
            raise ProofError("%(file)s: altered inside the ZIP file", file=ascii(name)[1:-1])
        if name <= last:
            raise ProofError("%(file)s: not at its place in the ZIP file, or there twice", file=name)
        directory += _central_header(name, crc32(content), size, offset)
        files[name], last, offset = content, name, start + size
    if data[offset:] != directory + _end(len(directory), len(files), offset):
        raise ProofError("ZIP directory: not that of the files before it")
    return files


def _fields(name: str, checksum: int, size: int) -> tuple[int, ...]:
    return (_VERSION, 0, 0, 0, _DATE, checksum, size, size, len(name), 0)


def _local_header(name: str, checksum: int, size: int) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", *_fields(name, checksum, size)) + name.encode("ascii", "replace")


def _central_header(name: str, checksum: int, size: int, offset: int) -> bytes:
    fields = (b"PK\x01\x02", _MADE_BY, *_fields(name, checksum, size), 0, 0, 0, _MODE, offset)
    return _CENTRAL.pack(*fields) + name.encode("ascii", "replace")


def _end(size: int, count: int, offset: int) -> bytes:
    """What follows a directory of so many bytes and members that begins at an offset."""
    end = b""
    if count > 0xFFFE:  # more members than the classic directory can count (APPNOTE 4.3.14, ZIP64)
        at = offset + size
        end = _END64.pack(
            b"PK\x06\x06", 44, _MADE_BY, 45, 0, 0, count, count, size, offset, b"PK\x06\x07", 0, at, 1
        )
        count = 0xFFFF
    return end + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)
