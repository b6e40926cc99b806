"""The rows of lists held against one another, the register, the units they name, the year before; what they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest
from builders import UNITS, YEAR, edit, form, ids, key, load, only, row, unit, workspace
from lists import UNIQUE, Line, deliver, line, list_form

from pipeline import run
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.results import Results
from pipeline.workspace import Workspace
from schemas.form import Forms
from schemas.period import Period

BOTH = ("upper", "grassroots")
EDITS = (
    UNIQUE,
    edit("ma in register(children)", id='"L-E02"'),
    edit("so_dv <= so_ld", id='"L-E10"', label='"Đoàn viên không vượt lao động"'),
    edit("when(ngay_gt >= 1, blank(so_dv))", id='"L-E12"'),
    edit("ngay_tl <= ngay_gt", id='"L-E13"', label='"Ngày giải thể sau ngày thành lập"'),
    edit("count(L01.ma) == X01.so[tong]", id='"L-E20"'),
    edit("sum(L01.so_dv) == X01.ca[tong]", id='"L-E21"', label='"Cộng danh sách = biểu X01"'),
    edit("count(L01.da_pm) <= count(L01.ma)", id='"L-E22"'),
    edit("so_dv >= 5", id='"L-S01"', severity='"soft"', label='"Từ 5 đoàn viên"'),
    edit("unique(ten)", id='"L-S02"', severity='"soft"'),
    edit("change(so_dv) <= 0.3", id='"L-S03"', severity='"soft"'),
)
CHILD, OTHER = line("G11", ten="Một", so_ld=9, so_dv=7), line("G12", ten="Hai", so_ld=9, so_dv=8)
GOOD = {"X01.ca.tong": 15, "X01.so.tong": 2}
# Said of every list that leaves out one of its two unions.
LACKS = "list-lacks"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    rows = (row("ca"), row("so", levels='["upper", "province"]'))
    return load(tmp_path_factory.mktemp("forms"), form(*rows), list_form(*EDITS))


def place_at(root: Path, forms: Forms, **more: object) -> Workspace:
    return workspace(root, forms, senders=BOTH, **more)  # type: ignore[arg-type]


def sent_in(root: Path, forms: Forms, lines: Iterable[Line], figures: Mapping[str, object] | None = None) -> Results:
    place = place_at(root, forms)
    deliver(place, "U1", GOOD if figures is None else figures, lines)
    return run.consolidate(place, write=False)


def about(results: Results) -> list[Finding]:
    """What is said of U1's file, but for the notes on what is blank and which cells of a fault are suspect."""
    return [f for f in results.findings if f.file.endswith("U1.xlsx") and f.id not in ("missing-value", "suspect")]


# One row.


def test_a_right_list_has_no_findings(forms: Forms, tmp_path: Path) -> None:
    results = sent_in(tmp_path, forms, [CHILD, OTHER])
    assert about(results) == []
    assert results.by_unit["U1"].status == "accepted"


@pytest.mark.parametrize(
    ("cells", "finding_id", "at", "says"),
    [
        ({"so_dv": 10}, "L-E10", ("I5", "H5"), "Đoàn viên không vượt lao động (G11): 10 lẽ ra không quá 9"),
        (
            {"ngay_tl": "02/01/2020", "ngay_gt": "01/01/2020", "so_dv": ""},
            "L-E13",
            ("F5", "G5"),
            "Ngày giải thể sau ngày thành lập (G11). Soát lại",
        ),
        ({"ngay_gt": date(2020, 1, 1)}, "L-E12", ("G5", "I5"), "Nhãn (G11)"),
        ({"so_dv": 4}, "L-S01", ("I5",), "Từ 5 đoàn viên (G11): 4 lẽ ra không dưới 5"),
    ],
)
def test_a_relation_that_fails_in_a_row_is_one_finding_at_its_cells(
    forms: Forms, tmp_path: Path, cells: Mapping[str, object], finding_id: str, at: tuple[str, ...], says: str
) -> None:
    results = sent_in(tmp_path, forms, [{**CHILD, **cells}, OTHER], {})
    [finding] = [f for f in about(results) if f.id == finding_id]
    assert (finding.sheet, finding.cells, finding.indicator, finding.form) == ("L01", at, "G11", "L01")
    assert says in message(finding)
    assert {f.id for f in about(results)} <= {finding_id, "date-as-text"}


def test_a_soft_relation_that_fails_in_many_rows_is_one_finding(forms: Forms, tmp_path: Path) -> None:
    few = [{**CHILD, "so_dv": 1}, {**OTHER, "so_dv": 2}]
    finding = only(about(sent_in(tmp_path, forms, few, {})), "L-S01")
    assert (finding.cells, finding.severity) == (("I5", "I6"), "soft")
    assert "Từ 5 đoàn viên: 2 dòng không đạt" in message(finding)


def test_what_a_row_does_not_say_decides_nothing(forms: Forms, tmp_path: Path) -> None:
    blank = [line("G11", ten="Một", so_dv=7), line("G12", ten="Hai", so_ld=3, ngay_gt="30/06/2020")]
    refused = [line("G11", ten="Một", so_dv="khoảng 70", so_ld=3), {**OTHER, "ngay_tl": "tháng 3"}]
    assert set(ids(about(sent_in(tmp_path / "a", forms, blank, {})))) == {"date-as-text"}
    assert set(ids(about(sent_in(tmp_path / "b", forms, refused, {})))) == {"approximate", "date-unclear"}


# The rows against one another and the register.


def test_a_key_that_stands_twice_is_one_finding_at_both_cells(forms: Forms, tmp_path: Path) -> None:
    results = sent_in(tmp_path, forms, [CHILD, OTHER, CHILD], {"X01.ca.tong": 15})
    [finding] = about(results)
    assert (finding.id, finding.severity, finding.cells, finding.value) == ("L-E01", "hard", ("C5", "C7"), "G11")
    assert 'mã "G11" đứng ở 2 dòng; chỉ dòng đầu được tính' in message(finding)
    assert results.rollup.value.of("U1", key("L01..so_dv")) == 15


def test_a_key_that_stands_closed_and_open_is_found_too(forms: Forms, tmp_path: Path) -> None:
    closed = line("G11", ten="Một", ngay_gt=date(2020, 6, 30))
    finding = only(about(sent_in(tmp_path, forms, [closed, OTHER, CHILD], {})), "L-E01")
    assert finding.cells == ("C5", "C7")


def test_keys_that_differ_by_case_are_one_key(forms: Forms, tmp_path: Path) -> None:
    findings = about(sent_in(tmp_path, forms, [CHILD, OTHER, {**CHILD, "ma": "g11"}], {}))
    assert only(findings, "L-E01").cells == ("C5", "C7")


def test_a_name_twice_is_soft_and_only_among_rows_that_count(forms: Forms, tmp_path: Path) -> None:
    finding = only(about(sent_in(tmp_path / "a", forms, [CHILD, {**OTHER, "ten": " MOT "}], {})), "L-S02")
    assert (finding.severity, finding.cells) == ("soft", ("D5", "D6"))
    assert "đứng ở 2 dòng của cột Tên" in message(finding)
    closed = {**OTHER, "ten": "Một", "so_dv": "", "ngay_gt": date(2020, 6, 30)}
    assert about(sent_in(tmp_path / "b", forms, [CHILD, closed], {})) == []


@pytest.mark.parametrize(
    ("wrong", "proposed"),
    [
        (line("Gl2", ten="Hai", so_dv=8, so_ld=9), 'Có phải "G12" (Đơn vị G12)?'),
        (line("G21", ten="đơn vị g12", so_dv=8, so_ld=9), 'Có phải "G12" (Đơn vị G12)?'),
        (line("XYZ", ten="Lạ", so_dv=8, so_ld=9), ""),
    ],
)
def test_a_code_that_is_not_below_the_unit_is_found_with_the_one_that_was_meant(
    forms: Forms, tmp_path: Path, wrong: Line, proposed: str
) -> None:
    results = sent_in(tmp_path, forms, [CHILD, wrong])
    finding = only(about(results), "L-E02")
    assert (finding.severity, finding.cells, finding.value) == ("hard", ("C6",), wrong["ma"])
    assert proposed in message(finding)
    assert ("Có phải" in message(finding)) == bool(proposed)
    assert (LACKS in ids(about(results))) != bool(proposed), "a union is named once"
    assert results.rollup.value.of("P", key("L01..so_dv")) == 15, "its figures count"


def test_a_union_that_was_dissolved_need_not_be_in_the_register_any_more(forms: Forms, tmp_path: Path) -> None:
    gone = unit("G13", "grassroots", "U1", until=date(2020, 6, 30))
    place = place_at(tmp_path, forms, units=(*UNITS, gone))
    deliver(place, "U1", GOOD, [CHILD, OTHER, line("G13", ten="Ba", ngay_gt=date(2020, 6, 30))])
    assert about(run.consolidate(place, write=False)) == []


def test_units_of_the_register_that_the_list_lacks_are_named(forms: Forms, tmp_path: Path) -> None:
    finding = only(about(sent_in(tmp_path, forms, [CHILD], {"X01.ca.tong": 7})), LACKS)
    assert (finding.severity, finding.sheet, finding.cells) == ("soft", "L01", ("C6",)), "the totals of the list"
    assert (finding.value, finding.expected) == ("1", "2")
    assert "thiếu 1 đơn vị có trong danh bạ: G12 Đơn vị G12" in message(finding)


def test_a_list_without_a_row_is_noted_and_judged_no_further(forms: Forms, tmp_path: Path) -> None:
    results = sent_in(tmp_path, forms, [line("G11", ten="Một"), line("G12", ten="Hai")])
    [finding] = about(results)
    assert (finding.id, finding.severity, finding.cells) == ("list-empty", "info", ("C7",))
    assert "danh bạ của đơn vị có 2 đơn vị" in message(finding)
    counts = {count.id: (count.passed, count.failed, count.unknown) for count in results.edits}
    assert counts["L-E20"] == counts["L-E21"] == counts["L-E22"] == (0, 0, 1)


def test_a_row_against_the_return_of_its_own_unit(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    deliver(place, "U1", GOOD, [CHILD, OTHER])
    deliver(place, "G11", {"X01.ca.tong": 6})
    deliver(place, "G12", {"X01.ca.tong": "khoảng 9"})
    results = run.consolidate(place, write=False)
    [finding] = [f for f in about(results) if f.id == "list-child-differs"]
    assert (finding.severity, finding.cells, finding.value, finding.expected) == ("soft", ("I5",), "7", "6")
    assert "Số đoàn viên của Đơn vị G11: danh sách ghi 7, báo cáo của đơn vị đó ghi 6" in message(finding)


# What the columns make, against another form.


@pytest.mark.parametrize(
    ("lines", "figures", "verdict"),
    [
        ([CHILD, OTHER], {"X01.ca.tong": 15}, "pass"),
        ([CHILD, OTHER], {"X01.ca.tong": 16}, "fail"),
        ([CHILD, OTHER], {}, "unknown"),
        ([], {"X01.ca.tong": 15}, "unknown"),
        ([], {"X01.ca.tong": 0}, "unknown"),
        ([CHILD, {**OTHER, "so_dv": ""}], {"X01.ca.tong": 16}, "unknown"),
        ([CHILD, {**OTHER, "so_dv": -8}], {"X01.ca.tong": 7}, "unknown"),
        ([CHILD, {**OTHER, "so_dv": "khoảng 8"}], {"X01.ca.tong": 3}, "unknown"),
        ([CHILD, OTHER, {**OTHER}], {"X01.ca.tong": 3}, "unknown"),
        ([CHILD, OTHER, line("", so_dv=1)], {"X01.ca.tong": 3}, "unknown"),
        ([CHILD, {**OTHER, "so_dv": "", "ngay_gt": date(2020, 6, 30)}], {"X01.ca.tong": 7}, "pass"),
        ([CHILD, {**OTHER, "so_dv": "", "ngay_gt": date(2020, 6, 30)}], {"X01.ca.tong": 15}, "fail"),
    ],
)
def test_a_sum_is_held_against_another_form_where_every_row_is_certain(
    forms: Forms, tmp_path: Path, lines: list[Line], figures: Mapping[str, object], verdict: str
) -> None:
    results = sent_in(tmp_path, forms, lines, figures)
    [count] = [count for count in results.edits if count.id == "L-E21"]
    assert (count.passed, count.failed, count.unknown) == tuple(verdict == v for v in ("pass", "fail", "unknown"))
    assert ("L-E21" in ids(about(results))) == (verdict == "fail")


def test_a_sum_that_fails_names_the_total_of_the_list_and_the_other_cell(forms: Forms, tmp_path: Path) -> None:
    finding = only(about(sent_in(tmp_path, forms, [CHILD, OTHER], {"X01.ca.tong": 16})), "L-E21")
    assert (finding.sheet, finding.cells) == ("L01", ("I7", "X01!E2"))
    assert (finding.value, finding.expected, finding.measure) == ("15", "16", "so_dv")
    assert message(finding).startswith("L01!I7 X01!E2: Cộng danh sách = biểu X01: 15 lẽ ra bằng 16.")


def test_a_count_of_rows_is_held_against_another_form(forms: Forms, tmp_path: Path) -> None:
    finding = only(about(sent_in(tmp_path, forms, [CHILD, OTHER], {"X01.so.tong": 3})), "L-E20")
    assert (finding.value, finding.expected, finding.cells) == ("2", "3", ("C7", "X01!E3"))


def test_the_known_part_of_a_sum_rolls_up(forms: Forms, tmp_path: Path) -> None:
    results = sent_in(tmp_path, forms, [CHILD, {**OTHER, "so_dv": ""}, CHILD, line("", so_dv=90)])
    for code in ("U1", "P"):
        assert results.rollup.value.of(code, key("L01..so_dv")) == 7
        assert results.rollup.value.of(code, key("L01..ma")) == 2


LINK = form(
    row("pm", measures='["tong"]', link='{ tong = "count(L01.da_pm)" }'),
    id="X02",
    edits=[edit("pm[tong] == count(L01.da_pm)", id='"K-1"'), edit("pm[tong] >= 2", id='"K-2"')],
    measures='measures = [{ code = "tong", label = "Tổng", en = "Total", type = "count" }]',
)


@pytest.mark.parametrize(
    ("answers", "typed", "figure", "found"),
    [
        (("Có", "Có"), "", 2, []),
        (("Có", "Không"), "", 1, ["K-2"]),
        (("Có", "Không"), 2, 2, ["K-1"]),
        (("Có", ""), "", 1, []),
        (("Có", ""), 1, 1, ["K-2"]),
        (("", ""), "", None, []),
        (("Có", "Có"), "khoảng 2", None, ["approximate"]),
    ],
)
def test_a_cell_linked_to_a_list_fills_and_is_certain_only_with_the_list(
    tmp_path: Path, answers: tuple[str, str], typed: object, figure: float | None, found: list[str]
) -> None:
    linked = load(tmp_path / "forms", form(row("ca")), list_form(), LINK)
    place = place_at(tmp_path, linked)
    lines = [line(code, so_dv=1, da_pm=said) for code, said in zip(("G11", "G12"), answers, strict=True)]
    deliver(place, "U1", {"X02.pm.tong": typed}, lines)
    results = run.consolidate(place, write=False)
    assert results.rollup.value.of("U1", key("X02.pm.tong")) == figure
    assert sorted(f.id for f in about(results) if f.id[:2] in ("K-", "ap")) == found


# Up the tree, into the tables, and back from them.


def test_sums_and_counts_roll_up_with_the_units_that_have_them(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    deliver(place, "U1", GOOD, [{**CHILD, "da_pm": "Có"}, {**OTHER, "da_pm": "Không"}])
    deliver(place, "U2", {}, [])
    rows = results_rows(place, "rollup")
    mine = [line[1:12] for line in rows if line[2] == "L01" and line[5] in ("ma", "so_dv", "da_pm")]
    assert mine == [
        ("P", "L01", "L01", "", "ma", "2", "", "2", "SUM", 1, 2),
        ("P", "L01", "L01", "", "so_dv", "15", "", "15", "SUM", 1, 2),
        ("P", "L01", "L01", "", "da_pm", "1", "", "1", "SUM", 1, 2),
        ("U1", "L01", "L01", "", "ma", "2", "2", "", "SUM", 0, 0),
        ("U1", "L01", "L01", "", "so_dv", "15", "15", "", "SUM", 0, 0),
        ("U1", "L01", "L01", "", "da_pm", "1", "1", "", "SUM", 0, 0),
    ]


def results_rows(place: Workspace, name: str, period: Period = YEAR) -> list[tuple[object, ...]]:
    frame = run.consolidate(place, period, write=False).frame(name)
    return [tuple(values) for values in frame.itertuples(index=False)]


def test_each_cell_of_a_list_is_one_observation(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    lines = [
        line("G11", ten="Một", so_dv=7, da_pm="x", ngay_tl="15/03/2015", so_ld="khoảng 9"),
        line("G11", so_dv=5),
        line("", so_dv=6),
    ]
    deliver(place, "U1", {"X01.ca.tong": 7}, lines)
    rows = [row_[4:9] for row_ in results_rows(place, "observations") if row_[2] == "L01"]
    assert rows == [
        ("G11", "ma", "", "G11", "reported"),
        ("G11", "ten", "", "Một", "reported"),
        ("G11", "ngay_tl", "", "2015-03-15", "reported"),
        ("G11", "so_ld", "", "khoảng 9", "refused"),
        ("G11", "so_dv", "7", "", "reported"),
        ("G11", "da_pm", "1", "Có", "reported"),
        ("#6", "ma", "", "G11", "refused"),
        ("#6", "so_dv", "", "5", "refused"),
        ("#7", "so_dv", "", "6", "refused"),
    ]
    first = next(row_ for row_ in results_rows(place, "observations") if row_[2] == "L01")
    assert first[:4] == ("2020", "U1", "L01", "L01")
    assert first[9:12] == ("inbox/2020/U1.xlsx", "L01", "C5")


BEFORE = Period.parse("2019")


@pytest.mark.parametrize("kept", ["inbox", "history"])
def test_a_row_is_held_against_itself_a_year_before(tmp_path: Path, kept: str) -> None:
    old_edit = edit("ca == prev(ca)", id='"X-1"', severity='"soft"')
    rows = (row("ca"), row("so", levels='["upper", "province"]'))
    both = load(tmp_path / "forms", form(*rows, edits=[old_edit]), list_form(*EDITS))
    place = place_at(tmp_path, both, more=(BEFORE,))
    then = [{**CHILD, "so_dv": 5, "da_pm": "Có"}, {**OTHER, "so_dv": 7}, line("G13", so_dv=8, ngay_gt="01/01/2019")]
    deliver(place, "U1", {"X01.ca.tong": 12}, [*then, {**CHILD, "so_dv": 7}], period=BEFORE)
    if kept == "history":
        frame = run.consolidate(place, BEFORE, write=False).frame("observations")
        (tmp_path / "history").mkdir()
        frame.to_csv(tmp_path / "history" / "2019.csv", index=False, encoding="utf-8-sig")
        (place.inbox(BEFORE) / "U1.xlsx").unlink()
    deliver(place, "U1", GOOD, [CHILD, OTHER])
    findings = about(run.consolidate(place, write=False))
    finding = only(findings, "L-S03")
    assert (finding.indicator, finding.cells, finding.value) == ("G11", ("I5",), "7 / 5 = 1,4")
    assert (only(findings, "X-1").value, only(findings, "X-1").expected) == ("15", "12")
    assert set(ids(findings)) == {"L-S03", "X-1"}


def test_a_return_that_was_replaced_says_nothing_of_its_list(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    old = deliver(place, "U1", GOOD, [CHILD, CHILD])
    old.rename(old.with_name("U1-cu.xlsx"))
    deliver(place, "U1", GOOD, [CHILD, OTHER])
    results = run.consolidate(place, write=False)
    assert {s.file.rpartition("/")[2]: s.status for s in results.submissions} == {
        "U1-cu.xlsx": "superseded",
        "U1.xlsx": "accepted",
    }
    assert results.rollup.value.of("P", key("L01..ma")) == 2
