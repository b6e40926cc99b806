"""Nothing of a file is lost or changed by marks, whatever is in it and whatever program wrote it."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
import xlsxwriter
from annotated import assert_kept, opened
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.worksheet.datavalidation import DataValidation
from python_calamine import CalamineWorkbook

from pipeline.annotate import AnnotateError, Line, Listing, Mark, annotate
from pipeline.demo import Demo
from pipeline.guard import inspect
from pipeline.layout import FINDINGS_SHEET

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "calamine"
# No styles at all, no fonts, or all of it written with a prefix.
REFUSED = {
    "empty_shared_string_value.xlsx",
    "inlineStr_cdata.xlsx",
    "nonstandard-xml-ns-prefix.xlsx",
    "richtext-namespaced.xlsx",
}


def two_a_sheet(data: bytes) -> dict[tuple[str, str], Mark]:
    """A cell near the first, and one beyond the last, on every sheet."""
    names = CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names
    near = {(name, "B2"): Mark("hard", f"Sai ở {name}") for name in names}
    return near | {(name, "AB300"): Mark("soft", "Ô ngoài bảng") for name in names}


def annotated(data: bytes) -> bytes:
    """The file with its marks, all else held to be as it was."""
    marks = two_a_sheet(data)
    lines = tuple(Line(mark.severity, mark.comment, "", "x", sheet, (cell,)) for (sheet, cell), mark in marks.items())
    after = annotate(data, marks, Listing("U1", lines))
    assert_kept(data, after, marks)
    assert annotate(after, marks, Listing("U1", lines)) == after
    return after


def png() -> bytes:
    """A picture of one dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">2L5B", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


def crowded() -> bytes:
    """A workbook with about all that one can hold."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet, other, figures = book.add_worksheet("B01"), book.add_worksheet("B02"), book.add_worksheet("B03")
        chart = book.add_chart({"type": "column"})
        chart.add_series({"values": "=B03!$A$1:$A$5"})
        drawn = book.add_chart({"type": "line"})
        drawn.add_series({"values": "=B03!$A$1:$A$5"})
        book.add_chartsheet("Đồ thị").set_chart(drawn)
        figures.write_column("A1", range(5))
        figures.write_formula("A7", "=SUM(A1:A5)", None, 10)
        sheet.write_rich_string("B2", "chữ ", book.add_format({"bold": True}), "đậm")
        sheet.insert_image("H2", "x.png", {"image_data": io.BytesIO(png())})
        sheet.set_header("&C&G", {"image_center": "x.png", "image_data_center": io.BytesIO(png())})
        sheet.set_background(io.BytesIO(png()))
        sheet.insert_chart("H10", chart)
        sheet.insert_textbox("H30", "chú thích")
        sheet.insert_button("K2", {"caption": "Bấm"})
        sheet.insert_checkbox("K5", True)
        sheet.write_comment("D4", "của đơn vị", {"author": "Chị Lan"})
        sheet.data_validation("B2:B9", {"validate": "list", "source": ["a", "b"]})
        sheet.conditional_format("A1:A9", {"type": "data_bar", "data_bar_2010": True})
        sheet.conditional_format("C1:C9", {"type": "cell", "criteria": ">", "value": 5, "format": book.add_format()})
        sheet.add_sparkline("F1", {"range": "B03!A1:A5"})
        sheet.add_table("M1:N4", {"columns": [{"header": "a"}, {"header": "b"}]})
        sheet.merge_range("C6:D7", "gộp")
        sheet.write_url("A9", "https://example.org")
        sheet.ignore_errors({"number_stored_as_text": "A1:A9"})
        sheet.set_row(4, None, None, {"level": 1, "hidden": True})
        sheet.protect("mật khẩu")
        sheet.print_area("A1:F9")
        sheet.repeat_rows(0)
        sheet.set_h_pagebreaks([20])
        other.autofilter("A1:B5")
        other.write_comment("B2", "một")
        book.define_name("tong", "=B03!$A$7")
        book.set_custom_property("mã", "U1")
        other.very_hidden()
    return made.getvalue()


def repacked(data: bytes, **changed: bytes) -> bytes:
    """The same parts in another zip; those named are put in or in place of the old ones."""
    made = io.BytesIO()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(made, "w", ZIP_DEFLATED) as new:
        for name in dict.fromkeys([*old.namelist(), *changed]):
            new.writestr(name, changed[name] if name in changed else old.read(name))
    return made.getvalue()


def test_a_workbook_with_all_that_one_can_hold() -> None:
    data = crowded()
    before, after = opened(data), opened(annotated(data))
    there = before.sheets["B01"]
    kinds = ("drawing", "image", "table", "comments", "vmlDrawing")
    assert all(before.related(there, kind) == after.related(there, kind) != [] for kind in kinds)


def test_one_that_openpyxl_wrote() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in range(1, 6):
        sheet.append([row, row * 2])
    sheet["C1"] = "=SUM(A1:A5)"
    sheet["B2"].comment = Comment("của đơn vị", "Chị Lan")
    sheet["A4"].comment = Comment("khác", "Chị Lan")
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=5))
    sheet.add_chart(chart, "E2")
    rule = DataValidation(type="whole", operator="greaterThan", formula1="0")
    rule.add("A1:A5")
    sheet.add_data_validation(rule)
    book.create_sheet("Biểu").sheet_view.showGridLines = False
    made = io.BytesIO()
    book.save(made)
    after = openpyxl.load_workbook(io.BytesIO(annotated(made.getvalue())))
    assert after["Sheet"]["A4"].comment.text == "khác"
    assert after["Sheet"]["B2"].comment.text.startswith("của đơn vị\n————")


def test_every_package_and_every_return(demo: Demo) -> None:
    paths = [*(demo.workspace.templates / "2020").glob("*.xlsx"), *(demo.workspace.root / "inbox").rglob("*.xlsx")]
    done = [annotated(path.read_bytes()) for path in sorted(paths) if not inspect(path.read_bytes()).refusal]
    assert len(done) > 20


def test_what_libreoffice_saved(demo: Demo, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    (tmp_path / "crowded.xlsx").write_bytes(crowded())
    shutil.copy(demo.workspace.templates / "2020" / "LC-21.xlsx", tmp_path)
    made = [str(path) for path in tmp_path.glob("*.xlsx")]
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), *made]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    for path in (tmp_path / "saved").iterdir():
        annotated(path.read_bytes())


def files_of_the_corpus() -> Iterator[Path]:
    for path in sorted(CORPUS.glob("*.xls[xm]")):
        found = inspect(path.read_bytes())
        if found.kind in ("xlsx", "xlsm") and not found.refusal:
            yield path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the corpus of calamine")
def test_what_others_wrote() -> None:
    refused = set()
    for path in files_of_the_corpus():
        data = path.read_bytes()
        try:
            after = annotated(data)
        except AnnotateError:
            refused.add(path.name)
            continue
        assert inspect(after).kind == inspect(data).kind
        assert not inspect(after).refusal
    assert refused == REFUSED


def test_macros_stay() -> None:
    data = crowded()
    types = opened(data).parts["[Content_Types].xml"]
    more = b'<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    types = types.replace(b"</Types>", more)
    data = repacked(data, **{"[Content_Types].xml": types, "xl/vbaProject.bin": bytes(range(256))})
    after = annotated(data)
    assert inspect(after).macros
    assert opened(after).members["xl/vbaProject.bin"] == opened(data).members["xl/vbaProject.bin"]


def test_a_zip_that_was_written_without_looking_back() -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.made = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.made += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe, data = Pipe(), crowded()
    with ZipFile(io.BytesIO(data)) as old, ZipFile(pipe, "w", ZIP_DEFLATED) as new:
        new.comment = b"ghi"
        for name in old.namelist():
            new.writestr(name, old.read(name))
    after = annotated(bytes(pipe.made))
    with ZipFile(io.BytesIO(after)) as book:
        assert book.comment == b"ghi"
        assert book.testzip() is None
        assert book.namelist()[0] == "[Content_Types].xml"
    assert FINDINGS_SHEET in opened(after).sheets
