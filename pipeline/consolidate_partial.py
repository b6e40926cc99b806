"""What some units add to those right above them, and the same of several such parts.

A partial holds nothing but whole numbers, fractions and largest figures: whoever makes the parts and in whatever order
they are merged, the same comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from pipeline.consolidate_exact import Exact, Flags, Whole, exact, plus, scaled, summed, taken_out, times
from pipeline.consolidate_plan import Plan, Shares
from pipeline.figures import Matrix


@dataclass(frozen=True, slots=True)
class Some:
    """Some units with a parent: the number of the parent and the kind of each, and their figures, settled.

    ``registers`` is true where a unit declared a figure of the register: the register's own count is no unit's.
    """

    parents: Whole
    kinds: Whole
    registers: Flags
    values: Matrix


@dataclass(frozen=True, slots=True)
class Partial:
    """A row for each parent that any of the units has, by the parents' numbers, ascending.

    ``sums`` has a column for each of :attr:`Plan.decimals`, in last decimals; ``odd`` is what is to be added to them,
    by parent and column. ``given`` counts the figures behind the sums and behind what is counted, ``above`` those above
    nothing; ``largest`` is NaN where there is no figure. Of the ``expected`` units ``with_data`` have a figure.
    """

    parents: Whole
    sums: Whole
    odd: Mapping[tuple[int, int], Exact]
    given: Whole
    above: Whole
    largest: Matrix
    with_data: Whole
    expected: Whole


def partial(plan: Plan, some: Some) -> Partial:
    """What these units add to their parents."""
    order = np.argsort(some.parents, kind="stable")
    parents, starts = np.unique(some.parents[order], return_index=True)
    if not len(parents):
        return _nothing(plan)
    values, kinds, registers = some.values[order], some.kinds[order], some.registers[order]
    shares = parts_of(plan.shares, values)
    sums, odd = _added(plan, values, shares, starts)
    there = ~np.isnan(values)
    counted = values[:, plan.counted]
    given = np.concatenate([there[:, plan.summed], there[:, plan.counted]], axis=1)
    there[:, plan.registered] = registers
    there[:, plan.shares.columns] = False
    there[:, plan.shares.columns[plan.shares.built]] = shares[2][:, plan.shares.built]
    return Partial(
        parents,
        sums,
        {(int(parents[row]), column): more for (row, column), more in odd.items()},
        _how_many(given, starts),
        _how_many(np.greater(counted, 0), starts),
        # Of two zeros neither is the larger one; but for the sign they are the same.
        np.fmax.reduceat(values[:, plan.largest] + 0.0, starts, axis=0),
        _how_many(there & plan.owes[kinds], starts),
        _how_many(plan.owes[kinds], starts),
    )


def merged(some: Sequence[Partial]) -> Partial:
    """These parts, of which there is at least one, in one; no unit is in two of them."""
    if len(some) == 1:
        return some[0]
    parents = np.unique(np.concatenate([one.parents for one in some]))
    odd = dict[tuple[int, int], Exact]()
    sums, given, above, with_data, expected = (
        np.zeros((len(parents), array.shape[1]), dtype=np.int64)
        for array in (some[0].sums, some[0].given, some[0].above, some[0].with_data, some[0].expected)
    )
    largest = np.full((len(parents), some[0].largest.shape[1]), np.nan)
    for one in some:
        at = np.searchsorted(parents, one.parents)
        both = sums[at] + one.sums
        more = [((int(one.parents[row]), column), much) for row, column, much in taken_out(both)]
        for key, much in (*more, *one.odd.items()):
            odd[key] = plus(odd.get(key, Fraction(0)), much)
        sums[at] = both
        given[at] += one.given
        above[at] += one.above
        with_data[at] += one.with_data
        expected[at] += one.expected
        largest[at] = np.fmax(largest[at], one.largest)
    return Partial(parents, sums, odd, given, above, largest, with_data, expected)


def parts_of(shares: Shares, values: Matrix) -> tuple[Matrix, Matrix, Flags]:
    """Part and whole of each percentage of some units, and whether all is there that it needs."""
    missing = np.zeros((len(values), len(shares.columns)), dtype=np.bool_)
    for columns in shares.needs:
        missing |= np.isnan(values[:, columns])
    return shares.tops.of(values)[0], shares.wholes.of(values)[0], ~missing


def _nothing(plan: Plan) -> Partial:
    def none(columns: int) -> Whole:
        return np.zeros((0, columns), dtype=np.int64)

    given = none(len(plan.summed) + len(plan.counted))
    largest = np.zeros((0, len(plan.largest)))
    counts = (none(plan.width), none(plan.width))
    return Partial(none(1)[:, 0], none(len(plan.decimals)), {}, given, none(len(plan.counted)), largest, *counts)


def _added(
    plan: Plan, values: Matrix, shares: tuple[Matrix, Matrix, Flags], starts: Whole
) -> tuple[Whole, dict[tuple[int, int], Exact]]:
    """The sums of what these units add; a mean counts with its weight only, the part of a percentage with its whole."""
    tops, wholes, both = (array[:, plan.shares.built] for array in shares)
    means, weights = values[:, plan.means.columns], values[:, plan.means.weights]
    weighed = ~np.isnan(means) & ~np.isnan(weights)
    sums = values[:, plan.summed]
    given = np.concatenate([~np.isnan(sums), weighed, weighed, both, both], axis=1)
    figures = np.concatenate([sums, np.full(means.shape, np.nan), weights, tops, wholes], axis=1)
    whole, fits = scaled(figures, plan.decimals)
    of_means, fit = scaled(means, plan.means.decimals)
    of_weights, fit_too = scaled(weights, plan.means.of_weights)
    first = len(plan.summed)
    products = slice(first, first + means.shape[1])
    with np.errstate(over="ignore", invalid="ignore"):
        whole[:, products], fits[:, products] = of_means * of_weights, fit & fit_too

    def as_it_is(row: int, column: int) -> Exact:
        if products.start <= column < products.stop:
            k = column - first
            mean = exact(float(means[row, k]), int(plan.means.decimals[k]))
            return times(mean, exact(float(weights[row, k]), int(plan.means.of_weights[k])))
        return exact(float(figures[row, column]), int(plan.decimals[column]))

    return summed(whole, fits & given, given, starts, as_it_is)


def _how_many(flags: Flags, starts: Whole) -> Whole:
    return np.add.reduceat(flags, starts, axis=0, dtype=np.int64)
