from __future__ import annotations

import contextlib
import io
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from pipeline import guard, guard_sheets
from pipeline.guard import Inspection, inspect

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "calamine"
SHEET = "xl/worksheets/sheet1.xml"
NAME = "Biểu 01"
READER = """
import sys
from python_calamine import CalamineWorkbook
try:
    book = CalamineWorkbook.from_filelike(open(sys.argv[1], "rb"))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)
except Exception:
    pass
"""


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(NAME)
    sheet.write(0, 0, "Nội dung", bold)
    for row in range(1, 20):
        sheet.write(row, 0, f"Chỉ tiêu {row}")
        sheet.write(row, 1, row)
        sheet.write_formula(row, 2, f"=B{row + 1}*2", bold, row * 2)
        sheet.write_formula(row, 3, f'=IF(B{row + 1}>5,"có","không")', None, "có")
    book.add_worksheet("Trống")
    book.close()
    return out.getvalue()


BOOK = workbook()


def members(data: bytes = BOOK) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def with_rows(rows: str, prefix: str = "") -> bytes:
    xml = f"<{prefix}worksheet><{prefix}sheetData>{rows}</{prefix}sheetData></{prefix}worksheet>"
    return pack(members() | {SHEET: xml.encode()})


def readable(data: bytes) -> None:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def passing(data: bytes) -> Inspection:
    """What the guard says of a file but for its traits, which have tests of their own."""
    return replace(inspect(data), traits=None)


def test_an_ordinary_workbook_passes() -> None:
    assert passing(BOOK) == Inspection("xlsx")
    assert passing(pack(members(), zipfile.ZIP_STORED)) == Inspection("xlsx")
    assert passing(pack(members() | {"xl/vbaProject.bin": b"x"})) == Inspection("xlsm", macros=True)


def test_an_ordinary_sheet_is_told_without_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    extent = guard_sheets.extent

    def note(part: str, xml: bytes, sheet: str) -> guard.Extent:
        parsed.append(part)
        return extent(part, xml, sheet)

    monkeypatch.setattr(guard_sheets, "extent", note)
    inspect(BOOK)
    assert parsed == ["xl/worksheets/sheet2.xml"]  # the empty one


@pytest.mark.parametrize(
    ("row", "col", "cell"), [(1048575, 16383, "XFD1048576"), (0, 16383, "XFD1"), (1048575, 3, "D1048576")]
)
def test_a_stray_cell_is_named(row: int, col: int, cell: str) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("Mẫu")
        for i in range(200):
            sheet.write(i, 0, i)
        sheet.write(row, col, 1)
    found = inspect(out.getvalue())
    assert (found.kind, found.refusal, dict(found.params)) == ("xlsx", "stray-cell", {"sheet": "Mẫu", "cell": cell})


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        ('<row r="1"><c r="XFD1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1"><c r="A1" s="1"/><c r="XFD1048576"/></row>', "XFD1048576"),
        ("<row r='1'><c r='XFD1048576'><v>1</v></c></row>", "XFD1048576"),
        ('<row r="1"><c\n r = "XFD1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1"><c t="n" r="XFD1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1"><c s="1>" r="XFD1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1"><c r="&#88;FD1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1"><x:c r="XFD1048576"><v>1</v></x:c></row>', "XFD1048576"),
        ('<row r="1"><c r="xfd1048576"><v>1</v></c></row>', "XFD1048576"),
        ('<row r="1048576"><c><v>1</v></c><c r="C1"/></row>', "A1048576"),
        ('<row r="1048576"/><row><c><v>1</v></c></row>', "A1048577"),
        ('<row r="1"><c r="XFD1"/><c><v>1</v></c></row>', "XFE1"),
        ('<row r="4294967295"><c><v>1</v></c></row>', "A4294967295"),
        ('<row r="1"><c r="XFE1"/></row>', "XFE1"),
        ('<row r="1"><c r="A1048577"/></row>', "A1048577"),
        ('<row r="1"><c r="A99999999999999"/></row>', "A99999999999999"),
        ('<row r="1"><c r="AAAAAAA1"/></row>', "AAAAAAA1"),
        ('<row r="1"><c r="7"/></row>', "7"),
        ('<row r="1"><c r="A0"/></row>', "A0"),
        ("<row>" + "<c/>" * 16385 + "</row>", "XFE1"),
        ("<!-- <sheetData></sheetData> --><row r='1'><c r='ZZZ9'><v>1</v></c></row>", "ZZZ9"),
    ],
)
def test_no_spelling_hides_a_stray_cell(rows: str, cell: str) -> None:
    found = inspect(with_rows(rows))
    assert found.refusal == "stray-cell"
    assert found.params["sheet"] == NAME
    if cell not in ("A1048576", "A4294967295"):
        assert str(found.params["cell"]).upper() == cell


@pytest.mark.parametrize("prefix", ["x:", ":"])
def test_a_prefixed_sheet_behind_a_decoy_is_seen(prefix: str) -> None:
    stray = '<row r="1"><c r="XFD1048576"><v>1</v></c></row>'
    decoy = "<!-- <sheetData></sheetData> -->"
    for rows in (stray + decoy, decoy + stray):
        assert inspect(with_rows(rows, prefix)).refusal == "stray-cell"


def test_a_second_address_on_a_cell_is_refused() -> None:
    assert inspect(with_rows('<row r="1"><c r="A1" r="XFD1048576"><v>1</v></c></row>')).refusal == "damaged"


def test_a_box_within_bounds_passes() -> None:
    for rows in (
        '<row r="2"><c r="B2"><v>1</v></c></row><row r="99999"><c r="T99999"><v>1</v></c></row>',
        '<row r="1"><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c></row>',
    ):
        data = with_rows(rows)
        assert passing(data) == Inspection("xlsx")
        readable(data)


def test_a_sheet_in_an_unusual_place_is_seen() -> None:
    stray = b'<worksheet><sheetData><row><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    rels = members()["xl/_rels/workbook.xml.rels"]
    for target, part in (
        (b"other/s.xml", "xl/other/s.xml"),
        (b"/Elsewhere/S.bin", "elsewhere/s.BIN"),
        (b"w/s.xml", "xl\\w\\s.xml"),
    ):
        parts = members() | {"xl/_rels/workbook.xml.rels": rels.replace(b"worksheets/sheet1.xml", target), part: stray}
        assert inspect(pack(parts)).refusal == "stray-cell"
    absolute = rels.replace(b"worksheets/", b"/xl/worksheets/")
    assert passing(pack(members() | {"xl/_rels/workbook.xml.rels": absolute})) == Inspection("xlsx")


def test_a_workbook_in_an_unusual_place_is_seen() -> None:
    moved = {name.replace("xl/", "book/"): content for name, content in members().items()}
    moved["_rels/.rels"] = moved["_rels/.rels"].replace(b"xl/", b"book/")
    data = pack(moved)
    assert passing(data) == Inspection("xlsx")
    readable(data)
    two = members()["_rels/.rels"]
    second = (
        two[two.index(b"<Relationship ") : two.index(b"/>") + 2].replace(b"xl/", b"book/").replace(b"rId1", b"rId9")
    )
    both = moved | members() | {"_rels/.rels": two.replace(b"</Relationships>", second + b"</Relationships>")}
    assert inspect(pack(both)).refusal == "damaged"


def test_a_bomb_is_refused_fast() -> None:
    bomb = pack(members() | {SHEET: bytes(100_000_000)})
    at = bomb.rindex(b"PK\x01\x02", 0, bomb.rindex(SHEET.encode()))
    lying = bytearray(bomb)
    struct.pack_into("<L", lying, at + 24, 1000)
    for data in (bomb, bytes(lying)):
        start = time.perf_counter()
        found = inspect(data)
        assert found.refusal == "too-large"
        assert found.params["size"] == 64
        assert time.perf_counter() - start < 3


def test_many_large_parts_are_refused() -> None:
    large = b"<worksheet><sheetData></sheetData>" + b" " * 60_000_000 + b"</worksheet>"
    parts = members() | {f"xl/worksheets/more{i}.xml": large for i in range(5)}
    assert inspect(pack(parts)).refusal == "too-large"


def test_one_long_text_shown_everywhere_is_refused() -> None:
    texts = "<sst><si><t>" + "x" * 20_000_000 + "</t></si></sst>"
    cell = '<c r="A1" t="s"><v>0</v></c>'
    sheet = f"<worksheet><sheetData><row>{cell * 1000}</row></sheetData></worksheet>"
    assert inspect(pack(members() | {SHEET: sheet, "xl/sharedStrings.xml": texts})).refusal == "too-large"


def test_too_many_sheets_and_too_large_a_file() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for _ in range(201):
            book.add_worksheet()
    assert inspect(out.getvalue()).refusal == "too-large"
    assert inspect(BOOK + bytes(64 * 1024 * 1024)).refusal == "too-large"


def test_a_cut_file_is_never_accepted_unless_readable() -> None:
    for length in range(1, len(BOOK), 7):
        found = inspect(BOOK[:length])
        assert found.refusal, length
    trailed = BOOK + bytes(30)
    if not inspect(trailed).refusal:
        readable(trailed)


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


@pytest.mark.parametrize(
    ("data", "kind", "refusal"),
    [
        (b"", "empty", "empty-file"),
        ("Đơn vị;Số\r\nLĐLĐ;12\r\n".encode(), "csv", "not-a-workbook"),
        ("Đơn vị\tSố".encode("utf-16"), "csv", "not-a-workbook"),
        (b"  <HTML><body><table>", "html", "not-a-workbook"),
        (b"%PDF-1.7\n%\xe2\xe3", "pdf", "not-a-workbook"),
        (b"\xff\xd8\xff\xe0JFIF", "image", "not-a-workbook"),
        (b"\x00\x00\x00\x18ftypheic", "image", "not-a-workbook"),
        (bytes(100), "unknown", "not-a-workbook"),
        (OLE, "ole", "damaged"),
        (b"Rar!\x1a\x07\x01\x00", "rar", "archive-format"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04", "7z", "archive-format"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "xl4", "old-format"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "xml2003",
            "old-format",
        ),
        (b"{\\rtf1\\ansi", "rtf", "not-a-workbook"),
        ("Received: by x\r\nFrom: a@b\r\nSubject: Báo cáo\r\n\r\nKính gửi".encode(), "mail", "not-a-workbook"),
        ("Kính gửi: LĐLĐ\nFrom: đây".encode(), "csv", "not-a-workbook"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "ole", "password"),
        (OLE + "WordDocument".encode("utf-16-le"), "doc", "not-a-workbook"),
        (pack({"word/document.xml": "<w/>"}), "docx", "not-a-workbook"),
        (pack({"a.txt": "a"}), "zip", "not-a-workbook"),
        (pack({}), "zip", "not-a-workbook"),
        (pack({"ppt/presentation.xml": "<p/>"}), "pptx", "not-a-workbook"),
        (pack({"xl/workbook.bin": "a"}), "xlsb", "damaged"),
        (pack(members() | {"content.xml": "<a/>"}), "zip", "not-a-workbook"),
        (
            pack({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": ""}, zipfile.ZIP_STORED),
            "ods",
            "damaged",
        ),
        (pack({name: part for name, part in members().items() if name != "xl/workbook.xml"}), "xlsx", "damaged"),
    ],
)
def test_what_is_not_a_workbook_is_told(data: bytes, kind: str, refusal: str) -> None:
    found = inspect(data)
    assert (found.kind, found.refusal) == (kind, refusal)
    if refusal in ("not-a-workbook", "old-format", "archive-format"):
        assert found.params["kind"] == kind


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "_rels/.rels"])
@pytest.mark.parametrize("trick", [b"<!DOCTYPE a>", b'<!ENTITY a "b">'])
def test_an_entity_is_refused(part: str, trick: bytes) -> None:
    content = members()[part]
    at = content.index(b"?>") + 2
    assert inspect(pack(members() | {part: content[:at] + trick + content[at:]})).refusal == "damaged"


def test_two_parts_of_one_path_are_damaged() -> None:
    assert inspect(pack(members() | {"XL/WORKSHEETS/Sheet1.xml": b"<a/>"})).refusal == "damaged"


@pytest.mark.parametrize(("field", "value"), [(8, 1), (10, 12), (16, 0), (42, 1)])
def test_a_crooked_entry_is_damaged(field: int, value: int) -> None:
    data = bytearray(BOOK)
    at = data.rindex(SHEET.encode()) - 46
    struct.pack_into("<H", data, at + field, value)
    assert inspect(bytes(data)).refusal == "damaged"


def test_a_second_directory_is_damaged() -> None:
    hidden = members() | {SHEET: b"<worksheet/>"}
    assert inspect(pack({"a": pack(hidden)} | hidden, zipfile.ZIP_STORED)).refusal == "damaged"
    assert inspect(pack(hidden) + BOOK).refusal == "damaged"


def test_an_extra_field_cannot_rename_a_part() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members().items():
            archive.writestr(name, content)
        info = zipfile.ZipInfo("harmless.bin")
        body = b"\x01" + struct.pack("<L", zlib.crc32(b"harmless.bin")) + b"xl/other.xml"
        info.extra = struct.pack("<HH", 0x7075, len(body)) + body
        archive.writestr(info, b"x")
    assert inspect(out.getvalue()).refusal == "damaged"


def test_error_cells_are_listed_under_the_name_of_their_sheet() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Đầu").write(0, 0, 1)
        sheet = book.add_worksheet("Lỗi & sai")
        sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
        sheet.write_formula("AC31", "=Z1", None, "#REF!")
    found = inspect(out.getvalue())
    assert (found.refusal, dict(found.errors)) == ("", {"Lỗi & sai": ("B2", "AC31")})
    spaced = with_rows("<row r='3'><c t = 'e'><v>#N/A</v></c></row>")
    assert dict(inspect(spaced).errors) == {NAME: ("A3",)}


def test_what_is_found_cannot_be_changed() -> None:
    found = inspect(BOOK)
    with pytest.raises(TypeError):
        found.errors["a"] = ("A1",)  # type: ignore[index]
    with pytest.raises(TypeError):
        found.params["a"] = 1  # type: ignore[index]


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\xff\xfe", OLE[:8], b"<"]))
def test_any_bytes_give_an_inspection(data: bytes, start: bytes) -> None:
    assert inspect(start + data).refusal


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=300)
@given(st.integers(0, len(BOOK) - 1), st.integers(1, 255))
def test_any_flipped_byte_gives_an_inspection(at: int, flip: int) -> None:
    data = bytearray(BOOK)
    data[at] ^= flip
    if not inspect(bytes(data)).refusal:
        with contextlib.suppress(Exception):
            readable(bytes(data))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=100)
@given(st.data())
def test_a_flipped_byte_inside_the_sheet_gives_an_inspection(draw: st.DataObject) -> None:
    parts = members()
    sheet = bytearray(parts[SHEET])
    at = draw.draw(st.integers(0, len(sheet) - 1))
    sheet[at] = draw.draw(st.sampled_from(b"<>/:=\"' &;XcrA9\x00"))
    packed = pack(parts | {SHEET: bytes(sheet)})
    found = inspect(packed)
    assert found.refusal in ("", "damaged", "stray-cell")
    if not found.refusal:
        with contextlib.suppress(Exception):
            readable(packed)


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_every_file_of_the_corpus_ends_with_values_or_one_reason(tmp_path: Path) -> None:
    script = tmp_path / "reader.py"
    script.write_text(READER)
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]
    kinds = set()
    for path in files:
        start = time.perf_counter()
        found = inspect(path.read_bytes())
        if not found.refusal:
            kinds.add(found.kind)
            given = tmp_path / "given"
            given.write_bytes(found.clean or path.read_bytes())
            done = subprocess.run(
                [sys.executable, str(script), str(given)], timeout=5, capture_output=True, check=False
            )
            assert done.returncode == 0, path.name
        assert time.perf_counter() - start < 2, path.name
    assert kinds == {"xlsx", "xlsm", "xls", "xlsb", "ods"}
