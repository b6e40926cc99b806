"""A file that comes back with our marks: they are taken away wherever they went, and nothing else is."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from annotated import opened, values
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet
from test_annotate_kept import repacked

from pipeline.annotate import Line, Listing, Mark, Marks, annotate
from pipeline.demo import Demo
from pipeline.layout import FINDINGS_SHEET
from pipeline.styles import MARKS

INPUT, OWN = "FFFFF8DC", "FF00FF00"
FIRST: Marks = {
    ("B01", "E3"): Mark("hard", "Sai. [a]"),
    ("B01", "E4"): Mark("soft", "Lạ. [b]"),
    ("B01", "A9"): Mark("info", "Trống. [c]"),
}
SECOND: Marks = {("B01", "E4"): Mark("hard", "Vẫn sai. [b]"), ("B01", "E5"): Mark("soft", "Mới. [d]")}
LISTING = Listing("U1", (Line("hard", "Sai", "", "a", "B01", ("E3",)),))


@pytest.fixture
def sent() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("B01")
        look = book.add_format({"bg_color": "#FFF8DC", "locked": False})
        for row in range(1, 7):
            sheet.write_number(row, 4, row, look)
        sheet.write_comment("E5", "của đơn vị", {"author": "Chị Lan"})
    return made.getvalue()


def sheet_of(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data))["B01"]


def fills(data: bytes, sheets: str = "") -> dict[tuple[str, str], object]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        (sheet.title, cell.coordinate): cell.fill.fgColor.rgb
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fill_type and sheet.title != FINDINGS_SHEET and sheet.title.startswith(sheets)
    }


def notes(data: bytes) -> dict[str, str]:
    return {cell.coordinate: cell.comment.text for row in sheet_of(data).iter_rows() for cell in row if cell.comment}


def saved(data: bytes, **change: object) -> bytes:
    """The file as another program saves it, its styles numbered anew."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for cell, value in change.items():
        book["B01"][cell] = value
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_with_no_marks_a_file_is_without_any(sent: bytes) -> None:
    for back in (annotate(sent, FIRST, LISTING), saved(annotate(sent, FIRST, LISTING))):
        clean = annotate(back, {})
        assert fills(clean) == fills(sent)
        assert notes(clean) == notes(sent)
        assert openpyxl.load_workbook(io.BytesIO(clean)).sheetnames == ["B01"]
        assert not any(b"tonghop" in part for name, part in opened(clean).parts.items() if name.startswith("xl/"))


def test_a_sheet_whose_marks_are_taken_away_is_byte_for_byte_what_it_was(sent: bytes) -> None:
    marks = {place: mark for place, mark in FIRST.items() if place[1] != "A9"}
    clean = opened(annotate(annotate(sent, marks, LISTING), {}))
    assert clean.parts["xl/worksheets/sheet1.xml"] == opened(sent).parts["xl/worksheets/sheet1.xml"]


def test_old_marks_give_way_to_new_ones(sent: bytes) -> None:
    again = annotate(saved(annotate(sent, FIRST, LISTING), E3=7), SECOND, LISTING)
    expected = {**fills(sent), ("B01", "E4"): "FFF8B4B4", ("B01", "E5"): "FFFCE08A"}
    assert fills(again) == expected
    assert set(notes(again)) == {"E4", "E5"}
    assert notes(again)["E5"].startswith("của đơn vị\n———— tonghop – Xem lại ————\nMới. [d]")
    assert fills(annotate(saved(again), {})) == fills(sent)
    assert notes(annotate(saved(again), {})) == notes(sent)


def test_a_file_annotated_twice_is_as_if_it_had_been_once(sent: bytes) -> None:
    once = annotate(sent, FIRST, LISTING)
    assert annotate(once, FIRST, LISTING) == once
    after = annotate(annotate(once, SECOND, LISTING), FIRST, LISTING)
    assert (fills(after), notes(after), values(after)) == (fills(once), notes(once), values(once))


def test_a_mark_is_found_where_its_cell_has_gone(sent: bytes) -> None:
    back = annotate(sent, FIRST, LISTING)
    parts = opened(back).parts
    down = {
        "xl/worksheets/sheet1.xml": (rb'(r="[A-Z]*)([0-9]+)"', rb'"'),
        "xl/workbook.xml": (rb"('B01'![$][A-Z]+[$])([0-9]+)", rb""),
        "xl/comments1.xml": (rb'(ref="[A-Z]+)([0-9]+)"', rb'"'),
        "xl/drawings/vmlDrawing1.vml": (rb"(<x:Row>)([0-9]+)", rb""),
    }
    moved = {
        name: re.sub(pattern, lambda found, tail=tail: b"%s%d%s" % (found[1], int(found[2]) + 3, tail), parts[name])
        for name, (pattern, tail) in down.items()
    }
    clean = annotate(repacked(back, **moved), {})
    assert set(fills(clean).values()) == {INPUT}
    assert len(fills(clean)) == 6
    assert notes(clean) == {"E8": "của đơn vị"}


def test_a_mark_that_was_copied_vanishes_too(sent: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate(sent, FIRST, LISTING)))
    sheet = book["B01"]
    sheet["E6"]._style = sheet["E3"]._style
    sheet["E6"].comment = Comment(sheet["E3"].comment.text, "tonghop")
    made = io.BytesIO()
    book.save(made)
    clean = annotate(made.getvalue(), {})
    assert fills(clean) == fills(sent)
    assert notes(clean) == notes(sent)


def test_a_colour_that_the_unit_gave_a_marked_cell_stays(sent: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate(sent, FIRST, LISTING)))
    book["B01"]["E3"].fill = PatternFill("solid", fgColor=OWN)
    made = io.BytesIO()
    book.save(made)
    assert fills(annotate(made.getvalue(), {})) == {**fills(sent), ("B01", "E3"): OWN}


def test_the_marks_vanish_though_the_list_was_deleted_or_renamed(sent: bytes) -> None:
    for change in ("delete", "rename"):
        book = openpyxl.load_workbook(io.BytesIO(annotate(sent, FIRST, LISTING)))
        if change == "delete":
            del book[FINDINGS_SHEET]
        made = io.BytesIO()
        book.save(made)
        data = made.getvalue()
        if change == "rename":
            xml = opened(data).parts["xl/workbook.xml"].replace(FINDINGS_SHEET.encode(), b"xem roi")
            data = repacked(data, **{"xl/workbook.xml": xml})
        assert fills(annotate(data, {})) == fills(sent)
        assert notes(annotate(data, {})) == notes(sent)
        assert list(opened(annotate(data, SECOND, LISTING)).sheets) == [FINDINGS_SHEET, "B01"]


def test_the_marks_vanish_though_their_names_were_lost(sent: bytes) -> None:
    back = annotate(sent, FIRST, LISTING)
    xml = re.sub(rb'<definedName name="_tonghop.*?</definedName>', b"", opened(back).parts["xl/workbook.xml"])
    for data in (repacked(back, **{"xl/workbook.xml": xml}), saved(repacked(back, **{"xl/workbook.xml": xml}))):
        assert fills(annotate(data, {})) == fills(sent)
        assert notes(annotate(data, {})) == notes(sent)
        assert list(opened(annotate(data, {})).sheets) == ["B01"]


def test_what_the_unit_wrote_behind_our_words_stays(sent: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate(sent, {**FIRST, **SECOND}, LISTING)))
    for cell in ("E3", "E5"):
        old = book["B01"][cell].comment
        book["B01"][cell].comment = Comment(f"{old.text}\nđã hỏi lại", old.author)
    made = io.BytesIO()
    book.save(made)
    clean = annotate(made.getvalue(), {})
    assert notes(clean) == {"E3": "đã hỏi lại", "E5": "của đơn vị\nđã hỏi lại"}
    assert sheet_of(clean)["E3"].comment.author != "tonghop"
    assert notes(annotate(annotate(clean, FIRST), {})) == notes(clean)


def test_the_list_stays_open_where_the_unit_left_it_open(sent: bytes) -> None:
    book = openpyxl.load_workbook(io.BytesIO(annotate(sent, FIRST, LISTING)))
    book.active = 0
    made = io.BytesIO()
    book.save(made)
    again = openpyxl.load_workbook(io.BytesIO(annotate(made.getvalue(), SECOND, LISTING)))
    assert again.active.title == FINDINGS_SHEET
    assert again[FINDINGS_SHEET].sheet_view.tabSelected
    assert openpyxl.load_workbook(io.BytesIO(annotate(made.getvalue(), {}))).active.title == "B01"


def test_formulas_that_the_unit_wrote_on_the_list_are_in_no_chain_any_more(sent: bytes) -> None:
    back = annotate(sent, FIRST, LISTING)
    parts = opened(back).parts
    number = re.search(rb'name="PHAT_HIEN" sheetId="([0-9]+)"', parts["xl/workbook.xml"])
    assert number
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    changed = {
        "xl/calcChain.xml": b'<calcChain xmlns="%s"><c r="K1" i="%s"/></calcChain>' % (main, number[1]),
        "xl/_rels/workbook.xml.rels": parts["xl/_rels/workbook.xml.rels"].replace(
            b"</Relationships>", b'<Relationship Id="rId99" Type="%s" Target="calcChain.xml"/></Relationships>' % kind
        ),
    }
    assert "xl/calcChain.xml" not in opened(annotate(repacked(back, **changed), {})).parts
    other = {**changed, "xl/calcChain.xml": b'<calcChain xmlns="%s"><c r="K1" i="1"/></calcChain>' % main}
    assert "xl/calcChain.xml" in opened(annotate(repacked(back, **other), {})).parts


def test_what_libreoffice_saved_of_it(demo: Demo, sent: bytes, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    package = (demo.workspace.templates / "2020" / "LC-21.xlsx").read_bytes()
    marks: Marks = {
        ("B01", "E14"): Mark("hard", "Sai"),
        ("B02", "F12"): Mark("soft", "Lạ"),
        ("B01", "C99"): Mark("info", "Trống"),
    }
    for name, data in (("plain", sent), ("package", package)):
        (tmp_path / f"{name}-before.xlsx").write_bytes(data)
        first = FIRST if name == "plain" else marks
        (tmp_path / f"{name}-after.xlsx").write_bytes(annotate(data, first, LISTING))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    made = [str(path) for path in tmp_path.glob("*.xlsx")]
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), *made]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for name in ("plain", "package"):
        before = (tmp_path / "saved" / f"{name}-before.xlsx").read_bytes()
        after = (tmp_path / "saved" / f"{name}-after.xlsx").read_bytes()
        assert notes(after) != notes(before)
        clean = annotate(after, {})
        assert (fills(clean), notes(clean)) == (fills(before), notes(before))
        assert values(clean) == values(before) == values(annotate(after, SECOND, LISTING))
        if name == "plain":
            new = {(sheet, cell): f"FF{MARKS[mark.severity][1:]}" for (sheet, cell), mark in SECOND.items()}
            assert fills(annotate(after, SECOND, LISTING)) == {**fills(before), **new}


def test_a_sheet_of_the_unit_is_never_taken_for_the_list(sent: bytes) -> None:
    back = annotate(sent, FIRST, LISTING)
    xml = opened(back).parts["xl/workbook.xml"].replace(b"'PHAT_HIEN'!$A$1<", b"'B01'!$A$1<")
    assert list(opened(annotate(repacked(back, **{"xl/workbook.xml": xml}), {})).sheets) == ["B01"]
    named = opened(sent).parts["xl/workbook.xml"].replace(b'name="B01"', b'name="PHAT_HIEN"')
    assert list(opened(annotate(repacked(sent, **{"xl/workbook.xml": named}), {})).sheets) == ["PHAT_HIEN"]
