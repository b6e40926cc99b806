"""Figures of periods before the program was used: ``history/P.csv``, in the columns of ``observations.csv``."""

from __future__ import annotations

from math import isfinite
from pathlib import Path

from schemas.csvrows import read_csv
from schemas.errors import DefinitionError
from schemas.form import Forms, Key
from schemas.text import Text

UnitFigures = dict[str, dict[Key, float]]


def read_history(path: Path, forms: Forms) -> UnitFigures:
    """The figures of each unit; empty where there is no such file.

    Raises :class:`DefinitionError` with every row that cannot be read.
    """
    if not path.is_file():
        return {}
    figures: UnitFigures = {}
    faults: list[Text] = []
    head, *lines = read_csv(path) or [[]]
    for line, cells in enumerate(lines, start=2):
        row = dict(zip(head, cells, strict=False))
        key = forms.today(Key(row.get("form", ""), row.get("indicator", ""), row.get("measure", "")))
        cell, shown = forms.cell(key), row.get("value", "")
        if cell is None or not cell.is_number or row.get("status") == "refused" or not shown:
            continue
        value = _figure(shown)
        if value is not None:
            figures.setdefault(row.get("unit", ""), {})[key] = value
        else:
            where = f"history/{path.name}, dòng {line}"
            faults.append(
                Text(
                    f'{where}: value "{shown}" không phải số từ 0 trở lên. Ghi bằng chữ số, dấu chấm thập phân.',
                    f'{where}: value "{shown}" is not a number from zero up. Write plain digits with a decimal point.',
                )
            )
    if faults:
        raise DefinitionError(*faults)
    return figures


def _figure(shown: str) -> float | None:
    try:
        value = float(shown)
    except ValueError:
        return None
    return value if isfinite(value) and value >= 0 else None
