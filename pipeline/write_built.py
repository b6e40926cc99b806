"""An upper union's own package, filled from its children's returns and ready to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.contents import content_of
from pipeline.files import put
from pipeline.package import write_package
from pipeline.package_lines import ListRow
from pipeline.package_values import Content, Source, linked_cells
from pipeline.results import STATUS_NAMES, Results
from schemas.errors import DefinitionError
from schemas.form import Cell, Key
from schemas.text import Text
from schemas.tree import Unit


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
    """The package with what the children's returns make; what only the union itself knows stays for it to fill."""
    rollup = results.rollup
    blank = content_of(results.workspace, results.owed, results.owed.tree.unit(unit), results.earlier, results.year_ago)
    i, linked = rollup.value.row[unit], linked_cells(blank)
    cells = {
        cell.key: cell for form in blank.forms for cell in form.cells() if _is_built(cell) and cell.key not in linked
    }
    built = {
        key: float(rollup.built[i, j])
        for key, j in rollup.value.column.items()
        if key in cells and not np.isnan(rollup.built[i, j])
    }
    notes = {
        note: f"cộng từ {rollup.with_data[i, j]}/{rollup.expected[i, j]} đơn vị"
        for key, j in rollup.value.column.items()
        if key in built and rollup.with_data[i, j] < rollup.expected[i, j]
        for note in _note_cells(results, key)
    }
    return replace(
        blank,
        entries={**built, **notes},
        plus={key: own for key in built if (own := cells[key].own) is not None},
        lists={form: _rows(results, form, rows) for form, rows in blank.lists.items()},
        sources=tuple(_source(results, child) for child in results.owed.tree.children(unit)),
    )


def _is_built(cell: Cell) -> bool:
    """Whether the figure comes from below: not what a union did itself, nor what only one level reports."""
    return cell.role == "input" and cell.children != "apart"


def _rows(results: Results, form: str, rows: Sequence[ListRow]) -> tuple[ListRow, ...]:
    """The rows of a list, each with the figures that its own unit reported."""
    figures = results.rollup.value
    reported = {
        code: cell.child
        for table in results.owed.forms.by_id[form].lists
        for code, cell in table.columns.items()
        if cell.child is not None
    }
    found = ({code: figures.of(row.id, key) for code, key in reported.items()} for row in rows)
    known = ({code: figure for code, figure in one.items() if figure is not None} for one in found)
    return tuple(replace(row, values={**row.values, **own}) for row, own in zip(rows, known, strict=True))


def _source(results: Results, unit: Unit) -> Source:
    submission = results.by_unit.get(unit.code)
    if submission is None:
        return Source(unit.code, unit.name, STATUS_NAMES["missing"].vi)
    return Source(
        unit.code,
        unit.name,
        STATUS_NAMES[submission.status].vi,
        submission.file,
        submission.received_day,
        sum(entry.own and entry.value is not None for entry in submission.entries.values()),
        submission.sha256,
    )


def _note_cells(results: Results, key: Key) -> list[Key]:
    """The note beside a figure."""
    cells = results.owed.forms.cells
    return [cell.key for cell in cells.values() if cell.role == "note" and cell.key[:2] == key[:2]]
