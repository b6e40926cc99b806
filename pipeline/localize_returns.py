"""Which cells of a return could be wrong: every smallest set of them, with the figures that would mend it.

A set is a proposal and nothing more: no figure is ever changed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import isnan

import numpy as np

from pipeline.figures import Figures
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.list_sums import held_by_unit
from pipeline.localize import Fault, Limits, SuspectSet, localize
from pipeline.localize_list import lists_of
from pipeline.localize_named import Told, at_cells, findings_of, id_of, in_order, named
from pipeline.localize_rows import InRows, suspects_in_rows
from pipeline.localize_rules import Edits, Given, edits_of, exact, systems_of
from pipeline.localize_system import Number, ids_of
from pipeline.obligations import Obligations
from pipeline.percent import half_up
from pipeline.submission import Submission
from pipeline.verdicts import Judged, Verdict
from schemas.edit import About, Linear, Quotient, Ref, refs_of
from schemas.form import Cell, Forms, Key, key_of

# What is listed of one fault; a unit that is told of more possibilities is told nothing.
_MOST_SETS = 12
# What a list makes rests on many cells, and each of them has been looked at.
_LIST_WEIGHT = 2
_LIMITS = Limits(sets=60, work=750_000)
# A percentage may be rounded up, down or to the nearest; what is wrong in the last place has a note of its own.
_ROOM = (Fraction(1), Fraction(1))
_IN_THE_FILE = frozenset({"cell", "sum", "count"})
# Of no type that a sum of whole numbers has.
_UNKNOWN = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the sets of a return are told beside."""

    judged: Judged
    rows: InRows


def suspects(
    judged: Judged,
    submissions: Sequence[Submission],
    owed: Obligations,
    figures: Figures,
    earlier: UnitFigures,
    year_ago: UnitFigures,
) -> list[Finding]:
    """For each return that fails a hard edit the sets of cells that could be wrong, the likeliest of a fault first.

    ``figures`` are those that the units themselves reported.
    """
    edits = edits_of(judged.checks)
    hard = np.array([check.edit.severity == "hard" for check in judged.checks], dtype=np.bool_)
    failing = ((judged.verdicts == Verdict.FAIL) & hard).any(axis=1)
    cells = {ref: cell for ref in judged.numbers.column if (cell := _cell(ref, owed.forms)) is not None}
    shares = [check.rule for check in judged.checks if isinstance(check.rule, About) and check.rule.share]
    percentages = {ref: cells[ref] for rule in shares for ref in rule.printed}
    quotients = {ref: cell.ratio for ref, cell in percentages.items() if cell.ratio and _adds_up(cell.ratio)}
    behind = {ref for cell in percentages.values() if cell.ratio for ref in _refs_of(cell.ratio)}
    row = {unit: i for i, unit in enumerate(judged.units)}
    lists, held = lists_of(owed, figures, earlier, year_ago), held_by_unit(judged)
    findings: list[Finding] = []
    for submission in submissions:
        i = row[submission.unit]
        faults: list[Fault] = []
        # Percentages have no verdict yet: what was typed is held against the figures here.
        if failing[i] or _is_typed(quotients, percentages, submission, _values(judged, i, behind)):
            faults += _faults(edits, judged, i, submission, cells)
        known = _Known(judged, suspects_in_rows(lists.of(submission, held(i)), len(faults) + 1))
        before = earlier.get(submission.unit, {})
        findings += known.rows.explaining
        for order, fault in enumerate(faults, start=1):
            findings += _of_fault(fault, order, submission, before, known)
        findings += known.rows.findings
    return findings


def _faults(edits: Edits, judged: Judged, i: int, submission: Submission, cells: Mapping[Ref, Cell]) -> Iterator[Fault]:
    given = _given(judged, i, submission, cells)
    outside = {judged.checks[j].edit.id for j in np.flatnonzero(judged.verdicts[i] == Verdict.OUTSIDE).tolist()}
    for system in systems_of(edits.without(outside), given):
        for fault in localize(system, _LIMITS):
            yield replace(fault, sets=tuple(_with_comma(found, cells, given.values) for found in fault.sets))


def _with_comma(found: SuspectSet, cells: Mapping[Ref, Cell], values: Mapping[Ref, Number]) -> SuspectSet:
    """A percentage that lost its comma gets it back, with the decimals of the form; those typed would not show it."""
    if len(found.cells) > 1 or not isinstance(ref := found.cells[0].id, Ref) or ref not in cells:
        return found
    made = _by_formula(cells[ref], values) if cells[ref].type == "percent" and cells[ref].role == "computed" else None
    if made is None or found.cells[0].reported != made * 10 ** cells[ref].decimals:
        return found
    return replace(found, cells=(replace(found.cells[0], example=made, low=made, high=made),))


def _given(judged: Judged, i: int, submission: Submission, cells: Mapping[Ref, Cell]) -> Given:
    """The figures of one unit as they were judged; what was decided, what the issuer gives cannot be wrong."""
    values = _values(judged, i, judged.numbers.column)
    printed = dict(_percentages(cells, submission, values))
    fixed = {ref for ref, cell in cells.items() if _is_fixed(cell, submission)}
    made = {ref: cell.derived or _link(cell, submission) for ref, cell in cells.items() if ref not in fixed}
    return Given(
        values | {ref: value for ref, (value, _) in printed.items()},
        fixed=fixed,
        weights=dict.fromkeys((ref for ref in judged.numbers.column if ref.kind in ("sum", "count")), _LIST_WEIGHT),
        decimals={ref: decimals for ref, (_, decimals) in printed.items()},
        derived={ref: linear for ref, linear in made.items() if linear is not None},
        room=_ROOM,
    )


def _values(judged: Judged, i: int, refs: Iterable[Ref]) -> dict[Ref, Number]:
    """Those of these figures of a unit that are known."""
    column, row = judged.numbers.column, judged.numbers.values[i]
    known = ((ref, float(row[column[ref]])) for ref in refs if ref in column)
    return {ref: exact(value) for ref, value in known if not isnan(value)}


def _refs_of(ratio: Quotient) -> tuple[Ref, ...]:
    return ratio.numerator.refs + ratio.denominator.refs


def _cell(ref: Ref, forms: Forms) -> Cell | None:
    return forms.cells.get(key_of(ref)) if ref.kind == "cell" else None


def _is_fixed(cell: Cell, submission: Submission) -> bool:
    entry = submission.entries.get(cell.key)
    return cell.role == "issuer" or (entry is not None and entry.decision > 0)


def _link(cell: Cell, submission: Submission) -> Linear | None:
    """What a linked cell comes from, where the unit typed nothing over it."""
    return cell.link if cell.link is not None and cell.key not in submission.entries else None


def _percentages(
    cells: Mapping[Ref, Cell], submission: Submission, values: Mapping[Ref, Number]
) -> Iterator[tuple[Ref, tuple[Number, int]]]:
    """The percentages that the unit typed, with their decimals; one that a formula shows agrees with any figures."""
    for ref, cell in cells.items():
        entry = submission.entries.get(cell.key)
        if cell.type != "percent" or entry is None or entry.value is None or entry.decimals is None:
            continue
        value = Fraction(Decimal(repr(entry.value)))
        if entry.text or cell.role != "computed" or value != _by_formula(cell, values):
            yield ref, (value, entry.decimals)


def _adds_up(ratio: Quotient) -> bool:
    """Whether a quotient is of plain sums."""
    sums = (ratio.numerator, ratio.denominator)
    return all(not linear.constant and all(weight == 1 for weight, _ in linear.terms) for linear in sums)


def _is_typed(
    quotients: Mapping[Ref, Quotient],
    cells: Mapping[Ref, Cell],
    submission: Submission,
    values: Mapping[Ref, Number],
) -> bool:
    """Whether a unit typed a percentage; most show what the formula of the package shows, which whole numbers tell."""
    left = {
        ref: cell
        for ref, cell in cells.items()
        if (entry := submission.entries.get(cell.key)) is not None
        and (entry.text or ref not in quotients or entry.value != _plainly(quotients[ref], cell.decimals, values))
    }
    return any(_percentages(left, submission, values))


def _plainly(ratio: Quotient, decimals: int, values: Mapping[Ref, Number]) -> float | None:
    """What the formula shows of whole numbers, rounded half up; ``None`` for any others."""
    part, whole = (
        sum(values.get(ref, _UNKNOWN) for ref in linear.refs) for linear in (ratio.numerator, ratio.denominator)
    )
    if not (type(part) is int and type(whole) is int and part >= 0 and whole > 0):
        return None
    digits: int = (200 * 10**decimals * part + whole) // (2 * whole)
    return digits / float(10**decimals)


def _by_formula(cell: Cell, values: Mapping[Ref, Number]) -> Fraction | None:
    """What the package's own formula shows."""
    if cell.ratio is None:
        return None
    part, whole = (_sum(linear, values) for linear in (cell.ratio.numerator, cell.ratio.denominator))
    return Fraction(half_up(100 * part / whole, cell.decimals)) if part is not None and whole else None


def _sum(linear: Linear, values: Mapping[Ref, Number]) -> Fraction | None:
    if any(ref not in values for ref in linear.refs):
        return None
    return linear.constant + sum((weight * values[ref] for weight, ref in linear.terms), Fraction(0))


def _of_fault(
    fault: Fault, order: int, submission: Submission, before: Mapping[Key, float], known: _Known
) -> Iterator[Finding]:
    """The sets of a fault, the likeliest first; that it could not be told which, where that is so.

    What a column of a list makes is named no more where a row of it is; and a fault that such a row explains altogether
    is hardly one of its own.
    """
    sets = in_order((named(found) for found in fault.sets), before)
    about = frozenset((one.edit, _first(known.judged, one.at)) for one in fault.failing)
    told = Told(order, fault.edits, about, beaten=about <= known.rows.about)
    kept = [one for one in sets if {id_of(cell) for cell in one.found.cells} - known.rows.settled]
    yield from findings_of(kept, told, submission, _MOST_SETS)
    if not sets or fault.reason:
        sheet, cells = submission.places(key_of(ref) for ref in _refs(fault))
        yield at_cells(submission, sheet, cells, "suspect-unknown", {"edits": ", ".join(fault.edits)})


def _first(judged: Judged, at: int) -> Key:
    """The first cell that an edit names: where its finding stands."""
    refs = refs_of(judged.checks[at].rule)
    return key_of(next((ref for ref in refs if ref.kind in _IN_THE_FILE), refs[0]))


def _refs(fault: Fault) -> Iterator[Ref]:
    seen = dict.fromkeys(ref for one in fault.failing for ref in ids_of(one.rule))
    return (ref for ref in seen if isinstance(ref, Ref) and ref.kind in _IN_THE_FILE)
