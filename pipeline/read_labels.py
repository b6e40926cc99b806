"""A table whose codes are gone, or say something else than the words beside them: read by its words where these are
certain, refused where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.layout import (
    CERTAIN_CODE,
    HEAD_CODE,
    LABEL_COLUMN,
    NUMBER_COLUMN,
    TOTAL_CODE,
    FoundTable,
    a1,
    from_a1,
)
from pipeline.read_book import Rows, Sheet
from pipeline.read_labels_heads import (
    LABEL_HEAD,
    column_lines,
    column_names,
    head_row,
    label_column,
    row_lines,
    row_names,
    text_at,
)
from pipeline.read_labels_list import TOTAL_WORD, with_markers
from pipeline.read_labels_match import Line, Settled, settle
from pipeline.read_lists import ReadList
from pipeline.read_matrix import ReadMatrix, asked_rows
from schemas.form import Indicator, Table

# How a package adds its target to the label of an indicator that has one.
TARGET = " (chỉ tiêu: "


@dataclass(frozen=True, slots=True)
class Labelled:
    """A table as its codes and words together say it stands; ``head`` is the row of its head.

    Of ``refused_rows`` and ``refused_columns``, by their codes, nothing counts. ``doubtful`` are the cells of labels
    that may be one of several whose codes are lost.
    """

    found: FoundTable
    head: int | None
    findings: tuple[Finding, ...] = ()
    refused_rows: frozenset[str] = frozenset()
    refused_columns: frozenset[str] = frozenset()
    doubtful: tuple[str, ...] = ()

    def of_matrix(self, read: ReadMatrix) -> ReadMatrix:
        """What a matrix says, without what is refused."""
        if not (self.refused_rows or self.refused_columns or self.doubtful):
            return read
        entries = {
            key: entry
            for key, entry in read.entries.items()
            if key.indicator not in self.refused_rows and key.measure not in self.refused_columns
        }
        return replace(read, entries=entries, findings=self._about(read.findings))

    def of_list(self, table: Table, read: ReadList) -> ReadList:
        """What a list says, without what is refused; nothing where that is the column of its keys."""
        if not self.refused_columns:
            return read
        items = tuple(
            replace(item, entries={code: e for code, e in item.entries.items() if code not in self.refused_columns})
            for item in read.items
            if table.key not in self.refused_columns
        )
        return replace(read, items=items, findings=self._about(read.findings))

    def _about(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings of what counts; what may be a row whose code is lost is named where that is said."""
        rows = {i for code, i in self.found.rows if code in self.refused_rows}
        columns = {j for code, j in self.found.columns if code in self.refused_columns}

        def kept(finding: Finding) -> bool:
            row, column = from_a1(finding.cells[0]) if finding.id == "not-asked" else (-1, -1)
            of_cell = finding.indicator in self.refused_rows or finding.measure in self.refused_columns
            return not (of_cell or row in rows or column in columns)

        return tuple(
            replace(finding, cells=self.doubtful) if finding.id == "code-missing" else finding
            for finding in findings
            if kept(finding)
        )


@dataclass(frozen=True, slots=True)
class _Axis:
    """What came of the rows or of the columns of a table, their words being in column or row ``words_at``."""

    settled: Settled
    words_at: int
    is_rows: bool

    def cell(self, line: Line) -> tuple[int, int]:
        return (line.at, self.words_at) if self.is_rows else (self.words_at, line.at)


def by_labels(
    table: Table, form: str, sheet: Sheet, found: FoundTable, period: str, *, former: bool = False
) -> Labelled:
    """The table with every code at the row and column whose words are its own.

    A package of a ``former`` version may have had other words.
    """
    rows = sheet.rows
    if as_issued(table, rows, found, period):
        return Labelled(found, found.code_row + 1)
    head, lost = head_row(rows, found, table), not _marked(rows[found.code_row])
    axes, lost_cells, moved_cells = [], list[str](), tuple[str, ...]()
    if head is not None:
        axes.append(_Axis(settle(column_lines(rows, found, head), column_names(table)), head, is_rows=False))
        found = replace(found, columns=_placed(found.columns, axes[-1].settled))
        lost_cells += [a1(head, j) for _, j in found.columns] if lost else []
    if table.kind == "list":
        marked = with_markers(table, rows, found, head)
        found, moved_cells = marked.found, marked.moved
        lost_cells += marked.given
    else:
        names = row_names(table, period)
        column = label_column(rows, found, head, names)
        if column is not None:
            axes.append(_Axis(settle(row_lines(rows, found, head, column), names), column, is_rows=True))
            found = replace(found, rows=_placed(found.rows, axes[-1].settled))
    said = _findings(table, form, sheet, axes, (lost_cells, moved_cells))
    findings = tuple(finding for finding in said if not (former and finding.id == "label-edited"))
    rows_refused, columns_refused = (
        frozenset(line.code for axis in axes if axis.is_rows is is_rows for line in axis.settled.refused)
        for is_rows in (True, False)
    )
    doubtful = tuple(a1(*axis.cell(line)) for axis in axes if axis.is_rows for line in axis.settled.doubtful)
    return Labelled(found, head, findings, rows_refused, columns_refused, doubtful)


def as_issued(table: Table, rows: Rows, found: FoundTable, period: str) -> bool:
    """Whether all codes of a table stand there and beside each the words that were issued with it."""
    after = found.code_row + 1
    if after >= len(rows) or len(found.columns) != len(table.measures) or not _marked(rows[found.code_row]):
        return False
    head = rows[after]
    labels = {measure.code: measure.label.vi for measure in table.measures}
    if any(j >= len(head) or head[j] != labels.get(code) for code, j in found.columns):
        return False
    if table.kind == "list":
        codes = [code for code, _ in found.rows]
        total = rows[found.rows[1][1]] if codes == [HEAD_CODE, TOTAL_CODE, CERTAIN_CODE] else ()
        return found.rows[0][1] == after and TOTAL_WORD in total[NUMBER_COLUMN : NUMBER_COLUMN + 1] if total else False
    if head[LABEL_COLUMN] != LABEL_HEAD:
        return False
    now = asked_rows(table, period)
    asked = [row for row in table.indicators if row.code in now]
    # The rows of a package that nobody moved stand in the order in which they are asked.
    return len(found.rows) == len(asked) and all(
        code == row.code and _is_own(rows[i], row) for (code, i), row in zip(found.rows, asked, strict=True)
    )


def _is_own(row: Sequence[object], asked: Indicator) -> bool:
    if len(row) <= LABEL_COLUMN or row[NUMBER_COLUMN] != asked.no:
        return False
    said, own = row[LABEL_COLUMN], asked.label.vi
    return said == own or (isinstance(said, str) and said.startswith(own + TARGET))


def _placed(codes: Iterable[tuple[str, int]], settled: Settled) -> tuple[tuple[str, int], ...]:
    """The codes at their right places."""
    kept = [(code, i) for code, i in codes if code not in settled.moved]
    named = [(code, line.at) for code, line in (*settled.moved.items(), *settled.given.items())]
    return tuple(sorted([*kept, *named], key=lambda one: one[1]))


def _marked(row: Sequence[object]) -> bool:
    return bool(row) and isinstance(row[0], str) and row[0].startswith("#")


def _findings(
    table: Table, form: str, sheet: Sheet, axes: Sequence[_Axis], more: tuple[Sequence[str], Sequence[str]]
) -> Iterator[Finding]:
    """One finding for each thing that can be said of a table, at all cells concerned; ``more`` cells were read by their
    words, and moved."""
    given = [axis.cell(line) for axis in axes for line in axis.settled.given.values()]
    moved = [axis.cell(line) for axis in axes for line in axis.settled.moved.values()]
    yield from _note("read-by-label", form, sheet, [*more[0], *(a1(*at) for at in given)])
    yield from _note("label-moved", form, sheet, [*more[1], *(a1(*at) for at in moved)])
    refused = [(axis, line) for axis in axes for line in axis.settled.refused]
    edited = [(axis, line) for axis in axes for line in axis.settled.edited]
    for finding_id, lines in (("label-differs", refused), ("label-edited", edited)):
        for axis, line in sorted(lines, key=lambda one: not one[1].label)[:1]:
            row, column = axis.cell(line)
            said, own = text_at(sheet.rows[row], column), _own(table, line.code, is_row=axis.is_rows)
            yield from _note(finding_id, form, sheet, [a1(*one.cell(each)) for one, each in lines], said, own)


def _own(table: Table, code: str, *, is_row: bool) -> str:
    """The words that were issued with a code."""
    labels = table.indicators if is_row else table.measures
    return next((one.label.vi for one in labels if one.code == code), "")


def _note(
    finding_id: str, form: str, sheet: Sheet, cells: Sequence[str], value: str = "", expected: str = ""
) -> Iterator[Finding]:
    at = tuple(dict.fromkeys(cells))
    if at:
        yield Finding(
            finding_id,
            CATALOGUE[finding_id].severity,
            form=form,
            sheet=sheet.name,
            cells=at,
            value=value or str(len(at)),
            expected=expected,
            params={"count": len(at)},
        )
