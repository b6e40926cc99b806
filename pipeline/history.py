"""Figures of periods before the program was used: ``history/P.csv``, in the columns of ``observations.csv``."""

from __future__ import annotations

import csv
from pathlib import Path

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
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            key = Key(row.get("form") or "", row.get("indicator") or "", row.get("measure") or "")
            cell = forms.cells.get(key)
            if cell is None or not cell.is_number or row.get("status") == "refused" or not row.get("value"):
                continue
            try:
                figures.setdefault(row.get("unit") or "", {})[key] = float(row.get("value") or "")
            except ValueError:
                where = f"history/{path.name}, dòng {line}"
                shown = row.get("value") or ""
                faults.append(
                    Text(
                        f'{where}: value "{shown}" không phải số. Ghi số bằng chữ số, dấu chấm thập phân.',
                        f'{where}: value "{shown}" is not a number. Write plain digits with a decimal point.',
                    )
                )
    if faults:
        raise DefinitionError(*faults)
    return figures
