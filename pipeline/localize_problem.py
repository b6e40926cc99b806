"""A system with its cells and its constraints numbered: a set of either is the bits of one whole number."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import ceil, floor

from pipeline.localize_system import (
    Asked,
    Both,
    Empty,
    Implied,
    Number,
    Ratio,
    Relation,
    Sum,
    System,
    Variable,
    complete,
    ids_of,
    slim,
    verdict,
)
from pipeline.verdicts import Verdict

Leaves = tuple[tuple[Number, int], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A figure as the weighted cells that make it, with a constant: a cell itself, or a derived total."""

    leaves: Leaves
    constant: Number
    cells: int


@dataclass(frozen=True, slots=True)
class Problem:
    """``figures`` are the figures by id, ``cells`` those of each constraint, ``touching`` the constraints of each cell.

    ``blank`` are the cells without a figure, ``free`` those that may be in a set, ``broken`` the constraints that fail
    as things stand. ``emptying`` are, for each cell that may be asked to be empty, the constraints that ask it.
    ``steps`` are the units of the cells' last places; ``least`` and ``most`` the bounds of the cells, in steps, and
    ``wished`` what a changed cell should stay near to.
    """

    system: System
    variables: tuple[Variable, ...]
    figures: Mapping[Hashable, Made]
    cells: tuple[int, ...]
    touching: tuple[int, ...]
    blank: int
    free: int
    broken: int
    emptying: Mapping[int, int]
    steps: tuple[Number, ...]
    least: tuple[int, ...]
    most: tuple[int, ...]
    wished: Mapping[int, int]
    foreign: frozenset[Hashable]
    decimals: Mapping[Hashable, int]

    def touched(self, cells: int) -> int:
        """The constraints that name one of these cells, themselves or in a derived total."""
        return reduce(lambda found, cell: found | self.touching[cell], bits(cells), 0)

    def named(self, constraints: int) -> int:
        """The cells that may be in a set and that one of these constraints names."""
        return reduce(lambda found, at: found | self.cells[at], bits(constraints), 0) & self.free

    def weight(self, cells: int) -> Number:
        """The weight of a set."""
        return sum(self.variables[cell].weight for cell in bits(cells))


def bits(mask: int) -> Iterator[int]:
    """The numbers in a set, rising."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def mask_of(numbers: Iterable[int]) -> int:
    """A set of numbers as bits."""
    return reduce(lambda mask, number: mask | 1 << number, numbers, 0)


def problem_of(system: System) -> Problem:
    """The same system, numbered in its own order."""
    variables, rules = system.variables, [constraint.rule for constraint in system.constraints]
    figures = {one.id: Made(((1, i),), 0, 1 << i) for i, one in enumerate(variables)}
    for derived in system.derived:
        figures[derived.id] = _made(derived.sum, figures)
    cells = tuple(_cells(ids_of(rule), figures) for rule in rules)
    touching = [0] * len(variables)
    for at, mask in enumerate(cells):
        for cell in bits(mask):
            touching[cell] |= 1 << at
    blank = mask_of(i for i, one in enumerate(variables) if one.value is None)
    movable = mask_of(i for i, one in enumerate(variables) if not one.fixed)
    steps = tuple(Fraction(1, 10**one.decimals) if one.decimals else 1 for one in variables)
    now, foreign, decimals = complete(system.reported, system.derived), system.foreign, system.decimals
    broken = (at for at, rule in enumerate(rules) if verdict(rule, now, foreign, decimals) is Verdict.FAIL)
    return Problem(
        system=system,
        variables=variables,
        figures=figures,
        cells=cells,
        touching=tuple(touching),
        blank=blank,
        free=movable & (~blank | _fillable(system, rules, figures)),
        broken=mask_of(broken),
        emptying=_emptying(rules, figures),
        steps=steps,
        least=tuple(ceil(one.low / unit) for one, unit in zip(variables, steps, strict=True)),
        most=tuple(floor(one.high / unit) for one, unit in zip(variables, steps, strict=True)),
        wished={i: round((one.value or 0) / unit) for i, (one, unit) in enumerate(zip(variables, steps, strict=True))},
        foreign=foreign,
        decimals=decimals,
    )


def _cells(ids: Iterable[Hashable], figures: Mapping[Hashable, Made]) -> int:
    return reduce(lambda mask, id_: mask | figures[id_].cells, ids, 0)


def _made(summed: Sum, figures: Mapping[Hashable, Made]) -> Made:
    """A sum by the cells that its figures come down to."""
    weights: dict[int, Number] = {}
    constant: Number = summed.constant
    for weight, id_ in summed.terms:
        constant += weight * figures[id_].constant
        for inner, cell in figures[id_].leaves:
            weights[cell] = weights.get(cell, 0) + weight * inner
    # A cell that cancels out still makes the total blank while it is.
    leaves = tuple((slim(weight), cell) for cell, weight in weights.items())
    return Made(leaves, slim(constant), mask_of(weights))


def _fillable(system: System, rules: Sequence[Asked], figures: Mapping[Hashable, Made]) -> int:
    """The cells in which a number can mend what a blank cannot: see the head of :mod:`pipeline.localize_system`."""
    negative = mask_of(i for i, one in enumerate(system.variables) if one.low < 0 or (one.value or 0) < 0)
    found = negative
    for rule in rules:
        found |= _cells(_zeros(rule), figures)
        if isinstance(rule, Implied):
            found |= _cells((id_ for _, id_ in rule.condition.sum.terms), figures)
    for derived in system.derived:
        made = figures[derived.id]
        if made.constant < 0 or made.cells & negative or any(weight < 0 for weight, _ in made.leaves):
            found |= made.cells
    return found


def _zeros(rule: Asked) -> Iterable[Hashable]:
    """The figures whose blank counts as zero."""
    match rule:
        case Relation(blanks="zero"):
            return rule.parts
        case Ratio() | Both():
            return rule.zeros
        case Implied(then=Relation() as then):
            return _zeros(then)
    return ()


def _emptying(rules: Sequence[Asked], figures: Mapping[Hashable, Made]) -> dict[int, int]:
    found: dict[int, int] = {}
    for at, rule in enumerate(rules):
        if isinstance(rule, Implied) and isinstance(rule.then, Empty):
            for cell in bits(figures[rule.then.id].cells):
                found[cell] = found.get(cell, 0) | 1 << at
    return found
