"""The rules of a form: edits, derived rows, links, weights and percentages, bound once all forms are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import cast, get_args

from schemas.edit import About, Blanks, Edit, Linear, Member, Rule, Unique, is_of_rows, refs_of
from schemas.faults import Faults
from schemas.form import LEVELS, NUMBER_TYPES, Cell, Form, Key, Table
from schemas.load_values import Raw, label_of, listed, one_of, options, string
from schemas.rules import Names, RuleError, parse_cell, parse_linear, parse_quotient, parse_rule, parse_weight

_EDIT_KEYS = ("id", "rule", "label", "en", "severity", "rows", "measures", "levels", "blanks", "source")


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
    types: dict[str, dict[str, str]] = {}
    for form in forms:
        rows: dict[str, set[str]] = {}
        for table in form.tables:
            if table.kind == "list":
                lists[form.id] = frozenset(measure.code for measure in table.measures)
                types[form.id] = {measure.code: measure.type for measure in table.measures}
                continue
            for cell in table.cells.values():
                measures = rows.setdefault(cell.key.indicator, set())
                if cell.is_number:
                    measures.add(cell.key.measure)
        matrices[form.id] = {code: frozenset(measures) for code, measures in rows.items()}
    return Names(matrices, lists, types)


def with_rules(draft: Draft, names: Names) -> Form:
    """The form with its edits, derived rows, links and percentages, now that all codes are known."""
    tables = []
    edits: list[str] = []
    for table, raw in zip(draft.form.tables, listed(draft.raw, "table"), strict=True):
        found = tuple(_edit(edit, table, draft, names) for edit in listed(raw, "edits"))
        edits += [edit.id for edit in found]
        if table.kind == "list":
            columns = {code: _of_child(cell, table, draft, names) for code, cell in table.columns.items()}
            _check_key(table, found, draft.faults)
            tables.append(replace(table, edits=found, columns=MappingProxyType(columns)))
            continue
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
        if cell.role == "input" and cell.is_number:
            return replace(cell, link=_link(cell, raw, table, form, names))
    except RuleError as fault:
        draft.faults.add(fault.text.vi, fault.text.en)
    return cell


def _link(cell: Cell, raw: Raw, table: Table, form: str, names: Names) -> Linear | None:
    """What the cell comes filled with: by its row, else by its measure."""
    links, codes = raw.get("link", {}), [measure.code for measure in table.measures]
    own = links.get(cell.key.measure) if isinstance(links, dict) else None
    if own is not None:
        return parse_linear(str(own), names, form, codes, measure=cell.key.measure)
    of_measure = table.measure(cell.key.measure).link
    if of_measure and cell.key.indicator in names.matrices[form]:
        return parse_linear(of_measure, names, form, codes, row=cell.key.indicator)
    return None


def _of_child(cell: Cell, table: Table, draft: Draft, names: Names) -> Cell:
    """A column of a list, with the cell in which the unit of a row reports the same figure."""
    child = table.measure(cell.key.measure).child
    if not child:
        return cell
    draft.faults.at = f"bảng {table.id}, cột {cell.key.measure}"
    if not cell.is_number:
        draft.faults.add("child chỉ dùng cho cột số liệu", "child is for a column of numbers")
    try:
        ref = parse_cell(child, names, draft.form.id)
        return replace(cell, child=Key(ref.form, ref.indicator, ref.measure))
    except RuleError as fault:
        draft.faults.add(fault.text.vi, fault.text.en)
    return cell


def _check_key(table: Table, edits: Iterable[Edit], faults: Faults) -> None:
    """A key that stands twice is counted once, so a rule must say that it did."""
    if not table.key:
        return
    for edit in edits:
        for rule in edit.checks:
            of_key = isinstance(rule, Unique) and rule.column.measure == table.key
            if of_key and edit.severity == "hard" and not edit.levels:
                return
    faults.at = f"bảng {table.id}"
    faults.add(f"thiếu quy tắc unique({table.key})", f"needs the hard edit unique({table.key})")


def _is_of_own_rows(rule: Rule, table: Table, form: str) -> bool:
    if isinstance(rule, Unique | Member):
        return table.kind == "list" and rule.column.form == form
    return not isinstance(rule, About) and all(ref.kind.startswith("item") for ref in refs_of(rule))


def _edit(raw: Raw, table: Table, draft: Draft, names: Names) -> Edit:
    faults, form = draft.faults, draft.form.id
    edit_id = str(raw.get("id", "?"))
    faults.at = f"bảng {table.id}, edit {edit_id}"
    faults.only("khóa", "key", raw, _EDIT_KEYS)
    if edit_id == "?":
        faults.add("thiếu id", "needs an id")
    label = label_of(raw, edit_id, faults)
    severity = one_of({"severity": "hard", **raw}, "severity", ("hard", "soft"), faults)
    blanks = one_of({"blanks": "interval", **raw}, "blanks", get_args(Blanks), faults)
    levels = options(raw, "levels", LEVELS, faults) if "levels" in raw else ()
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
            policy = cast(Blanks, blanks) if blanks in get_args(Blanks) else "interval"
            checks = parse_rule(text, names, form, codes, rows=rows, over=over, blanks=policy)
    except RuleError as fault:
        faults.add(fault.text.vi, fault.text.en)
    for rule in checks:
        if is_of_rows(rule) and not _is_of_own_rows(rule, table, form):
            faults.add(
                "quy tắc về từng dòng của danh sách nằm trong danh sách đó, chỉ dùng cột của nó, không dùng about",
                "a rule about the rows of a list belongs to that list, speaks of its columns only, and takes no about",
            )
    if levels and any(isinstance(rule, About) for rule in checks):
        faults.add(
            "quy tắc about không có levels; cấp nào điền thì ghi levels ở cột tỷ lệ",
            "an about rule takes no levels; say at the column of percentages who fills it",
        )
    source = str(raw.get("source", ""))
    return Edit(edit_id, "hard" if severity == "hard" else "soft", label, text, source, checks, levels)
