"""Whose package a workbook is, for which period, and who filled it in: what its first and its hidden sheet say.

A sheet that was renamed is known by what stands on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.layout import INFO_CODES, INFO_SHEET, META_SHEET, a1, find_tables
from pipeline.numbers import read_text
from pipeline.read_book import Book, Rows, Sheet
from pipeline.read_matrix import asked_rows
from schemas.form import Forms
from schemas.near import fold
from schemas.period import Period

# What the hidden sheet always says; who fills in and who signs have codes as well.
_STATED = frozenset({"unit", "period", "package_version"})
_FEWEST_CODES = 2
# The hidden sheet is short.
_MOST_ROWS = 50
_UNIT_LABEL, _FORMS_LABEL = "ma don vi", "cac bieu phai nop"
_PARTS = ("", "-S1", "-S2", "-Q1", "-Q2", "-Q3", "-Q4")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_UNIT_LINE = re.compile(r"(\S+) – ")
_PERIOD_LINE = re.compile(r"(.+?) – số liệu tính đến ngày ")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a workbook says it is, by the keys of the hidden sheet; ``findings`` are about how that is known.

    ``sheets`` are those that say it, by name: no figure stands on them.
    """

    meta: Mapping[str, str]
    sheets: frozenset[str] = frozenset()
    findings: tuple[Finding, ...] = ()

    @property
    def asked(self) -> list[str]:
        """The forms in the package."""
        return [form.strip() for form in self.meta.get("package", "").split("+")]


def identity_of(book: Book, forms: Forms) -> Identity:
    """What the hidden sheet says; where it is gone, what the visible ones do, if they leave no doubt."""
    hidden, first = meta_sheet(book), info_sheet(book)
    sheets = frozenset(sheet.name for sheet in (hidden, first) if sheet is not None)
    meta = _pairs(hidden.rows) if hidden is not None else {}
    if meta.get("unit") and meta.get("period"):
        return Identity(meta, sheets)
    return replace(_visible(book, forms), sheets=sheets)


def meta_sheet(book: Book) -> Sheet | None:
    """The hidden sheet that says what the workbook is, whatever it is called; of several that differ none."""
    named = book.sheets.get(META_SHEET)
    if named is not None and _pairs(named.rows).keys() >= _STATED:
        return named
    like = [sheet for sheet in book.sheets.values() if _pairs(sheet.rows[:_MOST_ROWS]).keys() >= _STATED]
    return like[0] if like and all(_pairs(sheet.rows) == _pairs(like[0].rows) for sheet in like) else named


def _pairs(rows: Rows) -> dict[str, str]:
    return {str(row[0]).strip(): read_text(row[1]) for row in rows if len(row) > 1 and row[0] != ""}


def info_sheet(book: Book) -> Sheet | None:
    """The sheet on which the unit says who fills in and who signs, whatever it is called."""
    if INFO_SHEET in book.sheets:
        return book.sheets[INFO_SHEET]
    like = [sheet for sheet in book.sheets.values() if len(set(INFO_CODES) & _first_column(sheet)) >= _FEWEST_CODES]
    return like[0] if len(like) == 1 else None


def _first_column(sheet: Sheet) -> set[object]:
    return {row[0] for row in sheet.rows[:_MOST_ROWS] if row and row[0] != ""}


def info_of(book: Book) -> tuple[dict[str, str], dict[str, str]]:
    """Who filled and who signs, by code, and the cells in which that stands."""
    sheet = info_sheet(book)
    rows = sheet.rows if sheet is not None else ()
    filled = [(i, row) for i, row in enumerate(rows) if len(row) > 2 and row[0] in INFO_CODES and row[2] != ""]
    return {str(row[0]): read_text(row[2]) for _, row in filled}, {str(row[0]): a1(i, 2) for i, row in filled}


def _visible(book: Book, forms: Forms) -> Identity:
    """The unit and the period of the first sheet, if the head of at least one form says the same and none another.

    Which version the package is of is not seen: it is today's where all codes of today's are there.
    """
    sheet = info_sheet(book)
    said = _on_first(sheet.rows) if sheet is not None else None
    if sheet is None or said is None:
        return Identity({})
    unit, period, cells = said
    tops = [top for other in book.sheets.values() if (top := _top(other.rows))]
    heads = [(unit_of, period_of) for top in tops for unit_of, period_of in (_stated(top),) if unit_of or period_of]
    if (unit, period) not in heads or any(one not in ("", unit) or two not in ("", period) for one, two in heads):
        return Identity({})
    owed = _owed(sheet.rows, forms)
    if not owed or not _of_today(book, owed, forms, period):
        return Identity({})
    version = "; ".join(f"{name} {forms.by_id[name].version}" for name in owed)
    meta = {"unit": unit, "period": period, "package": "+".join(owed), "package_version": version}
    severity = CATALOGUE["identity-visible"].severity
    found = Finding("identity-visible", severity, sheet=sheet.name, cells=cells, value=unit, expected=period)
    return Identity(meta, findings=(found,))


def _on_first(rows: Rows) -> tuple[str, str, tuple[str, ...]] | None:
    """Unit, period and their cells on the first sheet; nothing unless each stands there once."""
    units = [(read_text(row[j + 1]), a1(i, j + 1)) for i, row in enumerate(rows) for j in _labelled(row, _UNIT_LABEL)]
    periods = [
        (period, a1(i, j))
        for i, row in enumerate(rows)
        for j, cell in enumerate(row)
        if isinstance(cell, str) and (period := _period(cell))
    ]
    if len(units) != 1 or len(periods) != 1 or not units[0][0]:
        return None
    return units[0][0], periods[0][0], (units[0][1], periods[0][1])


def _period(text: str) -> str:
    """The period of which this is the label; empty for other words."""
    said, years = fold(text), _YEAR.findall(text)
    if len(years) != 1:
        return ""
    like = (Period.parse(years[0] + part) for part in _PARTS)
    return next((str(period) for period in like if fold(period.label("vi")) == said), "")


def _top(rows: Rows) -> list[str]:
    """The lines above the first table of a sheet; none where it has no table."""
    first = next(find_tables(rows), None)
    above = rows[: first.code_row] if first is not None else ()
    return [cell for row in above for cell in row if isinstance(cell, str) and cell]


def _stated(top: Iterable[str]) -> tuple[str, str]:
    """The unit and the period that the lines above a table name; empty where they name none."""
    units = [found[1] for line in top if (found := _UNIT_LINE.match(line))]
    periods = [_period(found[1]) or "?" for line in top if (found := _PERIOD_LINE.match(line))]
    return next(iter(units), ""), next(iter(periods), "")


def _owed(rows: Rows, forms: Forms) -> list[str]:
    """The forms that the first sheet says are in the package."""
    said = next((read_text(row[j + 1]) for row in rows for j in _labelled(row, _FORMS_LABEL)), "")
    return [form.id for form in forms if re.search(rf"(?:^|, ){re.escape(form.id)} – ", said)]


def _labelled(row: Sequence[object], label: str) -> Iterator[int]:
    """Where a label stands that has a cell to its right."""
    return (j for j, cell in enumerate(row[:-1]) if isinstance(cell, str) and fold(cell) == label)


def _of_today(book: Book, owed: Iterable[str], forms: Forms, period: str) -> bool:
    """Whether the forms have had one version only, or the package has every code of today's."""
    changed = [forms.by_id[name] for name in owed if len(forms.by_id[name].versions) > 1]
    if not changed:
        return True
    there = {
        (found.id, code)
        for sheet in book.sheets.values()
        for found in find_tables(sheet.rows)
        for code, _ in (*found.rows, *found.columns)
    }
    asked = (
        (table.id, code)
        for form in changed
        for table in form.tables
        for code in (*asked_rows(table, period), *(measure.code for measure in table.measures))
    )
    return all(one in there for one in asked)
