"""A filled package as it comes back, its sheets as plain rows to be changed and read again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis.vendor.pretty import RepresentationPrinter
from openpyxl import Workbook as ExcelBook

from pipeline.contents import content_of
from pipeline.guard import inspect
from pipeline.guard_inspection import Inspection
from pipeline.init import init
from pipeline.obligations import obligations
from pipeline.package import write_package
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from pipeline.read import read_files
from pipeline.read_book import Book, Sheet, open_book
from pipeline.read_files import File
from pipeline.read_workbook import read_opened
from pipeline.submission import Entry, Submission
from pipeline.workspace import Workspace, open_workspace
from schemas.period import Period

Rows = list[list[object]]
Sheets = dict[str, Rows]
Values = dict[tuple[str, ...], tuple[float | None, str]]


@dataclass(frozen=True)
class Returned:
    """The file, its sheets as the reader sees them, and what it says."""

    path: Path
    place: Workspace
    sheets: Sheets
    values: Values

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        """For hypothesis, which shows what a test was given: a name, not a megabyte of cells."""
        printer.text(f"Returned({self.path.name!r})")

    def whole(self) -> Sheets:
        """All sheets, to be changed."""
        return {name: copied(rows) for name, rows in self.sheets.items()}

    def part(self, form: str) -> Sheets:
        """The same with one form only."""
        meta = [["package", form] if row[0] == "package" else list(row) for row in self.sheets["_META"]]
        return {"THONG_TIN": copied(self.sheets["THONG_TIN"]), form: copied(self.sheets[form]), "_META": meta}

    def values_of(self, form: str) -> Values:
        return {key: value for key, value in self.values.items() if key[0] == form}

    def read(self, sheets: Mapping[str, Rows]) -> Submission:
        """What the reader makes of these sheets."""
        book = Book({name: Sheet(name, rows) for name, rows in sheets.items()})
        return read_opened(File(self.path, "a.xlsx", self.place.forms), b"", Inspection("ods"), book)

    def sent(self, path: Path, sheets: Mapping[str, Rows]) -> Path:
        """These sheets as values in a plain new workbook."""
        book = ExcelBook()
        book.remove(book.worksheets[0])
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append([None if cell == "" else cell for cell in row])
        book.save(path)
        return path


def returned(root: Path, unit: str = "LC-21", period: str = "2020") -> Returned:
    """The package of a unit with another figure in every cell that its level is asked."""
    workspace = root / "tỉnh"
    place = open_workspace(workspace if workspace.exists() else init(workspace))
    owed = obligations(place, Period.parse(period))
    path = root / f"{unit}-{period}.xlsx"
    write_package(path, filled(content_of(place, owed, owed.tree.unit(unit), {}, {})))
    data = path.read_bytes()
    sheets = {name: copied(sheet.rows) for name, sheet in open_book(data, inspect(data)).sheets.items()}
    [submission] = read_files([path], root, place.forms)
    assert submission.findings == ()
    return Returned(path, place, sheets, values_of(submission))


def filled(content: Content) -> Content:
    """Another figure in every cell, and beside each one last period's."""
    cells = [cell for form in content.forms for cell in form.cells() if content.level in cell.levels]
    figures = {cell.key: 100.0 + i for i, cell in enumerate(cells) if cell.role == "input" and cell.is_number}
    notes = {cell.key: f"ghi chú {i}" for i, cell in enumerate(cells) if cell.role == "note"}
    before = {cell.key: 7000.0 + i for i, cell in enumerate(cells) if cell.is_number}
    lists = {
        form: tuple(
            ListRow(row.id, {**row.values, "so_ld": 50.0 + i, "so_dv": 40.0 + i, "so_nu": 20.0 + i})
            for i, row in enumerate(rows)
        )
        for form, rows in content.lists.items()
    }
    return replace(content, entries=figures | notes, lists=lists, previous=before)


def copied(rows: object) -> Rows:
    return [list(row) for row in rows]  # type: ignore[attr-defined]


def entries_of(submission: Submission) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """Every entry that counts, by form, indicator or key, and measure."""
    yield from ((tuple(key), entry) for key, entry in submission.entries.items())
    for form, items in submission.items.items():
        for item in (item for item in items if item.counted):
            yield from (((form, item.id, measure), entry) for measure, entry in item.entries.items())


def values_of(submission: Submission) -> Values:
    return {key: (entry.value, entry.text) for key, entry in entries_of(submission)}
