"""A list of units to send something to, as a workbook, and a zip for each upper union with what is to be sent."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from xlsxwriter.worksheet import Worksheet

from pipeline.dispatch import Sending
from pipeline.files import put, remove
from pipeline.obligations import Obligations
from pipeline.styles import MARKS, Styles, lines_needed, new_book, print_setup
from schemas.tree import Tree

_HEAD = 5
_TALLEST = 400
# A zip knows no earlier day.
_FIRST_ZIP_DAY = date(1980, 1, 1)
_UNIX, _READABLE = 3, 0o644 << 16


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list."""

    head: str
    width: float
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that leads to a file, or has a colour."""

    text: str
    target: str = ""
    colour: str = ""


Value = str | int | date | Shown | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list says: above the table, in it, and in the one row that stands there when nobody does."""

    sheet: str
    title: str
    agency: str
    lines: tuple[str, str]
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    nobody: str


def contact(email: str) -> Value:
    """An address as it stands in the register, or that there is none."""
    return email or Shown("chưa có", colour=MARKS["soft"])


def file_link(file: Path | None, folder: Path) -> Value:
    """A link to a file from a list in ``folder``, or that the file has not been made."""
    return _link(file, folder) if file else Shown("chưa lập", colour=MARKS["soft"])


def zip_link(one: Sending, zips: Path, folder: Path) -> Value:
    """A link to the zip that holds what goes to a unit; nothing where none does."""
    return _link(zips / f"{one.union}.zip", folder) if one.file and one.union else None


def _link(file: Path, folder: Path) -> Shown:
    return Shown(file.name, f"external:{Path(os.path.relpath(file, folder)).as_posix()}")


def write_list(path: Path, owed: Obligations, listing: Listing) -> None:
    """Write the workbook."""

    def write(temporary: Path) -> bool:
        book = new_book(temporary, created=owed.dates.issued_on, title=listing.title, brief=True)
        sheet, styles = book.add_worksheet(listing.sheet), Styles(book)
        _write_top(sheet, styles, owed, listing)
        for row, values in enumerate(listing.rows, start=_HEAD + 1):
            _write_row(sheet, styles, listing.columns, row, values)
        last_row, last = _HEAD + max(1, len(listing.rows)), len(listing.columns) - 1
        if not listing.rows:
            sheet.merge_range(last_row, 0, last_row, last, listing.nobody, styles.table(italic=True, align="center"))
        sheet.freeze_panes(_HEAD + 1, 3)
        sheet.autofilter(_HEAD, 0, last_row, last)
        sheet.print_area(0, 0, last_row, last)
        foot = f"{owed.tree.province.name.replace('&', 'và')} – {owed.period.label('vi')}"
        print_setup(sheet, landscape=True, footer=foot, repeat=(_HEAD, _HEAD))
        book.close()
        return True

    put(path, write)


def _write_top(sheet: Worksheet, styles: Styles, owed: Obligations, listing: Listing) -> None:
    sheet.hide_gridlines(2)
    last = len(listing.columns) - 1
    sheet.write_string(0, 0, listing.agency, styles.get(bold=True))
    title = f"{listing.title} – {owed.period.label('vi').upper()}"
    sheet.merge_range(1, 0, 1, last, title, styles.get(bold=True, align="center", font_size=14))
    for row, line in enumerate(listing.lines, start=2):
        sheet.merge_range(row, 0, row, last, line, styles.get(italic=True, align="center"))
    for column, its in enumerate(listing.columns):
        sheet.set_column(column, column, its.width)
        sheet.write_string(_HEAD, column, its.head, styles.head())
    sheet.set_row(_HEAD, 16.5 * max(lines_needed(its.head, its.width, bold=True) for its in listing.columns) + 2)


def _write_row(sheet: Worksheet, styles: Styles, columns: Sequence[Column], row: int, values: Sequence[Value]) -> None:
    lines = 1
    for column, (its, value) in enumerate(zip(columns, values, strict=True)):
        align = {"align": "center"} if its.centred else {}
        if isinstance(value, date):
            sheet.write_datetime(row, column, value, styles.table(num_format="dd/mm/yyyy", **align))
            continue
        if isinstance(value, int):
            sheet.write_number(row, column, value, styles.table(num_format="#,##0", **align))
            continue
        shown = value if isinstance(value, Shown) else Shown(value or "")
        lines = max(lines, lines_needed(shown.text, its.width))
        if shown.target:
            link = styles.table(font_color="#0563C1", underline=1, **align)
            sheet.write_url(row, column, shown.target, link, shown.text)
        else:
            colour = {"bg_color": shown.colour} if shown.colour else {}
            sheet.write_string(row, column, shown.text, styles.table(**colour, **align))
    sheet.set_row(row, min(_TALLEST, 16.5 * lines + 2))


def write_zips(folder: Path, tree: Tree, members: Mapping[str, tuple[str, Path]], day: date) -> None:
    """Write ``CODE.zip`` of each upper union that itself, or whose units, have a member.

    ``members`` are, by unit and in the order in which they are packed, the name inside the zip and the file. A zip
    that would be the same is left alone; one of an earlier run that is not wanted any more is removed.
    """
    wanted: dict[str, list[tuple[str, Path]]] = {}
    for union in tree.of_level("upper"):
        own = {union.code, *(unit.code for unit in tree.descendants(union.code))}
        inside = [member for code, member in members.items() if code in own]
        if inside:
            wanted[f"{union.code}.zip"] = inside
    for old in sorted(folder.glob("*.zip")) if folder.is_dir() else ():
        if old.name not in wanted:
            remove(old)
    for name, inside in wanted.items():
        _write_zip(folder / name, inside, max(day, _FIRST_ZIP_DAY))


def _write_zip(path: Path, members: Sequence[tuple[str, Path]], day: date) -> None:
    def write(temporary: Path) -> bool:
        with ZipFile(temporary, "w", ZIP_STORED) as archive:
            for name, file in members:
                member = ZipInfo(name, (day.year, day.month, day.day, 0, 0, 0))
                # The same bytes on every system.
                member.create_system, member.external_attr = _UNIX, _READABLE
                archive.writestr(member, file.read_bytes())
        return not path.exists() or path.read_bytes() != temporary.read_bytes()

    put(path, write)
