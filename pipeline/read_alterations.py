"""What a close look at a returned workbook changes in how it is read, and what the unit changed in its package."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.layout import FoundTable, a1, from_a1
from pipeline.looks import Area, Formula, Looks, is_percent, issued_format, plain_format
from pipeline.numbers import Unread
from pipeline.read_book import Book, Sheet
from pipeline.read_matrix import distinct
from schemas.form import Cell, Key, Table

_TYPED_OVER = frozenset({"derived", "computed", "verdict"})


def shown(book: Book, looks: Looks) -> Book:
    """The book as its cells look: texts in fonts from before Unicode decoded, cells shown in percent known as such."""
    if not looks.words and not looks.formats:
        return book
    formats = looks.formats or {}
    sheets = {
        name: replace(
            sheet,
            rows=_with_words(sheet, looks.words.get(name, {})),
            percents=frozenset(cell for cell, code in formats.get(name, {}).items() if is_percent(code)),
        )
        for name, sheet in book.sheets.items()
    }
    return replace(book, sheets=sheets)


def _with_words(sheet: Sheet, words: Mapping[str, str]) -> list[list[object]]:
    rows = [list(row) for row in sheet.rows]
    for cell, text in words.items():
        row, column = from_a1(cell)
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    return rows


def without_value(table: Table, form: str, sheet: Sheet, found: FoundTable, looks: Looks) -> Sheet:
    """The sheet with those formulas in input cells unread that have no value yet, or take it from another workbook."""
    formulas = (looks.formulas or {}).get(sheet.name, {})
    unread = {
        at: Unread(formula.text, "external-link" if formula.external else "formula-uncached")
        for at, cell, formula in _typed(table, form, found, formulas)
        if formula.external or not (formula.cached or cell.link)
    }
    return replace(sheet, unread={**sheet.unread, **unread}) if unread else sheet


def alterations(
    table: Table, form: str, sheet: Sheet, found: FoundTable, looks: Looks, *, lost: bool
) -> Iterator[Finding]:
    """What the unit changed of the formulas, formats and validations of a table, so far as it was looked at.

    ``lost`` says that the form has fewer formulas than it was issued with.
    """
    formulas = (looks.formulas or {}).get(sheet.name, {})
    typed = [one for one in _typed(table, form, found, formulas) if not one[2].external]
    own = [at for at, cell, formula in typed if cell.link is None and formula.cached]
    yield from _note("own-formula", form, sheet, own)
    # What a link comes to is known without Excel.
    linked = [at for at, cell, formula in typed if cell.link is not None and not formula.cached]
    yield from _note("link-uncached", form, sheet, linked)
    cells = [] if table.kind == "list" else list(_coded(table, form, found))
    if lost:
        over = [at for at, cell in cells if cell.role in _TYPED_OVER and at not in formulas and _value(sheet, at) != ""]
        yield from _note("formula-overwritten", form, sheet, over)
    inputs = [(at, cell) for at, cell in cells if cell.role == "input" and cell.is_number]
    if looks.formats is not None:
        formats = looks.formats.get(sheet.name, {})
        changed = [at for at, cell in inputs if at in formats and _differs(formats[at], cell)]
        yield from _note("format-changed", form, sheet, changed, "; ".join(sorted({formats[at] for at in changed})))
    joined = list(_joined((looks.merged or {}).get(sheet.name, ()), table, found))
    yield from _note("merged-cells", form, sheet, joined)
    if looks.validated is not None:
        areas = looks.validated.get(sheet.name, ())
        bare = [at for at, _ in inputs if not _within(at, areas)]
        yield from _note("validation-lost", form, sheet, bare)


def _joined(areas: Collection[Area], table: Table, found: FoundTable) -> Iterator[str]:
    """The first cell of each block that was made one of several in which something is asked."""
    for area in areas:
        rows = set(range(area.top - 1, area.bottom)) & set(_lines(table, found))
        columns = {j for _, j in found.columns if area.left <= j + 1 <= area.right}
        if len(rows) * len(columns) > 1:
            yield a1(area.top - 1, area.left - 1)


def _lines(table: Table, found: FoundTable) -> Collection[int]:
    """The rows of a table in which something is asked."""
    marked = {i for _, i in found.rows}
    if table.kind == "matrix":
        return marked
    return [i for i in range(found.code_row + 1, found.end_row) if i not in marked]


def fonts(looks: Looks) -> Iterator[Finding]:
    """Texts in fonts from before Unicode: those that were decoded, and those that were kept as they are."""
    names = ", ".join(looks.fonts)
    for sheet, words in looks.words.items():
        yield from _note("legacy-font", sheet, sheet, words, names)
    for sheet, cells in looks.unclear.items():
        yield from _note("legacy-font-unclear", sheet, sheet, cells, names)
    if looks.fonts and not looks.words and not looks.unclear:
        yield Finding("legacy-font-unread", "info", value=names)


def _coded(table: Table, form: str, found: FoundTable) -> Iterator[tuple[str, Cell]]:
    """The cells of a matrix with their addresses."""
    rows, columns = distinct(found.rows)[0], distinct(found.columns)[0]
    for code, i in rows.items():
        for measure, j in columns.items():
            cell = table.cells.get(Key(form, code, measure))
            if cell is not None:
                yield a1(i, j), cell


def _typed(
    table: Table, form: str, found: FoundTable, formulas: Mapping[str, Formula]
) -> Iterator[tuple[str, Cell, Formula]]:
    """The formulas in cells that a unit fills, be it in a row of a list."""
    if table.kind == "matrix":
        for at, cell in _coded(table, form, found):
            if cell.is_observed and at in formulas:
                yield at, cell, formulas[at]
        return
    lines = frozenset(_lines(table, found))
    columns = {j: table.columns[code] for code, j in found.columns if code in table.columns}
    for at, formula in formulas.items():
        row, column = from_a1(at)
        if row in lines and column in columns:
            yield at, columns[column], formula


def _value(sheet: Sheet, at: str) -> object:
    row, column = from_a1(at)
    return sheet.rows[row][column] if row < len(sheet.rows) and column < len(sheet.rows[row]) else ""


def _differs(code: str, cell: Cell) -> bool:
    # Excel itself gives the cell such a format when "39,1%" is typed.
    if cell.type == "percent" and is_percent(code):
        return False
    return plain_format(code) != plain_format(issued_format(cell))


def _within(at: str, areas: Collection[Area]) -> bool:
    row, column = from_a1(at)
    return any(area.top <= row + 1 <= area.bottom and area.left <= column + 1 <= area.right for area in areas)


def _note(finding_id: str, form: str, sheet: Sheet | str, cells: Collection[str], value: str = "") -> Iterator[Finding]:
    if cells:
        name = sheet if isinstance(sheet, str) else sheet.name
        said = value or str(len(cells))
        yield Finding(finding_id, CATALOGUE[finding_id].severity, form=form, sheet=name, cells=tuple(cells), value=said)
