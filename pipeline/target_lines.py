"""Targets beside what was done: the rows of the appendix for the province or one unit, whoever shows them."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.messages import number
from pipeline.percent import half_up, share
from pipeline.results import Results
from schemas.form import NUMBER_TYPES, Cell, Form, Heading, Indicator, Key, Table
from schemas.targets import Target, verdict
from schemas.tree import Unit

_Measures = tuple[str, str, str, str]


def target_form(results: Results) -> Form | None:
    """The form in which the issuer gives targets, if this period has one."""
    for form in results.owed.forms:
        if any(cell.role == "issuer" for cell in form.cells()):
            return form
    return None


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One row of the appendix; a missing figure is ``None``, a target or result in words is text.

    ``given`` is the target in force; ``code`` is empty for a heading. Percentages are in points, half up. ``cells`` are
    those in which the target, what was done and the estimate stand, where the row has them.
    """

    code: str
    no: str
    label: str
    indent: int
    measured_in: str = ""
    target: float | str | None = None
    actual: float | str | None = None
    estimate: float | None = None
    percentage: float | None = None
    verdict: str = ""
    note: str = ""
    given: Target | None = None
    cells: tuple[Key | None, Key | None, Key | None] = (None, None, None)


def target_lines(results: Results, form: Form, unit: Unit) -> list[TargetLine]:
    """Every row of the form that has targets, as it stands for this unit."""
    return [
        _line(results, form, table, measures, asked, unit)
        for table, measures in ((table, _measures(table)) for table in form.tables)
        for asked in table.rows
    ]


def _line(
    results: Results, form: Form, table: Table, measures: _Measures, asked: Indicator | Heading, unit: Unit
) -> TargetLine:
    """What the row says of this unit."""
    label = f"+ {asked.label.vi}" if asked.indent else asked.label.vi
    if isinstance(asked, Heading):
        return TargetLine("", asked.no, label, asked.indent)
    issued, done, estimate, note = (table.cells.get(Key(form.id, asked.code, code)) for code in measures)
    target = results.owed.targets.get(unit.code, {}).get(asked.code)
    actual = _figure(results, unit, done)
    return TargetLine(
        asked.code,
        asked.no,
        label,
        asked.indent,
        asked.unit,
        (_target_text(target, asked) or target.value) if target else None,
        _text(results, unit, done) if done is not None and not done.is_number else actual,
        _figure(results, unit, estimate),
        _percentage(target, actual),
        verdict(target, actual) if target is not None and actual is not None else "",
        _notes(results, unit, asked.code, _coverage_note(results, unit, done, estimate) or _note(results, unit, note)),
        target,
        (_key(issued), _key(done), _key(estimate)),
    )


def _key(cell: Cell | None) -> Key | None:
    return cell.key if cell is not None else None


def _notes(results: Results, unit: Unit, indicator: str, said: str) -> str:
    """What is said of the figure, and which decision's target replaced which."""
    now = results.owed.targets.get(unit.code, {}).get(indicator)
    old = [target for target in results.owed.replaced.get(unit.code, ()) if target.indicator == indicator]
    if now is None or not old:
        return said
    before = ", ".join(f"{number(target.value)} theo {target.decision}" for target in old)
    return "; ".join([*([said] if said else []), f"chỉ tiêu theo {now.decision}, thay {before}"])


def _measures(table: Table) -> _Measures:
    """The measures of the targets, of what was done, of what is expected by the end of the year, and of the notes."""
    judged = {cell.judges[0].measure for cell in table.cells.values() if cell.judges}
    inputs = [m.code for m in table.measures if m.type in NUMBER_TYPES and not m.compute and not m.issuer]
    actual = next((code for code in inputs if code in judged), inputs[0] if inputs else "")
    issued = next((measure.code for measure in table.measures if measure.issuer), "")
    estimate = next((measure.code for measure in table.measures if measure.estimate), "")
    return issued, actual, estimate, next((m.code for m in table.measures if m.type == "text"), "")


def _percentage(target: Target | None, actual: float | None) -> float | None:
    """Actual against target in points, half up; nothing where no target was given."""
    if target is None or actual is None or target.value <= 0:
        return None
    return float(half_up(share(actual, target.value), 2))


def _target_text(target: Target, asked: Indicator) -> str:
    """A threshold as the decision words it; nothing for a plain number."""
    if target.op == "=" and not target.base:
        return ""
    unit = "%" if asked.unit == "%" else ""
    sign = " trở lên" if target.op == ">=" else ""
    return f"{number(target.value)}{unit}{sign} {target.base}".strip()


def _figure(results: Results, unit: Unit, cell: Cell | None) -> float | None:
    return results.rollup.value.of(unit.code, cell.key) if cell is not None and cell.is_number else None


def _coverage_note(results: Results, unit: Unit, cell: Cell | None, estimate: Cell | None) -> str:
    """For the province, where not every unit that owes a figure has it."""
    if cell is None or not cell.is_number or unit is not results.owed.tree.province:
        return ""
    have, expected = _coverage(results, unit, cell.key)
    estimated = _coverage(results, unit, estimate.key)[0] if estimate else 0
    notes = [f"{have}/{expected} đơn vị"] if have < expected else []
    return "; ".join([*notes, *([f"ước: {estimated}/{expected}"] if 0 < estimated < have else [])])


def _coverage(results: Results, unit: Unit, key: Key) -> tuple[int, int]:
    """Units with data, and units that owe it."""
    if key not in results.rollup.value.column:
        return 0, 0
    i, j = results.rollup.at(unit.code, key)
    return int(results.rollup.with_data[i, j]), int(results.rollup.expected[i, j])


def _text(results: Results, unit: Unit, cell: Cell) -> str:
    if unit is results.owed.tree.province:
        late = {finding.unit for finding in results.findings if finding.id == "late"}
        owed = [child.code for child in results.owed.tree.children(unit.code) if child.code in results.owed.owed]
        on_time = sum(code in results.by_unit and code not in late for code in owed)
        return f"{on_time}/{len(owed)} đơn vị gửi đúng hạn"
    return _note(results, unit, cell)


def _note(results: Results, unit: Unit, cell: Cell | None) -> str:
    submission = results.by_unit.get(unit.code)
    entry = submission.entries.get(cell.key) if submission and cell is not None else None
    return entry.text if entry else ""
