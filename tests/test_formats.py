"""Every format that offices use: read by content, bounded before the reader, and named where it is not read."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from builders import RECEIVED, YEAR, form, ids, load, only, package, row, workspace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipeline import guard_ole, read_book, read_files
from pipeline.demo import Demo
from pipeline.guard import inspect
from pipeline.guard_inspection import Inspection
from pipeline.messages import message
from pipeline.read import read_files as read_these
from pipeline.read import read_inbox
from pipeline.read_book import UnreadableError, open_book
from pipeline.run import check, consolidate, history
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from pipeline.write_book import write_book
from pipeline.write_links import Links

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "calamine"
PDF = b"%PDF-1.7\n" + b"0" * 100
ODS_HEAD = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:calcext="c"><office:body>'
    '<office:spreadsheet><table:table table:name="Biểu">'
)
ODS_TAIL = "</table:table></office:spreadsheet></office:body></office:document-content>"
VALUE = '<table:table-cell office:value-type="float" office:value="7"/>'


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", form(row("ca"), row("nam"))))


def inbox(place: Workspace, name: str, data: bytes) -> Path:
    path = place.inbox(YEAR) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (RECEIVED.timestamp(), RECEIVED.timestamp()))
    return path


def returned(place: Workspace, unit: str = "U1", value: float = 3.0) -> bytes:
    return package(place.root / "made.xlsx", place, unit, {"X01.ca.tong": value}).read_bytes()


def read(place: Workspace) -> list[Submission]:
    return read_inbox(place.inbox(YEAR), place.root, place.forms)


def zipped(parts: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def ods(rows: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<m/>",
            "content.xml": ODS_HEAD + rows + ODS_TAIL,
        }
    )


def rows_of(data: bytes) -> list[list[object]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(inspect(data).clean))
    return book.get_sheet_by_index(0).to_python(skip_empty_area=False)


# --- OpenDocument


@pytest.mark.parametrize(
    ("rows", "cell"),
    [
        (
            f'<table:table-row table:number-rows-repeated="1048575"/><table:table-row>{VALUE * 2}</table:table-row>',
            "A1048576",
        ),
        (
            '<table:table-row table:number-rows-repeated="1048575"/><table:table-row>'
            f'<table:table-cell table:number-columns-repeated="16383"/>{VALUE}</table:table-row>',
            "XFD1048576",
        ),
        (f'<table:table-row table:number-rows-repeated="99999999999999">{VALUE}</table:table-row>', "A1048577"),
        (
            '<table:table-row><table:table-cell table:number-columns-repeated="16384" office:value-type="float" '
            f'office:value="1"/></table:table-row><table:table-row table:number-rows-repeated="200">{VALUE}'
            "</table:table-row>",
            "XFD1",
        ),
    ],
)
def test_a_stray_cell_of_an_ods_is_named_before_the_reader_expands_it(rows: str, cell: str) -> None:
    found = inspect(ods(rows))
    assert (found.kind, found.refusal, dict(found.params)) == ("ods", "stray-cell", {"sheet": "Biểu", "cell": cell})


def test_empty_rows_and_cells_without_end_are_usual_in_an_ods() -> None:
    end = (
        '<table:table-cell table:style-name="ce1" table:number-columns-repeated="16383"/></table:table-row>'
        '<table:table-row table:style-name="ro1" table:number-rows-repeated="1048574">'
        '<table:table-cell table:style-name="ce1" table:number-columns-repeated="16384"/></table:table-row>'
    )
    found = inspect(ods(f"<table:table-row>{VALUE}{end}"))
    assert (found.kind, found.refusal) == ("ods", "")
    assert rows_of(ods(f"<table:table-row>{VALUE}{end}")) == [[7.0]]


def test_an_ods_that_is_locked_crooked_or_repeats_a_long_text_is_refused() -> None:
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    locked = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": manifest}
    assert inspect(zipped(locked | {"content.xml": b"\x01\x02"})).refusal == "password"
    assert inspect(ods("<table:table-row><table:table-cell></table:table-row>")).refusal == "damaged"
    assert inspect(ods('<table:table-row table:number-rows-repeated="x"/>')).refusal == "damaged"
    spaces = '<text:p><text:s text:c="2000000000"/></text:p>'
    cell = f'<table:table-cell office:value-type="string" table:number-columns-repeated="2">{spaces}</table:table-cell>'
    assert inspect(ods(f"<table:table-row>{cell}</table:table-row>")).refusal == "too-large"


def test_error_cells_of_an_ods_are_listed_where_they_stand() -> None:
    wrong = '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"/>'
    found = inspect(ods(f"<table:table-row/><table:table-row>{VALUE}{wrong}</table:table-row>"))
    assert dict(found.errors) == {"Biểu": ("B2",)}


# --- Excel 97–2003


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def xls(cells: bytes, *, dimensions: bytes = bytes(14), sheet_at: int | None = None) -> bytes:
    """A compound file with one sheet, "S"; written by the guard's own writer, checked against the reader below."""
    begin = struct.pack("<HHHHLL", 0x0600, 5, 0, 0, 0, 0)
    named = struct.pack("<BB", 1, 0) + b"S"
    length = len(record(0x809, begin) + record(0x85, bytes(6) + named) + record(0x0A, b""))
    start = length if sheet_at is None else sheet_at
    globals_ = record(0x809, begin) + record(0x85, struct.pack("<LH", start, 0) + named) + record(0x0A, b"")
    sheet = record(0x809, struct.pack("<HHHHLL", 0x0600, 16, 0, 0, 0, 0)) + record(0x200, dimensions) + cells
    return guard_ole._compound(globals_ + sheet + record(0x0A, b""))


def number(row: int, col: int, value: float) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, col, 0, value))


def test_an_xls_is_read_from_a_compound_file_of_nothing_but_its_records() -> None:
    found = inspect(xls(number(1, 1, 4.25) + number(2, 0, 3.0)))
    assert (found.kind, found.refusal) == ("xls", "")
    assert rows_of(xls(number(1, 1, 4.25) + number(2, 0, 3.0))) == [["", ""], ["", 4.25], [3.0, ""]]
    large = b"".join(number(i, 2, float(i)) for i in range(40_000))
    assert rows_of(xls(large))[39_999] == ["", "", 39_999.0]


def test_a_stray_cell_of_an_xls_is_named_and_stated_dimensions_reserve_nothing() -> None:
    found = inspect(xls(number(0, 0, 1) + number(65535, 255, 1)))
    assert (found.kind, found.refusal, dict(found.params)) == ("xls", "stray-cell", {"sheet": "S", "cell": "IV65536"})
    assert inspect(xls(number(60000, 65535, 1))).refusal == "stray-cell"
    huge = struct.pack("<LLHHH", 0, 0xFFFFFFFF, 0, 0xFFFF, 0)
    assert rows_of(xls(number(0, 0, 1), dimensions=huge)) == [[1.0]]


def test_an_xls_that_could_be_read_in_two_ways_is_refused() -> None:
    assert inspect(xls(number(0, 0, 1), sheet_at=2)).refusal == "damaged"
    whole = xls(number(0, 0, 1))
    assert inspect(whole[:5000]).refusal == "damaged"
    # The table of sectors leads back to where it came from.
    looped = bytearray(whole)
    struct.pack_into("<L", looped, 4096 + 4 * 2, 2)
    assert inspect(bytes(looped)).refusal == "damaged"
    assert inspect(xls(record(0x2F, bytes(2)) + number(0, 0, 1))).refusal == ""
    locked = whole.replace(record(0x85, b"")[:2], record(0x2F, b"")[:2], 1)
    assert inspect(locked).refusal == "password"


def test_error_cells_of_an_xls_are_listed_where_they_stand() -> None:
    wrong = record(0x0205, struct.pack("<HHHBB", 4, 2, 0, 7, 1))
    formula = record(0x06, struct.pack("<HHH", 5, 2, 0) + b"\x02\0\x2a\0\0\0\xff\xff" + bytes(8))
    assert dict(inspect(xls(wrong + formula)).errors) == {"S": ("C5", "C6")}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=200)
@given(st.integers(0, 12_000), st.binary(min_size=1, max_size=6))
def test_any_change_to_an_xls_gives_an_inspection(at: int, put: bytes) -> None:
    data = bytearray(xls(number(0, 0, 1) + number(3, 4, 2)))
    data[at : at + len(put)] = put
    inspect(bytes(data))


# --- binary workbooks


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_a_stray_cell_of_an_xlsb_is_named() -> None:
    path = CORPUS / "issues.xlsb"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    found = inspect(path.read_bytes())
    assert (found.kind, found.refusal, found.macros) == ("xlsb", "", True)
    sheet = next(name for name in sorted(parts) if name.startswith("xl/worksheets/sheet"))
    stray = b"\x00\x08" + struct.pack("<LL", 1_048_575, 0) + b"\x05\x10" + struct.pack("<LLd", 16_383, 0, 1.0)
    far = parts | {sheet: parts[sheet].replace(b"\x92\x01\x00", stray + b"\x92\x01\x00")}
    refused = inspect(zipped(far))
    assert (refused.refusal, refused.params["cell"]) == ("stray-cell", "XFD1048576")
    assert inspect(zipped(parts | {sheet: parts[sheet][:-3]})).refusal in ("", "damaged")
    hidden = parts | {"xl/workbook.xml": b"<workbook/>", "xl/sharedStrings.xml": bytes(100)}
    assert "sharedStrings.xml" not in zipfile.ZipFile(io.BytesIO(inspect(zipped(hidden)).clean)).namelist()


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
@pytest.mark.parametrize("name", ["issues", "date", "any_sheets"])
def test_the_formats_of_one_workbook_give_the_same_values(name: str) -> None:
    def values(kind: str) -> dict[str, list[list[object]]]:
        data = (CORPUS / f"{name}.{kind}").read_bytes()
        book = CalamineWorkbook.from_filelike(io.BytesIO(inspect(data).clean or data))
        plain = [sheet for sheet in book.sheets_metadata if sheet.typ == read_book.SheetTypeEnum.WorkSheet]
        rows = ((s.name, book.get_sheet_by_name(s.name).to_python(skip_empty_area=False)) for s in plain)
        return {name: read_book._plain(found) for name, found in rows}  # type: ignore[misc]

    whole = values("xlsx")
    for kind in ("xls", "xlsb"):
        found = values(kind)
        shared = whole.keys() & found.keys()
        assert shared
        assert {sheet: found[sheet] for sheet in shared} == {sheet: whole[sheet] for sheet in shared}


# --- real packages, saved again


@pytest.fixture(scope="module")
def saved(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns of the demo as LibreOffice saves them, in three formats."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    folder = tmp_path_factory.mktemp("formats")
    sent = [demo.workspace.inbox(demo.results.owed.period) / name for name in ("LC-21.xlsx", "LC-22.xlsx")]
    assert all(path.is_file() for path in sent)
    for kind in ("xlsx", "xls", "ods"):
        command = [soffice, f"-env:UserInstallation=file://{folder / 'profile'}", "--headless", "--convert-to", kind]
        command += ["--outdir", str(folder), *map(str, sent)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder


@pytest.mark.parametrize("unit", ["LC-21", "LC-22"])
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_package_saved_in_another_format_is_the_same_to_the_last_digit(
    demo: Demo, saved: Path, unit: str, kind: str
) -> None:
    place = demo.workspace
    (first,) = read_these([saved / f"{unit}.xlsx"], place.root, place.forms)
    (other,) = read_these([saved / f"{unit}.{kind}"], place.root, place.forms)
    assert (other.unit, other.period, other.package_version) == (first.unit, first.period, first.package_version)
    assert (other.info, other.info_at, other.items, other.tables) == (
        first.info,
        first.info_at,
        first.items,
        first.tables,
    )
    assert len(first.entries) > 100
    # LibreOffice states zero in an .xls where a formula gives an empty text or was not worked out: taken as blank.
    gone = first.entries.keys() - other.entries.keys() if kind == "xls" else set()
    assert all(first.entries[key].raw == 0.0 or first.entries[key].text for key in gone)
    assert not any(first.entries[key].own and first.entries[key].text for key in gone)
    assert other.entries == {key: entry for key, entry in first.entries.items() if key not in gone}
    assert [replace(f, file="") for f in other.findings] == [replace(f, file="") for f in first.findings]


@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_a_package_in_another_format_has_no_finding_of_its_own(demo: Demo, saved: Path, kind: str) -> None:
    def found(path: Path) -> set[tuple[str, tuple[str, ...], str]]:
        return {(f.id, f.cells, f.value) for f in check(demo.workspace, [path]) if f.severity != "info"}

    assert found(saved / f"LC-21.{kind}") == found(saved / "LC-21.xlsx")


# --- archives


def test_a_zip_of_returns_is_opened_and_each_member_is_a_return(place: Workspace) -> None:
    members = {
        "LC/U1.xlsx": returned(place),
        "U2.xlsx": returned(place, "U2", 8.0),
        "thư.pdf": PDF,
        "~$U1.xlsx": b"x",
        "__MACOSX/U1.xlsx": b"x",
        "hỏng.xlsx": b"PK\x03\x04",
    }
    inbox(place, "a/huyện.zip", zipped(members))
    found = {s.file: s for s in read(place)}
    at = "inbox/2020/a/huyện.zip/"
    assert {name: (s.unit, s.status, s.reason) for name, s in found.items()} == {
        f"{at}LC/U1.xlsx": ("U1", "accepted", ""),
        f"{at}U2.xlsx": ("U2", "accepted", ""),
        f"{at}hỏng.xlsx": ("", "quarantined", "damaged"),
        f"{at}thư.pdf": ("", "set-aside", "attachment"),
    }
    alone = read_these([inbox(place, "b.xlsx", members["U2.xlsx"])], place.root, place.forms)[0]
    inside = found[f"{at}U2.xlsx"]
    assert (inside.sha256, inside.received_at, inside.entries) == (alone.sha256, RECEIVED, alone.entries)
    assert read_these([place.root / inside.file], place.root, place.forms) == [inside]


def test_an_archive_may_hold_its_files_as_they_are(place: Workspace) -> None:
    members = {"U1.xlsx": returned(place), "U2.xlsx": returned(place, "U2", 8.0)}
    inbox(place, "a.zip", zipped(members, zipfile.ZIP_STORED))
    assert [(s.file, s.unit, s.status) for s in read(place)] == [
        ("inbox/2020/a.zip/U1.xlsx", "U1", "accepted"),
        ("inbox/2020/a.zip/U2.xlsx", "U2", "accepted"),
    ]


def test_a_unit_s_history_and_the_link_to_its_file_reach_into_a_zip(place: Workspace) -> None:
    inbox(place, "huyện.ZIP", zipped({"U1.xlsx": returned(place)}))
    results, sent = history(place, YEAR, "U1")
    assert [version.submission.file for version in sent] == ["inbox/2020/huyện.ZIP/U1.xlsx"]
    write_book(place.root / "tong-hop.xlsx", results, Links(results, {}))
    with zipfile.ZipFile(place.root / "tong-hop.xlsx") as archive:
        links = "".join(archive.read(name).decode() for name in archive.namelist() if "worksheets/_rels" in name)
    assert "huyện.ZIP" in links
    assert "U1.xlsx" not in links


def test_no_name_in_a_zip_leads_out_of_it_and_none_is_lost(place: Workspace) -> None:
    inbox(
        place, "a.zip", zipped({"../../U1.xlsx": returned(place), "U1.xlsx": returned(place, "U2"), "b\\c.xlsx": b""})
    )
    files = [s.file for s in read(place)]
    assert files == ["inbox/2020/a.zip/U1.xlsx", "inbox/2020/a.zip/U1.xlsx+", "inbox/2020/a.zip/b/c.xlsx"]


def test_a_zip_that_holds_no_return_or_another_zip_is_refused(place: Workspace) -> None:
    inbox(place, "a.zip", zipped({"a.txt": "a", "b.bin": bytes(10)}))
    inbox(place, "b.zip", zipped({}))
    inbox(place, "c.zip", zipped({"U1.xlsx": returned(place), "trong.zip": zipped({"U2.xlsx": returned(place, "U2")})}))
    found = {s.file.removeprefix("inbox/2020/"): (s.status, s.reason) for s in read(place)}
    assert found == {
        "a.zip": ("quarantined", "not-a-workbook"),
        "b.zip": ("quarantined", "not-a-workbook"),
        "c.zip/U1.xlsx": ("accepted", ""),
        "c.zip/trong.zip": ("quarantined", "not-a-workbook"),
    }


def test_a_zip_beyond_bounds_is_refused_before_it_is_inflated(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox(place, "many.zip", zipped({f"{i}.xlsx": b"" for i in range(201)}))
    inbox(place, "large.zip", zipped({f"{i}.xlsx": bytes(26 * 1024 * 1024) for i in range(4)}))
    good = zipped({"U1.xlsx": returned(place)})
    lying = bytearray(good)
    struct.pack_into("<L", lying, good.rindex(b"PK\x01\x02") + 24, 10)
    inbox(place, "lying.zip", bytes(lying))
    locked = bytearray(good)
    struct.pack_into("<H", locked, good.rindex(b"PK\x01\x02") + 8, 1)
    inbox(place, "locked.zip", bytes(locked))
    found = {s.file.removeprefix("inbox/2020/"): s.reason for s in read(place)}
    assert found == {
        "large.zip": "too-large",
        "locked.zip": "password",
        "lying.zip": "damaged",
        "many.zip": "too-large",
    }
    monkeypatch.setattr(read_files, "MOST_INFLATED", 10)
    assert read_these([inbox(place, "good.zip", good)], place.root, place.forms)[0].reason == "too-large"


# --- what is kept beside a return


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("công văn.pdf", PDF, "attachment"),
        ("ảnh", b"\xff\xd8\xff\xe0JFIF", "attachment"),
        ("giải trình.docx", zipped({"word/document.xml": "<w/>"}), "attachment"),
        ("giải trình.doc", guard_ole._MAGIC + bytes(600) + "WordDocument".encode("utf-16-le"), "attachment"),
        ("thư.eml", b"From: a@b\r\nSubject: x\r\n\r\nK", "attachment"),
        ("thư.xlsx", PDF, "not-a-workbook"),
        ("thư.ods", b"From: a@b\r\nSubject: x\r\n\r\nK", "not-a-workbook"),
        ("trang.html", b"<html><table>", "not-a-workbook"),
        ("số liệu.csv", b"a;b\n1;2\n", "not-a-workbook"),
        ("gói.rar", b"Rar!\x1a\x07\x01\x00", "archive-format"),
        ("gói.pdf", b"7z\xbc\xaf\x27\x1c\x00\x04", "archive-format"),
    ],
)
def test_a_letter_beside_a_return_is_kept_and_a_false_workbook_is_not(
    place: Workspace, name: str, data: bytes, reason: str
) -> None:
    inbox(place, name, data)
    [found] = read(place)
    apart = reason == "attachment"
    assert (found.status, found.reason) == ("set-aside" if apart else "quarantined", reason)
    finding = only(found.findings, reason)
    assert (finding.severity, finding.unit) == ("info" if apart else "hard", "")
    for lang in ("vi", "en"):
        assert message(finding, lang).startswith(f"inbox/2020/{name}: ")


def test_a_letter_makes_no_run_end_with_a_hard_finding(place: Workspace) -> None:
    inbox(place, "U1.xlsx", returned(place))
    inbox(place, "công văn.pdf", PDF)
    results = consolidate(place, YEAR, write=False)
    assert {s.file: s.status for s in results.submissions if "pdf" in s.file} == {
        "inbox/2020/công văn.pdf": "set-aside"
    }
    assert [f.id for f in results.findings if f.file.endswith("pdf")] == ["attachment"]
    assert results.worst != "hard"


# --- macros and the second reader


def test_macros_are_ignored_and_said(place: Workspace) -> None:
    with zipfile.ZipFile(io.BytesIO(returned(place))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    inbox(place, "U1.xlsm", zipped(parts | {"xl/vbaProject.bin": b"x"}))
    [found] = read(place)
    assert (found.unit, found.status, ids(found.findings)) == ("U1", "accepted", ["macros-ignored"])
    assert found.findings[0].severity == "info"


def broken(fault: Callable[[], None]) -> type:
    class Broken:
        @staticmethod
        def from_filelike(_: object) -> None:
            fault()

    return Broken


class PanicException(BaseException):
    """Its name is how a panic of the reader is told."""


@pytest.mark.parametrize("fault", [read_book.CalamineError("lỗi"), PanicException("lỗi")])
def test_where_the_first_reader_fails_the_second_gives_the_same_cells(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    path = inbox(place, "U1.xlsx", returned(place, value=12.0))
    book = load_workbook(path)
    book["X01"]["E10"].value = "#DIV/0!"
    book["X01"]["G9"].value = "đang soát"
    book.save(path)
    [first] = read_these([path], place.root, place.forms)

    def fail() -> None:
        raise fault

    monkeypatch.setattr(read_book, "CalamineWorkbook", broken(fail))
    [second] = read_these([path], place.root, place.forms)
    assert second.entries == first.entries
    assert second.tables == first.tables
    noted = only(second.findings, "second-reader")
    assert (noted.severity, noted.value) == ("info", "lỗi")
    assert [f for f in second.findings if f is not noted] == list(first.findings)


def test_the_second_reader_keeps_within_bounds_and_fails_with_the_first(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise read_book.CalamineError("lỗi")

    monkeypatch.setattr(read_book, "CalamineWorkbook", broken(fail))
    data = returned(place)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for more in ({"xl/comments1.xml": b"<!DOCTYPE a>"}, {"docProps/core.xml": b"<"}):
        with pytest.raises(UnreadableError):
            open_book(zipped(parts | more), Inspection("xlsx"))
    with pytest.raises(UnreadableError):
        open_book(data, Inspection("ods"))
    monkeypatch.setattr(read_book, "_SECOND_MOST", 1000)
    with pytest.raises(UnreadableError):
        open_book(data, Inspection("xlsx"))
