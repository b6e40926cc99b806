"""What a returned file's bytes are, and whether the reader may open them.

The reader sizes its memory by the bounding box of a sheet's cells and inflates whatever a zip holds; one stray cell or
one crafted file can therefore end the whole process. Nothing gets to the reader that has not passed here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from xml.parsers import expat

from pipeline.guard_bounds import (
    MAX_FILE,
    MAX_KEPT,
    MAX_PART,
    MAX_TEXT,
    MAX_TOTAL,
    MIB,
    RefusedError,
    refuse_entities,
)
from pipeline.guard_cells import Extent as Extent
from pipeline.guard_cells import extent
from pipeline.guard_inspection import Inspection as Inspection
from pipeline.guard_kinds import has_macros, loose_zip_kind, plain_kind, zip_kind
from pipeline.guard_layout import layout, read_part
from pipeline.guard_ods import scan_ods
from pipeline.guard_ole import inspect_ole
from pipeline.guard_scanned import Scanned
from pipeline.guard_traits import Traits, formats_changed, formulas, has_legacy_font, merged, validated
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
        found = scan(Parts(data, members, MAX_PART, MAX_TOTAL, MAX_KEPT))
        return Inspection(
            kind,
            errors=MappingProxyType(dict(found.errors)),
            macros=has_macros(members),
            clean=found.clean,
            looks=found.looks,
            traits=found.traits,
        )
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


def _scan(parts: Parts) -> Scanned:
    """Look at every part that the reader opens."""
    opened = layout(parts)
    before = parts.inflated
    errors: dict[str, tuple[str, ...]] = {}
    counted: dict[str, int] = {}
    covered: dict[str, int] = {}
    joined: dict[str, int] = {}
    uncalculated = restyled = False
    for part, names in opened.sheets.items():
        xml = parts.inflate(part)
        found = _sheet_errors(part, xml, names[0])
        errors.update({name: found for name in names if found})
        counted[names[0]], lacking = formulas(xml)
        covered[names[0]], joined[names[0]] = validated(xml), merged(xml)
        uncalculated |= lacking
    cells = (parts.inflated - before) // _SMALLEST_CELL
    for part in opened.others:
        xml = read_part(parts, part)
        # The reader copies a shared text into every cell that shows it.
        if cells * len(xml) > MAX_TEXT and cells * max(map(len, xml.split(b"<si"))) > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
        restyled |= has_legacy_font(xml) or (part.endswith("styles.xml") and formats_changed(xml))
    return Scanned(errors, parts.taken(), traits=Traits(counted, covered, joined, uncalculated, restyled))


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
    return extent(part, xml, sheet).errors


def _is_plain(xml: bytes, first: int, last: int) -> bool:
    """Whether no cell can be wrong, told from the bytes alone: a tag that the reader sees is there as such bytes."""
    renamed = xml.find(b":sheetData", 0, first) >= 0 or xml.find(b":sheetData", last) >= 0
    if renamed or not _START.match(xml) or _PREFIXED_CELL.search(xml, first, last):
        return False
    return _ODD_CELL.search(xml, first, last) is None


_SCANS: Mapping[str, Callable[[Parts], Scanned]] = {
    "xlsx": _scan,
    "xlsm": _scan,
    "xlsb": scan_xlsb,
    "ods": scan_ods,
}
