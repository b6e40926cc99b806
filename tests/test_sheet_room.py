"""More units or lines than a sheet of Excel holds: the sheet says so, and the levels above are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from builders import YEAR, figures_of, form, load, package, row, sent, unit, workspace
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from pipeline import quick_sheet, run, write_appendix, write_book, write_findings, write_sources, write_state
from pipeline.consolidate import consolidate
from pipeline.demo import Demo
from pipeline.obligations import obligations
from pipeline.quick_sheet import QuickSheet
from pipeline.results import Results
from pipeline.sheet_room import MOST_ROWS, fitting, say_left_out
from pipeline.spilled import Spill
from pipeline.styles import Styles, new_book
from pipeline.write_figures import write_figures
from pipeline.write_figures_room import MOST_CELLS
from pipeline.write_links import Links
from schemas.form import Forms
from schemas.tree import Unit

# Two unions of three branches of two groups each.
UNITS = (
    unit("P", "province"),
    *(unit(f"U{i}", "upper", "P") for i in range(2)),
    *(unit(f"B{i}{j}", "upper", f"U{i}") for i in range(2) for j in range(3)),
    *(unit(f"G{i}{j}{k}", "grassroots", f"B{i}{j}") for i in range(2) for j in range(3) for k in range(2)),
)
WIDE = (unit("P", "province"), *(unit(f"U{i:02}", "upper", "P") for i in range(40)))


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    return load(tmp_path, form(row("so"), row("ca")))


def results(forms: Forms, units: Sequence[Unit], senders: tuple[str, ...]) -> Results:
    place = workspace(Path("w"), forms, senders=senders, units=units, targets=[])
    owed = obligations(place, YEAR)
    asked = [one for one in units if one.level in senders and not any(other.parent == one.code for other in units)]
    returns = tuple(sent(owed.forms, one.code, {"X01.so.tong": 1.0, "X01.ca.tong": 2.0}) for one in asked)
    return Results(place, owed, returns, (), consolidate(figures_of(owed.forms, returns), owed.forms, owed), (), {}, {})


def sheets(path: Path, found: Results, most: int, cells: int = MOST_CELLS) -> dict[str, list[list[object]]]:
    book = new_book(path, created=found.owed.dates.issued_on, title="")
    write_figures(book, Styles(book), found, {}, most, cells)
    book.close()
    opened = CalamineWorkbook.from_path(path)
    return {
        name: [list(line) for line in opened.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        for name in opened.sheet_names
    }


def named(lines: list[list[object]]) -> list[object]:
    """The codes of the units on a sheet."""
    return [line[0] for line in lines[10:] if line[0] and not str(line[1]).startswith("Cộng")]


def test_units_that_fit_are_all_shown_and_nothing_is_said(tmp_path: Path, forms: Forms) -> None:
    found = sheets(tmp_path / "b.xlsx", results(forms, UNITS, ("upper", "grassroots")), MOST_ROWS)
    assert len(named(found["X01 (cơ sở)"])) == 18
    assert not any("hết chỗ" in str(value) or "không đủ cho" in str(value) for value in found["X01"][5])


def test_units_that_do_not_fit_are_replaced_by_the_unions_above_them(tmp_path: Path, forms: Forms) -> None:
    found = sheets(tmp_path / "b.xlsx", results(forms, UNITS, ("upper", "grassroots")), 22)
    lower = found["X01 (cơ sở)"]
    assert named(lower) == [f"B{i}{j}" for i in range(2) for j in range(3)]
    assert [line[4:6] for line in lower[10:] if str(line[0]).startswith("B")] == [[2.0, 4.0]] * 6
    assert "không đủ cho 12 đơn vị cấp dưới" in str(lower[5][0])
    assert "data/observations.csv" in str(lower[5][0])
    assert len(lower) <= 22


def test_a_workbook_with_too_many_cells_has_the_unions_above_the_units(tmp_path: Path, forms: Forms) -> None:
    # Eighteen units on the sheet below, two lines each.
    whole = sheets(tmp_path / "a.xlsx", results(forms, UNITS, ("upper", "grassroots")), MOST_ROWS, 36)
    assert len(named(whole["X01 (cơ sở)"])) == 18
    found = sheets(tmp_path / "b.xlsx", results(forms, UNITS, ("upper", "grassroots")), MOST_ROWS, 35)
    assert named(found["X01 (cơ sở)"]) == [f"B{i}{j}" for i in range(2) for j in range(3)]
    assert "không đủ cho 12 đơn vị cấp dưới" in str(found["X01 (cơ sở)"][5][0])
    assert [line[3] for line in found["X01"] if line[1] == "Dòng so"] == [12.0]


def test_where_only_the_province_and_its_children_fit_their_sheet_says_so(tmp_path: Path, forms: Forms) -> None:
    found = sheets(tmp_path / "b.xlsx", results(forms, UNITS, ("upper", "grassroots")), 12)
    assert list(found) == ["X01"]
    assert "không đủ cho 18 đơn vị cấp dưới" in str(found["X01"][5][0])
    assert [line[3] for line in found["X01"] if line[1] == "Dòng so"] == [12.0]


def test_where_not_even_the_children_fit_the_province_stands_alone(tmp_path: Path, forms: Forms) -> None:
    found = sheets(tmp_path / "b.xlsx", results(forms, WIDE, ("upper",)), 30)
    assert [line[3:6] for line in found["X01"] if line[1] == "Dòng ca"] == [[80.0, 100.0, "40/40"]]
    assert "không đủ cho 40 đơn vị" in str(found["X01"][5][0])
    assert not any(str(value).startswith("U0") for line in found["X01"] for value in line)


def test_units_are_never_more_columns_than_a_page_has(tmp_path: Path, forms: Forms) -> None:
    found = sheets(tmp_path / "b.xlsx", results(forms, WIDE, ("upper",)), MOST_ROWS)
    assert max(len(line) for line in found["X01"]) < 30
    assert len([line for line in found["X01"] if str(line[0]).startswith("U")]) == 40


def test_files_beyond_the_links_that_a_sheet_holds_are_named_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"))), units=WIDE)
    for one in WIDE[1:31]:
        package(at.inbox(YEAR) / f"{one.code}.xlsx", at, one.code, {"X01.ca.tong": 1.0})
    monkeypatch.setattr(write_sources, "_MOST_ROWS", 0)
    monkeypatch.setattr(write_sources, "MOST_LINKS", 20)
    monkeypatch.setattr(write_state, "MOST_LINKS", 30)
    run.consolidate(at, YEAR)
    book = load_workbook(at.output(YEAR) / f"tong-hop-{YEAR}.xlsx")
    for name, most in ((write_sources.SOURCES_SHEET, 20), (write_state.STATE_SHEET, 30)):
        cells = [cell for line in book[name].iter_rows() for cell in line if str(cell.value).startswith("U")]
        files = [cell for cell in cells if str(cell.value).endswith(".xlsx")]
        assert len(files) == 30
        assert {cell.row <= most for cell in files if cell.hyperlink} == {True}
        assert {cell.row > most for cell in files if not cell.hyperlink} == {True}


@pytest.mark.parametrize(
    ("lines", "shown", "left"), [(range(7), 7, 0), (range(8), 6, 2), (range(20), 6, 14), (range(0), 0, 0)]
)
def test_lines_that_do_not_fit_leave_a_row_to_say_so(lines: range, shown: int, left: int) -> None:
    assert fitting(lines, 3, 10) == (lines[:shown], left)


def test_what_is_left_out_is_said_with_the_file_that_has_it(tmp_path: Path) -> None:
    book = new_book(tmp_path / "b.xlsx", created=date(2020, 12, 5), title="")
    styles = Styles(book)
    say_left_out(book.add_worksheet("a"), styles, 9, 12_345, "data/findings.csv")
    say_left_out(book.add_worksheet("b"), styles, 9, 0, "data/findings.csv")
    book.close()
    opened = CalamineWorkbook.from_path(tmp_path / "b.xlsx")
    (line,) = [line for line in opened.get_sheet_by_name("a").to_python() if line[0]]
    assert "còn 12.345 dòng không ghi; đủ ở data/findings.csv" in str(line[0])
    assert opened.get_sheet_by_name("b").to_python() == []


def test_a_workbook_whose_sheets_are_very_long_says_the_same(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed: list[str] = []
    seal = QuickSheet.seal

    def noting(sheet: QuickSheet) -> None:
        sealed.append(sheet.name)
        seal(sheet)

    whole, parted = tmp_path / "whole.xlsx", tmp_path / "parted.xlsx"
    write_book.write_book(whole, demo.results, Links(demo.results, {}))
    monkeypatch.setattr(QuickSheet, "seal", noting)
    monkeypatch.setattr(quick_sheet, "MANY_ROWS", 20)
    monkeypatch.setattr(write_book, "MANY_ROWS", 20)
    write_book.write_book(parted, demo.results, Links(demo.results, {}))
    assert {"B01", "B02", "Chỉ tiêu", "Nguồn số liệu", "Tình hình nộp"} <= set(sealed)
    one, other = load_workbook(whole), load_workbook(parted)
    assert one.sheetnames == other.sheetnames
    for name in one.sheetnames:
        assert cells(one[name]) == cells(other[name])
        assert one[name].merged_cells.ranges == other[name].merged_cells.ranges


def test_the_workbooks_of_a_nation_say_the_same(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    links, names = Links(demo.results, {}), ("book", "checklist", "appendix")
    away: dict[str, int] = {}
    put_away = QuickSheet._put_away

    def noting(sheet: QuickSheet, spill: Spill, rows: Sequence[int]) -> None:
        away[sheet.name] = away.get(sheet.name, 0) + 1
        put_away(sheet, spill, rows)

    def write(folder: Path) -> None:
        write_book.write_book(folder / "book", demo.results, links)
        write_findings.write_findings(folder / "checklist", demo.results, links)
        write_appendix.write_appendix(folder / "appendix", demo.results)

    write(tmp_path)
    for module in (quick_sheet, write_book, write_findings, write_appendix):
        monkeypatch.setattr(module, "MANY_ROWS", 20)
    monkeypatch.setattr(quick_sheet, "_AT_A_TIME", 16)
    monkeypatch.setattr(quick_sheet, "_MOST_SHARED", 100)
    monkeypatch.setattr(QuickSheet, "_put_away", noting)
    write(tmp_path / "parts")
    once = {"Chỉ tiêu", "Phát hiện", "Tình hình nộp", "Nguồn số liệu", "Theo đơn vị", "LC-01"}
    assert once <= set(away)
    assert away["Nguồn số liệu"] > 10
    for name in names:
        with (tmp_path / name).open("rb") as whole, (tmp_path / "parts" / name).open("rb") as parts:
            one, other = load_workbook(whole), load_workbook(parts)
        assert one.sheetnames == other.sheetnames
        for sheet in one.sheetnames:
            assert cells(one[sheet]) == cells(other[sheet])
            assert one[sheet].merged_cells.ranges == other[sheet].merged_cells.ranges
            heights = ({row: line.height for row, line in of[sheet].row_dimensions.items()} for of in (one, other))
            assert next(heights) == next(heights)


def cells(sheet: Worksheet) -> dict[str, tuple[object, ...]]:
    """What each cell of a sheet says, how, and where it leads."""
    return {
        cell.coordinate: (
            cell.value,
            cell.number_format,
            cell.font.bold,
            cell.fill.fgColor.rgb,
            cell.border.left.style,
            cell.hyperlink and cell.hyperlink.location,
        )
        for line in sheet.iter_rows()
        for cell in line
        if hasattr(cell, "hyperlink")
    }
