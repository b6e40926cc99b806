from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import openpyxl
import pytest
from builders import blank, edit, form, key, load, row, workspace
from conftest import Recalculate
from openpyxl.worksheet.datavalidation import DataValidation
from workbooks import values, verdicts, wrongly_cached

from pipeline.formulas_check import MATCHED, MISMATCHED, UNDECIDED
from pipeline.layout import META_SHEET, OPTIONS_SHEET, a1, plan
from pipeline.package import plans_of, write_package
from pipeline.package_lines import ListRow, Value
from pipeline.package_made import made
from pipeline.package_values import Content
from pipeline.read import read_files
from schemas.form import Forms

LONG = [f"Xếp loại thứ {i}: hoàn thành nhiệm vụ ở mức mà không ai nhớ nổi tên gọi" for i in range(12)]
COLUMNS = f"""
kind = "list"
room = 3
unit_note = {{ vi = "Mỗi dòng một đơn vị", en = "A unit a row" }}
measures = [
  {{ code = "ma", label = "Mã", en = "Code", type = "key", prefill = "code" }},
  {{ code = "ten", label = "Tên", en = "Name", type = "text", prefill = "name" }},
  {{ code = "loai", label = "Loại hình", en = "Sector", type = "choice", prefill = "sector", options = [
    {{ label = "Hành chính, sự nghiệp 100% ngân sách", en = "Public" }},
    {{ label = "Doanh nghiệp ngoài nhà nước", en = "Private" }},
  ] }},
  {{ code = "ngay_tl", label = "Ngày lập", en = "Founded", type = "date", required = false }},
  {{ code = "ngay_gt", label = "Ngày giải thể", en = "Closed", type = "date", required = false, closes = true }},
  {{ code = "so_ld", label = "Lao động", en = "Employees", type = "count" }},
  {{ code = "so_dv", label = "Đoàn viên", en = "Members", type = "count" }},
  {{ code = "xep_loai", label = "Xếp loại", en = "Rating", type = "choice", required = false, options = [
    {", ".join(f'{{ label = "{words}", en = "{i}" }}' for i, words in enumerate(LONG))}
  ] }},
  {{ code = "da_pm", label = "Phần mềm", en = "Software", type = "flag", required = false }},
]
"""
LIST_EDITS = (
    edit("unique(ma)", id='"L-1"'),
    edit("ma in register(children)", id='"L-2"'),
    edit("so_dv <= so_ld", id='"L-3"', label='"Đoàn viên không vượt lao động"'),
    edit("when(ngay_gt >= 1, blank(so_dv))", id='"L-4"', label='"Đã giải thể thì thôi"'),
    edit("ngay_tl <= ngay_gt", id='"L-5"', label='"Lập trước khi giải thể"'),
    edit("so_dv >= 5", id='"L-6"', severity='"soft"'),
    edit("sum(L01.so_dv) == X01.ca[tong]", id='"L-7"', label='"Cộng bằng biểu"'),
    edit("count(L01.ma) <= X01.hai[tong]", id='"L-8"'),
    edit("sum(L01.so_ld) >= sum(L01.so_dv)", id='"L-9"'),
)
MATRIX = form(
    row("ca"),
    row("hai"),
    row("phan_mem", link='{ tong = "count(L01.da_pm)" }'),
    row("ghep", link='{ tong = "sum(L01.so_ld) - ca[tong]" }'),
    edits=(edit("phan_mem[tong] == count(L01.da_pm)", id='"X-1"'),),
)
HEALTHY: Mapping[str, Value] = {"so_ld": 20.0, "so_dv": 12.0, "da_pm": "Có"}


def the_list(*edits: str) -> str:
    head = form(id="L01", senders='"upper"', measures="", edits=edits)
    return head.replace("rows = []\n", COLUMNS)


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    return load(tmp_path / "forms", MATRIX, the_list(*LIST_EDITS))


def upper(forms: Forms, *rows: ListRow, figures: Mapping[str, float] | None = None) -> Content:
    """The package of a union that has two below it, with these rows in its list."""
    _, content = blank(workspace(Path(), forms), "U1")
    entries = {key(written): figure for written, figure in (figures or {}).items()}
    return replace(content, lists={"L01": rows} if rows else content.lists, entries=entries)


def line(name: str, /, **cells: Value) -> ListRow:
    return ListRow(name, {"ma": name, "ten": f"Đơn vị {name}", "loai": "Doanh nghiệp ngoài nhà nước", **cells})


def says(content: Content) -> list[str]:
    return [shown.says for shown in made(content).lists["L01"].lines]


def at_random(chance: Random) -> ListRow:
    """A row in which little is as it should be."""
    cells: dict[str, Value] = {
        "ma": chance.choice(["G11", "g11", " G12 ", "7", "07", 7.0, ""]),
        "ten": chance.choice(["", "Đơn vị"]),
        "ngay_tl": chance.choice(["", date(2019, 5, 1), "tháng 5"]),
        "ngay_gt": chance.choice(["", "", "", date(2019, 1, 31), "đã giải thể"]),
        "so_ld": chance.choice(["", 5.0, 20.0, "khoảng 20"]),
        "so_dv": chance.choice(["", 4.0, 20.0, 21.0]),
        "xep_loai": chance.choice(["", LONG[0]]),
        "da_pm": chance.choice(["", "Có", "có", "Không", "x"]),
    }
    return ListRow(f"#{chance.random()}", {code: value for code, value in cells.items() if value != ""})


def test_what_a_list_shows_is_what_a_spreadsheet_program_works_out(
    forms: Forms, tmp_path: Path, recalculate: Recalculate
) -> None:
    chance = Random(4)
    figures = {"X01.ca.tong": 12.0, "X01.hai.tong": 1.0}
    contents = {
        "untouched": upper(forms),
        "without_rows": replace(upper(forms), lists={}),
        "one": upper(forms, line("G11", **HEALTHY), figures=figures),
        "closed": upper(forms, line("G11", ngay_gt=date(2020, 1, 1), so_ld=5.0), figures=figures),
        "twice": upper(forms, line("G11", **HEALTHY), line("G12"), line("G11", **HEALTHY), line("g11", so_dv=1.0)),
        "lacking": upper(forms, line("G11", **HEALTHY), line("G12", so_dv=3.0), figures=figures),
        **{f"random_{i}": upper(forms, *(at_random(chance) for _ in range(12)), figures=figures) for i in range(6)},
    }
    assert wrongly_cached(tmp_path, contents, recalculate) == {}


def test_a_line_says_the_first_thing_that_is_wrong_with_it(forms: Forms) -> None:
    rows = (
        line("G1", **HEALTHY),
        line("G2"),
        line("", **HEALTHY),
        line("G1", **HEALTHY),
        line("G3", so_ld=5.0, so_dv=6.0),
        line("G4", so_ld=5.0),
        line("G5", **HEALTHY, ngay_gt=date(2020, 1, 1)),
        line("G6", ngay_tl=date(2020, 2, 1), ngay_gt=date(2020, 1, 1)),
        line("G7", ngay_gt=date(2020, 1, 1)),
        line("G8", **HEALTHY, ten=""),
    )
    assert says(upper(forms, *rows)) == [
        "Đạt",
        "",
        "Thiếu mã",
        "Trùng mã với TT 1",
        "Đoàn viên không vượt lao động",
        "Thiếu Đoàn viên",
        "Đã giải thể thì thôi",
        "Lập trước khi giải thể",
        "Đạt",
        "Thiếu Tên",
    ]


def test_a_line_that_holds_only_what_the_register_filled_in_is_not_filled(forms: Forms) -> None:
    content = upper(forms)
    assert [row.id for row in content.lists["L01"]] == ["G11", "G12"]
    assert content.lists["L01"][0].values == {
        "ma": "G11",
        "ten": "Đơn vị G11",
        "loai": "Hành chính, sự nghiệp 100% ngân sách",
    }
    assert says(content) == ["", ""]
    assert made(content).lists["L01"].totals == {}


def test_totals_leave_out_what_is_closed_or_does_not_count(forms: Forms) -> None:
    rows = (line("G1", **HEALTHY), line("G2", so_ld=7.0, ngay_gt=date(2020, 1, 1)), line("G1", so_ld=100.0))
    shown = made(upper(forms, *rows)).lists["L01"]
    assert shown.totals == {key("L01..ma"): 1, key("L01..so_ld"): 20, key("L01..so_dv"): 12, key("L01..da_pm"): 1}
    assert shown.certain == {}
    assert made(upper(forms, *rows[:2])).lists["L01"].certain == shown.totals


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ((), UNDECIDED),
        ((line("G1", **HEALTHY),), MATCHED),
        ((line("G1", **HEALTHY), line("G2", so_ld=9.0, so_dv=1.0)), MISMATCHED),
        ((line("G1", **HEALTHY), line("G2", so_ld=9.0)), UNDECIDED),
        ((line("G1", **HEALTHY), line("G2", so_ld=9.0, ngay_gt=date(2020, 1, 1))), MATCHED),
        ((line("G1", **HEALTHY), line("", **HEALTHY)), UNDECIDED),
    ],
)
def test_a_total_is_held_against_the_form_once_no_line_can_change_it(
    forms: Forms, tmp_path: Path, rows: Sequence[ListRow], verdict: str
) -> None:
    write_package(tmp_path / "p.xlsx", upper(forms, *rows, figures={"X01.ca.tong": 12.0}))
    assert verdicts(tmp_path / "p.xlsx", "L-7") == [verdict]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [((), UNDECIDED), ((line("G1", **HEALTHY),), MATCHED), ((line("G1", **HEALTHY), line("", **HEALTHY)), MISMATCHED)],
)
def test_the_check_sheet_counts_the_lines_that_are_not_fine(
    forms: Forms, tmp_path: Path, rows: Sequence[ListRow], verdict: str
) -> None:
    write_package(tmp_path / "p.xlsx", upper(forms, *rows))
    assert verdicts(tmp_path / "p.xlsx", "L01") == [verdict]


def test_a_cell_linked_to_a_list_shows_what_its_lines_make(forms: Forms) -> None:
    figures = {"X01.ca.tong": 5.0}
    rows = (line("G1", **HEALTHY), line("G2", so_ld=4.0, da_pm="Có"), line("G3", da_pm="Không"))
    shown = made(upper(forms, *rows, figures=figures)).values
    assert (shown[key("X01.phan_mem.tong")], shown[key("X01.ghep.tong")]) == (2, 19)
    assert key("X01.phan_mem.tong") not in made(upper(forms, figures=figures)).values


def test_drop_downs_take_their_choices_from_a_hidden_sheet(forms: Forms, tmp_path: Path) -> None:
    content = upper(forms)
    write_package(tmp_path / "p.xlsx", content)
    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    assert book.sheetnames[-2:] == [OPTIONS_SHEET, META_SHEET]
    assert book[OPTIONS_SHEET].sheet_state == "hidden"
    rules = {str(rule.sqref): rule for rule in book["L01"].data_validations.dataValidation}
    one = plans_of(content.forms, content.row_ids)["L01"].lists[0]
    first, last = one.lines[0][0], one.lines[-1][0]

    def of(measure: str) -> DataValidation:
        column = one.columns[measure]
        return rules[f"{a1(first, column)}:{a1(last, column)}"]

    choices = {}
    for measure in ("loai", "xep_loai", "da_pm"):
        rule = of(measure)
        assert rule.type == "list"
        [(sheet, where)] = book.defined_names[rule.formula1].destinations
        choices[measure] = [cell.value for [cell] in book[sheet][where.replace("$", "")]]
    assert choices == {
        "loai": ["Hành chính, sự nghiệp 100% ngân sách", "Doanh nghiệp ngoài nhà nước"],
        "xep_loai": LONG,
        "da_pm": ["Có", "Không"],
    }
    assert sum(map(len, LONG)) > 255
    assert [of(measure).type for measure in ("ngay_tl", "so_dv")] == ["date", "whole"]
    assert (of("ngay_tl").operator, of("ngay_tl").formula1) == ("greaterThanOrEqual", "1")
    assert not book[OPTIONS_SHEET]["A1"].value


def test_a_list_without_choices_needs_no_such_sheet(tmp_path: Path) -> None:
    plain = the_list(edit("unique(ma)")).split("measures = [")[0]
    columns = 'measures = [ { code = "ma", label = "Mã", en = "Code", type = "key" } ]\n'
    forms = load(tmp_path / "forms", f"{plain}{columns}edits = [{edit('unique(ma)')}]")
    write_package(tmp_path / "p.xlsx", upper(forms))
    assert OPTIONS_SHEET not in openpyxl.load_workbook(tmp_path / "p.xlsx").sheetnames


def test_a_list_is_read_back_as_it_was_written(forms: Forms, tmp_path: Path) -> None:
    rows = (
        line("G12", so_ld=20.0, so_dv=12.0, ngay_tl=date(2019, 3, 5), xep_loai=LONG[3], da_pm="Không"),
        line("G11"),
        line("G11", so_ld=3.0, so_dv=3.0, ngay_gt=date(2020, 6, 30)),
    )
    write_package(tmp_path / "U1.xlsx", upper(forms, *rows, figures={"X01.ca.tong": 12.0}))
    [read] = read_files([tmp_path / "U1.xlsx"], tmp_path, forms)
    assert read.findings == ()
    items = read.items["L01"]
    assert [(item.id, item.closed) for item in items] == [("G12", False), ("G11", True)]
    assert {code: entry.raw for code, entry in items[0].entries.items()} == rows[0].values
    planned = plans_of(tuple(forms), {"L01": ["G12", "", "G11"]})["L01"]
    assert read.place(key("L01.G11.so_dv")) == ("L01", planned.address(key("L01.G11.so_dv")))


def test_a_list_that_was_left_as_it_was_says_nothing(forms: Forms, tmp_path: Path) -> None:
    write_package(tmp_path / "U1.xlsx", upper(forms))
    [read] = read_files([tmp_path / "U1.xlsx"], tmp_path, forms)
    assert not read.items.get("L01")
    assert read.findings == ()


def test_a_line_finds_its_cells_by_the_number_of_its_row(forms: Forms, tmp_path: Path) -> None:
    content = upper(forms)
    write_package(tmp_path / "p.xlsx", content)
    sheet = openpyxl.load_workbook(tmp_path / "p.xlsx")["L01"]
    one = plans_of(content.forms, content.row_ids)["L01"].lists[0]
    for column in (one.check_column, one.key_column, one.counted_column):
        formulas = {sheet.cell(row + 1, column + 1).value for row, _ in one.lines}
        assert len(formulas) == 1
    hidden = [(group.min, group.max) for group in sheet.column_dimensions.values() if group.hidden]
    assert (one.key_column + 1, one.counted_column + 1) in hidden


def test_lines_are_planned_for_the_rows_and_for_as_many_more_as_there_is_room(forms: Forms) -> None:
    one = plan(forms.by_id["L01"], {"L01": ["a", "b"]}).lists[0]
    assert [name for _, name in one.lines] == ["a", "b", "", "", ""]
    assert plan(forms.by_id["L01"]).lists[0].table.room == 3


def test_a_line_with_a_figure_stands_out_in_what_is_cached(forms: Forms, tmp_path: Path) -> None:
    write_package(tmp_path / "p.xlsx", upper(forms, line("G11", so_ld=1.0, so_dv=2.0)))
    assert "Đoàn viên không vượt lao động" in values(tmp_path / "p.xlsx").values()
