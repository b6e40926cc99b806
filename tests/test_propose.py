"""Proposals listed for a person to decide on: ticked in Excel, put down as decisions, never applied by themselves."""

from __future__ import annotations

import csv
import errno
import hashlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import RECEIVED, YEAR, edit, form, ids, key, load, only, package, row, workspace
from lists import list_form
from openpyxl import load_workbook
from proposing import FILLED, Line, fill, line, lines, tick

from pipeline import run
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.errors import ClosingError, OutputError
from pipeline.package_lines import ListRow
from pipeline.proposals import Taken, proposals_file
from pipeline.rows import rows_of
from pipeline.workspace import Workspace
from schemas.decisions import COLUMNS, FILE, load_decisions
from schemas.period import Period

Figures = Mapping[str, float | str]
ROWS = [row(name) for name in ("ca", "nam", "nu", "tren", "duoi")]
EDITS = [edit("nam + nu == ca"), edit("tren + duoi == ca", id='"X-2"'), edit("nu <= nam", id='"X-3"')]
# 65 for 56: two digits of the men exchanged, or 36 instead of 44 women would do as well.
GOOD: Figures = {
    "X01.ca.tong": 100.0,
    "X01.nam.tong": 56.0,
    "X01.nu.tong": 44.0,
    "X01.tren.tong": 30.0,
    "X01.duoi.tong": 70.0,
}
WRONG: Figures = {**GOOD, "X01.nam.tong": 65.0}
# Two sums that share their whole, each off by another amount: no one cell explains both.
TWICE: Figures = {**GOOD, "X01.nam.tong": 66.0, "X01.tren.tong": 45.0}
UNREAD: Figures = {**GOOD, "X01.ca.tong": "1OO"}


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", form(*ROWS, edits=EDITS)))


def returned(at: Workspace, figures: Figures, unit: str = "U1", **more: object) -> None:
    package(at.inbox(YEAR) / f"{unit}.xlsx", at, unit, figures, **more)  # type: ignore[arg-type]


def listed(at: Workspace, lang: str = "vi") -> Path:
    path, _ = run.propose(at, YEAR, lang=lang)
    return path


def of(path: Path, indicator: str, unit: str = "U1") -> Line:
    return line(path, unit, indicator)


def taken(at: Workspace) -> Taken:
    return run.take(at, YEAR)


def said(at: Workspace) -> list[str]:
    """What is not taken, less the name of the file."""
    found = taken(at)
    assert all(fault.vi != fault.en for fault in found.faults)
    return [fault.vi.removeprefix("de-xuat-2020.xlsx, ") for fault in found.faults]


def decided(at: Workspace) -> Workspace:
    return replace(at, decisions=load_decisions(at.root / FILE))


# --- the list


def test_each_explanation_of_a_fault_is_a_row_and_nothing_is_ticked(at: Workspace) -> None:
    returned(at, WRONG)
    found = [
        (one["group"], one["choice"], one["indicator"], one["reported"], one["decided"]) for one in lines(listed(at))
    ]
    assert found == [("1", "1", "nam", "65", 56), ("1", "2", "nu", "44", 35)]
    assert {one["tick"] for one in lines(proposals_file(at, YEAR))} == {None}
    assert not (at.root / FILE).exists()
    assert "X-1" in ids(run.consolidate(at, YEAR, write=False).findings)


def test_the_slip_the_edits_and_the_effect_stand_beside_the_figure(at: Workspace) -> None:
    returned(at, WRONG)
    returned(at, GOOD, "U2")
    sheet = load_workbook(listed(at)).worksheets[0]
    cells = [cell.value for cell in sheet[of(proposals_file(at, YEAR), "nam").row]]
    assert cells[1:5] == ["1a", "U1", "Đơn vị U1", "X01!E10"]
    assert cells[5:8] == ["Dòng nam – Tổng số", 65, 56]
    assert cells[8] == "Cách 1/2. Đảo hai chữ số. Sửa thì khớp X-1: Nhãn."
    assert cells[9] == "-9, thành 112"
    assert cells[11] == "Đảo hai chữ số. Sửa thì khớp X-1"


def test_a_set_of_cells_is_one_choice_of_as_many_rows(at: Workspace) -> None:
    returned(at, TWICE)
    found = lines(listed(at))
    sizes = {(one["group"], one["choice"]): one["size"] for one in found}
    assert ("1", "1") in sizes
    for (group, choice), size in sizes.items():
        assert size == str(sum((one["group"], one["choice"]) == (group, choice) for one in found))


def test_a_refused_cell_is_proposed_with_what_it_may_have_meant(at: Workspace) -> None:
    returned(at, UNREAD)
    one = of(listed(at), "ca")
    assert (one["reported"], one["proposed"], one["decided"]) == ("1OO", "100", 100)
    assert one["reason"] == 'Đơn vị ghi "1OO", hiểu là 100'


def test_a_figure_in_another_unit_or_read_in_many_ways_is_not_proposed(at: Workspace) -> None:
    returned(at, {**GOOD, "X01.ca.tong": "100 đồng", "X01.nam.tong": "khoảng 56"})
    assert lines(listed(at)) == []
    assert load_workbook(proposals_file(at, YEAR)).worksheets[0]["A8"].value == "Không có đề xuất nào."


def test_of_many_figures_that_would_do_none_is_filled_in(at: Workspace) -> None:
    returned(at, {"X01.nam.tong": 3.0, "X01.nu.tong": 5.0})
    path = listed(at)
    one = of(path, "nam")
    assert (one["proposed"], one["decided"]) == ("", None)
    tick(path, one)
    assert said(at) == [f'dòng {one.row}, cột "Số quyết định": để trống. Điền ô này.']
    fill(path, (one, {"decided": 5}))
    assert [decision.decided for decision in taken(at).new] == [5]


def test_a_figure_below_one_that_its_union_reports_itself_moves_nothing(at: Workspace) -> None:
    returned(at, WRONG, "G11")
    returned(at, GOOD)
    path = listed(at)
    effects = {load_workbook(path).worksheets[0].cell(one.row, 10).value for one in lines(path)}
    assert effects == {"không đổi: U1 có số riêng"}


def test_a_row_of_a_list_is_decided_like_any_cell(tmp_path: Path) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", form(*ROWS), list_form()))
    rows = (ListRow("G11", {"ma": "G11", "ten": "A", "so_ld": -40.0, "so_dv": 30.0}),)
    returned(at, GOOD, lists={"L01": rows})
    path = listed(at)
    one = of(path, "G11")
    assert (one["reported"], one["proposed"]) == ("-40", "40")
    tick(path, one)
    assert said(at) == []
    results = run.consolidate(decided(at), YEAR, write=False)
    assert results.rollup.value.of("P", key("L01..so_ld")) == 40
    assert only(results.findings, "adjusted").expected == "40"


def test_what_moves_the_province_most_comes_first(at: Workspace) -> None:
    returned(at, WRONG)
    returned(at, {**GOOD, "X01.nam.tong": 560.0}, "U2")
    assert next(one["unit"] for one in lines(listed(at))) == "U2"


def test_what_only_the_unit_can_mend_is_shown_and_closed(tmp_path: Path) -> None:
    rule = edit("about(ty_le, tong / ca[tong])", id='"X-4"')
    at = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"), row("nam"), edits=[rule])))
    returned(at, {"X01.ca.tong": 100.0, "X01.nam.tong": 56.0, "X01.nam.ty_le": 65.0})
    path = listed(at)
    sheet = load_workbook(path).worksheets[0]
    closed = next(one for one in lines(path) if one["measure"] == "ty_le")
    assert closed["tick"] == "-"
    assert sheet.cell(closed.row, 1).protection.locked
    assert "máy tự tính lại" in str(sheet.cell(closed.row, 9).value)
    fill(path, (closed, {**FILLED, "decided": 56, "reason": "x"}))
    assert "đơn vị không tự điền" in said(at)[0]
    open_ones = [one for one in lines(path) if one["measure"] == "tong"]
    assert open_ones
    assert not any(sheet.cell(one.row, 1).protection.locked for one in open_ones)


def test_the_list_is_made_for_excel(at: Workspace) -> None:
    returned(at, WRONG)
    sheet = load_workbook(listed(at)).worksheets[0]
    first = of(proposals_file(at, YEAR), "nam").row
    assert sheet.protection.sheet
    assert sheet.protection.password is None
    assert not sheet.protection.autoFilter
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("F8", "A7:N9")
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$7:$7"
    assert [sheet.cell(first, column).protection.locked for column in range(1, 15)] == [
        *([False] + 9 * [True] + 4 * [False])
    ]
    kinds = {str(one.sqref): one.type for one in sheet.data_validations.dataValidation}
    assert kinds[f"A{first}"] == "list"
    assert kinds[f"K{first}"] == "whole"
    assert kinds[f"N{first}"] == "date"


def test_in_english_nothing_is_vietnamese_but_names(at: Workspace) -> None:
    returned(at, {**WRONG, "X01.tren.tong": "3O"})
    sheet = load_workbook(listed(at, "en")).worksheets[0]
    found = " ".join(str(cell.value) for cells in sheet.iter_rows(max_col=14) for cell in cells if cell.value)
    for own in ("CƠ QUAN", "Đơn vị U1"):
        found = found.replace(own, "")
    assert not set(found) & set("ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđĐ")
    assert "Two digits exchanged. Would meet X-1: Label." in found


def test_the_same_returns_give_the_same_bytes(at: Workspace) -> None:
    returned(at, WRONG)
    first, second = (hashlib.sha256(listed(at).read_bytes()).hexdigest() for _ in range(2))
    assert first == second


# --- ticks


def test_a_tick_becomes_a_decision_once_and_only_consolidation_applies_it(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    first, again = taken(at), taken(at)
    assert (len(first.new), first.already, first.faults) == (1, 0, ())
    assert (again.new, again.already, again.faults) == ((), 1, ())
    [one] = load_decisions(at.root / FILE)
    assert (one.kind, one.unit, one.indicator, one.reported, one.decided) == ("adjust", "U1", "nam", "65", 56)
    assert (one.because, one.file) == ("Đảo hai chữ số. Sửa thì khớp X-1 (Lan, 10/12/2020)", "")
    results = run.consolidate(decided(at), YEAR)
    assert not {"X-1", "suspect"} & set(ids(results.findings))
    assert only(results.findings, "adjusted").expected == "56"
    lines_ = " ".join(text.vi for text in run.consolidate_report(results, ()))
    assert "1 số liệu điều chỉnh" in lines_
    assert lines(listed(decided(at))) == []


def test_name_and_day_above_the_table_hold_for_rows_that_say_nothing(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    one = of(path, "nam")
    fill(path, (one, {"tick": "X"}), common={"who": "Hoa", "when": date(2020, 12, 11)})
    [made] = taken(at).new
    assert (made.who, made.when) == ("Hoa", date(2020, 12, 11))


def test_figure_and_reason_are_those_that_the_officer_wrote(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"), decided="1.057", reason='sổ "A", trang 3')
    [made] = taken(at).new
    assert (made.decided, made.reason) == (1057, 'sổ "A", trang 3')
    assert load_decisions(at.root / FILE)[0].reason == 'sổ "A", trang 3'


@pytest.mark.parametrize(
    ("cells", "column", "fault"),
    [
        ({"who": None}, "Người quyết định", "để trống. Điền ô này."),
        ({"when": None}, "Ngày", "để trống. Điền ô này."),
        ({"when": "hôm qua"}, "Ngày", '"hôm qua" không phải là ngày. Ghi dạng 06/03/2020 hoặc 2020-03-06.'),
        ({"reason": None}, "Lý do", "để trống. Điền ô này."),
        ({"decided": None}, "Số quyết định", "để trống. Điền ô này."),
        ({"decided": "năm sáu"}, "Số quyết định", '"năm sáu" không phải là số'),
        ({"decided": -5}, "Số quyết định", '"-5" không phải là số (không âm)'),
        ({"decided": 56.5}, "Số quyết định", "56,5 không phải số nguyên mà ô này nhận."),
        ({"tick": "có"}, "Chọn", '"có" không phải dấu chọn.'),
    ],
)
def test_a_tick_that_lacks_something_is_named_by_row_and_column_and_not_taken(
    at: Workspace, cells: Mapping[str, object], column: str, fault: str
) -> None:
    returned(at, WRONG)
    path = listed(at)
    one = of(path, "nam")
    tick(path, one, **cells)
    [found] = said(at)
    assert found.startswith(f'dòng {one.row}, cột "{column}": {fault}')
    assert not (at.root / FILE).exists()


def test_all_that_is_wrong_with_a_row_is_said_at_once_and_other_rows_are_taken(at: Workspace) -> None:
    returned(at, WRONG)
    returned(at, UNREAD, "U2")
    path = listed(at)
    tick(path, of(path, "nam"), who=None, when=None, reason=None)
    tick(path, of(path, "ca", "U2"))
    assert len(said(at)) == 3
    assert [one.unit for one in load_decisions(at.root / FILE)] == ["U2"]


def test_of_a_group_one_choice_can_be_taken(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    nam, nu = of(path, "nam"), of(path, "nu")
    tick(path, nam, nu)
    [fault] = said(at)
    assert fault.startswith(f'dòng {nam.row}, cột "Chọn": nhóm này được chọn nhiều cách (dòng {nam.row}, {nu.row})')
    fill(path, (nu, {"tick": None}))
    assert len(taken(at).new) == 1
    fill(path, (nam, {"tick": None}), (nu, FILLED))
    assert "đã được quyết định theo cách khác (decisions.csv, dòng 2)" in said(at)[0]


def test_a_set_is_taken_whole_or_not_at_all(at: Workspace) -> None:
    returned(at, TWICE)
    path = listed(at)
    several = [one for one in lines(path) if one["size"] == "2"]
    first, second = [one for one in several if one["choice"] == several[0]["choice"]]
    tick(path, first)
    [fault] = said(at)
    assert fault.startswith(f'dòng {first.row}, cột "Chọn": cách này gồm 2 ô')
    assert f"(dòng {first.row}, {second.row})" in fault
    tick(path, second, who=None)
    assert [one.partition(":")[0] for one in said(at)] == [
        f'dòng {second.row}, cột "Người quyết định"',
        f'dòng {first.row}, cột "Chọn"',
    ]
    assert not (at.root / FILE).exists()
    tick(path, second)
    assert len(taken(at).new) == 2


def test_a_figure_that_the_unit_sent_anew_is_not_decided(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    returned(at, {**WRONG, "X01.nam.tong": 66.0}, received=RECEIVED + timedelta(days=1))
    [fault] = said(at)
    assert 'ô này nay là "66", không phải "65". Bỏ dấu rồi lập lại danh sách.' in fault


def test_what_is_proposed_no_more_is_not_taken_although_the_figure_is_the_same(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    mended = {**WRONG, "X01.nu.tong": 35.0}
    returned(at, mended, received=RECEIVED + timedelta(days=1))
    assert "đề xuất này không còn" in said(at)[0]
    noted = {**WRONG, "X01.ca.ghi_chu": "đã soát"}
    returned(at, noted, received=RECEIVED + timedelta(days=2))
    assert len(taken(at).new) == 1


def test_a_unit_without_a_return_is_named(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    (at.inbox(YEAR) / "U1.xlsx").unlink()
    assert "đơn vị chưa có bộ biểu nào được tính" in said(at)[0]


def test_what_is_decided_otherwise_already_is_named_by_its_row(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    taken(at)
    tick(path, of(path, "nam"), decided=57)
    [fault] = said(at)
    assert "ô này đã được quyết định là 56 (decisions.csv, dòng 2)" in fault
    assert len(load_decisions(at.root / FILE)) == 1


def test_a_percentage_that_excel_stores_as_a_share_is_asked_about(tmp_path: Path) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"), row("muc", type='"percent"', rollup='"NONE"'))))
    returned(at, {"X01.ca.tong": 5.0, "X01.muc.tong": 0.98})
    path = listed(at)
    shares = [one for one in lines(path) if one["indicator"] == "muc"]
    assert {one["proposed"] for one in shares} == {"98", "0.98"}
    point = next(one for one in shares if one["proposed"] == "98")
    tick(path, point, decided=0.97)
    assert "không rõ là 98 % hay 0,98 %" in said(at)[0]
    tick(path, point, decided=97)
    assert taken(at).new[0].decided == 97


# --- decisions.csv


@pytest.mark.parametrize(("mark", "encoding", "end"), [(",", "utf-8", "\n"), (";", "utf-8-sig", "\r\n")])
def test_rows_are_added_as_the_file_is_written_and_the_others_stay_byte_for_byte(
    at: Workspace, mark: str, encoding: str, end: str
) -> None:
    columns = [*reversed(COLUMNS), "ghi chú"]
    old = {"period": "2019", "kind": "adjust", "unit": "U1", "form": "X01", "indicator": "nu", "measure": "tong"}
    old |= {"reported": "1", "decided": "2", "reason": "cũ", "who": "An", "when": "01/02/2020", "ghi chú": "giữ"}
    text = end.join([mark.join(columns), "", mark.join(old.get(name, "") for name in columns)])
    (at.root / FILE).write_bytes(text.encode(encoding))
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    taken(at)
    data = (at.root / FILE).read_bytes()
    assert data.startswith(text.encode(encoding) + end.encode())
    assert data.count(end.encode()) == 4
    row_ = next(csv.reader([data.decode(encoding).split(end)[3]], delimiter=mark))
    found = dict(zip(columns, row_, strict=True))
    assert (found["reported"], found["decided"], found["when"], found["ghi chú"]) == ("65", "56", "2020-12-10", "")
    assert len(load_decisions(at.root / FILE)) == 2


def test_a_new_file_is_one_that_excel_opens(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    taken(at)
    assert (at.root / FILE).read_bytes().startswith(b"\xef\xbb\xbfperiod,kind,unit,")


def test_decimals_are_written_with_the_mark_of_the_file(tmp_path: Path) -> None:
    at = workspace(tmp_path, load(tmp_path / "forms", form(row("ca"), row("muc", type='"percent"', rollup='"NONE"'))))
    (at.root / FILE).write_text(";".join(COLUMNS) + "\n", encoding="utf-8")
    returned(at, {"X01.ca.tong": 5.0, "X01.muc.tong": 0.98})
    path = listed(at)
    tick(path, next(one for one in lines(path) if one["proposed"] == "0.98"), decided=1.125)
    taken(at)
    assert (at.root / FILE).read_text(encoding="utf-8").splitlines()[1].split(";")[7:9] == ["0,98", "1,1250"]
    [one] = [d for d in load_decisions(at.root / FILE) if d.decided == 1.125]
    assert "decision-stale" not in ids(run.consolidate(decided(at), YEAR, write=False).findings)
    assert one.says(0.98, "0,98")


# --- what must not be lost


def test_a_new_list_never_takes_the_place_of_ticks_that_are_not_taken(at: Workspace) -> None:
    returned(at, WRONG)
    path = listed(at)
    one = of(path, "nam")
    tick(path, one)
    ticked = path.read_bytes()
    with pytest.raises(OutputError, match=f"1 dòng đã đánh dấu .* \\(dòng {one.row}\\)") as caught:
        run.propose(at, YEAR)
    assert "tonghop propose --take --period 2020" in caught.value.faults[0].en
    assert path.read_bytes() == ticked
    taken(at)
    assert lines(listed(at)) == []


def test_a_file_that_is_no_list_is_named_and_left(at: Workspace) -> None:
    returned(at, WRONG)
    path = proposals_file(at, YEAR)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    for command in (run.propose, run.take):
        with pytest.raises(OutputError, match="không phải danh sách đề xuất"):
            command(at, YEAR)
    assert path.read_bytes() == b"x"


def test_in_a_closed_period_nothing_is_proposed_or_taken(province: Path) -> None:
    place, period = run.workspace_at(province), Period.parse("2024")
    run.propose(place, period)
    run.close(place, period, "Lan", on=date(2024, 12, 20))
    for command in (run.propose, run.take):
        with pytest.raises(ClosingError, match="tonghop close --reopen"):
            command(place, period)


def test_without_a_list_there_is_nothing_to_take(at: Workspace) -> None:
    with pytest.raises(OutputError, match="Chưa có danh sách"):
        taken(at)


@pytest.mark.parametrize("command", [run.propose, run.take])
def test_a_list_open_in_excel_is_named_and_left(
    at: Workspace, command: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(command)
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    ticked, opened = path.read_bytes(), Path.open

    def held(self: Path, mode: str = "r", *more: object, **rest: object) -> object:
        if self == path and "+" in mode:
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(self, mode, *more, **rest)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", held)
    with pytest.raises(OutputError, match="đang mở trong Excel"):
        command(at, YEAR)
    assert path.read_bytes() == ticked
    assert not (at.root / FILE).exists()


def test_decisions_open_in_excel_are_named_and_nothing_is_taken(at: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    returned(at, WRONG)
    path = listed(at)
    tick(path, of(path, "nam"))
    (at.root / FILE).write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    plain = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target.name == FILE:
            raise PermissionError(errno.EACCES, "Permission denied")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", held)
    with pytest.raises(OutputError, match=r"decisions\.csv: tệp đang mở trong Excel"):
        taken(at)
    assert load_decisions(at.root / FILE) == ()


def test_a_ticked_list_survives_libreoffice(at: Workspace, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    returned(at, WRONG)
    returned(at, UNREAD, "U2")
    path = listed(at)
    tick(path, of(path, "nam"), when=date(2020, 12, 10))
    tick(path, of(path, "ca", "U2"))
    profile = f"-env:UserInstallation=file://{tmp_path / 'profile'}"
    saved = tmp_path / "saved"
    command = [soffice, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(saved), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    shutil.copy(saved / path.name, path)
    found = taken(at)
    assert found.faults == ()
    assert {(one.unit, one.reported, one.decided, one.when) for one in found.new} == {
        ("U1", "65", 56.0, date(2020, 12, 10)),
        ("U2", "1OO", 100.0, date(2020, 12, 10)),
    }


# --- the whole way


@pytest.fixture
def province(demo: Demo, tmp_path: Path) -> Path:
    root = tmp_path / "tỉnh"
    shutil.copytree(demo.workspace.root, root)
    return root


def test_from_the_list_to_the_consolidated_figures(province: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--workspace", str(province)]
    assert main([*at, "propose", "--period", "2020"]) == 0
    assert "Chưa số nào bị đổi" in capsys.readouterr().out
    path = province / "output" / "2020" / "de-xuat-2020.xlsx"
    closed = next(one for one in lines(path) if one["tick"] == "-")
    tick(path, line(path, "LC-01", "sl_dv_nu"), line(path, "LC-03", "sl_doan_vien"), closed)
    assert main([*at, "propose", "--take", "--period", "2020"]) == 1
    told = capsys.readouterr().out
    assert "Đã ghi thêm 2 quyết định vào decisions.csv" in told
    assert main([*at, "--lang", "en", "propose", "--take", "--period", "2020"]) == 1
    assert "2 stood there already" in capsys.readouterr().out
    results = run.consolidate(province, "2020")
    assert [f.indicator for f in results.findings if f.id == "adjusted"] == ["sl_dv_nu", "sl_doan_vien"]
    assert "B01-E01" not in ids(results.findings_of("LC-01"))
    assert "thousands-lost" not in ids(results.findings_of("LC-03"))
    observed = {(one[1], one[4]): one[6:9] for one in rows_of(results, "observations") if one[8] == "adjusted"}
    assert observed["LC-01", "sl_dv_nu"] == ("927", "972", "adjusted")
    assert results.rollup.value.of("LC", key("B01.sl_doan_vien.tong")) == 17700 + 2430


def test_every_proposal_of_the_sample_can_be_taken_or_says_why_not(province: Path) -> None:
    place = run.workspace_at(province)
    path, groups = run.propose(place, YEAR)
    first = [one for one in lines(path) if one["choice"] == "1" and one["tick"] is None and one["decided"] is not None]
    tick(path, *first)
    whole = {str(one["group"]) for one in lines(path) if one["choice"] == "1" and one["decided"] is None}
    found = run.take(place, YEAR)
    assert len(groups) > 10
    assert len(found.new) == sum(one["group"] not in whole for one in first)
    assert "decision-" not in " ".join(ids(run.consolidate(province, "2020", write=False).findings))
