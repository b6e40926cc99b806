"""Figures outside the cells that are asked: told with their places, and never those that a package brings along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builders import ids, only
from openpyxl import load_workbook
from returned import Returned, Sheets, filled, returned

from pipeline.annotate import Listing, annotate, line_of
from pipeline.contents import content_of
from pipeline.demo import Demo
from pipeline.findings import Finding
from pipeline.guard import inspect
from pipeline.layout import CHECK_SHEET, FINDINGS_SHEET, SOURCES_SHEET
from pipeline.obligations import obligations
from pipeline.package import write_package
from pipeline.package_values import Source
from pipeline.read import read_files
from pipeline.read_book import open_book
from pipeline.submission import Submission
from schemas.period import Period

OUTSIDE = {"figures-outside", "figures-elsewhere"}


@pytest.fixture(scope="module")
def upper(tmp_path_factory: pytest.TempPathFactory) -> Returned:
    return returned(tmp_path_factory.mktemp("upper"))


def outside(submission: Submission) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f.id, f.sheet, f.cells) for f in submission.findings if f.id in OUTSIDE]


def added(sheets: Sheets, sheet: str, row: int, cells: dict[int, object]) -> None:
    """A row that the unit inserted."""
    width = max(map(len, sheets[sheet]))
    sheets[sheet].insert(row, [cells.get(j, "") for j in range(width)])


def test_figures_in_a_row_that_the_unit_inserted_are_told(upper: Returned) -> None:
    sheets = upper.part("B01")
    added(sheets, "B01", 16, {1: "3.5", 2: "Trong đó bổ túc", 3: "người", 4: 12.0, 5: "1.250", 8: "đã xét"})
    assert outside(upper.read(sheets)) == [("figures-outside", "B01", ("E17", "F17"))]


def test_figures_on_a_heading_are_told(upper: Returned) -> None:
    sheets = upper.part("B01")
    sheets["B01"][14][4] = 307.0
    assert outside(upper.read(sheets)) == [("figures-outside", "B01", ("E15",))]


def test_figures_in_a_column_that_the_unit_inserted_are_told(upper: Returned) -> None:
    sheets = upper.part("B01")
    for i, row in enumerate(sheets["B01"]):
        row.insert(5, {7: "Quý IV", 8: 4.0, 20: 5.0, 14: 6.0, 30: "chưa có"}.get(i, ""))
    assert outside(upper.read(sheets)) == [("figures-outside", "B01", ("F9", "F15", "F21"))]


def test_figures_below_beside_and_above_the_tables_are_told(upper: Returned) -> None:
    sheets = upper.part("B02")
    rows = sheets["B02"]
    first = next(i for i, row in enumerate(rows) if row[0] == "#end")
    rows[first + 1][4] = 7.0
    rows[0][6] = 8.0
    rows.append(["", "", "Cộng cả biểu", "", 9.0])
    last = len(rows)
    assert outside(upper.read(sheets)) == [("figures-outside", "B02", ("G1", f"E{first + 2}", f"E{last}"))]


def test_figures_on_a_sheet_of_the_units_own_are_a_note(upper: Returned) -> None:
    sheets = upper.part("B01") | {"Tính toán": [["", "Đơn vị A", 5.0], ["", "Đơn vị B", "7"], ["x"]], "Thư": [["a"]]}
    submission = upper.read(sheets)
    assert outside(submission) == [("figures-elsewhere", "Tính toán", ("C1", "C2"))]
    assert only(submission.findings, "figures-elsewhere").severity == "info"


def test_of_many_figures_the_first_places_are_named_and_all_are_counted(upper: Returned) -> None:
    sheets = upper.part("B01") | {"Số": [[float(j) for j in range(10)] for _ in range(100)]}
    found = only(upper.read(sheets).findings, "figures-elsewhere")
    assert (found.value, len(found.cells)) == ("1000", 60)


def test_figures_of_a_list_outside_its_columns_and_lines_are_told(upper: Returned) -> None:
    sheets = upper.part("B04")
    rows = sheets["B04"]
    for i, row in enumerate(rows):
        row.insert(9, {7: "Số tổ", 8: 3.0, 9: 4.0}.get(i, ""))
    rows.append(["", "", "", "Cộng các đơn vị", *[""] * 4, 99.0])
    assert outside(upper.read(sheets)) == [("figures-outside", "B04", ("J9", "J10", f"I{len(rows)}"))]


def test_figures_under_a_code_that_is_lost_are_told_beside_the_code(upper: Returned) -> None:
    sheets = upper.part("B01")
    sheets["B01"][10][0], sheets["B01"][10][2] = "", "Nam giới"
    submission = upper.read(sheets)
    assert {"code-missing", "figures-outside"} == set(ids(submission.findings))
    assert outside(submission) == [("figures-outside", "B01", ("E11", "G11"))]


@pytest.mark.parametrize(("unit", "period"), [("LC-21", "2020"), ("LC-21", "2023-Q3"), ("LC-01", "2024")])
def test_a_package_brings_none_along_filled_or_not(tmp_path: Path, unit: str, period: str) -> None:
    package = returned(tmp_path, unit, period)
    assert outside(package.read(package.sheets)) == []
    owed = obligations(package.place, Period.parse(period))
    blank = tmp_path / "trống.xlsx"
    write_package(blank, content_of(package.place, owed, owed.tree.unit(unit), {}, {}))
    [submission] = read_files([blank], tmp_path, package.place.forms)
    assert submission.findings == ()


def test_no_return_of_the_demo_is_said_to_have_any(demo: Demo) -> None:
    root = demo.workspace.root
    places = ("inbox/**/*.xlsx", "input_templates/**/*.xlsx", "output/*/phan-hoi/*.xlsx")
    files = sorted(path for place in places for path in root.glob(place))
    submissions = read_files(files, root, demo.workspace.forms)
    assert len(submissions) > 60
    assert [(one.file, outside(one)) for one in submissions if outside(one)] == []


def test_sheets_that_the_program_wrote_for_people_are_known_under_any_name(upper: Returned, tmp_path: Path) -> None:
    owed = obligations(upper.place, Period.parse("2020"))
    content = filled(content_of(upper.place, owed, owed.tree.unit("LC-21"), {}, {}))
    sources = tuple(Source(f"CS{i}", "Đơn vị", "đạt", "a.xlsx", date(2020, 12, 1), 30 + i) for i in range(3))
    found = (Finding("missing-value", "info", form="B01", sheet="B01", cells=("E9",), params={"count": 12}),)
    path = tmp_path / "a.xlsx"
    write_package(path, replace(content, sources=sources))
    path.write_bytes(annotate(path.read_bytes(), {}, Listing("LC-21", tuple(map(line_of, found)))))
    data = path.read_bytes()
    sheets = {name: list(map(list, sheet.rows)) for name, sheet in open_book(data, inspect(data)).sheets.items()}
    assert upper.read(sheets).findings == ()
    for name in (CHECK_SHEET, FINDINGS_SHEET, SOURCES_SHEET):
        assert name not in sheets
    book = load_workbook(path, data_only=True)
    for name in (CHECK_SHEET, FINDINGS_SHEET, SOURCES_SHEET):
        book[name].title = f"Trang {name}"
    book.save(path)
    data = path.read_bytes()
    read = open_book(data, inspect(data))
    assert sum(name.startswith("Trang ") for name in read.sheets) == 3
    [submission] = read_files([path], tmp_path, upper.place.forms)
    assert outside(submission) == []
