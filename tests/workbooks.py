"""Packages as another program sees them: cached values, formulas, and the same workbook with nothing cached."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import openpyxl
from conftest import Recalculate
from python_calamine import CalamineWorkbook

from pipeline.layout import CHECK_SHEET
from pipeline.package import write_package
from pipeline.package_values import Content

Place = tuple[str, int, int]
"""Sheet, row and column, from 1."""


def values(path: Path) -> dict[Place, object]:
    """What a reader of cached values finds; blanks left out."""
    book = CalamineWorkbook.from_path(path)
    return {
        (name, i, j): value
        for name in book.sheet_names
        for i, row in enumerate(book.get_sheet_by_name(name).to_python(skip_empty_area=False), start=1)
        for j, value in enumerate(row, start=1)
        if value != ""
    }


def formula_cells(path: Path) -> dict[Place, str]:
    book = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.row, cell.column): str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def without_cache(path: Path, to: Path) -> None:
    """The same workbook with nothing cached for its formulas."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(to, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                data = re.sub(rb"</f><v>[^<]*</v>", b"</f>", data)
            target.writestr(name, data)


def wrongly_cached(
    folder: Path, contents: Mapping[str, Content], recalculate: Recalculate
) -> dict[tuple[str, Place], tuple[object, object]]:
    """What packages show and what a spreadsheet program works out, where the two differ."""
    bare = []
    (folder / "bare").mkdir()
    for name, content in contents.items():
        write_package(folder / f"{name}.xlsx", content)
        bare.append(folder / "bare" / f"{name}.xlsx")
        without_cache(folder / f"{name}.xlsx", bare[-1])
    different = {}
    for name, before, after in zip(contents, bare, recalculate(bare), strict=True):
        places = formula_cells(folder / f"{name}.xlsx")
        shown, anew = values(folder / f"{name}.xlsx"), values(after)
        assert places
        assert not places.keys() & values(before).keys()
        for place in places:
            if shown.get(place) != anew.get(place):
                different[name, place] = shown.get(place), anew.get(place)
    return different


def verdicts(path: Path, rule: str) -> list[object]:
    """What the check sheet says of a rule."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(CHECK_SHEET).to_python(skip_empty_area=False)
    return [row[3] for row in rows if row[1] == rule]
