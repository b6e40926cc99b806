"""One workbook into a submission: its identity, every cell by code with its sheet and address.

Nothing here judges a figure; a cell that cannot be read with certainty is refused, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from pipeline.entries import Entries
from pipeline.findings import Finding
from pipeline.guard import Inspection
from pipeline.layout import UNREAD_SHEETS, find_tables
from pipeline.looks import Looks
from pipeline.read_alike import learn, read_alike
from pipeline.read_alterations import fonts, shown
from pipeline.read_book import Book, Sheet, open_book
from pipeline.read_files import File, plain, refused
from pipeline.read_identity import identity_of, info_of
from pipeline.read_labels_lost import with_lost
from pipeline.read_leftovers import figures_outside
from pipeline.read_looks import Issued, issued, looks_of_excel
from pipeline.read_looks_xls import looks_of_xls
from pipeline.read_table import Returned, read_table
from pipeline.read_versions import carried, missing_forms, unknown_version
from pipeline.submission import Item, Submission, TablePlace
from schemas.form import Forms, Table


def read_workbook(file: File, data: bytes, looked: Inspection) -> Submission:
    """What a workbook that the guard let pass says. Raises :class:`pipeline.read_book.UnreadableError`."""
    alike, seen = read_alike(file, data, looked)
    if alike is not None:
        return alike
    book = open_book(data, looked)
    read = read_opened(file, data, looked, book)
    if seen is not None and not book.second:
        learn(file, data, seen, book, read)
    return read


def read_opened(file: File, data: bytes, looked: Inspection, book: Book) -> Submission:
    """What the sheets of a workbook say."""
    identity = identity_of(book, file.forms)
    meta = identity.meta
    if not meta.get("unit") or not meta.get("period"):
        return refused(file, data, "no-identity")
    unit, period, version = meta["unit"], meta["period"], meta.get("package_version", "")
    known = replace(plain(file, data), unit=unit, period=period, package_version=version)
    findings: list[Finding] = []
    if (strange := unknown_version(file.forms, meta.get("package", ""), known.versions)) is not None:
        findings.append(strange)
    else:
        package = issued(meta)
        looks, unknown = _looks(data, looked, package)
        book = shown(book, looks)
        findings += [*identity.findings, *_notes(book, looked), *unknown, *fonts(looks)]
        returned = Returned(file.forms, period, known.versions, package, looks)
        known, about = _with_tables(known, returned, identity.asked, form_sheets(book, identity.sheets))
        findings += about
    info, info_at = info_of(book)
    named = tuple(replace(finding, unit=unit, period=period, file=file.name) for finding in findings)
    return replace(known, findings=named, info=info, info_at=info_at)


def _with_tables(
    known: Submission, book: Returned, asked: Sequence[str], sheets: Sequence[Sheet]
) -> tuple[Submission, list[Finding]]:
    """The submission with what the tables of the sheets say; ``asked`` are the forms of its package."""
    marked = [(sheet, table) for sheet in sheets for table in find_tables(sheet.rows)]
    where, renamed = carried(book.forms, marked)
    # Where the marks of a table are gone, its words may be those of an earlier version too.
    where, more = carried(book.forms, with_lost(sheets, where, _owed(book.forms, asked), book.period))
    read = [read_table(book, sheet, found, where) for sheet, found in where]
    tables: dict[str, tuple[TablePlace, ...]] = {}
    items: dict[str, tuple[Item, ...]] = {}
    for one in read:
        if one.place is not None:
            tables[one.form] = (*tables.get(one.form, ()), one.place)
        if one.items:
            items[one.form] = (*items.get(one.form, ()), *one.items)
    findings = [
        *renamed,
        *more,
        *(finding for one in read for finding in one.findings),
        *figures_outside(sheets, [one.area for one in read]),
        *missing_forms(book.forms, asked, {found.id for _, found in where}, book.versions),
    ]
    entries = Entries.of(dict(chain.from_iterable(one.entries.items() for one in read)))
    return replace(known, entries=entries, items=items, tables=tables), findings


def _looks(data: bytes, looked: Inspection, package: Issued) -> tuple[Looks, list[Finding]]:
    """How the cells look where there is a reason to look, and what is said where they cannot be looked at."""
    if looked.kind == "xls":
        return looks_of_xls(looked.clean), []
    if looked.traits is None:
        return looked.looks, []
    looks = looks_of_excel(data, looked.traits, package)
    return looks, [Finding("looks-unknown", "info", value=looks.unseen[:200])] if looks.unseen else []


def _notes(book: Book, looked: Inspection) -> Iterator[Finding]:
    """What the office may like to know of how a file was read."""
    if looked.macros:
        yield Finding("macros-ignored", "info")
    if book.second:
        yield Finding("second-reader", "info", value=book.second[:200])


def form_sheets(book: Book, identity: Collection[str]) -> list[Sheet]:
    """The sheets on which figures may stand; those of ``identity`` are none, by name."""
    return [sheet for name, sheet in book.sheets.items() if name not in identity and name not in UNREAD_SHEETS]


def _owed(forms: Forms, asked: Iterable[str]) -> dict[str, Table]:
    """The tables of the forms in a package, by their ids."""
    return {table.id: table for name in asked if name in forms.by_id for table in forms.by_id[name].tables}
