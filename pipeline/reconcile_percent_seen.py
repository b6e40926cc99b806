"""What a unit printed as percentages, each beside the exact share that its counts make."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from pipeline.catalogue import CATALOGUE
from pipeline.figures import Figures
from pipeline.findings import Finding, Param, Severity
from pipeline.messages import Shown, number
from pipeline.percent import ANY, HABITS, NONE, Habit, Printed, explaining, half_up, is_upward, printed, rounded
from pipeline.percent_interval import Interval, interval, point, upward
from pipeline.submission import Entry, Submission
from pipeline.verdicts import value_of
from schemas.edit import Linear, Quotient, Ref
from schemas.form import Cell, Key

ShareOf = Callable[[str], Fraction | None]
"""The exact share of a unit in points; ``None`` where a figure is missing or the whole is zero."""

# More digits than this are a number that no one printed, but a program worked out in binary floating point.
FULL_PRECISION = Fraction(1, 10**7)
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Seen:
    """One percentage beside its exact share.

    ``exact`` is ``None`` where the counts make none, ``shown`` where the figure was refused or stands at full
    precision. ``habits`` are those that explain it; ``upward`` says that only rounding upward does. ``by_formula``: it
    is a number, and just the one that the template's own formula works out.
    """

    cell: Cell
    entry: Entry
    exact: Fraction | None
    shown: Printed | None = None
    habits: frozenset[Habit] = NONE
    upward: bool = False
    by_formula: bool = False

    @property
    def words(self) -> str:
        """The percentage as it stands there, without its sign."""
        return self.entry.shown.replace("%", "").strip()

    @property
    def is_held(self) -> bool:
        """Whether it agrees with its counts, or was asked for itself and there are none to deny it.

        Where counts are missing, what stands in a cell of the template's own may be what its formula made of others.
        """
        if self.exact is None:
            return self.cell.role == "input" and self.entry.value is not None and not self.entry.refusal
        return bool(self.habits) or self.upward

    def half_up(self, decimals: int | None = None) -> Shown:
        """What the counts make, rounded half up; at the cell's own precision unless told otherwise."""
        assert self.exact is not None
        places = self.cell.decimals if decimals is None else decimals
        return number(float(half_up(self.exact, places)), decimals=places)

    @property
    def trusted(self) -> Decimal | None:
        """What stands for it in a sum: what the counts make of one that is wrong or unreadable, if they make any."""
        if self.is_held:
            return Decimal(repr(self.entry.value))
        says = self.entry.value is not None or bool(self.entry.refusal)
        return half_up(self.exact, self.cell.decimals) if says and self.exact is not None else None

    def interval(self, habit: Habit) -> Interval:
        """The exact values that it may stand for where its unit rounds by this habit; of one that is wrong its share.

        A figure that the habit does not explain stands for what the ones that do make of it.
        """
        if not self.is_held:
            assert self.exact is not None
            return point(self.exact)
        if self.shown is None:
            exact = Fraction(self.entry.value or 0)
            return Interval(exact - FULL_PRECISION, exact + FULL_PRECISION)
        if self.upward:
            return upward(self.shown)
        if self.exact is None or habit in self.habits:
            return interval(self.shown, habit)
        return interval(self.shown, next(own for own in HABITS if own in self.habits))


@dataclass(frozen=True, slots=True)
class Percentages:
    """The percentages of one return by their cells, a mark for "not worked out" left out.

    ``habits`` are the likeliest ones of each form, the usual one first; ``shares`` work out what a percentage should
    be, printed or not.
    """

    submission: Submission
    seen: Mapping[Key, Seen]
    habits: Mapping[str, tuple[Habit, ...]]
    shares: Mapping[Key, ShareOf]


def look(cell: Cell, entry: Entry, exact: Fraction | None) -> Seen:
    """A percentage held against its share."""
    if entry.value is None or entry.refusal:
        return Seen(cell, entry, exact)
    decimals = _decimals(entry)
    if exact is None:
        return Seen(cell, entry, None, None if decimals is None else printed(entry.value, decimals))
    if cell.role == "computed" and not entry.text:
        made = rounded(exact, cell.decimals, "half-up")
        if abs(entry.value - made.digits / 10**made.decimals) < _SAME:
            return Seen(cell, entry, exact, made, ANY, by_formula=True)
    if decimals is None:
        near = abs(Fraction(entry.value) - exact) < FULL_PRECISION
        return Seen(cell, entry, exact, None, ANY if near else NONE)
    shown = printed(entry.value, decimals)
    habits = explaining(shown, exact)
    return Seen(cell, entry, exact, shown, habits, not habits and is_upward(shown, exact))


def _decimals(entry: Entry) -> int | None:
    """The decimals that stand there; those of the decision where people decided on the figure."""
    if not entry.decision or entry.value is None:
        return entry.decimals
    return len(f"{Decimal(repr(entry.value)).normalize():f}".partition(".")[2])


def share_of(ratio: Quotient, figures: Figures) -> ShareOf:
    """How to work the share of each unit out; the columns of figures are looked up once for all units."""
    top, whole = _sum_of(ratio.numerator, figures), _sum_of(ratio.denominator, figures)
    rows = figures.row

    def share(unit: str) -> Fraction | None:
        row = rows.get(unit)
        if row is None or (of := whole(row)) is None or not of or (part := top(row)) is None:
            return None
        return Fraction(100 * part, of) if type(part) is int and type(of) is int else Fraction(100 * part) / of

    return share


def _sum_of(linear: Linear, figures: Figures) -> Callable[[int], Fraction | int | None]:
    """A weighted sum of figures by row of the matrix, in exact arithmetic; ``None`` where one is missing."""
    columns = [figures.column.get(Key(ref.form, ref.indicator, ref.measure)) for ref in linear.refs]
    if None in columns:
        return lambda _: None
    values: list[list[float]] = [figures.values[:, column].tolist() for column in columns]
    if [weight for weight, _ in linear.terms] == [1] and not linear.constant:
        [only], [ref] = values, linear.refs
        return lambda row: int(only[row]) if only[row].is_integer() else _exactly(linear, {ref: only[row]})
    return lambda row: _exactly(linear, dict(zip(linear.refs, (column[row] for column in values), strict=True)))


def _exactly(linear: Linear, values: Mapping[Ref, float]) -> Fraction | None:
    return None if any(math.isnan(value) for value in values.values()) else value_of(linear, values)


def note(
    finding_id: str,
    seen: Sequence[Seen],
    submission: Submission,
    value: str,
    expected: str,
    *,
    severity: Severity | None = None,
    say: str = "",
    params: Mapping[str, Param] | None = None,
) -> Finding:
    """A finding about printed percentages of one form, at their cells."""
    first = seen[0]
    return Finding(
        finding_id,
        severity or CATALOGUE[finding_id].severity,
        unit=submission.unit,
        period=submission.period,
        form=first.cell.key.form,
        file=submission.file,
        sheet=first.entry.sheet,
        cells=tuple(one.entry.cell for one in seen),
        indicator=first.cell.key.indicator,
        measure=first.cell.key.measure,
        value=value,
        expected=expected,
        say=say,
        params=params or {},
    )
