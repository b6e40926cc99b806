"""The workbook part: which sheets there are, and its names, in which the program remembers what it marked.

A defined name moves with its cell when a unit puts in rows, and every spreadsheet program keeps it. So each marked cell
has a hidden one, and what it is called tells the fill that the cell had before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.annotate_parts import Package
from pipeline.annotate_sheet import Place, place
from pipeline.annotate_styles import is_fill
from pipeline.annotate_xml import (
    AnnotateError,
    Document,
    Edit,
    attribute,
    children,
    closing,
    document,
    ending,
    escaped,
    only,
    plain_text,
    spliced,
    tags,
    written,
)
from pipeline.annotate_xml import with_attribute as with_
from pipeline.annotate_xml import without_attribute as without
from pipeline.guard_bounds import address

_OURS = "_tonghop_"
_LIST = f"{_OURS}list"
_MARK = re.compile(rf"{_OURS}[0-9]+_([0-9A-F]{{6}})_(\w+)")
_TARGET = re.compile(r"\$?(?:'((?:[^']|'')+)'|([^'!]+))!(\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::\$?[A-Z]{1,3}\$?[0-9]{1,7})?")
_USUAL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_BEFORE_NAMES = ("sheets", "functionGroups", "externalReferences")


@dataclass(frozen=True, slots=True)
class BookSheet:
    """A sheet: its name, number and relationship, where its part is, and whether it holds cells."""

    name: str
    number: int
    relation: str
    part: str
    cells: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a defined name tells of a cell that was marked: the colour, as six digits, and the fill before it."""

    colour: str
    fill: str


@dataclass(frozen=True, slots=True)
class Book:
    """The workbook part: its path, the start of the types of its relationships, its sheets in their order.

    ``marked`` are the cells that were marked before, by the name of the sheet; ``listed`` is where in the order the
    sheet stands that lists the findings of last time, as its name tells.
    """

    path: str
    part: Document
    relations: str
    sheets: tuple[BookSheet, ...]
    marked: Mapping[str, Mapping[Place, Remembered]]
    listed: int | None


def open_book(package: Package) -> Book:
    """The workbook of a file; raises :class:`AnnotateError` where one cannot be changed for certain."""
    paths = [one.path for one in package.relations("") if one.kind == "officedocument"]
    if len(set(paths)) != 1:
        raise AnnotateError("not one workbook")
    if any(path.startswith("_xmlsignatures/") for path in package.entries):
        raise AnnotateError("the file is signed")
    [path] = set(paths)
    part = document(package.read(path), "workbook")
    relations = {one.id: one for one in package.relations(path)}
    if any(one.kind == "revisionheaders" for one in relations.values()):
        raise AnnotateError("the file keeps a log of its changes")
    sheets = []
    for tag in tags(part.masked, "sheet", part.root.end, part.stop):
        said = written(tag.attributes)
        relation = next((value for name, value in said.items() if name.endswith(":id")), "")
        to = relations.get(relation)
        if to is None:
            raise AnnotateError("a sheet without a part")
        shown = said.get("state", "visible") == "visible"
        name, number = said.get("name", ""), int(said["sheetId"])
        sheets.append(BookSheet(name, number, relation, to.path, to.kind == "worksheet", not shown))
    if not sheets or len({sheet.name.lower() for sheet in sheets}) != len(sheets):
        raise AnnotateError("no sheets, or two of one name")
    strict = b"purl.oclc.org" in part.root.attributes
    marked, listed = _remembered(part, {sheet.name: i for i, sheet in enumerate(sheets)})
    return Book(path, part, _STRICT if strict else _USUAL, tuple(sheets), marked, listed)


def _remembered(part: Document, order: Mapping[str, int]) -> tuple[dict[str, dict[Place, Remembered]], int | None]:
    marked: dict[str, dict[Place, Remembered]] = {}
    listed = None
    for tag in tags(part.masked, "definedName", part.root.end, part.stop):
        name = attribute(tag.attributes, "name") or ""
        if not name.startswith(_OURS):
            continue
        to = _TARGET.fullmatch(plain_text(part.xml[tag.end : closing(part.masked, "definedName", tag, part.stop)]))
        sheet = (to[1] or to[2]).replace("''", "'") if to else ""
        found = _MARK.fullmatch(name)
        if to is None or sheet not in order:
            continue
        if name == _LIST:
            listed = order[sheet]
        elif found and is_fill(found[2]):
            marked.setdefault(sheet, {})[place(to[3])] = Remembered(found[1], found[2])
    return marked, listed


def is_open(book: Book, sheet: int) -> bool:
    """Whether the file opens with that sheet, given by its place in the order."""
    view = next(iter(tags(book.part.masked, "workbookView", book.part.root.end, book.part.stop)), None)
    return int(attribute(view.attributes, "activeTab") or 0 if view else 0) == sheet


def name_of_list(sheet: str) -> bytes:
    """The name that tells which sheet is the list of findings."""
    return (
        f'<definedName name="{_LIST}" hidden="1">'.encode() + escaped(f"{quoted_name(sheet)}!$A$1") + b"</definedName>"
    )


def name_of_mark(number: int, sheet: str, at: Place, before: Remembered) -> bytes:
    """The name that remembers what fill a marked cell had."""
    name = f"{_OURS}{number}_{before.colour}_{before.fill}"
    column = address(1, at[1])[:-1]
    target = escaped(f"{quoted_name(sheet)}!${column}${at[0]}")
    return f'<definedName name="{name}" hidden="1">'.encode() + target + b"</definedName>"


def heads_of_list(sheet: str, row: int) -> bytes:
    """The name that repeats a row of the first sheet on every page of it."""
    target = escaped(f"{quoted_name(sheet)}!${row}:${row}")
    return b'<definedName name="_xlnm.Print_Titles" localSheetId="0">' + target + b"</definedName>"


def quoted_name(sheet: str) -> str:
    """The name of a sheet as a formula has it."""
    doubled = sheet.replace("'", "''")
    return f"'{doubled}'"


def changed(book: Book, dropped: int | None, new: BookSheet | None, names: Sequence[bytes]) -> bytes:
    """The workbook part without one of its sheets, with a new first one, and with these names instead of ours.

    What counts sheets counts on: the one that is open, the names of one sheet.
    """
    part = book.part
    kept = [i for i in range(len(book.sheets)) if i != dropped]
    if not kept:
        raise AnnotateError("no sheet is left")
    moved = {old: i + (new is not None) for i, old in enumerate(kept)}
    edits = [
        *_sheet_edits(book, dropped, new),
        *_view_edits(book, dropped, new, moved),
        *_name_edits(part, moved, names),
    ]
    return spliced(part.xml, edits)


def _sheet_edits(book: Book, dropped: int | None, new: BookSheet | None) -> list[Edit]:
    part = book.part
    edits: list[Edit] = []
    found = tags(part.masked, "sheet", part.root.end, part.stop)
    if dropped is not None:
        edits.append((found[dropped].start, ending(part.masked, "sheet", found[dropped], part.stop), b""))
    if new is not None:
        known = attribute(part.root.attributes, "xmlns:r") == book.relations
        declared = "" if known else f' xmlns:r="{book.relations}"'
        line = b'<sheet%s name="%s" sheetId="%d" r:id="%s"/>'
        made = line % (declared.encode(), escaped(new.name), new.number, new.relation.encode())
        edits.append((found[0].start, found[0].start, made))
    return edits


def _view_edits(book: Book, dropped: int | None, new: BookSheet | None, moved: Mapping[int, int]) -> list[Edit]:
    """The sheet that was open stays open; the tabs begin with the first, so that the list can be seen."""
    part = book.part
    views = tags(part.masked, "workbookView", part.root.end, part.stop)
    first = next((moved[i] for i, sheet in enumerate(book.sheets) if i in moved and not sheet.hidden), 0)
    edits: list[Edit] = []
    for view in views:
        active = int(attribute(view.attributes, "activeTab") or 0)
        to = 0 if active == dropped and new is not None else moved.get(active, first)
        opening = old = part.xml[view.start : view.end]
        if to != active:
            opening = with_(opening, "activeTab", to)
        if new is not None:
            opening = without(opening, "firstSheet")
        if opening != old:
            edits.append((view.start, view.end, opening))
    if not views and new is not None:
        at = next(start for name, start, _ in children(part.masked, part.root.end, part.stop) if name == "sheets")
        edits.append((at, at, b'<bookViews><workbookView activeTab="1"/></bookViews>'))
    return edits


def _name_edits(part: Document, moved: Mapping[int, int], names: Sequence[bytes]) -> list[Edit]:
    section = only(part.masked, "definedNames", part.root.end, part.stop)
    new = b"".join(names)
    if section is None or section.empty:
        if not new:
            return []
        made = b"<definedNames>" + new + b"</definedNames>"
        if section is not None:
            return [(section.start, section.end, made)]
        found = children(part.masked, part.root.end, part.stop)
        at = max(end for name, _, end in found if name in _BEFORE_NAMES)
        return [(at, at, made)]
    stop = closing(part.masked, "definedNames", section, part.stop)
    edits: list[Edit] = []
    found_names = tags(part.masked, "definedName", section.end, stop)
    for tag in found_names:
        said = written(tag.attributes)
        local = said.get("localSheetId")
        if said.get("name", "").startswith(_OURS) or (local is not None and int(local) not in moved):
            edits.append((tag.start, ending(part.masked, "definedName", tag, stop), b""))
        elif local is not None and moved[int(local)] != int(local):
            opening = with_(part.xml[tag.start : tag.end], "localSheetId", moved[int(local)])
            edits.append((tag.start, tag.end, opening))
    if not new and sum(not content for _, _, content in edits) == len(found_names):
        return [(section.start, ending(part.masked, "definedNames", section, part.stop), b"")]
    return [*edits, (stop, stop, new)] if new else edits
