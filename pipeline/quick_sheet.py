"""A worksheet of xlsxwriter whose cells are taken and written with less ado, byte for byte the same.

xlsxwriter asks for each cell what most cells answer alike: whether it was addressed as ``A1``, whether a number needs
escaping, how its column is called. With some hundred thousand cells that takes longer than what they say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import groupby, takewhile
from math import isinf, isnan
from typing import Any, Literal, NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import (
    CellBlankTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)

from pipeline.spilled import Place, Spill

# So many rows share what xlsxwriter says of their width.
_BLOCK = 16
# So many rows are put away at once; blocks stay whole.
_AT_A_TIME = 64 * _BLOCK
# Of a workbook that is put away the first texts stand once for all cells: words that come again and again come early.
_MOST_SHARED = 20_000
# More rows than any province has.
MANY_ROWS = 20_000


class QuickSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """A worksheet whose cells are addressed by row and column only, and that takes every formula as it is given.

    xlsxwriter searches each formula for some seventy functions newer than Excel 2007. None of them is used here:
    offices have old versions of Excel. ``formulas`` counts the formulas.
    """

    formulas = 0

    def __init__(self, spill: Spill | None = None) -> None:
        """Where there is a ``spill``, rows that are told to be :meth:`passed` are put away there."""
        super().__init__()
        self._runs: dict[int, _Run] = {}
        self._spill = spill
        self._away: list[_Away] = []
        self._next: int | None = None
        self._sealed = False

    def write_number(self, row: int, col: int, number: Any, cell_format: Format | None = None) -> Any:
        """A number; one that is not finite has no place in a sheet and raises :class:`TypeError`."""
        return self._write_number(row, col, number, cell_format)

    def write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        """A text, whatever it begins with."""
        return self._write_string(row, col, string, cell_format)

    def write_blank(self, row: int, col: int, blank: Any, cell_format: Format | None = None) -> Any:
        """A cell with nothing but its format."""
        return self._write_blank(row, col, blank, cell_format)

    def write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> Any:
        """A formula with the value that it has."""
        return self._write_formula(row, col, formula, cell_format, value)

    def write_figures(
        self, row: int, column: int, figures: Sequence[float], looks: Sequence[Format], blanks: Sequence[Format]
    ) -> None:
        """Figures side by side from a column on, one such run in a row; a missing one (NaN) is a blank in its own look.

        They are kept as they are until the sheet is written. What else is written to one of their cells stands there.
        """
        if figures and not any(self._check_dimensions(row, column + i) for i in (0, len(figures) - 1)):
            self._runs[row] = _Run(column, figures, looks, blanks)

    def passed(self, row: int) -> None:
        """Say that nothing more will be written to this row and those between it and the first of which that was said.

        Of a sheet that has a spill such rows are written into it, some at a time, and forgotten.
        """
        if self._spill is None:
            return
        if self._next is None:
            self._next = row
        if (row + 1) % _AT_A_TIME == 0:
            self._put_away(self._spill, range(self._next, row + 1))
            self._next = row + 1

    def seal(self) -> None:
        """Write the rows now, into a file of their own, and forget their cells: nothing more can be written to them."""
        spill = self._spill or Spill()
        for _, some in groupby(self._rows(), key=lambda row: row // _AT_A_TIME):
            self._put_away(spill, list(some))
        self._spill, self._sealed = spill, True

    @property
    def can_be_sealed(self) -> bool:
        """Whether so many rows wait to be written that they are better forgotten."""
        return not self._sealed and len(self.table) > MANY_ROWS

    def _write_string(self, row: int, col: int, string: str, cell_format: Format | None = None) -> Any:
        if len(string) > self.xls_strmax // 2:
            return super()._write_string(row, col, string, cell_format)
        if self._check_dimensions(row, col):
            return -1
        if self._next is not None and cell_format is not None and self._is_new(string):
            self.table[row][col] = _Words(string, cell_format)
        else:
            self.table[row][col] = CellStringTuple(self.str_table._get_shared_string_index(string), cell_format)
        return 0

    def _is_new(self, string: str) -> bool:
        """Whether a text is none of those that stand once for all cells, and there is no room for more of them."""
        return self.str_table.unique_count >= _MOST_SHARED and string not in self.str_table.string_table

    def _write_formula(
        self, row: int, col: int, formula: str, cell_format: Format | None = None, value: object = 0
    ) -> Literal[0, -1, -2]:
        if self._check_dimensions(row, col):
            return -1
        self.table[row][col] = CellFormulaTuple(formula.removeprefix("="), cell_format, value)
        self.formulas += 1
        return 0

    def _rows(self) -> list[int]:
        """The rows of which anything was said and that were not put away, in their order."""
        rows = {*self.row_info, *self.table, *self._runs}
        return sorted(rows.union(row for row in self.comments if not self._is_away(row)))

    def _is_away(self, row: int) -> bool:
        return any(away.first <= row <= away.last for away in self._away)

    def _spans_of(self, rows: Iterable[int]) -> None:
        self.row_spans = {}
        for block, some in groupby(rows, key=lambda row: row // _BLOCK):
            columns: list[int] = []
            for row in some:
                columns += [*self.table.get(row, ()), *self.comments.get(row, ())]
                if run := self._runs.get(row):
                    columns += [run.column, run.column + len(run.figures) - 1]
            if columns:
                self.row_spans[block] = f"{min(columns) + 1}:{max(columns) + 1}"

    def _put_away(self, spill: Spill, rows: Sequence[int]) -> None:
        """Write these rows and forget them. The size of a row is kept of it where something is drawn over rows."""
        self.fh, kept = StringIO(), self.fh
        self._write_these_rows(rows)
        self._away.append(_Away(rows[0], rows[-1], spill.put(self.fh.getvalue().encode())))
        self.fh = kept
        for row in rows:
            for of_rows in (self.table, self.row_info, self._runs):
                of_rows.pop(row, None)
            if not self.has_comments:
                self.row_sizes.pop(row, None)

    def _write_rows(self) -> None:
        rows = self._rows()
        if any(self._is_away(row) for row in rows) or (self._sealed and rows):
            raise RuntimeError(f"{self.name}: a cell was written after its row was put away")
        for away in sorted(self._away):
            before = list(takewhile(away.first.__gt__, rows))
            self._write_these_rows(before)
            assert self._spill is not None
            self.fh.write(self._spill.get(away.place).decode())
            rows = rows[len(before) :]
        self._write_these_rows(rows)

    def _write_these_rows(self, rows: Sequence[int]) -> None:
        self._spans_of(rows)
        if self.dim_rowmin is None:
            return
        names = [xl_col_to_name(column) for column in range((self.dim_colmax or 0) + 1)]
        styles, numbers = _Styles(), _Numbers()
        for row in rows:
            if not self.dim_rowmin <= row <= self.dim_rowmax:
                continue
            span, info = self.row_spans.get(row // _BLOCK), self.row_info.get(row)
            cells, run = self.table.get(row, {}), self._runs.get(row)
            if cells or run:
                self._write_row(row, span, info)
                if run and cells and max(cells) >= run.column:
                    cells, run = {**run.cells(), **cells}, None
                self._write_cells(row, cells, names, styles, numbers)
                if run:
                    self.fh.write(run.said(f'{row + 1}"', names, styles, numbers))
                self._xml_end_tag("row")
            elif info is not None or row in self.comments:
                self._write_empty_row(row, span, info)

    def _write_cells(
        self, row: int, cells: dict[int, Any], names: list[str], styles: _Styles, numbers: _Numbers
    ) -> None:
        """The cells of a row in their order; what is rare here is left to xlsxwriter."""
        said: list[str] = []
        say, number = said.append, f'{row + 1}"'
        for column in sorted(cells):
            cell = cells[column]
            kind, look = cell.__class__, cell.format
            if look is None:
                pass
            elif kind is CellNumberTuple:
                value = cell.number
                shown = numbers[value] if value.__class__ is float else f"{value:.16G}"
                say(f'<c r="{names[column]}{number}{styles[look]}><v>{shown}</v></c>')
                continue
            elif kind is CellBlankTuple:
                say(f'<c r="{names[column]}{number}{styles[look]}/>')
                continue
            elif kind is CellStringTuple:
                say(f'<c r="{names[column]}{number}{styles[look]} t="s"><v>{cell.string}</v></c>')
                continue
            elif kind is _Words:
                say(f'<c r="{names[column]}{number}{styles[look]} t="inlineStr">{self._inline(cell.string)}</c>')
                continue
            elif kind is CellFormulaTuple and cell.value.__class__ in (float, int):
                formula = self._escape_data(cell.formula)
                say(f'<c r="{names[column]}{number}{styles[look]}><f>{formula}</f><v>{cell.value}</v></c>')
                continue
            self.fh.write("".join(said))
            said.clear()
            self._write_cell(row, column, cell)
        self.fh.write("".join(said))

    def _inline(self, string: str) -> str:
        """A text in its own cell, as xlsxwriter says it of the texts of all cells."""
        kept = "" if string == string.strip() else ' xml:space="preserve"'
        return f"<is><t{kept}>{self._escape_data(self._escape_control_characters(string))}</t></is>"


class _Words(NamedTuple):
    """A text that stands in its own cell alone."""

    string: str
    format: Format


class _Away(NamedTuple):
    """Rows that were put away, from the first to the last, and where."""

    first: int
    last: int
    place: Place


class _Run(NamedTuple):
    """Figures side by side."""

    column: int
    figures: Sequence[float]
    looks: Sequence[Format]
    blanks: Sequence[Format]

    def cells(self) -> dict[int, Any]:
        """What xlsxwriter would keep of them."""
        each = zip(self.figures, self.looks, self.blanks, strict=True)
        return {
            column: CellBlankTuple(blank) if isnan(figure) else CellNumberTuple(figure, look)
            for column, (figure, look, blank) in enumerate(each, self.column)
        }

    def said(self, number: str, names: Sequence[str], styles: _Styles, numbers: _Numbers) -> str:
        """What the row of this number says of them."""
        each = zip(names[self.column :], self.figures, self.looks, self.blanks, strict=False)
        return "".join(
            [
                f'<c r="{name}{number}{styles[blank]}/>'
                if isnan(figure)
                else f'<c r="{name}{number}{styles[look]}><v>{numbers[figure]}</v></c>'
                for name, figure, look, blank in each
            ]
        )


class _Styles(dict[Format, str]):
    """What a cell says of its format."""

    def __missing__(self, look: Format) -> str:
        said = self[look] = f' s="{look._get_xf_index()}"'
        return said


class _Numbers(dict[float, str]):
    """What a cell says of its number. Most figures of a sheet are small and stand there many times."""

    def __missing__(self, number: float) -> str:
        if isinf(number):
            raise TypeError("a number that is not finite has no place in a sheet")
        said = f"{number:.16G}"
        # Zero and minus zero are equal, but not in writing.
        if number:
            self[number] = said
        return said
