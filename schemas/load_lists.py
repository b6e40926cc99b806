"""A list table of a form file: what each row holds, and what its columns make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from schemas.faults import Faults
from schemas.form import Cell, CellType, Key, Measure, Prefill, Table

_SUMMED = frozenset({"count", "money"})
_COUNTED = frozenset({"key", "flag"})
# What the register can fill in, and the columns that it fits.
_PREFILLED: Mapping[Prefill, tuple[CellType, ...]] = {
    "code": ("key",),
    "name": ("text",),
    "sector": ("choice", "text"),
    "territory": ("text",),
}


def with_columns(table: Table, form_id: str, faults: Faults) -> Table:
    """The list with the cells of its rows, and with those that its columns make together."""
    if table.rows:
        faults.add("bảng danh sách không có rows", "a list has no rows of its own")
    keys = [measure.code for measure in table.measures if measure.type == "key"]
    if len(keys) != 1:
        faults.add('bảng danh sách cần đúng một cột type = "key"', 'a list needs one column of type = "key"')
    if sum(measure.closes for measure in table.measures) > 1:
        faults.add("chỉ một cột được có closes = true", "only one column may have closes = true")
    for measure in table.measures:
        _fitting(measure, faults)
    columns = {measure.code: _column(measure, form_id, table.id) for measure in table.measures}
    made = {cell.key: cell for cell in _aggregates(table, form_id)}
    return replace(table, columns=MappingProxyType(columns), cells=MappingProxyType(made))


def _fitting(measure: Measure, faults: Faults) -> None:
    """A choice needs its options, a closing column is a date; what only a matrix has does not belong here."""
    code = measure.code
    if (measure.type == "choice") != bool(measure.options):
        faults.add(f'cột "{code}": options và type = "choice" đi cùng nhau', f'"{code}": options go with a choice')
    if measure.closes and measure.type != "date":
        faults.add(f'cột "{code}": closes chỉ dùng cho cột ngày', f'"{code}": closes is for a date')
    if measure.prefill and measure.type not in _PREFILLED.get(measure.prefill, (measure.type,)):
        fits, filled = " / ".join(_PREFILLED[measure.prefill]), measure.prefill
        faults.add(
            f'cột "{code}": prefill = "{filled}" chỉ dùng cho type = {fits}',
            f'"{code}": prefill = "{filled}" is for type = {fits}',
        )
    if measure.compute or measure.issuer or measure.own_of or measure.link:
        faults.add(
            f'cột "{code}": compute, issuer, own_of, link không dùng trong danh sách',
            f'"{code}": compute, issuer, own_of and link do not belong to a list',
        )


def _column(measure: Measure, form_id: str, table_id: str) -> Cell:
    key, required = Key(form_id, "", measure.code), measure.required
    return Cell(key, table_id, measure.type, "column", "NONE", measure.levels, required, "", measure.decimals)


def _aggregates(table: Table, form_id: str) -> Iterator[Cell]:
    for measure in table.measures:
        if measure.type in _SUMMED | _COUNTED:
            kind: CellType = measure.type if measure.type in _SUMMED else "count"
            key = Key(form_id, "", measure.code)
            yield Cell(key, table.id, kind, "aggregate", "SUM", measure.levels, False, "", 0)
