"""A unit's own workbook with what was found in it: cells coloured and commented, all findings listed on a first sheet.

Only the parts of the file that must change are written anew; everything else is copied as the bytes it is. What an
earlier run marked is taken away first, so a file may come and go as often as it takes.
"""

from __future__ import annotations

import posixpath
import re
import struct
from collections.abc import Mapping

from pipeline.annotate_book import (
    Book,
    BookSheet,
    changed,
    heads_of_list,
    is_open,
    name_of_list,
    name_of_mark,
    open_book,
)
from pipeline.annotate_list import HEAD_ROW, Line, Listing, is_list, line_of, list_xml
from pipeline.annotate_marks import Mark, Task, has_our_comments, mark_sheet
from pipeline.annotate_parts import Package, opened
from pipeline.annotate_sheet import Place, place
from pipeline.annotate_styles import Styles, solid
from pipeline.annotate_xml import AnnotateError, attribute, tags, written
from pipeline.layout import FINDINGS_SHEET
from pipeline.styles import MARKS
from pipeline.zip_parts import DamagedError, TooLargeError

__all__ = ["AnnotateError", "Line", "Listing", "Mark", "Marks", "annotate", "ending", "line_of"]

Marks = Mapping[tuple[str, str], Mark]
"""What is to be marked: the name of a sheet as the file has it, and the A1 address of a cell."""

# What a file may bring about that is not as the format has it.
_ODD = (DamagedError, TooLargeError, ValueError, LookupError, ArithmeticError, struct.error)
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
_ENDINGS = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": ".xlsx",
    "application/vnd.ms-excel.sheet.macroEnabled.main+xml": ".xlsm",
}
_CHAIN_SHEET = re.compile(rb"\bi=\"([0-9]+)\"")


def annotate(data: bytes, marks: Marks, listing: Listing | None = None) -> bytes:
    """A workbook (.xlsx, .xlsm) with these marks, and this list on a first sheet.

    Marks and list of an earlier call are taken away; with neither given the file comes back without any. A mark on a
    sheet that the file does not have, or on one without cells, is left out. The same input gives the same bytes. Raises
    :class:`AnnotateError` where the file cannot be changed with certainty.
    """
    try:
        return _annotated(data, marks, listing)
    except _ODD as fault:
        raise AnnotateError(f"{type(fault).__name__}: {fault}") from fault


def ending(data: bytes) -> str:
    """The ending that the name of a workbook must have: ``.xlsx``, ``.xlsm`` for one with macros, else nothing.

    Excel does not open one under another. Raises :class:`AnnotateError` where ``data`` is no workbook.
    """
    try:
        package = opened(data)
        path = f"/{open_book(package).path}".lower()
        types = package.types()
        found = [written(tag.attributes) for tag in tags(types.masked, "Override", types.root.end, types.stop)]
    except _ODD as fault:
        raise AnnotateError(f"{type(fault).__name__}: {fault}") from fault
    return next((_ENDINGS.get(one["ContentType"], "") for one in found if one["PartName"].lower() == path), "")


def _annotated(data: bytes, marks: Marks, listing: Listing | None) -> bytes:
    package = opened(data)
    book = open_book(package)
    dropped = _earlier_list(package, book)
    sheets = [sheet for i, sheet in enumerate(book.sheets) if i != dropped]
    commented = {sheet.name for sheet in sheets if sheet.cells and has_our_comments(package, sheet)}
    carried = bool(book.marked or commented or dropped is not None)
    if not (marks or listing or carried):
        return data
    styles_at = next((one.path for one in package.relations(book.path) if one.kind == "styles"), "")
    if not styles_at:
        raise AnnotateError("no styles")
    styles = Styles(package.read(styles_at))
    remembered = {one.colour for there in book.marked.values() for one in there.values()}
    fills = frozenset(map(solid, {*MARKS.values(), *remembered}))
    task = Task(package, book, styles, fills, styles.styles_with(fills) if carried else frozenset())
    names: list[bytes] = []
    for sheet in sheets:
        wanted = _marks_of(sheet.name, marks)
        if sheet.cells and (wanted or carried):
            for at, before in mark_sheet(task, sheet, wanted).items():
                names.append(name_of_mark(len(names) + 1, sheet.name, at, before))
    if dropped is not None:
        _drop(package, book, book.sheets[dropped])
    new = _add_list(task, sheets, listing, opened=dropped is not None and is_open(book, dropped)) if listing else None
    if new is not None:
        names = [name_of_list(new.name), heads_of_list(new.name, HEAD_ROW), *names]
    package.write(book.path, changed(book, dropped, new, names))
    if styles.grown:
        package.write(styles_at, styles.xml())
    return package.packed()


def _marks_of(sheet: str, marks: Marks) -> Mapping[Place, Mark]:
    return {place(cell): mark for (there, cell), mark in marks.items() if there == sheet}


def _earlier_list(package: Package, book: Book) -> int | None:
    """Where the list of an earlier run stands: of what leads to it, its name, and its title, two must agree."""
    named = next((i for i, sheet in enumerate(book.sheets) if sheet.name.upper() == FINDINGS_SHEET), None)
    if book.listed is not None and book.listed == named:
        return named
    strings = [one.path for one in package.relations(book.path) if one.kind == "sharedstrings"]
    texts = package.read(strings[0]) if strings else None
    for at in (book.listed, named):
        if at is not None and book.sheets[at].cells and is_list(package.read(book.sheets[at].part), texts):
            return at
    return None


def _drop(package: Package, book: Book, sheet: BookSheet) -> None:
    package.remove(sheet.part)
    package.unrelate(book.path, sheet.relation)
    for chain in package.relations(book.path):
        # Excel works the chain out again; one that names formulas of a sheet that is gone it calls damage.
        if chain.kind == "calcchain" and str(sheet.number).encode() in _CHAIN_SHEET.findall(package.read(chain.path)):
            package.remove(chain.path)
            package.unrelate(book.path, chain.id)


def _add_list(task: Task, sheets: list[BookSheet], listing: Listing, *, opened: bool) -> BookSheet:
    if any(sheet.name.upper() == FINDINGS_SHEET for sheet in sheets):
        raise AnnotateError("a sheet has the name of the list")
    package, book = task.package, task.book
    namespace = attribute(book.part.root.attributes, "xmlns") or ""
    targets = {sheet.name for sheet in sheets if sheet.cells and not sheet.hidden}
    xml = list_xml(listing, targets, task.styles, namespace, opened=opened)
    path = package.unused(posixpath.join(posixpath.dirname(book.path), "worksheets", "sheet{}.xml"))
    package.write(path, xml)
    package.declare(path, _SHEET_TYPE)
    relation = package.relate(book.path, f"{book.relations}/worksheet", path)
    return BookSheet(
        FINDINGS_SHEET, max(sheet.number for sheet in sheets) + 1, relation, path, cells=True, hidden=False
    )
