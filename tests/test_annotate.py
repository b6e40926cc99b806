"""A unit's own file comes back with its cells coloured, commented and listed, and reads as it did."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from annotated import assert_kept, opened, values
from openpyxl.worksheet.worksheet import Worksheet

from pipeline.annotate import AnnotateError, Line, Listing, Mark, Marks, annotate, line_of
from pipeline.demo import Demo
from pipeline.findings import Finding
from pipeline.guard import inspect
from pipeline.layout import FINDINGS_SHEET
from pipeline.read import read_files
from pipeline.styles import MARKS
from pipeline.submission import Submission

LINES = (
    Line("hard", "Nam và nữ cộng lại là 300", "Sửa ô sai.", "B01-1", "B01", ("E14", "E15", "B02!F12"), "300", "307"),
    Line("soft", 'Lạ: <b> & "x" _x000D_', "", "B01-2", "Biểu d'A", ("B2",)),
    Line("info", "Nộp muộn", "Lần sau gửi sớm hơn.", "late"),
)
LISTING = Listing("U1 – Đơn vị, năm 2020", LINES, "Đơn vị & cấp trên")
MARKED: Marks = {
    ("B01", "E14"): Mark("hard", "Sai. [B01-1]"),
    ("B01", "C3"): Mark("soft", "Ô trống"),
    ("Biểu d'A", "B2"): Mark("info", "Ghi chú\nhai dòng"),
}


@pytest.fixture
def plain() -> bytes:
    """Two sheets with figures, a formula, and print areas; the second is open."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        first, second = book.add_worksheet("B01"), book.add_worksheet("Biểu d'A")
        input_cell = book.add_format({"bg_color": "#FFF8DC", "locked": False, "num_format": "#,##0", "border": 1})
        for row in range(9, 20):
            first.write_number(row, 4, row, input_cell)
        first.write_formula("E21", "=SUM(E10:E20)", None, 154)
        first.set_row(11, 30)
        first.set_column("C:C", 20, book.add_format({"italic": True, "bg_color": "#EAF1F8"}))
        first.protect("")
        second.write_string("B2", "chữ")
        second.activate()
        for sheet in (first, second):
            sheet.print_area("A1:F30")
        book.define_name("tong", "='B01'!$E$21")
    return made.getvalue()


def loaded(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def colour(sheet: Worksheet, cell: str) -> str:
    fill = sheet[cell].fill
    return f"#{fill.fgColor.rgb[2:]}" if fill.fill_type == "solid" else ""


def test_marked_cells_take_the_colour_of_their_severity_and_keep_all_else_of_their_style(plain: bytes) -> None:
    before, after = loaded(plain)["B01"], loaded(annotate(plain, MARKED, LISTING))["B01"]
    assert colour(after, "E14") == MARKS["hard"]
    old, new = before["E14"], after["E14"]
    assert (new.number_format, new.border.left.style, new.protection.locked) == ("#,##0", old.border.left.style, False)
    assert colour(after, "E15") == "#FFF8DC"


def test_a_blank_cell_that_is_not_in_the_file_takes_the_style_of_its_column(plain: bytes) -> None:
    after = loaded(annotate(plain, MARKED))["B01"]
    assert (colour(after, "C3"), after["C3"].font.italic, after["C3"].value) == (MARKS["soft"], True, None)


def test_a_comment_says_how_grave_it_is_and_what_is_wrong(plain: bytes) -> None:
    after = loaded(annotate(plain, MARKED, LISTING))
    comment = after["B01"]["E14"].comment
    assert comment.author == "tonghop"
    assert comment.text.rstrip("\u2060") == "———— tonghop – Phải sửa ————\nSai. [B01-1]"
    assert "Ghi chú\nhai dòng" in after["Biểu d'A"]["B2"].comment.text


def test_a_mark_without_words_is_a_colour_alone(plain: bytes) -> None:
    after = loaded(annotate(plain, {("B01", "E14"): Mark("hard", "")}))["B01"]
    assert (colour(after, "E14"), after["E14"].comment) == (MARKS["hard"], None)


def test_the_list_is_the_first_sheet_and_names_each_finding_in_its_order(plain: bytes) -> None:
    book = loaded(annotate(plain, MARKED, LISTING))
    assert book.sheetnames == [FINDINGS_SHEET, "B01", "Biểu d'A"]
    rows = [[cell.value for cell in row] for row in book[FINDINGS_SHEET]["A5:I8"]]
    assert rows[0] == ["STT", "Mức", "Biểu", "Ô", "Giá trị", "Cần là", "Nội dung", "Cách sửa", "Mã"]
    words = "Nam và nữ cộng lại là 300"
    assert rows[1] == [1, "Phải sửa", "B01", "E14 (+2)", "300", "307", words, "Sửa ô sai.", "B01-1"]
    assert rows[2][:4] == [2, "Xem lại", "Biểu d'A", "B2"]
    assert rows[3] == [3, "Ghi chú", None, None, None, None, "Nộp muộn", "Lần sau gửi sớm hơn.", "late"]
    assert "Có 1 chỗ phải sửa" in book[FINDINGS_SHEET]["A3"].value


def test_the_list_is_read_as_it_was_written(plain: bytes) -> None:
    file = opened(annotate(plain, {}, LISTING))
    xml = file.parts[file.sheets[FINDINGS_SHEET]].decode()
    assert "Lạ: &lt;b&gt; &amp; &quot;x&quot; _x005F_x000D_" in xml


def test_each_cell_of_the_list_links_to_the_place(plain: bytes) -> None:
    sheet = loaded(annotate(plain, {}, LISTING))[FINDINGS_SHEET]
    assert sheet["D6"].hyperlink.location == "'B01'!E14"
    assert sheet["D7"].hyperlink.location == "'Biểu d''A'!B2"
    assert sheet["D8"].hyperlink is None


def test_a_cell_of_a_sheet_that_is_not_there_is_listed_without_a_link(plain: bytes) -> None:
    line = Line("hard", "Thiếu", "", "x", "B09", ("A1",))
    sheet = loaded(annotate(plain, {("B09", "A1"): Mark("hard", "x")}, Listing("", (line,))))[FINDINGS_SHEET]
    assert (sheet["C6"].value, sheet["D6"].value, sheet["D6"].hyperlink) == ("B09", "A1", None)


def test_no_link_leads_to_a_sheet_that_is_hidden(plain: bytes) -> None:
    book = loaded(plain)
    book["B01"].sheet_state = "hidden"
    made = io.BytesIO()
    book.save(made)
    sheet = loaded(annotate(made.getvalue(), {}, LISTING))[FINDINGS_SHEET]
    assert (sheet["D6"].hyperlink, sheet["D7"].hyperlink.location) == (None, "'Biểu d''A'!B2")


def test_what_else_is_to_be_said_of_the_file_stands_above_the_list(plain: bytes) -> None:
    sheet = loaded(annotate(plain, {}, replace(LISTING, note="Vì tệp có macro.")))[FINDINGS_SHEET]
    assert (sheet["A4"].value, sheet["A5"].value) == ("Vì tệp có macro.", "STT")
    assert loaded(annotate(plain, {}, LISTING))[FINDINGS_SHEET]["A4"].value is None


def test_the_list_is_printed_as_the_other_sheets_are(plain: bytes) -> None:
    sheet = loaded(annotate(plain, {}, LISTING))[FINDINGS_SHEET]
    page = sheet.page_setup
    assert (page.paperSize, page.orientation, page.fitToHeight) == (9, "landscape", 0)
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet["G6"].font.name) == ("A6", "$5:$5", "Times New Roman")
    assert sheet["G6"].alignment.wrap_text
    assert "Đơn vị và cấp trên" in sheet.oddFooter.left.text
    assert colour(sheet, "B6") == MARKS["hard"]


def test_names_and_the_open_sheet_count_on(plain: bytes) -> None:
    book = loaded(annotate(plain, MARKED, LISTING))
    assert book.active.title == "Biểu d'A"
    areas = [sheet.print_area for sheet in book]
    assert areas == ["", "'B01'!$A$1:$F$30", "'Biểu d''A'!$A$1:$F$30"]
    assert book.defined_names["tong"].attr_text == "'B01'!$E$21"


def test_all_that_need_not_change_is_as_it_was(plain: bytes) -> None:
    assert_kept(plain, annotate(plain, MARKED, LISTING), MARKED)
    assert_kept(plain, annotate(plain, MARKED), MARKED)
    assert_kept(plain, annotate(plain, {}, LISTING), {})


def test_the_same_input_gives_the_same_bytes(plain: bytes) -> None:
    assert annotate(plain, MARKED, LISTING) == annotate(plain, dict(reversed(MARKED.items())), LISTING)


def test_a_file_with_nothing_to_say_comes_back_as_it_is(plain: bytes) -> None:
    assert annotate(plain, {}) is plain


def test_joined_cells_are_marked_where_they_are_seen() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("B01")
        sheet.merge_range("B2:C4", "x")
    marks = {("B01", "B3"): Mark("info", "một"), ("B01", "C4"): Mark("hard", "hai"), ("B01", "D4"): Mark("soft", "ba")}
    after = loaded(annotate(made.getvalue(), marks))["B01"]
    assert colour(after, "B2") == MARKS["hard"]
    assert "một\nhai" in after["B2"].comment.text
    assert colour(after, "D4") == MARKS["soft"]


def test_a_sheet_whose_name_is_that_of_the_list_is_never_lost() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("phat_hien").write_string("A1", "của đơn vị")
    with pytest.raises(AnnotateError, match="name of the list"):
        annotate(made.getvalue(), {}, LISTING)
    assert loaded(annotate(made.getvalue(), {("phat_hien", "A1"): Mark("hard", "x")}))["phat_hien"]["A1"].comment


def test_a_finding_is_listed_in_words() -> None:
    finding = Finding("cell-type", "hard", sheet="B01", cells=("C14",), value="n/a")
    line = line_of(finding)
    assert (line.severity, line.sheet, line.cells, line.value, line.id) == ("hard", "B01", ("C14",), "n/a", "cell-type")
    assert "n/a" in line.words
    assert line_of(finding, "en").words != line.words


def test_a_return_reads_as_it_did(demo: Demo, tmp_path: Path) -> None:
    for unit, submission in demo.results.by_unit.items():
        path = demo.workspace.root / submission.file
        data = path.read_bytes()
        findings = demo.results.findings_of(unit)
        marks = {
            ((there or finding.sheet), cell): Mark(finding.severity, finding.id)
            for finding in findings
            for there, _, cell in (one.rpartition("!") for one in finding.cells)
        }
        if path.suffix != ".xlsx" or not marks:
            continue
        back = tmp_path / path.name
        back.write_bytes(annotate(data, marks, Listing(unit, tuple(map(line_of, findings)))))
        assert values(data) == values(back.read_bytes())
        assert inspect(back.read_bytes()) == inspect(data)
        [first] = read_files([path], demo.workspace.root, demo.workspace.forms)
        [second] = read_files([back], tmp_path, demo.workspace.forms)
        assert _said(first) == _said(second)


def _said(read: Submission) -> tuple[object, ...]:
    found = [(finding.id, finding.sheet, finding.cells, finding.value, finding.expected) for finding in read.findings]
    return read.unit, read.period, read.status, read.reason, read.entries, read.items, read.info, found
