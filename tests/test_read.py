from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from builders import MEASURES, RECEIVED, YEAR, blank, form, ids, key, load, only, package, row, workspace
from openpyxl import Workbook as ExcelBook
from openpyxl import load_workbook

from pipeline.init import init
from pipeline.layout import INFO_SHEET, META_SHEET, plan
from pipeline.package import write_package
from pipeline.read import read_files, read_inbox
from pipeline.submission import Submission
from pipeline.workspace import Workspace, open_workspace

Rows = list[list[object]]
Sheets = dict[str, Rows]

OTHER = form(row("hai"), measures=MEASURES.replace("ca[tong]", "hai[tong]"), id="X02")
# What is said of values pasted into a plain new workbook.
PASTED = ["formula-overwritten", "validation-lost", "validation-lost"]
FILLED = {"X01.ca.tong": 12.0, "X01.nam.tong": 5.0, "X02.hai.tong": 0.0, "X01.nam.ghi_chu": "đang soát"}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", form(row("ca"), row("nam"), row("nu")), OTHER))


def inbox_file(place: Workspace, name: str, code: str = "U1", **figures: float) -> Path:
    written = figures or {"X01.ca.tong": 1.0}
    return package(place.inbox(YEAR) / name, place, code, {k.replace("_", "."): v for k, v in written.items()})


def changed(path: Path, change: Callable[[Sheets], Sheets]) -> Path:
    """The values of a workbook, changed, in a plain new one: as another program leaves them."""
    source = load_workbook(path, data_only=True)
    sheets = {sheet.title: [list(line) for line in sheet.iter_rows(values_only=True)] for sheet in source}
    source.close()
    book = ExcelBook()
    book.remove(book.worksheets[0])
    for title, rows in change(sheets).items():
        sheet = book.create_sheet(title)
        for line in rows:
            sheet.append(line)
    book.save(path)
    return path


def read_one(path: Path, place: Workspace) -> Submission:
    [submission] = read_files([path], place.root, place.forms)
    return submission


def own(submission: Submission) -> dict[str, object]:
    return {".".join(found): entry.text or entry.value for found, entry in submission.entries.items() if entry.own}


def test_a_package_reads_back_to_what_was_put_in_with_its_sheet_and_address(tmp_path: Path) -> None:
    place = open_workspace(init(tmp_path / "tỉnh"))
    _, content = blank(place, "LC-21")
    cells = [cell for form in content.forms for cell in form.cells()]
    figures = {cell.key: float(i) for i, cell in enumerate(cells) if cell.role == "input" and cell.is_number}
    notes = {cell.key: f"ghi chú {i}" for i, cell in enumerate(cells) if cell.role == "note"}
    path = tmp_path / "nộp.xlsx"
    write_package(path, replace(content, entries=figures | notes))
    submission = read_one(path, place)
    assert {k: e.value for k, e in submission.entries.items() if e.own and not e.text} == figures
    assert {k: e.text for k, e in submission.entries.items() if e.own and e.text} == notes
    plans = {form.id: plan(form) for form in content.forms}
    for found, entry in submission.entries.items():
        assert (entry.sheet, entry.cell) == (found.form, plans[found.form].address(found))
        assert submission.place(found) == (entry.sheet, entry.cell)
    assert submission.findings == ()
    assert (submission.unit, submission.period) == ("LC-21", "2020")


def test_a_blank_package_has_no_figure_of_its_own(place: Workspace, tmp_path: Path) -> None:
    submission = read_one(package(tmp_path / "a.xlsx", place, "U1", {}), place)
    assert own(submission) == {}
    assert submission.findings == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_moved_rows_columns_and_sheets_give_the_same_figures_where_they_now_stand(
    place: Workspace, tmp_path: Path, seed: int
) -> None:
    mix = random.Random(seed)

    def move(sheets: Sheets) -> Sheets:
        moved: Sheets = {}
        for title, rows in sheets.items():
            if title.startswith("X"):
                start = next(i for i, line in enumerate(rows) if str(line[0]).startswith("#X"))
                end = next(i for i, line in enumerate(rows) if line[0] == "#end")
                inside = [*rows[start + 1 : end], [None], [None, "chen thêm"]]
                mix.shuffle(inside)
                rows = [[None, "dòng chèn"], *rows[: start + 1], *inside, *rows[end:]]
                width = max(map(len, rows))
                order = list(range(1, width + 2))
                mix.shuffle(order)
                rows = [[(line + [None] * (width + 2))[j] for j in (0, *order)] for line in rows]
                title = f"Trang {mix.random()}"
            moved[title] = rows
        return dict(reversed(moved.items()))

    path = changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), move)
    submission = read_one(path, place)
    assert own(submission) == FILLED
    assert sorted(ids(submission.findings)) == PASTED
    book = load_workbook(path)
    for entry in submission.entries.values():
        shown = book[entry.sheet][entry.cell].value
        assert shown in (entry.value, entry.text)
    book.close()
    assert not {entry.sheet for entry in submission.entries.values()} & {"X01", "X02"}


def test_a_code_that_stands_twice_counts_in_neither_row(place: Workspace, tmp_path: Path) -> None:
    def copy(sheets: Sheets) -> Sheets:
        rows = sheets["X01"]
        i = next(i for i, line in enumerate(rows) if line[0] == "nam")
        rows.insert(i, list(rows[i]))
        return sheets

    path = changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), copy)
    submission = read_one(path, place)
    assert own(submission) == {"X01.ca.tong": 12.0, "X02.hai.tong": 0.0}
    finding = only(submission.findings, "code-duplicate")
    assert (finding.value, finding.sheet, finding.unit, finding.file) == ("nam", "X01", "U1", "a.xlsx")
    assert finding.cells == ("A10", "A11")


def test_a_measure_that_stands_twice_counts_in_neither_column(place: Workspace, tmp_path: Path) -> None:
    def copy(sheets: Sheets) -> Sheets:
        for line in sheets["X01"]:
            line.append(line[4])
        return sheets

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), copy), place)
    assert own(submission) == {"X02.hai.tong": 0.0, "X01.nam.ghi_chu": "đang soát"}
    finding = only(submission.findings, "measure-duplicate")
    assert (finding.value, finding.sheet) == ("tong", "X01")
    assert finding.cells[0] == "E7"
    assert len(finding.cells) == 2


def test_a_table_that_was_copied_to_another_sheet_counts_in_neither(place: Workspace, tmp_path: Path) -> None:
    def copy(sheets: Sheets) -> Sheets:
        return sheets | {"X01 (2)": sheets["X01"]}

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), copy), place)
    assert own(submission) == {"X02.hai.tong": 0.0}
    finding = only(submission.findings, "table-duplicate")
    assert (finding.form, finding.sheet, finding.cells) == ("X01", "X01", ("A7", "X01 (2)!A7"))


def test_unknown_and_missing_codes_and_measures_are_found_where_they_stand(place: Workspace, tmp_path: Path) -> None:
    def mend(sheets: Sheets) -> Sheets:
        for line in sheets["X01"]:
            if line[0] == "nu":
                line[0] = "la"
            line[:] = ["khac" if value == "tong" else value for value in line]
        return sheets

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), mend), place)
    found = {finding.id: finding for finding in submission.findings}
    assert (found["code-unknown"].value, found["code-unknown"].cells) == ("la", ("A11",))
    assert (found["measure-unknown"].value, found["measure-unknown"].cells) == ("khac", ("E7",))
    assert found["code-missing"].params == {"names": "nu"}
    assert found["measure-missing"].params == {"names": "tong"}
    assert {found.pop(pasted).severity for pasted in set(PASTED)} == {"info"}
    assert all((finding.sheet, finding.form, finding.severity) == ("X01", "X01", "hard") for finding in found.values())
    assert "X01.ca.tong" not in own(submission)


def test_a_deleted_sheet_and_a_table_of_no_form_are_findings(place: Workspace, tmp_path: Path) -> None:
    def mend(sheets: Sheets) -> Sheets:
        sheets["X02"] = [["#la" if value == "#X02" else value for value in line] for line in sheets["X02"]]
        return sheets

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), mend), place)
    missing, unknown = only(submission.findings, "form-missing"), only(submission.findings, "code-unknown")
    assert (missing.form, missing.params["table"]) == ("X02", "X02")
    assert (unknown.value, unknown.sheet, unknown.cells) == ("#la", "X02", ("A7",))


def test_what_the_unit_says_of_itself_is_read(place: Workspace, tmp_path: Path) -> None:
    info = {"nguoi_lap": "Người lập thử", "so_dt": "0912 000 000", "ngay_chot": "25/11/2020"}
    submission = read_one(package(tmp_path / "a.xlsx", place, "U1", FILLED, info=info), place)
    assert submission.info == info


def test_without_meta_and_first_sheet_a_workbook_is_quarantined(place: Workspace, tmp_path: Path) -> None:
    def strip(sheets: Sheets) -> Sheets:
        return {title: rows for title, rows in sheets.items() if title not in (META_SHEET, INFO_SHEET)}

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), strip), place)
    assert (submission.status, submission.reason, ids(submission.findings)) == (
        "quarantined",
        "no-identity",
        ["no-identity"],
    )
    assert submission.entries == {}


def test_a_workbook_without_the_info_sheet_still_counts(place: Workspace, tmp_path: Path) -> None:
    def strip(sheets: Sheets) -> Sheets:
        return {title: rows for title, rows in sheets.items() if title != INFO_SHEET}

    submission = read_one(changed(package(tmp_path / "a.xlsx", place, "U1", FILLED), strip), place)
    assert submission.info == {}
    assert own(submission) == FILLED


def test_locks_and_half_downloads_are_no_returns(place: Workspace) -> None:
    inbox_file(place, "U1.xlsx")
    inbox_file(place, "U2.xlsx", "U2")
    for name in ("~$U1.xlsx", ".U1.xlsx.77.tmp", "U1.xlsx.tmp", "U1.xlsx.part", "Thumbs.db", "U1.crdownload"):
        (place.inbox(YEAR) / name).write_bytes(b"x")
    assert [s.unit for s in read_inbox(place.inbox(YEAR), place.root, place.forms)] == ["U1", "U2"]


def test_an_inbox_that_is_not_there_is_empty(place: Workspace) -> None:
    assert read_inbox(place.inbox(YEAR), place.root, place.forms) == []


def test_a_folder_with_a_workbooks_name_is_a_finding_and_is_looked_into(place: Workspace) -> None:
    inbox_file(place, "U1.xlsx/trong.xlsx")
    inbox_file(place, "U1.xlsx/sâu/hơn.xlsx", "U2")
    by_file = {s.file: s for s in read_inbox(place.inbox(YEAR), place.root, place.forms)}
    assert by_file.keys() == {"inbox/2020/U1.xlsx", "inbox/2020/U1.xlsx/trong.xlsx", "inbox/2020/U1.xlsx/sâu/hơn.xlsx"}
    assert ids(by_file["inbox/2020/U1.xlsx"].findings) == ["not-a-file"]
    assert by_file["inbox/2020/U1.xlsx"].status == "quarantined"
    assert by_file["inbox/2020/U1.xlsx/trong.xlsx"].unit == "U1"


def test_a_file_that_is_no_workbook_is_quarantined_and_the_others_are_read(place: Workspace) -> None:
    inbox_file(place, "U1.xlsx")
    (place.inbox(YEAR) / "a.xlsx").write_bytes(b"")
    whole = inbox_file(place, "b.xlsx").read_bytes()
    (place.inbox(YEAR) / "b.xlsx").write_bytes(whole[: len(whole) // 2])
    read = read_inbox(place.inbox(YEAR), place.root, place.forms)
    assert [(s.file, s.status) for s in read] == [
        ("inbox/2020/U1.xlsx", "accepted"),
        ("inbox/2020/a.xlsx", "quarantined"),
        ("inbox/2020/b.xlsx", "quarantined"),
    ]
    assert [ids(s.findings) for s in read] == [[], ["empty-file"], ["damaged"]]


def test_many_files_come_in_the_order_of_their_paths(place: Workspace) -> None:
    names = ["b.xlsx", "a/z.xlsx", "c.xlsx", "a/b.xlsx"]
    for i, name in enumerate(names):
        inbox_file(place, name, X01_ca_tong=float(i))
    read = read_inbox(place.inbox(YEAR), place.root, place.forms)
    assert [s.file for s in read] == [f"inbox/2020/{name}" for name in sorted(names)]
    assert [own(s)["X01.ca.tong"] for s in read] == [3.0, 1.0, 0.0, 2.0]
    assert len({s.sha256 for s in read}) == 4


def test_identity_comes_from_inside_and_never_from_the_name(place: Workspace) -> None:
    inbox_file(place, "U2.xlsx")
    inbox_file(place, "2019-G11.xlsx", "U2")
    read = read_inbox(place.inbox(YEAR), place.root, place.forms)
    assert [(s.file, s.unit, s.period) for s in read] == [
        ("inbox/2020/2019-G11.xlsx", "U2", "2020"),
        ("inbox/2020/U2.xlsx", "U1", "2020"),
    ]


def test_received_is_the_time_of_the_file_and_the_version_is_the_packages(place: Workspace) -> None:
    path = inbox_file(place, "U1.xlsx")
    later = (RECEIVED + timedelta(hours=17)).timestamp()
    os.utime(path, (later, later))
    [read] = read_inbox(place.inbox(YEAR), place.root, place.forms)
    assert read.received_at == RECEIVED + timedelta(hours=17)
    assert read.received_day.day == 2
    assert read.package_version == "X01 1; X02 1"


def test_a_whole_number_with_the_noise_of_binary_sums_is_read_as_that_number(place: Workspace, tmp_path: Path) -> None:
    def add(sheets: Sheets) -> Sheets:
        sheets["X01"] = [[700.0000000000001 if value == 7 else value for value in line] for line in sheets["X01"]]
        return sheets

    path = package(tmp_path / "a.xlsx", place, "U1", {"X01.ca.tong": 7.0, "X01.nam.tong": 2.43})
    submission = read_one(changed(path, add), place)
    assert submission.entries[key("X01.ca.tong")].value == 700
    assert only(submission.findings, "read-as").cells == ("E9",)
    assert submission.entries[key("X01.nam.tong")].value == 2.43


def test_text_in_a_number_cell_is_refused_in_its_place_and_marks_are_read(place: Workspace, tmp_path: Path) -> None:
    typed = {"X01.ca.tong": "khoảng 900", "X01.nam.tong": "-", "X01.nu.tong": "x"}
    submission = read_one(package(tmp_path / "a.xlsx", place, "U1", typed), place)
    refused = submission.entries[key("X01.ca.tong")]
    assert (refused.value, refused.refusal, refused.text) == (None, "approximate", "khoảng 900")
    finding = only(submission.findings, "approximate")
    assert (finding.sheet, finding.cells, finding.indicator, finding.measure) == ("X01", ("E9",), "ca", "tong")
    assert submission.entries[key("X01.nam.tong")].value == 0
    assert submission.entries[key("X01.nu.tong")].value is None
    assert {f.id: f.severity for f in submission.findings} == {
        "approximate": "hard",
        "zero-mark": "info",
        "counted-elsewhere": "info",
    }


def test_the_result_of_a_threshold_may_be_put_in_words(tmp_path: Path) -> None:
    place = workspace(tmp_path, load(tmp_path / "f", form(row("ty", type='"percent"', rollup='"NONE"'), row("ca"))))
    read = read_one(package(tmp_path / "a.xlsx", place, "U1", {"X01.ty.tong": "Đạt 98,5%", "X01.ca.tong": 1.0}), place)
    assert (read.entries[key("X01.ty.tong")].value, read.entries[key("X01.ty.tong")].decimals) == (98.5, 1)
    assert read.findings == ()
