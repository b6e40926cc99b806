"""Reads the register ``units.csv``: who reports, under whom, from when to when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import cast

from schemas.csvrows import Row, bad_day, parse_day, place, read_csv, table
from schemas.errors import DefinitionError
from schemas.genealogy import Placed, check_codes, check_parents, check_provinces
from schemas.near import near
from schemas.text import Text
from schemas.tree import LEVELS, SECTOR_GROUPS, SECTOR_NAMES, Level, Register, Tree, Unit

__all__ = [
    "COLUMNS",
    "LEVELS",
    "SECTOR_GROUPS",
    "SECTOR_NAMES",
    "Level",
    "Register",
    "Tree",
    "Unit",
    "load_register",
]

COLUMNS = (
    "code",
    "name",
    "short_name",
    "level",
    "parent",
    "sector",
    "territory",
    "valid_from",
    "valid_to",
    "email",
    "aliases",
)

# A code names files (CODE.xlsx), so it holds only what every file system takes.
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def load_register(path: Path) -> Register:
    """Read ``units.csv``. Raises ``DefinitionError`` with every fault of the file at once."""
    rows, faults = table(read_csv(path), COLUMNS, path.name)
    placed: list[Placed] = []
    unread: set[str] = set()
    for row in rows:
        broken = _faults_of(row, path.name)
        faults += broken
        if broken:
            unread.add(row.text("code"))
        else:
            placed.append(Placed(_unit(row), path.name, row.number))
    faults += check_codes(placed)
    faults += check_provinces(placed, unread, path.name)
    faults += check_parents(placed, unread)
    if faults:
        raise DefinitionError(*faults)
    return Register(tuple(found.unit for found in placed))


def _unit(row: Row) -> Unit:
    """The unit of a row without faults."""
    return Unit(
        code=row.text("code"),
        name=row.text("name"),
        short_name=row.text("short_name") or row.text("name"),
        level=cast(Level, row.text("level")),
        parent=row.text("parent"),
        sector=row.text("sector"),
        territory=row.text("territory"),
        valid_from=parse_day(row.text("valid_from")),
        valid_to=parse_day(row.text("valid_to")) if row.text("valid_to") else None,
        email=row.text("email"),
        aliases=tuple(alias.strip() for alias in row.text("aliases").split("|") if alias.strip()),
    )


def _faults_of(row: Row, source: str) -> list[Text]:
    """What is wrong with a row by itself."""
    faults = []
    if not _CODE.fullmatch(row.text("code")):
        faults.append(_bad_code(place(source, row.number, "code"), row.text("code")))
    if not row.text("name"):
        at = place(source, row.number, "name")
        faults.append(Text(f"{at.vi}: để trống. Ghi tên đơn vị.", f"{at.en}: is blank. Write the unit's name."))
    for column, known in (("level", LEVELS), ("sector", ("", *SECTOR_GROUPS))):
        if (word := row.text(column)) not in known:
            faults.append(_not_known(place(source, row.number, column), word, known))
    return faults + _faults_of_days(row, source)


def _faults_of_days(row: Row, source: str) -> list[Text]:
    faults = []
    days: dict[str, date] = {}
    for column in ("valid_from", "valid_to"):
        if column == "valid_to" and not row.text(column):
            continue
        try:
            days[column] = parse_day(row.text(column))
        except ValueError:
            faults.append(bad_day(place(source, row.number, column), row.text(column)))
    if len(days) == 2 and days["valid_to"] < days["valid_from"]:
        at, since, until = place(source, row.number, "valid_to"), days["valid_from"], days["valid_to"]
        faults.append(
            Text(
                f"{at.vi}: {until:%d/%m/%Y} trước ngày bắt đầu {since:%d/%m/%Y}. Sửa một trong hai ngày.",
                f"{at.en}: {until} is before valid_from {since}. Mend one of the two.",
            )
        )
    return faults


def _not_known(at: Text, word: str, known: Iterable[str]) -> Text:
    choices = [choice for choice in known if choice]
    hint, listed = near(word, choices), ", ".join(choices)
    return Text(
        f'{at.vi}: "{word}" không có trong danh sách. Chọn một trong: {listed}.{hint.vi}',
        f'{at.en}: "{word}" is not known. Choose one of: {listed}.{hint.en}',
    )


def _bad_code(at: Text, code: str) -> Text:
    return Text(
        f'{at.vi}: mã "{code}" không dùng được. Mã chỉ gồm chữ cái không dấu, chữ số, dấu - và _, như LC-21.',
        f'{at.en}: "{code}" cannot be a code. Use only plain letters, digits, - and _, as in LC-21.',
    )
