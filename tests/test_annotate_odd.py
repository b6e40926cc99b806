"""Files that are written in an unusual way, or hold what marks must not break: marked with care, or refused."""

from __future__ import annotations

import io
import re
from zipfile import ZIP_STORED, ZipFile

import openpyxl
import pytest
import xlsxwriter
from annotated import assert_kept, opened
from openpyxl.worksheet.worksheet import Worksheet
from test_annotate_kept import repacked

from pipeline.annotate import AnnotateError, Line, Listing, Mark, Marks, annotate, ending
from pipeline.annotate_parts import opened as package_of
from pipeline.annotate_styles import Styles, fill_word, fill_xml, is_fill, solid
from pipeline.annotate_xml import escaped

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
MARKED: Marks = {("B01", "B2"): Mark("hard", "Sai"), ("B01", "D9"): Mark("soft", "Trống")}
LISTING = Listing("U1", (Line("hard", "Sai", "", "a", "B01", ("B2",)),))


@pytest.fixture
def plain() -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("B01")
        sheet.write_number("B2", 5)
        sheet.write_number("C2", 6)
        sheet.write_number("B12", 7)
    return made.getvalue()


def changed(data: bytes, part: str, *pairs: tuple[str, str]) -> bytes:
    """The file with words of a part replaced."""
    xml = opened(data).parts[part].decode()
    for old, new in pairs:
        assert old in xml
        xml = xml.replace(old, new)
    return repacked(data, **{part: xml.encode()})


def sheet_of(data: bytes) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(data))["B01"]


def colours(data: bytes) -> dict[str, str]:
    return {
        cell.coordinate: cell.fill.fgColor.rgb
        for row in sheet_of(data).iter_rows()
        for cell in row
        if cell.fill.fill_type == "solid"
    }


def test_cells_and_rows_without_an_address_are_counted(plain: bytes) -> None:
    data = changed(plain, SHEET, (' r="2"', ""), (' r="C2"', ""), ('<row spans="2:3">', '<row r="2" spans="2:3">'))
    assert colours(annotate(data, {("B01", "C2"): Mark("hard", "x")})) == {"C2": "FFF8B4B4"}
    bare = re.sub(r' r="[A-Z]*[0-9]+"| spans="[0-9:]*"', "", opened(plain).parts[SHEET].decode())
    data = repacked(plain, **{SHEET: bare.encode()})
    marks: Marks = {
        ("B01", "B1"): Mark("hard", "x"),
        ("B01", "A2"): Mark("soft", "y"),
        ("B01", "C2"): Mark("info", "z"),
    }
    after = annotate(data, marks)
    assert_kept(data, after, marks)
    styles = [int(style) for style in re.findall(rb'<c s="([0-9]+)"', opened(after).parts[SHEET])]
    assert len(styles) == 2


def test_attributes_in_another_order_single_quotes_and_line_breaks(plain: bytes) -> None:
    data = changed(plain, SHEET, ('<c r="B2">', "<c\n  s='0' r = 'B2' >"), ('<row r="2"', "<row\tht='20' r='2'"))
    after = annotate(data, MARKED, LISTING)
    assert colours(after) == {"B2": "FFF8B4B4", "D9": "FFFCE08A"}
    assert_kept(data, after, MARKED)


def test_what_looks_like_a_cell_in_a_remark_or_a_text_is_none(plain: bytes) -> None:
    tricks = (
        ("<sheetData>", '<sheetData><!-- <row r="2"><c r="B2"/></row> -->'),
        ('<c r="C2"><v>6</v>', '<c r="C2" t="inlineStr"><is><t><![CDATA[<c r="B2"/></row>]]></t></is>'),
        ('<row r="12"', '<?x <row r="9"/> ?><row r="12"'),
    )
    data = changed(plain, SHEET, *tricks)
    after = annotate(data, MARKED)
    assert colours(after) == {"B2": "FFF8B4B4", "D9": "FFFCE08A"}
    assert_kept(data, after, MARKED)


def test_a_sheet_without_any_cell(plain: bytes) -> None:
    xml = re.sub(rb"<sheetData>.*</sheetData>", b"<sheetData/>", opened(plain).parts[SHEET])
    after = annotate(repacked(plain, **{SHEET: xml}), MARKED)
    assert colours(after) == {"B2": "FFF8B4B4", "D9": "FFFCE08A"}


def test_a_new_cell_takes_the_style_of_its_row() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("B01")
        sheet.set_row(8, None, book.add_format({"italic": True}))
        sheet.set_column("D:D", None, book.add_format({"bold": True}))
    font = sheet_of(annotate(made.getvalue(), MARKED))["D9"].font
    assert (font.italic, font.bold) == (True, False)


def test_the_drawing_of_comments_stands_where_a_sheet_has_it(plain: bytes) -> None:
    tail = (
        '<picture r:id="rId7"/><mc:AlternateContent xmlns:mc="mc"><mc:Choice Requires="x14"><controls/></mc:Choice>'
        '</mc:AlternateContent><tableParts count="0"/><extLst><ext uri="x"><a/></ext></extLst></worksheet>'
    )
    for first in ("<picture", "<mc:AlternateContent", "<tableParts", "<extLst", "</worksheet"):
        data = changed(plain, SHEET, ("</worksheet>", tail[tail.index(first) :]))
        assert f'<legacyDrawing r:id="rId2"/>{first}'.encode() in opened(annotate(data, MARKED)).parts[SHEET]


def test_a_talk_is_left_alone_and_its_cell_coloured() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet("B01")
        sheet.write_comment("B2", "[Threaded comment]\n\nhỏi", {"author": "tc={0A}"})
        sheet.write_comment("C4", "thường", {"author": "Chị Lan"})
    kind = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    threads = '<ThreadedComments xmlns="t"><threadedComment ref="B2" id="{0A}"><text>hỏi</text></threadedComment>'
    rels = "xl/worksheets/_rels/sheet1.xml.rels"
    line = f'<Relationship Id="rId9" Type="{kind}" Target="../threadedComments/threadedComment1.xml"/></Relationships>'
    data = changed(made.getvalue(), rels, ("</Relationships>", line))
    data = repacked(data, **{"xl/threadedComments/threadedComment1.xml": f"{threads}</ThreadedComments>".encode()})
    after = annotate(data, MARKED, LISTING)
    assert_kept(data, after, MARKED)
    assert colours(after) == {"B2": "FFF8B4B4", "D9": "FFFCE08A"}
    notes = {cell: sheet_of(after)[cell].comment for cell in ("B2", "C4", "D9")}
    assert notes["B2"].text == "[Threaded comment]\n\nhỏi"
    assert notes["C4"].text == "thường"
    assert "Trống" in notes["D9"].text
    assert opened(annotate(after, {})).parts["xl/comments1.xml"] == opened(data).parts["xl/comments1.xml"]


def test_a_comment_in_plain_words_or_in_several_runs_is_kept_to_the_letter() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("B01").write_comment("B2", "x")
    runs = "<text><r><t>một_x000D_\n</t></r><r><rPr><b/></rPr><t xml:space='preserve'> &lt;hai&gt; </t></r></text>"
    for text in (runs, "<text><t>thường &amp; thẳng</t></text>"):
        xml = re.sub(r"<text>.*</text>", text, opened(made.getvalue()).parts["xl/comments1.xml"].decode())
        data = repacked(made.getvalue(), **{"xl/comments1.xml": xml.encode()})
        before = sheet_of(data)["B2"].comment.text
        after = annotate(data, MARKED)
        assert sheet_of(after)["B2"].comment.text.startswith(f"{before}\n———— tonghop")
        assert sheet_of(annotate(after, {}))["B2"].comment.text == before


def test_the_box_of_a_comment_is_as_large_as_its_words_need(plain: bytes) -> None:
    def size(words: str) -> tuple[int, int]:
        vml = opened(annotate(plain, {("B01", "B2"): Mark("hard", words)})).parts["xl/drawings/vmlDrawing1.vml"]
        [anchor] = re.findall(rb"<x:Anchor>([^<]*)<", vml)
        left, right, top, down, last, at_right, end, at_bottom = map(int, anchor.split(b","))
        return 64 * (last - left) + at_right - right, 20 * (end - top) + at_bottom - down

    assert size("ngắn") < size("Câu này dài hơn một dòng, nên hộp cao hơn. " * 5) < size("Câu này rất dài. " * 100)
    assert size("ngắn") == (330, 60)


def test_form_controls_that_share_the_drawing_stay() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("B01").insert_button("D2", {"caption": "Bấm"})
    data = made.getvalue()
    after = annotate(data, MARKED)
    assert_kept(data, after, MARKED)
    [drawing] = opened(data).related(SHEET, "vmlDrawing")
    assert opened(annotate(after, {})).parts[drawing].count(b"<v:shape ") == 1
    numbers = re.findall(rb'id="_x0000_s([0-9]+)"', opened(after).parts[drawing])
    assert len(set(numbers)) == 3


def test_a_strict_workbook_stays_one(plain: bytes) -> None:
    strict = {
        name: part.replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main").replace(
            RELATIONS.encode(), b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        )
        for name, part in opened(plain).parts.items()
    }
    after = opened(annotate(repacked(plain, **strict), MARKED, LISTING))
    assert not any(b"schemas.openxmlformats.org/officeDocument/2006/rel" in part for part in after.parts.values())
    assert b"purl.oclc.org" in after.parts["xl/comments1.xml"]


def test_the_shown_part_of_the_tabs_begins_with_the_list(plain: bytes) -> None:
    data = changed(plain, "xl/workbook.xml", ("<workbookView ", '<workbookView firstSheet="5" '))
    assert b"firstSheet" not in opened(annotate(data, {}, LISTING)).parts["xl/workbook.xml"]
    none = re.sub(r"<bookViews>.*</bookViews>", "", opened(plain).parts["xl/workbook.xml"].decode()).encode()
    after = annotate(repacked(plain, **{"xl/workbook.xml": none}), {}, LISTING)
    assert openpyxl.load_workbook(io.BytesIO(after)).active.title == "B01"


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        (SHEET, 'encoding="UTF-8"', 'encoding="UTF-16"'),
        (SHEET, "<worksheet ", "<!DOCTYPE worksheet><worksheet "),
        (SHEET, '<row r="12"', '<row r="1"'),
        (SHEET, '<c r="C2"', '<c r="A2"'),
        (SHEET, '<c r="C2"', '<c r="C3"'),
        (SHEET, "</sheetData>", ""),
        (SHEET, '<c r="B2">', '<c r="B2" s="99">'),
        (SHEET, '<c r="B2">', '<c r="B2" s=0>'),
        ("xl/styles.xml", "</cellXfs>", ""),
        ("xl/styles.xml", "<fills ", "<x:fills "),
        ("xl/workbook.xml", "<workbook ", '<x:workbook xmlns:x="x" '),
        ("xl/workbook.xml", 'r:id="rId1"', 'r:id="rId77"'),
        ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "worksheets/sheet7.xml"),
        ("[Content_Types].xml", "</Types>", ""),
    ],
)
def test_xml_that_is_not_as_programs_write_it_is_refused(plain: bytes, part: str, old: str, new: str) -> None:
    data = changed(plain, part, (old, new))
    with pytest.raises(AnnotateError):
        annotate(data, MARKED, LISTING)


def test_a_signed_file_is_refused_for_its_signature_would_not_hold(plain: bytes) -> None:
    with pytest.raises(AnnotateError, match="signed"):
        annotate(repacked(plain, **{"_xmlsignatures/sig1.xml": b"<Signature/>"}), MARKED)


def test_a_file_that_keeps_a_log_of_its_changes_is_refused(plain: bytes) -> None:
    line = f'<Relationship Id="rId9" Type="{RELATIONS}/revisionHeaders" Target="r.xml"/></Relationships>'
    data = changed(plain, "xl/_rels/workbook.xml.rels", ("</Relationships>", line))
    with pytest.raises(AnnotateError, match="log"):
        annotate(data, MARKED)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04" + b"0" * 100, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9])
def test_what_is_no_workbook_is_refused(data: bytes) -> None:
    with pytest.raises(AnnotateError):
        annotate(data, MARKED)


def test_a_crooked_zip_is_refused(plain: bytes) -> None:
    for data in (b"MZ" + plain, plain[:-30], plain + plain):
        with pytest.raises(AnnotateError):
            annotate(data, MARKED)
    entry = plain.index(b"PK\x01\x02", plain.index(b"PK\x01\x02") + 4)
    with pytest.raises(AnnotateError):
        annotate(plain[: entry + 42] + bytes(4) + plain[entry + 46 :], MARKED)


def test_a_member_that_is_not_packed_is_copied_as_it_is(plain: bytes) -> None:
    made = io.BytesIO()
    with ZipFile(io.BytesIO(plain)) as old, ZipFile(made, "w", ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert_kept(made.getvalue(), annotate(made.getvalue(), MARKED, LISTING), MARKED)


def test_a_part_that_was_added_and_left_out_again_leaves_no_trace(plain: bytes) -> None:
    package = package_of(plain)
    package.write("xl/x.xml", b"<x/>")
    package.declare("xl/x.xml", "x")
    number = package.relate("xl/workbook.xml", "x", "xl/x.xml")
    package.remove("xl/x.xml")
    package.unrelate("xl/workbook.xml", number)
    assert opened(package.packed()).parts == opened(plain).parts


@pytest.mark.parametrize(
    ("xml", "word"),
    [
        (b"<fill><patternFill/></fill>", "none"),
        (b'<fill><patternFill patternType="none"/></fill>', "none"),
        (
            b'<fill><patternFill patternType="solid"><fgColor rgb="FFFFF8DC"/><bgColor indexed="64"/>'
            b"</patternFill></fill>",
            "solid_rFFFFF8DC_i64",
        ),
        (
            b'<fill><patternFill patternType="solid"><fgColor theme="0" tint="-4.9989318521683403E-2"/>'
            b"</patternFill></fill>",
            "solid_t0vm4d9989318521683403em2_x",
        ),
        (b'<fill><patternFill patternType="gray125"><bgColor auto="1"/></patternFill></fill>', "gray125_x_a"),
    ],
)
def test_a_fill_is_told_by_a_word_and_made_from_it_again(xml: bytes, word: str) -> None:
    assert fill_word(xml) == word
    assert is_fill(word)
    assert fill_word(fill_xml(word)) == word


def test_a_fill_from_colour_to_colour_is_told_by_no_word(plain: bytes) -> None:
    gradient = '<fill><gradientFill degree="90"><stop position="0"><color theme="0"/></stop></gradientFill></fill>'
    assert fill_word(gradient.encode()) is None
    styles = opened(plain).parts["xl/styles.xml"].decode()
    styles = styles.replace("</fills>", f"{gradient}</fills>")
    styles = styles.replace('fillId="0" borderId="0" xfId', 'fillId="2" borderId="0" xfId')
    data = repacked(plain, **{"xl/styles.xml": styles.encode()})
    after = annotate(data, MARKED)
    assert colours(after) == {}
    assert "Sai" in sheet_of(after)["B2"].comment.text


def test_styles_that_differ_by_their_fill_alone_are_found() -> None:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        for row, colour in enumerate(("#FFF8DC", "#F8B4B4", "#CFE2FF")):
            sheet.write_number(row, 0, 1, book.add_format({"bg_color": colour, "bold": True}))
    styles = Styles(opened(made.getvalue()).parts["xl/styles.xml"])
    marks = [solid("#F8B4B4"), solid("#CFE2FF")]
    assert styles.styles_with(marks) == {2, 3}
    assert styles.likely_fill(2, marks) == solid("#FFF8DC")
    assert styles.likely_fill(2, [solid("#F8B4B4")]) == "none"
    assert styles.filled(2, solid("#FFF8DC")) == 1
    assert not styles.grown


def test_a_text_is_written_so_that_it_is_read_as_it_is() -> None:
    assert escaped('<a> & "b"\r\n\x00_x0041_ _x1_') == b"&lt;a&gt; &amp; &quot;b&quot;\n_x005F_x0041_ _x1_"


def test_a_workbook_with_macros_needs_another_name(plain: bytes) -> None:
    assert ending(plain) == ending(annotate(plain, MARKED, LISTING)) == ".xlsx"
    usual = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macros = changed(plain, "[Content_Types].xml", (usual, "application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    assert ending(annotate(macros, MARKED, LISTING)) == ".xlsm"
    assert ending(changed(plain, "[Content_Types].xml", (usual, "application/x"))) == ""
    with pytest.raises(AnnotateError):
        ending(b"")


def test_sizes_beyond_any_number_are_refused(plain: bytes) -> None:
    data = changed(plain, SHEET, ('defaultRowHeight="15"', 'defaultRowHeight="1e999"'))
    with pytest.raises(AnnotateError):
        annotate(data, MARKED)
