"""Figures that a unit put where nothing is asked: they are not counted, and the unit is told so.

What a package brings along is none of them: last period's figures, checks, totals of a list, what stands behind these.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.formulas_list import CLOSED, COUNTS, COUNTS_NOT
from pipeline.layout import FoundTable, a1
from pipeline.read_book import Rows, Sheet
from pipeline.read_labels_heads import FURNITURE, NUMBER_HEAD, PREVIOUS_HEAD, column_of
from pipeline.read_labels_match import words
from pipeline.submission import TablePlace
from schemas.form import Table

Cell = tuple[int, int]

# A figure typed as text.
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]{3})*")
_FURNITURE = frozenset(words(head) for head in FURNITURE)
# What stands behind the lines of a list says whether they count.
_HELPERS = frozenset({float(COUNTS), float(COUNTS_NOT), float(CLOSED)})
# The titles of the sheets that the program writes for people, should a unit have renamed them.
_TITLES = frozenset(
    words(title)
    for title in (
        "KIỂM TRA TRƯỚC KHI GỬI",
        "NHỮNG CHỖ CẦN XEM TRONG BỘ BIỂU ĐÃ GỬI",
        "BỘ BIỂU NÀY CỘNG TỪ SỐ LIỆU CỦA CÁC ĐƠN VỊ SAU",
    )
)
# So many places are named; how many there are is told always.
_MOST = 60


@dataclass(frozen=True, slots=True)
class Area:
    """A table as it stands on a sheet: its head, the rows and columns that bear codes or are rows of a list.

    ``table`` is missing where nothing is read of it, which has a finding of its own.
    """

    sheet: str
    found: FoundTable
    table: Table | None = None
    form: str = ""
    head: int | None = None
    rows: Collection[int] = ()
    columns: Collection[int] = ()


def area_of(
    table: Table, form: str, sheet: str, found: tuple[FoundTable, FoundTable], head: int | None, place: TablePlace
) -> Area:
    """The table that was read there: ``found`` as its codes stand in the file and as it was read.

    What stands under codes that are none of the table's is told elsewhere.
    """
    coded, read = found
    known = {row.code for row in table.indicators}
    rows = {*place.rows.values(), *(i for _, i in read.rows), *(i for code, i in coded.rows if code not in known)}
    return Area(sheet, read, table, form, head, rows, {j for one in found for _, j in one.columns})


def figures_outside(sheets: Iterable[Sheet], areas: Sequence[Area]) -> Iterator[Finding]:
    """One finding for each sheet on which figures stand outside the cells that are asked."""
    by_sheet: dict[str, list[Area]] = {}
    for area in areas:
        by_sheet.setdefault(area.sheet, []).append(area)
    for sheet in sheets:
        here = by_sheet.get(sheet.name, [])
        if not here and _is_ours(sheet.rows):
            continue
        cells = _around(sheet.rows, here) + [cell for area in here for cell in _inside(sheet.rows, area)]
        if not cells:
            continue
        finding_id = "figures-outside" if here else "figures-elsewhere"
        yield Finding(
            finding_id,
            CATALOGUE[finding_id].severity,
            form=here[0].form if here else "",
            sheet=sheet.name,
            cells=tuple(a1(*cell) for cell in sorted(cells)[:_MOST]),
            value=str(len(cells)),
            params={"count": len(cells)},
        )


def _is_ours(rows: Rows) -> bool:
    """Whether the program wrote the sheet for people."""
    first = (cell for row in rows[:1] for cell in row if isinstance(cell, str) and cell)
    return any(words(cell) in _TITLES for cell in first)


def _around(rows: Rows, areas: Sequence[Area]) -> list[Cell]:
    """The figures above, between and below the tables."""
    inside = set[int]()
    for area in areas:
        inside.update(range(area.found.code_row, area.found.end_row + 1), area.rows)
    return [(i, j) for i, row in enumerate(rows) if i not in inside for j in _figures(row)]


def _inside(rows: Rows, area: Area) -> list[Cell]:
    """The figures in rows and columns of a table that have no code."""
    if area.table is None or area.head is None:
        return []
    head, found = rows[area.head], area.found
    marked = {i for _, i in found.rows} if area.table.kind == "list" else set()
    lines = [i for i in range(found.code_row + 1, found.end_row) if i != area.head and i not in marked]
    coded = [i for i in lines if i in area.rows]
    free = _free(rows, area, head, lines)
    beside = [(i, j) for j in free for i in coded if j < len(rows[i]) and rows[i][j] != "" and is_figure(rows[i][j])]
    asked = {*free, *area.columns} - {column_of(head, NUMBER_HEAD)}
    return beside + [(i, j) for i in lines if i not in area.rows for j in _figures(rows[i]) if j in asked]


def _free(rows: Rows, area: Area, head: Sequence[object], lines: Sequence[int]) -> list[int]:
    """The columns of a table that hold figures, ask nothing and are none of those that every package has."""
    assert area.table is not None
    others = [j for j in range(1, len(head)) if j not in area.columns and not is_furniture(head[j])]
    free = [j for j in others if any(j < len(rows[i]) and rows[i][j] != "" and is_figure(rows[i][j]) for i in lines)]
    if free and column_of(head, NUMBER_HEAD) is None:
        free = [j for j in free if not _counts(rows, lines, j)]
    if area.table.kind == "list":
        return [j for j in free if head[j] != "" or not _helps(rows, lines, j)]
    if free and column_of(head, PREVIOUS_HEAD) is None:
        # Under a head of another wording last period's figures still stand right behind those that are asked.
        types = {measure.code: measure.type for measure in area.table.measures}
        behind = 1 + max((j for code, j in area.found.columns if types.get(code, "text") != "text"), default=0)
        free.remove(behind if behind in free else free[0])
    return free


def _counts(rows: Rows, lines: Sequence[int], j: int) -> bool:
    """Whether a column holds the numbers of the rows: words in a matrix, in a list the numbers from 1 up."""
    there = [cell for i in lines if j < len(rows[i]) and is_figure(cell := rows[i][j])]
    up = len(set(there)) == len(there) and set(there) <= set(range(1, 2 * len(lines) + 1))
    return up or all(isinstance(cell, str) for cell in there)


def is_furniture(head: object) -> bool:
    """Whether a column under these words is one that every package has beside what is asked."""
    return head in FURNITURE or (isinstance(head, str) and head != "" and words(head) in _FURNITURE)


def _helps(rows: Rows, lines: Iterable[int], j: int) -> bool:
    """Whether a column without a head says of the lines of a list which of them count."""
    return all(row[j] in _HELPERS for i in lines if j < len(row := rows[i]) and is_figure(row[j]))


def _figures(row: Sequence[object]) -> list[int]:
    return [j for j, cell in enumerate(row) if cell != "" and is_figure(cell)]


def is_figure(cell: object) -> bool:
    """Whether a cell holds a figure, typed as a number or as text."""
    return type(cell) is float or (type(cell) is str and cell[:1].isdigit() and bool(_DIGITS.fullmatch(cell.strip())))
