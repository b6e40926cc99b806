"""The marks of one sheet: colours, comments and their boxes, those of an earlier run taken away."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.annotate_book import Book, BookSheet, Remembered
from pipeline.annotate_boxes import boxes, scale
from pipeline.annotate_comments import AUTHOR, HEAD, Renewed, note, renewed
from pipeline.annotate_parts import Package
from pipeline.annotate_sheet import (
    Place,
    Sheet,
    cells_with,
    mentions,
    notes_drawing,
    place,
    restyling,
    sheet,
    shown_at,
    style_of,
    with_notes_drawing,
)
from pipeline.annotate_styles import Styles, solid
from pipeline.annotate_xml import Edit, attribute, spliced
from pipeline.findings import SEVERITIES, Severity
from pipeline.guard_bounds import address
from pipeline.styles import MARKS, NAMES

_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
_DRAWING_TYPE = "application/vnd.openxmlformats-officedocument.vmlDrawing"
_THREAD = re.compile(rb"<threadedComment\b[^>]*?\bref=[\"']([A-Z]+[0-9]+)[\"']")


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell to colour, and what its comment says."""

    severity: Severity
    comment: str


@dataclass(frozen=True, slots=True)
class Task:
    """What the sheets of a file have in common while they are marked.

    ``fills`` are those of all marks, of this run and of earlier ones; ``worn`` are the styles that cells which were
    marked before may have.
    """

    package: Package
    book: Book
    styles: Styles
    fills: frozenset[str]
    worn: frozenset[int]


def has_our_comments(package: Package, one: BookSheet) -> bool:
    """Whether a comment of the sheet is ours."""
    parts = [package.read(relation.path) for relation in package.relations(one.part) if relation.kind == "comments"]
    return any(ours in part for part in parts for ours in (HEAD.encode(), f">{AUTHOR}<".encode()))


def mark_sheet(task: Task, one: BookSheet, marks: Mapping[Place, Mark]) -> Mapping[Place, Remembered]:
    """Mark the cells of one sheet, and say which were coloured and what fill each had before."""
    xml = task.package.read(one.part)
    if not (marks or mentions(xml, task.worn) or has_our_comments(task.package, one)):
        return {}
    given = sheet(xml)
    styles: dict[Place, int] = {}
    before = task.book.marked.get(one.name, {})
    for at, style in cells_with(given, task.worn).items():
        # Whoever copied the colour of a mark here: the cell gets back what it had.
        old = before[at].fill if at in before else task.styles.likely_fill(style, task.fills)
        styles[at] = task.styles.filled(style, old)
    coloured: dict[Place, Remembered] = {}
    shown = _by_shown_cell(given, marks)
    for at, mark in sorted(shown.items()):
        style = styles.get(at, style_of(given, at))
        fill, colour = task.styles.fill(style), MARKS[mark.severity]
        # A fill that no name can tell could not be given back.
        if fill is not None:
            styles[at] = task.styles.filled(style, solid(colour))
            coloured[at] = Remembered(colour.lstrip("#"), fill)
    edits = restyling(given, styles) + _comment(task, one, given, shown)
    if edits:
        task.package.write(one.part, spliced(xml, edits))
    return coloured


def _by_shown_cell(given: Sheet, marks: Mapping[Place, Mark]) -> Mapping[Place, Mark]:
    """The marks at the cells where they are seen; two of joined cells become one, as grave as the graver."""
    shown: dict[Place, Mark] = {}
    for at, first in shown_at(given, marks).items():
        mark, other = marks[at], shown.get(first)
        if other is not None:
            severity = min(mark.severity, other.severity, key=SEVERITIES.index)
            mark = Mark(severity, f"{other.comment}\n{mark.comment}")
        shown[first] = mark
    return shown


def _comment(task: Task, one: BookSheet, given: Sheet, marks: Mapping[Place, Mark]) -> list[Edit]:
    """Write the comments of a sheet; what must change in the sheet itself is returned."""
    package = task.package
    relations = package.relations(one.part)
    old = next((relation for relation in relations if relation.kind == "comments"), None)
    threads = {
        ref.decode()
        for relation in relations
        if relation.kind == "threadedcomment"
        for ref in _THREAD.findall(package.read(relation.path))
    }
    words = {
        address(*at): note(NAMES[mark.severity], mark.comment) for at, mark in sorted(marks.items()) if mark.comment
    }
    if not words and old is None:
        return []
    namespace = attribute(given.part.root.attributes, "xmlns") or ""
    before = package.read(old.path) if old else None
    new = renewed(before, words, threads, namespace)
    if new.xml is None and old is not None:
        package.remove(old.path)
        package.unrelate(one.part, old.id)
    elif new.xml is not None and old is None:
        path = package.unused(f"{_folder(task.book)}comments{{}}.xml")
        package.write(path, new.xml)
        package.declare(path, _COMMENTS_TYPE)
        package.relate(one.part, f"{task.book.relations}/comments", path)
    elif new.xml is not None and new.xml != before and old is not None:
        package.write(old.path, new.xml)
    return _draw(task, one, given, new) if new.gone or new.made or new.longer else []


def _draw(task: Task, one: BookSheet, given: Sheet, new: Renewed) -> list[Edit]:
    """Draw the boxes of the comments; what must change in the sheet itself is returned."""
    package = task.package
    tag, relation = notes_drawing(given) or (None, "")
    path = next((known.path for known in package.relations(one.part) if tag and known.id == relation), "")
    drawn = boxes(
        package.read(path) if tag else None,
        one.number,
        {place(ref) for ref in new.gone},
        {place(ref): text for ref, text in new.made.items()},
        {place(ref): text for ref, text in new.longer.items()},
        scale(given),
    )
    if tag and drawn is None:
        package.remove(path)
        package.unrelate(one.part, relation)
        return [(tag.start, tag.end, b"")]
    if tag and drawn is not None:
        package.write(path, drawn)
    elif drawn is not None:
        path = package.unused(f"{_folder(task.book)}drawings/vmlDrawing{{}}.vml")
        package.write(path, drawn)
        package.declare_ending("vml", _DRAWING_TYPE)
        to = package.relate(one.part, f"{task.book.relations}/vmlDrawing", path)
        return [with_notes_drawing(given, to, task.book.relations)]
    return []


def _folder(book: Book) -> str:
    folder = posixpath.dirname(book.path)
    return f"{folder}/" if folder else ""
