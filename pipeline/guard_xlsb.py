"""Binary workbooks (.xlsb): how far the cells of each sheet reach, told from the records that the reader reads."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from pipeline.guard_bounds import MAX_SHEETS, MAX_TEXT, Box, RefusedError, address, elements, refuse_entities
from pipeline.guard_scanned import Scanned, packed
from pipeline.zip_parts import DamagedError, Parts, TooLargeError

_SHEET, _SHEETS_END, _ROW, _DATA_END, _TEXT, _SHARED = 0x9C, 0x90, 0x00, 0x92, 0x13, 0x07
# The records that begin with a column: blank, number, error, truth, text, and formulas by what they give.
_CELLS = frozenset({*range(0x01, 0x0C), 0x3E})
# These begin with no column; no common program writes them in a sheet.
_SHORT_CELLS = frozenset(range(0x0C, 0x13))
_ERRORS = frozenset({0x03, 0x0B})
_BLANK = 0x01
_RELS = "xl/_rels/workbook.bin.rels"
# How the reader names the parts that are found here by lower case.
_OTHERS = {"xl/sharedstrings.bin": "xl/sharedStrings.bin", "xl/styles.bin": "xl/styles.bin"}


def scan_xlsb(parts: Parts) -> Scanned:
    """The error cells by sheet, and a package of nothing but what was looked at."""
    book = parts.inflate("xl/workbook.bin")
    rels = parts.inflate(_RELS)
    refuse_entities(rels, 0, len(rels))
    targets = {one.get("Id", ""): _path(one.get("Target", "")) for one in elements(rels, "Relationship")}
    names = dict(_sheets(book))
    if not names or len(names) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(names)) if names else DamagedError
    kept, written = {"xl/workbook.bin": book}, []
    errors: dict[str, tuple[str, ...]] = {}
    shared = 0
    for i, (key, name) in enumerate(names.items(), start=1):
        folder = targets.get(key, "").split("/")[0]
        written.append(f'<Relationship Id="{_escaped(key)}" Target="{folder}/sheet{i}.bin"/>')
        if folder == "worksheets":
            sheet = parts.inflate(f"xl/{targets[key]}".lower())
            found, texts = _scan_sheet(sheet, name)
            shared += texts
            errors |= {name: found} if found else {}
            kept[f"xl/worksheets/sheet{i}.bin"] = sheet
        elif folder not in ("chartsheets", "dialogsheets"):
            raise DamagedError
    kept[_RELS] = f"<Relationships>{''.join(written)}</Relationships>".encode()
    kept |= _others(parts, shared)
    return Scanned(errors, packed(kept))


def _path(target: str) -> str:
    """The path of a part below ``xl/``."""
    return target.removeprefix("/xl/")


def _escaped(text: str) -> str:
    if not text.isascii() or not text.isalnum():
        raise DamagedError
    return text


def _others(parts: Parts, shared: int) -> Mapping[str, bytes]:
    """The other parts that the reader opens; it copies a shared text into every cell that shows it."""
    found = {name: parts.inflate(path) for path, name in _OTHERS.items() if path in parts.paths}
    for name, content in found.items():
        longest = max((end - at for kind, at, end in _records(content) if kind == _TEXT), default=0)
        if name.endswith("Strings.bin") and shared * longest > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
    return found


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each record and where its content begins and ends."""
    at, size = 0, len(data)
    try:
        while at < size:
            kind = data[at]
            at += 1
            if kind & 0x80:
                kind = (kind & 0x7F) + ((data[at] & 0x7F) << 7)
                at += 1
            length = shift = 0
            while True:
                part = data[at]
                at += 1
                length += (part & 0x7F) << shift
                shift += 7
                if not part & 0x80 or shift == 28:
                    break
            if at + length > size:
                raise DamagedError
            yield kind, at, at + length
            at += length
    except IndexError as fault:
        raise DamagedError from fault


def _sheets(book: bytes) -> Iterator[tuple[str, str]]:
    """The relationship and the name of each sheet."""
    for kind, at, end in _records(book):
        if kind == _SHEETS_END:
            return
        if kind == _SHEET:
            key, at = _wide(book, at + 8, end)
            if key:
                yield key, _wide(book, at, end)[0]


def _wide(data: bytes, at: int, end: int) -> tuple[str, int]:
    """A counted text and where it ends."""
    if at + 4 > end:
        raise DamagedError
    (count,) = struct.unpack_from("<L", data, at)
    if count == 0xFFFFFFFF:
        return "", at + 4
    last = at + 4 + 2 * count
    if last > end:
        raise DamagedError
    return data[at + 4 : last].decode("utf-16-le", "replace"), last


def _scan_sheet(data: bytes, name: str) -> tuple[tuple[str, ...], int]:
    """The error cells of a sheet, and how many of its cells show a shared text."""
    box, row, shared = Box(name), 1, 0
    errors: list[str] = []
    for kind, at, end in _records(data):
        if kind == _DATA_END:
            break
        if kind in _SHORT_CELLS or ((kind in _CELLS or kind == _ROW) and end - at < 4):
            raise DamagedError
        if kind == _ROW:
            row = int.from_bytes(data[at : at + 4], "little") + 1
        elif kind in _CELLS and kind != _BLANK:
            col = int.from_bytes(data[at : at + 4], "little") + 1
            box.add(row, col)
            shared += kind == _SHARED
            if kind in _ERRORS:
                errors.append(address(row, col))
    return tuple(errors), shared
