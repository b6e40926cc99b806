"""What .xls, .ods and .xlsb show beside their values, and a reader that stays silent."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font
from python_calamine import CalamineWorkbook
from test_formats import zipped

from pipeline import guard_ole
from pipeline.guard import inspect
from pipeline.guard_bounds import address
from pipeline.layout import CHECK_SHEET
from pipeline.legacy_text import decoded, encoded
from pipeline.looks import NOTHING, Formula, Looks, is_percent
from pipeline.read_looks_xls import looks_of_xls
from pipeline.read_quiet import quiet

ROOT = Path(__file__).parent.parent
SHEET, SECOND = "Biểu 01", "Trang khác"
FONTS = [".VnArial", ".VnTime", ".VnTimeH", "VNI-Times"]
WORDS = {
    SHEET: {
        "B1": "Công đoàn cơ sở",
        "B2": "ĐƯỜNG SẮT",
        "B3": "Nguyễn Thị Bưởi",
        "B5": "Đơn vị: bưu điện và trường",
        "B6": "hai\ndòng",
    },
    SECOND: {"A2": "đoàn viên"},
}


def reader_rows(clean: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(clean))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def reader_cells(clean: bytes) -> dict[str, dict[str, Any]]:
    """The filled cells of each sheet by address, as the reader gives them."""

    def filled(rows: list[list[Any]]) -> dict[str, Any]:
        return {address(i, j): value for i, row in enumerate(rows, 1) for j, value in enumerate(row, 1) if value != ""}

    return {name: filled(rows) for name, rows in reader_rows(clean).items()}


# --- saved by LibreOffice


def styled(path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = SHEET
    other = book.create_sheet(SECOND)
    numbers = {"A1": (0.391, "0.0%"), "A2": (0.5, "0%"), "A3": (12, "General"), "A4": (1500000, "#,##0,")}
    for at, (value, code) in {**numbers, "A5": (7, '0"%"'), "C3": ("=A1", "0.00%")}.items():
        sheet[at].value, sheet[at].number_format = value, code
    texts = {
        "B1": (encoded(WORDS[SHEET]["B1"], "tcvn3"), ".VnTime"),
        "B2": (encoded(WORDS[SHEET]["B2"], "tcvn3-capitals"), ".VnTimeH"),
        "B3": (encoded(WORDS[SHEET]["B3"], "vni"), "VNI-Times"),
        "B4": ("Chữ thường", "Times New Roman"),
        "B6": (encoded(WORDS[SHEET]["B6"], "tcvn3"), ".VnTime"),
        "B7": ("À", ".VnTime"),
    }
    for at, (text, font) in texts.items():
        sheet[at].value, sheet[at].font = text, Font(name=font)
    abc = TextBlock(InlineFont(rFont=".VnTime"), encoded("bưu điện", "tcvn3"))
    vni = TextBlock(InlineFont(rFont="VNI-Times"), encoded(" và trường", "vni"))
    sheet["B5"] = CellRichText("Đơn vị: ", abc, vni)
    sheet["C1"], sheet["C2"] = "=A1*2", '=IF(A3>5,"","x")'
    sheet["C4"] = f"='{SECOND}'!A1&\"[a]\""
    sheet["C5"] = "='[khác.xlsx]S'!A1"
    other["A1"] = "x"
    other["A2"].value, other["A2"].font = encoded(WORDS[SECOND]["A2"], "tcvn3"), Font(name=".VnArial")
    for row in other.iter_rows(5, 7, 2, 3):
        for cell in row:
            cell.value, cell.number_format = 0.25, "0%"
    book.save(path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook of odd formats and fonts, as LibreOffice saves it."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    folder = tmp_path_factory.mktemp("looks")
    styled(folder / "looks.xlsx")
    for kind in ("xls", "ods"):
        command = [soffice, f"-env:UserInstallation=file://{folder / 'profile'}", "--headless", "--convert-to", kind]
        command += ["--outdir", str(folder), str(folder / "looks.xlsx")]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


def test_a_saved_xls_tells_its_formats_and_its_legacy_text(saved: Path) -> None:
    looks = looks_of_xls(inspect((saved / "looks.xls").read_bytes()).clean)
    assert looks.formats is not None
    assert looks.formats[SHEET] == {"A1": "0.0%", "A2": "0%", "A4": "#,##0,", "A5": "0\\%", "C3": "0.00%"}
    assert [at for at, code in looks.formats[SHEET].items() if is_percent(code)] == ["A1", "A2", "C3"]
    assert looks.formats[SECOND] == dict.fromkeys(("B5", "C5", "B6", "C6", "B7", "C7"), "0%")
    assert (looks.words, looks.unclear, looks.fonts) == (WORDS, {SHEET: ["B7"]}, FONTS)
    assert looks.formulas is None


def test_a_saved_ods_tells_percentages_formulas_and_its_legacy_text(saved: Path) -> None:
    looks = inspect((saved / "looks.ods").read_bytes()).looks
    percents = {SHEET: ("A1", "A2", "C3"), SECOND: ("B5", "C5", "B6", "C6", "B7", "C7")}
    assert looks.formats == {sheet: dict.fromkeys(cells, "0%") for sheet, cells in percents.items()}
    assert (looks.words, looks.unclear, looks.fonts) == (WORDS, {SHEET: ["B7"]}, FONTS)
    assert looks.formulas is not None
    assert looks.formulas[SECOND] == {}
    outside = looks.formulas[SHEET].pop("C5")  # type: ignore[attr-defined]
    texts = {"C1": "=A1*2", "C2": '=IF(A3>5;"";"x")', "C3": "=A1", "C4": f"=$'{SECOND}'.A1&\"[a]\""}
    assert looks.formulas[SHEET] == {at: Formula(text, cached=True) for at, text in texts.items()}
    assert outside.external
    assert not any(formula.external for formula in looks.formulas[SHEET].values())


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_what_is_told_stands_where_the_reader_has_the_value(saved: Path, kind: str) -> None:
    found = inspect((saved / f"looks.{kind}").read_bytes())
    looks = looks_of_xls(found.clean) if kind == "xls" else found.looks
    cells = reader_cells(found.clean)
    assert looks.formats is not None
    for sheet, formats in looks.formats.items():
        assert {type(cells[sheet][at]) for at in formats} <= {int, float}
    assert decoded(cells[SHEET]["B1"], ".VnTime").text == looks.words[SHEET]["B1"]
    assert decoded(cells[SECOND]["A2"], ".VnArial").text == looks.words[SECOND]["A2"]
    assert {sheet: words.keys() - cells[sheet].keys() for sheet, words in looks.words.items()} == {
        sheet: set() for sheet in WORDS
    }


# --- Excel 97–2003, record by record


def rec(kind: int, content: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def begin(kind: int, version: int = 0x0600) -> bytes:
    return rec(0x0809, struct.pack("<HHHHLL", version, kind, 0x0DBB, 0x07CC, 0, 6))


END = rec(0x0A)
NEW, OLD = 0x0600, 0x0500


def xls(
    *sheets: bytes, fonts: Sequence[str] = (), more: bytes = b"", version: int = NEW, code_page: int = 1200
) -> bytes:
    """A workbook whose styles are 0 (General, first font), 1 (0.00%), 2 (a day), and one for each other font."""
    sign = b"\0" if version == NEW else b""
    head = struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0)
    # There is no font 4.
    numbers = [at if at < 4 else at + 1 for at in range(1 + len(fonts))]
    styles = [(0, 0), (0, 10), (0, 14), *((font, 0) for font in numbers[1:])]
    rest = bytes(16) if version == NEW else bytes(12)
    books = begin(5, version) + rec(0x42, struct.pack("<H", code_page))
    for name in ("Arial", *fonts):
        books += rec(0x31, head + bytes([len(name)]) + sign + name.encode("latin-1"))
    books += b"".join(rec(0xE0, struct.pack("<HH", *style) + rest) for style in styles) + more
    names = [f"S{i}".encode() for i in range(len(sheets))]
    at = len(books) + sum(11 + len(sign) + len(name) for name in names) + len(END)
    for name, sheet in zip(names, sheets, strict=True):
        books += rec(0x85, struct.pack("<LBB", at, 0, 0) + bytes([len(name)]) + sign + name)
        at += len(sheet)
    return guard_ole._compound(books + END + b"".join(sheets))


def sheet_of(*records: bytes, version: int = NEW) -> bytes:
    return begin(16, version) + b"".join(records) + END


def number(row: int, col: int, value: float, style: int = 0) -> bytes:
    return rec(0x0203, struct.pack("<HHHd", row, col, style, value))


def label(row: int, col: int, text: bytes, style: int, sign: bytes = b"\0") -> bytes:
    return rec(0x0204, struct.pack("<HHHH", row, col, style, len(text)) + sign + text)


def texts_of(text: bytes, runs: Sequence[tuple[int, int]]) -> bytes:
    """The shared texts: one, in runs."""
    said = struct.pack("<HBH", len(text), 8, len(runs)) + text + b"".join(struct.pack("<HH", *run) for run in runs)
    return rec(0xFC, struct.pack("<LL", 1, 1) + said)


def shared(row: int, col: int, style: int = 0) -> bytes:
    return rec(0xFD, struct.pack("<HHHL", row, col, style, 0))


def looked(data: bytes) -> Looks:
    found = inspect(data)
    assert found.refusal == ""
    return looks_of_xls(found.clean)


def test_a_letter_of_two_characters_may_lie_in_two_runs_of_one_text() -> None:
    vni = encoded("Công đoàn", "vni").encode("cp1252")
    half = vni.index(encoded("ô", "vni").encode("cp1252")) + 1
    data = xls(sheet_of(shared(0, 0, 3)), fonts=["VNI-Times", "VNI-Helve"], more=texts_of(vni, [(half, 2)]))
    looks = looked(data)
    assert looks.words == {"S0": {"A1": "Công đoàn"}}
    assert looks.fonts == ["VNI-Helve", "VNI-Times"]


def test_only_the_runs_in_a_legacy_font_are_decoded() -> None:
    abc = encoded("đoàn", "tcvn3").encode("cp1252")
    data = xls(sheet_of(shared(0, 0)), fonts=[".VnTime"], more=texts_of(b"\xe9t\xe9 " + abc, [(4, 1)]))
    assert looked(data).words == {"S0": {"A1": "été đoàn"}}
    # The whole text in another font than that of the cell.
    data = xls(sheet_of(shared(0, 0, 3)), fonts=[".VnTime"], more=texts_of(abc, [(0, 0)]))
    assert looked(data) == Looks(formats={}, fonts=[])


def test_the_bytes_of_an_older_file_are_read_by_the_font_and_not_by_its_code_page() -> None:
    # Windows-1258 reads a part of these codes as Vietnamese letters and marks.
    text = "Điện lực Đăk Lăk: ứng dụng, ưu đãi"
    record = label(0, 0, encoded(text.casefold(), "tcvn3").encode("cp1252"), 3, b"")
    looks = looked(xls(sheet_of(record, version=OLD), fonts=[".VnTime"], version=OLD, code_page=1258))
    assert looks.words == {"S0": {"A1": text.casefold()}}


def test_blanks_are_nothing_however_many_there_are() -> None:
    line = b"\1\0" * 256 + struct.pack("<H", 255)
    blanks = b"".join(rec(0xBE, struct.pack("<HH", row, 0) + line) for row in range(65_536))
    found = inspect(xls(sheet_of(number(0, 1, 0.5, 1), blanks)))
    assert found.refusal == ""
    assert len(found.clean) < 20_000
    assert looks_of_xls(found.clean).formats == {"S0": {"B1": "0.00%"}}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(xls(*[sheet_of(number(65_535, 0, 1.0, 1))] * 200), id="tall sheets"),
        pytest.param(xls(*[sheet_of(*[number(row, 255, 1.0) for row in range(400)])] * 200), id="wide sheets"),
        pytest.param(xls(sheet_of(number(0, 0, 1.0, 1)), more=rec(0x31, bytes(100)) * 21_000), id="too many fonts"),
        pytest.param(
            xls(
                sheet_of(*[shared(row, 0, 3) for row in range(60_000)]),
                fonts=[".VnTime"],
                more=texts_of(b"\xb8" * 4000, [(3, 1)] * 900),
            ),
            id="one long text in runs, shown everywhere",
        ),
        pytest.param(xls(sheet_of(rec(0x0006, bytes(6) + bytes(6) + b"\xff\xff" + bytes(8)))), id="no text"),
        pytest.param(xls(sheet_of(number(0, 0, 1.0, 99))), id="no such style"),
        pytest.param(xls(sheet_of(number(0, 0, 1.0)), more=rec(0x22, b"\7\7")), id="no such first day"),
    ],
)
def test_where_xlrd_could_go_on_without_end_or_fails_nothing_is_known(
    data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert looked(data) == NOTHING
    assert capfd.readouterr() == ("", "")


def test_what_is_no_workbook_tells_nothing() -> None:
    for data in (b"", b"x" * 600, guard_ole._compound(b"x" * 600), xls()):
        assert looks_of_xls(data).words == {}


def test_the_figures_that_a_chart_keeps_are_no_cells_of_its_sheet() -> None:
    chart = begin(0x20) + number(0, 0, 99.0) + rec(0x0205, bytes(6) + b"\7\1") + END
    found = inspect(xls(sheet_of(number(0, 0, 1.0), chart, number(1, 0, 2.0)), sheet_of(number(0, 0, 3.0))))
    assert (found.refusal, dict(found.errors)) == ("", {})
    assert reader_rows(found.clean) == {"S0": [[1.0], [2.0]], "S1": [[3.0]]}


def test_a_sheet_within_another_and_a_record_cut_short_are_damaged() -> None:
    open_sheet = begin(16) + number(0, 0, 1.0)
    assert inspect(xls(open_sheet, sheet_of(number(0, 0, 1.0)))).refusal == "damaged"
    for short in (rec(0x22), rec(0x42, b"\0"), rec(0x0809)):
        assert inspect(xls(sheet_of(number(0, 0, 1.0)), more=short)).refusal == "damaged"


def test_more_records_than_a_workbook_can_need_are_refused() -> None:
    assert inspect(xls(sheet_of(rec(0x0201, bytes(6)) * 2_000_001))).refusal == "too-large"
    assert inspect(xls(sheet_of(number(0, 0, 1.0)), more=rec(0x1234) * 2_000_001)).refusal == "too-large"


# --- OpenDocument

FACES = (
    '<style:font-face style:name="F1" svg:font-family="&apos;.VnTime&apos;"/>'
    '<style:font-face style:name="F2" svg:font-family="Arial"/>'
)


def style(name: str, font: str = "", family: str = "table-cell", parent: str = "") -> str:
    above = f' style:parent-style-name="{parent}"' if parent else ""
    return (
        f'<style:style style:name="{name}" style:family="{family}"{above}><style:text-properties {font}/></style:style>'
    )


STYLES = (
    style("abc", 'style:font-name="F1"')
    + style("son", parent="abc")
    + style("new", 'style:font-name="F2"')
    + style("T1", 'fo:font-family="VNI-Times"', "text")
    + style("T2", 'style:font-name="F2"', "text")
    + style("T3", family="text")
)
NAMED = '<d xmlns:office="o" xmlns:style="s" xmlns:svg="v" xmlns:fo="f">'


def ods(rows: str, columns: str = "", *, styles: str = STYLES, named: str = "", table: str = "Biểu") -> bytes:
    content = (
        '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c" xmlns:style="s" '
        f'xmlns:svg="v" xmlns:fo="f" xmlns:draw="d"><office:font-face-decls>{FACES}</office:font-face-decls>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f'<office:body><office:spreadsheet><table:table table:name="{table}">{columns}{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": "<m/>"}
    return zipped(parts | {"content.xml": content} | ({"styles.xml": named} if named else {}))


def row_of(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def cell_of(inside: str = "", **attributes: str) -> str:
    written = "".join(f' {name.replace("_", ":", 1).replace("_", "-")}="{said}"' for name, said in attributes.items())
    return f"<table:table-cell{written}>{inside}</table:table-cell>"


def text_of(text: str, **attributes: str) -> str:
    return cell_of(f"<text:p>{text}</text:p>", office_value_type="string", **attributes)


ABC = encoded("đoàn", "tcvn3")
VNI = encoded("nữ", "vni")


def test_percentages_of_an_ods_are_told_where_they_are_repeated() -> None:
    percent = cell_of(office_value_type="percentage", office_value="0.5", table_number_columns_repeated="2")
    plain = cell_of(office_value_type="float", office_value="3")
    found = inspect(ods(row_of(plain, percent, more=' table:number-rows-repeated="2"') + row_of(percent)))
    assert found.looks.formats == {"Biểu": dict.fromkeys(("B1", "C1", "B2", "C2", "A3", "B3"), "0%")}
    assert {at for at, value in reader_cells(found.clean)["Biểu"].items() if value == 0.5} == {
        *found.looks.formats["Biểu"]
    }
    assert (found.looks.words, found.looks.fonts) == ({}, [])


@pytest.mark.parametrize(
    ("inside", "value", "cached"),
    [
        ("", {}, False),
        ("<text:p/>", {}, True),
        ("<text:p>7</text:p>", {}, True),
        ("", {"office_value_type": "float", "office_value": "7"}, True),
        ("<office:annotation><text:p>ghi chú</text:p></office:annotation>", {}, False),
        ("<draw:frame><draw:g/><text:p>hình</text:p></draw:frame>", {}, False),
    ],
)
def test_a_formula_of_an_ods_has_a_value_or_a_line_for_its_words(
    inside: str, value: dict[str, str], cached: bool
) -> None:
    looks = inspect(ods(row_of(cell_of(inside, table_formula="of:=[.A2]", **value)))).looks
    assert looks.formulas == {"Biểu": {"A1": Formula("=A2", cached)}}


@pytest.mark.parametrize(
    ("written", "shown", "external"),
    [
        ("of:=SUM([.A1:.B2];[.$C$3])", "=SUM(A1:B2;$C$3)", False),
        ("of:=[$&apos;Trang 2&apos;.A1]+[Trang3.B1:.B2]", "=$'Trang 2'.A1+Trang3.B1:B2", False),
        ("of:=&quot;[.A1]&quot;&amp;[.A1]", '="[.A1]"&A1', False),
        ("of:=[&apos;file:///D:/a.ods&apos;#$S.A1]", "='file:///D:/a.ods'#$S.A1", True),
        ("msoxl:=[1]S!A1", "=[1]S!A1", True),
        ("=A1", "=A1", False),
        ("A1", "=A1", False),
    ],
)
def test_a_formula_of_an_ods_is_shown_as_libreoffice_shows_it(written: str, shown: str, external: bool) -> None:
    looks = inspect(ods(row_of(cell_of(table_formula=written)))).looks
    assert looks.formulas is not None
    formula = looks.formulas["Biểu"]["A1"]
    assert (formula.text, formula.external) == (shown, external)


def test_the_font_of_a_cell_is_that_of_its_style_or_its_row_or_its_column() -> None:
    columns = (
        '<table:table-column table:number-columns-repeated="2" table:default-cell-style-name="abc"/>'
        "<table:table-column/>"
    )
    own = text_of(ABC, table_style_name="son")
    rows = [
        row_of(text_of(ABC), text_of(ABC, table_style_name="new"), own, text_of(ABC)),
        row_of(text_of(ABC), text_of(ABC), text_of(ABC), more=' table:default-cell-style-name="new"'),
        row_of(text_of(ABC), text_of("À"), cell_of(office_value_type="float", office_value="1"), own),
    ]
    looks = inspect(ods("".join(rows), columns)).looks
    assert looks.words == {"Biểu": dict.fromkeys(("A1", "C1", "A3", "D3"), "đoàn")}
    assert (looks.unclear, looks.fonts) == ({"Biểu": ["B3"]}, [".VnTime"])


def test_words_in_a_cell_of_an_ods_may_have_a_font_of_their_own() -> None:
    inside = f'{ABC}<text:span text:style-name="T1"> {VNI}<text:span text:style-name="T2"> été</text:span></text:span>'
    kept = f'<text:span text:style-name="T3"> {ABC}</text:span><text:s text:c="2"/>x<text:tab/>y<text:line-break/>z'
    more = f"</text:p>\n<text:p>{ABC}"
    note = f"<office:annotation><text:p>{ABC}</text:p></office:annotation>"
    cell = cell_of(f"{note}<text:p>{inside}{kept}{more}</text:p>", office_value_type="string", table_style_name="abc")
    looks = inspect(ods(row_of(cell))).looks
    assert looks.words == {"Biểu": {"A1": "đoàn nữ été đoàn  x\ty\nz\nđoàn"}}
    assert looks.fonts == [".VnTime", "VNI-Times"]
    whole = text_of("x", office_string_value=ABC, table_style_name="abc")
    assert inspect(ods(row_of(whole))).looks.words == {"Biểu": {"A1": "đoàn"}}


def test_named_styles_count_and_broken_ones_do_no_harm() -> None:
    default = '<style:default-style style:family="table-cell"><style:text-properties fo:font-family=".VnTime"/>'
    named = f"{NAMED}{default}</style:default-style></d>"
    assert inspect(ods(row_of(text_of(ABC)), styles="", named=named)).looks.words == {"Biểu": {"A1": "đoàn"}}
    again = inspect(ods(row_of(text_of(ABC, table_style_name="a")), styles=style("a", parent="a"), named=named))
    assert again.looks.words == {"Biểu": {"A1": "đoàn"}}
    for broken in (named[:-3], "<!DOCTYPE a>" + named, f"{NAMED}<"):
        found = inspect(ods(row_of(text_of(ABC, table_style_name="abc")), named=broken))
        assert (found.refusal, found.looks.words) == ("", {"Biểu": {"A1": "đoàn"}})


def test_cells_repeated_without_end_and_sheets_without_figures_are_not_noted() -> None:
    percent = cell_of(office_value_type="percentage", office_value="0.5", table_number_columns_repeated="100")
    many = inspect(ods(row_of(percent, more=' table:number-rows-repeated="3000"')))
    assert (many.refusal, many.looks) == ("", NOTHING)
    long = text_of(ABC * 600_000, table_style_name="abc")
    assert inspect(ods(row_of(long))).looks == NOTHING
    checks = row_of(cell_of(table_formula="of:=1"), text_of(ABC, table_style_name="abc"), percent)
    assert inspect(ods(checks, table=CHECK_SHEET)).looks == Looks(formulas={}, formats={}, fonts=[])


def test_error_cells_repeated_without_end_are_refused() -> None:
    wrong = cell_of(office_value_type="string", calcext_value_type="error", table_number_columns_repeated="20")
    table = row_of(wrong, more=' table:number-rows-repeated="90000"')
    again = f'{table}</table:table><table:table table:name="2">{table}'
    assert inspect(ods(table)).refusal == ""
    assert inspect(ods(again)).refusal == "too-large"


# --- binary workbooks, record by record


def brt(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(content)
    return head + (bytes([length]) if length < 0x80 else bytes([length & 0x7F | 0x80, length >> 7])) + content


def wide(text: str) -> bytes:
    return struct.pack("<L", len(text)) + text.encode("utf-16-le")


def brts(first: int, last: int, records: Sequence[bytes], content: bytes | None = None) -> bytes:
    """Records between the two that hold them together."""
    return brt(first, struct.pack("<L", len(records)) if content is None else content) + b"".join(records) + brt(last)


def xlsb(cells: Sequence[bytes], fonts: Sequence[str], styles: Sequence[tuple[int, int]], *texts: bytes) -> bytes:
    """A workbook of one sheet; ``styles`` are the numbers of a format and of a font."""
    book = brts(0x8F, 0x90, [brt(0x9C, bytes(8) + wide("rId1") + wide("S0"))], b"") + brt(0x84)
    rels = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.bin"/></Relationships>'
    looks = brts(0x0267, 0x0268, [brt(0x2C, struct.pack("<H", 164) + wide('0.0"%"'))])
    looks += brts(0x0263, 0x0264, [brt(0x2B, bytes(21) + wide(font)) for font in fonts])
    # Styles of styles come before those of cells.
    looks += brts(0x0272, 0x0273, [brt(0x2F, struct.pack("<HHH", 0, 9, 0) + bytes(10))])
    looks += brts(0x0269, 0x026A, [brt(0x2F, struct.pack("<HHH", 0, *pair) + bytes(10)) for pair in styles])
    said = brts(0x9F, 0xA0, [brt(0x13, text) for text in texts], struct.pack("<LL", len(texts), len(texts)))
    sheet = brt(0x94, struct.pack("<LLLL", 0, 0, 0, 9)) + brt(0x91) + brt(0x00, bytes(17)) + b"".join(cells) + brt(0x92)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": rels,
            "xl/worksheets/sheet1.bin": sheet,
            "xl/styles.bin": looks,
            "xl/sharedStrings.bin": said,
        }
    )


def brt_cell(kind: int, col: int, style: int, content: bytes) -> bytes:
    return brt(kind, struct.pack("<LL", col, style) + content)


def test_formats_and_legacy_text_of_an_xlsb_are_told_by_the_styles_of_its_cells() -> None:
    abc, vni = encoded("đoàn", "tcvn3"), encoded(" nữ", "vni")
    runs = struct.pack("<LHHHH", 2, 0, 1, len(abc), 2)
    texts = (b"\0" + wide(abc), b"\1" + wide(abc + vni) + runs)
    cells = [
        brt_cell(0x05, 0, 1, struct.pack("<d", 0.391)),
        brt_cell(0x02, 1, 2, struct.pack("<L", 2 | 7 << 2)),
        brt_cell(0x05, 2, 0, struct.pack("<d", 3.0)),
        brt_cell(0x07, 3, 3, struct.pack("<L", 0)),
        brt_cell(0x07, 4, 0, struct.pack("<L", 1)),
        brt_cell(0x06, 5, 3, wide(abc)),
        brt_cell(0x09, 6, 1, struct.pack("<dH", 0.5, 0) + bytes(8)),
        brt_cell(0x07, 7, 0, struct.pack("<L", 0)),
        brt_cell(0x06, 8, 3, wide("À")),
        brt_cell(0x01, 9, 3, b""),
    ]
    data = xlsb(cells, ["Arial", ".VnTime", "VNI-Times"], [(0, 0), (10, 0), (164, 0), (0, 1)], *texts)
    found = inspect(data)
    assert (found.kind, found.refusal) == ("xlsb", "")
    assert found.looks == Looks(
        formats={"S0": {"A1": "0.00%", "B1": '0.0"%"', "G1": "0.00%"}},
        words={"S0": {"D1": "đoàn", "E1": "đoàn nữ", "F1": "đoàn"}},
        unclear={"S0": ["I1"]},
        fonts=[".VnTime", "VNI-Times"],
    )
    assert reader_rows(found.clean)["S0"] == [[0.391, 7, 3.0, abc, abc + vni, abc, 0.5, abc, "À"]]


def test_what_an_xlsb_says_of_its_looks_may_lead_nowhere() -> None:
    cells = [
        brt_cell(0x05, 0, 9, struct.pack("<d", 1.0)),
        brt_cell(0x07, 1, 0, struct.pack("<L", 9)),
        brt_cell(0x06, 2, 1, wide("a")),
    ]
    text = b"\1" + wide("a") + struct.pack("<L", 9)
    found = inspect(xlsb([*cells, brt_cell(0x07, 3, 0, struct.pack("<L", 0))], [".VnTime"], [(999, 0), (0, 7)], text))
    assert (found.refusal, found.looks) == ("", Looks(formats={}, fonts=[]))


# --- a reader that stays silent

READ = """
import io, os, sys
from pathlib import Path
from threading import Thread
from pipeline.read_quiet import quiet
from python_calamine import CalamineWorkbook

def read(kind, path):
    with quiet(kind):
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(Path(path).read_bytes()))
            book.get_sheet_by_index(0).to_python()
        except BaseException as fault:
            return type(fault).__name__

"""


def run(script: str, *given: str | Path, shell: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", READ + script, *map(str, given)]
    if shell:
        command = ["sh", "-c", f'exec "$@" {shell}', "sh", *command]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def crooked(tmp_path: Path) -> Path:
    """A file that the guard lets pass and at which the reader panics: a day longer ago than there are days."""
    found = inspect(xls(sheet_of(number(0, 0, -1e15, 2))))
    assert found.refusal == ""
    path = tmp_path / "crooked.xls"
    path.write_bytes(found.clean)
    return path


def test_a_panic_of_the_reader_says_nothing_on_the_screen(crooked: Path) -> None:
    loud = run("print(read('ods', sys.argv[1]))", crooked)
    silent = run("print(read('xls', sys.argv[1])); print('sau', file=sys.stderr); os.write(2, b'nua')", crooked)
    assert silent.stdout == loud.stdout
    assert silent.stderr == "sau\nnua"
    assert ("panicked" in loud.stderr) == ("PanicException" in loud.stdout)


def test_threads_that_read_such_files_leave_standard_error_as_it_was(crooked: Path) -> None:
    script = """
threads = [Thread(target=read, args=("xlsb", sys.argv[1])) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
sys.stderr.write("sau")
"""
    done = run(script, crooked)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "sau")


def test_a_fault_inside_comes_out_and_other_kinds_are_not_silenced() -> None:
    script = """
for kind in ("xls", "xlsx"):
    try:
        with quiet(kind):
            os.write(2, kind.encode())
            raise KeyError(kind)
    except KeyError as fault:
        print(fault)
"""
    done = run(script)
    assert (done.stdout.split(), done.stderr) == (["'xls'", "'xlsx'"], "xlsx")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that closes a stream")
def test_a_process_without_a_standard_error_reads_as_well(crooked: Path) -> None:
    # Another file then has the number of standard error, and it must not be led elsewhere.
    script = """
other = open(sys.argv[2], "wb", 0)
with quiet("xls"):
    other.write(b"x")
print(other.fileno(), read("xls", sys.argv[1]) is not None)
"""
    kept = crooked.with_name("other")
    done = run(script, crooked, kept, shell="2>&-")
    assert (done.returncode, done.stdout, kept.read_bytes()[:1]) == (0, "2 True\n", b"x")


def test_under_a_test_that_captures_nothing_is_harmed(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet("xls"):
        os.write(2, b"gone")
    os.write(2, b"there")
    assert capfd.readouterr().err == "there"
