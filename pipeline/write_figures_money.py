"""How money is shown on a wide sheet: the province's in đồng, that of many units side by side in millions.

Only the number format differs: the cells hold đồng, which is what formulas add up and what a click shows.
"""

from __future__ import annotations

from pipeline.looks import number_format
from pipeline.write_figures_grid import Sheet
from pipeline.write_figures_pages import width
from schemas.form import Cell

# Beside one another on A4, so many units still have room for figures of ten digits.
_FEW = 6
_MILLION, _SMALLEST = 1_000_000, 100_000
# What would be shown as next to nothing stands in đồng. The sign in the cell tells the two apart.
_MILLIONS = f'[<{_SMALLEST}]#,##0;#,##0.0,," tr"'


def in_millions(sheet: Sheet, cell: Cell) -> bool:
    """Whether the units' figures of this cell are shown in millions."""
    wide = not sheet.turned and len(sheet.units) > _FEW
    return wide and cell.type == "money" and cell.unit == "đồng"


def money_legend(sheet: Sheet) -> str:
    """How such figures are to be read; nothing on a sheet without any."""
    some = any(line.cell is not None and in_millions(sheet, line.cell) for line in sheet.lines)
    return " Tiền của từng đơn vị: tr = triệu đồng; bấm vào ô để xem số đồng." if some else ""


def format_of(sheet: Sheet, cell: Cell) -> str:
    """The number format of the units' figures."""
    return _MILLIONS if in_millions(sheet, cell) else total_format(cell)


def total_format(cell: Cell) -> str:
    """The number format of the province's figures."""
    return number_format(cell.type, 2)


def width_of(value: float, num_format: str) -> float:
    """What the longest number takes in such a format, in digits."""
    if num_format != _MILLIONS or value < _SMALLEST:
        return width(value)
    # A decimal with its mark, and the sign.
    return width(value / _MILLION) + 4
