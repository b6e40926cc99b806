"""The verdict of every edit on every unit at once: pass, fail, or unknown because something it needs is missing.

All linear edits together are one matrix of weights, so that judging 800 units is one matrix product. A blank is an
unknown number from zero up: an edit fails only when no such number could save it, and passes only when none could
break it, or when the known parts already make the whole (a blank part is then taken to mean none). An edit may choose
otherwise (:data:`schemas.edit.Blanks`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from math import lcm
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from pipeline.figures import Matrix
from schemas.edit import (
    Blanks,
    Compare,
    Edit,
    Iff,
    IsBlank,
    Linear,
    Ref,
    Rule,
    When,
    Within,
    blanks_of,
    is_of_rows,
    refs_of,
)
from schemas.form import Form, Forms, Key
from schemas.text import Text

# Sums of whole numbers are exact; a figure or a quotient's bound that is a decimal fraction needs room for its binary
# rounding.
_SLACK = 1e-9
# What a unit reports; the other numbers are known before it answers.
_REPORTED = frozenset({"cell", "sum", "count", "item"})


class Verdict(IntEnum):
    """What an edit says of a unit; ``OUTSIDE`` says that it is not asked of units of that level."""

    FAIL = 0
    PASS = 1
    UNKNOWN = 2
    OUTSIDE = 3


Verdicts = npt.NDArray[np.int8]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Check:
    """One instance of an edit, and the form and table it belongs to."""

    edit: Edit
    rule: Rule
    form: str
    table: str


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the edits may look at: a row a unit, a column a :class:`Ref`; NaN is missing.

    ``unasked`` are, by ref, the rows that need not fill it, where there are any.
    """

    column: Mapping[Ref, int]
    values: Matrix
    unasked: Mapping[Ref, Flags] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, refs: Sequence[Ref]) -> Matrix:
        """The columns of these refs, in their order."""
        return self.values[:, [self.column[ref] for ref in refs]]

    def lacks(self, refs: Iterable[Ref]) -> Flags:
        """The rows in which one of these is missing that must be filled."""
        found = np.zeros(self.values.shape[0], dtype=np.bool_)
        for ref in refs:
            if ref.kind in _REPORTED:
                blank = np.isnan(self.values[:, self.column[ref]])
                found |= blank & ~self.unasked[ref] if ref in self.unasked else blank
        return found

    def reports(self, refs: Iterable[Ref]) -> Flags:
        """The rows in which the unit itself reports one of these."""
        found = np.zeros(self.values.shape[0], dtype=np.bool_)
        for ref in refs:
            if ref.kind in _REPORTED:
                found |= ~np.isnan(self.values[:, self.column[ref]])
        return found


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict of each check on each unit, for those who count them and those who localize what failed."""

    units: tuple[str, ...]
    checks: tuple[Check, ...]
    verdicts: Verdicts
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class _Row:
    """A linear relation with zero on its right: ``weights · x + constant  (operator)  0``."""

    linear: Linear
    operator: str
    parts: frozenset[Ref]
    blanks: Blanks


def checks_of(forms: Forms, *, of_rows: bool = False) -> tuple[Check, ...]:
    """Every instance of every edit, in the order of the forms: those on a unit's figures, or those on rows of lists."""
    return tuple(
        Check(edit, rule, form.id, table.id)
        for form in forms
        for table in form.tables
        for edit in table.edits
        for rule in edit.checks
        if is_of_rows(rule) == of_rows
    )


def needed(checks: Iterable[Check]) -> tuple[Ref, ...]:
    """Every number that some check needs, each once."""
    return tuple(dict.fromkeys(ref for check in checks for ref in refs_of(check.rule)))


def judge(rules: Sequence[Rule], numbers: Numbers) -> Verdicts:
    """``verdicts[i, j]`` is the :class:`Verdict` of ``rules[j]`` on unit ``i``.

    Percentages and list columns are judged elsewhere and stay unknown here.
    """
    units = numbers.values.shape[0]
    verdicts = np.full((units, len(rules)), Verdict.UNKNOWN, dtype=np.int8)
    linear = [j for j, rule in enumerate(rules) if isinstance(rule, Compare)]
    if linear:
        rows = [_row(rule) for rule in rules if isinstance(rule, Compare)]
        verdicts[:, linear] = _judge_rows(rows, numbers)
    for j, rule in enumerate(rules):
        match rule:
            case Within():
                verdicts[:, j] = _judge_within(rule, numbers)
            case Iff():
                left, right = numbers.of([rule.left.ref, rule.right.ref]).T
                verdicts[:, j] = _where(_undecided(rule, numbers), (left > 0) == (right > 0))
            case When():
                verdicts[:, j] = _judge_when(rule, numbers)
            case _:
                pass
        if blanks_of(rule) == "require" and not isinstance(rule, When):
            verdicts[numbers.lacks(_weighed(rule)), j] = Verdict.FAIL
    return verdicts


def residuals(linears: Sequence[Linear], numbers: Numbers) -> Matrix:
    """Each weighted sum for every unit, blanks counted as nothing."""
    refs = tuple(dict.fromkeys(ref for linear in linears for ref in linear.refs))
    known = np.nan_to_num(numbers.of(refs))
    return np.asarray(known @ _weights(linears, refs).T + np.array([float(linear.constant) for linear in linears]))


def _row(rule: Compare) -> _Row:
    """The relation with whole weights, so that sums of whole numbers stay exact."""
    residual = rule.residual
    factor = lcm(residual.constant.denominator, *(weight.denominator for weight, _ in residual.terms))
    return _Row(residual.times(Fraction(factor)), rule.operator, rule.parts, rule.blanks)


def _weights(linears: Sequence[Linear], refs: Sequence[Ref]) -> Matrix:
    column = {ref: j for j, ref in enumerate(refs)}
    weights = np.zeros((len(linears), len(refs)))
    for i, linear in enumerate(linears):
        for weight, ref in linear.terms:
            weights[i, column[ref]] = float(weight)
    return weights


def _judge_rows(rows: Sequence[_Row], numbers: Numbers) -> Verdicts:
    refs = tuple(dict.fromkeys(ref for row in rows for ref in row.linear.refs))
    weights = _weights([row.linear for row in rows], refs)
    part = np.array([[ref in row.parts for ref in refs] for row in rows])
    values = numbers.of(refs)
    # A count from the register or an earlier period is not a blank that the unit may have meant as zero.
    blank = np.isnan(values).astype(np.float64)
    known = np.nan_to_num(values) @ weights.T + np.array([float(row.linear.constant) for row in rows])
    may_rise = blank @ (weights > 0).T.astype(np.float64) > 0
    may_fall = blank @ (weights < 0).T.astype(np.float64) > 0
    blank_whole = blank @ ((weights != 0) & ~part).T.astype(np.float64) > 0
    interval = np.array([row.blanks == "interval" for row in rows])
    may_rise, may_fall = (np.where(interval, may, blank_whole) for may in (may_rise, may_fall))
    counts = (weights != 0).T.astype(np.float64)
    own = np.array([ref.kind in _REPORTED for ref in refs], dtype=np.float64)
    nothing = ((1 - blank) * own) @ counts == 0
    broken = (np.nan_to_num(values) % 1 != 0).astype(np.float64) @ counts > 0
    scale = np.abs(np.nan_to_num(values)) @ np.abs(weights).T
    zero = np.abs(known) <= np.where(broken, _SLACK * np.maximum(scale, 1), 0)
    operator = np.array([row.operator for row in rows])
    above, below = (known > 0) & ~zero, (known < 0) & ~zero
    settled = ~may_rise & ~may_fall
    equal_fail = (above & ~may_fall) | (below & ~may_rise)
    equal_pass = zero & (settled | ~blank_whole)
    most_fail, most_pass = above & ~may_fall, ~above & ~may_rise
    least_fail, least_pass = below & ~may_rise, ~below & ~may_fall
    fail = np.select([operator == "==", operator == "<="], [equal_fail, most_fail], least_fail)
    passed = np.select([operator == "==", operator == "<="], [equal_pass, most_pass], least_pass)
    verdicts = np.where(fail, Verdict.FAIL, np.where(passed, Verdict.PASS, Verdict.UNKNOWN))
    return np.asarray(np.where(nothing, Verdict.UNKNOWN, verdicts), dtype=np.int8)


def _where(unknown: npt.NDArray[np.bool_], passed: npt.NDArray[np.bool_]) -> Verdicts:
    verdicts = np.where(passed, Verdict.PASS, Verdict.FAIL)
    return np.asarray(np.where(unknown, Verdict.UNKNOWN, verdicts), dtype=np.int8)


def _undecided(rule: Within | Iff, numbers: Numbers) -> Flags:
    """Where a number is missing that is no part; where blanks count as zero, also where nothing is reported."""
    needed_refs = [ref for ref in refs_of(rule) if ref not in rule.parts]
    missing = np.isnan(numbers.of(needed_refs)).any(axis=1)
    return np.asarray(missing | ~numbers.reports(refs_of(rule)) if rule.parts else missing)


def _judge_within(rule: Within, numbers: Numbers) -> Verdicts:
    """A quotient in a range; unknown when a number is missing or the whole is zero."""
    top, whole = rule.quotient.numerator, rule.quotient.denominator
    missing = _undecided(rule, numbers)
    over, under = residuals([top, whole], numbers).T
    broken = (over % 1 != 0) | (under % 1 != 0)
    slack = np.where(broken, _SLACK * np.maximum(np.abs(over), np.abs(under)), 0)
    passed = np.ones(over.shape, dtype=np.bool_)
    # Both sides by the bound's denominator: whole numbers compare exactly.
    if rule.low is not None:
        times = rule.low.denominator
        passed &= times * over >= rule.low.numerator * under - times * slack
    if rule.high is not None:
        times = rule.high.denominator
        passed &= times * over <= rule.high.numerator * under + times * slack
    return _where(missing | (under <= 0), passed)


def _judge_when(rule: When, numbers: Numbers) -> Verdicts:
    """Where the condition fails nothing is asked; one that lacks a number that it requires fails the rule."""
    condition = _judge_rows([_row(rule.condition)], numbers)[:, 0]
    if isinstance(rule.then, IsBlank):
        blank = np.isnan(numbers.of([rule.then.ref])[:, 0])
        then = _where(np.zeros(blank.shape, dtype=np.bool_), blank)
    else:
        then = judge([rule.then], numbers)[:, 0]
    verdicts = np.where(condition == Verdict.FAIL, Verdict.PASS, then)
    verdicts = np.where(condition == Verdict.UNKNOWN, Verdict.UNKNOWN, verdicts)
    if rule.condition.blanks == "require":
        verdicts[numbers.lacks(_weighed(rule.condition))] = Verdict.FAIL
    return np.asarray(verdicts, dtype=np.int8)


def _weighed(rule: Rule) -> tuple[Ref, ...]:
    """The numbers of a rule without those that stand on both sides alike."""
    return rule.residual.refs if isinstance(rule, Compare) else refs_of(rule)


def missing_of(rule: Rule, known: Collection[Ref]) -> tuple[Ref, ...]:
    """The numbers that a failed rule requires and that are not ``known``, be it that the unit is not asked for them."""
    if isinstance(rule, When):
        then = () if isinstance(rule.then, IsBlank) else missing_of(rule.then, known)
        return missing_of(rule.condition, known) or then
    if blanks_of(rule) != "require":
        return ()
    return tuple(ref for ref in _weighed(rule) if ref.kind in _REPORTED and ref not in known)


def value_of(linear: Linear, values: Mapping[Ref, float]) -> Fraction:
    """A weighted sum of one unit in exact arithmetic, blanks counted as nothing."""
    total = linear.constant
    for weight, ref in linear.terms:
        if ref in values:
            value = values[ref]
            exact = int(value) if value % 1 == 0 else Fraction(value).limit_denominator(10**9)
            total += exact if weight == 1 else weight * exact
    return total


def label_of(check: Check, forms: Mapping[str, Form]) -> Text:
    """The edit's label; of several instances, with the row or the measure in which this one differs from the others."""
    firsts = [_first_cell(rule) for rule in check.edit.checks]
    own = _first_cell(check.rule)
    if len(firsts) == 1 or own is None or None in firsts:
        return check.edit.label
    form = forms[own.form]
    row = form.indicator(own.indicator).label
    if all(first is not None and first.indicator == own.indicator for first in firsts):
        row = next(table for table in form.tables if own in table.cells).measure(own.measure).label
    return Text(f"{check.edit.label.vi} ({row.vi})", f"{check.edit.label.en} ({row.en})")


def _first_cell(rule: Rule) -> Key | None:
    for ref in refs_of(rule):
        if ref.kind == "cell" and ref.indicator:
            return Key(ref.form, ref.indicator, ref.measure)
    return None
