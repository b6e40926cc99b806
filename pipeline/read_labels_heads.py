"""Where the words of a returned table stand: its head row, its labels, its numbers, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.layout import HEAD_CODE, FoundTable
from pipeline.numbers import read_text
from pipeline.read_book import Rows
from pipeline.read_labels_match import Line, Name, words
from pipeline.read_matrix import asked_rows
from schemas.form import Indicator, Table

NUMBER_HEAD, LABEL_HEAD, PREVIOUS_HEAD = "TT", "Nội dung", "Kỳ trước"
FURNITURE = (NUMBER_HEAD, LABEL_HEAD, "Đơn vị tính", PREVIOUS_HEAD, "Kiểm tra")
"""The heads of columns that ask nothing."""

_LABEL_WORDS = words(LABEL_HEAD)


def row_names(table: Table, period: str) -> list[Name]:
    """What the rows of a matrix are called that such a period asks, headings too, from the top."""
    asked = asked_rows(table, period)
    return [
        Name(row.code if isinstance(row, Indicator) else "", words(row.label.vi), row.no)
        for row in table.rows
        if not isinstance(row, Indicator) or row.code in asked
    ]


def column_names(table: Table) -> list[Name]:
    """What the columns of a table are called, those that ask nothing too."""
    asked = [Name(measure.code, words(measure.label.vi)) for measure in table.measures]
    return [*asked, *(Name("", words(head)) for head in FURNITURE)]


def text_at(row: Sequence[object], column: int | None) -> str:
    """What a cell shows; nothing beyond the end of its row."""
    return read_text(row[column]) if column is not None and column < len(row) else ""


def is_head(row: Sequence[object], table: Table, *, coded: bool = False) -> bool:
    """Whether a row bears at least half the words that stand at the head of a table.

    In a list whose columns are ``coded`` the words over its key may be others.
    """
    said = {words(cell) for cell in row if isinstance(cell, str) and cell}
    labels = {measure.code: words(measure.label.vi) for measure in table.measures}
    needed = labels[table.key] if table.key else _LABEL_WORDS
    named = needed in said or ((coded or not table.key) and len(labels) > 2)
    return named and 2 * len(said & set(labels.values())) >= len(labels)


def head_row(rows: Rows, found: FoundTable, table: Table) -> int | None:
    """The head of a table that stands there; ``None`` where it is gone.

    Right below the codes as a rule; it may have been moved. One below all rows of the table is another's.
    """
    after = found.code_row + 1
    if table.kind == "list":
        coded = dict(found.rows).get(HEAD_CODE)
        if coded is not None:
            return coded
    elif after < found.end_row and LABEL_HEAD in rows[after]:
        return after
    coded = bool(found.columns)
    head = next((i for i in range(found.code_row, found.end_row) if is_head(rows[i], table, coded=coded)), None)
    return None if head is not None and table.kind == "matrix" and _ends(rows, found, table, head) else head


def _ends(rows: Rows, found: FoundTable, table: Table, head: int) -> bool:
    """Whether all that stands there of a matrix stands above what looks like its head."""
    labels = {row.code: words(row.label.vi) for row in table.indicators}
    known, column = set(labels.values()), column_of(rows[head], LABEL_HEAD)
    at = {i for code, i in found.rows if code in labels}
    at |= {i for i in range(found.code_row, found.end_row) if words(text_at(rows[i], column)) in known}
    return bool(at) and max(at) < head


def label_column(rows: Rows, found: FoundTable, head: int | None, names: Sequence[Name]) -> int | None:
    """The column of the labels: the one that its head names, or else that in which at least half of them stand."""
    if head is not None:
        named = column_of(rows[head], LABEL_HEAD)
        if named is not None:
            return named
    labels = {name.label for name in names}
    inside = [row for row in rows[found.code_row + 1 : found.end_row] if row]
    counts = {
        j: len(labels & {words(cell) for row in inside if j < len(row) and isinstance(cell := row[j], str) and cell})
        for j in range(max(map(len, inside), default=0))
    }
    best = max(counts, key=counts.__getitem__, default=None)
    return best if best is not None and 2 * counts[best] >= len(labels) else None


def column_of(head: Sequence[object], text: str) -> int | None:
    """The column with that head."""
    if text in head:
        return list(head).index(text)
    folded = words(text)
    return next((j for j, cell in enumerate(head) if isinstance(cell, str) and words(cell) == folded), None)


def row_lines(rows: Rows, found: FoundTable, head: int | None, label: int) -> list[Line]:
    """The rows of a matrix that bear a code or words; words may have been sorted into the one that ends it."""
    number = column_of(rows[head], NUMBER_HEAD) if head is not None else None
    codes = {i: code for code, i in found.rows}
    lines = []
    for i in range(found.code_row + 1, found.end_row + found.ended):
        text = words(text_at(rows[i], label))
        if i != head and (i in codes or text):
            bare = not text and not any(cell != "" for cell in rows[i][1:])
            lines.append(Line(i, codes.get(i, ""), text, _number(text_at(rows[i], number)), bare))
    return lines


def column_lines(rows: Rows, found: FoundTable, head: int) -> list[Line]:
    """The columns of a table that bear a code or words."""
    codes = {j: code for code, j in found.columns}
    inside = rows[found.code_row + 1 : found.end_row]
    lines = []
    for j in range(max([len(rows[head]), *(j + 1 for j in codes)])):
        text = words(text_at(rows[head], j))
        if j in codes or text:
            bare = not text and not any(row[j] != "" for row in inside if j < len(row))
            lines.append(Line(j, codes.get(j, ""), text, bare=bare))
    return lines


def _number(text: str) -> str:
    return text.replace(",", ".").rstrip(".")
