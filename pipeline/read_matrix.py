"""The cells of a matrix by the codes of their rows and columns, wherever these stand."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pipeline.findings import Finding
from pipeline.layout import FoundTable, a1, column_letters
from pipeline.numbers import read_text
from pipeline.read_book import Sheet
from pipeline.read_cells import read_entry
from pipeline.submission import Entry, TablePlace
from schemas.errors import DefinitionError
from schemas.form import Key, Table
from schemas.period import Period


@dataclass(frozen=True, slots=True)
class ReadMatrix:
    """What a matrix says: its filled cells, where it stands, what was found."""

    entries: Mapping[Key, Entry]
    place: TablePlace
    findings: tuple[Finding, ...]


def read_matrix(table: Table, form: str, sheet: Sheet, found: FoundTable, period: str) -> ReadMatrix:
    """The cells of a matrix that stands on a sheet as ``found``; of a code that stands twice none is taken."""
    grid, measures = table.grid, {measure.code for measure in table.measures}
    rows_of, doubled = distinct(found.rows)
    columns_of, _ = distinct(found.columns)
    findings = [*_code_findings(form, sheet.name, found, grid.keys(), doubled)]
    findings += measure_findings(form, sheet.name, found, measures)
    entries: dict[Key, Entry] = {}
    unread, percents = sheet.unread, sheet.percents
    columns = [(measure, j, column_letters(j)) for measure, j in columns_of.items()]
    for code, i in rows_of.items():
        asked, row, line = grid.get(code), sheet.rows[i], str(i + 1)
        if asked is None:
            continue
        for measure, j, letters in columns:
            raw = row[j] if j < len(row) else ""
            if unread:
                raw = unread.get(letters + line, raw)
            if raw == "" or raw is None:
                continue
            at, cell = letters + line, asked.get(measure)
            if cell is not None:
                entry, finding = read_entry(cell, sheet.name, at, raw, as_percent=at in percents)
                if entry is not None:
                    entries[cell.key] = entry
                if finding is not None:
                    findings.append(finding)
            elif measure in measures and (text := read_text(raw)):
                findings.append(Finding("not-asked", "soft", form=form, sheet=sheet.name, cells=(at,), value=text))
    findings += _gone(form, table, sheet.name, found, period)
    return ReadMatrix(entries, TablePlace(sheet.name, rows_of, columns_of), tuple(findings))


def distinct(found: Sequence[tuple[str, int]]) -> tuple[dict[str, int], dict[str, list[int]]]:
    """Codes that stand once, with their row or column; codes that stand twice, with theirs."""
    once = dict(found)
    if len(once) == len(found):
        return once, {}
    places: dict[str, list[int]] = {}
    for code, i in found:
        places.setdefault(code, []).append(i)
    once = {code: where[0] for code, where in places.items() if len(where) == 1}
    return once, {code: where for code, where in places.items() if len(where) > 1}


def _code_findings(
    form: str,
    sheet: str,
    found: FoundTable,
    known: Collection[str],
    doubled: Mapping[str, list[int]],
) -> Iterator[Finding]:
    for code, i in found.rows:
        if code not in known:
            yield Finding("code-unknown", "hard", form=form, sheet=sheet, cells=(a1(i, 0),), value=code)
    for code, where in doubled.items():
        cells = tuple(a1(i, 0) for i in where)
        yield Finding("code-duplicate", "hard", form=form, sheet=sheet, cells=cells, value=code)


def asked_rows(table: Table, period: str) -> frozenset[str]:
    """The codes of the rows that such a period asks."""
    return table.asked[_kind(period)]


@cache
def _kind(period: str) -> str:
    """The kind of a period as a file states it; empty for one that is none."""
    try:
        return Period.parse(period).kind
    except DefinitionError:
        return ""


def _gone(form: str, table: Table, sheet: str, found: FoundTable, period: str) -> Iterator[Finding]:
    """The rows that are gone, of those that such a period asks."""
    gone = asked_rows(table, period) - {code for code, _ in found.rows}
    if gone:
        yield Finding("code-missing", "hard", form=form, sheet=sheet, params={"names": ", ".join(sorted(gone))})


def measure_findings(form: str, sheet: str, found: FoundTable, known: set[str]) -> Iterator[Finding]:
    """Columns of no known code, of one that stands twice, and those that are gone."""
    _, doubled = distinct(found.columns)
    for code, j in found.columns:
        if code not in known:
            cells = (a1(found.code_row, j),)
            yield Finding("measure-unknown", "hard", form=form, sheet=sheet, cells=cells, value=code)
    for code, where in doubled.items():
        places = tuple(a1(found.code_row, j) for j in where)
        yield Finding("measure-duplicate", "hard", form=form, sheet=sheet, cells=places, value=code)
    lost = known - {code for code, _ in found.columns}
    if lost:
        names = ", ".join(sorted(lost))
        yield Finding("measure-missing", "hard", form=form, sheet=sheet, params={"names": names})
