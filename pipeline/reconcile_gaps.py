"""What explains a gap: the one whose figure equals it, or two together, where chance would hardly make them equal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import comb, exp, lgamma, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.figures import Matrix
from schemas.text import Text

Who = tuple[int, ...]
"""One, or two together, by their rows."""

# So many candidates, at most, may be expected to fit by chance.
_CHANCE = 0.1
# A slip of the keyboard makes a small gap as easily as a unit left out does.
_LEAST = 10
_NAMED = 3

_TOGETHER = ((" và ", " cộng lại"), (" and ", " together"))

_Codes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """Those whose figures together are the gaps: ``members`` are rows of the figures, ``cells`` their columns."""

    members: Who
    cells: tuple[int, ...]


def by_cell(matches: Iterable[Match]) -> dict[int, tuple[Who, ...]]:
    """Those that may each explain a cell."""
    found: dict[int, tuple[Who, ...]] = {}
    for match in matches:
        for k in match.cells:
            found[k] = (*found.get(k, ()), match.members)
    return found


def by_members(explained: Mapping[int, tuple[Who, ...]]) -> dict[tuple[Who, ...], list[int]]:
    """The cells that have the same explanation, in their order."""
    found: dict[tuple[Who, ...], list[int]] = {}
    for k, who in sorted(explained.items()):
        found.setdefault(who, []).append(k)
    return found


def either(who: Sequence[Who], names: Sequence[str]) -> Text:
    """Those that may each explain a gap, in words. ``names`` are those of all rows."""
    vi, en = ([_together(members, names, *words) for members in who[:_NAMED]] for words in _TOGETHER)
    more = len(who) - _NAMED
    if more > 0:
        vi.append(f"{more} trường hợp khác")
        en.append(f"{more} others")
    return Text(" hoặc ".join(vi), " or ".join(en))


def _together(members: Who, names: Sequence[str], joined: str, sum_of: str) -> str:
    return joined.join(names[i] for i in members) + (sum_of if len(members) > 1 else "")


class _Hits(NamedTuple):
    """The candidates whose figure is the gap of a cell, and how many of all are expected to have it by chance."""

    codes: _Codes
    expected: float


def explain(gaps: Sequence[float], figures: Matrix) -> list[Match]:
    """Who explains which gaps; where several explain a cell, each of them may.

    ``figures`` has a row for each who may have been left out or counted twice, and a column for each of the ``gaps``,
    above zero. Pairs are sought only where nobody fits alone. A figure equals a gap by chance as often as such figures
    are dense: as many as stand among the numbers that are as round as the gap, from half to twice of it. Who equals
    several different gaps does so by chance only if chance works in each; the more gaps there are, the less a hit says.
    """
    cells = [k for k, gap in enumerate(gaps) if gap >= _LEAST]
    alone = _matches(gaps, figures, cells, 1)
    settled = {k for match in alone for k in match.cells}
    return [*alone, *_matches(gaps, figures, [k for k in cells if k not in settled], 2)]


def _matches(gaps: Sequence[float], figures: Matrix, cells: Sequence[int], together: int) -> list[Match]:
    """The candidates, so many members together, that fit better than by chance; for each cell those that fit most."""
    find, candidates = (_alone, _pairs)[together - 1], comb(len(figures), together)
    hits = {k: found for k in cells if (found := find(gaps[k], figures[:, k])).codes.size}
    chance: dict[float, float] = {}
    for k, found in hits.items():
        chance[gaps[k]] = max(chance.get(gaps[k], 0.0), found.expected / candidates)
    different = len({gaps[k] for k in cells})
    fits = {
        code: own
        for code, own in _by_candidate(hits, _fewest(sorted(chance.values()), candidates, different))
        # A figure that stands in several cells is evidence once.
        if _expected([chance[gap] for gap in {gaps[k] for k in own}], candidates, different) < _CHANCE
    }
    most = {k: max(len(own) for own in fits.values() if k in own) for k in {k for own in fits.values() for k in own}}
    kept = {code: tuple(k for k in own if most[k] == len(own)) for code, own in fits.items()}
    return [Match((code,) if together == 1 else divmod(code, len(figures)), own) for code, own in kept.items() if own]


def _expected(chances: Sequence[float], candidates: int, different: int) -> float:
    """How many candidates are expected to have as many of the different gaps as these by chance."""
    ways = lgamma(different + 1) - lgamma(len(chances) + 1) - lgamma(different - len(chances) + 1)
    return exp(min(log(candidates) + ways + sum(map(log, chances)), 0.0))


def _fewest(chances: Sequence[float], candidates: int, different: int) -> int:
    """How many different gaps a candidate must have at least; more than there are where none will do."""
    enough = (r for r in range(1, len(chances) + 1) if _expected(chances[:r], candidates, different) < _CHANCE)
    return next(enough, len(chances) + 1)


def _by_candidate(hits: dict[int, _Hits], fewest: int) -> list[tuple[int, list[int]]]:
    """The cells of each candidate that has so many at least."""
    if len(hits) < fewest:
        return []
    codes = np.concatenate([found.codes for found in hits.values()])
    cells = np.repeat(list(hits), [found.codes.size for found in hits.values()])
    _, which, counts = np.unique(codes, return_inverse=True, return_counts=True)
    often = counts[which] >= fewest
    codes, cells = codes[often], cells[often]
    order = np.argsort(codes, kind="stable")
    codes, cells = codes[order], cells[order]
    bounds = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist(), codes.size] if codes.size else []
    return [(int(codes[a]), cells[a:b].tolist()) for a, b in pairwise(bounds)]


def _alone(gap: float, figures: Matrix) -> _Hits:
    step = _step(gap)
    near = (figures >= gap / 2) & (figures <= 2 * gap) & (figures % step == 0)
    return _Hits(np.flatnonzero(figures == gap), int(near.sum()) / _places(gap, step))


def _pairs(gap: float, figures: Matrix) -> _Hits:
    """The pairs of figures above zero; a pair's code is made of the row of one and the row of the other."""
    rows = np.flatnonzero(figures > 0)
    rows = rows[np.argsort(figures[rows], kind="stable")]
    values = figures[rows]
    begin, count = _partners(values, gap, gap)
    first = np.repeat(np.arange(values.size), count)
    second = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(first.size)
    step = _step(gap)
    # Round figures compete for a round gap, and so do the pairs that make it of others.
    near = max(int(_partners(values[values % step == 0], gap / 2, 2 * gap)[1].sum()), first.size)
    left, right = rows[first], rows[second]
    codes = np.minimum(left, right) * len(figures) + np.maximum(left, right)
    return _Hits(codes.astype(np.int64), near / _places(gap, step))


def _partners(values: Matrix, low: float, high: float) -> tuple[_Codes, _Codes]:
    """For each of the sorted values the later ones that make a sum within these bounds: where they begin, how many."""
    begin = np.maximum(np.searchsorted(values, low - values, "left"), np.arange(1, values.size + 1))
    return begin, np.maximum(np.searchsorted(values, high - values, "right") - begin, 0)


def _step(gap: float) -> int:
    """The power of ten that the gap is a multiple of."""
    step = 1
    while gap % (10 * step) == 0:
        step *= 10
    return step


def _places(gap: float, step: int) -> float:
    """How many multiples of the step lie between half the gap and twice of it."""
    return 1.5 * gap / step
