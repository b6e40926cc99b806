"""What follows from the children's figures when all are added: a parent's figures built from them, and its own."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from pipeline.consolidate_exact import Flags, Odd, Whole, as_float, floats, number, over, times
from pipeline.consolidate_partial import Partial, parts_of
from pipeline.consolidate_plan import Plan
from pipeline.figures import Matrix


def built_of(plan: Plan, whole: Partial, parents: Whole, registered: Matrix) -> Matrix:
    """The figures of these parents as their children make them, all of whom are in the ``whole``.

    ``registered`` are the register's counts of each, a column for each of :attr:`Plan.registered`.
    """
    built = np.full((len(parents), plan.width), np.nan)
    if not len(parents):
        return built
    at = np.searchsorted(whole.parents, parents)
    wanted = {int(row): k for k, row in enumerate(parents)}
    odd = {(wanted[row], column): more for (row, column), more in whole.odd.items() if row in wanted}
    sums, given = whole.sums[at], np.split(whole.given[at], [len(plan.summed)], axis=1)
    added, _, _, tops, wholes = plan.parts(floats(sums, odd, plan.decimals))
    built[:, plan.registered] = registered
    built[:, plan.summed] = np.where(given[0] > 0, added, np.nan)
    built[:, plan.counted] = np.where(given[1] > 0, whole.above[at], np.nan)
    built[:, plan.largest] = whole.largest[at]
    for k, column in enumerate(plan.means.columns.tolist()):
        built[:, column] = [_mean(plan, sums, odd, row, k) for row in range(len(parents))]
    made, some = plan.totals.of(built)
    built[:, plan.derived] = np.where(some, made, np.nan)
    built[:, plan.shares.columns[plan.shares.built]] = _percentages(tops, wholes)
    return built


def settled(plan: Plan, own: Matrix, built: Matrix, kinds: Whole) -> Matrix:
    """The figures of some units: declared, else built; the province's own package is compared, never added.

    A derived total is that of the unit's own parts, whichever way each of them came about; it stays missing where the
    unit's return has one of its parts refused. So is a percentage, but where a part is missing that of the children.
    """
    province = plan.of_province[kinds][:, np.newaxis]
    value = np.where(province | np.isnan(own), built, own)
    # What only one level reports: a parent's figure is its own and its children's together.
    once = own[:, plan.once], built[:, plan.once]
    both = np.where(np.isnan(once[0]), once[1], once[0] + np.nan_to_num(once[1], posinf=np.inf, neginf=-np.inf))
    value[:, plan.once] = np.where(province, once[1], both)
    value[:, plan.issued] = own[:, plan.issued]
    withheld = plan.totals.of(own)[1] & np.isnan(own[:, plan.derived]) & ~province
    made, some = plan.totals.of(value)
    value[:, plan.derived] = np.where(some & ~withheld, made, np.nan)
    value[:, plan.shares.columns] = _shares(plan, value, built, province)
    return value


def _shares(plan: Plan, value: Matrix, built: Matrix, province: Flags) -> Matrix:
    """The percentages of some units, in points.

    A parent's is built from the children that have both part and whole: a part without its whole would make it too
    high. Against a target, the unit's own figures count.
    """
    tops, wholes, complete = parts_of(plan.shares, value)
    own = np.where(complete, _percentages(tops, wholes), np.nan)
    by_children = plan.shares.built
    instead = province | ~complete[:, by_children]
    own[:, by_children] = np.where(instead, built[:, plan.shares.columns[by_children]], own[:, by_children])
    return own


def _mean(plan: Plan, sums: Whole, odd: Odd, row: int, k: int) -> float:
    """The mean of those that have both a mean and a weight."""
    first, many = len(plan.summed), len(plan.means.columns)
    weighed, weight = number(sums, odd, row, first + k), number(sums, odd, row, first + many + k)
    if not weight > 0:
        return float("nan")
    return as_float(over(weighed, times(weight, Fraction(10 ** int(plan.means.decimals[k])))))


def _percentages(tops: Matrix, wholes: Matrix) -> npt.NDArray[np.float64]:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(100 * tops / np.where(wholes > 0, wholes, np.nan))
