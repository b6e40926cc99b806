"""What is in doubt, as far as it can move the figures of the province."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.form import Forms, Key
from schemas.text import Text


@dataclass(frozen=True, slots=True)
class Move:
    """A figure of a unit that may be wrong by so much; ``part`` is what that is of the province's figure, 1 at most."""

    unit: str
    key: Key
    by: float
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class Doubt:
    """All that is in doubt in one unit's return.

    ``share`` is its share of all doubt, ``reached`` that of all units up to this one, those with the most first.
    ``moves`` are the figures concerned, those that move most first.
    """

    unit: str
    share: float
    reached: float
    moves: tuple[Move, ...]


def label_of_move(forms: Forms, key: Key) -> Text:
    """The row of a figure; what a column of a list makes stands in no row, and is called by its column."""
    form = forms.by_id[key.form]
    table = next(table for table in form.tables if key in table.cells)
    return form.indicator(key.indicator).label if table.kind == "matrix" else table.measure(key.measure).label
