"""Lists in what goes back to a unit, and in the package that a union builds from its units' returns."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from builders import YEAR, blank, edit, form, key, load, package, row, workspace
from conftest import Recalculate
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import values

from pipeline.layout import CHECK_SHEET, SOURCES_SHEET, plan
from pipeline.package_lines import ListRow, Value
from pipeline.read import read_files
from pipeline.results import Results
from pipeline.run import build_package, consolidate
from pipeline.styles import MARKS
from pipeline.workspace import Workspace
from pipeline.write_returns import annotated
from schemas.form import Forms

OWN = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "Now", type = "count" },
  { code = "luy_ke", label = "Lũy kế", en = "Running", type = "count", link = "ky_nay" },
  { code = "cap_minh", label = "Cấp mình", en = "Own", type = "count", levels = ["upper"], own_of = "ky_nay" },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]
"""
LIST = f"""
id = "L01"
version = "1"
title = {{ vi = "Danh sách", en = "A list" }}
periods = ["year"]
senders = ["upper"]
[[table]]
id = "L01"
kind = "list"
room = 2
measures = [
  {{ code = "ma", label = "Mã", en = "Code", type = "key", prefill = "code" }},
  {{ code = "ten", label = "Tên", en = "Name", type = "text", prefill = "name" }},
  {{ code = "ngay", label = "Ngày", en = "Day", type = "date", required = false }},
  {{ code = "so_dv", label = "Đoàn viên", en = "Members", type = "count", child = "X01.ca[ky_nay]" }},
  {{ code = "da_pm", label = "Phần mềm", en = "Software", type = "flag", required = false }},
]
edits = [
  {edit("unique(ma)", id='"L-1"')},
  {edit("so_dv >= 5", id='"L-2"', label='"Từ 5 đoàn viên trở lên"')},
]
"""


@pytest.fixture
def forms(tmp_path: Path) -> Forms:
    once = form(row("qua"), id="X02").replace('id = "X02"\nmeasures', "").replace("tong / ca[tong]", "tong / qua[tong]")
    gifts = once.replace("[[table]]\n", "[[table]]\nonce = true\n")
    return load(tmp_path / "forms", form(row("ca"), measures=OWN), gifts, LIST)


@pytest.fixture
def place(tmp_path: Path, forms: Forms) -> Workspace:
    return workspace(tmp_path / "w", forms, senders=("upper", "grassroots"))


def listed(name: str, /, **cells: Value) -> ListRow:
    known = {"ma": name, "ten": f"Đơn vị {name}", **cells}
    return ListRow(name, {code: value for code, value in known.items() if value != ""})


def received(place: Workspace, *rows: ListRow) -> Results:
    """What a run makes of the return of U1 with these rows."""
    package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0}, lists={"L01": rows})
    return consolidate(place, YEAR)


def returned(results: Results) -> tuple[Worksheet, Mapping[str, str]]:
    """The sheet of the list that goes back, and where the cells of its rows stand."""
    content = annotated(results, results.by_unit["U1"])
    path = results.workspace.output(YEAR) / "phan-hoi" / "U1.xlsx"
    planned = plan(results.workspace.forms.by_id["L01"], content.row_ids)
    found = {f"{at.indicator}.{at.measure}": planned.address(at) for at in planned.places if at.indicator}
    return openpyxl.load_workbook(path)["L01"], found


def test_the_rows_of_a_list_go_back_as_they_came(place: Workspace) -> None:
    results = received(
        place,
        listed("G12", so_dv=3.0, ngay=date(2019, 3, 5), da_pm="x"),
        listed("G12", so_dv=7.0),
        listed("", ten="Chưa có mã", so_dv="khoảng 8", ngay="5.3.2019"),
    )
    content = annotated(results, results.by_unit["U1"])
    rows = content.lists["L01"]
    assert [row.id for row in rows][:1] == ["G12"]
    assert [row.values for row in rows] == [
        {"ma": "G12", "ten": "Đơn vị G12", "so_dv": 3.0, "ngay": date(2019, 3, 5), "da_pm": "x"},
        {"ma": "G12", "ten": "Đơn vị G12", "so_dv": 7.0},
        {"ten": "Chưa có mã", "so_dv": "khoảng 8", "ngay": "5.3.2019"},
        {"ma": "G11", "ten": "Đơn vị G11"},
    ]


def test_a_finding_on_a_row_is_marked_at_its_cell_in_what_goes_back(place: Workspace) -> None:
    sheet, at = returned(received(place, listed("G12", so_dv=30.0), listed("G11", so_dv=3.0)))
    marked = sheet[at["G11.so_dv"]]
    assert marked.comment is not None
    assert "Từ 5 đoàn viên trở lên" in marked.comment.text
    assert marked.fill.fgColor.rgb == "FF" + MARKS["hard"].removeprefix("#")
    assert sheet[at["G12.so_dv"]].comment is None


def test_what_goes_back_is_read_to_the_same_rows(place: Workspace, forms: Forms) -> None:
    results = received(place, listed("G12", so_dv=3.0, ngay=date(2019, 3, 5)), listed("G12", so_dv=7.0))
    returned(results)
    [again] = read_files([place.output(YEAR) / "phan-hoi" / "U1.xlsx"], place.root, forms)
    first = results.by_unit["U1"]

    def read(items: tuple[object, ...]) -> list[object]:
        return [{code: entry.raw for code, entry in item.entries.items()} for item in items]  # type: ignore[attr-defined]

    assert read(again.items["L01"]) == read(first.items["L01"])


def built(place: Workspace, **more: float) -> tuple[Path, Results]:
    """The package of U1 built from the return of one of its two."""
    figures = {"X01.ca.ky_nay": 12.0, "X02.qua.tong": 4.0, **more}
    package(place.inbox(YEAR) / "G11 của cơ sở.xlsx", place, "G11", figures)
    return build_package(place, YEAR, "U1")


def test_a_built_package_lists_what_its_units_reported(place: Workspace, forms: Forms) -> None:
    path, _ = built(place)
    [read] = read_files([path], place.root, forms)
    assert [(item.key, item.entries["so_dv"].value) for item in read.items["L01"]] == [("G11", 12)]
    assert read.findings == ()


def test_what_only_the_union_knows_stays_for_it_to_fill(place: Workspace, forms: Forms) -> None:
    path, results = built(place)
    [read] = read_files([path], place.root, forms)
    assert results.rollup.built[results.rollup.at("U1", key("X02.qua.tong"))] == 4
    assert {str(k.indicator) + "." + k.measure for k, entry in read.entries.items() if entry.value is not None} == {
        "ca.ky_nay",
        "ca.luy_ke",
    }


def test_a_total_grows_by_the_part_that_the_union_adds(
    place: Workspace, forms: Forms, recalculate: Recalculate
) -> None:
    path, _ = built(place)
    book = openpyxl.load_workbook(path)
    planned = plan(forms.by_id["X01"])
    total, linked, own = (planned.address(key(f"X01.ca.{measure}")) for measure in ("ky_nay", "luy_ke", "cap_minh"))
    assert book["X01"][own].value is None
    book["X01"][own] = 5
    book.save(place.root / "filled.xlsx")
    [again] = recalculate([place.root / "filled.xlsx"])
    shown = openpyxl.load_workbook(again, data_only=True)["X01"]
    assert (shown[total].value, shown[linked].value) == (17, 17)


def test_a_built_package_names_its_sources(place: Workspace) -> None:
    path, _ = built(place)
    book = openpyxl.load_workbook(path)
    names = book.sheetnames
    assert names.index(SOURCES_SHEET) == names.index(CHECK_SHEET) + 1
    shown = [[cell.value for cell in line] for line in book[SOURCES_SHEET].iter_rows(min_row=6)]
    sent = place.inbox(YEAR) / "G11 của cơ sở.xlsx"
    digest = hashlib.sha256(sent.read_bytes()).hexdigest()
    assert shown[0][:4] == [1, "G11", "Đơn vị G11", "inbox/2020/G11 của cơ sở.xlsx"]
    assert shown[0][4].date() == date(2020, 12, 1)  # type: ignore[union-attr]
    assert shown[0][6:] == [3, digest]
    assert shown[1] == [2, "G12", "Đơn vị G12", None, None, "Chưa gửi", None, None]
    assert "Đã nhận 1/2 đơn vị. Kiểm tra lại trước khi ký gửi." in values(path).values()


def test_a_package_that_was_not_built_has_no_sources(place: Workspace, tmp_path: Path) -> None:
    _, content = blank(place, "U1")
    assert replace(content).sources == ()
    assert SOURCES_SHEET not in openpyxl.load_workbook(package(tmp_path / "p.xlsx", place, "U1", {})).sheetnames
