"""One workbook into a submission: its identity, every cell by code with its sheet and address.

Nothing here judges a figure; a cell that cannot be read with certainty is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pipeline.findings import Finding
from pipeline.guard import Inspection
from pipeline.layout import INFO_CODES, INFO_SHEET, META_SHEET, UNREAD_SHEETS, FoundTable, a1, find_tables
from pipeline.numbers import read_text
from pipeline.read_book import Book, Sheet, open_book
from pipeline.read_files import File, plain, refused
from pipeline.read_lists import read_list
from pipeline.read_matrix import measure_findings, read_matrix
from pipeline.submission import Entry, Item, Submission, TablePlace
from schemas.form import Forms, Key, Table

Found = tuple[Sheet, FoundTable]


def read_workbook(file: File, data: bytes, looked: Inspection) -> Submission:
    """What a workbook that the guard let pass says. Raises :class:`pipeline.read_book.UnreadableError`."""
    book = open_book(looked.clean or data, looked.kind, looked.errors)
    meta = _meta(book)
    if not meta.get("unit") or not meta.get("period"):
        return refused(file, data, "no-identity")
    known = replace(
        plain(file, data),
        unit=meta["unit"],
        period=meta["period"],
        package_version=meta.get("package_version", ""),
    )
    entries: dict[Key, Entry] = {}
    items: dict[str, tuple[Item, ...]] = {}
    findings = list(_notes(book, looked))
    tables: dict[str, list[TablePlace]] = {}
    where = _where(book)
    for sheet, found in where:
        twins = [(other.name, twin) for other, twin in where if twin.id == found.id]
        if len(twins) > 1:
            findings += _twice(file.forms, twins) if found is twins[0][1] else []
            continue
        form_id, table = table_of(file.forms, found.id)
        if table is None:
            findings.append(_unknown_table(sheet.name, found))
            continue
        if table.kind == "list":
            listed = read_list(table, form_id, sheet, found)
            items[form_id] = (*items.get(form_id, ()), *listed.items)
            place, about = listed.place, listed.findings
            findings += measure_findings(form_id, sheet.name, found, {measure.code for measure in table.measures})
        else:
            read = read_matrix(table, form_id, sheet, found, known.period)
            entries |= read.entries
            place, about = read.place, read.findings
        findings += about
        tables.setdefault(form_id, []).append(place)
    asked = [form.strip() for form in meta.get("package", "").split("+")]
    findings += _missing_forms(file.forms, asked, {found.id for _, found in where})
    info, info_at = _info(book)
    return replace(
        known,
        entries=entries,
        items=items,
        findings=tuple(replace(f, unit=known.unit, period=known.period, file=file.name) for f in findings),
        tables={form_id: tuple(places) for form_id, places in tables.items()},
        info=info,
        info_at=info_at,
    )


def _notes(book: Book, looked: Inspection) -> Iterator[Finding]:
    """What the office may like to know of how a file was read."""
    if looked.macros:
        yield Finding("macros-ignored", "info")
    if book.second:
        yield Finding("second-reader", "info", value=book.second[:200])


def _where(book: Book) -> list[Found]:
    """Every table of the book, with the sheet on which it stands."""
    return [(sheet, table) for sheet in form_sheets(book) for table in find_tables(sheet.rows)]


def form_sheets(book: Book) -> list[Sheet]:
    """The sheets on which figures may stand."""
    return [sheet for name, sheet in book.sheets.items() if name not in (META_SHEET, INFO_SHEET, *UNREAD_SHEETS)]


def table_of(forms: Forms, table_id: str) -> tuple[str, Table | None]:
    """The table of that id and its form; ``None`` when there is none."""
    for form in forms:
        for table in form.tables:
            if table.id == table_id:
                return form.id, table
    return "", None


def _unknown_table(sheet: str, found: FoundTable) -> Finding:
    at = (a1(found.code_row, 0),)
    return Finding("code-unknown", "hard", sheet=sheet, cells=at, value=f"#{found.id}", form=sheet)


def _twice(forms: Forms, twins: Sequence[tuple[str, FoundTable]]) -> Iterator[Finding]:
    sheet, table = twins[0]
    places = [(other, a1(twin.code_row, 0)) for other, twin in twins]
    cells = tuple(place if other == sheet else f"{other}!{place}" for other, place in places)
    form_id = table_of(forms, table.id)[0] or sheet
    yield Finding("table-duplicate", "hard", form=form_id, sheet=sheet, cells=cells, value=f"#{table.id}")


def _meta(book: Book) -> Mapping[str, str]:
    """Keys and values of the hidden sheet that says what the workbook is."""
    rows = book.sheets[META_SHEET].rows if META_SHEET in book.sheets else ()
    return {str(row[0]).strip(): read_text(row[1]) for row in rows if len(row) > 1 and row[0] != ""}


def _info(book: Book) -> tuple[dict[str, str], dict[str, str]]:
    """Who filled and who signs, by code, and the cells in which that stands."""
    rows = book.sheets[INFO_SHEET].rows if INFO_SHEET in book.sheets else ()
    filled = [(i, row) for i, row in enumerate(rows) if len(row) > 2 and row[0] in INFO_CODES and row[2] != ""]
    return {str(row[0]): read_text(row[2]) for _, row in filled}, {str(row[0]): a1(i, 2) for i, row in filled}


def _missing_forms(forms: Forms, asked: Iterable[str], seen: set[str]) -> Iterator[Finding]:
    for form_id in asked:
        form = forms.by_id.get(form_id)
        for table in form.tables if form else ():
            if table.id not in seen:
                yield Finding("form-missing", "hard", form=form_id, params={"table": table.id})
