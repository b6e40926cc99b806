"""Rows of figures that are copies of each other, among very many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix

_SHARE = 0.9
_LEAST = 20
# Ten members of a kindergarten are ten women with ten degrees: so many cells, yet one figure.
_LEAST_DISTINCT = 8
# Copies share most of their largest figures, others hardly any.
_LARGEST = 12
# What so many share tells nobody from anybody, and among the units of a nation there are many such figures.
_COMMON = 50
# More units than that are one fault of whoever made the files.
CLUSTER = 10
_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class Alike:
    """Two rows of figures that are the same in ``same`` of the ``count`` columns where either is not zero."""

    left: int
    right: int
    same: int
    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """What some units put into cells that nothing else fills, blanks as zero; a row is made when it is asked for."""

    figures: Figures
    rows: npt.NDArray[np.intp]
    columns: npt.NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, at: int | slice | npt.NDArray[np.intp]) -> Matrix:
        """One row, or several."""
        rows = self.rows[at]
        there = (
            self.figures.values[rows, self.columns]
            if rows.ndim == 0
            else self.figures.values[np.ix_(rows, self.columns)]
        )
        there[np.isnan(there)] = 0
        return there

    def of(self, rows: Sequence[int]) -> Said:
        """Some of them."""
        return Said(self.figures, self.rows[list(rows)], self.columns)


def alike(left: Matrix | Said, right: Matrix | Said, *, later: bool = False) -> Iterator[Alike]:
    """The pairs of rows that are copies of each other; where ``later``, only those with a later row.

    A column counts where both are known. Rows are compared only where they share one of their largest figures, and not
    one that is as common as ``_COMMON``.
    """
    bucket = _buckets(right, least=2 if left is right else 1)
    for i in range(len(left)):
        row = left[i]
        near = {j for column in _largest(row) for j in bucket.get((column, float(row[column])), ())}
        candidates = np.array(sorted(j for j in near if j > i or not later), dtype=np.intp)
        if candidates.size == 0:
            continue
        others = right[candidates]
        counted = ((row != 0) | (others != 0)) & ~np.isnan(row) & ~np.isnan(others)
        equal = (row == others) & counted
        count, same = counted.sum(axis=1), equal.sum(axis=1)
        for k in np.flatnonzero((count >= _LEAST) & (same >= _SHARE * count)):
            if len(np.unique(row[equal[k]])) >= _LEAST_DISTINCT:
                yield Alike(i, int(candidates[k]), int(same[k]), int(count[k]))


def _buckets(rows: Matrix | Said, *, least: int) -> dict[tuple[int, float], list[int]]:
    """The rows that share one of their largest figures, by its column and itself, where they are few enough."""
    found = []
    for begin in range(0, len(rows), _AT_A_TIME):
        some = np.nan_to_num(rows[begin : begin + _AT_A_TIME])
        columns = np.argsort(-some, axis=1, kind="stable")[:, :_LARGEST]
        figures = np.take_along_axis(some, columns, axis=1)
        i, j = np.nonzero(figures > 0)
        found.append((i + begin, columns[i, j], figures[i, j]))
    at, column, figure = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else [np.zeros(0)] * 3
    order = np.lexsort((at, figure, column))
    at, column, figure = at[order], column[order], figure[order]
    new = np.flatnonzero((np.diff(column) != 0) | (np.diff(figure) != 0)) + 1
    begins, ends = np.concatenate([[0], new]), np.concatenate([new, [len(at)]])
    kept = np.flatnonzero((ends - begins >= least) & (ends - begins <= _COMMON))
    return {
        (int(column[first]), float(figure[first])): at[first:last].tolist()
        for first, last in zip(begins[kept].tolist(), ends[kept].tolist(), strict=True)
    }


def _largest(row: Matrix) -> list[int]:
    known = np.nan_to_num(row)
    return [j for j in np.argsort(-known, kind="stable")[:_LARGEST].tolist() if known[j] > 0]


def twins(values: Said) -> Iterator[Alike]:
    """Every pair of copies; of many that are identical only those with the first."""
    identical: dict[bytes, list[int]] = {}
    for i in range(len(values)):
        identical.setdefault(sha256(values[i].tobytes()).digest(), []).append(i)
    firsts = [group[0] for group in identical.values()]
    alone = values.of(firsts)
    for pair in alike(alone, alone, later=True):
        yield Alike(firsts[pair.left], firsts[pair.right], pair.same, pair.count)
    for group in identical.values():
        row = values[group[0]]
        count = int(np.count_nonzero(row))
        if len(group) > 1 and count >= _LEAST and len(np.unique(row[row != 0])) >= _LEAST_DISTINCT:
            pairs = combinations(group, 2) if len(group) <= CLUSTER else ((group[0], i) for i in group[1:])
            yield from (Alike(i, j, count, count) for i, j in pairs)


def clusters(pairs: Iterable[Alike]) -> list[list[int]]:
    """The rows that hang together by pairs, each cluster and all of them in order."""
    of: dict[int, list[int]] = {}
    for pair in pairs:
        left, right = of.get(pair.left, [pair.left]), of.get(pair.right, [pair.right])
        if left is not right:
            joined = left + right
            of |= dict.fromkeys(joined, joined)
    return sorted(sorted(cluster) for cluster in {id(cluster): cluster for cluster in of.values()}.values())
