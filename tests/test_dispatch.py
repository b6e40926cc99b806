"""Who is sent what, who is reminded and with what words: the lists, the zips for upper unions, the status."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest
from builders import UNITS, YEAR, edit, form, load, package, row, unit, workspace
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipeline import run
from pipeline.dispatch import reminders, sendings
from pipeline.dispatch_files import write_zips
from pipeline.findings import Finding
from pipeline.obligations import obligations
from pipeline.state_of_returns import first_thing
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace
from pipeline.write import output_files, written
from schemas.tree import Unit

BOTH = ("upper", "grassroots")
FORM = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")])
GOOD: Mapping[str, float | str] = {"X01.ca.tong": 5.0, "X01.nam.tong": 3.0, "X01.nu.tong": 2.0}
WRONG: Mapping[str, float | str] = {**GOOD, "X01.nu.tong": 1.0}
LATE = datetime(2020, 12, 8, 9, tzinfo=VIETNAM)
OWING = ("U1", "U2", "G11", "G12", "G21", "G0")
GRASSROOTS = ("G11", "G12", "G21", "G0")


def place(root: Path, *, senders: tuple[str, ...] = BOTH, units: Sequence[Unit] = UNITS) -> Workspace:
    return workspace(root, load(root / "forms", FORM), senders=senders, units=units)


def with_(code: str, **more: str) -> tuple[Unit, ...]:
    return tuple(replace(one, **more) if one.code == code else one for one in UNITS)


def table(path: Path) -> dict[str, dict[str, object]]:
    """The rows of a list by the unit's code, each cell under its head."""
    (sheet,) = CalamineWorkbook.from_path(path).sheet_names
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()
    start = next(i for i, cells in enumerate(rows) if cells[0] == "TT")
    return {str(cells[1]): dict(zip(map(str, rows[start]), cells, strict=True)) for cells in rows[start + 1 :]}


def links(path: Path) -> dict[str, str]:
    """Where the links lead, by cell; Excel keeps them with its own slashes."""
    (sheet,) = load_workbook(path)
    linked = [cell for cells in sheet.iter_rows() for cell in cells if cell.hyperlink]
    return {cell.coordinate: cell.hyperlink.target.replace("\\", "/") for cell in linked}


def zips(folder: Path) -> dict[str, list[str]]:
    return {path.name: ZipFile(path).namelist() for path in sorted(folder.glob("*"))}


def issued(at: Workspace) -> Path:
    return at.templates / str(YEAR)


def output(at: Workspace) -> Path:
    return at.output(YEAR)


def don_doc(at: Workspace) -> dict[str, dict[str, object]]:
    return table(output(at) / "don-doc-2020.xlsx")


def returned(at: Workspace, code: str, figures: Mapping[str, float | str], **more: datetime) -> Path:
    return package(at.inbox(YEAR) / f"{code}.xlsx", at, code, figures, **more)


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_list_has_a_row_for_each_unit_that_owes_a_package(tmp_path: Path) -> None:
    at = place(tmp_path, units=with_("U1", email="u1@example.vn"))
    assert [one.outcome for one in run.templates(at, YEAR)] == ["written"] * 6
    path = issued(at) / "danh-sach-gui.xlsx"
    listed = table(path)
    assert list(listed) == list(OWING)
    assert listed["G11"] == {
        "TT": 3,
        "Mã": "G11",
        "Đơn vị": "Đơn vị G11",
        "Cấp trên": "Đơn vị U1",
        "Địa chỉ liên hệ": "chưa có",
        "Tệp": "G11.xlsx",
        "Gói gửi cấp trên": "U1.zip",
        "Hạn gửi": date(2020, 12, 5),
        "Các biểu phải nộp": "X01",
        "Câu nhắn sẵn": "Kính gửi Đơn vị G11: Đơn vị P gửi bộ biểu số liệu năm 2020 (tệp G11.xlsx, gồm biểu X01). "
        "Đề nghị điền, kiểm tra ở trang KIEM_TRA và gửi lại chậm nhất ngày 05/12/2020. Trân trọng.",
    }
    assert listed["U1"]["Địa chỉ liên hệ"] == "u1@example.vn"
    assert (listed["G0"]["Cấp trên"], listed["G0"]["Gói gửi cấp trên"]) == ("Đơn vị P", "")
    assert links(path)["F7"] == "U1.xlsx"
    assert links(path)["G9"] == "gui/U1.zip"


def test_the_list_says_what_period_it_is_for_and_prints_on_one_page_across(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    (sheet,) = load_workbook(issued(at) / "danh-sach-gui.xlsx")
    assert [sheet.cell(i, 1).value for i in (1, 2, 3, 4)] == [
        "CƠ QUAN",
        "DANH SÁCH GỬI BỘ BIỂU – NĂM 2020",
        "Ngày giao biểu 06/11/2020; ngày chốt số liệu 25/11/2020; hạn gửi 05/12/2020",
        "6 đơn vị phải gửi; 6 đơn vị chưa có địa chỉ liên hệ (ghi thêm ở cột email của schemas/units.csv)",
    ]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("D7", "A6:J12")
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.print_title_rows == "$6:$6"


def test_an_upper_union_gets_its_own_package_and_those_below_it(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    folder = issued(at) / "gui"
    assert zips(folder) == {"U1.zip": ["U1.xlsx", "G11.xlsx", "G12.xlsx"], "U2.zip": ["U2.xlsx", "G21.xlsx"]}
    for path in folder.iterdir():
        with ZipFile(path) as archive:
            for member in archive.infolist():
                assert (member.compress_type, member.date_time[:3]) == (ZIP_STORED, (2020, 11, 6))
                assert archive.read(member) == (issued(at) / member.filename).read_bytes()


def test_where_only_upper_unions_send_each_zip_holds_one_package(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    run.templates(at, YEAR)
    assert list(table(issued(at) / "danh-sach-gui.xlsx")) == ["U1", "U2"]
    assert zips(issued(at) / "gui") == {"U1.zip": ["U1.xlsx"], "U2.zip": ["U2.xlsx"]}


def test_where_only_grassroots_send_the_union_above_still_gets_their_packages(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("grassroots",))
    run.templates(at, YEAR)
    assert zips(issued(at) / "gui") == {"U1.zip": ["G11.xlsx", "G12.xlsx"], "U2.zip": ["G21.xlsx"]}


def test_an_upper_union_below_another_stands_in_both_zips(tmp_path: Path) -> None:
    at = place(tmp_path, units=(*UNITS, unit("U3", "upper", "U2"), unit("G31", "grassroots", "U3")))
    run.templates(at, YEAR)
    packed = zips(issued(at) / "gui")
    assert packed["U2.zip"] == ["U2.xlsx", "G21.xlsx", "U3.xlsx", "G31.xlsx"]
    assert packed["U3.zip"] == ["U3.xlsx", "G31.xlsx"]
    assert table(issued(at) / "danh-sach-gui.xlsx")["G31"]["Gói gửi cấp trên"] == "U3.zip"


def test_the_list_is_whole_where_only_some_packages_are_made(tmp_path: Path) -> None:
    at = place(tmp_path)
    assert [one.path.name for one in run.templates(at, YEAR, ["G11"])] == ["G11.xlsx"]
    listed = table(issued(at) / "danh-sach-gui.xlsx")
    assert list(listed) == list(OWING)
    assert {code: cells["Tệp"] for code, cells in listed.items() if code != "G11"} == dict.fromkeys(
        ("U1", "U2", "G12", "G21", "G0"), "chưa lập"
    )
    assert (listed["G12"]["Gói gửi cấp trên"], listed["G12"]["Câu nhắn sẵn"]) == ("", "")
    assert zips(issued(at) / "gui") == {"U1.zip": ["G11.xlsx"]}
    run.templates(at, YEAR, ["G12"])
    assert zips(issued(at) / "gui") == {"U1.zip": ["G11.xlsx", "G12.xlsx"]}


def test_a_package_made_on_request_for_a_unit_that_owes_none_is_not_listed(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    assert [one.path.name for one in run.templates(at, YEAR, ["G11"])] == ["G11.xlsx"]
    assert list(table(issued(at) / "danh-sach-gui.xlsx")) == ["U1", "U2"]
    assert not (issued(at) / "gui").exists()


def test_a_zip_that_nothing_goes_into_any_more_is_removed(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    for code in ("U2", "G21"):
        (issued(at) / f"{code}.xlsx").unlink()
    run.templates(at, YEAR, ["U1"])
    assert list(zips(issued(at) / "gui")) == ["U1.zip"]


def test_the_same_run_gives_the_same_bytes_and_leaves_the_zips_alone(tmp_path: Path) -> None:
    here, there = place(tmp_path / "một"), place(tmp_path / "hai")
    run.templates(here, YEAR)
    run.templates(there, YEAR)
    assert digests(issued(here)) == digests(issued(there))
    before = digests(issued(here))
    for path in (issued(here) / "gui").iterdir():
        os.utime(path, (1, 1))
    run.templates(here, YEAR)
    assert digests(issued(here)) == before
    assert {path.stat().st_mtime for path in (issued(here) / "gui").iterdir()} == {1}


def test_a_zip_follows_the_packages_as_they_stand(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    other = (issued(at) / "G12.xlsx").read_bytes()
    (issued(at) / "G11.xlsx").write_bytes(other)
    assert {one.outcome for one in run.templates(at, YEAR)} == {"kept", "same"}
    with ZipFile(issued(at) / "gui" / "U1.zip") as archive:
        assert archive.read("G11.xlsx") == other


def test_a_day_before_there_were_zips_is_no_fault(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR, ["U1"])
    tree = obligations(at, YEAR).tree
    write_zips(tmp_path / "gui", tree, {"U1": ("U1.xlsx", issued(at) / "U1.xlsx")}, date(1975, 5, 1))
    assert zips(tmp_path / "gui") == {"U1.zip": ["U1.xlsx"]}


@pytest.mark.parametrize("name", ["=1+1", 'CĐ "Chè & Cà phê" <tỉnh>', "CĐCS Công ty " + "rất dài " * 60])
def test_names_and_addresses_stay_text(tmp_path: Path, name: str) -> None:
    at = place(tmp_path, units=with_("U1", name=name, email='=HYPERLINK("x")'))
    run.templates(at, YEAR)
    run.consolidate(at)
    for path in (issued(at) / "danh-sach-gui.xlsx", output(at) / "don-doc-2020.xlsx"):
        (sheet,) = load_workbook(path)
        assert {cell.data_type for cells in sheet.iter_rows() for cell in cells} <= {"s", "n", "d"}
        assert table(path)["U1"]["Đơn vị"] == name
        assert table(path)["U1"]["Địa chỉ liên hệ"] == '=HYPERLINK("x")'
        assert f"Kính gửi {name}: " in str(table(path)["U1"]["Câu nhắn sẵn"])
        assert max(size.height or 0 for size in sheet.row_dimensions.values()) <= 409


def test_the_command_names_the_list_and_counts_the_zips(tmp_path: Path) -> None:
    at = place(tmp_path)
    vietnamese, english = (
        [line.of(lang) for line in run.templates_report(at, YEAR, run.templates(at, YEAR))] for lang in ("vi", "en")
    )
    assert f"Danh sách gửi: {issued(at) / 'danh-sach-gui.xlsx'}; 2 gói .zip" in vietnamese[1]
    assert f"Dispatch list: {issued(at) / 'danh-sach-gui.xlsx'}; 2 zips" in english[1]


def test_all_who_have_not_sent_are_reminded_with_their_packages(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    results = run.consolidate(at)
    listed = don_doc(at)
    assert list(listed) == list(OWING)
    assert listed["G11"] == {
        "TT": 3,
        "Mã": "G11",
        "Đơn vị": "Đơn vị G11",
        "Cấp trên": "Đơn vị U1",
        "Địa chỉ liên hệ": "chưa có",
        "Tình trạng": "Chưa gửi",
        "Hạn gửi": date(2020, 12, 5),
        "Quá hạn (ngày)": "",
        "Tệp gửi kèm": "G11.xlsx",
        "Gói gửi cấp trên": "U1.zip",
        "Chỗ phải sửa": "",
        "Việc đầu tiên cần làm": "",
        "Câu nhắn sẵn": "Kính gửi Đơn vị G11: đến nay Đơn vị P chưa nhận được bộ biểu số liệu năm 2020 (hạn gửi "
        "05/12/2020). Đề nghị điền vào tệp G11.xlsx gửi kèm, kiểm tra ở trang KIEM_TRA và sớm gửi về. Trân trọng.",
    }
    assert zips(output(at) / "don-doc") == {
        "U1.zip": ["chua-gui/U1.xlsx", "chua-gui/G11.xlsx", "chua-gui/G12.xlsx"],
        "U2.zip": ["chua-gui/U2.xlsx", "chua-gui/G21.xlsx"],
    }
    target = links(output(at) / "don-doc-2020.xlsx")
    assert (target["I7"], target["J7"]) == ("../../input_templates/2020/U1.xlsx", "don-doc/U1.zip")
    assert output_files(at, YEAR)["reminders"] in written(results)


def test_a_package_that_was_never_made_is_left_out_and_marked(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR, ["G11"])
    run.consolidate(at)
    listed = don_doc(at)
    assert (listed["G12"]["Tệp gửi kèm"], listed["G12"]["Gói gửi cấp trên"]) == ("chưa lập", "")
    assert str(listed["G12"]["Câu nhắn sẵn"]).endswith("Đề nghị sớm điền và gửi về. Trân trọng.")
    assert zips(output(at) / "don-doc") == {"U1.zip": ["chua-gui/G11.xlsx"]}


def test_who_must_correct_gets_the_annotated_return(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("grassroots",))
    run.templates(at, YEAR)
    for code in GRASSROOTS:
        returned(at, code, GOOD)
    returned(at, "G12", WRONG, received=LATE)
    returned(at, "G0", WRONG)
    run.consolidate(at)
    listed = don_doc(at)
    assert list(listed) == ["G12", "G0"]
    late = listed["G12"]
    assert [late[head] for head in ("Tình trạng", "Quá hạn (ngày)", "Tệp gửi kèm", "Gói gửi cấp trên")] == [
        "Phải sửa, gửi lại",
        3,
        "G12.xlsx",
        "U1.zip",
    ]
    assert late["Chỗ phải sửa"] == 1
    assert str(late["Việc đầu tiên cần làm"]).startswith("X01!")
    assert late["Câu nhắn sẵn"] == (
        "Kính gửi Đơn vị G12: bộ biểu số liệu năm 2020 mà Đơn vị P đã nhận còn 1 chỗ phải sửa (ô tô đỏ, danh sách ở "
        "trang PHAT_HIEN). Đề nghị sửa ngay trong tệp G12.xlsx gửi kèm rồi gửi lại. Trân trọng."
    )
    assert (listed["G0"]["Quá hạn (ngày)"], listed["G0"]["Gói gửi cấp trên"]) == ("", "")
    assert links(output(at) / "don-doc-2020.xlsx")["I7"] == "phan-hoi/G12.xlsx"
    assert zips(output(at) / "don-doc") == {"U1.zip": ["phai-sua/G12.xlsx"]}
    with ZipFile(output(at) / "don-doc" / "U1.zip") as archive:
        assert archive.read("phai-sua/G12.xlsx") == (output(at) / "phan-hoi" / "G12.xlsx").read_bytes()


def test_who_need_not_send_but_sent_faults_must_correct_without_a_due_date(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    for code in ("U1", "U2"):
        returned(at, code, GOOD)
    returned(at, "G11", WRONG, received=LATE)
    run.consolidate(at)
    (listed,) = don_doc(at).values()
    assert (listed["Mã"], listed["Hạn gửi"], listed["Quá hạn (ngày)"]) == ("G11", "", "")
    assert zips(output(at) / "don-doc") == {"U1.zip": ["phai-sua/G11.xlsx"]}


def test_who_sent_a_file_that_cannot_be_used_is_told_why(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    returned(at, "U1", {})
    returned(at, "U2", GOOD)
    run.consolidate(at)
    (listed,) = don_doc(at).values()
    assert listed["Tình trạng"] == "Chưa gửi"
    assert listed["Việc đầu tiên cần làm"] == "U1.xlsx: bộ biểu chưa điền số liệu nào, coi như chưa nộp"
    assert "đã nhận tệp “U1.xlsx” nhưng chưa dùng được (bộ biểu chưa điền" in str(listed["Câu nhắn sẵn"])


def test_a_stray_file_beside_a_good_return_is_no_place_to_correct(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("upper",))
    for code in ("U1", "U2"):
        returned(at, code, WRONG)
    package(at.inbox(YEAR) / "A (trống).xlsx", at, "U1", {})
    run.consolidate(at)
    assert [(cells["Chỗ phải sửa"], str(cells["Việc đầu tiên cần làm"])[:4]) for cells in don_doc(at).values()] == [
        (1, "X01!"),
        (1, "X01!"),
    ]


def test_with_nobody_to_remind_the_list_says_so_and_the_zips_go(tmp_path: Path) -> None:
    at = place(tmp_path, senders=("grassroots",))
    run.templates(at, YEAR)
    run.consolidate(at)
    assert zips(output(at) / "don-doc")
    for code in GRASSROOTS:
        returned(at, code, GOOD)
    results = run.consolidate(at)
    (sheet,) = load_workbook(output(at) / "don-doc-2020.xlsx")
    assert (sheet.max_row, str(sheet["A7"].value)[:35]) == (7, "Không có đơn vị nào cần đôn đốc: cá")
    assert zips(output(at) / "don-doc") == {}
    assert output_files(at, YEAR)["reminders"] not in written(results)
    assert [line.vi for line in run.status_report(results)][-1] == "Không có đơn vị nào cần đôn đốc."


def test_reminders_are_the_same_bytes_from_run_to_run(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR)
    returned(at, "U1", WRONG)
    run.consolidate(at)
    before = digests(output(at))
    assert {"don-doc-2020.xlsx", "don-doc/U1.zip", "don-doc/U2.zip"} <= set(before)
    for path in (output(at) / "don-doc").iterdir():
        path.unlink()
    run.consolidate(at)
    assert digests(output(at)) == before


def test_status_says_to_each_what_the_list_says(tmp_path: Path) -> None:
    at = place(tmp_path, units=with_("U2", email="u2@example.vn"))
    run.templates(at, YEAR)
    returned(at, "U1", WRONG)
    results = run.consolidate(at)
    said = [line.vi for line in run.status_report(results)]
    at_remind = said.index("Cần đôn đốc:")
    contacts = dict.fromkeys(OWING, "chưa có địa chỉ") | {"U2": "u2@example.vn"}
    assert said[at_remind + 1 :] == [
        f"  {code} ({contacts[code]}): {cells['Câu nhắn sẵn']}" for code, cells in don_doc(at).items()
    ]
    english = [line.en for line in run.status_report(results)][at_remind:]
    assert english[0] == "To be reminded:"
    assert english[1] == (
        "  U1 (no address): Dear Đơn vị U1: the package of forms for the year 2020 that Đơn vị P received has 1 place "
        "to correct (red cells, listed on sheet PHAT_HIEN). Please correct the attached file U1.xlsx itself and send "
        "it back. Kind regards."
    )
    assert english[2].startswith("  U2 (u2@example.vn): Dear Đơn vị U2: Đơn vị P has not yet received the package")


def test_every_sentence_is_whole_in_both_languages(tmp_path: Path) -> None:
    at = place(tmp_path)
    run.templates(at, YEAR, ["U1", "G11"])
    returned(at, "U1", WRONG)
    returned(at, "G12", {})
    owed = obligations(at, YEAR)
    words = [one.sentence for one in sendings(at, owed) if one.file]
    words += [one.sending.sentence for one in reminders(run.consolidate(at, write=False))]
    assert len(words) == 2 + 6
    for text in words:
        assert text.vi.startswith("Kính gửi Đơn vị ")
        assert text.vi.endswith(". Trân trọng.")
        assert text.en.startswith("Dear Đơn vị ")
        assert text.en.endswith(". Kind regards.")


def test_what_to_do_first_is_what_must_be_mended() -> None:
    soft = Finding("not-asked", "soft", file="inbox/2020/U1.xlsx", sheet="X01", cells=("C9", "C8"), value="3")
    hard = Finding("no-figures", "hard", file="inbox/2020/U1.xlsx")
    absent = Finding("not-received", "info", period="2020", expected="05/12/2020")
    assert first_thing([absent, soft, hard], "en").startswith("U1.xlsx: the package holds no figure")
    assert first_thing([absent, soft], "vi").startswith("X01!C9 (+1): 3 ghi ở ô không áp dụng")
    assert first_thing([absent], "vi") == "chưa gửi bộ biểu kỳ 2020"
    assert first_thing([], "vi") == ""
