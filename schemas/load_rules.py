"""The rules of a form: edits, derived rows, links, weights and percentages, bound once all forms are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from schemas.edit import Edit, Rule
from schemas.faults import Faults
from schemas.form import NUMBER_TYPES, Cell, Form, Key, Table
from schemas.load_values import Raw, label_of, listed, one_of, string
from schemas.rules import Names, RuleError, parse_cell, parse_linear, parse_quotient, parse_rule, parse_weight

_EDIT_KEYS = ("id", "rule", "label", "en", "severity", "rows", "measures", "source")


@dataclass(frozen=True, slots=True)
class Draft:
    """A form whose rules still wait for the other forms."""

    raw: Raw
    form: Form
    faults: Faults


def names_in(forms: Iterable[Form]) -> Names:
    """What the rules of these forms may name."""
    matrices: dict[str, dict[str, frozenset[str]]] = {}
    lists: dict[str, frozenset[str]] = {}
    for form in forms:
        rows: dict[str, set[str]] = {}
        for table in form.tables:
            if table.kind == "list":
                lists[form.id] = frozenset(measure.code for measure in table.measures)
            for cell in table.cells.values():
                measures = rows.setdefault(cell.key.indicator, set())
                if cell.is_number:
                    measures.add(cell.key.measure)
        matrices[form.id] = {code: frozenset(measures) for code, measures in rows.items()}
    return Names(matrices, lists)


def with_rules(draft: Draft, names: Names) -> Form:
    """The form with its edits, derived rows, links and percentages, now that all codes are known."""
    tables = []
    edits: list[str] = []
    for table, raw in zip(draft.form.tables, listed(draft.raw, "table"), strict=True):
        found = tuple(_edit(edit, table, draft, names) for edit in listed(raw, "edits"))
        edits += [edit.id for edit in found]
        raw_rows = {str(row.get("code", "?")): row for row in listed(raw, "rows") if "heading" not in row}
        cells = {key: _bind(cell, raw_rows[key.indicator], table, draft, names) for key, cell in table.cells.items()}
        _check_parts(cells, draft.faults, table.id)
        tables.append(replace(table, edits=found, cells=MappingProxyType(cells)))
    draft.faults.at = ""
    draft.faults.distinct(edits)
    return replace(draft.form, tables=tuple(tables))


def _check_parts(cells: Mapping[Key, Cell], faults: Faults, table_id: str) -> None:
    """A total and a percentage are worked out from reported figures of this period, a total not from other totals."""
    for key, cell in cells.items():
        ratio = cell.ratio.numerator.refs + cell.ratio.denominator.refs if cell.ratio else ()
        parts = cell.derived.refs if cell.derived else ()
        faults.at = f"bảng {table_id}, dòng {key.indicator}, cột {key.measure}"
        if any(ref.kind != "cell" for ref in (*ratio, *parts)):
            faults.add("chỉ dùng được ô số liệu của kỳ này", "only cells of this period may be used")
        for ref in parts:
            part = cells.get(Key(ref.form, ref.indicator, ref.measure))
            if part is not None and part.derived is not None:
                faults.add(
                    f'"{ref.indicator}" cũng là dòng tổng; hãy cộng từ các dòng con của nó',
                    f'"{ref.indicator}" is a total itself; add up its own parts',
                )


def _bind(cell: Cell, raw: Raw, table: Table, draft: Draft, names: Names) -> Cell:
    key, form, codes = cell.key, draft.form.id, [measure.code for measure in table.measures]
    draft.faults.at = f"bảng {table.id}, dòng {key.indicator}, cột {key.measure}"
    try:
        if cell.role in ("computed", "verdict"):
            ratio = parse_quotient(table.measure(key.measure).compute, names, form, codes, row=key.indicator)
            return replace(cell, ratio=ratio)
        if cell.role == "input" and "weight" in raw:
            ref = parse_weight(str(raw["weight"]), names, form, measure=key.measure)
            return replace(cell, weight=Key(ref.form, ref.indicator, ref.measure))
        if cell.role == "input" and "derived" in raw and cell.is_number:
            derived = parse_linear(str(raw["derived"]), names, form, codes, measure=key.measure)
            return replace(cell, derived=derived, role="derived")
        links = raw.get("link", {})
        if cell.role == "input" and isinstance(links, dict) and key.measure in links:
            ref = parse_cell(str(links[key.measure]), names, form)
            return replace(cell, link=Key(ref.form, ref.indicator, ref.measure))
    except RuleError as fault:
        draft.faults.add(fault.text.vi, fault.text.en)
    return cell


def _edit(raw: Raw, table: Table, draft: Draft, names: Names) -> Edit:
    faults, form = draft.faults, draft.form.id
    edit_id = str(raw.get("id", "?"))
    faults.at = f"bảng {table.id}, edit {edit_id}"
    faults.only("khóa", "key", raw, _EDIT_KEYS)
    if edit_id == "?":
        faults.add("thiếu id", "needs an id")
    label = label_of(raw, edit_id, faults)
    severity = one_of({"severity": "hard", **raw}, "severity", ("hard", "soft"), faults)
    text = string(raw, "rule", faults)
    codes = [measure.code for measure in table.measures]
    fillable = [m.code for m in table.measures if m.type in NUMBER_TYPES and not m.compute and not m.issuer]
    rows, over = raw.get("rows", [row.code for row in table.indicators]), raw.get("measures", fillable)
    faults.only("cột", "measure", over, codes)
    checks: tuple[Rule, ...] = ()
    try:
        unknown = [row for row in rows if row not in names.matrices[form]]
        if unknown:
            faults.unknown("mã dòng", "row", str(unknown[0]), names.matrices[form])
        elif text:
            checks = parse_rule(text, names, form, codes, rows=rows, over=over)
    except RuleError as fault:
        faults.add(fault.text.vi, fault.text.en)
    return Edit(edit_id, "hard" if severity == "hard" else "soft", label, text, str(raw.get("source", "")), checks)
