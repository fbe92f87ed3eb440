"""A ZIP file of one spelling: whoever has the members can write every byte of it again.

Members are stored, sorted by name, dated 1980-01-01 00:00, with mode 0644 (PKWARE APPNOTE 4.3 and 4.4).
"""

import struct
from collections.abc import Mapping
from zlib import crc32

from traceability.proof import ProofError

MAX_ARCHIVE = 2**32 - 2
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ4sIQI")
_VERSION, _MADE_BY, _DATE, _MODE = 20, 3 << 8 | 20, 1 << 5 | 1, 0o100644 << 16


def write_archive(files: Mapping[str, bytes]) -> bytes:
    """The archive of some files, always the same bytes for the same files."""
    members, directory, offset = [], [], 0
    for name in sorted(files):
        local = _local_header(name, files[name])
        directory.append(_central_header(name, files[name], offset))
        members += [local, files[name]]
        offset += len(local) + len(files[name])
    data = b"".join(members) + _directory(directory, offset)
    if len(data) > MAX_ARCHIVE:
        raise ProofError("Expected an archive below 4 GiB, got %(got)s bytes", got=len(data))
    return data


def read_archive(data: bytes) -> dict[str, bytes]:
    """The members of an archive. ProofError for any byte that `write_archive` would not have written,
    named by its member where it is in one."""
    files: dict[str, bytes] = {}
    directory, offset, last = [], 0, ""
    while data[offset : offset + 4] == b"PK\x03\x04" and offset + _LOCAL.size <= len(data):
        *_, size, name_size, _ = _LOCAL.unpack_from(data, offset)
        start = offset + _LOCAL.size + name_size
        name = data[offset + _LOCAL.size : start].decode("ascii", "replace")
        content = data[start : start + size]
        if len(content) != size or _local_header(name, content) != data[offset:start]:
            raise ProofError("%(file)s: altered inside the ZIP file", file=ascii(name)[1:-1])
        if name <= last:
            raise ProofError("%(file)s: not at its place in the ZIP file, or there twice", file=name)
        directory.append(_central_header(name, content, offset))
        files[name], last, offset = content, name, start + size
    if data[offset:] != _directory(directory, offset):
        raise ProofError("ZIP directory: not that of the files before it")
    return files


def _fields(name: str, content: bytes) -> tuple[int, ...]:
    return (_VERSION, 0, 0, 0, _DATE, crc32(content), len(content), len(content), len(name), 0)


def _local_header(name: str, content: bytes) -> bytes:
    return _LOCAL.pack(b"PK\x03\x04", *_fields(name, content)) + name.encode("ascii", "replace")


def _central_header(name: str, content: bytes, offset: int) -> bytes:
    fields = (b"PK\x01\x02", _MADE_BY, *_fields(name, content), 0, 0, 0, _MODE, offset)
    return _CENTRAL.pack(*fields) + name.encode("ascii", "replace")


def _directory(headers: list[bytes], offset: int) -> bytes:
    size, count = sum(map(len, headers)), len(headers)
    end = b""
    if count > 0xFFFE:  # more members than the classic directory can count (APPNOTE 4.3.14, ZIP64)
        at = offset + size
        end = _END64.pack(
            b"PK\x06\x06", 44, _MADE_BY, 45, 0, 0, count, count, size, offset, b"PK\x06\x07", 0, at, 1
        )
        count = 0xFFFF
    return b"".join(headers) + end + _END.pack(b"PK\x05\x06", 0, 0, count, count, size, offset, 0)
