"""Binary workbooks (.xlsb): how far the cells of each sheet reach, told from the records that the reader reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pipeline.guard_bounds import MAX_SHEETS, MAX_TEXT, Box, RefusedError, address, elements, refuse_entities
from pipeline.guard_scanned import Scanned, packed
from pipeline.guard_xlsb_looks import XlsbLooks
from pipeline.guard_xlsb_records import records, wide_text
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
_SHARED_TEXTS, _STYLES = "xl/sharedStrings.bin", "xl/styles.bin"
_OTHERS = {name.lower(): name for name in (_SHARED_TEXTS, _STYLES)}


def scan_xlsb(parts: Parts) -> Scanned:
    """The error cells by sheet, a package of nothing but what was looked at, and how the cells look."""
    book = parts.inflate("xl/workbook.bin")
    rels = parts.inflate(_RELS)
    refuse_entities(rels, 0, len(rels))
    targets = {one.get("Id", ""): _path(one.get("Target", "")) for one in elements(rels, "Relationship")}
    names = dict(_sheets(book))
    if not names or len(names) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(names)) if names else DamagedError
    others = {name: parts.inflate(path) for path, name in _OTHERS.items() if path in parts.paths}
    looks = XlsbLooks(others.get(_STYLES, b""), others.get(_SHARED_TEXTS, b""))
    kept, written = {"xl/workbook.bin": book}, []
    errors: dict[str, tuple[str, ...]] = {}
    shared = 0
    for i, (key, name) in enumerate(names.items(), start=1):
        folder = targets.get(key, "").split("/")[0]
        written.append(f'<Relationship Id="{_escaped(key)}" Target="{folder}/sheet{i}.bin"/>')
        if folder == "worksheets":
            sheet = parts.inflate(f"xl/{targets[key]}".lower())
            found, texts = _scan_sheet(sheet, name, looks)
            shared += texts
            errors |= {name: found} if found else {}
            kept[f"xl/worksheets/sheet{i}.bin"] = sheet
        elif folder not in ("chartsheets", "dialogsheets"):
            raise DamagedError
    kept[_RELS] = f"<Relationships>{''.join(written)}</Relationships>".encode()
    _bound_texts(others.get(_SHARED_TEXTS, b""), shared)
    return Scanned(errors, partial(packed, kept | others), looks.seen.looks())


def _path(target: str) -> str:
    """The path of a part below ``xl/``."""
    return target.removeprefix("/xl/")


def _escaped(text: str) -> str:
    if not text.isascii() or not text.isalnum():
        raise DamagedError
    return text


def _bound_texts(texts: bytes, shared: int) -> None:
    """The reader copies a shared text into every cell that shows it."""
    if shared * max((end - at for kind, at, end in records(texts) if kind == _TEXT), default=0) > MAX_TEXT:
        raise TooLargeError(MAX_TEXT)


def _sheets(book: bytes) -> Iterator[tuple[str, str]]:
    """The relationship and the name of each sheet."""
    for kind, at, end in records(book):
        if kind == _SHEETS_END:
            return
        if kind == _SHEET:
            key, at = wide_text(book, at + 8, end)
            if key:
                yield key, wide_text(book, at, end)[0]


def _scan_sheet(data: bytes, name: str, looks: XlsbLooks) -> tuple[tuple[str, ...], int]:
    """The error cells of a sheet, and how many of its cells show a shared text."""
    box, row, shared = Box(name), 1, 0
    errors: list[str] = []
    for kind, at, end in records(data):
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
            looks.cell(kind, data[at:end], name, row, col)
            if kind in _ERRORS:
                errors.append(address(row, col))
    return tuple(errors), shared
