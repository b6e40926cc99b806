"""A list of proposals as an officer fills it in: opened by another program, ticked, saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.proposals import CODES, INPUTS

FILLED: Mapping[str, object] = {"tick": "x", "who": "Lan", "when": "10/12/2020"}


@dataclass(frozen=True)
class Line:
    """A row of the list by the names of its columns; ``row`` is the one that Excel shows."""

    row: int
    cells: Mapping[str, object]

    def __getitem__(self, name: str) -> object:
        return self.cells[name]


def lines(path: Path) -> list[Line]:
    """Every row that proposes something, in order."""
    sheet = load_workbook(path).worksheets[0]
    return list(_lines(sheet))


def line(path: Path, unit: str, indicator: str, proposed: str | None = None) -> Line:
    """The one row about a figure of a unit."""
    [found] = [
        one
        for one in lines(path)
        if (one["unit"], one["indicator"]) == (unit, indicator) and proposed in (None, one["proposed"])
    ]
    return found


def fill(path: Path, *filled: tuple[Line, Mapping[str, object]], common: Mapping[str, object] | None = None) -> None:
    """Write into the open cells of these rows, and of the row that holds for all, and save."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    at = _columns(sheet)
    for one, cells in filled:
        for name, value in cells.items():
            sheet.cell(one.row, at[name]).value = value  # type: ignore[assignment]
    for name, value in (common or {}).items():
        sheet.cell(5, at[name]).value = value  # type: ignore[assignment]
    book.save(path)


def tick(path: Path, *ticked: Line, **more: object) -> None:
    """Tick these rows, with a name and a day."""
    fill(path, *((one, {**FILLED, **more}) for one in ticked))


def _columns(sheet: Worksheet) -> dict[str, int]:
    """The column of each name, from 1, by the hidden row that holds them."""
    names = {*INPUTS, *CODES}
    for row in sheet.iter_rows():
        found = {str(cell.value): cell.column for cell in row if cell.value in names and isinstance(cell.column, int)}
        if len(found) == len(names):
            return {"": row[0].row or 0, **found}
    raise AssertionError("no row of codes")


def _lines(sheet: Worksheet) -> Iterator[Line]:
    at = _columns(sheet)
    for row in range(at[""] + 1, sheet.max_row + 1):
        cells = {name: sheet.cell(row, column).value for name, column in at.items() if name}
        if cells["unit"]:
            yield Line(row, cells)
