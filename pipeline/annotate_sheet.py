"""Cells of one sheet given another style, where they stand or where they have yet to be put."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from pipeline.annotate_xml import (
    AnnotateError,
    Document,
    Edit,
    Tag,
    attribute,
    children,
    closing,
    document,
    only,
    tags,
    written,
)
from pipeline.annotate_xml import with_attribute as with_
from pipeline.annotate_xml import without_attribute as without
from pipeline.guard_bounds import COLUMNS, ROWS, address, column

Place = tuple[int, int]
"""Row and column, from 1."""

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})", re.ASCII)
_JOINED = re.compile(rb"""\sref\s*=\s*["']\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})["']""")
# The first is far quicker than the second, and as a rule finds nothing.
_MAYBE_PREFIXED = re.compile(rb":(?:row|c)[\s/>]")
_PREFIXED = re.compile(rb"<[\w.-]+:(?:row|c)[\s/>]")
_BEHIND_DRAWING = frozenset(
    {"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}
)
_CHOICES = "mc:AlternateContent"
_TRUE = ("1", "true")


class Row(NamedTuple):
    """A row of a sheet: its number, its start tag, and where the next one begins or all rows end."""

    number: int
    tag: Tag
    stop: int


class Cell(NamedTuple):
    """A cell of a row: its column, and its start tag."""

    column: int
    tag: Tag


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its XML, where its cells stand in it, and its rows."""

    part: Document
    cells: Tag
    stop: int
    rows: tuple[Row, ...]

    def row(self, number: int) -> Row | None:
        """The row of that number."""
        at = bisect_left(self.rows, number, key=lambda row: row.number)
        return self.rows[at] if at < len(self.rows) and self.rows[at].number == number else None


def sheet(xml: bytes) -> Sheet:
    """Where the rows of a sheet stand; raises :class:`AnnotateError`."""
    part = document(xml, "worksheet")
    first, stop = part.masked.find(b"<sheetData", part.root.end), part.masked.rfind(b"</sheetData")
    cells = only(part.masked, "sheetData", first, part.masked.find(b">", first) + 1)
    if cells is None:
        raise AnnotateError("a sheet without cells")
    stop = cells.end if cells.empty else stop
    if stop < cells.end:
        raise AnnotateError("cells do not end")
    if _MAYBE_PREFIXED.search(part.masked, cells.end, stop) and _PREFIXED.search(part.masked, cells.end, stop):
        raise AnnotateError("a prefixed cell")
    return Sheet(part, cells, stop, tuple(_rows(part.masked, cells.end, stop)))


def _rows(masked: bytes, start: int, stop: int) -> Iterator[Row]:
    number = 0
    found = tags(masked, "row", start, stop)
    for i, tag in enumerate(found):
        said = attribute(tag.attributes, "r")
        following = int(said) if said is not None else number + 1
        if not number < following <= ROWS:
            raise AnnotateError("rows out of order")
        number = following
        yield Row(number, tag, found[i + 1].start if i + 1 < len(found) else stop)


def _cells(masked: bytes, row: Row) -> Iterator[Cell]:
    before = 0
    for tag in tags(masked, "c", row.tag.end, row.stop):
        written_at = attribute(tag.attributes, "r")
        at = before + 1
        if written_at is not None:
            number, at = place(written_at)
            if number != row.number:
                raise AnnotateError("a cell in a row that is not its own")
        if not before < at <= COLUMNS:
            raise AnnotateError("cells out of order")
        before = at
        yield Cell(at, tag)


def place(written_at: str) -> Place:
    """Row and column of an address; raises :class:`AnnotateError`."""
    found = _ADDRESS.fullmatch(written_at)
    at = (int(found[2]), column(found[1])) if found else (0, 0)
    if not (0 < at[0] <= ROWS and 0 < at[1] <= COLUMNS):
        raise AnnotateError("no address of a cell")
    return at


def style_of(given: Sheet, at: Place) -> int:
    """The style of a cell, or the one that a cell would have that is not there."""
    row = given.row(at[0])
    if row is not None:
        for cell in _cells(given.part.masked, row):
            if cell.column == at[1]:
                return int(attribute(cell.tag.attributes, "s") or 0)
        said = written(row.tag.attributes)
        if said.get("customFormat") in _TRUE and "s" in said:
            return int(said["s"])
    for tag in tags(given.part.masked, "col", given.part.root.end, given.cells.start):
        said = written(tag.attributes)
        if int(said.get("min", 0)) <= at[1] <= int(said.get("max", 0)):
            return int(said.get("style", 0))
    return 0


def mentions(xml: bytes, styles: Collection[int]) -> bool:
    """Whether a cell of a sheet may have one of these styles, told from its bytes alone."""
    return bool(styles) and _styled(frozenset(styles)).search(xml) is not None


def cells_with(given: Sheet, styles: Collection[int]) -> Mapping[Place, int]:
    """The cells that have one of these styles."""
    found: dict[Place, int] = {}
    if not mentions(given.part.masked, styles):
        return found
    wanted = _styled(frozenset(styles))
    for row in given.rows:
        if wanted.search(given.part.masked, row.tag.end, row.stop):
            for cell in _cells(given.part.masked, row):
                style = int(attribute(cell.tag.attributes, "s") or 0)
                if style in styles:
                    found[row.number, cell.column] = style
    return found


@lru_cache(maxsize=8)
def _styled(styles: frozenset[int]) -> re.Pattern[bytes]:
    numbers = "|".join(map(str, sorted(styles))).encode()
    # With the blank before it this would take five times as long.
    return re.compile(rb"s\s*=\s*[\"'](?:" + numbers + rb")[\"']")


def shown_at(given: Sheet, places: Collection[Place]) -> Mapping[Place, Place]:
    """For each place the cell that shows what stands there: of joined cells the first."""
    joined: list[tuple[int, int, int, int]] = []
    rows = {row for row, _ in places}
    for tag in tags(given.part.masked, "mergeCell", given.stop, given.part.stop) if places else ():
        found = _JOINED.search(tag.attributes)
        if not found:
            raise AnnotateError("joined cells without an address")
        top, bottom = int(found[2]), int(found[4])
        if any(top <= row <= bottom for row in rows):
            joined.append((top, column(found[1].decode()), bottom, column(found[3].decode())))
    return {
        (row, at): next(
            ((top, left) for top, left, bottom, right in joined if top <= row <= bottom and left <= at <= right),
            (row, at),
        )
        for row, at in places
    }


def restyling(given: Sheet, styles: Mapping[Place, int]) -> list[Edit]:
    """What gives these cells these styles; cells that are not there are put in, without a value."""
    by_row: dict[int, dict[int, int]] = {}
    for (number, at), style in sorted(styles.items()):
        by_row.setdefault(number, {})[at] = style
    edits = list(_reach(given, styles)) if styles else []
    new_rows: dict[int, bytes] = {}
    for number, wanted in by_row.items():
        row = given.row(number)
        if row is None:
            at = bisect_left(given.rows, number, key=lambda row: row.number)
            before = given.rows[at].tag.start if at < len(given.rows) else given.stop
            made = b'<row r="%d">%s</row>' % (number, _blank(number, wanted))
            new_rows[before] = new_rows.get(before, b"") + made
        else:
            edits += _row_edits(given.part, row, wanted)
    if given.cells.empty and new_rows:
        tag = given.part.xml[given.cells.start : given.cells.end]
        whole = tag[:-2].rstrip() + b">" + new_rows[given.stop] + b"</sheetData>"
        return [*edits, (given.cells.start, given.cells.end, whole)]
    return edits + [(before, before, made) for before, made in new_rows.items()]


def _row_edits(part: Document, row: Row, wanted: dict[int, int]) -> Iterator[Edit]:
    missing = dict(wanted)
    inserted: dict[int, dict[int, int]] = {}
    end, there = closing(part.masked, "row", row.tag, row.stop), list(_cells(part.masked, row))
    for cell in there:
        if cell.column in missing:
            opening = part.xml[cell.tag.start : cell.tag.end]
            yield cell.tag.start, cell.tag.end, with_(opening, "s", missing.pop(cell.column))
    for at, style in missing.items():
        before = next((cell.tag.start for cell in there if cell.column > at), end)
        inserted.setdefault(before, {})[at] = style
    if not inserted:
        return
    # The columns that a row says it spans need not be said, and may not be said wrongly.
    opening = without(part.xml[row.tag.start : row.tag.end], "spans")
    if row.tag.empty:
        whole = opening[:-2].rstrip() + b">" + _blank(row.number, missing) + b"</row>"
        yield row.tag.start, row.tag.end, whole
        return
    yield row.tag.start, row.tag.end, opening
    for before, cells in inserted.items():
        yield before, before, _blank(row.number, cells)


def _blank(number: int, cells: Mapping[int, int]) -> bytes:
    return b"".join(b'<c r="%s" s="%d"/>' % (address(number, at).encode(), style) for at, style in cells.items())


def _reach(given: Sheet, styles: Mapping[Place, int]) -> Iterator[Edit]:
    """How far the sheet says that it reaches, where a new cell lies beyond."""
    tag = only(given.part.masked, "dimension", given.part.root.end, given.cells.start)
    said = attribute(tag.attributes, "ref") if tag else None
    if tag is None or not said:
        return
    first, _, last = said.partition(":")
    top, left = place(first)
    bottom, right = place(last or first)
    rows, columns = [row for row, _ in styles], [at for _, at in styles]
    reached = min(top, *rows), min(left, *columns), max(bottom, *rows), max(right, *columns)
    if reached != (top, left, bottom, right):
        ref = f"{address(*reached[:2])}:{address(*reached[2:])}"
        yield tag.start, tag.end, with_(given.part.xml[tag.start : tag.end], "ref", ref)


def notes_drawing(given: Sheet) -> tuple[Tag, str] | None:
    """The element that names the drawing of the comments' boxes, and the id of the relationship."""
    tag = only(given.part.masked, "legacyDrawing", given.stop, given.part.stop)
    if tag is None:
        return None
    said = written(tag.attributes)
    return tag, next((value for name, value in said.items() if name.endswith(":id")), "")


def with_notes_drawing(given: Sheet, relation: str, namespace: str) -> Edit:
    """What names the drawing of the comments' boxes, where the order of a sheet's elements has it."""
    part = given.part
    behind = given.stop if given.cells.empty else part.masked.index(b">", given.stop) + 1
    at = part.stop
    for name, start, end in children(part.masked, behind, part.stop):
        inner = part.masked[start:end]
        if name in _BEHIND_DRAWING or (name == _CHOICES and (b"controls" in inner or b"oleObjects" in inner)):
            at = start
            break
    known = attribute(part.root.attributes, "xmlns:r") == namespace
    declared = "" if known else f' xmlns:r="{namespace}"'
    return at, at, f'<legacyDrawing{declared} r:id="{relation}"/>'.encode()
