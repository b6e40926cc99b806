"""Forms of several tables, rows that say themselves what is wrong, links and live rules of every kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import openpyxl
import pytest
from builders import MEASURES, blank, edit, form, key, load, row, workspace
from conftest import Recalculate
from openpyxl.cell.cell import MergedCell
from openpyxl.workbook import Workbook
from workbooks import values, verdicts, wrongly_cached

from pipeline.formulas_check import MATCHED, MISMATCHED, UNDECIDED
from pipeline.layout import CHECK_SHEET, SheetPlan, a1, find_tables, plan
from pipeline.package import write_package
from pipeline.package_made import made
from pipeline.package_values import Content
from pipeline.read import read_files
from pipeline.styles import NOT_ASKED
from schemas.edit import Ref
from schemas.form import Forms

BEFORE = {Ref("prev", "X01", name, "luy_ke"): 10.0 for name in ("mot", "hai")}
RUNNING = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "Now", type = "count" },
  { code = "luy_ke", label = "Lũy kế", en = "Running", type = "count", link = "prev(luy_ke) + ky_nay" },
  { code = "cap_minh", label = "Cấp mình", en = "Own", type = "count", levels = ["upper"], own_of = "ky_nay" },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
"""
GIFTS = """
measures = [
  { code = "suat", label = "Suất", en = "Gifts", type = "count" },
  { code = "tien", label = "Tiền", en = "Money", type = "money" },
  { code = "nguon_a", label = "Nguồn A", en = "Source A", type = "money", required = false },
  { code = "nguon_b", label = "Nguồn B", en = "Source B", type = "money", required = false },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
"""
ROWS = ("mot", "hai", "ba")
GIVEN = ("tet", "thang", "khac")


def table(name: str, title: str, measures: str, rows: tuple[str, ...], *edits: str) -> str:
    return f"""
[[table]]
id = "{name}"
title = {{ vi = "{title}", en = "A table" }}
unit_note = {{ vi = "Đơn vị của bảng {name}", en = "Unit" }}
{measures}
rows = [{", ".join(row(code) for code in rows)}]
edits = [{", ".join(edits)}]
"""


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    head = form(measures=RUNNING).partition("[[table]]")[0]
    first = table(
        "hoat_dong",
        "I. Hoạt động",
        RUNNING,
        ROWS,
        edit("luy_ke == prev(luy_ke) + ky_nay", id='"H-1"', label='"Lũy kế = trước + nay"'),
        edit("each(cap_minh, ky_nay) <= luy_ke", id='"H-2"', label='"Không vượt lũy kế"'),
        edit("when(mot[ky_nay] == 0, blank(hai[ky_nay]))", id='"H-3"'),
        edit("mot[ky_nay] + hai[ky_nay] <= ba[ky_nay]", id='"H-4"'),
    )
    second = table(
        "cham_lo",
        "II. Chăm lo",
        GIFTS,
        GIVEN,
        edit("nguon_a + nguon_b == tien", id='"C-1"', label='"Nguồn = tiền"'),
        edit("iff(suat > 0, tien > 0)", id='"C-2"', label='"Có suất thì có tiền"'),
        edit("iff(tet[suat] > 0, thang[suat] > 0)", id='"C-3"'),
        edit("tien / suat <= 100", id='"C-4"', severity='"soft"'),
        edit("0.5 <= tet[tien] / thang[tien] <= 2", id='"C-5"', severity='"soft"'),
    )
    return load(tmp_path / "forms", head + first + second)


def content(forms: Forms, unit: str = "U1", **figures: float | str) -> Content:
    """The package of a unit with figures by row and measure, ``mot__ky_nay``."""
    _, one = blank(workspace(Path(), forms), unit)
    entries = {key(f"X01.{name.replace('__', '.')}"): figure for name, figure in figures.items()}
    return replace(one, entries=entries, constants={**one.constants, **BEFORE})


def written(path: Path, one: Content) -> Workbook:
    write_package(path, one)
    return openpyxl.load_workbook(path)


def places(forms: Forms) -> SheetPlan:
    return plan(forms.by_id["X01"])


def test_what_several_tables_show_is_what_a_spreadsheet_program_works_out(
    forms: Forms, tmp_path: Path, recalculate: Recalculate
) -> None:
    chance = Random(6)
    cells = [cell.key for cell in forms.by_id["X01"].cells() if cell.key.measure != "ghi_chu"]

    def at_random() -> dict[str, float | str]:
        filled = [one for one in cells if chance.random() < 0.7]
        return {f"{one.indicator}__{one.measure}": chance.choice((0.0, 1.0, 2.0, 12.0, "vài")) for one in filled}

    contents = {"blank": content(forms), "grassroots": content(forms, "G11", mot__ky_nay=2.0)}
    contents |= {f"random_{i}": content(forms, **at_random()) for i in range(6)}
    assert wrongly_cached(tmp_path, contents, recalculate) == {}


def test_each_of_several_tables_has_its_title_and_its_unit(forms: Forms, tmp_path: Path) -> None:
    sheet = written(tmp_path / "p.xlsx", content(forms))["X01"]
    for part, title in zip(places(forms).parts, ("I. Hoạt động", "II. Chăm lo"), strict=True):
        assert part.title_row is not None
        assert part.code_row == part.title_row + 1
        shown = [cell.value for cell in sheet[part.title_row + 1] if cell.value]
        assert shown == [title, f"Đơn vị của bảng {part.table.id}"]
    assert not [cell.value for cell in sheet[5] if cell.value]
    assert sheet.freeze_panes == "D1"


def test_a_form_of_one_table_has_no_title_row(tmp_path: Path) -> None:
    forms = load(tmp_path / "forms", form(row("ca")))
    [only] = places(forms).parts
    assert (only.title_row, only.code_row) == (None, 6)
    sheet = written(tmp_path / "p.xlsx", replace(content(forms), constants={}))["X01"]
    assert sheet.freeze_panes == "D9"


def test_all_tables_of_a_sheet_end_with_the_same_column(forms: Forms, tmp_path: Path) -> None:
    narrow, wide = places(forms).tables
    assert (narrow.columns["ghi_chu"], wide.columns["ghi_chu"]) == (8, 9)
    assert narrow.last_column == wide.last_column == 9
    sheet = written(tmp_path / "p.xlsx", content(forms))["X01"]
    notes = {a1(line, 8): a1(line, 9) for line, _ in narrow.rows}
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {f"{first}:{last}" for first, last in notes.items()} <= merged
    assert all(isinstance(sheet[last], MergedCell) for last in notes.values())


def test_a_note_that_reaches_over_columns_comes_back(forms: Forms, tmp_path: Path) -> None:
    write_package(tmp_path / "U1.xlsx", content(forms, mot__ghi_chu="chưa có số liệu", mot__ky_nay=3.0))
    [read] = read_files([tmp_path / "U1.xlsx"], tmp_path, forms)
    assert read.findings == ()
    assert read.entries[key("X01.mot.ghi_chu")].text == "chưa có số liệu"
    assert read.entries[key("X01.mot.luy_ke")].value == 13


def test_a_column_that_the_level_does_not_fill_is_hidden_where_no_table_needs_it(tmp_path: Path) -> None:
    forms = load(tmp_path / "forms", form(row("mot"), row("hai"), measures=RUNNING))
    column = places(forms).tables[0].columns["cap_minh"]
    sheets = {unit: written(tmp_path / f"{unit}.xlsx", content(forms, unit))["X01"] for unit in ("U1", "G11")}
    hidden = {unit: sheet.column_dimensions["G"].hidden for unit, sheet in sheets.items()}
    assert (column, hidden) == (6, {"U1": False, "G11": True})


def test_a_column_that_another_table_needs_stays_grey_and_locked(forms: Forms, tmp_path: Path) -> None:
    sheet = written(tmp_path / "p.xlsx", content(forms, "G11"))["X01"]
    cell = sheet[places(forms).address(key("X01.mot.cap_minh"))]
    assert not sheet.column_dimensions["G"].hidden
    assert cell.protection.locked
    assert cell.fill.fgColor.rgb == "FF" + NOT_ASKED.removeprefix("#")


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({}, ""),
        ({"mot__ky_nay": 2.0}, ""),
        ({"mot__ky_nay": 2.0, "mot__luy_ke": 11.0}, "Lũy kế = trước + nay"),
        ({"mot__luy_ke": 5.0}, "Lũy kế = trước + nay"),
        ({"mot__ky_nay": 2.0, "mot__cap_minh": 13.0}, "Không vượt lũy kế"),
        ({"mot__ky_nay": "hai"}, ""),
    ],
)
def test_a_relation_of_each_row_stands_beside_the_row(
    forms: Forms, tmp_path: Path, figures: Mapping[str, float | str], says: str
) -> None:
    one = content(forms, **figures)
    assert made(one).live.says(("X01", "mot")) == says
    write_package(tmp_path / "p.xlsx", one)
    assert verdicts(tmp_path / "p.xlsx", "H-1") == []
    table = places(forms).tables[0]
    place = ("X01", table.rows[0][0] + 1, table.check_column + 1)
    assert values(tmp_path / "p.xlsx").get(place, "") == says


def test_the_check_sheet_counts_the_rows_of_each_table_that_fail(forms: Forms, tmp_path: Path) -> None:
    failing = {"tet__suat": 1.0, "tet__tien": 0.0, "thang__suat": 0.0, "thang__tien": 7.0}
    write_package(tmp_path / "p.xlsx", content(forms, mot__ky_nay=2.0, **failing))
    assert verdicts(tmp_path / "p.xlsx", "X01")[:2] == [MATCHED, MISMATCHED]
    assert 2 in [value for place, value in values(tmp_path / "p.xlsx").items() if place[0::2] == (CHECK_SHEET, 5)]
    write_package(tmp_path / "blank.xlsx", content(forms))
    assert verdicts(tmp_path / "blank.xlsx", "X01")[:2] == [UNDECIDED, UNDECIDED]


@pytest.mark.parametrize(
    ("figures", "iff", "when"),
    [
        ({}, UNDECIDED, UNDECIDED),
        ({"tet__suat": 1.0, "thang__suat": 2.0, "mot__ky_nay": 0.0}, MATCHED, MATCHED),
        ({"tet__suat": 0.0, "thang__suat": 0.0, "mot__ky_nay": 5.0}, MATCHED, MATCHED),
        ({"tet__suat": 1.0, "thang__suat": 0.0, "mot__ky_nay": 0.0, "hai__ky_nay": 3.0}, MISMATCHED, MISMATCHED),
        ({"tet__suat": 1.0, "mot__ky_nay": 1.0, "hai__ky_nay": 3.0}, UNDECIDED, MATCHED),
    ],
)
def test_both_or_neither_and_conditions_are_live(
    forms: Forms, tmp_path: Path, figures: Mapping[str, float], iff: str, when: str
) -> None:
    write_package(tmp_path / "p.xlsx", content(forms, **figures))
    assert verdicts(tmp_path / "p.xlsx", "C-3") == [iff]
    assert verdicts(tmp_path / "p.xlsx", "H-3") == [when]


def test_the_checks_can_be_filtered(forms: Forms, tmp_path: Path) -> None:
    book = written(tmp_path / "p.xlsx", content(forms))
    assert str(book[CHECK_SHEET].auto_filter.ref).startswith("B8:F")


def test_a_running_total_comes_filled_once_the_period_before_is_known(forms: Forms, tmp_path: Path) -> None:
    one = content(forms, mot__ky_nay=2.0, ba__ky_nay=2.0)
    package = made(one)
    assert package.values[key("X01.mot.luy_ke")] == 12
    assert key("X01.hai.luy_ke") not in package.values
    assert {name.indicator for name in package.linked} == {"mot", "hai"}
    sheet = written(tmp_path / "p.xlsx", one)["X01"]
    assert sheet[places(forms).address(key("X01.hai.luy_ke"))].data_type == "f"
    plain = sheet[places(forms).address(key("X01.ba.luy_ke"))]
    assert (plain.value, plain.protection.locked) == (None, False)


def test_a_link_to_a_form_that_is_not_in_the_package_is_a_plain_cell(tmp_path: Path) -> None:
    other = form(row("ca"), id="X02", senders='"upper"')
    linked = form(row("dich", link='{ tong = "X02.ca[tong] + ca[tong]" }'), row("ca"))
    forms = load(tmp_path / "forms", linked, other)
    for unit, expected in (("U1", {key("X01.dich.tong")}), ("G11", set())):
        _, one = blank(workspace(Path(), forms), unit)
        package = made(replace(one, entries={key("X01.ca.tong"): 4.0}))
        assert package.linked == expected
        assert (key("X01.dich.tong") in package.values) == bool(expected)


def test_a_percentage_of_each_row_is_not_checked_beside_it(tmp_path: Path) -> None:
    rows = [row(name) for name in ("ca", "hai", "ba")]
    forms = load(tmp_path / "forms", form(*rows, measures=MEASURES, edits=(edit("about(ty_le, tong / ca[tong])"),)))
    assert made(replace(content(forms), constants={})).live.of_rows == {}


def test_a_code_that_libreoffice_took_for_a_line_break_is_read_as_it_was_written() -> None:
    [found] = find_tables([["#cham_lo", "", "nguon\nhoi", "so\tx", "tien"], ["cs\nkhac", "", 1.0], ["#end"]])
    assert found.columns == (("nguon_xa_hoi", 2), ("so_x9_x", 3), ("tien", 4))
    assert found.rows == (("cs_xa_khac", 1),)
