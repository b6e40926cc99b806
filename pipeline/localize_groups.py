"""Smallest sets taken apart: two errors, the one mended in four ways and the other in six, are not 24 sets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import combinations
from operator import or_


def independent(sets: Sequence[int]) -> list[int]:
    """The cells of the sets in groups, so that the sets are just the ways to take one part from each group.

    The sets are all of those of one weight; groups are as small as can be, in the order of their first cells.
    """
    left = _joined(sets)
    together = {cell: _joined(one for one in sets if one & cell) for cell in _single(left)}
    groups: list[int] = []
    rest = 0
    while left:
        group = _apart(left & -left, left, together)
        left &= ~group
        others = _joined(sets) & ~group
        if len(parts(sets, group)) * len(parts(sets, others)) == len(sets):
            groups.append(group)
        else:
            rest |= group
    return sorted([*groups, rest] if rest else groups, key=lambda group: group & -group)


def parts(sets: Iterable[int], group: int) -> list[int]:
    """What the sets hold of a group, each once."""
    return list(dict.fromkeys(one & group for one in sets))


def merged(groups: Sequence[int], tied: Callable[[int, int], bool]) -> list[int]:
    """The groups with those joined that are tied to each other, directly or by way of others."""
    joined = list(groups)
    for one, other in combinations(groups, 2):
        mine = next(group for group in joined if group & one)
        if not mine & other and tied(one, other):
            its = next(group for group in joined if group & other)
            joined = [mine | its if group == mine else group for group in joined if group != its]
    return joined


def _apart(start: int, among: int, together: dict[int, int]) -> int:
    """The cells that cannot be in another group than ``start``: they never are in one set, or neither with a third."""
    group, new = 0, start
    while new:
        group |= new
        new = _joined(among & ~together[cell] for cell in _single(new)) & ~group
    return group


def _single(cells: int) -> list[int]:
    found = []
    while cells:
        found.append(cells & -cells)
        cells &= cells - 1
    return found


def _joined(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)
