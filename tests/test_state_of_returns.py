"""Who has sent, how late, what to correct: one count, the same on the sheet, in the status and in the list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from builders import UNITS, YEAR, edit, form, load, package, row, unit, workspace
from openpyxl import load_workbook

from pipeline import run
from pipeline.dispatch import reminders
from pipeline.results import Results
from pipeline.state_of_returns import ReturnCounts, UnitState, counts, states_of_returns
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace

FORM = form(row("ca"), row("nam"), row("nu"), edits=[edit("nam + nu == ca")])
GOOD: Mapping[str, float | str] = {"X01.ca.tong": 5.0, "X01.nam.tong": 3.0, "X01.nu.tong": 2.0}
WRONG: Mapping[str, float | str] = {**GOOD, "X01.nu.tong": 1.0}
LATE = datetime(2020, 12, 8, 9, tzinfo=VIETNAM)
LAST_HOUR = datetime(2020, 12, 5, 23, 59, tzinfo=VIETNAM)
NEXT_DAY = datetime(2020, 12, 6, 0, 1, tzinfo=VIETNAM)


def place(root: Path, senders: tuple[str, ...] = ("upper",)) -> Workspace:
    more = tuple(unit(code, "upper", "P") for code in ("U3", "U4", "U5"))
    units = (*UNITS, *more)
    known = tuple(replace(one, email="0912 345 678 (Zalo)") if one.code == "U1" else one for one in units)
    return workspace(root, load(root / "forms", FORM), senders=senders, units=known)


def returned(at: Workspace, code: str, figures: Mapping[str, float | str], name: str = "", **more: datetime) -> None:
    package(at.inbox(YEAR) / f"{name or code}.xlsx", at, code, figures, **more)


def mixed(root: Path) -> Results:
    """On time, late and wrong, empty, of another year, missing, and one that need not send."""
    at = place(root)
    returned(at, "U1", GOOD)
    returned(at, "U2", WRONG, received=LATE)
    returned(at, "U3", {})
    package(at.inbox(YEAR) / "hỏng.xlsx", at, "U4", GOOD).write_bytes(b"PK")
    returned(at, "G11", WRONG, received=LATE)
    return run.consolidate(at)


def of(results: Results) -> dict[str, UnitState]:
    return {state.unit.code: state for state in states_of_returns(results)}


def test_units_are_counted_once_each(tmp_path: Path) -> None:
    state = counts(mixed(tmp_path))
    assert state == ReturnCounts(owed=5, received=2, on_time=1, late=1, to_correct=1, missing=3, unusable=1, beside=1)
    assert state.rate == 40


def test_an_empty_package_is_not_received_and_its_words_say_so(tmp_path: Path) -> None:
    empty = of(mixed(tmp_path))["U3"]
    assert (empty.status, empty.received, empty.hard, empty.days_late) == ("missing", None, 0, 0)
    assert empty.first == "U3.xlsx: bộ biểu chưa điền số liệu nào, coi như chưa nộp"


def test_an_empty_package_never_replaces_one_with_figures(tmp_path: Path) -> None:
    at = place(tmp_path)
    returned(at, "U1", GOOD)
    returned(at, "U1", {}, "U1 (2)", received=LATE)
    results = run.consolidate(at, write=False)
    assert of(results)["U1"].received == date(2020, 12, 1)
    assert (counts(results).received, counts(results).unusable) == (1, 0)


def test_days_late_are_days_in_vietnam_after_the_due_day(tmp_path: Path) -> None:
    at = place(tmp_path)
    returned(at, "U1", GOOD, received=LAST_HOUR)
    returned(at, "U2", GOOD, received=NEXT_DAY)
    returned(at, "U3", GOOD, received=LATE)
    results = run.consolidate(at, write=False)
    assert [of(results)[code].days_late for code in ("U1", "U2", "U3", "U4")] == [0, 1, 3, 0]
    assert (counts(results).on_time, counts(results).late) == (1, 2)


def test_who_need_not_send_is_beside_and_never_late(tmp_path: Path) -> None:
    beside = of(mixed(tmp_path))["G11"]
    assert (beside.owes, beside.status, beside.days_late, beside.hard) == (False, "rejected", 0, 1)


def test_with_more_returns_than_units_that_owe_the_rate_is_100(tmp_path: Path) -> None:
    at = place(tmp_path)
    for code in ("U1", "U2", "U3", "U4", "U5", "G11", "G12", "G21", "G0", "P"):
        returned(at, code, GOOD)
        returned(at, code, GOOD, f"{code} (2)", received=LATE)
    state = counts(run.consolidate(at, write=False))
    assert (state.rate, state.received, state.beside, state.missing) == (100, 5, 5, 0)


def test_where_nobody_owes_there_is_no_rate(tmp_path: Path) -> None:
    at = place(tmp_path, senders=())
    results = run.consolidate(at)
    assert counts(results).rate is None
    assert next(run.status_report(results)).vi.startswith("Kỳ 2020: 0/0 đơn vị đã nộp, 0 muộn")


def test_the_sheet_says_what_is_counted_and_of_each_unit_what_to_do(tmp_path: Path) -> None:
    results = mixed(tmp_path)
    sheet = load_workbook(results.workspace.output(YEAR) / "tong-hop-2020.xlsx")["Tình hình nộp"]
    rows = [[cell.value for cell in cells] for cells in sheet.iter_rows()]
    said = {cells[1]: cells[3] for cells in rows[4:13] if cells[1]}
    assert said == {
        "Số đơn vị phải gửi": 5,
        "Đã nhận": 2,
        "– tỷ lệ (%)": 40,
        "– đúng hạn": 1,
        "– gửi muộn": 1,
        "– phải sửa, gửi lại": 1,
        "Chưa gửi": 3,
        "– có tệp nhưng không tính được": 1,
        "Gửi thêm (không thuộc diện phải gửi)": 1,
    }
    top = next(i for i, cells in enumerate(rows) if cells[0] == "TT")
    heads = [str(head) for head in rows[top]]
    listed = {cells[1]: dict(zip(heads, cells, strict=True)) for cells in rows[top + 1 : top + 7]}
    assert list(listed) == ["U1", "U2", "G11", "U3", "U4", "U5"]
    assert listed["U1"]["Liên hệ"] == "0912 345 678 (Zalo)"
    assert (listed["U2"]["Muộn (ngày)"], listed["U2"]["Phải sửa"]) == (3, 1)
    assert str(listed["U2"]["Việc đầu tiên phải sửa"]).startswith("X01!")
    assert listed["U3"]["Việc đầu tiên phải sửa"] == "U3.xlsx: bộ biểu chưa điền số liệu nào, coi như chưa nộp"
    assert listed["U5"]["Tình trạng"] == "Chưa gửi"


def test_the_status_says_what_the_sheet_says(tmp_path: Path) -> None:
    results = mixed(tmp_path)
    said = list(run.status_report(results))
    assert said[0].vi == "Kỳ 2020: 2/5 đơn vị đã nộp (40,0 %), 1 muộn, 1 phải sửa, 3 chưa nộp."
    assert said[0].en == "Period 2020: 2 of 5 units have sent (40.0 %), 1 late, 1 must correct, 3 have not sent."
    assert said[1].vi == "Trong số chưa nộp, 1 đơn vị có gửi tệp nhưng tệp không tính được."
    assert said[2].vi == "Gửi thêm, không thuộc diện phải gửi: 1 đơn vị."
    by_unit = {line.vi.split()[0]: line.vi for line in said[3:9]}
    assert by_unit["U1"] == "  U1  Đơn vị U1: Đã nhận 01/12/2020"
    assert by_unit["U2"].startswith(
        "  U2  Đơn vị U2: Phải sửa, gửi lại 08/12/2020, muộn 3 ngày; 1 phải sửa, 0 xem lại; trước hết: X01!"
    )
    assert by_unit["U3"].endswith("Chưa gửi; trước hết: U3.xlsx: bộ biểu chưa điền số liệu nào, coi như chưa nộp")
    assert by_unit["G11"].startswith(
        "  G11  Đơn vị G11: Phải sửa, gửi lại 08/12/2020, không thuộc diện phải gửi; 1 phải"
    )


def test_each_who_must_do_something_is_sent_one_ready_sentence(tmp_path: Path) -> None:
    results = mixed(tmp_path)
    listed = {one.sending.unit.code: one for one in reminders(results)}
    assert list(listed) == ["U2", "G11", "U3", "U4", "U5"]
    assert [one.status for one in listed.values()] == ["rejected", "rejected", "missing", "missing", "missing"]
    states = of(results)
    for code, one in listed.items():
        assert one.sending.sentence.vi.startswith(f"Kính gửi Đơn vị {code}: ")
        assert (one.days_late, one.places, one.first) == (states[code].days_late, states[code].hard, states[code].first)
