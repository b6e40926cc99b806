"""The lines of a list that are no rows of it, its head and its totals, where their codes are gone or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.layout import CERTAIN_CODE, HEAD_CODE, TOTAL_CODE, FoundTable, a1
from pipeline.read_book import Rows
from pipeline.read_labels_heads import NUMBER_HEAD, column_of, text_at
from pipeline.read_labels_match import words
from schemas.form import NUMBER_TYPES, Table

TOTAL_WORD = "Cộng"
"""What stands in the line of totals where the others have their number."""

_MARKED = frozenset({HEAD_CODE, TOTAL_CODE, CERTAIN_CODE})


@dataclass(frozen=True, slots=True)
class Marked:
    """A list with its head and totals known for what they are.

    The cells by which the totals are known, where their code is gone (``given``), or stands elsewhere (``moved``).
    """

    found: FoundTable
    given: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()


def with_markers(table: Table, rows: Rows, found: FoundTable, head: int | None) -> Marked:
    """The list with its head and its totals at the lines that say so."""
    codes = {code: i for code, i in found.rows if code in _MARKED}
    marks = dict(codes)
    if head is not None:
        marks[HEAD_CODE] = head
    column = _numbers(rows, found, head)
    total = _total(table, rows, found, column, codes.get(TOTAL_CODE))
    if total is not None:
        marks[TOTAL_CODE] = total
    if CERTAIN_CODE not in marks and TOTAL_CODE in marks:
        certain = _certain(table, rows, found, column, marks[TOTAL_CODE])
        marks |= {CERTAIN_CODE: certain} if certain is not None else {}
    if marks == codes:
        return Marked(found)
    others = [(code, i) for code, i in found.rows if code not in _MARKED]
    found = replace(found, rows=tuple(sorted([*others, *marks.items()], key=lambda one: one[1])))
    at = (a1(total, column),) if total not in (None, codes.get(TOTAL_CODE)) and column is not None else ()
    return Marked(found, moved=at) if TOTAL_CODE in codes else Marked(found, given=at)


def _numbers(rows: Rows, found: FoundTable, head: int | None) -> int | None:
    """The column of the lines' numbers: the one that says so, or else the one before the first that is asked."""
    named = column_of(rows[head], NUMBER_HEAD) if head is not None else None
    first = min((j for _, j in found.columns), default=0)
    return named if named is not None else first - 1 if first else None


def _total(table: Table, rows: Rows, found: FoundTable, column: int | None, coded: int | None) -> int | None:
    """The one line that says it is the total; the line with the code where that is as good.

    Where neither word nor code is left it is the line without words whose figures are the sums of those above.
    """
    inside = range(found.code_row + 1, found.end_row)
    said = [i for i in inside if words(text_at(rows[i], column)) == words(TOTAL_WORD)]
    if len(said) == 1 and coded not in said:
        return said[0]
    if coded is not None or said:
        return coded
    return next(
        (i for i in inside if _only_numbers(table, rows[i], found, column) and _sums(table, rows, found, i)), None
    )


def _certain(table: Table, rows: Rows, found: FoundTable, column: int | None, total: int) -> int | None:
    """The hidden line of totals: right below the visible one, or wherever the same figures stand without words."""
    filled = [i for i in range(found.code_row + 1, found.end_row) if i != total and any(rows[i])]
    bare = [i for i in filled if _only_numbers(table, rows[i], found, column)]
    below = next((i for i in filled if i > total), None)
    same = (i for i in bare if all(rows[i][j] in ("", rows[total][j]) for _, j in found.columns if j < len(rows[i])))
    return below if below in bare else next(same, None)


def _sums(table: Table, rows: Rows, found: FoundTable, total: int) -> bool:
    """Whether every figure of a line is the sum of those above, two of them at least."""
    numbers = {measure.code for measure in table.measures if measure.type in NUMBER_TYPES}
    columns = [j for code, j in found.columns if code in numbers]
    sums = [[row[j] for row in rows[found.code_row + 1 : total + 1] if j < len(row)] for j in columns]
    made = [[cell for cell in cells if isinstance(cell, float)] for cells in sums if cells and cells[-1] != ""]
    return any(len(cells) > 2 for cells in made) and all(sum(cells[:-1]) == cells[-1] for cells in made)


def _only_numbers(table: Table, row: Sequence[object], found: FoundTable, column: int | None) -> bool:
    """Whether a line holds what columns make and nothing else: no number of its own, no words, no date."""
    types = {measure.code: measure.type for measure in table.measures}
    cells = [(types[code], row[j]) for code, j in found.columns if code in types and j < len(row) and row[j] != ""]
    made = {*NUMBER_TYPES, "key", "flag"}
    return (
        not text_at(row, column)
        and bool(cells)
        and all(kind in made and isinstance(cell, float) for kind, cell in cells)
    )
