"""Whether a change of given cells can meet every constraint, decided in exact whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from math import floor
from operator import or_
from typing import NamedTuple

from pipeline.localize_integer import extremes, interval, solve
from pipeline.localize_lines import Budget, Clash, Line, Point, Reduced, Undecided, substituted
from pipeline.localize_problem import Problem, bits, mask_of
from pipeline.localize_reduce import (
    Alternatives,
    Known,
    Product,
    View,
    alternatives,
    licence,
    share_lines,
)
from pipeline.localize_system import Number

# Among the reasons against a set: that of one way to mend it nothing could be said.
_UNKNOWN = -1
# The work on one set: far more than sets of few cells take, so that it only bounds what cannot be decided.
_STEPS = 200_000


class Loose(NamedTuple):
    """A free percentage whose whole is free too, and the bounds that all else sets it, in steps."""

    product: Product
    low: int
    high: int


class Fit(NamedTuple):
    """A change that meets every constraint: the new figures in steps, and the cells that are made blank.

    ``lines`` and ``loose`` are what the new figures had to meet.
    """

    point: Point
    emptied: int
    lines: tuple[Line, ...]
    loose: tuple[Loose, ...] = ()


def decide(problem: Problem, cells: int, known: Known, work: Budget) -> Fit | Clash:
    """A change of these cells that meets every constraint, or the constraints that show there is none.

    Raises :class:`Undecided`, also where ``work`` ends.
    """
    clashes: list[int] = []
    fit = next(fits(problem, cells, known, Budget(_STEPS, work), clashes), None)
    if fit is None and _UNKNOWN in clashes:
        raise Undecided
    return fit or Clash(reduce(or_, clashes, 0))


class Solved(NamedTuple):
    """One way to meet every constraint: a change, and what it had to meet without the equalities."""

    fit: Fit
    reduced: Reduced


def solved(problem: Problem, cells: int, known: Known, work: Budget) -> tuple[Solved, ...]:
    """Every way to meet all constraints by a change of these cells.

    Raises :class:`Undecided`, also where ``work`` ends.
    """
    budget, clashes = Budget(_STEPS, work), list[int]()
    ways = []
    for fit in fits(problem, cells, known, budget, clashes):
        reduced = substituted(fit.lines, budget)
        assert not isinstance(reduced, Clash)
        ways.append(Solved(fit, reduced))
    if _UNKNOWN in clashes:
        raise Undecided
    return tuple(ways)


def spans(problem: Problem, ways: Iterable[Solved], part: int, work: Budget) -> dict[int, tuple[int, int]]:
    """The least and the greatest new figure of each cell of a part, in steps; those only made blank are not in it.

    Not every figure between the two need do; those of a percentage whose share is not settled may lie wider apart.
    Raises :class:`Undecided`.
    """
    found: dict[int, tuple[int, int]] = {}
    budget = Budget(_STEPS, work)
    for way in ways:
        for cell in (cell for cell in way.fit.point if part >> cell & 1):
            low, high = _span(problem, way, cell, budget)
            old = found.get(cell, (low, high))
            found[cell] = min(low, old[0]), max(high, old[1])
    return found


def fits(problem: Problem, cells: int, known: Known, budget: Budget, clashes: list[int]) -> Iterator[Fit]:
    """One change for each way to meet every constraint; what rules a way out is added to ``clashes``."""
    untouched = problem.broken & ~problem.touched(cells)
    if untouched:
        clashes.append(untouched & -untouched)
        return
    # A blank of the set may stay one: else a set could fail that a part of it does not.
    may_be_blank = [cell for cell in bits(cells) if cell in problem.emptying or problem.blank >> cell & 1]
    for choice in range(1 << len(may_be_blank)):
        left = mask_of(cell for i, cell in enumerate(may_be_blank) if choice >> i & 1)
        yield from _with_blanks(problem, cells, cells & ~left, left & ~problem.blank, known, budget, clashes)


def _with_blanks(
    problem: Problem, cells: int, numbers: int, emptied: int, known: Known, budget: Budget, clashes: list[int]
) -> Iterator[Fit]:
    touched = list(bits(problem.touched(cells)))
    budget.spend(1 + sum([1 + problem.cells[at].bit_count() for at in touched]))
    asked: list[tuple[int, Alternatives]] = [
        (1 << at, alternatives(problem, at, numbers, emptied, known)) for at in touched
    ]
    asked += [(problem.emptying[cell], licence(problem, cell, numbers, emptied)) for cell in bits(emptied)]
    refused = [source for source, ways in asked if not ways]
    if refused:
        clashes.append(min(refused, key=lambda source: problem.named(source).bit_count()))
        return
    lines: list[Line | Product] = [line for cell in bits(numbers) for line in _bounds(problem, cell)]
    lines += [line for _, ways in asked if len(ways) == 1 for line in ways[0]]
    yield from _ways(problem, tuple(lines), [ways for _, ways in asked if len(ways) > 1], emptied, budget, clashes)


def _bounds(problem: Problem, cell: int) -> tuple[Line, Line]:
    return Line(((cell, 1),), -problem.most[cell]), Line(((cell, -1),), problem.least[cell])


def _ways(
    problem: Problem,
    lines: tuple[Line | Product, ...],
    still: Sequence[Alternatives],
    emptied: int,
    budget: Budget,
    clashes: list[int],
) -> Iterator[Fit]:
    """The changes that meet these lines and one alternative of each constraint that has several."""
    linear = tuple(line for line in lines if isinstance(line, Line))
    point = solve(linear, problem.wished, budget)
    if isinstance(point, Clash):
        clashes.append(point.source)
    elif still:
        for alternative in still[0]:
            yield from _ways(problem, (*lines, *alternative), still[1:], emptied, budget, clashes)
    else:
        products = [line for line in lines if isinstance(line, Product)]
        found = _with_products(problem, linear, products, budget) if products else Fit(point, 0, linear)
        if isinstance(found, Clash):
            clashes.append(found.source)
        else:
            yield found._replace(emptied=emptied)


def _with_products(
    problem: Problem, lines: tuple[Line, ...], products: Sequence[Product], budget: Budget
) -> Fit | Clash:
    """Percentages that are free together with their wholes.

    A share fits when one of the figures that the percentage may take prints it. That is linear again, provided that
    nothing but bounds ties the percentage to other cells that may change.
    """
    loose: list[Loose] = []
    for product in products:
        cell, unit = product.printed, problem.steps[product.printed]
        about = [line for line in lines if any(one == cell for one, _ in line.weights)]
        tied = sum(cell in (one.printed, *one.part.weights, *one.whole.weights) for one in products)
        if tied > 1 or any(len(line.weights) > 1 for line in about):
            return Clash(_UNKNOWN)
        low, high = interval(cell, about, {})
        source = product.source
        for line in about:
            source |= line.source
        shares = share_lines(product.part, product.whole, low * unit - product.below, high * unit + product.above)
        lines = (*(line for line in lines if line not in about), *(one._replace(source=source) for one in shares))
        loose.append(Loose(product, low, high))
    point = solve(lines, problem.wished, budget)
    if isinstance(point, Clash):
        return point
    for one in loose:
        low, high = _printable(problem, one, point)
        point[one.product.printed] = max(low, min(high, _half_up(problem, one.product, point)))
    return Fit(point, 0, lines, tuple(loose))


def _printable(problem: Problem, one: Loose, point: Point) -> tuple[int, int]:
    """The figures of a percentage, in steps, that the share which the other figures make can be printed as."""
    part, whole = _sum(one.product.part, point), _sum(one.product.whole, point)
    if whole <= 0:
        return one.low, one.high
    unit, share = problem.steps[one.product.printed], 100 * part / Fraction(whole)
    least, most = floor((share - one.product.above) / unit) + 1, floor((share + one.product.below) / unit)
    return max(one.low, least), min(one.high, most)


def _half_up(problem: Problem, product: Product, point: Point) -> int:
    """The percentage that the new figures make, rounded half up; what was printed where there is no whole."""
    part, whole = _sum(product.part, point), _sum(product.whole, point)
    if whole <= 0:
        return problem.wished[product.printed]
    return floor(100 * part / Fraction(whole) / problem.steps[product.printed] + Fraction(1, 2))


def _sum(view: View, point: Mapping[int, int]) -> Number:
    return view.constant + sum(weight * point[cell] for cell, weight in view.weights.items())


def _span(problem: Problem, way: Solved, cell: int, budget: Budget) -> tuple[int, int]:
    fit = way.fit
    loose = next((one for one in fit.loose if one.product.printed == cell), None)
    if loose is None:
        bounds = problem.least[cell], problem.most[cell]
        return extremes(fit.lines, way.reduced, cell, fit.point, bounds, budget)
    others = {*loose.product.part.weights, *loose.product.whole.weights}
    settled = all(len(set(_span(problem, way, other, budget))) == 1 for other in others)
    return _printable(problem, loose, fit.point) if settled else (loose.low, loose.high)
