"""The filled cells of a sheet of Excel, and the sheet with all of them emptied.

Packages of one kind that one program saved are alike in all but what was filled in: emptied they are the same bytes.
What was found out about the one holds for the other, and nobody needs to parse it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate, repeat
from typing import NamedTuple

import numpy as np

from pipeline.guard_same import once_for_same

# Only what is written in this way is taken out; everything else stays where it is and tells one sheet from another.
_FILLED, _EMPTY = re.compile(rb"><v>([^<]*)</v></c>"), b"/>"
_SHARED, _NUMBER = b' t="s"', b' t="n"'


class SheetCells(NamedTuple):
    """What stands in the cells of one sheet, as it is written there.

    ``bare`` are its rows with every filled cell emptied. Of each filled cell, in their order, ``cells`` has its number
    among all cells, from 0, ``values`` what stands there, and ``shared`` whether that is the number of a shared text.
    """

    bare: bytes
    cells: Sequence[int]
    shared: Sequence[bool]
    values: Sequence[bytes]


class _Emptied(NamedTuple):
    """Of each end of an empty tag, by its place, in which cell it is, and which cells hold the number of a text."""

    bare: bytes
    cell_at: dict[int, int]
    is_shared: Sequence[bool]


def cells_of(rows: bytes) -> SheetCells | None:
    """The cells of these rows, the XML from ``<sheetData`` on; ``None`` where they are not written as usual."""
    split = _FILLED.split(rows)
    between, values = split[::2], split[1::2]
    emptied = _emptied(_EMPTY.join(between))
    if emptied is None:
        return None
    between.pop()
    cells = list(map(emptied.cell_at.__getitem__, _ends(between)))
    return SheetCells(emptied.bare, cells, list(map(emptied.is_shared.__getitem__, cells)), values)


@once_for_same
def _emptied(rows: bytes) -> _Emptied | None:
    """Rows of which all filled cells are emptied; a cell is the same whether a text or a number was in it."""
    # What a parser would pass over is no cell, and might look like one.
    if any(mark in rows for mark in (b"<v", b"</v", b"<!", b"<?")):
        return None
    tags = rows.split(_EMPTY)[:-1]
    cells = [number - 1 for number in accumulate(map(bytes.count, tags, repeat(b"<c ")))]
    shared = [False] * (1 + max([0, *cells]))
    for cell, tag in zip(cells, tags, strict=True):
        shared[cell] |= tag.endswith(_SHARED)
    bare = rows.replace(_SHARED + _EMPTY, _EMPTY).replace(_NUMBER + _EMPTY, _EMPTY)
    return _Emptied(bare, dict(zip(_ends(tags), cells, strict=True)), shared)


def _ends(tags: Sequence[bytes]) -> list[int]:
    """Where each of these ends, with an end of an empty tag behind each but the last."""
    lengths = np.fromiter(map(len, tags), np.intp, len(tags)) + len(_EMPTY)
    ends: list[int] = (np.cumsum(lengths) - len(_EMPTY)).tolist()
    return ends
