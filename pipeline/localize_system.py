"""The figures of one unit and the relations between them, as exact data: what error localization works on.

**When a relation fails.** Just where :func:`pipeline.verdicts.judge` says so. A blank is an unknown number from zero
up, and every relation takes it for itself: a relation with a blank fails only when no number in the blank could save
it, be it a fraction. Nothing asks that one number serve two relations, and none of them that there be a number at all.
In an equality of parts and a whole a blank part may stand for zero; this decides whether the condition of an
:class:`Implied` is in force. A relation in which the unit has reported nothing does not fail, nor does a quotient whose
whole is not above zero. A derived total is blank while one of its parts is. Edits may choose another meaning of a blank
(:data:`schemas.edit.Blanks`): where it counts as zero or is skipped that holds here too; where a number is required and
missing the relation does not fail here, for nothing that stands there is in doubt, and the edit's own finding names it.

**What may be changed.** A cell in a set takes any number of its own kind between its bounds; all others keep what was
reported, the blanks among them too. So filling a blank is a change like any other. It seldom helps: what fails does so
whatever stands in the blank, and only a blank that counts as zero, a condition that is in force thanks to a blank, a
total that may come to less than zero, or a cell that may hold less than zero can be mended like that. Emptying a cell
is a change too, but only of a cell that a relation in force asks to be :class:`Empty`; otherwise leaving things out
would mend everything.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pipeline.verdicts import Verdict
from schemas.edit import Blanks, Operator

Number = int | Fraction
Values = Mapping[Hashable, Number | None]

LARGEST = 10**15 - 1
"""What a cell can hold without losing a digit."""

ANY_HABIT = (Fraction(1, 2), Fraction(1))
"""How far a share may lie under and over the percentage that is printed for it, whatever the habit of rounding."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A weighted sum of figures and a constant; no id stands in it twice. Whole weights are best given as ``int``."""

    terms: tuple[tuple[Number, Hashable], ...]
    constant: Number = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """``sum (operator) 0``. ``parts`` are the figures for which a blank may stand for zero."""

    sum: Sum
    operator: Operator
    parts: frozenset[Hashable] = frozenset()
    blanks: Blanks = "interval"


@dataclass(frozen=True, slots=True)
class Ratio:
    """``low <= numerator / denominator <= high``; nothing is asked where the denominator is not above zero.

    ``zeros`` are the figures whose blank counts as zero.
    """

    low: Fraction | None
    numerator: Sum
    denominator: Sum
    high: Fraction | None
    zeros: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Both:
    """Two figures above zero, or neither. ``zeros`` are those whose blank counts as zero."""

    left: Hashable
    right: Hashable
    zeros: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing may stand in the cell."""

    id: Hashable


@dataclass(frozen=True, slots=True)
class Implied:
    """Where the condition holds, ``then`` must."""

    condition: Relation
    then: Relation | Empty


@dataclass(frozen=True, slots=True)
class Share:
    """A printed percentage of ``100 * numerator / denominator``; the percentage is a variable.

    In units of its last place, the exact share lies at most ``below`` under it and less than ``above`` over it: a half
    and one are what rounding half up, half to even and cutting off come to, a half and a half rounding alone, nothing
    and one cutting off. Both together are at least one. Nothing is asked where the denominator is not above zero.
    """

    printed: Hashable
    numerator: Sum
    denominator: Sum
    below: Fraction = ANY_HABIT[0]
    above: Fraction = ANY_HABIT[1]


Asked = Relation | Ratio | Both | Implied | Share


@dataclass(frozen=True, slots=True)
class Variable:
    """One figure. ``value`` is what was reported, ``None`` a blank.

    ``decimals`` is 0 for whole numbers, else the decimals with which a percentage is printed. ``weight`` is how much is
    to be believed in the figure: above zero, 1 for an ordinary one. A ``fixed`` figure is never wrong: a constant, a
    count of the register, the issuer's target, a figure of the last period, a cell that is not asked. ``own`` says
    whether it is the unit that reports it. A changed figure lies between ``low`` and ``high``, both included; what was
    reported may lie anywhere.
    """

    id: Hashable
    value: Number | None
    weight: Number = 1
    fixed: bool = False
    own: bool = True
    decimals: int = 0
    low: int = 0
    high: int = LARGEST


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure that nobody types: it is worked out from others, and blank while one of those is."""

    id: Hashable
    sum: Sum


@dataclass(frozen=True, slots=True)
class Constraint:
    """What one instance of a hard edit asks: ``edit`` is its id, ``at`` its place among the checks that were given."""

    edit: str
    at: int
    rule: Asked


@dataclass(frozen=True, slots=True)
class System:
    """Figures and all that is asked of them. A derived figure stands after those that it is worked out from."""

    variables: tuple[Variable, ...]
    constraints: tuple[Constraint, ...]
    derived: tuple[Derived, ...] = ()

    @property
    def reported(self) -> dict[Hashable, Number | None]:
        """What stands in each cell."""
        return {variable.id: variable.value for variable in self.variables}

    @property
    def foreign(self) -> frozenset[Hashable]:
        """The figures that others than the unit know."""
        return frozenset(variable.id for variable in self.variables if not variable.own)

    @property
    def decimals(self) -> dict[Hashable, int]:
        """The decimals of each figure that has any."""
        return {variable.id: variable.decimals for variable in self.variables if variable.decimals}


def failing(system: System, values: Values) -> tuple[Constraint, ...]:
    """The constraints that fail on these values of the variables, by plain evaluation in exact arithmetic."""
    known, foreign, decimals = complete(values, system.derived), system.foreign, system.decimals
    return tuple(one for one in system.constraints if verdict(one.rule, known, foreign, decimals) is Verdict.FAIL)


def complete(values: Values, derived: Iterable[Derived]) -> dict[Hashable, Number | None]:
    """The values with the derived figures worked out."""
    known = dict(values)
    for one in derived:
        parts = [(weight, known.get(ref)) for weight, ref in one.sum.terms]
        made = one.sum.constant + sum(weight * part for weight, part in parts if part is not None)
        known[one.id] = made if all(part is not None for _, part in parts) else None
    return known


def verdict(rule: Asked, values: Values, foreign: Collection[Hashable], decimals: Mapping[Any, int]) -> Verdict:
    """The verdict on values in which the derived figures are worked out; an id that is missing is blank."""
    match rule:
        case Relation():
            return _of_relation(rule, values, foreign)
        case Ratio():
            return _of_ratio(rule, _with_zeros(rule, values, foreign))
        case Both():
            values = _with_zeros(rule, values, foreign)
            left, right = values.get(rule.left), values.get(rule.right)
            if left is None or right is None:
                return Verdict.UNKNOWN
            return _said((left > 0) == (right > 0))
        case Implied():
            return _of_implied(rule, values, foreign)
    return _of_share(rule, values, decimals)


def ids_of(rule: Asked) -> tuple[Hashable, ...]:
    """Every figure that a rule names, each once."""
    others: tuple[Hashable, ...] = ()
    match rule:
        case Both():
            others = (rule.left, rule.right)
        case Implied(then=Empty(id=id_)):
            others = (id_,)
        case Share():
            others = (rule.printed,)
    return tuple(dict.fromkeys((*(id_ for summed in sums_of(rule) for _, id_ in summed.terms), *others)))


def sums_of(rule: Asked) -> tuple[Sum, ...]:
    """Every weighted sum of a rule."""
    match rule:
        case Relation():
            return (rule.sum,)
        case Ratio() | Share():
            return (rule.numerator, rule.denominator)
        case Implied():
            return (rule.condition.sum, *(() if isinstance(rule.then, Empty) else (rule.then.sum,)))
    return ()


def room(rule: Share, decimals: Mapping[Any, int]) -> tuple[Fraction, Fraction]:
    """How far the exact share may lie under and over the printed percentage, in points."""
    unit = Fraction(1, 10 ** decimals.get(rule.printed, 0))
    return rule.below * unit, rule.above * unit


def _said(passed: bool) -> Verdict:
    return Verdict.PASS if passed else Verdict.FAIL


def _of_relation(rule: Relation, values: Values, foreign: Collection[Hashable]) -> Verdict:
    total: Number = rule.sum.constant
    rises = falls = lacks = reported = False
    for weight, ref in rule.sum.terms:
        value = values.get(ref)
        if value is not None:
            total += weight * value
            reported |= ref not in foreign
        elif rule.blanks == "interval":
            rises |= weight > 0
            falls |= weight < 0
            lacks |= ref not in rule.parts
        elif ref not in rule.parts:
            rises = falls = lacks = True
    if not reported:
        return Verdict.UNKNOWN
    above, below = total > 0 and not falls, total < 0 and not rises
    if rule.operator == "==":
        failed, passed = above or below, total == 0 and not lacks
    elif rule.operator == "<=":
        failed, passed = above, total <= 0 and not rises
    else:
        failed, passed = below, total >= 0 and not falls
    return Verdict.FAIL if failed else Verdict.PASS if passed else Verdict.UNKNOWN


def _with_zeros(rule: Ratio | Both, values: Values, foreign: Collection[Hashable]) -> Values:
    """The values with the blanks that count as zero, where the unit reports any of the rule's figures."""
    if any(values.get(id_) is not None and id_ not in foreign for id_ in ids_of(rule) if rule.zeros):
        return {**values, **{id_: 0 for id_ in rule.zeros if values.get(id_) is None}}
    return values


def _of_ratio(rule: Ratio, values: Values) -> Verdict:
    top, whole = exact_sum(rule.numerator, values), exact_sum(rule.denominator, values)
    if top is None or whole is None or whole <= 0:
        return Verdict.UNKNOWN
    low_enough = rule.high is None or top <= rule.high * whole
    return _said(low_enough and (rule.low is None or top >= rule.low * whole))


def _of_implied(rule: Implied, values: Values, foreign: Collection[Hashable]) -> Verdict:
    condition = _of_relation(rule.condition, values, foreign)
    if condition is not Verdict.PASS:
        return Verdict.PASS if condition is Verdict.FAIL else Verdict.UNKNOWN
    if isinstance(rule.then, Empty):
        return _said(values.get(rule.then.id) is None)
    return _of_relation(rule.then, values, foreign)


def _of_share(rule: Share, values: Values, decimals: Mapping[Any, int]) -> Verdict:
    top, whole = exact_sum(rule.numerator, values), exact_sum(rule.denominator, values)
    printed = values.get(rule.printed)
    if printed is None or top is None or whole is None or whole <= 0:
        return Verdict.UNKNOWN
    below, above = room(rule, decimals)
    return _said((printed - below) * whole <= 100 * top < (printed + above) * whole)


def exact_sum(summed: Sum, values: Values) -> Number | None:
    """A weighted sum; ``None`` where a figure of it is blank."""
    total: Number = summed.constant
    for weight, ref in summed.terms:
        value = values.get(ref)
        if value is None:
            return None
        total += weight * value
    return total


def slim(number: Number) -> Number:
    """The same number, as ``int`` where it is a whole one: the arithmetic of those is many times faster."""
    return number.numerator if number.denominator == 1 else number


def in_order(derived: Mapping[Hashable, Sum]) -> Sequence[Derived]:
    """Derived figures, each after those it is worked out from; they must not lead back to themselves."""
    done: dict[Hashable, Derived] = {}

    def visit(ref: Hashable) -> None:
        if ref in derived and ref not in done:
            for _, part in derived[ref].terms:
                visit(part)
            done[ref] = Derived(ref, derived[ref])

    for ref in derived:
        visit(ref)
    return tuple(done.values())
