"""Edits inside a form, across forms and across periods: every unit at once, one finding for each edit that fails."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from pipeline.figures import Figures
from pipeline.findings import Finding, Param, Severity
from pipeline.messages import number
from pipeline.submission import Submission
from pipeline.verdicts import (
    Check,
    Flags,
    Judged,
    Numbers,
    Verdict,
    judge,
    label_of,
    missing_of,
    needed,
    value_of,
)
from schemas.edit import Compare, Linear, Quotient, Ref, Rule, Within, blanks_of, refs_of
from schemas.form import Forms, Key, key_of
from schemas.text import Text

OPERATORS = {"<=": Text("không quá", "at most"), ">=": Text("không dưới", "at least"), "==": Text("bằng", "equal to")}
_SIGN = {True: " − ", False: " + "}
_IN_THE_FILE = frozenset({"cell", "sum", "count"})
NOTHING: Mapping[str, Any] = MappingProxyType({})


def judge_all(
    checks: Sequence[Check],
    figures: Figures,
    constants: Mapping[str, Mapping[Ref, float]],
    asked: Mapping[str, Collection[Key]] = NOTHING,
    levels: Mapping[str, str] = NOTHING,
) -> Judged:
    """Judge every check on every unit.

    ``constants`` are each unit's earlier figures and register counts, ``asked`` the cells of its package and ``levels``
    its level; of a unit that is not among them all is asked.
    """
    refs = needed(checks)
    values = np.full((len(figures.units), len(refs)), np.nan)
    for j, ref in enumerate(refs):
        if ref.kind in _IN_THE_FILE:
            column = figures.column.get(Key(ref.form, ref.indicator, ref.measure))
            if column is not None:
                values[:, j] = figures.values[:, column]
        else:
            values[:, j] = [constants.get(unit, {}).get(ref, np.nan) for unit in figures.units]
    columns = MappingProxyType({ref: j for j, ref in enumerate(refs)})
    numbers = Numbers(columns, values, _unasked(checks, figures.units, asked))
    verdicts = judge([check.rule for check in checks], numbers)
    for j, check in enumerate(checks):
        if check.edit.levels:
            outside = [unit in levels and not check.edit.asks(levels[unit]) for unit in figures.units]
            verdicts[outside, j] = Verdict.OUTSIDE
    return Judged(figures.units, tuple(checks), verdicts, numbers)


def _unasked(
    checks: Sequence[Check], units: Sequence[str], asked: Mapping[str, Collection[Key]]
) -> Mapping[Ref, Flags]:
    """The units that are not asked a number that some edit requires."""
    refs = needed(check for check in checks if blanks_of(check.rule) == "require")
    # Units of one kind are asked the same cells, and there are few kinds.
    kinds: dict[int, Collection[Key] | None] = {id(cells): cells for cells in (asked.get(unit) for unit in units)}
    number = {kind: i for i, kind in enumerate(kinds)}
    of_kind = np.array([number[id(asked.get(unit))] for unit in units], dtype=np.intp)
    return MappingProxyType(
        {
            ref: np.array([cells is not None and key_of(ref) not in cells for cells in kinds.values()], dtype=np.bool_)[
                of_kind
            ]
            for ref in refs
            if ref.kind in _IN_THE_FILE
        }
    )


def reconcile(judged: Judged, submissions: Sequence[Submission], forms: Forms) -> list[Finding]:
    """What failed, what only holds if blanks are zero, and what misses how much: unit by unit."""
    row = {unit: i for i, unit in enumerate(judged.units)}
    told = _to_tell(judged)
    findings: list[Finding] = []
    for submission in submissions:
        i = row[submission.unit]
        told_here = np.flatnonzero(told[i]).tolist()
        if not told_here:
            continue
        numbers: list[float] = judged.numbers.values[i].tolist()
        values = {ref: numbers[j] for ref, j in judged.numbers.column.items() if not math.isnan(numbers[j])}
        unasked = [ref for ref, units in judged.numbers.unasked.items() if units[i]]
        for j in told_here:
            check, verdict = judged.checks[j], int(judged.verdicts[i, j])
            if verdict == Verdict.FAIL and (missing := missing_of(check.rule, values.keys() | unasked)):
                findings.append(_missing(check, missing, submission, forms))
            else:
                findings += _findings(check, verdict, values, submission, forms)
    return findings


def _to_tell(judged: Judged) -> Flags:
    """The checks of which something is to be said, unit by unit: those that fail, and partitions with some blanks."""
    told: Flags = judged.verdicts == np.int8(Verdict.FAIL)
    for j, check in enumerate(judged.checks):
        rule = check.rule
        if isinstance(rule, Compare) and rule.operator == "==" and rule.parts:
            parts, whole = _parted(rule)
            blank, unknown = (np.isnan(judged.numbers.of(side.refs)) for side in (parts, whole))
            some = blank.any(axis=1) & ~blank.all(axis=1) & ~unknown.any(axis=1)
            told[:, j] |= some & (judged.verdicts[:, j] != Verdict.OUTSIDE)
    return told


def _parted(rule: Compare) -> tuple[Linear, Linear]:
    """The parts of a partition, and the whole that they make."""
    return (rule.left, rule.right) if rule.parts >= set(rule.left.refs) else (rule.right, rule.left)


def _missing(check: Check, missing: Sequence[Ref], submission: Submission, forms: Forms) -> Finding:
    """A finding of an edit that requires numbers that are not there."""
    named = [_cell_in_words(key_of(ref), submission, forms) for ref in missing]
    words = Text("; ".join(cell.vi for cell in named), "; ".join(cell.en for cell in named))
    return at_cells(check, submission, forms, say="edit-missing", params={"missing": words})


def _cell_in_words(key: Key, submission: Submission, forms: Forms) -> Text:
    """A cell with its row and column; of what a list makes the column alone."""
    form, (_, address) = forms.by_id[key.form], submission.place(key)
    column = next(table for table in form.tables if key in table.cells).measure(key.measure).label
    row = form.indicator(key.indicator).label if key.indicator else Text(key.form, key.form)
    return Text(*(f"{address} {of}, {at}".strip() for of, at in ((row.vi, column.vi), (row.en, column.en))))


def _findings(
    check: Check, verdict: int, values: Mapping[Ref, float], submission: Submission, forms: Forms
) -> Iterator[Finding]:
    rule = check.rule
    if verdict == Verdict.FAIL:
        said = rule_in_words(rule, with_zeros(rule, values))
        yield at_cells(
            check, submission, forms, say=said.say, value=said.value, expected=said.expected, params=said.params
        )
    elif isinstance(rule, Compare) and rule.operator == "==" and rule.parts and verdict != Verdict.OUTSIDE:
        yield from _blanks(check, rule, verdict, values, submission, forms)


def at_cells(
    check: Check,
    submission: Submission,
    forms: Forms,
    *,
    finding_id: str = "",
    severity: Severity | None = None,
    say: str,
    value: str = "",
    expected: str = "",
    params: Mapping[str, Param] | None = None,
) -> Finding:
    """A finding of an edit, at the cells of the edit in this file; what a list makes stands in its totals."""
    keys = [Key(ref.form, ref.indicator, ref.measure) for ref in refs_of(check.rule) if ref.kind in _IN_THE_FILE]
    sheet, cells = submission.places(keys)
    return Finding(
        finding_id or check.edit.id,
        severity or check.edit.severity,
        unit=submission.unit,
        period=submission.period,
        form=check.form,
        file=submission.file,
        sheet=sheet or check.form,
        cells=cells,
        indicator=keys[0].indicator if keys else "",
        measure=keys[0].measure if keys else "",
        value=value,
        expected=expected,
        say=say,
        params={"label": label_of(check, forms.by_id), **(params or {})},
    )


@dataclass(frozen=True, slots=True)
class Said:
    """How a failed rule is worded: the entry of the catalogue, what stands there, what should, and what it needs."""

    say: str
    value: str = ""
    expected: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)


def rule_in_words(rule: Rule, values: Mapping[Ref, float]) -> Said:
    """What a rule that failed on these numbers says of them."""
    if isinstance(rule, Within):
        return Said("edit-range", _quotient_in_words(rule.quotient, values))
    if not isinstance(rule, Compare):
        return Said("edit-rule")
    left, right = value_of(rule.left, values), value_of(rule.right, values)
    params: dict[str, Param] = {
        "left": _made(_sum_in_words(rule.left, values), number(float(left))),
        "right": float(right),
        "gap": float(abs(left - right)),
        "operator": OPERATORS[rule.operator],
    }
    say = "edit-equal" if rule.operator == "==" and len(rule.left.terms) > 1 else "edit-order"
    return Said(say, number(float(left)), number(float(right)), params)


def with_zeros(rule: Rule, values: Mapping[Ref, float]) -> Mapping[Ref, float]:
    """The numbers of a unit with the blanks that count as zero in this rule."""
    if blanks_of(rule) != "zero" or not isinstance(rule, Compare | Within):
        return values
    return {**dict.fromkeys(rule.parts, 0.0), **values}


def _made(words: str, total: str) -> str:
    """``120 + 190 = 310``; a single number is its own total."""
    return words if words == total else f"{words} = {total}"


def _sum_in_words(linear: Linear, values: Mapping[Ref, float]) -> str:
    """``120 + 190``, as a person would write it; blanks are left out."""
    shown = ""
    for weight, ref in linear.terms:
        if ref in values:
            factor = "" if abs(weight) == 1 else f"{number(float(abs(weight)))} × "
            sign = _SIGN[weight < 0] if shown else ("−" if weight < 0 else "")
            shown += f"{sign}{factor}{number(values[ref])}"
    if linear.constant or not shown:
        shown += (f"{_SIGN[linear.constant < 0]}" if shown else "") + number(abs(float(linear.constant)))
    return shown


def _quotient_in_words(quotient: Quotient, values: Mapping[Ref, float]) -> str:
    top, whole = value_of(quotient.numerator, values), value_of(quotient.denominator, values)
    if not quotient.denominator.terms:
        return number(float(top))
    return f"{number(float(top))} / {number(float(whole))} = {number(round(float(top / whole), 4))}"


def _blanks(
    check: Check,
    rule: Compare,
    verdict: int,
    values: Mapping[Ref, float],
    submission: Submission,
    forms: Forms,
) -> Iterator[Finding]:
    """A partition with blanks: they are zero because the rest makes the whole, or so much is missing."""
    parts, whole = _parted(rule)
    known = [ref for ref in parts.refs if ref in values]
    if len(known) == len(parts.terms) or not known or any(ref not in values for ref in whole.refs):
        return
    made, needed_total = value_of(parts, values), value_of(whole, values)
    params: dict[str, Param] = {
        "sum": _sum_in_words(parts, values),
        "expected": float(needed_total),
        "gap": float(needed_total - made),
    }
    if verdict == Verdict.PASS:
        finding_id = "implied-zero"
    elif all(weight > 0 for weight, _ in parts.terms):
        finding_id = "undecided"
    else:
        return
    yield at_cells(
        check,
        submission,
        forms,
        finding_id=finding_id,
        severity="info",
        say=finding_id,
        value=number(float(made)),
        expected=number(float(needed_total)),
        params=params,
    )
