"""What a cell shows beside its value decides how it is read; what the unit changed in its package is listed."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from builders import YEAR, form, ids, key, load, only, package, row, workspace
from openpyxl import Workbook as ExcelBook
from openpyxl import load_workbook
from openpyxl.styles import Font

from pipeline import read_workbook
from pipeline.init import init
from pipeline.legacy_text import Encoding, encoded
from pipeline.looks import NOTHING, Formula, is_percent, plain_format
from pipeline.messages import message
from pipeline.read import read_files
from pipeline.submission import Submission
from pipeline.workspace import Workspace, open_workspace

FILLED = {"X01.ca.tong": 12.0, "X01.nam.tong": 5.0, "X01.muc.tong": 98.5, "X01.nam.ghi_chu": "đang soát"}
ROWS = (row("ca"), row("nam"), row("muc", type='"percent"', rollup='"NONE"', measures='["tong", "ghi_chu"]'))
# Where the rows stand in a package of one table.
CA, NAM, MUC = 9, 10, 11


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", form(*ROWS)))


@pytest.fixture
def path(place: Workspace) -> Path:
    return package(place.inbox(YEAR) / "a.xlsx", place, "U1", FILLED)


def read_one(path: Path, place: Workspace) -> Submission:
    [submission] = read_files([path], place.root, place.forms)
    return submission


def patched(path: Path, part: str, change: Callable[[str], str]) -> Path:
    """The file with one part changed and all else, cached values too, as it was."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    before = parts[part].decode()
    parts[part] = change(before).encode()
    assert parts[part] != before.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def sheet_of(path: Path, name: str) -> str:
    """The part of a sheet in a file that xlsxwriter wrote."""
    book = load_workbook(path, read_only=True)
    number = book.sheetnames.index(name) + 1
    book.close()
    return f"xl/worksheets/sheet{number}.xml"


def recell(path: Path, address: str, inside: str, kind: str = "") -> Path:
    """The file with another content of one cell of X01, in the style that the cell had."""

    def change(xml: str) -> str:
        said = f' t="{kind}"' if kind else ""
        cell = re.compile(rf'<c r="{address}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)')
        return cell.sub(lambda found: f'<c r="{address}"{found[1] or ""}{said}>{inside}</c>', xml, count=1)

    return patched(path, sheet_of(path, "X01"), change)


def restyled(path: Path, change: Callable[[ExcelBook], None]) -> Path:
    """The file as openpyxl saves it after a change: every formula there, none with its value."""
    book = load_workbook(path, rich_text=True)
    change(book)
    book.save(path)
    book.close()
    return path


def old_note(book: ExcelBook, text: str, font: str = ".VnTime") -> None:
    book["X01"][f"H{NAM}"].value = text
    book["X01"][f"H{NAM}"].font = Font(name=font)


def value(submission: Submission, written: str) -> float | None:
    return submission.entries[key(written)].value


def test_a_package_that_nobody_changed_is_not_looked_at(
    path: Path, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []
    looks = read_workbook.looks_of_excel

    def note(*given: object) -> object:
        seen.append(looks(*given))  # type: ignore[arg-type]
        return seen[-1]

    monkeypatch.setattr(read_workbook, "looks_of_excel", note)
    assert read_one(path, place).findings == ()
    assert seen == [NOTHING]


def test_a_formula_of_the_unit_is_taken_by_its_value_and_said(path: Path, place: Workspace) -> None:
    submission = read_one(recell(path, f"E{CA}", "<f>5+7</f><v>12</v>"), place)
    assert value(submission, "X01.ca.tong") == 12.0
    finding = only(submission.findings, "own-formula")
    assert (finding.sheet, finding.cells, finding.severity) == ("X01", (f"E{CA}",), "info")


@pytest.mark.parametrize("inside", ["<f>5+7</f>", "<f>5+7</f><v></v>", "<f>5+7</f><v/>"])
def test_a_formula_without_a_value_is_refused_and_never_read_as_blank(
    path: Path, place: Workspace, inside: str
) -> None:
    submission = read_one(recell(path, f"E{CA}", inside), place)
    entry = submission.entries[key("X01.ca.tong")]
    assert (entry.value, entry.refusal, entry.text) == (None, "formula-uncached", "=5+7")
    finding = only(submission.findings, "formula-uncached")
    assert (finding.sheet, finding.cells, finding.severity, finding.indicator) == ("X01", (f"E{CA}",), "hard", "ca")
    assert "=5+7" in message(finding)
    assert "Ctrl+Alt+F9" in message(finding)
    assert "own-formula" not in ids(submission.findings)


def test_a_formula_that_gives_an_empty_text_is_a_blank(path: Path, place: Workspace) -> None:
    submission = read_one(recell(path, f"E{CA}", '<f>IF(1=1,"",5)</f><v></v>', "str"), place)
    assert key("X01.ca.tong") not in submission.entries
    assert ids(submission.findings) == ["own-formula"]


def test_a_figure_from_another_workbook_is_refused(path: Path, place: Workspace) -> None:
    submission = read_one(recell(path, f"E{CA}", "<f>[1]Sheet1!A1</f><v>12</v>"), place)
    assert submission.entries[key("X01.ca.tong")].value is None
    assert only(submission.findings, "external-link").value == "=[1]Sheet1!A1"


def test_a_formula_that_was_filled_down_is_the_one_it_was_filled_from(path: Path, place: Workspace) -> None:
    recell(path, f"E{CA}", f'<f t="shared" ref="E{CA}:E{NAM}" si="0">[1]T!A1</f><v>1</v>')
    submission = read_one(recell(path, f"E{NAM}", '<f t="shared" si="0"/><v>2</v>'), place)
    assert [finding.cells for finding in submission.findings] == [(f"E{CA}",), (f"E{NAM}",)]
    assert set(ids(submission.findings)) == {"external-link"}


@pytest.mark.parametrize(
    ("formula", "external"),
    [
        ("=[1]Sheet1!A1", True),
        ("=SUM('[12]Tổng hợp'!A1:B2)", True),
        ("='file:///home/a.ods'#$Sheet1.A1", True),
        ("=SUM(Bang1[2020])", False),
        ("=Bang1[[#This Row],[Nam]]", False),
        ('="[1]"&A1', False),
        ("=A1+B2", False),
    ],
)
def test_a_link_to_another_workbook_is_told_from_a_column_of_a_table(formula: str, external: bool) -> None:
    assert Formula(formula, True).external is external


def test_an_error_and_a_formula_keep_their_own_reasons(path: Path, place: Workspace) -> None:
    recell(path, f"E{CA}", "<f>1/0</f><v>#DIV/0!</v>", "e")
    submission = read_one(recell(path, f"E{NAM}", "<f>1</f>"), place)
    assert {entry.refusal for entry in submission.entries.values() if entry.refusal} == {
        "error-value",
        "formula-uncached",
    }


def test_a_formula_of_the_package_typed_over_is_listed_and_worked_out_again(path: Path, place: Workspace) -> None:
    submission = read_one(recell(path, f"F{NAM}", "<v>27</v>"), place)
    assert ids(submission.findings) == ["formula-overwritten"]
    assert only(submission.findings, "formula-overwritten").cells == (f"F{NAM}",)
    assert submission.entries[key("X01.nam.ty_le")].value == 27


def test_a_workbook_without_any_calculated_value_keeps_what_was_typed(path: Path, place: Workspace) -> None:
    submission = read_one(restyled(path, lambda _: None), place)
    assert {k: e.text or e.value for k, e in submission.entries.items() if e.own} == {
        key(written): figure for written, figure in FILLED.items()
    }
    assert submission.findings == ()


@pytest.mark.parametrize(
    ("number_format", "stored"), [("0%", 0.27), ("0.0%", 0.391), ("0.00%", 1.0596), ('0.0" "%', 0.5)]
)
def test_a_percentage_that_excel_stores_as_a_share_is_read_as_it_is_shown(
    path: Path, place: Workspace, number_format: str, stored: float
) -> None:
    def change(book: ExcelBook) -> None:
        book["X01"][f"E{MUC}"].value = stored
        book["X01"][f"E{MUC}"].number_format = number_format

    submission = read_one(restyled(path, change), place)
    assert value(submission, "X01.muc.tong") == pytest.approx(100 * stored)
    assert submission.findings == ()


@pytest.mark.parametrize(
    ("number_format", "percent"), [("0%", True), ('0"%"', False), ("0\\%", False), ("General", False)]
)
def test_a_percent_sign_that_is_only_written_behind_a_number_is_none(number_format: str, percent: bool) -> None:
    assert is_percent(number_format) is percent


def test_programs_write_the_same_format_differently() -> None:
    assert plain_format('General"%"') == plain_format("General\\%")


def test_a_share_in_a_plain_cell_stays_unclear(path: Path, place: Workspace) -> None:
    submission = read_one(recell(path, f"E{MUC}", "<v>0.391</v>"), place)
    assert ids(submission.findings) == ["percent-or-share"]


def test_a_count_that_is_shown_in_percent_is_refused(path: Path, place: Workspace) -> None:
    def change(book: ExcelBook) -> None:
        book["X01"][f"E{CA}"].value = 1
        book["X01"][f"E{CA}"].number_format = "0%"

    submission = read_one(restyled(path, change), place)
    assert value(submission, "X01.ca.tong") is None
    assert only(submission.findings, "unit-differs").value == "100%"
    assert only(submission.findings, "format-changed").cells == (f"E{CA}",)


def test_a_number_that_is_shown_as_a_time_beyond_all_times_stops_no_run(path: Path, place: Workspace) -> None:
    def change(book: ExcelBook) -> None:
        book["X01"][f"E{CA}"].value = 10**10
        book["X01"][f"E{CA}"].number_format = "[h]:mm"

    submission = read_one(restyled(path, change), place)
    assert value(submission, "X01.ca.tong") is None
    assert only(submission.findings, "error-value").cells == (f"E{CA}",)
    assert value(submission, "X01.nam.tong") == 5.0


def test_input_cells_that_were_merged_are_named(path: Path, place: Workspace) -> None:
    def change(book: ExcelBook) -> None:
        book["X01"].merge_cells(f"E{CA}:E{NAM}")
        book["X01"].merge_cells(f"B{CA}:B{NAM}")

    submission = read_one(restyled(path, change), place)
    assert only(submission.findings, "merged-cells").cells == (f"E{CA}",)
    assert value(submission, "X01.ca.tong") == 12.0
    assert key("X01.nam.tong") not in submission.entries


def test_cells_that_lost_their_validation_are_listed(path: Path, place: Workspace) -> None:
    def lose(xml: str) -> str:
        return xml.replace(f'sqref="E{CA}:E{NAM}"', f'sqref="E{NAM}"')

    submission = read_one(patched(path, sheet_of(path, "X01"), lose), place)
    assert ids(submission.findings) == ["validation-lost"]
    assert only(submission.findings, "validation-lost").cells == (f"E{CA}",)


@pytest.mark.parametrize(
    ("font", "encoding"), [(".VnTime", "tcvn3"), (".VnTimeH", "tcvn3-capitals"), ("VNI-Times", "vni")]
)
def test_a_text_in_a_font_from_before_unicode_is_read_by_its_font(
    path: Path, place: Workspace, font: str, encoding: Encoding
) -> None:
    shown = "ĐANG SOÁT, CHỜ CẤP TRÊN" if font == ".VnTimeH" else "đang soát, chờ cấp trên"

    submission = read_one(restyled(path, lambda book: old_note(book, encoded(shown, encoding), font)), place)
    assert submission.entries[key("X01.nam.ghi_chu")].text == shown
    finding = only(submission.findings, "legacy-font")
    assert (finding.sheet, finding.cells, finding.value) == ("X01", (f"H{NAM}",), font)


def test_the_pieces_of_a_text_are_read_each_by_its_own_font(path: Path, place: Workspace) -> None:
    old = f'<r><rPr><rFont val=".VnTime"/></rPr><t>{encoded("chờ quyết định", "tcvn3")}</t></r>'
    plain = f"<t>{FILLED['X01.nam.ghi_chu']}</t>"
    pieces = f'<r><t xml:space="preserve">Đơn vị </t></r>{old}'
    submission = read_one(patched(path, "xl/sharedStrings.xml", lambda xml: xml.replace(plain, pieces)), place)
    assert submission.entries[key("X01.nam.ghi_chu")].text == "Đơn vị chờ quyết định"
    assert ids(submission.findings) == ["legacy-font"]


def test_words_of_today_in_an_old_font_are_words_of_today(path: Path, place: Workspace) -> None:
    submission = read_one(restyled(path, lambda book: old_note(book, "chờ quyết định")), place)
    assert submission.entries[key("X01.nam.ghi_chu")].text == "chờ quyết định"
    assert submission.findings == ()


def test_a_text_in_an_old_font_that_can_be_read_in_two_ways_is_kept_and_said(path: Path, place: Workspace) -> None:
    submission = read_one(restyled(path, lambda book: old_note(book, "ch÷a quyết")), place)
    assert submission.entries[key("X01.nam.ghi_chu")].text == "ch÷a quyết"
    finding = only(submission.findings, "legacy-font-unclear")
    assert (finding.severity, finding.cells) == ("soft", (f"H{NAM}",))


def test_a_workbook_that_cannot_be_looked_at_is_read_by_its_values_and_said(
    path: Path, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.read_looks._MOST", 1000)
    submission = read_one(patched(path, "xl/styles.xml", lambda xml: xml.replace("#,##0", "0.000%", 1)), place)
    assert ids(submission.findings) == ["looks-unknown"]
    assert value(submission, "X01.ca.tong") == 12.0


def test_formulas_are_known_where_the_styles_cannot_be_looked_at(
    path: Path, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.read_looks._MOST", 1000)
    recell(path, f"E{CA}", "<f>5+7</f><v></v>")
    submission = read_one(patched(path, "xl/styles.xml", lambda xml: xml.replace("#,##0", "0.000%", 1)), place)
    assert sorted(ids(submission.findings)) == ["formula-uncached", "looks-unknown"]
    entry = submission.entries[key("X01.ca.tong")]
    assert (entry.value, entry.refusal, entry.text) == (None, "formula-uncached", "=5+7")


@pytest.mark.parametrize("broken", ["&nothing;", "<x></y>", "\x01"])
def test_a_sheet_that_is_no_xml_but_can_be_read_stops_no_run(path: Path, place: Workspace, broken: str) -> None:
    def change(xml: str) -> str:
        return xml.replace("</f><v>", f"</f>{broken}<v>", 1)

    submission = read_one(patched(path, sheet_of(path, "X01"), change), place)
    assert submission.status in ("accepted", "quarantined")
    assert {finding.id for finding in submission.findings} <= {"looks-unknown", "damaged", "second-reader"}
    assert submission.findings


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_what_libreoffice_saves_again_needs_no_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = open_workspace(init(tmp_path / "tỉnh"))
    sent = tmp_path / "LC-21.xlsx"
    package(sent, place, "LC-21", {"B01.sl_doan_vien.tong": 120.0, "B02.qh_tuvan_tt.ky_nay": 3.0})
    run = ("soffice", "--headless", f"-env:UserInstallation=file://{tmp_path / 'lo'}")
    subprocess.run([*run, "--convert-to", "xlsx", "--outdir", tmp_path / "out", sent], check=True, capture_output=True)
    looked: list[object] = []
    monkeypatch.setattr(read_workbook, "looks_of_excel", lambda *given: looked.append(given) or NOTHING)
    from pipeline.read_looks import issued, looks_of_excel

    read_one(tmp_path / "out" / "LC-21.xlsx", place)
    assert [looks_of_excel(*given) for given in looked] == [NOTHING]  # type: ignore[misc]
    assert looked[0][2] != issued({})  # type: ignore[index]
