"""One table of a returned workbook: codes of earlier versions, lost codes, what cells show, then its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.findings import Finding
from pipeline.layout import FoundTable, a1
from pipeline.looks import NOTHING, Looks
from pipeline.read_alterations import alterations, without_value
from pipeline.read_book import Sheet
from pipeline.read_labels import by_labels
from pipeline.read_leftovers import Area, area_of
from pipeline.read_lists import read_list
from pipeline.read_looks import Issued, lost
from pipeline.read_matrix import measure_findings, read_matrix
from pipeline.read_versions import asked_no_more, asked_then, unknown_table
from pipeline.submission import Entry, Item, TablePlace
from schemas.form import Forms, Key, Table

Placed = tuple[Sheet, FoundTable]


@dataclass(frozen=True, slots=True)
class Returned:
    """What is known of a workbook before its tables are read: ``versions`` are those of its forms."""

    forms: Forms
    period: str
    versions: Mapping[str, str]
    issued: Issued
    looks: Looks


@dataclass(frozen=True, slots=True)
class ReadTable:
    """What one table says; ``form`` and ``place`` are missing where nothing of it is read."""

    area: Area
    findings: tuple[Finding, ...]
    form: str = ""
    place: TablePlace | None = None
    entries: Mapping[Key, Entry] = field(default_factory=dict)
    items: tuple[Item, ...] = ()


def read_table(book: Returned, sheet: Sheet, found: FoundTable, where: Sequence[Placed]) -> ReadTable:
    """What the table that stands on a sheet as ``found`` says; ``where`` are all tables of the workbook."""
    twins = [(other.name, twin) for other, twin in where if twin.id == found.id]
    if len(twins) > 1:
        about = (_twice(book.forms, twins),) if found is twins[0][1] else ()
        return ReadTable(Area(sheet.name, found), about)
    form_id, table = table_of(book.forms, found.id)
    if table is None:
        return ReadTable(Area(sheet.name, found), tuple(unknown_table(book.forms, book.versions, sheet, found)))
    return _read(book, form_id, table, sheet, found)


def _read(book: Returned, form_id: str, table: Table, sheet: Sheet, coded: FoundTable) -> ReadTable:
    form, versions = book.forms.by_id[form_id], book.versions
    table, later = asked_then(form, table, versions, sheet.name, coded, book.period)
    former = versions.get(form_id, form.version) != form.version
    labelled = by_labels(table, form_id, sheet, coded, book.period, former=former)
    found, kept = asked_no_more(form, table, versions, sheet, labelled.found)
    findings = [*later, *kept, *labelled.findings]
    if book.looks is not NOTHING:
        fewer = lost(book.issued, book.looks, form_id, sheet.name)
        sheet = without_value(table, form_id, sheet, found, book.looks)
        findings += alterations(table, form_id, sheet, found, book.looks, lost=fewer)
    entries: Mapping[Key, Entry] = {}
    items: tuple[Item, ...] = ()
    if table.kind == "list":
        listed = labelled.of_list(table, read_list(table, form_id, sheet, found))
        items, place = listed.items, listed.place
        findings += measure_findings(form_id, sheet.name, found, {measure.code for measure in table.measures})
        findings += listed.findings
    else:
        read = labelled.of_matrix(read_matrix(table, form_id, sheet, found, book.period))
        entries, place = read.entries, read.place
        findings += read.findings
    area = area_of(table, form_id, sheet.name, (coded, found), labelled.head, place)
    return ReadTable(area, tuple(findings), form_id, place, entries, items)


def table_of(forms: Forms, table_id: str) -> tuple[str, Table | None]:
    """The table of that id and its form; ``None`` when there is none."""
    for form in forms:
        for table in form.tables:
            if table.id == table_id:
                return form.id, table
    return "", None


def _twice(forms: Forms, twins: Sequence[tuple[str, FoundTable]]) -> Finding:
    sheet, table = twins[0]
    places = [(other, a1(twin.code_row, 0)) for other, twin in twins]
    cells = tuple(place if other == sheet else f"{other}!{place}" for other, place in places)
    form_id = table_of(forms, table.id)[0] or sheet
    return Finding("table-duplicate", "hard", form=form_id, sheet=sheet, cells=cells, value=f"#{table.id}")
