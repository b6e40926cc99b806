"""What a returned file's bytes are, and whether the reader may open them.

The reader sizes its memory by the bounding box of a sheet's cells and inflates whatever a zip holds; one stray cell or
one crafted file can therefore end the whole process. Nothing gets to the reader that has not passed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple
from xml.parsers import expat

from pipeline.guard_bounds import (
    MAX_FILE,
    MAX_PART,
    MAX_SHEETS,
    MAX_TEXT,
    MAX_TOTAL,
    MIB,
    Box,
    RefusedError,
    address,
    column,
    elements,
    local,
    refuse_entities,
)
from pipeline.guard_bounds import Inspection as Inspection
from pipeline.guard_kinds import has_macros, loose_zip_kind, plain_kind, zip_kind
from pipeline.guard_ods import scan_ods
from pipeline.guard_ole import inspect_ole
from pipeline.guard_scanned import Scanned
from pipeline.guard_xlsb import scan_xlsb
from pipeline.zip_parts import LOCAL, DamagedError, Parts, TooLargeError, directory

# No cell that shows a shared text takes fewer bytes.
_SMALLEST_CELL = 20
_OLD = frozenset({"xml2003", "xl4"})
_ARCHIVES = frozenset({"rar", "7z"})

# A cell not written as every common program writes one, inside a box that is small whatever the sheet holds; a second
# r attribute, or none, is odd too. Odd cells are left to the parser.
_ODD_CELL = re.compile(
    rb'<c(?! r="[A-F]?[A-Z][1-9][0-9]{0,3}+"'
    rb'(?: s="[0-9]++"(?:/?+>| t="(?:s|n|str|b|inlineStr)">)|/?+>| t="(?:s|n|str|b|inlineStr)">))'
)
_PREFIXED_CELL = re.compile(rb":c[\s/>]")
_START = re.compile(rb"(?:\xef\xbb\xbf)?<[?A-Za-z]")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII)
_ROW = re.compile(r"[A-Za-z]{0,3}([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the cells of one sheet part reach, counted from 1, and which of them hold an error value."""

    part: str
    last_row: int
    last_col: int
    errors: tuple[str, ...]


def inspect(data: bytes) -> Inspection:
    """Say what ``data`` is and whether it is safe to read; never raises."""
    if not data.startswith(LOCAL):
        return _not_zip(data)
    if len(data) > MAX_FILE:
        return Inspection("zip", "too-large", MappingProxyType({"size": MAX_FILE // MIB}))
    kind = "zip"
    try:
        members = directory(data)
        kind = zip_kind(data, members.keys())
        scan = _SCANS.get(kind)
        if scan is None:
            raise RefusedError("not-a-workbook", kind=kind)
        errors, clean = scan(Parts(data, members, MAX_PART, MAX_TOTAL))
        return Inspection(kind, errors=MappingProxyType(dict(errors)), macros=has_macros(members), clean=clean)
    except RefusedError as refused:
        return Inspection(kind, refused.refusal, refused.params)
    except TooLargeError as large:
        return Inspection(kind, "too-large", MappingProxyType({"size": large.bound // MIB}))
    except (DamagedError, expat.ExpatError):
        # A letter, or a bundle of files, whose directory is not as strict as a workbook's must be is still no workbook.
        other = loose_zip_kind(data) if kind == "zip" else ""
        if other:
            return Inspection(other, "not-a-workbook", MappingProxyType({"kind": other}))
        return Inspection(kind, "damaged")


def _not_zip(data: bytes) -> Inspection:
    if not data:
        return Inspection("empty", "empty-file")
    kind = plain_kind(data[:4096])
    if kind == "ole":
        return inspect_ole(data)
    refusal = "archive-format" if kind in _ARCHIVES else "old-format" if kind in _OLD else "not-a-workbook"
    return Inspection(kind, refusal, MappingProxyType({"kind": kind}))


class _Layout(NamedTuple):
    """The parts of a workbook that the reader opens: sheet parts with the names of their sheets, and the others."""

    sheets: Mapping[str, list[str]]
    others: Collection[str]


def _scan(parts: Parts) -> Scanned:
    """Look at every part that the reader opens."""
    layout = _layout(parts, parts.paths)
    before = parts.inflated
    errors: dict[str, tuple[str, ...]] = {}
    for part, names in layout.sheets.items():
        found = _sheet_errors(part, parts.inflate(part), names[0])
        errors.update({name: found for name in names if found})
    cells = (parts.inflated - before) // _SMALLEST_CELL
    for part in layout.others:
        xml = _read(parts, part)
        # The reader copies a shared text into every cell that shows it.
        if cells * len(xml) > MAX_TEXT and cells * max(map(len, xml.split(b"<si"))) > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
    return Scanned(errors)


def _layout(parts: Parts, paths: Collection[str]) -> _Layout:
    bases = {
        path.rpartition("/")[0] for _, kind, path in _relations(parts, "_rels/.rels", "") if kind == "officedocument"
    }
    if len(bases) != 1:
        raise DamagedError
    base = f"{bases.pop()}/".lstrip("/")
    listed = elements(_read(parts, f"{base}workbook.xml"), "sheet")
    if not listed:
        raise DamagedError
    relations = _relations(parts, f"{base}_rels/workbook.xml.rels", base)
    by_id = {key: path for key, _, path in relations}
    sheets: dict[str, list[str]] = {}
    for sheet in listed:
        for key in {value for name, value in sheet.items() if local(name) == "id"} or {""}:
            sheets.setdefault(by_id.get(key, ""), []).append(sheet.get("name", ""))
    for path in paths:
        if path.startswith(f"{base}worksheets/") and path.endswith(".xml"):
            sheets.setdefault(path, [path])
    if max(len(listed), len(sheets)) > MAX_SHEETS:
        raise RefusedError("too-large", size=len(listed))
    others = {path for _, kind, path in relations if kind in ("sharedstrings", "styles")}
    others |= {f"{base}sharedstrings.xml", f"{base}styles.xml"}
    return _Layout(sheets, sorted(others.intersection(paths)))


def _relations(parts: Parts, part: str, base: str) -> list[tuple[str, str, str]]:
    """Id, kind and path, these two lower case, of each relationship."""
    xml = _read(parts, part)
    # Readers differ in whether a reference such as &#115; stands for its letter in a path.
    if b"&" in xml:
        raise DamagedError
    found = []
    for relation in elements(xml, "Relationship"):
        target = relation.get("Target", "").lower()
        path = target[1:] if target.startswith("/") else base + target
        found.append((relation.get("Id", ""), relation.get("Type", "").lower().rpartition("/")[2], path))
    return found


def _read(parts: Parts, part: str) -> bytes:
    xml = parts.inflate(part)
    refuse_entities(xml, 0, len(xml))
    return xml


def _sheet_errors(part: str, xml: bytes, sheet: str) -> tuple[str, ...]:
    """The error cells of a sheet; refused when its cells reach too far."""
    first, last = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    if not (0 <= first < last):
        first = last = len(xml)
    refuse_entities(xml, 0, first)
    refuse_entities(xml, last, len(xml))
    if first < last and _is_plain(xml, first, last):
        return ()
    refuse_entities(xml, first, last)
    return _extent(part, xml, sheet).errors


def _is_plain(xml: bytes, first: int, last: int) -> bool:
    """Whether no cell can be wrong, told from the bytes alone: a tag that the reader sees is there as such bytes."""
    renamed = xml.find(b":sheetData", 0, first) >= 0 or xml.find(b":sheetData", last) >= 0
    if renamed or not _START.match(xml) or _PREFIXED_CELL.search(xml, first, last):
        return False
    return _ODD_CELL.search(xml, first, last) is None


def _extent(part: str, xml: bytes, sheet: str) -> Extent:
    """Where every cell of a sheet lies, as the reader counts: a cell without an address follows the one before."""
    cells = _Cells(sheet)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.Parse(xml, True)
    if cells.root == "worksheet" and not cells.done:
        raise DamagedError
    return Extent(part, cells.box.deepest[0], cells.box.widest[1], tuple(cells.errors))


class _Cells:
    """Follows the cells of one sheet; rows and columns count from 1."""

    def __init__(self, sheet: str) -> None:
        self.box = Box(sheet)
        self.root = ""
        self.row = self.col = 1
        self.errors: list[str] = []
        self.done = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        plain = local(name)
        self.root = self.root or plain
        if self.done:
            return
        if plain == "c":
            self._cell(attributes)
        elif plain == "row" and "r" in attributes:
            match = _ROW.fullmatch(attributes["r"])
            self.row = int(match[1]) if match else 0

    def end(self, name: str) -> None:
        plain = local(name)
        if plain == "row":
            self.row, self.col = self.row + 1, 1
        elif plain == "sheetData":
            self.done = True

    def _cell(self, attributes: dict[str, str]) -> None:
        row, written = self.row, attributes.get("r")
        if written is not None:
            match = _ADDRESS.fullmatch(written)
            row, self.col = (int(match[2]), column(match[1])) if match else (0, 0)
        self.box.add(row, self.col, written or "")
        if attributes.get("t") == "e":
            self.errors.append(address(row, self.col))
        self.col += 1


_SCANS: Mapping[str, Callable[[Parts], Scanned]] = {
    "xlsx": _scan,
    "xlsm": _scan,
    "xlsb": scan_xlsb,
    "ods": scan_ods,
}
