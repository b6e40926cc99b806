"""Which cells in the rows of lists could be wrong, and which row explains what a column lacks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from builders import UNITS, YEAR, edit, form, load, row, unit, workspace
from lists import UNIQUE, Line, deliver, line, list_form

from pipeline import run
from pipeline.findings import Finding
from pipeline.messages import message, suggestion
from schemas.form import Forms
from schemas.period import Period

EDITS = (
    UNIQUE,
    edit("so_dv <= so_ld", id='"L-E10"'),
    edit("when(ngay_gt >= 1, blank(so_dv))", id='"L-E12"'),
    edit("ngay_tl <= ngay_gt", id='"L-E13"'),
    edit("sum(L01.so_dv) == X01.ca[tong]", id='"L-E21"'),
    edit("so_dv >= 5", id='"L-S01"', severity='"soft"'),
)
LAST = Period.parse("2019")
TREE = (*UNITS, *(unit(f"G1{i}", "grassroots", "U1", sector="hcsn") for i in (3, 4, 5)))
MEMBERS = {"G11": 487, "G12": 129, "G13": 64, "G14": 233, "G15": 41}
GOOD = {code: line(code, ten=f"Tên {code}", so_ld=members + 10, so_dv=members) for code, members in MEMBERS.items()}
TOTAL = sum(MEMBERS.values())


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(row("ca"), row("nam"), row("nu")), list_form(*EDITS))


def told(
    root: Path,
    forms: Forms,
    changed: Mapping[str, Mapping[str, object]],
    *,
    total: int | str = "",
    before: Mapping[str, Line] | None = None,
    own: Mapping[str, int] | None = None,
) -> list[Finding]:
    """What localization says of U1's list, with these cells changed; ``own`` is what unions report themselves."""
    place = workspace(root, forms, senders=("upper", "grassroots"), units=TREE, more=(LAST,))
    if before is not None:
        deliver(place, "U1", {}, list(before.values()), period=LAST)
    for code, members in (own or {}).items():
        deliver(place, code, {"X01.ca.tong": members})
    lines = [{**one, **changed.get(code, {})} for code, one in GOOD.items()]
    deliver(place, "U1", {"X01.ca.tong": total}, lines)
    results = run.consolidate(place, YEAR, write=False)
    return [finding for finding in results.findings if finding.id.startswith("suspect") and finding.unit == "U1"]


def assigned(findings: list[Finding]) -> list[str]:
    return [suggestion(finding).partition(" –")[0] for finding in findings]


# A row that fails by itself.


def test_the_cells_of_a_row_that_fails_are_named_with_what_would_do(forms: Forms, tmp_path: Path) -> None:
    first, second = told(tmp_path, forms, {"G13": {"so_dv": 640}})
    assert (first.indicator, first.form, first.sheet, first.severity) == ("G13", "L01", "L01", "info")
    assert {(one.cells, one.measure, one.value, one.expected) for one in (first, second)} == {
        (("I7",), "so_dv", "640", "≤ 74"),
        (("H7",), "so_ld", "74", "≥ 640"),
    }
    assert "khớp L-E10" in message(first)


def test_a_row_that_holds_and_one_that_fails_a_soft_edit_have_no_suspects(forms: Forms, tmp_path: Path) -> None:
    assert told(tmp_path, forms, {"G13": {"so_dv": 4}}) == []


def test_the_period_before_says_which_cell_and_which_slip(forms: Forms, tmp_path: Path) -> None:
    before = {**GOOD, "G13": {**GOOD["G13"], "so_dv": 62, "so_ld": 72}}
    first, *others = told(tmp_path, forms, {"G13": {"so_dv": 640}}, before=before)
    assert (first.cells, first.value, first.expected) == (("I7",), "640", "64")
    assert "nếu là 64 (thừa hoặc thiếu số 0; kỳ trước 62) thì khớp L-E10" in message(first)
    assert "62 the period before" in message(first, "en")
    assert [one.cells for one in others] == [("H7",)]
    assert first.suspects is not None
    assert first.suspects.tied
    assert [one.suspects.tied for one in others if one.suspects] == [False]


def test_what_the_unit_itself_reports_is_the_figure(forms: Forms, tmp_path: Path) -> None:
    first, _ = told(tmp_path, forms, {"G13": {"so_dv": 91}}, own={"G13": 64})
    assert (first.cells, first.expected) == (("I7",), "64")
    assert "chính đơn vị ấy báo cáo 64" in message(first)


def test_two_cells_that_hold_each_others_figure_are_named_where_the_period_before_says_so(
    forms: Forms, tmp_path: Path
) -> None:
    swapped = {"G14": {"so_dv": 290, "so_ld": 233}}
    before = {**GOOD, "G14": {**GOOD["G14"], "so_dv": 230, "so_ld": 280}}
    first, *_ = told(tmp_path / "a", forms, swapped, before=before)
    assert (first.cells, first.value, first.expected) == (("I8", "H8"), "290, 233", "233, 290") or (
        (first.cells, first.value, first.expected) == (("H8", "I8"), "233, 290", "290, 233")
    )
    assert "đổi chỗ hai ô cho nhau" in message(first)
    assert all(len(one.cells) == 1 for one in told(tmp_path / "b", forms, swapped))


def test_a_date_is_shown_as_a_date_and_may_be_the_one_that_should_be_blank(forms: Forms, tmp_path: Path) -> None:
    closed = {"G15": {"ngay_tl": date(2015, 3, 1), "ngay_gt": date(2020, 6, 30)}}
    found = told(tmp_path, forms, closed)
    assert {(one.cells, one.value, one.expected) for one in found} == {
        (("I9",), "41", "–"),
        (("G9",), "30/06/2020", "–"),
    }
    assert set(assigned(found)) == {"L01!I9=", "L01!G9="}
    assert any("đang là 30/06/2020; nếu là để trống thì khớp L-E12" in message(one) for one in found)
    assert any("with blank L-E12 would hold" in message(one, "en") for one in found)


def test_dates_that_are_in_the_wrong_order_are_bounds_of_one_another(forms: Forms, tmp_path: Path) -> None:
    wrong = {"G15": {"ngay_tl": date(2020, 7, 1), "ngay_gt": date(2020, 6, 30), "so_dv": "", "so_ld": ""}}
    said = {(one.cells, one.expected) for one in told(tmp_path, forms, wrong)}
    assert (("F9",), "≤ 30/06/2020") in said
    assert (("G9",), "≥ 01/07/2020") in said


def test_of_many_rows_that_fail_the_rest_is_only_counted(forms: Forms, tmp_path: Path) -> None:
    place = workspace(tmp_path, forms, units=TREE)
    deliver(place, "U1", {}, [line(f"K{i:03}", ten=f"Tên {i}", so_ld=10, so_dv=20) for i in range(300)])
    found = [f for f in run.consolidate(place, YEAR, write=False).findings if f.id.startswith("suspect")]
    [rest] = [one for one in found if one.id == "suspect-unknown"]
    assert len(found) == 2 * 40 + 1
    assert (rest.say, len(rest.cells)) == ("suspect-unknown-rows", 260)
    assert "còn 260 dòng nữa không khớp (L-E10); mới khoanh ô nghi sai ở 40 dòng đầu" in message(rest)


# A row that explains what its column makes.


def test_a_row_whose_slip_is_the_gap_is_named_where_the_period_before_agrees(forms: Forms, tmp_path: Path) -> None:
    wrong = {"G14": {"so_dv": 323, "so_ld": 400}}
    found = told(tmp_path, forms, wrong, total=TOTAL, before=GOOD)
    first = next(one for one in found if one.indicator == "G14")
    assert (first.cells, first.value, first.expected) == (("I8",), "323", "233")
    assert "nếu là 233 (đảo hai chữ số; kỳ trước 233; cột cộng khớp L-E21) thì khớp L-E21" in message(first)
    assert {one.form for one in found if one is not first} == {"X01"}, "the totals cell is named no more"
    assert not any(one.suspects.tied for one in found if one is not first and one.suspects)


def test_a_row_that_fails_and_is_the_gap_is_told_once_with_both(forms: Forms, tmp_path: Path) -> None:
    found = told(tmp_path, forms, {"G13": {"so_dv": 640}}, total=TOTAL)
    [first] = [one for one in found if one.form == "L01"]
    assert (first.cells, first.expected, first.indicator) == (("I7",), "64", "G13")
    assert "thừa hoặc thiếu số 0; dòng ấy khớp L-E10; cột cộng khớp L-E21" in message(first)
    assert first.suspects is not None
    assert {id_ for id_, _ in first.suspects.about} == {"L-E10", "L-E21"}


def test_what_mends_a_row_and_its_column_at_once_needs_no_slip(forms: Forms, tmp_path: Path) -> None:
    found = told(tmp_path, forms, {"G13": {"so_dv": 500}}, total=TOTAL)
    [first] = [one for one in found if one.form == "L01"]
    assert (first.cells, first.expected, first.measure) == (("I7",), "64", "so_dv")
    assert "nếu là 64 (dòng ấy khớp L-E10; cột cộng khớp L-E21) thì khớp L-E21, L-E10" in message(first)


def test_what_the_unit_itself_reports_explains_a_gap_without_a_slip(forms: Forms, tmp_path: Path) -> None:
    wrong = {"G14": {"so_dv": 198}}
    own = {**MEMBERS}
    [first] = [one for one in told(tmp_path, forms, wrong, total=TOTAL, own=own) if one.form == "L01"]
    assert (first.cells, first.expected) == (("I8",), "233")


def test_a_gap_that_nothing_else_confirms_names_no_row(forms: Forms, tmp_path: Path) -> None:
    wrong = {"G14": {"so_dv": 323, "so_ld": 400}}
    found = told(tmp_path / "a", forms, wrong, total=TOTAL)
    assert not [one for one in found if one.indicator.startswith("G")]
    strange = {**GOOD, "G14": {**GOOD["G14"], "so_dv": 320}}
    found = told(tmp_path / "b", forms, wrong, total=TOTAL, before=strange)
    assert not [one for one in found if one.indicator.startswith("G")], "it is as it was the period before"


def test_faults_of_a_return_are_counted_through(forms: Forms, tmp_path: Path) -> None:
    found = told(tmp_path, forms, {"G13": {"so_dv": 640}, "G15": {"so_dv": 900}}, total=TOTAL)
    faults = {one.suspects.fault for one in found if one.suspects}
    assert faults == set(range(1, len(faults) + 1))
