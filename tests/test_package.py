from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random

import openpyxl
import pytest
from conftest import Recalculate
from openpyxl.cell.cell import Cell as ExcelCell
from openpyxl.cell.cell import MergedCell
from openpyxl.workbook import Workbook
from python_calamine import CalamineWorkbook
from workbooks import formula_cells, values, verdicts, wrongly_cached

from pipeline import formulas_check
from pipeline.contents import content_of
from pipeline.layout import (
    CERTAIN_CODE,
    CHECK_SHEET,
    HEAD_CODE,
    INFO_CODES,
    INFO_SHEET,
    META_SHEET,
    TOTAL_CODE,
    TablePlan,
    a1,
    find_tables,
)
from pipeline.obligations import obligations
from pipeline.package import plans_of, write_package
from pipeline.package_made import made
from pipeline.package_values import Content
from pipeline.styles import NOT_ASKED
from pipeline.workspace import open_workspace
from schemas.edit import Ref
from schemas.form import Cell, Key
from schemas.period import Period

ROOT = Path(__file__).parents[1]
YEAR = Period.parse("2020")
BEFORE = {Key("B01", "sl_doan_vien", "tong"): 2880.0}

# The health sector's members of 2020, by sex, schooling and profession.
FIGURES = {
    ("sl_cnvcld", "tong"): 2928,
    ("sl_doan_vien", "tong"): 2918,
    ("sl_dv_nam", "tong"): 1131,
    ("sl_dv_nu", "tong"): 1787,
    ("sl_dtts", "tong"): 124,
    ("cl_hv_thpt", "tong"): 2742,
    ("cl_hv_thcs", "tong"): 168,
    ("cl_hv_tieuhoc", "tong"): 8,
    ("cl_cm_tren_dh", "tong"): 124,
    ("cl_cm_dh", "tong"): 1016,
    ("cl_cm_cd", "tong"): 221,
    ("cl_cm_tc", "tong"): 1368,
    ("cl_cm_sc_khac", "tong"): 189,
    ("sl_cdcs", "tong"): 20,
    ("sl_cdcs_hcsn", "tong"): 17,
    ("sl_cdcs_nnn", "tong"): 3,
    ("sl_dv_dau", "tong"): 2880,
    ("pt_ketnap", "tong"): 31,
    ("sl_dv_den", "tong"): 12,
    ("sl_dv_di", "tong"): 3,
    ("sl_dv_giam", "tong"): 1,
    ("pt_dvut", "ky_nay"): 61,
    ("ct_04a", "thuc_hien"): 17,
    ("ct_04b", "thuc_hien"): 3,
    ("ct_07", "thuc_hien"): 3,
    ("qh_gs217_cuoc", "ky_nay"): 0,
    ("ct_12", "thuc_hien"): 6,
    ("ct_16", "thuc_hien"): 101.5,
    ("ct_17", "thuc_hien"): 89.9,
    ("ct_19a", "thuc_hien"): 1,
    ("ct_19b", "thuc_hien"): 3,
    ("ct_19c", "thuc_hien"): 2,
}


def blank(unit: str = "LC-21") -> Content:
    workspace = open_workspace(ROOT)
    owed = obligations(workspace, YEAR)
    return content_of(workspace, owed, owed.tree.unit(unit), {unit: BEFORE}, {unit: BEFORE})


def cells_of(content: Content) -> list[Cell]:
    return [cell for form in content.forms for cell in form.cells()]


def asked(content: Content) -> list[Cell]:
    """The cells that the unit itself fills."""
    return [cell for cell in cells_of(content) if cell.is_observed and content.level in cell.levels]


def as_sent(content: Content) -> Content:
    figures = {c.key: FIGURES[c.key[1:]] for c in asked(content) if c.key[1:] in FIGURES and c.link is None}
    return replace(content, entries=figures)


def at_random(content: Content, chance: Random) -> Content:
    """Figures of which few agree, many cells left blank, words where a number goes, links typed over."""
    entries: dict[Key, float | str] = {}
    for cell in asked(content):
        if chance.random() < 0.7:
            decimal = cell.type in ("percent", "average") and chance.random() < 0.5
            entries[cell.key] = chance.randint(0, 9) + 0.25 * decimal
            if not cell.is_number or chance.random() < 0.1:
                entries[cell.key] = f"khoảng {entries[cell.key]}"
    return replace(content, entries=entries)


@pytest.fixture
def written(tmp_path: Path) -> Workbook:
    """The blank package of an upper union, as a reader of xlsx sees it."""
    write_package(tmp_path / "LC-21.xlsx", blank())
    return openpyxl.load_workbook(tmp_path / "LC-21.xlsx")


def test_what_a_package_shows_is_what_a_spreadsheet_program_works_out(tmp_path: Path, recalculate: Recalculate) -> None:
    content = blank()
    contents = {
        "blank": content,
        "sent": as_sent(content),
        "wrong": replace(content, entries={**as_sent(content).entries, Key("B01", "sl_dv_nu", "tong"): 1786}),
        "random": at_random(content, Random(7)),
        "grassroots": at_random(blank("CS0001"), Random(8)),
    }
    assert wrongly_cached(tmp_path, contents, recalculate) == {}


def cell_at(book: Workbook, content: Content, key: Key) -> ExcelCell:
    cell = book[key.form][plans_of(content.forms)[key.form].address(key)]
    assert isinstance(cell, ExcelCell)
    return cell


def test_the_check_sheet_shows_what_agrees_what_does_not_and_what_is_missing(tmp_path: Path) -> None:
    sent = as_sent(blank())
    write_package(tmp_path / "sent.xlsx", sent)
    assert verdicts(tmp_path / "sent.xlsx", "B01-E01") == [formulas_check.MATCHED]
    assert verdicts(tmp_path / "sent.xlsx", "B01-E02") == [formulas_check.MATCHED]
    assert verdicts(tmp_path / "sent.xlsx", "B01-E07") == [formulas_check.MISMATCHED]
    assert verdicts(tmp_path / "sent.xlsx", "B01-E08") == [formulas_check.MATCHED]
    write_package(tmp_path / "blank.xlsx", blank())
    assert verdicts(tmp_path / "blank.xlsx", "B01-E01") == [formulas_check.UNDECIDED]
    linked = made(blank()).linked
    required = [cell for cell in asked(blank()) if cell.role == "input" and cell.is_number and cell.required]
    missing = sum(cell.key not in linked for cell in required)
    assert 0 < missing < len(required)
    assert list(values(tmp_path / "blank.xlsx").values()).count("chưa điền") == missing


def test_percentages_totals_links_and_verdicts_are_cached(tmp_path: Path) -> None:
    content = as_sent(blank())
    write_package(tmp_path / "sent.xlsx", content)
    shown = values(tmp_path / "sent.xlsx")
    book = openpyxl.load_workbook(tmp_path / "sent.xlsx")

    def cached(form: str, indicator: str, measure: str) -> object:
        cell = cell_at(book, content, Key(form, indicator, measure))
        return shown.get((form, cell.row, cell.column), "")

    assert cached("B01", "cl_hv_thpt", "ty_le") == 93.97
    assert cached("B01", "cl_hv_chua", "ty_le") == ""
    assert cached("B03", "ct_02", "thuc_hien") == 31
    assert cached("B03", "ct_02", "danh_gia") == "Không giao"
    assert cached("B03", "ct_04", "thuc_hien") == 20
    assert cached("B03", "ct_03", "danh_gia") == "Vượt"
    assert cached("B03", "ct_03", "ty_le") == 244
    assert cached("B03", "ct_12", "danh_gia") == "Không đạt"
    assert cached("B03", "ct_16", "danh_gia") == "Đạt"
    assert cached("B03", "ct_17", "danh_gia") == "Không đạt"
    assert cached("B03", "ct_05", "danh_gia") == ""


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for make in (blank, lambda: as_sent(blank()), lambda: blank("CS0001")):
        write_package(tmp_path / "one.xlsx", make())
        write_package(tmp_path / "two.xlsx", make())
        assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_other_content_gives_other_bytes(tmp_path: Path) -> None:
    write_package(tmp_path / "one.xlsx", blank())
    write_package(tmp_path / "two.xlsx", as_sent(blank()))
    assert (tmp_path / "one.xlsx").read_bytes() != (tmp_path / "two.xlsx").read_bytes()


@pytest.mark.parametrize("unit", ["LC-21", "CS0001"])
def test_input_cells_are_the_only_unlocked_ones(tmp_path: Path, unit: str) -> None:
    content = blank(unit)
    write_package(tmp_path / "package.xlsx", content)
    book = openpyxl.load_workbook(tmp_path / "package.xlsx")
    assert all(sheet.protection.sheet for sheet in book.worksheets)
    unlocked = {
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if not isinstance(cell, MergedCell) and not cell.protection.locked
    }
    plans = plans_of(content.forms, content.row_ids)
    inputs = {
        (cell.key.form, plans[cell.key.form].address(cell.key)) for cell in asked(content) if cell.derived is None
    }
    for form, planned in plans.items():
        for one in planned.lists:
            inputs |= {(form, a1(row, column)) for row, _ in one.lines for column in one.columns.values()}
    info = {(INFO_SHEET, f"C{cell.row}") for cell in book[INFO_SHEET]["A"] if cell.value in INFO_CODES}
    assert len(info) == len(INFO_CODES)
    assert unlocked == inputs | info


@pytest.mark.parametrize("unit", ["LC-21", "CS0001"])
def test_a_cell_that_does_not_apply_is_grey_locked_and_empty(tmp_path: Path, unit: str) -> None:
    content = blank(unit)
    write_package(tmp_path / "package.xlsx", content)
    book = openpyxl.load_workbook(tmp_path / "package.xlsx")
    cells = {cell.key: cell for cell in cells_of(content)}
    seen = 0
    for form in content.forms:
        for table in plans_of(content.forms)[form.id].tables:
            for row, indicator in table.rows:
                for measure, column in table.columns.items():
                    found = cells.get(Key(form.id, getattr(indicator, "code", ""), measure))
                    if not hasattr(indicator, "code") or (found and content.level in found.levels):
                        continue
                    seen += 1
                    shown = book[form.id].cell(row + 1, column + 1)
                    assert shown.value is None
                    assert shown.protection.locked
                    assert shown.fill.fgColor.rgb == "FF" + NOT_ASKED.removeprefix("#")
    assert seen > 10


def test_meta_is_hidden_and_all_text(tmp_path: Path, written: Workbook) -> None:
    sheet = written[META_SHEET]
    assert sheet.sheet_state == "hidden"
    rows = list(sheet.iter_rows())
    assert all(len(row) == 2 and all(cell.data_type == "s" for cell in row) for row in rows)
    meta = {row[0].value: row[1].value for row in rows}
    assert meta | {"unit": "LC-21", "period": "2020", "issued_on": "2020-11-06"} == meta
    assert meta["package"] == "+".join(form.id for form in blank().forms)
    assert {"package_version", "cells"} <= meta.keys()
    assert all(
        isinstance(value, str) for (name, _, _), value in values(tmp_path / "LC-21.xlsx").items() if name == META_SHEET
    )


def test_a_table_stands_between_its_hidden_codes(written: Workbook) -> None:
    content = blank()
    for form in content.forms:
        sheet = written[form.id]
        assert sheet.column_dimensions["A"].hidden
        column = [sheet.cell(row, 1).value for row in range(1, sheet.max_row + 1)]
        marks = [(row, str(code)) for row, code in enumerate(column, start=1) if str(code or "").startswith("#")]
        assert [code for _, code in marks] == [mark for table in form.tables for mark in (f"#{table.id}", "#end")]
        assert all(sheet.row_dimensions[row].hidden for row, _ in marks)
        inside: set[int] = set()
        for (head, _), (end, _), table in zip(marks[::2], marks[1::2], form.tables, strict=True):
            codes = [cell.value for cell in sheet[head][1:] if cell.value is not None]
            assert sorted(codes) == sorted(measure.code for measure in table.measures)
            of_list = [HEAD_CODE, TOTAL_CODE, CERTAIN_CODE] if table.kind == "list" else []
            codes_below = of_list or [row.code for row in table.indicators]
            assert [code for code in column[head : end - 1] if code] == codes_below
            inside.update(range(head, end + 1))
        assert not [code for row, code in enumerate(column, start=1) if code and row not in inside]


def test_the_reader_finds_every_table_where_the_writer_put_it(tmp_path: Path) -> None:
    content = blank()
    write_package(tmp_path / "LC-21.xlsx", content)
    book = CalamineWorkbook.from_path(tmp_path / "LC-21.xlsx")
    for form in content.forms:
        rows = book.get_sheet_by_name(form.id).to_python(skip_empty_area=False)
        planned = plans_of(content.forms, content.row_ids)[form.id]
        for found, table in zip(find_tables(rows), planned.parts, strict=True):
            assert found.ended
            assert found.id == table.table.id
            assert dict(found.columns) == dict(table.columns)
            assert (found.code_row, found.end_row) == (table.code_row, table.end_row)
            if not isinstance(table, TablePlan):
                continue
            places = {(code, measure): (row, j) for code, row in found.rows for measure, j in found.columns}
            assert {key: place for key, place in planned.places.items() if key in table.table.cells} == {
                key: places[key[1:]] for key in table.table.cells
            }


def test_a_matrix_checks_numbers_only(written: Workbook) -> None:
    forms = [form for form in blank().forms if not form.lists]
    kinds = {rule.type for form in forms for rule in written[form.id].data_validations.dataValidation}
    assert kinds == {"whole", "decimal"}


def test_a_blank_package_shows_no_zero(tmp_path: Path) -> None:
    content = blank()
    write_package(tmp_path / "LC-21.xlsx", content)
    shown = values(tmp_path / "LC-21.xlsx")
    forms = {form.id for form in content.forms}
    places = formula_cells(tmp_path / "LC-21.xlsx")
    assert {name for name, _, _ in places} >= forms
    assert not [at for at in places if at[0] in forms and at in shown]
    assert not [at for at in places if at[0] == CHECK_SHEET and at[1] > 5 and at[2] == 5 and at in shown]


def test_formulas_name_the_cells_of_forms_by_their_codes_alone(tmp_path: Path) -> None:
    write_package(tmp_path / "LC-21.xlsx", blank())
    by_code = r"INDEX\('\w+'!\$([A-Z]+):\$\1,MATCH\(\"\w+\",'\w+'!\$A:\$A,0\)(?:[+-]1)?\)"
    in_line = r"INDEX\(\$([A-Z]+):\$\2,(?:ROW\(\)|MATCH\(INDEX\(\$([A-Z]+):\$\3,ROW\(\)\),\$\3:\$\3,0\))\)"
    for (name, _, _), formula in formula_cells(tmp_path / "LC-21.xlsx").items():
        rest = re.sub(r'"[^"]*"', "", re.sub(f"{by_code}|{in_line}", "", formula))
        assert "!" not in rest
        assert name == CHECK_SHEET or not re.search(r"[A-Z]\$?\d", rest)


def test_numbers_known_at_issue_stand_in_the_checks_themselves(tmp_path: Path) -> None:
    content = blank()
    assert content.constants[Ref("prev", "B01", "sl_doan_vien", "tong")] == 2880
    write_package(tmp_path / "with.xlsx", content)
    write_package(tmp_path / "without.xlsx", replace(content, constants={}))
    assert verdicts(tmp_path / "with.xlsx", "B01-E08") == [formulas_check.UNDECIDED]
    assert verdicts(tmp_path / "without.xlsx", "B01-E08") == []
