"""Cells that come from other cells: the order in which they can be worked out, and circles in which they cannot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter

from schemas.form import Cell, Key


def sources(cells: Iterable[Cell]) -> dict[Key, list[Key]]:
    """For each linked or derived cell those of this period that it needs and that are linked or derived themselves."""
    made = {cell.key: cell.link or cell.derived for cell in cells if cell.link is not None or cell.derived is not None}
    return {
        key: [
            other
            for ref in (parts.refs if parts is not None else ())
            if ref.kind == "cell" and (other := Key(ref.form, ref.indicator, ref.measure)) in made
        ]
        for key, parts in made.items()
    }


def in_order(cells: Iterable[Cell]) -> list[Cell]:
    """The linked and the derived cells, each after those it needs.

    The loader has refused cells that lead back to themselves.
    """
    cells = tuple(cells)
    by_key = {cell.key: cell for cell in cells}
    return [by_key[key] for key in TopologicalSorter(sources(cells)).static_order()]


def circles(cells: Iterable[Cell]) -> Iterator[tuple[Key, ...]]:
    """Cells that need one another in a circle, from its least on: each needs the next, the last one the first."""
    needs = sources(cells)
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as found:
            circle: list[Key] = found.args[1][:0:-1]
            start = circle.index(min(circle))
            yield (*circle[start:], *circle[:start])
            needs[min(circle)] = []
        else:
            return
