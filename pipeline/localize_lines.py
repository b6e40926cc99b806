"""Linear lines over whole numbers, their equalities solved: what the exact decision about them begins with.

An equality gives one number by the others; where no weight of it is 1, steps of Euclid's algorithm bring it to that.
Each line knows what it comes from, so that a contradiction names its sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import gcd
from typing import NamedTuple


class Undecided(Exception):
    """The work that was allowed did not suffice."""


@dataclass(slots=True)
class Budget:
    """The steps of work that are left, and of what they are a part.

    A step is about a number of a line looked at once. Steps are counted and no clock is read: on any machine, however
    busy, the same is given up at the same place.
    """

    left: int
    whole: Budget | None = None

    @property
    def spent(self) -> bool:
        """Whether more steps were taken than there were."""
        return self.left < 0 or (self.whole is not None and self.whole.spent)

    def take(self, steps: int = 1) -> None:
        """So many steps, whether or not they are left."""
        self.left -= steps
        if self.whole is not None:
            self.whole.take(steps)

    def spend(self, steps: int = 1) -> None:
        """So many steps; raises :class:`Undecided` when they are more than are left."""
        self.take(steps)
        if self.spent:
            raise Undecided


class Line(NamedTuple):
    """``weights · numbers + constant <= 0``, or ``== 0``; ``source`` are the bits of what it comes from.

    No weight is 0, and the numbers' keys rise.
    """

    weights: tuple[tuple[int, int], ...]
    constant: int
    equal: bool = False
    source: int = 0


class Clash(NamedTuple):
    """No whole numbers fit; the lines with these ``source`` bits, and those with none, are enough to see it."""

    source: int


class Recipe(NamedTuple):
    """How a number that was substituted follows from the others; one that follows from itself took a new meaning."""

    key: int
    weights: tuple[tuple[int, int], ...]
    constant: int

    def made(self, point: Mapping[int, int]) -> int:
        """The number, once the others are known."""
        return self.constant + sum(weight * point[key] for key, weight in self.weights)


Point = dict[int, int]
Tight = dict[tuple[tuple[int, int], ...], Line]
Reduced = tuple[list[Line], list[Recipe]]
"""Lines without equalities, and how the numbers that were substituted follow from the others."""


def substituted(lines: Iterable[Line], budget: Budget) -> Reduced | Clash:
    """The lines without their equalities, those that two inequalities make among them, and how to come back."""
    left, recipes = list(lines), list[Recipe]()
    while True:
        budget.spend(effort(left))
        tight = tightest(left)
        if isinstance(tight, Clash):
            return tight
        equalities, best = tight
        made = _facing(best)
        if isinstance(made, Clash):
            return made
        left = [*equalities, *made, *best.values()]
        equal = _next_equality(left)
        if equal is None:
            return left, recipes
        divisor = gcd(*(weight for _, weight in equal.weights))
        if equal.constant % divisor:
            return Clash(equal.source)
        recipe, whole = _recipe(equal, divisor)
        recipes.append(recipe)
        left = [put(recipe, line, equal.source if whole else 0) for line in left if not (whole and line is equal)]


def effort(lines: Iterable[Line]) -> int:
    """The steps that it takes to go through lines once."""
    return 1 + sum([1 + len(line.weights) for line in lines])


def _recipe(equal: Line, divisor: int) -> tuple[Recipe, bool]:
    """One number by the others, and whether that is all that the equality says."""
    weights = [(key, weight // divisor) for key, weight in equal.weights]
    constant = equal.constant // divisor
    key, least = min(weights, key=lambda item: abs(item[1]))
    if abs(least) == 1:
        return Recipe(key, tuple((one, -least * w) for one, w in weights if one != key), -least * constant), True
    others = [(one, -_nearest(w, least)) for one, w in weights if one != key]
    return Recipe(key, ((key, 1), *(item for item in others if item[1])), -_nearest(constant, least)), False


def _nearest(value: int, divisor: int) -> int:
    """The whole number nearest to a quotient."""
    return (2 * value + divisor) // (2 * divisor) if divisor > 0 else _nearest(-value, -divisor)


def put(recipe: Recipe, line: Line, source: int) -> Line:
    """A line with a number replaced."""
    weights = dict(line.weights)
    factor = weights.pop(recipe.key, 0)
    if not factor:
        return line
    for key, weight in recipe.weights:
        weights[key] = weights.get(key, 0) + factor * weight
    kept = tuple(sorted(item for item in weights.items() if item[1]))
    return Line(kept, line.constant + factor * recipe.constant, line.equal, line.source | source)


def tightest(lines: Iterable[Line]) -> tuple[list[Line], Tight] | Clash:
    """The equalities, and the inequalities in lowest terms with the tightest of those that are parallel."""
    best: Tight = {}
    equalities, clashes = list[Line](), list[int]()
    for line in lines:
        weights, constant, equal, source = line
        if not weights:
            if constant > 0 or (equal and constant):
                clashes.append(source)
        elif equal:
            equalities.append(line)
        else:
            divisor = gcd(*(weight for _, weight in weights))
            if divisor > 1:
                weights = tuple((key, weight // divisor) for key, weight in weights)
                constant = -(-constant // divisor)
            old = best.get(weights)
            if old is None or constant > old.constant:
                best[weights] = Line(weights, constant, False, source)
    return Clash(min(clashes, key=int.bit_count)) if clashes else (equalities, best)


def _facing(best: Tight) -> list[Line] | Clash:
    """The equalities that opposite inequalities make, taken out of those."""
    made, clashes = list[Line](), list[int]()
    for weights, line in [item for item in best.items() if item[0][0][1] > 0]:
        other = best.get(tuple((key, -weight) for key, weight in weights))
        if other is None or line.constant + other.constant < 0:
            continue
        source = line.source | other.source
        if line.constant + other.constant > 0:
            clashes.append(source)
        else:
            made.append(Line(weights, line.constant, True, source))
            del best[weights], best[other.weights]
    return Clash(min(clashes, key=int.bit_count)) if clashes else made


def _next_equality(lines: Sequence[Line]) -> Line | None:
    """An equality that gives a number straight away, if there is one, else any."""
    found = [line for line in lines if line.equal]
    return min(found, key=lambda line: min(abs(weight) for _, weight in line.weights), default=None)
