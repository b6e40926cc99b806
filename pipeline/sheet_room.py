"""What a sheet of Excel can hold, and the words where there is more than that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from xlsxwriter.worksheet import Worksheet

from pipeline.messages import number
from pipeline.styles import MARKS, Styles

MOST_ROWS = 1_048_576
MOST_LINKS = 60_000
"""Excel keeps at most 65,530 links on a sheet, and a few are in its head."""

_T = TypeVar("_T")


def fitting(lines: Sequence[_T], first: int, most: int = MOST_ROWS) -> tuple[Sequence[_T], int]:
    """As many of the ``lines`` as there is room for from the row ``first`` (from 0) on, and how many are left out.

    Where any is, the last row stays free for the words that say so.
    """
    if first + len(lines) <= most:
        return lines, 0
    shown = max(0, most - first - 1)
    return lines[:shown], len(lines) - shown


def say_left_out(sheet: Worksheet, styles: Styles, row: int, left: int, whole: str) -> None:
    """Say below the last line shown how many are left out, and which file has the whole."""
    if left:
        words = f"Trang Excel đã hết chỗ ({number(MOST_ROWS)} dòng): còn {number(left)} dòng không ghi; đủ ở {whole}."
        sheet.write_string(row, 0, words, styles.get(bold=True, bg_color=MARKS["hard"]))
