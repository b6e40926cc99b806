"""Filled packages by the thousand: the workbook of a kind is made once, with the unit's own cells left open as well.

The program leaves open what differs between blank packages; here the cells that a unit fills are open too, so that a
filled package costs as much as a blank one. The bytes inflate to what the program's own writer of packages writes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from io import BytesIO
from typing import Any

from pipeline.layout import a1
from pipeline.package import write_package
from pipeline.package_cells import OpenCells
from pipeline.package_kind import kind_of, needed_refs
from pipeline.package_made import Package, made_all
from pipeline.package_skeleton import Skeleton, _Cells, filled, skeleton_of
from pipeline.package_values import Content
from schemas.form import Key

_BLANK = re.compile(rb'<c r="([A-Z]+\d+)"((?: s="\d+")?)/>')
# Behind the first page and the page of checks.
_FIRST_FORM = 3
# Day 0 of Excel's calendar as it counts from March 1900 on.
_DAY_ZERO = date(1899, 12, 30)


@dataclass(slots=True)
class Packages:
    """The workbooks of the kinds met so far."""

    skeletons: dict[Hashable, Skeleton] = field(default_factory=dict)

    def files(self, blank: Content, contents: Sequence[Content]) -> Iterator[bytes]:
        """The files of packages that are all of the kind of ``blank``, the first of them as it was issued."""
        kind = kind_of(blank, needed_refs(blank.forms))
        if kind is None:
            yield from map(_alone, contents)
            return
        if kind.key not in self.skeletons:
            self.skeletons[kind.key] = _opened(skeleton_of(replace(kind.blank, info=contents[0].info)), kind.blank)
        skeleton = self.skeletons[kind.key]
        for package in made_all(skeleton.frame, contents):
            yield filled(skeleton, package)


def _alone(content: Content) -> bytes:
    file = BytesIO()
    write_package(file, content)
    return file.getvalue()


def _opened(skeleton: Skeleton, blank: Content) -> Skeleton:
    """The same with the cells open that hold what a unit types."""
    lists = {form.id for form in blank.forms if form.lists}
    sheets = dict(skeleton.sheets)
    for number, form in enumerate(blank.forms, start=_FIRST_FORM):
        path, plan = f"xl/worksheets/sheet{number}.xml", skeleton.frame.plans[form.id]
        inputs = {
            a1(*plan.places[cell.key]): cell.key
            for cell in form.cells()
            if cell.is_observed and blank.level in cell.levels and cell.key in plan.places
        }
        if form.id in lists:
            sheets[path] = _with_days(sheets[path])
        elif path in sheets:
            sheets[path] = _with_inputs(sheets[path], inputs)
    return replace(skeleton, sheets=sheets)


def _with_inputs(sheet: Any, inputs: dict[str, Key]) -> Any:
    """The sheet with these cells among its open ones; those that a formula fills are open already."""
    pieces: list[bytes] = []
    moved: dict[int, int] = {}
    places, heads, keys = [], [], []
    for number, piece in enumerate(sheet.pieces):
        if number % 2:
            moved[number] = len(pieces)
            pieces.append(piece)
            continue
        at = 0
        for found in _BLANK.finditer(piece):
            name = found[1].decode()
            if name in inputs:
                pieces += [piece[at : found.start()], found[0]]
                at = found.end()
                places.append(len(pieces) - 1)
                heads.append(found[0].removesuffix(b"/>").decode())
                keys.append(inputs[name])
        pieces.append(piece[at:])
    own = _Cells(OpenCells(0, (), _typed(tuple(keys))), tuple(places), tuple(heads), (), (None,) * len(keys))
    cells = tuple(replace(one, places=tuple(moved[place] for place in one.places)) for one in sheet.cells)
    heights = tuple(replace(one, place=moved[one.place]) for one in sheet.heights)
    foot = None if sheet.foot is None else moved[sheet.foot]
    return replace(sheet, pieces=pieces, cells=(*cells, own), heights=heights, foot=foot)


def _with_days(sheet: Any) -> Any:
    """The sheet of a list, its days as Excel keeps them; a blank package has none."""
    cells = (replace(one, open=replace(one.open, values=_numbered(one.open.values))) for one in sheet.cells)
    return replace(sheet, cells=tuple(cells))


def _numbered(values: Callable[[Package], Sequence[Any]]) -> Callable[[Package], list[Any]]:
    return lambda package: [(one - _DAY_ZERO).days if isinstance(one, date) else one for one in values(package)]


def _typed(keys: tuple[Key, ...]) -> Callable[[Package], list[Any]]:
    """What the unit typed into these cells."""
    return lambda package: [package.content.entries.get(key) for key in keys]
