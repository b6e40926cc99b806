"""Figures of more units than Excel holds or anyone could open: the unions above the units stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from pipeline.messages import number
from pipeline.sheet_room import MOST_ROWS
from pipeline.write_figures_grid import TOP, Sheet
from schemas.tree import Tree, Unit

MOST_CELLS = 2_500_000
"""More figures of units than that in one workbook take Excel minutes to open, and more memory than offices have."""


class _Making(Protocol):
    """What makes a sheet of these units."""

    def __call__(self, units: Sequence[Unit], *, deep: bool) -> Sheet: ...


def fitted(
    own: Sheet, lower: Sheet | None, make: _Making, tree: Tree, most: int, *, crowded: bool = False
) -> list[Sheet]:
    """The sheet of the province's children and, where there is one, that of the units below them, as far as they fit.

    Units that do not are replaced by the unions above them, again and again up to the province's children; what then is
    left of ``lower`` is nothing, and ``own`` says so. Children that do not fit leave the province's figures alone. In a
    ``crowded`` workbook the lowest units do not fit anyhow.
    """
    if not _fits(own, most):
        own = replace(make((), deep=False), left_out=len(own.units))
    if lower is None or (_fits(lower, most) and not crowded):
        return [own] if lower is None else [own, lower]
    children = {unit.code for unit in tree.children(tree.province.code)}
    units: Sequence[Unit] = lower.units
    while units := _above(units, tree, children):
        above = make(units, deep=True)
        if _fits(above, most):
            return [own, replace(above, left_out=len({*lower.units} - {*units}))]
    return [replace(own, left_out=own.left_out + len(lower.units))]


def left_out(sheet: Sheet) -> str:
    """The words of a sheet that could not show every unit."""
    return (
        f"Sổ Excel có hạn ({number(MOST_ROWS)} dòng một trang, {number(MOST_CELLS)} ô số liệu cả sổ), không đủ cho "
        f"{number(sheet.left_out)} đơn vị cấp dưới; ở đây là số của các cấp trên. "
        "Số của từng đơn vị: data/observations.csv."
    )


def is_crowded(lower: Iterable[Sheet | None], most: int = MOST_CELLS) -> bool:
    """Whether these sheets have more cells together than a workbook should."""
    return sum(len(sheet.units) * len(sheet.lines) for sheet in lower if sheet is not None) > most


def _fits(sheet: Sheet, most: int) -> bool:
    return not sheet.turned or TOP + 1 + sheet.end <= most


def _above(units: Sequence[Unit], tree: Tree, children: set[str]) -> tuple[Unit, ...]:
    """The unions right above these units, each once, in register order, but for those that the first sheet shows."""
    codes = {unit.parent for unit in units if unit.parent in tree and unit.parent not in children}
    return tuple(unit for unit in tree.units if unit.code in codes and unit.level != "province")
