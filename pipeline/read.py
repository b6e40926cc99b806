"""Returned files into submissions: identity and cells by code, every cell with its sheet and address.

Nothing here judges a figure; a cell that cannot be read with certainty is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

from pipeline.findings import Finding
from pipeline.guard import Inspection, inspect
from pipeline.layout import INFO_CODES, INFO_SHEET, META_SHEET, UNREAD_SHEETS, FoundTable, a1, find_tables
from pipeline.numbers import read_text
from pipeline.read_book import Book, Rows, UnreadableError, open_book
from pipeline.read_cells import read_entry
from pipeline.read_files import ArchiveError, File, archive_of, paths, plain, refused, relative, unpacked
from pipeline.read_list_cells import ERROR
from pipeline.read_lists import errors_shown, read_list
from pipeline.submission import Entry, Item, Submission, TablePlace
from schemas.errors import DefinitionError
from schemas.form import Cell, Forms, Key, Table
from schemas.period import Period

_THREADS = 4


def read_inbox(inbox: Path, root: Path, forms: Forms) -> list[Submission]:
    """Every file below ``inbox``, in the order of their paths; what cannot be read is quarantined with its reason."""
    found = list(paths(inbox))
    return read_files([path for path in found if path.is_file()], root, forms) + [
        refused(File(path, relative(path, root), forms), b"", "not-a-file") for path in found if path.is_dir()
    ]


def read_files(files: Iterable[Path], root: Path, forms: Forms) -> list[Submission]:
    """These files, and for an archive those in it; ``root`` is the folder that their names are relative to.

    The path of one file in an archive gives that one.
    """
    named = [File(path, relative(path, root), forms) for path in files]
    if len(named) < 2:
        return [submission for file in named for submission in _read(file)]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(chain.from_iterable(pool.map(_read, named)))


def _read(file: File) -> list[Submission]:
    archive = archive_of(file.path)
    if file.member is None and archive != file.path:
        inside = file.path.relative_to(archive).as_posix()
        whole = replace(file, path=archive, name=file.name.removesuffix(f"/{inside}"))
        return [submission for submission in _read(whole) if submission.file == file.name]
    try:
        data = file.read()
    except OSError:
        return [refused(file, b"", "damaged")]
    looked = inspect(data)
    if looked.kind == "zip" and looked.refusal == "not-a-workbook" and file.member is None:
        return _read_archive(file, data, looked)
    if looked.refusal:
        return [refused(file, data, looked.refusal, looked.params)]
    try:
        return [_read_workbook(file, data, looked)]
    except UnreadableError:
        return [refused(file, data, "damaged")]


def _read_archive(file: File, data: bytes, looked: Inspection) -> list[Submission]:
    """What stands in a zip of returns; one that holds none, and nothing that is kept beside one, is one fault."""
    try:
        read = [submission for member in unpacked(file, data) for submission in _read(member)]
    except ArchiveError as fault:
        return [refused(file, data, str(fault))]
    known = any(submission.unit or submission.status == "set-aside" for submission in read)
    return read if known else [refused(file, data, looked.refusal, looked.params)]


def _read_workbook(file: File, data: bytes, looked: Inspection) -> Submission:
    book, errors = open_book(looked.clean or data, looked.kind), looked.errors
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
    seen: set[str] = set()
    tables: dict[str, list[TablePlace]] = {}
    where = _where(book)
    for sheet, rows, found in where:
        seen.add(found.id)
        twins = [(other, twin) for other, _, twin in where if twin.id == found.id]
        if len(twins) > 1:
            findings += _twice(file.forms, twins) if found is twins[0][1] else []
            continue
        form_id, table = _table(file.forms, found.id)
        wrong = frozenset(errors.get(sheet, ()))
        if table is not None and table.kind == "list":
            shown = errors_shown(rows, wrong, found) if wrong else rows
            listed = read_list(table, form_id, sheet, shown, found)
            items[form_id] = (*items.get(form_id, ()), *listed.items)
            findings += listed.findings
            findings += _measure_findings(form_id, sheet, found, {measure.code for measure in table.measures})
            place = listed.place
        else:
            place = _read_table(form_id, table, sheet, rows, found, wrong, entries, findings)
            findings += _gone(form_id, table, sheet, found, known.period)
        tables.setdefault(form_id, []).append(place)
    asked = [form.strip() for form in meta.get("package", "").split("+")]
    findings += _missing_forms(file, asked, seen)
    named = [replace(f, unit=known.unit, period=known.period, file=file.name) for f in findings]
    places = {form_id: tuple(found) for form_id, found in tables.items()}
    info, info_at = _info(book)
    whole = replace(known, entries=entries, items=items, findings=tuple(named), tables=places)
    return replace(whole, info=info, info_at=info_at)


def _notes(book: Book, looked: Inspection) -> Iterator[Finding]:
    """What the office may like to know of how a file was read."""
    if looked.macros:
        yield Finding("macros-ignored", "info")
    if book.second:
        yield Finding("second-reader", "info", value=book.second[:200])


def _where(book: Book) -> list[tuple[str, Rows, FoundTable]]:
    """Every table of the book, with its sheet and that sheet's rows."""
    found: list[tuple[str, Rows, FoundTable]] = []
    for sheet, rows in book.rows.items():
        if sheet not in (META_SHEET, INFO_SHEET, *UNREAD_SHEETS):
            found += [(sheet, rows, table) for table in find_tables(rows)]
    return found


def _twice(forms: Forms, twins: Sequence[tuple[str, FoundTable]]) -> Iterator[Finding]:
    sheet, table = twins[0]
    places = [(other, a1(twin.code_row, 0)) for other, twin in twins]
    cells = tuple(place if other == sheet else f"{other}!{place}" for other, place in places)
    form_id = _table(forms, table.id)[0] or sheet
    yield Finding("table-duplicate", "hard", form=form_id, sheet=sheet, cells=cells, value=f"#{table.id}")


def _meta(book: Book) -> dict[str, str]:
    if META_SHEET not in book.names:
        return {}
    rows = book.rows[META_SHEET]
    return {str(row[0]).strip(): read_text(row[1]) for row in rows if len(row) > 1 and row[0] != ""}


def _info(book: Book) -> tuple[dict[str, str], dict[str, str]]:
    """Who filled and who signs, by code, and the cells in which that stands."""
    if INFO_SHEET not in book.names:
        return {}, {}
    rows = book.rows[INFO_SHEET]
    filled = [(i, row) for i, row in enumerate(rows) if len(row) > 2 and row[0] in INFO_CODES and row[2] != ""]
    return {str(row[0]): read_text(row[2]) for _, row in filled}, {str(row[0]): a1(i, 2) for i, row in filled}


def _missing_forms(file: File, asked: Iterable[str], seen: set[str]) -> Iterator[Finding]:
    for form_id in asked:
        form = file.forms.by_id.get(form_id)
        for table in form.tables if form else ():
            if table.id not in seen:
                yield Finding("form-missing", "hard", form=form_id, params={"table": table.id})


def _read_table(
    form_id: str,
    table: Table | None,
    sheet: str,
    rows: Rows,
    found: FoundTable,
    errors: frozenset[str],
    entries: dict[Key, Entry],
    findings: list[Finding],
) -> TablePlace:
    if table is None:
        place = a1(found.code_row, 0)
        findings.append(Finding("code-unknown", "hard", sheet=sheet, cells=(place,), value=f"#{found.id}", form=sheet))
        return TablePlace(sheet, {}, {})
    known = {row.code for row in table.indicators}
    measures = {measure.code for measure in table.measures}
    rows_of, doubled = _distinct(found.rows)
    columns_of, _ = _distinct(found.columns)
    findings += _code_findings(form_id, sheet, found, known, doubled)
    findings += _measure_findings(form_id, sheet, found, measures)
    for code, i in rows_of.items():
        if code not in known:
            continue
        row = rows[i]
        for measure, j in columns_of.items():
            raw = row[j] if j < len(row) else ""
            if raw == "" or raw is None:
                if not errors or a1(i, j) not in errors:
                    continue
                raw = ERROR
            cell = table.cells.get(Key(form_id, code, measure))
            if cell is not None:
                _add(cell, sheet, a1(i, j), raw, entries, findings)
            elif measure in measures and (text := read_text(raw)):
                at = (a1(i, j),)
                findings.append(Finding("not-asked", "soft", form=form_id, sheet=sheet, cells=at, value=text))
    return TablePlace(sheet, rows_of, columns_of)


def _add(cell: Cell, sheet: str, address: str, raw: object, entries: dict[Key, Entry], findings: list[Finding]) -> None:
    entry, finding = read_entry(cell, sheet, address, raw)
    if entry is not None:
        entries[cell.key] = entry
    if finding is not None:
        findings.append(finding)


def _table(forms: Forms, table_id: str) -> tuple[str, Table | None]:
    for form in forms:
        for table in form.tables:
            if table.id == table_id:
                return form.id, table
    return "", None


def _distinct(found: Iterable[tuple[str, int]]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Codes that stand once, with their row or column; codes that stand twice, with theirs."""
    places: dict[str, list[int]] = {}
    for code, i in found:
        places.setdefault(code, []).append(i)
    once = {code: where[0] for code, where in places.items() if len(where) == 1}
    return once, {code: where for code, where in places.items() if len(where) > 1}


def _code_findings(
    form_id: str,
    sheet: str,
    found: FoundTable,
    known: set[str],
    doubled: Mapping[str, list[int]],
) -> Iterator[Finding]:
    for code, i in found.rows:
        if code not in known:
            yield Finding("code-unknown", "hard", form=form_id, sheet=sheet, cells=(a1(i, 0),), value=code)
    for code, where in doubled.items():
        cells = tuple(a1(i, 0) for i in where)
        yield Finding("code-duplicate", "hard", form=form_id, sheet=sheet, cells=cells, value=code)


def _gone(form_id: str, table: Table | None, sheet: str, found: FoundTable, period: str) -> Iterator[Finding]:
    """The rows that are gone, of those that such a period asks."""
    try:
        kind: str = Period.parse(period).kind
    except DefinitionError:
        kind = ""
    asked = {row.code for row in table.indicators if not row.periods or kind in row.periods} if table else set()
    gone = asked - {code for code, _ in found.rows}
    if gone:
        names = ", ".join(sorted(gone))
        yield Finding("code-missing", "hard", form=form_id, sheet=sheet, params={"names": names})


def _measure_findings(form_id: str, sheet: str, found: FoundTable, known: set[str]) -> Iterator[Finding]:
    _, doubled = _distinct(found.columns)
    for code, j in found.columns:
        if code not in known:
            cells = (a1(found.code_row, j),)
            yield Finding("measure-unknown", "hard", form=form_id, sheet=sheet, cells=cells, value=code)
    for code, where in doubled.items():
        places = tuple(a1(found.code_row, j) for j in where)
        yield Finding("measure-duplicate", "hard", form=form_id, sheet=sheet, cells=places, value=code)
    lost = known - {code for code, _ in found.columns}
    if lost:
        names = ", ".join(sorted(lost))
        yield Finding("measure-missing", "hard", form=form_id, sheet=sheet, params={"names": names})
