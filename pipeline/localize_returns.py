"""Which cells of a return could be wrong: every smallest set of them, with the figures that would mend it.

A set is a proposal and nothing more: no figure is ever changed by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import isnan

import numpy as np

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding, Param
from pipeline.history import UnitFigures
from pipeline.localize import Fault, Limits, Suspect, SuspectSet, localize
from pipeline.localize_rules import Edits, Given, edits_of, exact, systems_of
from pipeline.localize_slips import ORDER, SLIPS, Slip, are_exchanged, slip
from pipeline.localize_system import LARGEST, Number, ids_of
from pipeline.messages import number
from pipeline.percent import half_up
from pipeline.submission import Submission
from pipeline.verdicts import Judged, Verdict
from schemas.edit import About, Linear, Quotient, Ref
from schemas.form import Cell, Forms, Key, key_of
from schemas.text import NO_TEXT, Text

# What is listed of one fault; a unit that is told of more possibilities is told nothing.
_MOST_SETS = 12
# What a list makes rests on many cells, and each of them has been looked at.
_LIST_WEIGHT = 2
_LIMITS = Limits(sets=60, seconds=1.0)
# No sum of figures comes near what a cell can hold: so great a bound is none.
_ENDLESS = LARGEST // 2
# A percentage may be rounded up, down or to the nearest; what is wrong in the last place has a note of its own.
_ROOM = (Fraction(1), Fraction(1))
_IN_THE_FILE = frozenset({"cell", "sum", "count"})


def suspects(judged: Judged, submissions: Sequence[Submission], forms: Forms, earlier: UnitFigures) -> list[Finding]:
    """For each return that fails a hard edit the sets of cells that could be wrong, the likeliest of a fault first."""
    edits = edits_of(judged.checks)
    hard = np.array([check.edit.severity == "hard" for check in judged.checks], dtype=np.bool_)
    failing = ((judged.verdicts == Verdict.FAIL) & hard).any(axis=1)
    cells = {ref: cell for ref in judged.numbers.column if (cell := _cell(ref, forms)) is not None}
    shares = [check.rule for check in judged.checks if isinstance(check.rule, About) and check.rule.share]
    percentages = {ref: cells[ref] for rule in shares for ref in rule.printed}
    behind = {ref for cell in percentages.values() if cell.ratio for ref in _refs_of(cell.ratio)}
    row = {unit: i for i, unit in enumerate(judged.units)}
    findings: list[Finding] = []
    for submission in submissions:
        i = row[submission.unit]
        # Percentages have no verdict yet: what was typed is held against the figures here.
        if failing[i] or any(_percentages(percentages, submission, _values(judged, i, behind))):
            before = earlier.get(submission.unit, {})
            for fault in _faults(edits, judged, i, submission, cells):
                findings += _of_fault(fault, submission, before)
    return findings


def _faults(edits: Edits, judged: Judged, i: int, submission: Submission, cells: Mapping[Ref, Cell]) -> Iterator[Fault]:
    given = _given(judged, i, submission, cells)
    for system in systems_of(edits, given):
        yield from localize(system, _LIMITS)


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


def _of_fault(fault: Fault, submission: Submission, before: Mapping[Key, float]) -> Iterator[Finding]:
    """The sets of a fault, the likeliest first; that it could not be told which, where that is so."""
    named = [(found, _slips(found)) for found in fault.sets]
    named.sort(key=lambda one: (_unlikely(one[1]), _from_before(one[0], before)))
    for found, slips in named[:_MOST_SETS]:
        yield _finding(fault, found, slips, submission, len(named) - 1)
    if not named or fault.reason:
        sheet, cells = submission.places(key_of(ref) for ref in _refs(fault))
        yield _at(submission, sheet, cells, "suspect-unknown", {"edits": ", ".join(fault.edits)})


def _slips(found: SuspectSet) -> tuple[Slip, ...]:
    """The slip of each cell of a set; two cells may hold each other's figure."""
    # Where several figures would do, none of them is what was meant.
    figures = [(_whole(cell.reported), _whole(cell.value)) for cell in found.cells]
    if len(figures) == 2:
        (first, one), (second, other) = figures
        if one is not None and other is not None and are_exchanged((first, second), (one, other)):
            return ("exchanged-cells", "exchanged-cells")
    return tuple(slip(reported, meant) if meant is not None else "" for reported, meant in figures)


def _whole(value: Number | None) -> int | None:
    return int(value) if value is not None and value == int(value) else None


def _proposed(cell: Suspect) -> Number | None:
    """The figure that would mend; of several the one that was found first."""
    return cell.value if cell.value is not None else cell.example


def _unlikely(slips: tuple[Slip, ...]) -> int:
    return max(ORDER.index(name) for name in slips)


def _from_before(found: SuspectSet, before: Mapping[Key, float]) -> float:
    """How far the proposals lie from what stood there the period before, the reported figures taken as the measure."""
    far = 0.0
    for cell in found.cells:
        earlier, meant = before.get(_id(cell)), _proposed(cell)
        if earlier is None or meant is None or cell.reported is None:
            continue
        far += abs(float(meant) - earlier) - abs(float(cell.reported) - earlier)
    return far


def _id(cell: Suspect) -> Key:
    assert isinstance(cell.id, Ref)
    return key_of(cell.id)


def _refs(fault: Fault) -> Iterator[Ref]:
    seen = dict.fromkeys(ref for one in fault.failing for ref in ids_of(one.rule))
    return (ref for ref in seen if isinstance(ref, Ref) and ref.kind in _IN_THE_FILE)


def _finding(fault: Fault, found: SuspectSet, slips: tuple[Slip, ...], submission: Submission, others: int) -> Finding:
    sheet, cells = submission.places(_id(cell) for cell in found.cells)
    assigned = [_assigned(cell, submission) for cell in found.cells]
    # A slip explains a set only where each of its cells has one.
    why = list(dict.fromkeys(SLIPS[name] for name in slips)) if all(slips) else []
    reason = Text("; ".join(text.vi for text in why), "; ".join(text.en for text in why))
    params: dict[str, Param] = {
        "assign": "; ".join(assigned),
        "edits": ", ".join(fault.edits),
        "slip": Text(f" ({reason.vi})" if why else "", f" ({reason.en})" if why else ""),
        "others": _others(others),
    }
    shown = ", ".join(number(float(cell.reported)) if cell.reported is not None else "–" for cell in found.cells)
    meant = ", ".join(_range(cell) for cell in found.cells)
    finding = _at(submission, sheet, cells, "suspect", params)
    first = _id(found.cells[0])
    return replace(
        finding, form=first.form, indicator=first.indicator, measure=first.measure, value=shown, expected=meant
    )


def _others(count: int) -> Text:
    if not count:
        return NO_TEXT
    many = "explanations" if count > 1 else "explanation"
    return Text(f"; còn {count} cách giải thích khác", f"; {count} other {many}")


def _assigned(cell: Suspect, submission: Submission) -> str:
    """The proposal for programs: the cell and the figure in plain digits."""
    sheet, address = submission.place(_id(cell))
    meant = _proposed(cell)
    return f"{sheet}!{address}={'' if meant is None else number(float(meant)).plain}"


def _range(cell: Suspect) -> str:
    """The figure that would mend, or those between which it lies."""
    if cell.value is not None or cell.low is None or cell.high is None:
        meant = _proposed(cell)
        return "" if meant is None else number(float(meant))
    least, most = number(float(cell.low)), number(float(cell.high))
    if cell.high > _ENDLESS:
        return f"≥ {least}"
    return f"{least}–{most}" if cell.low else f"≤ {most}"


def _at(
    submission: Submission, sheet: str, cells: tuple[str, ...], finding_id: str, params: Mapping[str, Param]
) -> Finding:
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        unit=submission.unit,
        period=submission.period,
        file=submission.file,
        sheet=sheet,
        cells=cells,
        params=params,
    )
