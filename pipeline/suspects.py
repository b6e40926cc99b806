"""A set of cells that could be wrong, with the figures that would mend it: as data, beside the words of its finding."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.form import Key


@dataclass(frozen=True, slots=True)
class Meant:
    """What should stand in a cell: ``value`` where there is just one figure, ``words`` of it or of those that would do.

    Both are empty where the cell is to be emptied. ``by`` is how far what was reported is from it, at least.
    """

    key: Key
    value: float | None
    words: str
    by: float = 0.0


@dataclass(frozen=True, slots=True)
class SetOfCells:
    """One of the sets that explain a fault, the likeliest of rank 1; the faults of a return are counted from 1.

    ``tied`` sets are as likely as the first: where a slip or something else explains that one as chance seldom does,
    those that are explained as well, else all. ``about`` are the failed edits that the set would mend, each with the
    first cell that it names: where the finding of that edit stands.
    """

    fault: int
    rank: int
    cells: tuple[Meant, ...]
    edits: tuple[str, ...]
    tied: bool = False
    about: frozenset[tuple[str, Key]] = frozenset()
