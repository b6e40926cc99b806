"""How each cell goes up the tree, and who owes it: worked out once for all units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.consolidate_exact import Flags, Whole
from pipeline.figures import Matrix
from pipeline.obligations import Obligations
from schemas.edit import Linear
from schemas.form import Cell, Key, key_of
from schemas.tree import Unit

# A mean that is typed seldom has more, whatever its cell is to show.
_OF_MEANS = 3


@dataclass(frozen=True, slots=True)
class Sums:
    """Weighted sums of columns, a column each: the ``n``-th terms are in row ``n``, of weight 0 where one has fewer."""

    columns: Whole
    weights: Matrix
    constants: Matrix

    def of(self, figures: Matrix) -> tuple[Matrix, Flags]:
        """What each comes to in each row of figures, a blank being nothing; and whether any part is there.

        It is worked out term by term: a row gives the same whichever rows stand beside it.
        """
        made = np.zeros((len(figures), len(self.constants)))
        some = np.zeros(made.shape, dtype=np.bool_)
        for columns, weights in zip(self.columns, self.weights, strict=True):
            part = figures[:, columns]
            there = ~np.isnan(part) & (weights != 0)
            some |= there
            with np.errstate(over="ignore", invalid="ignore"):
                made += np.where(there, part, 0.0) * weights
        return made + self.constants, some


@dataclass(frozen=True, slots=True)
class Means:
    """The columns of means and of what weighs them, with the decimals of both."""

    columns: Whole
    weights: Whole
    decimals: Whole
    of_weights: Whole


@dataclass(frozen=True, slots=True)
class Shares:
    """The percentages worked out: their columns, part and whole, and the columns of all that each needs.

    ``built`` are those of them that a parent's children make; against a target a unit's own figures count.
    """

    columns: Whole
    tops: Sums
    wholes: Sums
    needs: Whole
    built: Whole


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of the cells by the way they go up the tree.

    ``decimals`` are those of what is added: the sums, the weighed means, their weights, and part and whole of the
    percentages that children make. ``owes`` and ``of_province`` have a row for each kind of unit.
    """

    width: int
    summed: Whole
    once: Whole
    largest: Whole
    counted: Whole
    registered: Whole
    issued: Whole
    derived: Whole
    totals: Sums
    means: Means
    shares: Shares
    decimals: Whole
    owes: Flags
    of_province: Flags

    def parts(self, sums: Matrix) -> tuple[Matrix, Matrix, Matrix, Matrix, Matrix]:
        """The sums of an array that has a column for each of the ``decimals``, by what they are sums of."""
        ends = np.cumsum([len(self.summed), *[len(self.means.columns)] * 2, len(self.shares.built)])
        first, *rest = np.split(sums, ends, axis=1)
        return (first, rest[0], rest[1], rest[2], rest[3])


def kinds_of(owed: Obligations) -> tuple[list[Unit], Whole]:
    """A unit of each kind that owes the same, and the kind of each unit of the tree by its number."""
    kinds: dict[tuple[str, tuple[str, ...]], int] = {}
    units = list[Unit]()
    found = []
    for unit in owed.tree.units:
        kind = (unit.level, tuple(form.id for form in owed.owed.get(unit.code, ())))
        if kind not in kinds:
            kinds[kind] = len(units)
            units.append(unit)
        found.append(kinds[kind])
    return units, np.array(found, dtype=np.int64)


def plan_of(cells: Sequence[Cell], owed: Obligations, kinds: Sequence[Unit]) -> Plan:
    """The plan of these cells for these kinds of units."""
    column = {cell.key: j for j, cell in enumerate(cells)}
    shown = np.array([cell.decimals for cell in cells], dtype=np.int64)
    summed, shares, means = _where(cells, rollup="SUM"), _shares(cells, column), _means(cells, column, shown)
    tops, wholes = (_decimals(sums, shares.built, shown) for sums in (shares.tops, shares.wholes))
    derived = [(j, cell.derived) for j, cell in enumerate(cells) if cell.derived is not None]
    return Plan(
        width=len(cells),
        summed=summed,
        once=_whole(j for j in summed.tolist() if cells[j].once),
        largest=_where(cells, rollup="MAX"),
        counted=_where(cells, rollup="CNT"),
        registered=_where(cells, rollup="REG"),
        issued=_where(cells, role="issuer"),
        derived=_whole(j for j, _ in derived),
        totals=_sums([parts for _, parts in derived], column),
        means=means,
        shares=shares,
        decimals=np.concatenate([shown[summed], means.decimals + means.of_weights, means.of_weights, tops, wholes]),
        owes=_owes(cells, column, owed, kinds),
        of_province=np.array([unit.level == "province" for unit in kinds], dtype=np.bool_),
    )


def _whole(numbers: Iterable[int]) -> Whole:
    return np.array([*numbers], dtype=np.int64)


def _where(cells: Sequence[Cell], *, role: str = "", rollup: str = "") -> Whole:
    return _whole(j for j, cell in enumerate(cells) if rollup in ("", cell.rollup) and role in ("", cell.role))


def _sums(parts: Sequence[Linear], column: Mapping[Key, int]) -> Sums:
    longest = max((len(one.terms) for one in parts), default=0)
    columns, weights = np.zeros((longest, len(parts)), dtype=np.int64), np.zeros((longest, len(parts)))
    for k, one in enumerate(parts):
        for n, (weight, ref) in enumerate(one.terms):
            columns[n, k], weights[n, k] = column[key_of(ref)], float(weight)
    return Sums(columns, weights, np.array([float(one.constant) for one in parts]))


def _means(cells: Sequence[Cell], column: Mapping[Key, int], shown: Whole) -> Means:
    weighed = [(j, column[cell.weight]) for j, cell in enumerate(cells) if cell.rollup == "WAVG" and cell.weight]
    columns, weights = _whole(j for j, _ in weighed), _whole(j for _, j in weighed)
    return Means(columns, weights, np.maximum(shown[columns], _OF_MEANS), shown[weights])


def _shares(cells: Sequence[Cell], column: Mapping[Key, int]) -> Shares:
    made = [(j, cell.ratio) for j, cell in enumerate(cells) if cell.role == "computed" and cell.ratio is not None]
    needed = [[column[key_of(ref)] for ref in (*one.numerator.refs, *one.denominator.refs)] for _, one in made]
    # Of one that needs fewer than the others the first stands for the rest.
    needs = [[own[n if n < len(own) else 0] for own in needed] for n in range(max(map(len, needed), default=0))]
    return Shares(
        _whole(j for j, _ in made),
        _sums([one.numerator for _, one in made], column),
        _sums([one.denominator for _, one in made], column),
        np.array(needs, dtype=np.int64).reshape(len(needs), len(made)),
        _whole(k for k, own in enumerate(needed) if all(cells[j].role != "issuer" for j in own)),
    )


def _decimals(sums: Sums, of: Whole, shown: Whole) -> Whole:
    """The most decimals that any part of each of these sums has."""
    used = np.where(sums.weights != 0, shown[sums.columns], 0)
    return np.asarray(used.max(axis=0, initial=0)[of])


def _owes(cells: Sequence[Cell], column: Mapping[Key, int], owed: Obligations, kinds: Sequence[Unit]) -> Flags:
    """Which cells each kind of unit owes; a percentage that children make is owed by whoever owes its part."""
    owes = np.array([[owed.owes(unit, cell) for cell in cells] for unit in kinds], dtype=np.bool_)
    owes = owes.reshape(len(kinds), len(cells))
    for j, cell in enumerate(cells):
        if cell.role == "computed" and cell.ratio is not None:
            parts = [column[key_of(ref)] for ref in cell.ratio.numerator.refs]
            whole = [column[key_of(ref)] for ref in cell.ratio.denominator.refs]
            if all(cells[part].role != "issuer" for part in (*parts, *whole)):
                owes[:, j] = owes[:, parts].all(axis=1)
    return owes
