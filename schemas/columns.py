"""What a column of figures must be, as pandera schemas made from the forms.

Columns only: type, presence, range. Relations between columns are edits, judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from schemas.form import Cell

if TYPE_CHECKING:
    import pandas as pd
    from pandera.pandas import DataFrameSchema

LARGEST = {"count": 9e15, "money": 9e15, "average": 9e15, "percent": 100_000.0}

NEGATIVE, FRACTION, TOO_LARGE, ABSENT = "negative", "not-integer", "over-range", "not_nullable"
"""The names of the checks, as failure cases carry them; the last is pandera's own."""


def column_name(cell: Cell) -> str:
    """The column of a cell in the wide frame, ``indicator[measure]``."""
    return f"{cell.key.indicator}[{cell.key.measure}]"


def column_schema(cells: Iterable[Cell]) -> DataFrameSchema:
    """The schema of a wide frame: a row a unit, a float column a cell, NaN where nothing is reported.

    Whole numbers in counts and money, nothing below zero, nothing beyond what a figure can be, and something in every
    column that is asked for and not filled by a link.
    """
    from pandera.pandas import Column, DataFrameSchema

    return DataFrameSchema(
        {
            column_name(cell): Column(float, _checks(cell), nullable=not cell.required or cell.link is not None)
            for cell in cells
        }
    )


def _checks(cell: Cell) -> list[Any]:
    from pandera.pandas import Check

    checks: list[Any] = [
        Check(_not_negative, name=NEGATIVE),
        Check(lambda figures: figures <= LARGEST[cell.type], name=TOO_LARGE),
    ]
    if cell.type in ("count", "money"):
        checks.append(Check(_whole, name=FRACTION))
    return checks


def _not_negative(figures: pd.Series[float]) -> pd.Series[bool]:
    return figures >= 0


def _whole(figures: pd.Series[float]) -> pd.Series[bool]:
    return figures % 1 == 0
