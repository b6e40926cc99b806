"""Tables whose mark in column A is gone, found by the words at their head and those of their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.layout import CERTAIN_CODE, END, HEAD_CODE, TOTAL_CODE, FoundTable, table_at
from pipeline.read_book import Rows, Sheet
from pipeline.read_labels_heads import LABEL_HEAD, column_of, head_row, is_head, row_names, text_at
from pipeline.read_labels_match import words
from schemas.form import Table

Found = tuple[Sheet, FoundTable]

_MARKERS = frozenset({HEAD_CODE, TOTAL_CODE, CERTAIN_CODE})
# How far above its head a table may begin, should a unit have inserted rows between them.
_ABOVE = 3


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a sheet from a head up to the next one, or to the next mark in column A."""

    sheet: Sheet
    head: int
    stop: int


def with_lost(sheets: Iterable[Sheet], where: Sequence[Found], owed: Mapping[str, Table], period: str) -> list[Found]:
    """The tables found by their marks, and those of ``owed``, by id, that were not but can only be one.

    One that has lost its end reaches no further than the head of the next.
    """
    seen = {found.id for _, found in where}
    lost = [table for table in owed.values() if table.id not in seen]
    if not lost:
        return list(where)
    parts, kept = [], []
    for sheet in sheets:
        here = [found for other, found in where if other is sheet]
        heads = _heads(sheet.rows, here, owed, lost)
        kept += [(sheet, _cut(found, heads, owed)) for found in here]
        parts += [_Part(sheet, head, _stop(sheet.rows, head, heads)) for head in heads]
    claims = [(part, table) for part in parts if (table := _only(part, lost, period)) is not None]
    counts = Counter(table.id for _, table in claims)
    return [*kept, *((part.sheet, _found(part, table)) for part, table in claims if counts[table.id] == 1)]


def _heads(rows: Rows, here: Sequence[FoundTable], owed: Mapping[str, Table], lost: Sequence[Table]) -> list[int]:
    """The rows that look like heads and belong to no table that was found by its mark."""
    taken = set[int]()
    for found in here:
        table = owed.get(found.id)
        if table is None:
            taken |= set(range(found.code_row, found.end_row))
        elif (head := head_row(rows, found, table)) is not None:
            taken.add(head)
    return [i for i, row in enumerate(rows) if i not in taken and any(is_head(row, table) for table in lost)]


def _cut(found: FoundTable, heads: Sequence[int], owed: Mapping[str, Table]) -> FoundTable:
    """The table up to the head of another that stands inside it for want of an end."""
    known = _codes_of(owed[found.id]) if found.id in owed else frozenset()
    last = max((i for code, i in found.rows if code in known), default=found.code_row)
    end = min((head for head in heads if last < head < found.end_row), default=found.end_row)
    if end == found.end_row:
        return found
    return replace(found, rows=tuple((code, i) for code, i in found.rows if i < end), end_row=end, ended=False)


def _codes_of(table: Table) -> frozenset[str]:
    """What may stand in column A of a table."""
    return _MARKERS if table.kind == "list" else frozenset(row.code for row in table.indicators)


def _stop(rows: Rows, head: int, heads: Sequence[int]) -> int:
    marks = (i for i in range(head + 1, len(rows)) if rows[i] and str(rows[i][0]).startswith("#"))
    return min([len(rows), *(other for other in heads if other > head), *marks])


def _only(part: _Part, lost: Iterable[Table], period: str) -> Table | None:
    """The one lost table of which at least half stands there; of several alike the one whose title stands above."""
    head = part.sheet.rows[part.head]
    like = [table for table in lost if is_head(head, table) and _share(part, table, period) >= 0.5]
    if len(like) > 1:
        above = {words(cell) for i in _above(part.head) for cell in part.sheet.rows[i] if isinstance(cell, str)}
        like = [table for table in like if table.title.vi and words(table.title.vi) in above]
    return like[0] if len(like) == 1 else None


def _above(head: int) -> range:
    """The rows in which the codes and the title of a table may stand, from the nearest."""
    return range(head - 1, max(-1, head - 1 - _ABOVE), -1)


def _share(part: _Part, table: Table, period: str) -> float:
    """How much of a matrix stands there, by code or by words; a list has no rows of its own."""
    if table.kind == "list":
        return 1.0
    rows = part.sheet.rows
    asked = [name for name in row_names(table, period) if name.code]
    column = column_of(rows[part.head], LABEL_HEAD)
    below = rows[part.head + 1 : part.stop]
    codes, labels = {row[0] for row in below if row}, {words(text_at(row, column)) for row in below}
    return sum(name.code in codes or name.label in labels for name in asked) / max(1, len(asked))


def _found(part: _Part, table: Table) -> FoundTable:
    """The table as its mark would have found it, with what is left of its codes."""
    rows = part.sheet.rows
    known = {measure.code for measure in table.measures}
    code_row = next((i for i in _above(part.head) if known & {cell for cell in rows[i] if isinstance(cell, str)}), None)
    ended = part.stop < len(rows) and str(rows[part.stop][0]).strip() == END
    found = table_at(rows, part.head if code_row is None else code_row, part.stop, ended=ended)
    # What stands in column A once the codes are deleted are numbers or labels.
    coded = any(code in _codes_of(table) for code, _ in found.rows)
    # The mark itself stands there where a column was inserted before it.
    columns = tuple(one for one in found.columns if not one[0].startswith("#")) if code_row is not None else ()
    return replace(found, id=table.id, columns=columns, rows=found.rows if coded else ())
