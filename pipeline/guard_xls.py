"""Excel 97–2003 workbooks: how far the cells of each sheet reach, told from the records of the one stream.

What is handed on is a stream of those records alone that give values and say how they look: no formulas and names, no
stated dimensions, and nothing of the charts on a sheet, whose copies of figures look like its cells.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from types import MappingProxyType
from typing import NamedTuple

from pipeline.guard_bounds import MAX_CELLS, MAX_FILE, MAX_SHEETS, MAX_TEXT, Box, RefusedError, address
from pipeline.zip_parts import DamagedError, TooLargeError

_BEGIN, _END, _SHEET, _PASSWORD, _CODE_PAGE, _FIRST_DAY = 0x0809, 0x0A, 0x85, 0x2F, 0x42, 0x22
_FORMULA, _TRUTH, _SHARED, _NUMBERS, _TEXTS, _CONTINUED = 0x06, 0x0205, 0xFD, 0xBD, 0xFC, 0x3C
# Records that begin with a row and a column and give a value: number, text, truth or error, RK number, formula.
_CELLS = frozenset({0x0203, 0x0204, _TRUTH, 0x027E, _SHARED, _NUMBERS, _FORMULA, 0xD6})
# With them: where things begin and end, code page, first day, fonts, formats, styles, texts of cells and formulas.
_READ = _CELLS | {_BEGIN, _END, _SHEET, _CODE_PAGE, _FIRST_DAY, 0x31, 0x041E, 0xE0, _TEXTS, 0x0207}
# What the reader takes from these without looking whether it is there.
_LEAST = {_BEGIN: 4, _CODE_PAGE: 2, _FIRST_DAY: 2}
_NEWEST = 0x0600
# Styled blanks are records too.
_MOST_RECORDS = MAX_CELLS


class ScannedXls(NamedTuple):
    """The stream to read, and the error cells by sheet."""

    stream: bytes
    errors: Mapping[str, tuple[str, ...]]


def scan_xls(stream: bytes, *, zero_is_blank: bool = False) -> ScannedXls:
    """Look at every record that the reader reads.

    ``zero_is_blank`` is for a program that states zero where a formula gives an empty text: such a formula is blank.
    """
    sheets = _sheets(stream)
    if len(sheets) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(sheets))
    clean = _Clean(sheets)
    errors: dict[str, list[str]] = {}
    box, shared = Box(""), 0
    for kind, at, end in _records(stream):
        if not clean.takes(kind, at):
            continue
        if at - 4 in sheets:
            box = Box(sheets[at - 4])
        if kind in _CELLS:
            shown = _cell(stream, kind, at, end, box)
            shared += kind == _SHARED
            if shown:
                errors.setdefault(box.sheet, []).append(shown)
        if not (zero_is_blank and kind == _FORMULA and not any(stream[at + 6 : at + 14])):
            clean.add(kind, stream[at - 4 : end])
    made = clean.stream()
    _bound_texts(made, shared)
    return ScannedXls(bytes(made), MappingProxyType({name: tuple(cells) for name, cells in errors.items()}))


class _Clean:
    """The stream that is handed on, record by record."""

    def __init__(self, sheets: Mapping[int, str]) -> None:
        self._sheets = sheets
        self._made = bytearray()
        self._begun: dict[int, int] = {}
        self._listed: list[int] = []
        self._skipped = 0
        self._reading = self._taken = False

    def takes(self, kind: int, at: int) -> bool:
        """Whether the record whose content begins there is read: one of a sheet or of the workbook, not of a chart."""
        begins = at - 4 in self._sheets
        if begins and (kind != _BEGIN or self._reading or self._skipped):
            raise DamagedError
        if kind == _BEGIN:
            self._begin(at - 4, listed=begins)
        elif kind == _END:
            return self._end()
        if kind != _CONTINUED:
            self._taken = self._reading and not self._skipped and kind in _READ
        return self._taken

    def _begin(self, at: int, *, listed: bool) -> None:
        if listed or at == 0:
            self._begun[at] = len(self._made)
            self._reading = True
        else:
            self._skipped += 1

    def _end(self) -> bool:
        self._taken = self._reading and not self._skipped
        if self._skipped:
            self._skipped -= 1
        else:
            self._reading = False
        return self._taken

    def add(self, kind: int, record: bytes) -> None:
        """Hand on a record, without what the reader could only stumble over."""
        if len(record) - 4 < _LEAST.get(kind, 0):
            raise DamagedError
        if kind == _SHEET and len(self._begun) == 1:
            self._listed.append(len(self._made) + 4)
        self._made += record
        if kind == _FORMULA and len(record) >= 26:
            struct.pack_into("<H", self._made, len(self._made) - len(record) + 24, 0)

    def stream(self) -> bytearray:
        """All of them, with the places where the sheets begin now."""
        places = [struct.unpack_from("<L", self._made, at)[0] for at in self._listed]
        if not self._begun.keys() >= set(places) == self._sheets.keys():
            raise DamagedError
        for at, place in zip(self._listed, places, strict=True):
            struct.pack_into("<L", self._made, at, self._begun[place])
        return self._made


def _records(stream: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """The kind of each record and where its content begins and ends; what is cut off at the end is no record."""
    at, size, left = 0, len(stream), _MOST_RECORDS
    while at + 4 <= size:
        left -= 1
        if left < 0:
            raise TooLargeError(MAX_FILE)
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if at + length > size:
            return
        yield kind, at, at + length
        at += length


def _sheets(stream: bytes) -> Mapping[int, str]:
    """Where each sheet begins, and its name."""
    newest, found = False, {}
    for kind, at, end in _records(stream):
        if kind == _PASSWORD:
            raise RefusedError("password")
        if kind == _BEGIN and end - at >= 2:
            newest = newest or struct.unpack_from("<H", stream, at)[0] == _NEWEST
        if kind == _SHEET:
            if end - at < 8:
                raise DamagedError
            # A sheet's place twice, or two names of one place, is what no program writes.
            begins = struct.unpack_from("<L", stream, at)[0]
            if begins in found:
                raise DamagedError
            found[begins] = _name(stream[at + 6 : end], newest)
        if kind == _END:
            break
    return found


def _name(data: bytes, newest: bool) -> str:
    count, rest = data[0], data[2:] if newest else data[1:]
    wide = newest and data[1] & 1
    text = rest[: 2 * count].decode("utf-16-le", "replace") if wide else rest[:count].decode("latin-1")
    return text.replace("\0", "")


def _cell(stream: bytes, kind: int, at: int, end: int, box: Box) -> str:
    """Count a cell; its address where it holds an error."""
    if end - at < 6:
        raise DamagedError
    row, col = struct.unpack_from("<HH", stream, at)
    box.add(row + 1, col + 1)
    if kind == _NUMBERS:
        box.add(row + 1, col + max(1, (end - at - 6) // 6))
    truth_is_error = kind == _TRUTH and end - at >= 8 and stream[at + 7] == 1
    gives_error = (
        kind == _FORMULA and end - at >= 14 and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff"
    )
    return address(row + 1, col + 1) if truth_is_error or gives_error else ""


def _bound_texts(clean: bytearray, shared: int) -> None:
    """The reader reserves as many texts as are stated, and copies a text into every cell that shows it."""
    records = list(takewhile(lambda record: record[0] != _END, _records(clean)))
    for i, (kind, at, end) in enumerate(records):
        if kind != _TEXTS or end - at < 8:
            continue
        pieces = [bytes(clean[at + 8 : end])]
        for more, start, stop in records[i + 1 :]:
            if more != _CONTINUED:
                break
            pieces.append(bytes(clean[start:stop]))
        size = sum(map(len, pieces))
        stated = struct.unpack_from("<L", clean, at + 4)[0]
        struct.pack_into("<L", clean, at + 4, min(stated, size // 3))
        if shared * size > MAX_TEXT and shared * _longest(pieces, size) > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)


def _longest(pieces: Sequence[bytes], size: int) -> int:
    """The length of the longest text; a table that cannot be followed counts as one text."""
    longest = i = at = 0
    try:
        while i < len(pieces):
            if at >= len(pieces[i]):
                i, at = i + 1, at - len(pieces[i])
                continue
            count, flags = struct.unpack_from("<HB", pieces[i], at)
            longest, at = max(longest, 2 * count), at + 3
            extra = 0
            if flags & 8:
                extra, at = 4 * struct.unpack_from("<H", pieces[i], at)[0], at + 2
            if flags & 4:
                extra, at = extra + struct.unpack_from("<L", pieces[i], at)[0], at + 4
            wide = 1 + (flags & 1)
            while count:
                taken = min(count, (len(pieces[i]) - at) // wide)
                count, at = count - taken, at + taken * wide
                if count:
                    i, at, wide = i + 1, 1, 1 + (pieces[i + 1][0] & 1)
            at += extra
    except (struct.error, IndexError):
        return size
    return longest
