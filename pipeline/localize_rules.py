"""From the edits of the forms and the figures of one unit to systems: one for each web of edits in which one fails.

Percentages of a partition (``about(p + q, 100)``) are left out: where each agrees with its share they can only miss 100
because the counts do not make the whole, which the edits on the counts say. So are the edits on a column of a list
(``unique``, ``in register``), which are no relations of numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from pipeline.localize_system import (
    ANY_HABIT,
    Asked,
    Both,
    Constraint,
    Derived,
    Empty,
    Implied,
    Number,
    Ratio,
    Relation,
    Share,
    Sum,
    System,
    Variable,
    complete,
    ids_of,
    in_order,
    slim,
    verdict,
)
from pipeline.verdicts import Check, Verdict
from schemas.edit import About, Compare, Iff, IsBlank, Linear, Ref, Rule, When, Within

_REPORTED = frozenset({"cell", "sum", "count", "item"})
"""What a unit itself says; the other numbers are known before it answers, and never suspected."""


@dataclass(frozen=True, slots=True)
class Edits:
    """The hard edits that localization can use, read once for all units; ``naming`` are those that name a figure."""

    constraints: tuple[Constraint, ...]
    naming: Mapping[Ref, tuple[int, ...]]
    foreign: frozenset[Ref]

    def without(self, outside: Collection[str]) -> Edits:
        """All but the edits of these ids, which are not asked of a unit's level."""
        return _edits([one for one in self.constraints if one.edit not in outside]) if outside else self


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of one unit.

    ``values`` are exact (:func:`exact`); a figure that is not among them is blank. ``fixed`` are the cells that cannot
    be wrong, beside the numbers that others than the unit know: issuer's targets, cells that the unit is not asked.
    ``weights`` are those of cells that are believed more or less than others. ``decimals`` are those of percentages, as
    printed; every other figure is a whole number. ``derived`` are the totals that nobody types and the links that stand
    in for what was not typed, with what makes them; their own values are not looked at. ``room`` is how far an exact
    share may lie under and over a printed percentage (:class:`pipeline.localize_system.Share`).
    """

    values: Mapping[Ref, Number]
    fixed: Collection[Ref] = frozenset()
    weights: Mapping[Ref, Number] = field(default_factory=lambda: MappingProxyType({}))
    decimals: Mapping[Ref, int] = field(default_factory=lambda: MappingProxyType({}))
    derived: Mapping[Ref, Linear] = field(default_factory=lambda: MappingProxyType({}))
    room: tuple[Fraction, Fraction] = ANY_HABIT


def exact(value: float) -> Number:
    """A figure as it was read, exactly as it would be printed: 93.96 and not the binary fraction next to it."""
    return int(value) if value == int(value) else Fraction(Decimal(repr(value)))


def edits_of(checks: Sequence[Check]) -> Edits:
    """The hard edits among the checks; ``Constraint.at`` is a check's place among them."""
    constraints = tuple(
        Constraint(check.edit.id, at, rule)
        for at, check in enumerate(checks)
        if check.edit.severity == "hard" and (rule := asked_by(check.rule)) is not None
    )
    return _edits(constraints)


def _edits(constraints: Sequence[Constraint]) -> Edits:
    naming: dict[Ref, list[int]] = {}
    for number, constraint in enumerate(constraints):
        for ref in _refs(constraint.rule):
            naming.setdefault(ref, []).append(number)
    foreign = frozenset(ref for ref in naming if ref.kind not in _REPORTED)
    return Edits(tuple(constraints), MappingProxyType({ref: tuple(which) for ref, which in naming.items()}), foreign)


def asked_by(rule: Rule) -> Asked | None:
    """What a rule asks of figures; ``None`` for one that is left out."""
    match rule:
        case Compare():
            return _relation(rule)
        case Within():
            part, whole = summed(rule.quotient.numerator), summed(rule.quotient.denominator)
            return Ratio(rule.low, part, whole, rule.high, rule.parts)
        case Iff():
            return Both(rule.left.ref, rule.right.ref, rule.parts)
        case When():
            then = Empty(rule.then.ref) if isinstance(rule.then, IsBlank) else _relation(rule.then)
            return Implied(_relation(rule.condition), then)
        case About(printed=(printed,), share=share) if share is not None:
            return Share(printed, summed(share.numerator), summed(share.denominator))
    return None


def systems_of(edits: Edits, given: Given) -> tuple[System, ...]:
    """A system for each web of constraints, tied by figures that may be wrong, in which one fails."""
    derived: dict[Hashable, Sum] = {ref: summed(linear) for ref, linear in given.derived.items()}
    order = in_order(derived)
    edits = _with_room(edits, *given.room)
    values = complete({ref: value for ref, value in given.values.items() if ref not in derived}, order)
    fails = [
        number
        for number, constraint in enumerate(edits.constraints)
        if verdict(constraint.rule, values, edits.foreign, given.decimals) is Verdict.FAIL
    ]
    leaves = _leaves(order) if fails else {}
    systems: list[System] = []
    done: set[int] = set()
    for number in fails:
        if number not in done:
            web = _web(number, edits, given, leaves)
            done |= web
            systems.append(_system(sorted(web), edits, given, order, leaves))
    return tuple(systems)


def _with_room(edits: Edits, below: Fraction, above: Fraction) -> Edits:
    """The edits with percentages as exact as a unit's own habit of rounding makes them."""
    if (below, above) == ANY_HABIT:
        return edits
    rules = (
        replace(one.rule, below=below, above=above) if isinstance(one.rule, Share) else one.rule
        for one in edits.constraints
    )
    return replace(
        edits, constraints=tuple(replace(one, rule=rule) for one, rule in zip(edits.constraints, rules, strict=True))
    )


def _relation(rule: Compare) -> Relation:
    return Relation(summed(rule.residual), rule.operator, rule.parts, rule.blanks)


def summed(linear: Linear) -> Sum:
    """The same weighted sum, as error localization has it."""
    return Sum(tuple((slim(weight), ref) for weight, ref in linear.terms), slim(linear.constant))


def _refs(rule: Asked) -> Iterable[Ref]:
    return (id_ for id_ in ids_of(rule) if isinstance(id_, Ref))


def _leaves(order: Iterable[Derived]) -> dict[Hashable, tuple[Ref, ...]]:
    """The figures that each derived one comes down to."""
    found: dict[Hashable, tuple[Ref, ...]] = {}
    for one in order:
        refs = (ref for _, ref in one.sum.terms if isinstance(ref, Ref))
        found[one.id] = tuple(dict.fromkeys(leaf for ref in refs for leaf in found.get(ref, (ref,))))
    return found


def _web(start: int, edits: Edits, given: Given, leaves: Mapping[Hashable, tuple[Ref, ...]]) -> set[int]:
    """All constraints that hang together with one, by way of figures that may be wrong."""
    totals: dict[Ref, list[Ref]] = {}
    for total, parts in leaves.items():
        for part in parts:
            if isinstance(total, Ref):
                totals.setdefault(part, []).append(total)
    web, new = {start}, [start]
    seen: set[Ref] = set()
    while new:
        for named in _refs(edits.constraints[new.pop()].rule):
            for ref in leaves.get(named, (named,)):
                if ref in seen or not _doubtful(ref, given):
                    continue
                seen.add(ref)
                for other in (ref, *totals.get(ref, ())):
                    more = [number for number in edits.naming.get(other, ()) if number not in web]
                    web.update(more)
                    new += more
    return web


def _doubtful(ref: Ref, given: Given) -> bool:
    return ref.kind in _REPORTED and ref not in given.fixed


def _system(
    web: Sequence[int],
    edits: Edits,
    given: Given,
    order: Sequence[Derived],
    leaves: Mapping[Hashable, tuple[Ref, ...]],
) -> System:
    constraints = tuple(edits.constraints[number] for number in web)
    named = dict.fromkeys(ref for constraint in constraints for ref in _refs(constraint.rule))
    refs = dict.fromkeys(leaf for ref in named for leaf in leaves.get(ref, (ref,)))
    needed: set[Hashable] = set(named)
    for one in reversed(order):
        if one.id in needed:
            needed.update(ref for _, ref in one.sum.terms)
    return System(
        variables=tuple(_variable(ref, given) for ref in refs),
        constraints=constraints,
        derived=tuple(one for one in order if one.id in needed),
    )


def _variable(ref: Ref, given: Given) -> Variable:
    return Variable(
        ref,
        given.values.get(ref),
        weight=given.weights.get(ref, 1),
        fixed=not _doubtful(ref, given),
        own=ref.kind in _REPORTED,
        decimals=given.decimals.get(ref, 0),
    )
