"""What goes back to a unit: its own file with its findings, else a package; and what a union builds from its units'."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from annotated import assert_kept
from builders import RECEIVED, YEAR, blank, edit, form, ids, key, load, package, row, workspace
from conftest import Recalculate
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import values

from pipeline.annotate import ending
from pipeline.annotate_comments import STOP
from pipeline.demo import Demo
from pipeline.findings import Finding
from pipeline.layout import CHECK_SHEET, FINDINGS_SHEET, SOURCES_SHEET, plan
from pipeline.package_lines import ListRow, Value
from pipeline.read import read_files
from pipeline.results import Results
from pipeline.run import build_package, consolidate
from pipeline.styles import INPUT, MARKS
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from pipeline.write_returns import write_returns
from pipeline.write_returns_marks import lines_of, marks_of
from schemas.form import Forms, Key
from schemas.text import Text

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


def with_macros(path: Path) -> Path:
    """The file as one that may hold macros, and that came at the same time."""
    to, kind = path.with_suffix(".xlsm"), b"application/vnd.%s.main+xml"
    plain, macro = kind % b"openxmlformats-officedocument.spreadsheetml.sheet", kind % b"ms-excel.sheet.macroEnabled"
    with ZipFile(path) as old, ZipFile(to, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(plain, macro))
    os.utime(to, (path.stat().st_mtime,) * 2)
    path.unlink()
    return to


def back(place: Workspace, unit: str = "U1") -> Path:
    return place.output(YEAR) / "phan-hoi" / f"{unit}.xlsx"


def again(place: Workspace) -> Submission:
    [read] = read_files([back(place)], place.root, place.forms)
    return read


def typed(read: Submission) -> list[dict[str, object]]:
    """The rows of the list as they were typed."""
    return [{code: entry.raw for code, entry in item.entries.items()} for item in read.items["L01"]]


def marked(sheet: Worksheet) -> dict[str, str]:
    """The marked cells and the first line of what is said there."""
    cells = (cell for row in sheet.iter_rows() for cell in row if cell.comment)
    return {cell.coordinate: cell.comment.text.split("\n")[1].split(".")[0] for cell in cells}  # type: ignore[union-attr]


def links(path: Path, sheet: str) -> dict[str, set[tuple[str, str]]]:
    """The file and the place that the cells of a column of places lead to, by what stands in them."""
    found: dict[str, set[tuple[str, str]]] = {}
    for line in openpyxl.load_workbook(path)[sheet].iter_rows(min_row=4):
        for cell in line:
            if cell.hyperlink is not None and cell.hyperlink.location and cell.hyperlink.target:
                to = (cell.hyperlink.target.replace("\\", "/"), cell.hyperlink.location)
                found.setdefault(str(cell.value), set()).add(to)
    return found


# The unit's own file.


def test_a_unit_gets_its_own_file_with_all_that_is_in_it(place: Workspace) -> None:
    path = package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0, "X01.ca.cap_minh": 30.0})
    book = openpyxl.load_workbook(path)
    book["X01"]["K3"] = "của đơn vị"
    book["X01"]["K3"].comment = Comment("nhắc việc", "Chị Lan")
    book.create_sheet("Bảng kê")["B2"] = "=1+1"
    book.save(path)
    sent, results = path.read_bytes(), consolidate(place, YEAR)
    findings = results.findings_of("U1")
    marks = marks_of(findings, "vi")
    assert marks
    assert_kept(sent, back(place).read_bytes(), marks)
    after = openpyxl.load_workbook(back(place))
    assert after["Bảng kê"]["B2"].value == "=1+1"
    assert after["X01"]["K3"].comment.text == "nhắc việc"


def test_a_finding_on_a_row_is_marked_at_its_cell_in_what_goes_back(place: Workspace) -> None:
    results = received(place, listed("G12", so_dv=30.0), listed("G11", so_dv=3.0))
    sheet, at = openpyxl.load_workbook(back(place))["L01"], results.by_unit["U1"].place
    few, enough = (sheet[at(key(f"L01.{unit}.so_dv"))[1]] for unit in ("G11", "G12"))
    assert few.comment is not None
    assert "Từ 5 đoàn viên trở lên" in few.comment.text
    assert few.fill.fgColor.rgb == "FF" + MARKS["hard"].removeprefix("#")
    assert enough.comment is None


def test_what_goes_back_is_read_to_the_same_rows(place: Workspace) -> None:
    results = received(place, listed("G12", so_dv=3.0, ngay=date(2019, 3, 5)), listed("G12", so_dv=7.0))
    assert typed(again(place)) == typed(results.by_unit["U1"])


def test_every_return_of_the_demo_reads_to_the_same_observations(demo: Demo) -> None:
    read = 0
    for period, results in demo.runs.items():
        for path in sorted((demo.workspace.output(results.owed.period) / "phan-hoi").glob("*.xlsx")):
            [one] = read_files([path], demo.workspace.root, demo.workspace.forms)
            [first] = read_files(
                [demo.workspace.root / results.by_unit[path.stem].file], demo.workspace.root, demo.workspace.forms
            )
            assert one.entries == first.entries, (period, path.stem)
            assert one.items == first.items, (period, path.stem)
            assert (one.unit, one.period, one.tables, one.info) == (first.unit, first.period, first.tables, first.info)
            assert [replace(f, file="") for f in one.findings] == [replace(f, file="") for f in first.findings]
            read += 1
    assert read > 40


def test_every_return_of_the_demo_is_the_file_that_came(demo: Demo) -> None:
    for results in demo.runs.values():
        for path in sorted((demo.workspace.output(results.owed.period) / "phan-hoi").glob("*.xlsx")):
            submission = results.by_unit[path.stem]
            findings = [f for f in results.findings_of(path.stem) if f.file == submission.file]
            sent = demo.workspace.root / submission.file
            assert_kept(sent.read_bytes(), path.read_bytes(), marks_of(findings, "vi"))


def test_a_member_of_an_archive_goes_back_itself(place: Workspace) -> None:
    path = package(place.root / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0, "X01.ca.cap_minh": 30.0})
    place.inbox(YEAR).mkdir(parents=True)
    with ZipFile(place.inbox(YEAR) / "huyện.zip", "w", ZIP_DEFLATED) as archive:
        archive.writestr("khác/U1.xlsx", b"none")
        archive.write(path, "xã/U1.xlsx")
    results = consolidate(place, YEAR)
    assert results.by_unit["U1"].file == "inbox/2020/huyện.zip/xã/U1.xlsx"
    assert_kept(path.read_bytes(), back(place).read_bytes(), marks_of(results.findings_of("U1"), "vi"))


def test_a_mended_file_is_read_as_any_and_keeps_nothing_of_the_first_marks(place: Workspace) -> None:
    received(place, listed("G12", so_dv=4.0), listed("G11", so_dv=3.0))
    first = openpyxl.load_workbook(back(place))
    told = marked(first["L01"])
    assert len(told) > 1
    mended = place.inbox(YEAR) / "U1 sửa.xlsx"
    at = consolidate(place, YEAR, write=False).by_unit["U1"].place(key("L01.G11.so_dv"))[1]
    assert at in told
    first["L01"][at] = 9
    first.save(mended)
    results = consolidate(place, YEAR)
    assert results.by_unit["U1"].file.endswith("U1 sửa.xlsx")
    assert results.by_unit["U1"].items["L01"][1].entries["so_dv"].value == 9
    after = openpyxl.load_workbook(back(place))
    assert set(marked(after["L01"])) == set(told) - {at}
    assert after["L01"][at].fill.fgColor.rgb == "FF" + INPUT.removeprefix("#")
    assert after.sheetnames == first.sheetnames


def test_what_goes_back_is_written_again_only_where_it_changes(place: Workspace) -> None:
    received(place, listed("G11", so_dv=3.0))
    before = (back(place).stat().st_mtime_ns, back(place).stat().st_ino, back(place).read_bytes())
    consolidate(place, YEAR)
    assert (back(place).stat().st_mtime_ns, back(place).stat().st_ino, back(place).read_bytes()) == before
    received(place, listed("G11", so_dv=4.0))
    assert back(place).read_bytes() != before[2]


# What is said there.


def test_a_comment_says_what_is_wrong_the_likeliest_cells_and_what_to_do(demo: Demo) -> None:
    sheet = openpyxl.load_workbook(demo.workspace.output(demo.results.owed.period) / "phan-hoi" / "LC-05.xlsx")["B01"]
    said = sheet["E16"].comment.text.removesuffix(STOP).split("\n")
    assert said == [
        "———— tonghop – Phải sửa ————",
        "Cộng các trình độ học vấn = tổng số đoàn viên: 1.265 + 121 + 28 + 16 = 1.430, khác 1.420 (lệch 10). "
        "Các ô: E16, E17, E18, E19, E10. Soát lại các ô này. [B01-E02]",
        "Nghi gõ sai (số đang ghi → số làm khớp B01-E02), khả năng lớn trước:",
        "1. E19: 16 → 6 (thừa một chữ số)",
        "2. ô này: 1.265 → 1.255 (gõ nhầm một chữ số)",
        "3. E17: 121 → 111 (gõ nhầm một chữ số)",
        "4. E18: 28 → 18 (gõ nhầm một chữ số)",
        "Soát lại chứng từ rồi mới sửa. [suspect]",
    ]
    assert sheet["E10"].comment.text.split("\n")[3] == "1. E19: 16 → 6 (thừa một chữ số)"


def suspect(cell: str, edits: str, value: str, expected: str, slip: str = "") -> Finding:
    return Finding(
        "suspect",
        "info",
        sheet="B01",
        cells=tuple(cell.split()),
        value=value,
        expected=expected,
        params={"edits": edits, "slip": Text(slip, slip), "assign": "", "others": ""},
    )


def failed(edit_id: str, *cells: str) -> Finding:
    params = {"label": edit_id, "left": "1", "right": "2", "gap": "1", "remedy": ""}
    return Finding(edit_id, "hard", sheet="B01", cells=cells, say="edit-equal", params=params)


def test_only_the_likeliest_sets_stand_in_a_comment_and_each_under_its_own_edits() -> None:
    found = [
        Finding("zero-mark", "info", sheet="B01", cells=("E3",), value="-"),
        failed("B01-E01", "E1", "E2"),
        failed("B01-E02", "E1", "B02!F3"),
        *(suspect("E1 B02!F3", "B01-E01", f"{i}, 5", f"{i + 1}, –", " (đảo hai chữ số)") for i in range(4)),
        *(suspect(cell, "B01-E01", "6", "7") for cell in ("E2", "E1", "E2")),
        suspect("E3", "B01-E02", "–", "9"),
        suspect("E1", "B01-E02", "8", "9", " (làm tròn)"),
    ]
    marks = marks_of(found, "en")
    lines = marks["B01", "E1"].comment.split("\n")
    assert lines[2:] == [
        "Suspects (reported → what would make B01-E01 hold), the likelier first:",
        *(f"{i + 1}. this cell: {i} → {i + 1}; B02!F3: 5 → blank (đảo hai chữ số)" for i in range(4)),
        "6. this cell: 6 → 7",
        "… 2 more on the first sheet.",
        "Check the records before you change anything. [suspect]",
        "Suspects (reported → what would make B01-E02 hold):",
        "– this cell: 8 → 9 (làm tròn)",
        "Check the records before you change anything. [suspect]",
    ]
    assert marks["B01", "E2"].comment.split("\n")[6:9] == [
        "5. this cell: 6 → 7",
        "7. this cell: 6 → 7",
        "… 1 more on the first sheet.",
    ]
    assert marks["B01", "E3"].severity == "info"
    assert marks["B01", "E3"].comment.split("\n")[1] == "– this cell: blank → 9"
    assert [line.id for line in lines_of(found, "vi")] == [
        "B01-E01",
        *["suspect"] * 7,
        "B01-E02",
        "suspect",
        "zero-mark",
        "suspect",
    ]


# A new package, where the file itself cannot go back.


def test_a_file_with_macros_comes_back_as_a_package_with_its_figures(place: Workspace) -> None:
    rows = (
        listed("G12", so_dv=3.0, ngay=date(2019, 3, 5), da_pm="x"),
        listed("G12", so_dv=7.0),
        listed("", ten="Chưa có mã", so_dv="khoảng 8", ngay="5.3.2019"),
    )
    figures = {"X01.ca.ky_nay": 12.0, "X01.ca.cap_minh": 30.0}
    with_macros(package(place.inbox(YEAR) / "U1.xlsx", place, "U1", figures, lists={"L01": rows}))
    results = consolidate(place, YEAR)
    first, second = results.by_unit["U1"], again(place)
    assert first.file.endswith(".xlsm")
    assert ending(back(place).read_bytes()) == ".xlsx"
    assert typed(second) == typed(first)
    assert second.entries == {at: entry._replace(**_at(second, at)) for at, entry in first.entries.items()}
    note = openpyxl.load_workbook(back(place)).worksheets[0]["A4"].value
    assert note == "Đây là bộ biểu hiện hành đã có sẵn số liệu đơn vị gửi, vì tệp đã gửi có macro (.xlsm)."


def _at(read: Submission, at: Key) -> dict[str, str]:
    sheet, cell = read.place(at)
    return {"sheet": sheet, "cell": cell}


def moved(place: Workspace) -> tuple[Path, str]:
    """What goes back for a return with macros whose list stands a row lower, and where its fault stood."""
    rows = (listed("G11", so_dv=3.0), listed("G12", so_dv=30.0))
    path = package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0}, lists={"L01": rows})
    book = openpyxl.load_workbook(path)
    book["L01"].insert_rows(2)
    book.save(path)
    os.utime(path, (RECEIVED.timestamp(),) * 2)
    with_macros(path)
    results = consolidate(place, YEAR)
    [fault] = [f for f in results.findings_of("U1") if f.severity == "hard"]
    return back(place), fault.cells[0]


def test_the_marks_and_the_office_s_links_follow_the_cells_into_the_new_package(place: Workspace) -> None:
    path, came = moved(place)
    now = came[0] + str(int(came[1:]) - 1)
    book = openpyxl.load_workbook(path)
    assert now in marked(book["L01"])
    assert came not in marked(book["L01"])
    assert book.worksheets[0]["D6"].hyperlink.location == f"'L01'!{now}"
    for name, sheet in (("doi-chieu-2020", "Phát hiện"), ("tong-hop-2020", "Phát hiện")):
        to = links(place.output(YEAR) / f"{name}.xlsx", sheet)
        assert ("phan-hoi/U1.xlsx", f"'L01'!{now}") in {at for one in to.values() for at in one}


def test_a_file_that_is_gone_by_now_comes_back_as_a_package(place: Workspace) -> None:
    path = package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0, "X01.ca.cap_minh": 30.0})
    results = consolidate(place, YEAR, write=False)
    for change in (lambda: path.write_bytes(path.read_bytes() + b" "), path.unlink):
        change()
        write_returns(back(place).parent, results)
        assert "không còn như khi được đọc" in openpyxl.load_workbook(back(place)).worksheets[0]["A4"].value
        assert again(place).entries.keys() == results.by_unit["U1"].entries.keys()


def test_a_file_without_room_for_all_that_is_asked_comes_back_as_a_package(place: Workspace) -> None:
    path = package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0})
    book = openpyxl.load_workbook(path)
    del book["X02"]
    book.save(path)
    assert "form-missing" in ids(consolidate(place, YEAR).findings_of("U1"))
    after = openpyxl.load_workbook(back(place))
    assert "X02" in after.sheetnames
    assert "thiếu chỗ để điền" in after.worksheets[0]["A4"].value


@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_another_kind_of_file_comes_back_as_a_package(place: Workspace, tmp_path: Path, kind: str) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    path = package(tmp_path / "U1.xlsx", place, "U1", {"X01.ca.ky_nay": 12.0, "X01.ca.cap_minh": 30.0})
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", kind, "--outdir", str(place.inbox(YEAR)), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    results = consolidate(place, YEAR)
    assert "không phải .xlsx" in openpyxl.load_workbook(back(place)).worksheets[0]["A4"].value
    shown = {at: entry.shown for at, entry in results.by_unit["U1"].entries.items() if entry.own}
    assert {at: entry.shown for at, entry in again(place).entries.items() if entry.own} == shown


# What leads there.


def test_every_link_of_the_office_leads_to_a_marked_cell(demo: Demo) -> None:
    folder = demo.workspace.output(demo.results.owed.period)
    books = {path.name: openpyxl.load_workbook(path) for path in (folder / "phan-hoi").glob("*.xlsx")}
    blank = {f.cells[0] for f in demo.results.findings if f.cells and f.id in ("missing-value", "implied-zero")}
    for name in ("doi-chieu", "tong-hop"):
        found = links(folder / f"{name}-2020.xlsx", "Phát hiện")
        assert len(found) > 50
        for shown, targets in found.items():
            for file, location in targets:
                sheet, _, cell = location.rpartition("!")
                there = books[file.removeprefix("phan-hoi/")][sheet.strip("'")][cell]
                assert shown.startswith(f"{sheet.strip(chr(39))}!{cell}")
                assert there.comment is not None or cell in blank or there.fill.fill_type, (name, shown)


def test_every_link_of_a_list_leads_to_a_cell_of_the_file(demo: Demo) -> None:
    path = demo.workspace.output(demo.results.owed.period) / "phan-hoi" / "LC-21.xlsx"
    book = openpyxl.load_workbook(path)
    places = [row[3] for row in book[FINDINGS_SHEET].iter_rows(min_row=6)]
    assert all(cell.hyperlink is not None for cell in places if cell.value)
    for cell in places:
        sheet, _, at = cell.hyperlink.location.rpartition("!")
        assert book[sheet.strip("'")][at].value is not None or at in str(cell.value)


# The package that a union builds.


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
