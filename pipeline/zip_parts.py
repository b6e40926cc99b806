"""The parts of a zip held in memory, inflated one at a time and never beyond a bound.

Readers differ in what they make of a crooked zip, so one that could be read in two ways is refused: what is looked at
here must be what another reader opens.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

LOCAL = b"PK\x03\x04"
_ENTRY, _END, _LOCATOR = b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07"
_ENTRY_FIELDS = struct.Struct("<4s4xHH4xLLLHHH8xL")
_END_FIELDS = struct.Struct("<4xHHHHLLH")
# What a local header and an entry of the directory say alike: no zip feature beyond 2.0, names in UTF-8, stored, the
# first day a zip can tell, checksum, the size twice, the length of the name, no extra field.
_STATED = struct.Struct("<HHHHHLLLHH")
_VERSION, _UTF_8, _NEW_YEAR_1980 = 20, 0x800, 0x21
_STORED, _DEFLATED = 0, 8
_NOT_HERE = 0xFFFFFFFF
# A name given in an extra field would be read by one reader and not by another.
_EXTRA_NAME = 0x7075


class DamagedError(Exception):
    """The zip is cut short, contradicts itself, or can be read in two ways."""


class TooLargeError(Exception):
    """A part inflates beyond the bound; ``bound`` is in bytes."""

    def __init__(self, bound: int) -> None:
        super().__init__(bound)
        self.bound = bound


class Member(NamedTuple):
    """Where a part lies, and how, as the zip's directory says; ``name`` is its path as written."""

    name: str
    flags: int
    method: int
    crc: int
    size: int
    offset: int


def directory(data: bytes) -> dict[str, Member]:
    """The parts by their path, lower case and with forward slashes."""
    end = data.rfind(_END)
    if end < 0 or end + 22 > len(data) or data[end - 20 : end - 16] == _LOCATOR or _other_end(data, end):
        raise DamagedError
    disk, start_disk, here, count, size, at, comment = _END_FIELDS.unpack_from(data, end)
    if disk or start_disk or here != count or not 0 < count < 0xFFFF:
        raise DamagedError
    if at + size != end or end + 22 + comment > len(data):
        raise DamagedError
    try:
        return _members(data, at, end, count)
    except struct.error as fault:
        raise DamagedError from fault


def _members(data: bytes, at: int, end: int, count: int) -> dict[str, Member]:
    members: dict[str, Member] = {}
    for _ in range(count):
        signature, flags, method, crc, packed, full, named, more, comment, offset = _ENTRY_FIELDS.unpack_from(data, at)
        more_at = at + 46 + named
        name = data[at + 46 : more_at].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        path = name.lower().replace("\\", "/")
        at = more_at + more + comment
        if signature != _ENTRY or at > end or path in members or _NOT_HERE in (packed, full, offset):
            raise DamagedError
        if more and _EXTRA_NAME in _field_ids(data[more_at : more_at + more]):
            raise DamagedError
        members[path] = Member(name, flags, method, crc, packed, offset)
    if at != end:
        raise DamagedError
    return members


def _other_end(data: bytes, end: int) -> bool:
    """Whether bytes before the last end record could be taken for another one; two equal disk numbers tell."""
    at = data.find(_END, 0, end)
    while at >= 0:
        if data[at + 4 : at + 6] == data[at + 6 : at + 8]:
            return True
        at = data.find(_END, at + 1, end)
    return False


def _field_ids(extra: bytes) -> Iterator[int]:
    at = 0
    while at + 4 <= len(extra):
        field_id, size = struct.unpack_from("<HH", extra, at)
        yield field_id
        at += 4 + size


class Parts:
    """The parts of one zip; ``inflated`` counts the bytes that came out so far.

    So many of them as ``most_kept`` bytes are kept, for :meth:`taken`.
    """

    def __init__(
        self, data: bytes, members: Mapping[str, Member], most_part: int, most_total: int, most_kept: int = 0
    ) -> None:
        self._data = data
        self._members = members
        self._most_part = most_part
        self._most_total = most_total
        self._most_kept = most_kept
        self._kept: dict[str, bytes] = {}
        self.inflated = 0

    @property
    def paths(self) -> Collection[str]:
        """The paths of all parts."""
        return self._members.keys()

    def inflate(self, path: str) -> bytes:
        """The whole part, checked; raises :class:`DamagedError` or :class:`TooLargeError`."""
        member = self._members.get(path)
        if member is None or member.flags & 1 or member.method not in (0, 8):
            raise DamagedError
        packed = self._packed(member)
        bound = min(self._most_part, self._most_total - self.inflated)
        content, whole = _unpack(packed, bound + 1) if member.method else (bytes(packed[: bound + 1]), True)
        if len(content) > bound:
            raise TooLargeError(bound)
        if not whole or zlib.crc32(content) != member.crc:
            raise DamagedError
        self.inflated += len(content)
        if self.inflated <= self._most_kept:
            self._kept[path] = content
        else:
            self._kept.clear()
        return content

    def taken(self) -> bytes:
        """A zip of the parts that were inflated, so that nobody inflates them again; empty for more than are kept."""
        members = ((self._members[path], content) for path, content in self._kept.items())
        return (
            stored((one.name.replace("\\", "/"), content, one.crc) for one, content in members) if self._kept else b""
        )

    def _packed(self, member: Member) -> memoryview:
        data, at = self._data, member.offset
        if data[at : at + 4] != LOCAL or at + 30 > len(data):
            raise DamagedError
        # The lengths in the local header, not those in the directory, say where the content begins.
        named, more = struct.unpack_from("<HH", data, at + 26)
        packed = memoryview(data)[at + 30 + named + more :][: member.size]
        if len(packed) != member.size:
            raise DamagedError
        return packed


def stored(parts: Iterable[tuple[str, bytes, int]]) -> bytes:
    """A plain zip of parts that are not deflated: their paths, contents and checksums (CRC-32)."""
    return _zip((path, _STORED, content, len(content), crc) for path, content, crc in parts)


def deflated(parts: Iterable[tuple[str, bytes, int, int]]) -> bytes:
    """A plain zip of parts that are deflated already: their paths, packed bytes, sizes unpacked, and checksums."""
    return _zip((path, _DEFLATED, packed, size, crc) for path, packed, size, crc in parts)


def _zip(parts: Iterable[tuple[str, int, bytes, int, int]]) -> bytes:
    contents, entries, at = [], [], 0
    for path, method, packed, unpacked, crc in parts:
        name, size = path.encode(), len(packed)
        stated = _STATED.pack(_VERSION, _UTF_8, method, 0, _NEW_YEAR_1980, crc, size, unpacked, len(name), 0)
        contents += [LOCAL, stated, name, packed]
        entries.append(b"%b%b%b%b%b" % (_ENTRY, struct.pack("<H", _VERSION), stated, struct.pack("<10xL", at), name))
        at += len(LOCAL) + len(stated) + len(name) + size
    listed = b"".join(entries)
    end = _END + _END_FIELDS.pack(0, 0, len(entries), len(entries), len(listed), at, 0)[4:]
    return b"".join([*contents, listed, end])


def _unpack(packed: memoryview, most: int) -> tuple[bytes, bool]:
    """At most that many bytes, whatever size the directory states, and whether the stream came to its end."""
    inflater = zlib.decompressobj(-15)
    try:
        return inflater.decompress(packed, most), inflater.eof
    except zlib.error as fault:
        raise DamagedError from fault
