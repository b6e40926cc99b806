"""Excel 97–2003 workbooks: how far the cells of each sheet reach, told from the records of the one stream.

What the reader would only stumble over is taken out on the way: stated dimensions, formulas and names. Values stay as
they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pipeline.guard_bounds import MAX_SHEETS, MAX_TEXT, Box, RefusedError, address
from pipeline.zip_parts import DamagedError, TooLargeError

_BEGIN, _END, _SHEET, _PASSWORD, _DIMENSIONS, _NAME, _REFERENCES = 0x0809, 0x0A, 0x85, 0x2F, 0x0200, 0x18, 0x17
_FORMULA, _TRUTH, _SHARED, _NUMBERS, _TEXTS, _CONTINUED = 0x06, 0x0205, 0xFD, 0xBD, 0xFC, 0x3C
_NOTHING = 0x0FFF
# Records that begin with a row and a column and give a value: number, text, truth or error, RK number, formula.
_CELLS = frozenset({0x0203, 0x0204, _TRUTH, 0x027E, _SHARED, _NUMBERS, _FORMULA, 0xD6})
_NEWEST = 0x0600


class ScannedXls(NamedTuple):
    """The stream to read, and the error cells by sheet."""

    stream: bytes
    errors: Mapping[str, tuple[str, ...]]


def scan_xls(stream: bytes, *, zero_is_blank: bool = False) -> ScannedXls:
    """Look at every record that the reader reads.

    ``zero_is_blank`` is for a program that states zero where a formula gives an empty text: such a formula is blank.
    """
    records = list(_records(stream))
    sheets = _sheets(stream, records)
    if len(sheets) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(sheets))
    begun = {at - 4 for kind, at, _ in records if kind == _BEGIN}
    if not sheets.keys() <= begun:
        raise DamagedError
    clean = bytearray(stream)
    errors: dict[str, list[str]] = {}
    box, shared = Box(""), 0
    for kind, at, end in records:
        if at - 4 in sheets:
            box = Box(sheets[at - 4])
        if kind in _CELLS:
            shown = _cell(stream, kind, at, end, box)
            shared += kind == _SHARED
            if shown:
                errors.setdefault(box.sheet, []).append(shown)
        _mend(clean, kind, at, end)
        if zero_is_blank and kind == _FORMULA and not any(stream[at + 6 : at + 14]):
            struct.pack_into("<H", clean, at - 4, _NOTHING)
    _bound_texts(clean, records, shared)
    return ScannedXls(bytes(clean), MappingProxyType({name: tuple(cells) for name, cells in errors.items()}))


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each record and where its content begins and ends; what is cut off at the end is no record."""
    at, size = 0, len(stream)
    while at + 4 <= size:
        kind, length = struct.unpack_from("<HH", stream, at)
        at += 4
        if at + length > size:
            return
        yield kind, at, at + length
        at += length


def _sheets(stream: bytes, records: Sequence[tuple[int, int, int]]) -> Mapping[int, str]:
    """Where each sheet begins, and its name."""
    newest, found = False, {}
    for kind, at, end in records:
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


def _mend(clean: bytearray, kind: int, at: int, end: int) -> None:
    """Take out what is not needed and could harm: the reader reserves what is stated and reads formulas."""
    if kind == _DIMENSIONS:
        clean[at:end] = bytes(end - at)
    elif kind == _FORMULA and end - at >= 22:
        clean[at + 20 : at + 22] = bytes(2)
    elif kind in (_NAME, _REFERENCES):
        struct.pack_into("<H", clean, at - 4, _NOTHING)


def _bound_texts(clean: bytearray, records: Sequence[tuple[int, int, int]], shared: int) -> None:
    """The reader reserves as many texts as are stated, and copies a text into every cell that shows it."""
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
