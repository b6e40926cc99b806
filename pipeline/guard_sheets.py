"""What the bytes of a sheet tell before it is read: its error cells, how far it reaches, what it is made of.

That of a sheet like one looked at before is known: the two differ in what fills their cells, which tells nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.guard_bounds import refuse_entities
from pipeline.guard_cells import extent
from pipeline.guard_same import once_for_same
from pipeline.guard_traits import formulas, merged, validated
from pipeline.sheet_cells import SheetCells, cells_of

# A cell not written as every common program writes one, inside a box that is small whatever the sheet holds; a second
# r attribute, or none, is odd too. Odd cells are left to the parser.
_ODD_CELL = re.compile(
    rb'<c(?! r="[A-F]?[A-Z][1-9][0-9]{0,3}+"'
    rb'(?: s="[0-9]++"(?:/?+>| t="(?:s|n|str|b|inlineStr)">)|/?+>| t="(?:s|n|str|b|inlineStr)">))'
)
_PREFIXED_CELL = re.compile(rb":c[\s/>]")
_START = re.compile(rb"(?:\xef\xbb\xbf)?<[?A-Za-z]")

_MOST_KNOWN, _LARGEST_KNOWN = 64, 1024 * 1024
_known: dict[bytes, int] = {}


@dataclass(frozen=True, slots=True)
class LookedSheet:
    """What one sheet is made of; ``lacking`` says that a formula has no value. ``cells`` are missing then, where they
    are not written as usual, and where one of them holds an error."""

    errors: tuple[str, ...]
    formulas: int
    lacking: bool
    validated: int
    merged: int
    cells: SheetCells | None


def look_at(part: str, xml: bytes, sheet: str) -> LookedSheet:
    """What a sheet is made of.

    Raises :class:`pipeline.guard_bounds.RefusedError` where its cells reach too far, and
    :class:`pipeline.zip_parts.DamagedError`.
    """
    first, last = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    if not (0 <= first < last):
        first = last = len(xml)
    refuse_entities(xml, 0, first)
    refuse_entities(xml, last, len(xml))
    usual = first < last and _is_usual(xml, first, last)
    cells = cells_of(xml[first:last]) if usual and xml.find(b"</f>", last) < 0 else None
    behind = _behind(xml[last:] if usual else xml)
    if cells is not None and (known := _known.get(cells.bare)) is not None:
        return LookedSheet((), known, False, *behind, cells)
    errors: tuple[str, ...] = ()
    if not (usual and _has_plain_cells(xml, first, last)):
        cells = None
        refuse_entities(xml, first, last)
        errors = extent(part, xml, sheet).errors
    count, lacking = formulas(xml)
    if lacking:
        cells = None
    if cells is not None and len(cells.bare) <= _LARGEST_KNOWN:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[cells.bare] = count
    return LookedSheet(errors, count, lacking, *behind, cells)


def _is_usual(xml: bytes, first: int, last: int) -> bool:
    """Whether around its rows a sheet is written so that its bytes alone tell which cells a reader sees."""
    renamed = xml.find(b":sheetData", 0, first) >= 0 or xml.find(b":sheetData", last) >= 0
    return not renamed and _START.match(xml) is not None


def _has_plain_cells(xml: bytes, first: int, last: int) -> bool:
    """Whether no cell can be wrong, told from the bytes alone: a tag that the reader sees is there as such bytes."""
    return _PREFIXED_CELL.search(xml, first, last) is None and _ODD_CELL.search(xml, first, last) is None


@once_for_same
def _behind(xml: bytes) -> tuple[int, int]:
    """How many cells a validation covers, and how often cells are merged; both stand behind the rows."""
    return validated(xml), merged(xml)
