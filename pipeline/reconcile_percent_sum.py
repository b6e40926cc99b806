"""Printed percentages that together make a whole: the interval of their sum must contain it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from pipeline.findings import Finding
from pipeline.messages import number
from pipeline.percent import half_up
from pipeline.percent_interval import total
from pipeline.reconcile import at_cells
from pipeline.reconcile_percent_seen import Percentages
from pipeline.submission import Submission
from pipeline.verdicts import Check
from schemas.edit import About
from schemas.form import Forms, Key

# Less than anybody prints; programs that add binary fractions may miss by it.
_NOTHING = Fraction(1, 10**6)


def sum_finding(check: Check, whole: Fraction, here: Percentages, forms: Forms) -> Finding | None:
    """What is wrong with a sum of percentages that should make ``whole``, or the note that rounding explains it.

    A percentage that is wrong or unreadable counts as what the counts say. A part that has a share but was not printed
    leaves the sum unknown. One of which nothing is known counts as nothing beside parts that agree with their counts,
    and as anything from zero up beside a part without counts.
    """
    assert isinstance(check.rule, About)
    keys = [Key(ref.form, ref.indicator, ref.measure) for ref in check.rule.printed]
    parts = [here.seen[key] for key in keys if key in here.seen]
    unprinted = [here.shares[key](here.submission.unit) for key in keys if key not in here.seen and key in here.shares]
    if len(parts) < 2 or any(unprinted) or all(one.by_formula for one in parts):
        return None
    trusted = [one.trusted for one in parts]
    numbers = [one for one in trusted if one is not None]
    made = sum(numbers, Decimal(0))
    if None in trusted or abs(Fraction(made) - whole) < _NOTHING:
        return None
    sums = [total([one.interval(habit).of_parts for one in parts]) for habit in here.habits[parts[0].cell.key.form]]
    if any(one.exact is None for one in parts):
        blank = any(key not in here.submission.entries for key in keys)
        if made == 0 or (blank and any(one.low <= whole for one in sums)):
            return None
    shown = " + ".join(number(float(one)) for one in numbers) + f" = {number(float(made))}"
    found = _found(check, whole, shown, here.submission, forms, fits=any(whole in one for one in sums))
    return found and replace(found, cells=tuple(one.entry.cell for one in parts))


def _found(
    check: Check, whole: Fraction, shown: str, submission: Submission, forms: Forms, *, fits: bool
) -> Finding | None:
    """The finding about a sum that is not ``whole``; of a share nothing is said where rounding explains it."""
    of_share = whole != 100
    if fits and of_share:
        return None
    return at_cells(
        check,
        submission,
        forms,
        finding_id="percent-sum" if fits else "",
        severity="info" if fits else None,
        say="percent-sum" if fits else "percent-wrong" if of_share else "percent-sum-wrong",
        value=shown,
        expected=number(float(half_up(whole, 2))),
    )
