"""What bytes tell of texts, numbers, days and how they are shown is what a parser makes of them, or nothing."""

from __future__ import annotations

import io
import math
import re
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from pipeline.sheet_texts import Place, day, number, places_of, said, shown_as, texts_of, words

SHEET, TEXTS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
LEGAL = st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff")


def workbook(rows: str, texts: bytes = b"", styles: bytes = b"") -> bytes:
    """A workbook of one sheet with these cells, and these lists of texts and styles, if they are given."""
    first, out = io.BytesIO(), io.BytesIO()
    with Workbook(first) as book:
        book.add_worksheet().write_string(0, 0, "a")
    with zipfile.ZipFile(first) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == SHEET:
                content = re.sub(b"<sheetData>.*</sheetData>", b"", content)
                content = content.replace(b"<pageMargins", f"<sheetData>{rows}</sheetData><pageMargins".encode())
            given_instead = texts if name == TEXTS else styles if name == STYLES else b""
            target.writestr(name, given_instead or content)
    return out.getvalue()


def parsed(data: bytes) -> list[object]:
    """What the parser finds in the first column."""
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [row[0] for row in rows]


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def listed(*texts: bytes) -> bytes:
    return b"<sst>" + b"".join(b"<si>%b</si>" % text for text in texts) + b"</sst>"


def both_ways(texts: bytes, count: int) -> list[tuple[str | None, object]]:
    """Each of so many texts as its bytes tell it, and as the parser has it in a cell; an error is its own kind."""
    told = texts_of(texts) or []
    found = []
    for i in range(count):
        rows = f'<row r="1"><c r="A1" t="s"><v>{i}</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
        try:
            raw = parsed(workbook(rows, texts))[0]
        except Exception as fault:
            raw = fault
        found.append((said(told[i]) if i < len(told) else None, raw))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(LEGAL, min_size=1, max_size=12), min_size=1, max_size=6))
@example([" trước", "sau ", "  ", "hai\ndòng", "a\tb", "\n", "&amp;", "<b>&'\"", "_x000D_", "a\rb", "\x01", "_", "'="])
def test_texts_are_told_as_the_parser_has_them(texts: list[str]) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        sheet = book.add_worksheet()
        for i, text in enumerate(texts):
            sheet.write_string(i, 0, text)
    written = texts_of(part(out.getvalue(), TEXTS))
    # Of a list in which one text cannot be told for sure none is.
    assert written is not None or any(re.search(r"_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b-\x1f]", text) for text in texts)
    places = re.findall(rb'<c r="A[0-9]+" t="s"><v>([0-9]+)</v></c>', part(out.getvalue(), SHEET))
    if written is not None:
        assert [said(written[int(at)]) for at in places] == parsed(out.getvalue())


@pytest.mark.parametrize(
    "text",
    [
        b"<r><t>a</t></r>",
        b'<r><rPr><b/></rPr><t>a</t></r><r><t xml:space="preserve"> b</t></r>',
        b"<t>a</t><r><t>b</t></r>",
        b'<t>a</t><rPh sb="0" eb="1"><t>b</t></rPh>',
        b'<t>a</t><phoneticPr fontId="1"/>',
        b"<t>a</t><t>b</t>",
        b"<t/>",
        b"",
        b"<x:t>a</x:t>",
        b'<t xml:space="default"> a </t>',
        b"<t>a_x000D_b</t>",
        b"<t>a_x005F_x000D_b</t>",
        b"<t>a\rb</t>",
        b"<t>a&#10;b</t>",
        b"<t>&#273;</t>",
        b"<t>&nbsp;</t>",
        b"<t>&amp</t>",
        b"<t>a & b</t>",
        b"<t><![CDATA[a]]></t>",
        b"<t>a<!-- b --></t>",
        b"<t>\xff</t>",
    ],
)
def test_a_text_that_is_more_than_its_letters_is_not_told(text: bytes) -> None:
    assert said(text + b"</si>") is None
    assert texts_of(listed(b"<t>a</t>", text, b"<t>sau</t>")) is None
    assert texts_of(listed(b"<t>a</t>", b"<t>sau</t>")) is not None


def test_references_stand_for_what_they_name_once() -> None:
    texts = [b"<t>&amp;lt;</t>", b"<t>&lt;b&gt; &quot;&apos;</t>", b"<t>&amp;copy</t>", b"<t>&amp;amp;#39;</t>"]
    expected = ["&lt;", "<b> \"'", "&copy", "&amp;#39;"]
    assert both_ways(listed(*texts), 4) == [(text, text) for text in expected]


def differing(texts: bytes, count: int) -> list[tuple[str | None, object]]:
    return [(told, found) for told, found in both_ways(texts, count) if told is not None and told != found]


def test_blanks_that_are_said_to_stay_and_those_of_other_scripts_stay() -> None:
    texts = [b'<t xml:space="preserve"> a\n</t>', "<t>\u00a0a\u3000</t>".encode(), b"<t>a  b\nc</t>"]
    assert both_ways(listed(*texts), 3) == [(text, text) for text in (" a\n", "\u00a0a\u3000", "a  b\nc")]


@pytest.mark.parametrize("text", [b"<t> a </t>", b"<t>a\n</t>", b"<t>\ta</t>", b"<t>  </t>", b"<t>a &amp; </t>"])
def test_blanks_that_are_not_said_to_stay_are_told_as_the_parser_has_them(text: bytes) -> None:
    assert differing(listed(text), 1) == []


def test_a_text_is_the_one_that_the_parser_counts() -> None:
    assert differing(b"<sst><!-- <si><t>x</t></si> --><si><t>a</t></si><si><t>b</t></si></sst>", 3) == []


@pytest.mark.parametrize("prefix", [b"<si/>", b'<si xml:lang="vi"><t>a</t></si>', b"<si\n><t>a</t></si>"])
def test_of_a_list_in_which_not_every_text_begins_alike_none_is_told(prefix: bytes) -> None:
    assert texts_of(b"<sst>" + prefix + b"<si><t>b</t></si></sst>") is None


def test_a_list_without_its_end_tells_nothing() -> None:
    assert not texts_of(b"<sst><si><t>a</t></si>")
    assert texts_of(b"<sst></sst>") == []


@settings(max_examples=100, deadline=None)
@given(st.text(LEGAL, max_size=12))
@example(" a ")
@example("_x0041_")
def test_words_between_two_tags_are_the_parsers(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", text):
        return
    told = words(escaped.encode())
    rows = f'<row r="1"><c r="A1" t="str"><v>{escaped}</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
    assert told in (None, parsed(workbook(rows))[0])
    assert told is not None or "_x" in text or "\r" in text


NUMBERS = ["5", "-5", "007", "1.50", "1e5", "1E+05", "1e-7", "9" * 30, "-0", "0.1", "12345678901234567890"]
LONG = ["1E400", "9" * 400, "0." + "1" * 40]
NONE = ["", " 1", "1 ", "nan", "NaN", "inf", "-inf", "infinity", "1_000", "0x10", "1e", "e5", "1,5", "--1", "٣", *LONG]


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789.-+eE_ xnaif", min_size=1, max_size=8))
def test_a_number_is_the_parsers(written: str) -> None:
    told = number(written.encode())
    [found] = parsed(workbook(f'<row r="1"><c r="A1"><v>{written}</v></c></row>'))
    assert told is None or (type(found), found) == (float, told)


@pytest.mark.parametrize("written", NUMBERS)
def test_what_programs_write_as_a_number_is_one(written: str) -> None:
    told = number(written.encode())
    assert told is not None
    assert parsed(workbook(f'<row r="1"><c r="A1"><v>{written}</v></c></row>')) == [told]
    assert math.copysign(1, told) == (-1 if written.startswith("-") else 1)


@pytest.mark.parametrize("written", NONE)
def test_what_no_program_writes_as_a_number_is_none(written: str) -> None:
    assert number(written.encode()) is None


CODES = ["General", "0", "0.00", "#,##0", "#,##0.00", "0%", "@", "#,##0;-#,##0;0", 'General"%"', "0.0%", "dd/mm/yyyy"]
MORE = ["yyyy", "hh:mm", "[h]:mm", "d", '"d"0', "[Red]0", "[$-42A]dd mmmm", "0.00E+00", "# ?/?", "\\d0"]


@pytest.mark.parametrize("code", [*CODES, *MORE])
def test_a_number_is_shown_as_the_parser_has_it(code: str) -> None:
    out = io.BytesIO()
    with Workbook(out) as book:
        book.add_worksheet().write_number(0, 0, 44000, book.add_format({"num_format": code}))
    shown = shown_as(part(out.getvalue(), STYLES))
    style = int(re.findall(rb'<c r="A1" s="([0-9]+)"', part(out.getvalue(), SHEET))[0])
    [found] = parsed(out.getvalue())
    assert {"number": found == 44000.0, "day": found == date(2020, 6, 18), "": True}[shown[style]]
    if code in ("General", "#,##0", "0.00", "@"):
        assert shown[style] == "number"
    assert (shown[style] == "day") is (code == "dd/mm/yyyy")


STYLE = '<styleSheet>{formats}<cellXfs count="1"><xf numFmtId="{id}"/></cellXfs></styleSheet>'


@pytest.mark.parametrize("own", ["", "0.00", "dd/mm/yyyy", "General", "yyyy"])
@pytest.mark.parametrize("built_in", [*range(60), 164])
def test_a_format_by_its_number_is_the_parsers_and_a_files_own_comes_first(built_in: int, own: str) -> None:
    formats = f'<numFmts><numFmt numFmtId="{built_in}" formatCode="{own}"/></numFmts>' if own else ""
    styles = STYLE.format(formats=formats, id=built_in).encode()
    [found] = parsed(workbook('<row r="1"><c r="A1" s="0"><v>44000</v></c></row>', styles=styles))
    [shown] = shown_as(styles)
    assert {"number": found == 44000.0, "day": found == date(2020, 6, 18), "": True}[shown]


def test_days_and_numbers_of_excels_own_formats_are_told() -> None:
    assert [shown_as(STYLE.format(formats="", id=one).encode()) for one in (0, 1, 3, 14, 49)] == [
        *[("number",)] * 3,
        ("day",),
        ("number",),
    ]


def test_styles_that_are_not_written_as_usual_tell_nothing() -> None:
    turned = STYLE.format(formats='<numFmts><numFmt formatCode="0" numFmtId="165"/></numFmts>', id=165).encode()
    assert shown_as(turned) == ("number",)
    assert shown_as(b"<styleSheet/>") == ()
    assert shown_as(b'<styleSheet><cellXfs><xf numFmtId="0"/></bad></cellXfs></styleSheet>') == ()
    assert shown_as(b'<styleSheet><cellXfs><xf xfId="0"/></cellXfs></styleSheet>') == ("",)


@pytest.mark.parametrize(
    "listed_styles",
    [
        '<cellXfs><xf/><xf numFmtId="14"/><xf numFmtId="0"/></cellXfs>',
        '<cellXfs><xf\nnumFmtId="0"/><xf numFmtId="14"/><xf numFmtId="0"/></cellXfs>',
        '<!-- <cellXfs><xf numFmtId="0"/></cellXfs> --><cellXfs><xf numFmtId="14"/></cellXfs>',
        '<cellXfs><!-- <xf numFmtId="0"/> --><xf numFmtId="14"/></cellXfs>',
    ],
)
def test_a_style_is_the_one_that_the_parser_counts(listed_styles: str) -> None:
    styles = f"<styleSheet>{listed_styles}</styleSheet>".encode()
    for i, shown in enumerate(shown_as(styles)):
        [found] = parsed(workbook(f'<row r="1"><c r="A1" s="{i}"><v>44000</v></c></row>', styles=styles))
        assert {"number": found == 44000.0, "day": found == date(2020, 6, 18), "": True}[shown]


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.integers(-10, 3_000_000), st.floats(-10, 3_000_000)))
@example(0)
@example(59)
@example(60)
@example(61)
@example(44000.5)
@example(2_958_465)
@example(2_958_466)
def test_a_day_is_the_parsers(serial: float) -> None:
    styles = STYLE.format(formats="", id=14).encode()
    [found] = parsed(workbook(f'<row r="1"><c r="A1" s="0"><v>{serial!r}</v></c></row>', styles=styles))
    told = day(float(serial))
    assert told is None or (told == found and not isinstance(found, datetime))


def test_days_begin_after_the_one_that_never_was() -> None:
    assert (day(61.0), day(2_958_465.0)) == (date(1900, 3, 1), date(9999, 12, 31))
    # The 28 February 1900 and the day behind it are one for some readers.
    assert [day(serial) for serial in (0.0, 1.0, 59.0, 60.0, 2_958_466.0, 44000.5, -1.0)] == [None] * 7


def test_places_are_told_of_cells_in_their_order_alone() -> None:
    assert places_of(b'<row><c r="A1"/><c r="AB1" s="3" t="str"><f>1</f/></row><row><c r="A2"/>') == (
        Place(0, 0, 0, ""),
        Place(0, 27, 3, "str"),
        Place(1, 0, 0, ""),
    )
    for bare in (
        b'<c r="B1"/><c r="A1"/>',
        b'<c r="A1"/><c r="A1"/>',
        b'<c r="A2"/><c r="B1"/>',
        b'<c r="A0"/>',
        b'<c r="a1"/>',
        b'<c r="A1" t="str" s="3"/>',
        b'<c r="A1" cm="1"/>',
        b'<c s="1"/>',
        b'<c r="A1" />',
    ):
        assert places_of(bare) is None
