"""The consolidated workbook for leadership: its first sheet, the comparison, the sources, units added up."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZipFile

import pytest
from conftest import Recalculate
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.demo import Demo
from pipeline.headlines import headline_figures
from pipeline.rows import rows_of
from pipeline.run import consolidate
from pipeline.state_of_returns import counts
from pipeline.write_book import write_book
from pipeline.write_comparison import COMPARISON_SHEET
from pipeline.write_front import FRONT_SHEET
from pipeline.write_links import Links
from pipeline.write_sources import SOURCES_SHEET, sources_of

VOLATILE = re.compile(r"\b(NOW|TODAY|OFFSET|INDIRECT|RAND|RANDBETWEEN|CELL|INFO)\(")


@pytest.fixture(scope="module")
def book_path(demo: Demo) -> Path:
    return demo.workspace.output(demo.results.owed.period) / "tong-hop-2020.xlsx"


def sheet_of(path: Path, name: str, *, values: bool = True) -> Worksheet:
    return load_workbook(path, data_only=values)[name]


def words(sheet: Worksheet) -> str:
    return " ".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None)


def test_it_opens_on_one_page_with_who_has_sent(demo: Demo, book_path: Path) -> None:
    book = load_workbook(book_path, data_only=True)
    sheet = book.worksheets[0]
    assert (sheet.title, book.active) == (FRONT_SHEET, sheet)
    setup = sheet.page_setup
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (setup.fitToWidth or 1, setup.fitToHeight or 1, setup.paperSize, setup.orientation) == (1, 1, 9, "portrait")
    state = counts(demo.results)
    tiles = [cell.value for cell in sheet[6] if cell.value is not None]
    assert tiles == [state.owed, state.received, state.on_time, state.late, state.missing, state.to_correct]


def test_every_headline_is_a_formula_with_its_value(demo: Demo, book_path: Path) -> None:
    shown, live = sheet_of(book_path, FRONT_SHEET), sheet_of(book_path, FRONT_SHEET, values=False)
    figures = {f"{one.label.vi} ({one.cell.unit})": one for one in headline_figures(demo.results)}
    seen = 0
    for row in range(1, shown.max_row + 1):
        figure = figures.get(str(shown.cell(row, 2).value))
        if figure is None:
            continue
        seen += 1
        assert shown.cell(row, 3).value == figure.value
        formula = live.cell(row, 3).value
        assert (formula is None) == (figure.value is None)
        assert formula is None or re.fullmatch(r"='[^']+'!\$?[A-Z]+\$?\d+", str(formula))
        if figure.change is not None:
            assert shown.cell(row, 5).value == figure.change.by
            assert str(live.cell(row, 5).value).startswith(f"='{COMPARISON_SHEET}'!")
    assert seen == len(figures)


def test_charts_show_live_cells(book_path: Path) -> None:
    with ZipFile(book_path) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/charts/chart")]
    assert len(charts) == 6
    assert all("<c:f>" in chart and "<c:v>" in chart for chart in charts)
    assert sum("Đoàn viên theo giới" in chart for chart in charts) == 1


def test_nothing_leads_out_and_nothing_changes_by_itself(book_path: Path) -> None:
    with ZipFile(book_path) as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name]
    for sheet in load_workbook(book_path):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert not VOLATILE.search(str(cell.value)), (sheet.title, cell.coordinate)
                    assert "[" not in str(cell.value)


def test_a_total_leads_to_its_own_sources(demo: Demo, book_path: Path) -> None:
    book = load_workbook(book_path, data_only=True)
    sources, sheet = book[SOURCES_SHEET], book["B01"]
    row = next(cell.row for cell in sheet["B"] if cell.value == "Tổng số đoàn viên công đoàn")
    target = re.fullmatch(rf"'{SOURCES_SHEET}'!A(\d+)", str(sheet.cell(row, 4).hyperlink.location))
    assert target is not None
    at, own = int(target[1]), []
    while sources.cell(at, 2).value == "sl_doan_vien":
        own.append([sources.cell(at, column).value for column in (5, 7, 11, 12, 13, 14)])
        at += 1
    uppers = {unit.code for unit in demo.results.owed.tree.children("LC")}
    assert sum(float(line[1]) for line in own if line[0] in uppers and line[1] is not None) == sheet.cell(row, 4).value
    for unit, _, file, there, cell, digest in own:
        submission = demo.results.by_unit[str(unit)]
        assert (file, digest) == (submission.file.rsplit("/", 1)[-1], submission.sha256)
        entry = next(entry for key, entry in submission.entries.items() if key.indicator == "sl_doan_vien")
        assert (there, cell) == (entry.sheet, entry.cell)


def test_the_sources_are_the_observations(demo: Demo) -> None:
    listed = sources_of(demo.results).listed
    notes = {key for key, cell in demo.results.owed.forms.cells.items() if cell.role == "note"}
    lists = {table.id for form in demo.results.owed.forms for table in form.lists}
    observed = {
        (str(row[1]), str(row[2]), str(row[4]), str(row[5]))
        for row in rows_of(demo.results, "observations")
        if row[3] not in lists and (row[2], row[4], row[5]) not in notes
    }
    assert {(one.unit, *one.cell.key) for one in listed} == observed
    assert len(listed) == len(observed) > 1000


def test_the_comparison_adds_up(demo: Demo, book_path: Path) -> None:
    sheet = sheet_of(book_path, COMPARISON_SHEET)
    figure = next(one for one in headline_figures(demo.results) if one.cell.key.indicator == "sl_doan_vien")
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    start = next(i for i, row in enumerate(rows) if row[0] == f"{figure.label.vi} ({figure.cell.unit})")
    total = next(i for i in range(start, len(rows)) if rows[i][1] == "Toàn tỉnh")
    assert rows[total][2:4] == [figure.before, figure.value]
    assert figure.change is not None
    assert rows[total + 1][2:5] == [figure.change.before, figure.change.now, figure.change.by]
    for row in rows[start + 1 : total]:
        assert (row[4] is None) == (row[2] is None or row[3] is None)


def test_unions_add_up_above_their_units_and_fold_away(demo: Demo, book_path: Path) -> None:
    sheet = sheet_of(book_path, "B01 (cơ sở)")
    assert sheet.sheet_properties.outlinePr is not None
    assert not sheet.sheet_properties.outlinePr.summaryBelow
    group = next(row for row in range(1, sheet.max_row) if sheet.cell(row, 1).value == "LC-22")
    units = []
    row = group + 1
    while sheet.row_dimensions[row].outlineLevel == 1:
        units.append(sheet.cell(row, 6).value)
        row += 1
    assert len(units) > 10
    assert sheet.cell(group, 6).value == sum(value or 0 for value in units)
    above = demo.results.owed.tree.unit("LC-22")
    assert {sheet.cell(at, 3).value for at in range(group + 1, row)} == {above.short_name}


def test_sectors_add_up_below_all_units(demo: Demo, tmp_path: Path, recalculate: Recalculate) -> None:
    results = consolidate(demo.workspace, "2024", write=False)
    write_book(tmp_path / "tong-hop.xlsx", results, Links(results, {}))
    sheet = sheet_of(tmp_path / "tong-hop.xlsx", "B01 (cơ sở)")
    again = sheet_of(recalculate([tmp_path / "tong-hop.xlsx"])[0], "B01 (cơ sở)")
    groups = [row for row in range(1, sheet.max_row + 1) if str(sheet.cell(row, 2).value).startswith("Khu vực: ")]
    assert len(groups) > 1
    for row in groups:
        sector = str(sheet.cell(row, 2).value).removeprefix("Khu vực: ")
        own = [sheet.cell(at, 5).value for at in range(1, row) if sheet.cell(at, 4).value == sector]
        known = [value for value in own if value is not None]
        assert sheet.cell(row, 5).value == (sum(known) if known else None) == again.cell(row, 5).value
