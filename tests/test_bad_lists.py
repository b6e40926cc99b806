"""What goes wrong in lists and in forms that were not asked: one clear finding at its cell, all else consolidated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from builders import ids, key, only
from lists import Line, Rows, deliver, line, send, sheets_of

from pipeline import run
from pipeline.findings import Finding
from pipeline.init import init
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.results import Results
from pipeline.rows import rows_of
from pipeline.run import workspace_at
from pipeline.workspace import Workspace
from schemas.form import Forms
from schemas.period import Period
from schemas.tree import SECTOR_NAMES, Unit

HEALTH, OTHER, GRASSROOTS = "LC-21", "LC-22", "CS0001"
MEMBERS, UNIONS = key("B04..so_dv"), key("B04..ma")
# The code row of a list is the third of its sheet; its first line is the fifth, its columns begin with C.
COLUMNS = {"ma": "C", "ten": "D", "loai_hinh": "E", "ngay_tl": "G", "so_ld": "I", "so_dv": "J"}


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace_at(init(tmp_path / "văn phòng"))


def children(place: Workspace, unit: str) -> tuple[Unit, ...]:
    return obligations(place, place.settings.current_period).tree.children(unit)


def full(place: Workspace, unit: str, members: int) -> list[Line]:
    """Every union below a unit, with ten employees and so many members each."""
    return [
        line(
            child.code,
            ten=child.name,
            loai_hinh=SECTOR_NAMES[child.sector].vi,
            ngay_tl=date(2010, 1, 31),
            so_ld=10,
            so_dv=members,
            so_nu=1,
            xep_loai="Hoàn thành tốt nhiệm vụ",
        )
        for child in children(place, unit)
    ]


def changed(lines: Sequence[Line], **cells: object) -> list[Line]:
    """The lines with these cells of the first one changed."""
    return [{**lines[0], **cells}, *lines[1:]]


def consolidated(place: Workspace, lines: Sequence[Line]) -> Results:
    """A run over two lists: of the health sector as given, of the other one without a fault."""
    deliver(place, HEALTH, {}, lines, of="B04")
    deliver(place, OTHER, {}, full(place, OTHER, 8), of="B04")
    return run.consolidate(place, write=False)


def about(results: Results, unit: str = HEALTH, *, but: Sequence[str] = ("missing-value",)) -> list[Finding]:
    return [f for f in results.findings if f.unit == unit and f.id not in but]


def test_lists_without_a_fault_have_no_finding_and_add_up(place: Workspace) -> None:
    results = consolidated(place, full(place, HEALTH, 7))
    assert about(results) == about(results, OTHER) == []
    unions = len(children(place, HEALTH)), len(children(place, OTHER))
    assert unions == (20, 32)
    assert results.rollup.value.of("LC", UNIONS) == 52
    assert results.rollup.value.of("LC", MEMBERS) == 20 * 7 + 32 * 8
    i, j = results.rollup.at("LC", MEMBERS)
    assert (results.rollup.with_data[i, j], results.rollup.expected[i, j]) == (2, 11)


# One fault in one cell of the first line.


@pytest.mark.parametrize(
    ("cells", "finding_id", "column", "says", "counted"),
    [
        ({"ngay_tl": "tháng 3"}, "date-unclear", "ngay_tl", '"tháng 3" không phải một ngày', 140),
        ({"ngay_tl": "29/02/2019"}, "date-unclear", "ngay_tl", "Ghi đủ ngày, tháng, năm như 15/03/2015", 140),
        ({"ngay_tl": "31-01-2010"}, "date-as-text", "ngay_tl", "đọc là 31/01/2010", 140),
        ({"loai_hinh": "Doanh nghiệp nhà nươc ngoài"}, "option-unknown", "loai_hinh", 'Có phải "Doanh nghiệp', 140),
        ({"so_dv": -7}, "negative", "so_dv", "-7 là số âm", 133),
        ({"so_dv": 2.43}, "thousands-lost", "so_dv", "có thể là 2.430", 133),
        ({"so_dv": "khoảng 7"}, "approximate", "so_dv", '"khoảng 7" là số ước chừng', 133),
        ({"so_dv": "31 triệu"}, "scaled-count", "so_dv", '"31 triệu" dùng nghìn, triệu', 133),
        ({"so_dv": "380.100.000đ"}, "unit-differs", "so_dv", '"380.100.000đ" ghi đơn vị khác', 133),
        ({"so_dv": "#DIV/0!"}, "error-value", "so_dv", "ô báo lỗi công thức", 133),
        ({"so_dv": 11}, "B04-E11", "so_dv", "11 lẽ ra không quá 10", 144),
        ({"ma": ""}, "key-missing", "ma", "chưa có mã nên chưa được tính", 133),
    ],
)
def test_a_fault_in_a_cell_is_one_clear_finding_there_and_the_rest_counts(
    place: Workspace, cells: Mapping[str, object], finding_id: str, column: str, says: str, counted: int
) -> None:
    results = consolidated(place, changed(full(place, HEALTH, 7), **cells))
    [finding] = about(results, but=("missing-value", "list-lacks", "suspect"))
    assert (finding.id, finding.sheet, finding.file) == (finding_id, "B04", f"inbox/2020/{HEALTH}.xlsx")
    assert finding.cells[0] == f"{COLUMNS[column]}5"
    said = message(finding)
    assert said.startswith(f"B04!{COLUMNS[column]}5")
    assert says in said
    assert said.endswith(f"[{finding_id}]")
    assert results.rollup.value.of(HEALTH, MEMBERS) == counted
    assert results.rollup.value.of("LC", MEMBERS) == counted + 256
    assert about(results, OTHER) == []


def test_a_code_not_in_the_register_is_found_with_the_near_one_and_counts(place: Workspace) -> None:
    lines = full(place, HEALTH, 7)
    code = str(lines[0]["ma"])
    mistyped = code.replace("0", "O", 1)
    results = consolidated(place, changed(lines, ma=mistyped, ten="(viết tắt)"))
    finding = only(about(results), "B04-E02")
    assert (finding.cells, finding.severity) == (("C5",), "hard")
    assert f'mã "{mistyped}" không có trong danh bạ của đơn vị. Có phải "{code}" (' in message(finding)
    by_name = consolidated(place, changed(lines, ma="BV01"))
    assert f'Có phải "{code}" ({lines[0]["ten"]})?' in message(only(about(by_name), "B04-E02"))
    assert {f.id for f in about(by_name)} == {"B04-E02"}, "the union that was meant is not lacking as well"
    assert by_name.rollup.value.of("LC", MEMBERS) == 396


def test_a_code_twice_is_found_at_both_rows_and_counted_once(place: Workspace) -> None:
    lines = full(place, HEALTH, 7)
    results = consolidated(place, [*lines, lines[0]])
    [finding] = about(results)
    assert (finding.id, finding.cells) == ("B04-E01", ("C5", "C25"))
    assert results.rollup.value.of("LC", MEMBERS) == 396


def test_every_fault_at_once_is_still_consolidated(place: Workspace) -> None:
    lines = full(place, HEALTH, 7)
    wrong = [{**lines[0], "so_dv": -1}, {**lines[1], "ngay_tl": "2015"}, {**lines[2], "ma": "X9"}, *lines[3:], lines[3]]
    wrong += [line("", ten="x" * 40_000, so_dv="=1+1"), line("=A1", so_dv="#REF!", xep_loai="Tốt")]
    results = consolidated(place, wrong)
    assert results.status_of(HEALTH) == "rejected"
    assert results.status_of(OTHER) == "accepted"
    assert results.rollup.value.of("LC", MEMBERS) == 19 * 7 + 256
    for name in ("observations", "findings", "submissions", "rollup"):
        assert list(rows_of(results, name))


# A form that was not asked.


def sent_in(
    place: Workspace, unit: str, forms: Sequence[str], sheets: Mapping[str, Rows], period: str = "2020"
) -> None:
    some = Forms({form: place.forms.by_id[form] for form in forms}, {})
    send(place.inbox(Period.parse(period)) / f"{unit}.xlsx", unit, some, sheets, period=period)


def sheets(place: Workspace, *forms: str, **more: object) -> dict[str, Rows]:
    """The sheets of these forms, a figure in each."""
    figures = {"B01.sl_doan_vien.tong": 9, "B03.ct_01.thuc_hien": 1, "B03.ct_03.thuc_hien": "khoảng 2", **more}
    lists = {"B04": [line("CS0001", ten="Một", so_dv=7), line("CS0002", so_dv="khoảng 8")]}
    return sheets_of(Forms({form: place.forms.by_id[form] for form in forms}, {}), figures, lists)


def test_a_list_from_a_union_that_has_none_is_one_finding(place: Workspace) -> None:
    sent_in(place, GRASSROOTS, ["B01", "B04"], sheets(place, "B01", "B04"))
    deliver(place, OTHER, {}, full(place, OTHER, 8), of="B04")
    results = run.consolidate(place, write=False)
    [finding] = [f for f in about(results, GRASSROOTS) if f.form == "B04"]
    assert (finding.id, finding.severity, finding.params["count"]) == ("form-not-asked", "soft", 5)
    assert "biểu B04 không thuộc bộ biểu của đơn vị này ở kỳ 2020; 5 ô" in message(finding)
    assert results.status_of(GRASSROOTS) == "queried"
    assert results.by_unit[GRASSROOTS].items == {}
    assert results.rollup.value.of("LC", UNIONS) == 32
    assert {row[2] for row in rows_of(results, "observations") if row[1] == GRASSROOTS} == {"B01"}


def test_targets_form_without_targets_is_one_finding(place: Workspace) -> None:
    sent_in(place, GRASSROOTS, ["B01", "B03"], sheets(place, "B01", "B03"))
    results = run.consolidate(place, write=False)
    [finding] = [f for f in about(results, GRASSROOTS) if f.form == "B03"]
    assert (finding.id, finding.params["count"], finding.sheet) == ("form-not-asked", 2, "B03")
    assert results.by_unit[GRASSROOTS].status == "queried"
    assert results.rollup.declared[results.rollup.at(GRASSROOTS, key("B03.ct_01.thuc_hien"))] != 1


def test_forms_that_a_quarter_does_not_know_are_named_and_leave_no_rows(place: Workspace) -> None:
    quarter = Period.parse("2023-Q3")
    sent_in(place, HEALTH, ["B01", "B04"], sheets(place, "B01", "B04"), "2023-Q3")
    results = run.consolidate(place, quarter, write=False)
    found = sorted((f.id, f.form) for f in about(results))
    assert found == [("form-not-asked", "B01"), ("form-not-asked", "B04"), ("form-not-issued", "B02")]
    assert results.by_unit[HEALTH].status == "queried"
    for name in ("observations", "rollup"):
        assert not {row[2] for row in rows_of(results, name)} & {"B01", "B03", "B04"}


def test_a_form_that_was_not_asked_does_not_spoil_one_that_was(place: Workspace) -> None:
    spoilt = sheets(place, "B01", "B04")
    spoilt["B04"].append(["#B04"])
    sent_in(place, GRASSROOTS, ["B01", "B03", "B04"], spoilt)
    results = run.consolidate(place, write=False)
    assert [f.id for f in about(results, GRASSROOTS) if f.severity == "hard"] == []
    assert results.rollup.value.of(GRASSROOTS, key("B01.sl_doan_vien.tong")) == 9


# Targets.


def test_a_target_for_an_unknown_indicator_names_its_row_and_the_near_code(place: Workspace) -> None:
    path = place.root / "schemas" / "targets.csv"
    path.parent.mkdir(exist_ok=True)
    head = "unit,period,indicator,op,value,base,decision,issued_on"
    good, wrong = f"{HEALTH},2020,ct_01,=,2,,Số 01,2020-03-06", f"{HEALTH},2020,ct_0l,=,2,,Số 01,2020-03-06"
    path.write_text("\n".join((head, good, wrong)), encoding="utf-8")
    again = workspace_at(place.root)
    deliver(again, HEALTH, {"B03.ct_01.thuc_hien": 1}, full(again, HEALTH, 7), of="B04")
    results = run.consolidate(again, write=False)
    finding = only(results.findings, "target-unknown")
    said = message(finding)
    assert (finding.severity, finding.file) == ("hard", "schemas/targets.csv")
    assert 'targets.csv, dòng 3, cột "indicator": "ct_0l"' in said
    assert 'Có phải "ct_01"?' in said
    assert results.rollup.value.of(HEALTH, key("B03.ct_01.giao")) == 2
    assert results.rollup.value.of("LC", MEMBERS) == 140
    assert results.status_of(HEALTH) != "quarantined"
    assert "B03-S02" not in ids(about(results))
