"""What a column of figures must be, as pandera schemas made from the forms.

Columns only: type, presence, range. Relations between columns are edits, judged elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

# Excel keeps fifteen digits of a number and shows zeros for the rest.
LARGEST = {"count": 1e15 - 1, "money": 1e15 - 1, "average": 1e15 - 1, "percent": 100_000.0}

NEGATIVE, FRACTION, TOO_LARGE, ABSENT = "negative", "not-integer", "over-range", "not_nullable"
"""The names of the checks, as failure cases carry them; the last is pandera's own."""


FIGURE = "figure"
"""The one column of the tall frame."""


@cache
def column_schema(kind: str, *, required: bool) -> DataFrameSchema:
    """The schema of all figures of a kind, one below the other: a float column, NaN where nothing is reported.

    Whole numbers in counts and money, nothing below zero, nothing beyond what a figure can be, and something in every
    cell that is asked for. One tall column costs pandera what one column of a wide frame does, however many cells a
    form has.
    """
    from pandera.pandas import Column, DataFrameSchema

    return DataFrameSchema({FIGURE: Column(float, _checks(kind), nullable=not required)})


def _checks(kind: str) -> list[Any]:
    from pandera.pandas import Check

    checks: list[Any] = [
        Check(_not_negative, name=NEGATIVE),
        Check(lambda figures: figures <= LARGEST[kind], name=TOO_LARGE),
    ]
    if kind in ("count", "money"):
        checks.append(Check(_whole, name=FRACTION))
    return checks


def _not_negative(figures: pd.Series[float]) -> pd.Series[bool]:
    return figures >= 0


def _whole(figures: pd.Series[float]) -> pd.Series[bool]:
    return figures % 1 == 0
