"""The forms as one kind of period asks them: fewer forms, fewer rows, and no rule about what is not asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from schemas.edit import Edit, Linear, Ref, refs_of
from schemas.form import Cell, Form, Forms, Heading, Indicator, Key, Table

_OF_THIS_PERIOD = frozenset({"cell", "sum", "count"})


def scoped(forms: Forms, period_kind: str) -> Forms:
    """The forms that periods of this kind have, with the rows they ask and the edits that can be judged then.

    A total is that of the parts that are asked. A link, a weight or a percentage that leads to what is not asked is
    left out; so is the instance of an edit that needs it.
    """
    kept = {form.id: _rows_of(form, period_kind) for form in forms if period_kind in form.periods}
    cells = _worked_out({cell.key: cell for form in kept.values() for cell in form.cells()})
    whole = {form.id: _rules_of(form, cells) for form in kept.values()}
    found = {cell.key: cell for form in whole.values() for cell in form.cells()}
    return Forms(MappingProxyType(whole), MappingProxyType(found))


def of_level(form: Form, level: str) -> Form:
    """The form with the edits that units of this level must keep to."""
    if all(edit.asks(level) for table in form.tables for edit in table.edits):
        return form
    asked = (tuple(edit for edit in table.edits if edit.asks(level)) for table in form.tables)
    tables = (replace(table, edits=edits) for table, edits in zip(form.tables, asked, strict=True))
    return replace(form, tables=tuple(tables))


def _rows_of(form: Form, kind: str) -> Form:
    return replace(form, tables=tuple(_table_of(table, kind) for table in form.tables))


def _table_of(table: Table, kind: str) -> Table:
    left_out = {row.code for row in table.indicators if row.periods and kind not in row.periods}
    if not left_out:
        return table
    rows = tuple(row for row in table.rows if not (isinstance(row, Indicator) and row.code in left_out))
    cells = {key: cell for key, cell in table.cells.items() if key.indicator not in left_out}
    return replace(table, rows=_without_empty_headings(rows), cells=MappingProxyType(cells))


def _without_empty_headings(rows: tuple[Indicator | Heading, ...]) -> tuple[Indicator | Heading, ...]:
    """A heading stands over at least one row, be it below a heading of a lower level."""
    return tuple(row for i, row in enumerate(rows) if isinstance(row, Indicator) or _stands_over(row, rows[i + 1 :]))


def _stands_over(heading: Heading, below: Iterable[Indicator | Heading]) -> bool:
    for row in below:
        if isinstance(row, Indicator):
            return True
        if row.indent <= heading.indent:
            return False
    return False


def _worked_out(cells: Mapping[Key, Cell]) -> Mapping[Key, Cell]:
    """Those cells that can be reported or worked out; one that cannot may be a part of another."""
    kept: dict[Key, Cell] = {}
    for key, cell in cells.items():
        parts = _parts_asked(cell.derived, cells) if cell.derived is not None else None
        if _ratio_asked(cell, cells) and (parts is None or parts.terms):
            kept[key] = replace(cell, derived=parts) if parts is not None else cell
    return kept if len(kept) == len(cells) else _worked_out(kept)


def _parts_asked(total: Linear, cells: Mapping[Key, Cell]) -> Linear:
    return Linear(tuple((weight, ref) for weight, ref in total.terms if _asked([ref], cells)), total.constant)


def _ratio_asked(cell: Cell, cells: Mapping[Key, Cell]) -> bool:
    return cell.ratio is None or _asked(cell.ratio.numerator.refs + cell.ratio.denominator.refs, cells)


def _rules_of(form: Form, cells: Mapping[Key, Cell]) -> Form:
    return replace(form, tables=tuple(_with_rules(table, cells) for table in form.tables))


def _with_rules(table: Table, cells: Mapping[Key, Cell]) -> Table:
    edits = (_edit_of(edit, cells) for edit in table.edits)
    kept = {key: _cell_of(cells[key], cells) for key in table.cells if key in cells}
    columns = {
        code: replace(cell, child=cell.child if cell.child in cells else None) for code, cell in table.columns.items()
    }
    return replace(
        table,
        edits=tuple(edit for edit in edits if edit.checks),
        cells=MappingProxyType(kept),
        columns=MappingProxyType(columns),
    )


def _edit_of(edit: Edit, cells: Mapping[Key, Cell]) -> Edit:
    checks = tuple(rule for rule in edit.checks if _asked(refs_of(rule), cells))
    return edit if len(checks) == len(edit.checks) else replace(edit, checks=checks)


def _cell_of(cell: Cell, cells: Mapping[Key, Cell]) -> Cell:
    if cell.link is not None and not _asked(cell.link.refs, cells):
        cell = replace(cell, link=None)
    if cell.weight is not None and cell.weight not in cells:
        cell = replace(cell, weight=None, rollup="NONE")
    return cell


def _asked(refs: Iterable[Ref], cells: Mapping[Key, Cell]) -> bool:
    """Whether this period asks every number of its own that is needed; a column of a list is asked with its list."""
    return all(
        Key(ref.form, ref.indicator, ref.measure) in cells
        for ref in refs
        if ref.kind in _OF_THIS_PERIOD and (ref.indicator or ref.kind != "cell")
    )
