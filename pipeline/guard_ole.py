"""Compound files (OLE): old workbooks, documents, messages and whatever is encrypted, told by their directory.

An old workbook is handed on in a compound file written here, which holds nothing but its one stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from pipeline.guard_bounds import MAX_FILE, MIB, RefusedError
from pipeline.guard_inspection import Inspection
from pipeline.guard_xls import scan_xls
from pipeline.zip_parts import DamagedError, TooLargeError

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END, _LAST_SECTOR = 0xFFFFFFFE, 0xFFFFFFF9
_FREE = struct.pack("<L", 0xFFFFFFFF)
_FAT = struct.pack("<L", 0xFFFFFFFD)
_MINI, _SMALL = 64, 4096
_SECTOR = 4096
_MOST_ENTRIES = 10_000
# How LibreOffice and its forerunners name the format in a file they write, in every language.
_LIBREOFFICE = b"Microsoft Excel 97-Tabelle"
# What tells a compound file that is no workbook; where the directory is damaged, its name anywhere does.
_OTHERS = {"WordDocument": "doc", "PowerPoint Document": "ppt", "__properties_version1.0": "msg"}


class _Entry(NamedTuple):
    name: str
    stream: bool
    start: int
    size: int


def inspect_ole(data: bytes) -> Inspection:
    """Say what a compound file is and whether it is safe to read; never raises."""
    try:
        if len(data) > MAX_FILE:
            raise TooLargeError(MAX_FILE)
        return _inspect(data)
    except RefusedError as refused:
        return Inspection("xls", refused.refusal, refused.params)
    except TooLargeError as large:
        return Inspection("xls", "too-large", MappingProxyType({"size": large.bound // MIB}))
    except (DamagedError, struct.error):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return Inspection("ole", "password")
        kind = next((kind for name, kind in _OTHERS.items() if name.encode("utf-16-le") in data), "")
        return _no_workbook(kind) if kind else Inspection("ole", "damaged")


def _no_workbook(kind: str) -> Inspection:
    return Inspection(kind, "not-a-workbook", MappingProxyType({"kind": kind}))


def _inspect(data: bytes) -> Inspection:
    file = _Compound(data)
    entries = {entry.name.lower(): entry for entry in reversed(file.entries)}
    if "encryptedpackage" in entries or "encryptioninfo" in entries:
        return Inspection("ole", "password")
    book = entries.get("workbook") or entries.get("book")
    if book is None:
        return _no_workbook(next((kind for name, kind in _OTHERS.items() if name.lower() in entries), "ole"))
    stream, errors = scan_xls(file.read(book), zero_is_blank=_LIBREOFFICE in data)
    return Inspection("xls", errors=errors, macros="_vba_project_cur" in entries, kept=partial(_compound, stream))


def book_stream(clean: bytes) -> bytes:
    """The stream in a compound file that was written here. Raises :class:`DamagedError` or :class:`struct.error`."""
    file = _Compound(clean)
    return next((file.read(entry) for entry in file.entries if entry.stream), b"")


class _Compound:
    """A compound file held in memory; no chain of its sectors may come back to itself."""

    def __init__(self, data: bytes) -> None:
        shift, mini_shift = struct.unpack_from("<HH", data, 30)
        if shift not in (9, 12) or mini_shift != 6:
            raise DamagedError
        self._data, self._size = data, 1 << shift
        self._sectors = len(data) // self._size
        directory, mini_fat = struct.unpack_from("<L", data, 48)[0], struct.unpack_from("<L", data, 60)[0]
        self._fat = b"".join(self._sector(at) for at in self._fat_sectors())
        self.entries = tuple(self._entries(self._follow(directory)))
        root = next((entry for entry in self.entries if not entry.stream and entry.name == "Root Entry"), None)
        self._mini_fat = self._follow(mini_fat) if mini_fat <= _LAST_SECTOR else b""
        self._mini = self._follow(root.start) if self._mini_fat and root and root.start <= _LAST_SECTOR else b""

    def read(self, entry: _Entry) -> bytes:
        """The content of a stream."""
        small = entry.size < _SMALL
        content = b"".join(self._mini_sectors(entry.start)) if small else self._follow(entry.start)
        if len(content) < entry.size:
            raise DamagedError
        return content[: entry.size]

    def _sector(self, at: int) -> bytes:
        start = (at + 1) * self._size
        # The last sector may be cut short by a careless program.
        content = self._data[start : start + self._size]
        if at > _LAST_SECTOR or not content:
            raise DamagedError
        return content.ljust(self._size, b"\0")

    def _fat_sectors(self) -> Iterator[int]:
        yield from (at for at in struct.unpack_from("<109L", self._data, 76) if at <= _LAST_SECTOR)
        more = struct.unpack_from("<L", self._data, 68)[0]
        for _ in range(self._sectors):
            if more > _LAST_SECTOR:
                return
            *listed, more = struct.unpack(f"<{self._size // 4}L", self._sector(more))
            yield from (at for at in listed if at <= _LAST_SECTOR)
        raise DamagedError

    def _follow(self, start: int) -> bytes:
        found = []
        while start <= _LAST_SECTOR:
            found.append(self._sector(start))
            if len(found) > self._sectors + 1:
                raise DamagedError
            start = struct.unpack_from("<L", self._fat, 4 * start)[0]
        return b"".join(found)

    def _mini_sectors(self, start: int) -> Iterator[bytes]:
        for _ in range(_SMALL // _MINI + 1):
            if start > _LAST_SECTOR:
                return
            yield self._mini[start * _MINI : (start + 1) * _MINI]
            start = struct.unpack_from("<L", self._mini_fat, 4 * start)[0]
        raise DamagedError

    def _entries(self, directory: bytes) -> Iterator[_Entry]:
        if len(directory) > 128 * _MOST_ENTRIES:
            raise DamagedError
        for at in range(0, len(directory), 128):
            named, kind = struct.unpack_from("<HB", directory, at + 64)
            if kind:
                name = directory[at : at + max(0, min(named, 64) - 2)].decode("utf-16-le", "replace")
                yield _Entry(name, kind == 2, *struct.unpack_from("<LL", directory, at + 116))


def _compound(stream: bytes) -> bytes:
    """A compound file of one stream, ``Workbook``."""
    size = max(len(stream), _SMALL)
    content = -(-size // _SECTOR)
    tables = -(-(content + 1) // (_SECTOR // 4 - 1))
    fat = _FAT * tables + struct.pack("<L", _END) + _chain(tables + 1, content)
    listed = struct.pack(f"<{tables}L", *range(tables)).ljust(4 * 109, _FREE[:1])
    head = _MAGIC + bytes(16) + struct.pack("<HHHHH6xLLLLLLLLL", 0x3E, 4, 0xFFFE, 12, 6, *_places(tables))
    entries = _entry("Root Entry", 5, 0, 0, 1) + _entry("Workbook", 2, tables + 1, size, 0xFFFFFFFF)
    sectors = (head + listed, fat.ljust(tables * _SECTOR, _FREE[:1]), entries, stream.ljust(content * _SECTOR, b"\0"))
    return b"".join(part.ljust(-(-len(part) // _SECTOR) * _SECTOR, b"\0") for part in sectors)


def _places(tables: int) -> tuple[int, ...]:
    """Of the header: sectors of the directory and of the table, where the directory is, and that no more follows."""
    return (1, tables, tables, 0, _SMALL, _END, 0, _END, 0)


def _chain(first: int, length: int) -> bytes:
    return struct.pack(f"<{length}L", *range(first + 1, first + length), _END)


def _entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
    written = name.encode("utf-16-le")
    head = written.ljust(64, b"\0") + struct.pack("<HBBLLL", len(written) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
    return head + bytes(36) + struct.pack("<LQ", start, size)
