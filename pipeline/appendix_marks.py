"""How many units stand behind a figure of the province, and what its reader must know of them."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.appendix_grid import Grid, Mark
from pipeline.results import Results
from schemas.form import Key, key_of
from schemas.tree import Unit

_MOST_NAMES, _MOST_REASONS = 12, 8


def stated(results: Results, unit: Unit) -> str:
    """As of when the figures are; for the province also how many units have sent, and how many must correct."""
    said = results.as_of[:1].upper() + results.as_of[1:]
    if unit is not results.owed.tree.province:
        return said + ("; báo cáo còn phải sửa" if results.status_of(unit.code) == "rejected" else "")
    sent = [code for code in results.owed.owed if code in results.by_unit]
    wrong = sum(results.by_unit[code].status == "rejected" for code in sent)
    said += f"; {len(sent)}/{len(results.owed.owed)} đơn vị có báo cáo"
    return said + (f", {wrong} đơn vị còn phải sửa" if wrong else "")


def coverage(results: Results, key: Key) -> str:
    """``10/11``: how many of the province's children that owe a figure have it; empty for what the register counts."""
    if key not in results.rollup.value.column or results.rollup.cells[key].rollup == "REG":
        return ""
    i, j = results.rollup.at(results.owed.tree.province.code, key)
    return f"{int(results.rollup.with_data[i, j])}/{int(results.rollup.expected[i, j])}"


def marks(results: Results, unit: Unit, keys: Iterable[Key]) -> frozenset[Mark]:
    """``*`` where returns that must be corrected stand behind a figure, ``**`` where people adjusted it."""
    found: set[Mark] = set()
    adjusted = _adjusted(results, unit)
    for key in keys:
        if key not in results.rollup.value.column:
            continue
        if results.rollup.rejected[results.rollup.at(unit.code, key)]:
            found.add("*")
        derived = results.rollup.cells[key].derived
        parts = {key, *(key_of(ref) for ref in derived.refs)} if derived is not None else {key}
        if parts & adjusted:
            found.add("**")
    return frozenset(found)


def _adjusted(results: Results, unit: Unit) -> set[Key]:
    """The cells in which a decision changed what a unit reported; for the province those of all units."""
    counted = (results.by_unit[code] for code in _decided(results, unit))
    return {key for submission in counted for key, entry in submission.entries.odd.items() if entry.decision}


def _decided(results: Results, unit: Unit) -> list[str]:
    """The units whose figures people decided on, in register order; of a unit itself it alone, if it is one of them."""
    decided = {decision.unit for decision in results.workspace.decided(results.owed.period)}
    codes = decided if unit is results.owed.tree.province else decided & {unit.code}
    return sorted((code for code in codes if code in results.by_unit), key=results.owed.tree.order.__getitem__)


def notes_of(results: Results, unit: Unit, grids: Iterable[Grid]) -> tuple[str, ...]:
    """What the marks in these tables mean."""
    used = {mark for grid in grids for line in grid.lines for mark in line.marks}
    notes = []
    if "*" in used and unit is results.owed.tree.province:
        notes.append(f"* Có số liệu của đơn vị còn phải sửa, gửi lại: {_rejected(results)}.")
    elif "*" in used:
        notes.append("* Báo cáo của đơn vị còn phải sửa, gửi lại.")
    if "**" in used:
        notes.append(f"** Có số liệu đã điều chỉnh theo quyết định: {_reasons(results, unit)}.")
    return tuple(notes)


def _reasons(results: Results, unit: Unit) -> str:
    """Whose figure was adjusted, and why; for the province those of all units."""
    reasons = {decision.row: decision.because for decision in results.workspace.decided(results.owed.period)}
    tree, forms = results.owed.tree, results.owed.forms.by_id
    said = []
    for code in _decided(results, unit):
        whose = tree.unit(code)
        for key, entry in results.by_unit[code].entries.odd.items():
            if entry.decision:
                row = forms[key.form].indicator(key.indicator).label.vi
                said.append(f"{whose.short_name or whose.name}, {row}: {reasons.get(entry.decision, '')}")
    more = len(said) - _MOST_REASONS
    return "; ".join(said[:_MOST_REASONS]) + (f"; và {more} số liệu khác" if more > 0 else "")


def _rejected(results: Results) -> str:
    tree = results.owed.tree
    names = [unit.short_name or unit.name for unit in tree.units if results.status_of(unit.code) == "rejected"]
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" và {more} đơn vị khác" if more > 0 else "")


def marked(text: str, marks: Iterable[Mark]) -> str:
    """Words with their marks, never parted from them at the end of a line."""
    return "\u00a0".join([*([text] if text else []), *sorted(marks)])
