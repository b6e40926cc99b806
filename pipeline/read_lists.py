"""The rows of a list table: as many as there are, wherever they stand, addressed by their key."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.layout import CERTAIN_CODE, HEAD_CODE, TOTAL_CODE, FoundTable, a1
from pipeline.numbers import read_text
from pipeline.read_book import Rows, Sheet
from pipeline.read_list_cells import key_of, read_list_cell
from pipeline.submission import Entry, Item, TablePlace
from schemas.form import Cell, Key, Measure, Table
from schemas.near import fold

# What stands in column A of lines that are no rows; whatever else a unit put there, its row is read.
_NO_ROW = frozenset({HEAD_CODE, TOTAL_CODE, CERTAIN_CODE})
# What may be the key of a row below the end of the table: one word with a letter and a digit, and no signature.
_LIKE_A_KEY = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])[A-Za-z0-9_.\-/]+")
# Read differently from how it was typed, or from where: one note for a whole column of them, in words for many.
_GROUPED = {"date-as-text": "dates-as-text", "option-read": "options-read", "below-end": "below-end"}
# The same of marks: one note for those that are alike.
_MARKS = frozenset({"zero-mark", "counted-elsewhere", "placeholder"})


@dataclass(frozen=True, slots=True)
class ReadList:
    """What a list says: its filled rows, where it stands, what was found."""

    items: tuple[Item, ...]
    place: TablePlace
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list, its place from 0, and what each of its cells is."""

    measure: Measure
    at: int
    cell: Cell


def read_list(table: Table, form: str, sheet: Sheet, found: FoundTable) -> ReadList:
    """The rows of a list table that stands on a sheet as ``found``.

    A line in which nothing stands but what the register filled in is no row.
    """
    columns, rows = _columns(table, found), _shown(sheet, found)
    keyed = any(column.measure.code == table.key for column in columns)
    findings: list[Finding] = []
    items: list[Item] = []
    keys = set[str]()
    for i, below in _lines(table, rows, found, columns):
        filled = [column for column in columns if _text(rows, i, column)]
        if not any(not column.measure.prefill for column in filled):
            continue
        item, about = _item(table, form, sheet, rows[i], i, filled, keys)
        keys.add(item.key.casefold())
        items.append(item)
        findings += about
        if below:
            findings.append(_at("below-end", form, table, item, columns))
        # Where the whole column is gone, or a key shows an error, that has its own finding.
        if keyed and not item.key and table.key not in item.entries:
            findings.append(_at("key-missing", form, table, item, columns))
    lines = {"": _totals_row(found)} | {item.id: item.row for item in items}
    place = TablePlace(sheet.name, lines, {column.measure.code: column.at for column in columns})
    return ReadList(tuple(items), place, tuple(_joined(findings)))


def _columns(table: Table, found: FoundTable) -> list[_Column]:
    """The columns in their order; of one that stands twice nobody knows which counts."""
    codes = [code for code, _ in found.columns]
    at = {code: i for code, i in found.columns if codes.count(code) == 1}
    return [
        _Column(measure, at[measure.code], replace(table.columns[measure.code], role="input"))
        for measure in table.measures
        if measure.code in at
    ]


def _totals_row(found: FoundTable) -> int:
    """Where a unit sees what the columns make: the line of totals, or the head where it is gone."""
    codes = dict(found.rows)
    return codes.get(TOTAL_CODE, codes.get(HEAD_CODE, found.code_row + 1))


def _lines(table: Table, rows: Rows, found: FoundTable, columns: Sequence[_Column]) -> Iterator[tuple[int, bool]]:
    """The lines that may be rows of the list; of those below its end only what bears a key.

    A list that has lost its end has it behind its totals, or else behind the last line that bears a key.
    """
    key = next((column for column in columns if column.measure.code == table.key), None)
    head = fold(key.measure.label.vi) if key else ""
    marked = {i for code, i in found.rows if code in _NO_ROW}
    last = max((i for code, i in found.rows if code in _NO_ROW - {HEAD_CODE}), default=found.end_row)
    end = found.end_row if found.ended else last
    within = [i for i in range(found.code_row + 1, end) if i not in marked]
    if key is None:
        yield from ((i, False) for i in within)
        return
    keys = {i: key_of(_text(rows, i, key)) for i in range(found.code_row + 1, len(rows))}
    within = [i for i in within if not keys[i] or fold(keys[i]) != head]
    digits = bool(said := [keys[i] for i in within if keys[i]]) and all(words.isdigit() for words in said)

    def bears_key(i: int) -> bool:
        return bool(_LIKE_A_KEY.fullmatch(keys[i])) or (digits and keys[i].isdigit())

    if not found.ended and end == found.end_row:
        final = max((i for i in within if bears_key(i)), default=found.code_row)
        within = [i for i in within if i <= final]
    yield from ((i, False) for i in within)
    for i in range(end + 1, len(rows)):
        if rows[i] and str(rows[i][0]).startswith("#"):
            return
        if bears_key(i):
            yield i, True


def _text(rows: Rows, i: int, column: _Column) -> str:
    return read_text(rows[i][column.at]) if column.at < len(rows[i]) else ""


def _item(
    table: Table,
    form: str,
    sheet: Sheet,
    row: Sequence[object],
    i: int,
    filled: Iterable[_Column],
    taken: Collection[str],
) -> tuple[Item, list[Finding]]:
    """One row; a second row of a key, and one without, are known by their place and not counted."""
    columns = {column.measure.code: column for column in filled}
    key = key_of(read_text(row[columns[table.key].at])) if table.key in columns else ""
    counted = bool(key) and key.casefold() not in taken
    name = key if counted else f"#{i + 1}"
    entries: dict[str, Entry] = {}
    findings = []
    for code, column in columns.items():
        at, raw = a1(i, column.at), row[column.at]
        entry, finding = read_list_cell(
            column.cell, column.measure, sheet.name, at, raw, as_percent=at in sheet.percents
        )
        if entry is not None:
            entries[code] = entry._replace(key=Key(form, name, code))
        if finding is not None:
            findings.append(replace(finding, indicator=name))
    closed = any(column.measure.closes and code in entries for code, column in columns.items())
    return Item(name, key, sheet.name, i, entries, counted, closed), findings


def _at(finding_id: str, form: str, table: Table, item: Item, columns: Sequence[_Column]) -> Finding:
    """A finding of a whole row, at its key."""
    at = next((column.at for column in columns if column.measure.code == table.key), columns[0].at)
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        form=form,
        sheet=item.sheet,
        cells=(a1(item.row, at),),
        indicator=item.id,
        measure=table.key,
        value=item.key,
        params={"count": 1} if finding_id in _GROUPED else {},
    )


def _joined(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The notes on one column together, at all their cells."""
    notes: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        if finding.id in _GROUPED or finding.id in _MARKS:
            alike = finding.value if finding.id in _MARKS else ""
            notes.setdefault((finding.id, finding.measure, alike), []).append(finding)
        else:
            yield finding
    for found in notes.values():
        first, cells = found[0], tuple(cell for finding in found for cell in finding.cells)
        if len(found) > 1 and first.id in _GROUPED:
            first = replace(first, say=_GROUPED[first.id], params={**first.params, "count": len(found)})
        yield replace(first, cells=cells)


def _shown(sheet: Sheet, found: FoundTable) -> Rows:
    """The rows with what stands in the cells that cannot be read."""
    if not sheet.unread:
        return sheet.rows
    shown = [list(row) for row in sheet.rows]
    for i in range(found.code_row + 1, len(shown)):
        for _, j in found.columns:
            if j < len(shown[i]):
                shown[i][j] = sheet.unread.get(a1(i, j), shown[i][j])
    return shown
