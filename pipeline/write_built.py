"""An upper union's own package, filled from its children's returns and ready to send."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.contents import content_of
from pipeline.files import put
from pipeline.package import write_package
from pipeline.package_values import Content
from pipeline.results import Results
from schemas.errors import DefinitionError
from schemas.form import Key
from schemas.text import Text


def write_built(results: Results, unit: str) -> Path:
    """Write ``output/P/bo-bieu/CODE.xlsx`` and say where it is.

    Raises :class:`DefinitionError` for a unit that has no children in the tree of the cut-off.
    """
    tree = results.owed.tree
    if unit not in tree:
        raise DefinitionError(
            Text(
                f'Không có đơn vị "{unit}" trong danh bạ ngày {tree.day:%d/%m/%Y} (schemas/units.csv).',
                f'No unit "{unit}" in the register on {tree.day:%d/%m/%Y} (schemas/units.csv).',
            )
        )
    if not tree.children(unit):
        raise DefinitionError(
            Text(
                f'Đơn vị "{unit}" không có đơn vị trực thuộc nào ngày {tree.day:%d/%m/%Y}.',
                f'Unit "{unit}" has no units below it on {tree.day:%d/%m/%Y}.',
            )
        )
    content = _built(results, unit)
    path = results.workspace.output(results.owed.period) / "bo-bieu" / f"{unit}.xlsx"

    def write(temporary: Path) -> bool:
        write_package(temporary, content)
        return True

    put(path, write)
    return path


def _built(results: Results, unit: str) -> Content:
    rollup = results.rollup
    blank = content_of(results.workspace, results.owed, results.owed.tree.unit(unit), results.earlier, results.year_ago)
    i = rollup.value.row[unit]
    built = {
        key: float(rollup.built[i, j])
        for key, j in rollup.value.column.items()
        if rollup.cells[key].role == "input" and not np.isnan(rollup.built[i, j])
    }
    notes = {
        note: f"cộng từ {rollup.with_data[i, j]}/{rollup.expected[i, j]} đơn vị"
        for key, j in rollup.value.column.items()
        if key in built and rollup.with_data[i, j] < rollup.expected[i, j]
        for note in _note_cells(results, key)
    }
    return replace(blank, entries={**built, **notes})


def _note_cells(results: Results, key: Key) -> list[Key]:
    """The note beside a figure."""
    cells = results.workspace.forms.cells
    return [cell.key for cell in cells.values() if cell.role == "note" and cell.key[:2] == key[:2]]
