"""The appendices of the report: one content in Excel and in Word, laid out as official documents are."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import docx
import pytest
from builders import MEASURES, TARGETS, form, load, package, row, target, unit, workspace
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.table import Table
from office import audited
from openpyxl import load_workbook

from pipeline.appendix import appendices
from pipeline.appendix_grid import LANDSCAPE, PORTRAIT, Appendix, Column, Grid, Line, numbered, widths
from pipeline.demo import Demo
from pipeline.demo_returns import HEALTH
from pipeline.results import Results
from pipeline.run import consolidate
from pipeline.write_appendix import write_appendix
from pipeline.write_appendix_docx import write_appendix_docx
from pipeline.write_sentences import write_sentences
from pipeline.write_word import (
    add_later,
    add_xml,
    cell_xml,
    new_document,
    paragraph,
    paragraph_xml,
    row_xml,
    save,
    table_xml,
)
from schemas.form import Key

HOSTILE = '=1+1\x01 <b>&"\u2028\ufffe\x0b@SUM(A1) ' + "dài " * 12_000


def test_a_table_that_is_put_in_when_the_document_is_saved_is_the_same(tmp_path: Path) -> None:
    words = paragraph_xml("<b> & \"quoted\" 'so' > \U0001f600 \x07 Đoàn viên", indent=3.0, room=1.5)
    table = table_xml(row_xml(cell_xml(words, 40.0), head=True) + row_xml(cell_xml(words, 40.0)), [40.0], borders=True)
    made, tables = [], list[bytes]()
    for later in (False, True):
        document = new_document(created=date(2020, 12, 5), title="<!--0-->")
        for text in ("<!--0-->", "1"):
            paragraph(document, text)
            if later:
                add_later(document, tables, table)
            else:
                add_xml(document, table)
        save(document, tmp_path / "a.docx", tables)
        made.append((tmp_path / "a.docx").read_bytes())
    assert made[0] == made[1]
    assert len(docx.Document(str(tmp_path / "a.docx")).tables) == 2


def output(demo: Demo, name: str, period: str = "2020") -> Path:
    return demo.workspace.root / "output" / period / f"{name}-{period}.docx"


def tables(document: Document) -> list[Table]:
    """The tables of figures: not the head's and the signature's."""
    return [table for table in document.tables if table.rows[0].cells[0].text == "TT"]


def paragraphs(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


@pytest.fixture(scope="module")
def document(demo: Demo) -> Document:
    return docx.Document(str(output(demo, "phu-luc")))


def test_each_appendix_has_its_roman_number_its_title_and_the_report_it_goes_with(document: Document) -> None:
    texts = paragraphs(document)
    heads = [i for i, text in enumerate(texts) if text.startswith("Phụ lục ")]
    assert [texts[i] for i in heads] == ["Phụ lục I", "Phụ lục II", "Phụ lục III", "Phụ lục IV", "Phụ lục V"]
    assert [texts[i + 1] for i in heads] == [
        "THỐNG KÊ CÁC CHỈ TIÊU CƠ BẢN THỰC HIỆN NĂM 2020",
        "SỐ LƯỢNG, CHẤT LƯỢNG CNVCLĐ VÀ ĐOÀN VIÊN NĂM 2020",
        "KẾT QUẢ HOẠT ĐỘNG CÔNG ĐOÀN NĂM 2020",
        "MỘT SỐ CHỈ TIÊU CHỦ YẾU THEO ĐƠN VỊ NĂM 2020",
        "TÌNH HÌNH GỬI BÁO CÁO NĂM 2020",
    ]
    assert {texts[i + 2] for i in heads} == {"(Kèm theo Báo cáo số …/BC-LĐLĐ ngày … tháng … năm …)"}
    assert texts[heads[0] + 3].startswith("Số liệu tính đến ngày 25/11/2020; 10/11 đơn vị có báo cáo, ")
    looks = [(document.paragraphs[i].runs[0].bold, document.paragraphs[i].runs[0].font.size.pt) for i in heads]  # type: ignore[union-attr]
    assert set(looks) == {(True, 14.0)}


def test_the_appendix_of_targets_has_the_columns_and_the_rows_of_the_offices_own(document: Document) -> None:
    first = tables(document)[0]
    heads = ["TT", "Nội dung", "Đơn vị tính", "Chỉ tiêu giao", "Kết quả thực hiện", "Ước thực hiện đến 31/12"]
    assert [cell.text for cell in first.rows[0].cells] == [*heads, "Tỷ lệ %", "Ghi chú"]
    rows = [[cell.text for cell in line.cells] for line in first.rows[1:]]
    assert [line[0] for line in rows if line[0]] == [str(i) for i in range(1, 22)]
    assert rows[2][1:4] == ["Giới thiệu đoàn viên công đoàn ưu tú cho Đảng", "người", "620"]
    threshold = next(line for line in rows if line[0] == "16")
    assert threshold[3] == "98% trở lên dự toán được giao"


def test_head_signature_and_recipients_come_from_the_settings(document: Document) -> None:
    head, signature = document.tables[0], document.tables[-1]
    (upper, number) = ([cell.text for cell in line.cells] for line in head.rows)
    assert upper[0].split("\n")[:2] == ["TỔNG LIÊN ĐOÀN LAO ĐỘNG VIỆT NAM", "LIÊN ĐOÀN LAO ĐỘNG TỈNH LAI CHÂU"]
    assert upper[1].split("\n") == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert number == ["Số: …/BC-LĐLĐ", "Lai Châu, ngày … tháng … năm …"]
    listed, signed = (cell.text.split("\n") for cell in signature.rows[0].cells)
    assert listed[0] == "Nơi nhận:"
    assert all(line.endswith(";") for line in listed[1:-1])
    assert listed[-1] == "- Lưu: VT."
    assert signed[:2] == ["TM. BAN THƯỜNG VỤ", "CHỦ TỊCH"]


def test_paper_margins_and_page_numbers_are_those_of_official_documents(document: Document) -> None:
    for section in document.sections:
        sides = sorted((section.page_width.mm, section.page_height.mm))  # type: ignore[union-attr]
        assert [round(side) for side in sides] == [210, 297]
        margins = (section.left_margin, section.right_margin, section.top_margin, section.bottom_margin)
        assert [round(margin.mm) for margin in margins] == [30, 15, 20, 20]  # type: ignore[union-attr]
        # Each appendix counts its pages from 1, and shows the number from its second page on.
        assert section._sectPr.find(qn("w:pgNumType")).get(qn("w:start")) == "1"
        assert section.different_first_page_header_footer
        assert section.first_page_header.paragraphs[0].text == ""
        assert "PAGE" in section.header._element.xml
        for foot in (section.footer, section.first_page_footer):
            assert "số liệu tính đến ngày 25/11/2020" in foot.paragraphs[0].text
    upright = [section.orientation == WD_ORIENT.PORTRAIT for section in document.sections]
    assert upright == [False, True, False, False, True]


def test_every_word_is_in_times_new_roman(document: Document) -> None:
    fonts = {node.get(qn("w:ascii")) for node in document.styles.element.findall(f".//{qn('w:docDefaults')}//*")}
    assert fonts - {None} == {"Times New Roman"}
    assert document.styles["Normal"].font.name == "Times New Roman"  # type: ignore[attr-defined]
    own = {node.get(qn("w:ascii")) for node in document.element.iter(qn("w:rFonts"))}
    assert own <= {"Times New Roman"}


def test_heads_stand_on_every_page_and_no_row_is_cut_in_two(document: Document) -> None:
    for table in tables(document):
        assert table.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None
        assert all(line._tr.find(f".//{qn('w:cantSplit')}") is not None for line in table.rows)


def test_word_and_excel_say_the_same(demo: Demo, document: Document) -> None:
    book = load_workbook(demo.workspace.root / "output" / "2020" / "phu-luc-2020.xlsx")
    names = [name for name in book.sheetnames if name.startswith("Phụ lục")]
    assert names == ["Phụ lục I", "Phụ lục II", "Phụ lục III", "Phụ lục IV", "Phụ lục V"]
    sheets: list[list[str]] = []
    for name in names:
        on = False
        for line in book[name].iter_rows(values_only=True):
            on = line[0] == "TT" or (on and any(value is not None for value in line))
            if on and line[1] is not None:
                sheets.append([_shown(value) for value in line if value is not None])
    word = [[cell.text for cell in line.cells if cell.text] for table in tables(document) for line in table.rows]
    assert [len(line) for line in sheets] == [len(line) for line in word]
    assert [_words(line) for line in sheets] == [_words(line) for line in word]
    # Numbers are numbers in Excel, and the notation of the country in Word.
    for excel_line, word_line in zip(sheets, word, strict=True):
        assert [_number(text) for text in word_line] == pytest.approx([_number(text) for text in excel_line], abs=0.06)


def _shown(value: object) -> str:
    return f"{value:.10f}".replace(".", ",") if isinstance(value, float | int) else str(value)


def _words(line: list[str]) -> list[str]:
    return [text for text in line if _number(text) < 0]


def _number(text: str) -> float:
    plain = text.replace(".", "").replace(",", ".")
    return float(plain) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", plain) else -1.0


def test_totals_say_of_how_many_units_they_are_and_which_must_correct(demo: Demo) -> None:
    second = appendices(demo.results)[1]
    line = next(line for line in second.grids[0].lines if line.values[1] == "Tổng số đoàn viên công đoàn")
    rollup = demo.results.rollup
    at = rollup.at("LC", Key("B01", "sl_doan_vien", "tong"))
    assert line.values[-1] == f"{rollup.with_data[at]}/{rollup.expected[at]}\u00a0*"
    assert second.notes[0].startswith("* Có số liệu của đơn vị còn phải sửa, gửi lại: TP Lai Châu, ")
    # What the register counts is of no unit's return.
    unions = next(line for line in second.grids[0].lines if line.values[1] == "Tổng số công đoàn cơ sở")
    assert (unions.values[3], unions.values[-1]) == (779.0, "")


def test_last_period_stands_beside_stocks(demo: Demo) -> None:
    second, third = appendices(demo.results)[1:3]
    assert [column.head for column in second.grids[0].columns][-2] == "Năm 2019"
    assert all("2019" not in column.head for grid in third.grids for column in grid.columns)


def test_a_missing_figure_is_blank_and_never_zero(demo: Demo) -> None:
    units = appendices(demo.results)[3]
    silent = next(line for line in units.grids[0].lines if line.values[1] == "CĐ Viên chức")
    # Only what the register counts is known of a unit that has not sent.
    assert [value for value in silent.values[2:] if value is not None] == [41.0]


def test_a_quarter_has_its_own_appendices_and_the_whole_province_no_state(demo: Demo) -> None:
    found = appendices(demo.runs["2023-Q3"])
    assert [(one.number, one.title.split(" QUÝ ")[0]) for one in found[:2]] == [
        ("I", "KẾT QUẢ HOẠT ĐỘNG CÔNG ĐOÀN"),
        ("II", "MỘT SỐ CHỈ TIÊU CHỦ YẾU THEO ĐƠN VỊ"),
    ]


def test_many_units_are_counted_below_their_upper_union(demo: Demo) -> None:
    state = appendices(demo.runs["2024"])[-1]
    assert [column.head for column in state.grids[0].columns][2:4] == ["Phải gửi", "Đã gửi"]
    assert state.grids[0].lines[-1].values[:5] == ("", "Toàn tỉnh", 790.0, 20.0, 0.0)


def test_the_same_run_writes_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    for name, write in (("phu-luc", write_appendix_docx), ("so-lieu", write_sentences)):
        write(tmp_path / "again.docx", demo.results)
        assert (tmp_path / "again.docx").read_bytes() == output(demo, name).read_bytes()
        with zipfile.ZipFile(tmp_path / "again.docx") as parts:
            assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not [part for part in parts.namelist() if "stylesWithEffects" in part or "thumbnail" in part]


# A small world, with all that may stand in a name.


def office(tmp_path: Path, *sent: str, **more: object) -> Results:
    """A run in which these of two units sent."""
    measures = MEASURES.replace("]\n", '  { code = "nu", label = "Nữ", en = "Women", type = "count" },\n]\n', 1)
    own = form(row("ca", type='"money"', unit='"đồng"'), row("b", type='"money"', unit='"đồng"'), measures=measures)
    own = own.replace(
        "[[table]]",
        'headlines = [{ cell = "ca[tong]", label = "Đầu", en = "First" }]\n[[table]]',
        1,
    )
    forms = load(tmp_path / "forms", own, form(row("a"), measures=TARGETS, id="X02"))
    units = [unit("P", "province"), unit("U1", "upper", "P"), unit("U2", "upper", "P")]
    units[1] = replace(units[1], name=HOSTILE, short_name=HOSTILE)
    place = workspace(tmp_path, forms, units=units, targets=(target("P", "a", 4), target("U1", "a", 5, ">=")))
    settings = replace(place.settings, **more)  # type: ignore[arg-type]
    place = replace(place, settings=settings)
    for code in sent:
        figures = {"X01.ca.tong": 3_000_000, "X01.ca.nu": 1, "X02.a.thuc_hien": 3, "X01.ca.ghi_chu": HOSTILE[:30_000]}
        package(place.inbox(place.settings.current_period) / f"{code}.xlsx", place, code, figures)
    return consolidate(place)


def words(document: Document) -> Iterator[str]:
    for node in document.element.body.iter(qn("w:t")):
        yield node.text or ""


def test_text_from_units_is_text_and_breaks_no_file(tmp_path: Path) -> None:
    results = office(tmp_path, "U1", "U2", signer_name="<w:br/> & Ký", agency="CƠ QUAN <b>")
    folder = results.workspace.output(results.owed.period)
    found = list(words(docx.Document(str(folder / "phu-luc-2020.docx"))))
    assert any(text.startswith('=1+1 <b>&"') for text in found)
    assert "<w:br/> & Ký" in found
    assert max(map(len, found)) <= 2001
    sheet = load_workbook(folder / "phu-luc-2020.xlsx")["Phụ lục III"]
    assert [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"] == []


def test_a_period_in_which_half_have_sent_says_which_half(tmp_path: Path) -> None:
    results = office(tmp_path, "U2")
    targets, figures, units, state = appendices(results)
    assert targets.stated == "Số liệu tính đến ngày 25/11/2020; 1/2 đơn vị có báo cáo"
    assert targets.grids[0].lines[0].values[3:] == (4.0, 3.0, None, 75.0, "Không đạt; 1/2 đơn vị")
    assert figures.grids[0].lines[0].values[-1] == "1/2"
    assert units.grids[0].lines[0].values[2] is None
    assert [line.values[2] for line in state.grids[0].lines] == ["Chưa gửi", "Đã nhận"]


def test_where_all_have_sent_nothing_is_said_of_the_state(tmp_path: Path) -> None:
    results = office(tmp_path, "U1", "U2")
    assert [one.title.split(" NĂM ")[0] for one in appendices(results)] == [
        "BIỂU THỬ THỰC HIỆN",
        "BIỂU THỬ",
        "MỘT SỐ CHỈ TIÊU CHỦ YẾU THEO ĐƠN VỊ",
    ]
    assert appendices(results)[0].grids[0].lines[0].values[-1] == ""


def test_an_adjusted_figure_is_marked(tmp_path: Path) -> None:
    results = office(tmp_path, "U1", "U2")
    key = Key("X01", "ca", "tong")
    submission = results.by_unit["U1"]
    entries = submission.entries.changed({key: submission.entries[key]._replace(decision=2)})
    adjusted = replace(submission, entries=entries)
    others = tuple(one for one in results.submissions if one is not submission)
    decided = replace(results.workspace, decisions=(_decision(results),))
    results = replace(results, workspace=decided, submissions=(adjusted, *others))
    _, figures, units = appendices(results)
    assert figures.grids[0].lines[0].values[-1] == "2/2\u00a0**"
    (note,) = figures.notes
    assert note.startswith("** Có số liệu đã điều chỉnh theo quyết định: ")
    row = results.workspace.forms.by_id["X01"].indicator("ca").label.vi
    assert note.endswith(f", {row}: {decided.decisions[0].because}.")
    assert str(units.grids[0].lines[0].values[1]).endswith("\u00a0**")


def _decision(results: Results) -> object:
    from datetime import date

    from schemas.decisions import Decision

    fields = dict.fromkeys(Decision.__dataclass_fields__, "")
    fields |= {"period": results.owed.period, "kind": "adjust", "unit": "U1", "when": date(2020, 12, 1), "row": 2}
    return Decision(**fields)  # type: ignore[arg-type]


def test_one_appendix_has_no_number_and_two_have() -> None:
    alone = Appendix("A", "", ())
    assert [one.heading for one in numbered([alone])] == ["Phụ lục"]
    many = [one.heading for one in numbered([alone] * 10)]
    assert (many[0], many[3], many[8], many[9]) == ("Phụ lục I", "Phụ lục IV", "Phụ lục IX", "Phụ lục X")


def test_a_wide_table_lies_across_and_money_too_wide_is_in_millions() -> None:
    def grid(*wide: float) -> Grid:
        columns = (Column("Nội dung", "text"), *(Column("Số", "number", width) for width in wide))
        return Grid(columns, (Line(("a", *([None] * len(wide)))),))

    assert not Appendix("", "", (grid(20, 20),)).landscape
    assert Appendix("", "", (grid(20, 20), grid(60, 60))).landscape
    for table, room in ((grid(20, 20), PORTRAIT), (grid(60, 60), LANDSCAPE)):
        assert sum(widths(table, room)) == pytest.approx(room)


def test_headlines_with_money_are_in_millions_only_where_the_table_is_wide(demo: Demo) -> None:
    wide, narrow = appendices(demo.results)[3], appendices(demo.runs["2023-Q3"])[1]
    assert any("(triệu đồng)" in column.head for column in wide.grids[0].columns)
    money = next(i for i, column in enumerate(narrow.grids[0].columns) if "(đồng)" in column.head)
    assert isinstance(value := narrow.grids[0].lines[0].values[money], float)
    assert value > 1_000_000


def test_no_file_stays_where_there_is_nothing_to_show(tmp_path: Path, demo: Demo) -> None:
    nothing = replace(
        demo.results, owed=replace(demo.results.owed, forms=replace(demo.results.owed.forms, by_id={}), owed={})
    )
    for name, write in (("a.xlsx", write_appendix), ("a.docx", write_appendix_docx)):
        (tmp_path / name).write_bytes(b"earlier")
        write(tmp_path / name, nothing)
        assert not (tmp_path / name).exists()


# Other programs.


def test_a_validator_finds_no_fault_in_the_documents(tmp_path: Path, demo: Demo) -> None:
    results = office(tmp_path, "U1")
    small = results.workspace.output(results.owed.period) / "phu-luc-2020.docx"
    paths = [output(demo, "phu-luc"), output(demo, "so-lieu"), output(demo, "phu-luc", "2023-Q3"), small]
    assert audited(paths, tmp_path / "files") == []


def test_libreoffice_makes_pages_of_them(tmp_path: Path, demo: Demo) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    paths = [output(demo, "phu-luc"), output(demo, "so-lieu")]
    command = [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if "could not be loaded" in done.stderr + done.stdout:
        pytest.skip("needs LibreOffice Writer")
    for path in paths:
        assert (tmp_path / f"{path.stem}.pdf").stat().st_size > 20_000


def test_the_health_sectors_own_sheet_is_its_own_appendix(demo: Demo) -> None:
    sheet = load_workbook(demo.workspace.root / "output" / "2020" / "phu-luc-2020.xlsx")[HEALTH]
    column = [line[0] for line in sheet.iter_rows(values_only=True)]
    assert "Phụ lục" in column
    rows = {str(line[0]): line for line in sheet.iter_rows(values_only=True) if line[1]}
    # The real appendix of 2020: 25 asked, 61 done.
    assert rows["3"][3:5] == (25, 61)
    assert rows["2"][3:5] == (0, 29)
