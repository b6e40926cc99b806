"""Whose figure a gap is: up the tree, and between a list and the other forms; what chance makes is not said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from builders import UNITS, YEAR, edit, figures_of, form, ids, key, load, only, row, sent, unit, workspace
from lists import UNIQUE, deliver, line, list_form

from pipeline import run
from pipeline.consolidate import consolidate
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.messages import message
from pipeline.obligations import Obligations, obligations
from pipeline.reconcile_gaps import Match, explain
from pipeline.reconcile_tree import open_gaps, reconcile_levels
from schemas.form import Forms, Key
from schemas.period import Period

BOTH = ("upper", "grassroots")


def matches(gaps: Sequence[float], *figures: Sequence[float]) -> list[Match]:
    return explain(gaps, np.array(figures, dtype=np.float64))


# Chance.


def test_a_figure_that_hardly_another_comes_near_is_the_gap() -> None:
    assert matches([487], [120], [487], [33]) == [Match((1,), (0,))]


@pytest.mark.parametrize(
    ("gap", "figures"),
    [
        (7, [7, 120]),
        (100, [100, 350]),
        (2_000_000, [2_000_000, 9_000_000]),
        (72, list(range(60, 90))),
        (487, [488, 120]),
        (487, [np.nan, 120]),
    ],
)
def test_what_chance_makes_as_well_explains_nothing(gap: float, figures: list[float]) -> None:
    assert matches([gap], *([figure] for figure in figures)) == []


def test_a_round_gap_is_explained_where_few_figures_are_as_round() -> None:
    money = [[5_250_000], [31_000_000], [4_820_000]]
    assert matches([5_250_000], *money) == [Match((0,), (0,))]


def test_who_equals_several_gaps_explains_them_where_many_would_equal_one() -> None:
    many = [[60 + i, 31 + i, 17 + i] for i in range(30)]
    assert matches([72], *([figures[0]] for figures in many)) == []
    assert matches([72, 43, 29], *many) == [Match((12,), (0, 1, 2))]


def test_the_same_figure_in_several_cells_is_evidence_once() -> None:
    many = [[60 + i] * 3 for i in range(30)]
    assert matches([72, 72, 72], *many) == []


def test_of_two_that_are_alike_either_may_be_it() -> None:
    assert matches([487, 203], [487, 203], [120, 80], [487, 203]) == [Match((0,), (0, 1)), Match((2,), (0, 1))]


def test_who_explains_more_of_the_gaps_of_a_cell_is_it() -> None:
    assert matches([487, 203, 961], [487, 203, 15], [487, 90, 17]) == [Match((0,), (0, 1))]


def test_two_together_are_sought_where_nobody_is_it_alone() -> None:
    figures = [[4871, 903], [1203, 371], [33, 205], [9640, 18]]
    assert matches([6074, 1274], *figures) == [Match((0, 1), (0, 1))]
    assert matches([6074, 205], *figures) == [Match((2,), (1,)), Match((0, 1), (0,))]


def test_two_together_of_many_are_chance() -> None:
    assert matches([145], *([60 + i] for i in range(30))) == []


def test_gaps_that_nobody_made_are_hardly_explained() -> None:
    chance = np.random.default_rng(1)
    told = 0
    for _ in range(100):
        figures = np.round(chance.lognormal(4, 1, (20, 6)))
        told += bool(explain(np.round(chance.lognormal(4, 1, 6)).tolist(), figures))
    assert told <= 20


def test_nothing_is_explained_where_there_is_nothing() -> None:
    assert explain([], np.empty((3, 0))) == []
    assert explain([487], np.empty((0, 1))) == []


# Up the tree.

TREE = (*UNITS, *(unit(f"G1{i}", "grassroots", "U1", sector="hcsn") for i in (3, 4, 5)))
FORM = form(
    *(row(code, measures='["tong"]') for code in ("ca", "nam", "nu")),
    row("hoi", measures='["tong", "minh", "luy_ke"]'),
    measures="""
measures = [
  { code = "tong", label = "Tổng số", en = "Total", type = "count" },
  { code = "minh", label = "Cấp mình", en = "Own", type = "count", own_of = "tong", levels = ["upper"] },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, required = false },
]""",
)
CHILDREN: Mapping[str, Mapping[str, int]] = {
    "G11": {"ca": 487, "nam": 203, "nu": 284},
    "G12": {"ca": 129, "nam": 71, "nu": 58},
    "G13": {"ca": 64, "nam": 22, "nu": 42},
    "G14": {"ca": 233, "nam": 97, "nu": 136},
    "G15": {"ca": 41, "nam": 18, "nu": 23},
}


@cache
def world(period: Period = YEAR, senders: tuple[str, ...] = BOTH) -> tuple[Forms, Obligations]:
    with TemporaryDirectory() as folder:
        forms = load(Path(folder), FORM)
    return forms, obligations(workspace(Path(), forms, senders=senders, units=TREE, period=period), period)


def without(*left_out: str, twice: str = "") -> dict[str, int]:
    """What the parent reports that adds its children up, but for these."""
    counted = [*(code for code in CHILDREN if code not in left_out), *([twice] if twice else [])]
    return {code: sum(CHILDREN[unit][code] for unit in counted) for code in ("ca", "nam", "nu")}


def returns(parent: Mapping[str, object], *missing: str) -> dict[str, dict[str, object]]:
    said = {code: dict(figures) for code, figures in {**CHILDREN, "U1": parent}.items() if code not in missing}
    return {
        code: {f"X01.{cell if '.' in cell else f'{cell}.tong'}": figure for cell, figure in figures.items()}
        for code, figures in said.items()
    }


def levels(typed: Mapping[str, Mapping[str, object]], senders: tuple[str, ...] = BOTH) -> list[Finding]:
    forms, owed = world(senders=senders)
    submissions = [sent(forms, code, figures) for code, figures in typed.items()]
    return reconcile_levels(consolidate(figures_of(forms, submissions), forms, owed), submissions, owed, forms)


def test_a_child_left_out_everywhere_is_named_at_each_gap_and_once_for_all() -> None:
    *gaps, told = levels(returns(without("G14")))
    assert [(finding.id, finding.severity, finding.indicator) for finding in gaps] == [
        ("children-differ", "hard", code) for code in ("ca", "nam", "nu")
    ]
    assert "là 954 (lệch 233); lệch đúng bằng số của G14 (G14), có thể chưa được cộng vào." in message(gaps[0])
    assert "(off by 233); the gap is just the figure of G14 (G14), left out perhaps." in message(gaps[0], "en")
    assert (told.id, told.severity, told.unit, told.cells) == ("gap-explained", "info", "U1", ("E9", "E10", "E11"))
    assert "3 ô này đều thiếu đúng bằng số của G14 (G14): có lẽ chưa được cộng vào. Soát lại G14" in message(told)
    assert "these 3 cells all lack just the figure of G14 (G14): left out" in message(told, "en")


def test_a_child_counted_twice_is_named_too() -> None:
    *gaps, told = levels(returns(without(twice="G12")))
    assert len(gaps) == 3
    assert "đúng bằng số của G12 (G12), có thể đã bị cộng hai lần" in message(gaps[0])
    assert "3 ô này đều thừa đúng bằng số của G12 (G12): có lẽ đã bị cộng hai lần" in message(told)
    assert "counted twice" in message(told, "en")


def test_two_children_left_out_are_named_together() -> None:
    *gaps, told = levels(returns(without("G12", "G14")))
    assert len(gaps) == 3
    assert "số của G12 (G12) và G14 (G14) cộng lại" in message(told)
    assert "G12 (G12) and G14 (G14) together" in message(told, "en")


def test_one_gap_is_explained_at_its_cell_and_nowhere_else() -> None:
    [finding] = levels(returns({**without(), "ca": without()["ca"] - 487}))
    assert (finding.id, finding.indicator) == ("children-differ", "ca")
    assert "đúng bằng số của G11 (G11)" in message(finding)


def test_a_gap_that_is_nobodys_figure_is_left_as_it_is() -> None:
    [finding] = levels(returns({**without(), "ca": without()["ca"] - 488}))
    assert message(finding).partition("(lệch 488)")[2].startswith(". Soát lại")


def test_the_own_part_that_was_not_added_is_named() -> None:
    typed = returns({"hoi.tong": 30, "hoi.minh": 12}) | {"G11": {"X01.hoi.tong": 10}, "G12": {"X01.hoi.tong": 20}}
    [finding] = levels({code: typed[code] for code in ("U1", "G11", "G12")})
    assert "đúng bằng tổng ấy: phần cấp mình chưa được cộng vào; còn 3 đơn vị chưa có số." in message(finding)
    assert "its own part was left out; 3 have no figure yet" in message(finding, "en")


def test_a_package_of_the_province_names_the_upper_union() -> None:
    said = {"U1": 487, "U2": 129, "G0": 33, "P": 162}
    [finding] = levels({code: {"X01.ca.tong": figure} for code, figure in said.items()})
    assert (finding.unit, "số của U1 (U1)" in message(finding)) == ("P", True)


# What waits for children.


def waiting(
    typed: Mapping[str, Mapping[str, object]],
    earlier: UnitFigures | None = None,
    then: UnitFigures | None = None,
    *,
    period: Period = YEAR,
    senders: tuple[str, ...] = BOTH,
) -> list[Finding]:
    forms, owed = world(period, senders)
    submissions = [sent(forms, code, figures, period=str(period)) for code, figures in typed.items()]
    rollup = consolidate(figures_of(forms, submissions), forms, owed)
    return list(open_gaps(rollup, submissions, owed, forms, earlier or {}, then or {}))


def had(figure: float, *units: str, cell: str = "X01.ca.tong") -> dict[str, dict[Key, float]]:
    return {code: {key(cell): figure} for code in units}


def test_the_children_without_a_figure_are_named_once_with_what_they_had() -> None:
    [finding] = waiting(returns(without(), "G14", "G15"), had(230, "G14") | had(40, "G15"))
    assert (finding.id, finding.severity, finding.unit, finding.cells) == ("gap-open", "info", "U1", ("E9",))
    assert (finding.value, finding.expected, finding.params["gap"]) == ("954", "680", "274")
    said = message(finding)
    assert "báo cáo 954, 3 đơn vị trực thuộc đã có số cộng được 680; còn 274 chờ số của 2 đơn vị: " in said
    assert "G14 (G14) 230, G15 (G15) 40; kỳ 2019 các đơn vị ấy có 270, còn 4 chưa rõ." in said
    assert "in 2019 they had 270, 4 less than that." in message(finding, "en")


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ({}, "G14 (G14), G15 (G15). ["),
        (had(230, "G14"), "G14 (G14) 230, G15 (G15); kỳ 2019 các đơn vị ấy có 230. ["),
        (had(137, "G14", "G15"), "kỳ 2019 các đơn vị ấy có 274. ["),
        (had(150, "G14", "G15"), "kỳ 2019 các đơn vị ấy có 300, vượt 26. ["),
    ],
)
def test_what_is_not_known_of_them_is_not_said(before: UnitFigures, says: str) -> None:
    [finding] = waiting(returns(without(), "G14", "G15"), before)
    assert says in message(finding)


def test_nothing_waits_where_all_have_sent_or_need_not_or_make_more_already() -> None:
    assert waiting(returns(without())) == []
    assert waiting(returns({**without(), "ca": 2000})) == []
    assert waiting(returns(without(), "G14"), senders=("upper",)) == []
    assert waiting(returns(dict.fromkeys(("ca", "nam", "nu"), 1), "G14")) == []
    assert waiting({"U1": {"X01.ca.tong": 10}}) == []


def test_running_totals_are_not_expected_to_be_the_childrens_alone() -> None:
    assert waiting({"U1": {"X01.hoi.luy_ke": 10}, "G11": {"X01.hoi.luy_ke": 3}}) == []


def test_a_half_year_is_held_against_a_half_year() -> None:
    half = Period.parse("2020-S1")
    [finding] = waiting(returns(without(), "G14", "G15"), had(900, "G14"), had(230, "G14"), period=half)
    assert "G14 (G14) 230, G15 (G15); kỳ 2019-S1 các đơn vị ấy có 230" in message(finding)


def test_beside_the_own_part_the_rest_waits() -> None:
    [finding] = waiting({"U1": {"X01.hoi.tong": 30, "X01.hoi.minh": 12}, "G11": {"X01.hoi.tong": 10}})
    assert "báo cáo 30, trong đó cấp mình 12, 1 đơn vị trực thuộc đã có số cộng được 10; còn 8 chờ" in message(finding)


# A list against the other forms.

LIST = list_form(
    UNIQUE,
    edit("ma in register(children)", id='"L-E02"'),
    edit("count(L01.ma) == X01.so[tong]", id='"L-E20"'),
    edit("sum(L01.so_dv) == X01.ca[tong]", id='"L-E21"'),
    edit("sum(L01.so_ld) == X01.ld[tong]", id='"L-E22"'),
)
LINES = {
    code: line(code, ten=f"Tên {code}", so_dv=figures["ca"], so_ld=figures["ca"] + figures["nam"])
    for code, figures in CHILDREN.items()
}
TOTALS = {"X01.ca.tong": 954, "X01.ld.tong": 1365, "X01.so.tong": 5}


def notes(
    root: Path, lines: Mapping[str, object], totals: Mapping[str, int], own: Mapping[str, int] | None = None
) -> list[Finding]:
    """What is noted of the gaps of U1's list; ``own`` are the members that unions report themselves."""
    forms = load(root / "forms", form(row("ca"), row("ld"), row("so", levels='["upper", "province"]')), LIST)
    place = workspace(root, forms, senders=BOTH, units=TREE)
    deliver(place, "U1", {**TOTALS, **totals}, list(lines.values()))  # type: ignore[arg-type]
    for code, figure in (own or {}).items():
        deliver(place, code, {"X01.ca.tong": figure})
    return [finding for finding in run.consolidate(place, write=False).findings if finding.id == "gap-explained"]


def test_a_row_that_the_other_form_lacks_is_named_once_for_its_columns(tmp_path: Path) -> None:
    [finding] = notes(tmp_path, LINES, {"X01.ca.tong": 954 - 233, "X01.ld.tong": 1365 - 330})
    assert (finding.severity, finding.unit, finding.form, finding.indicator) == ("info", "U1", "L01", "G14")
    assert (finding.sheet, finding.cells) == ("L01", ("I10", "X01!E2", "H10", "X01!E3", "I8", "H8"))
    said = message(finding)
    assert "cột Số đoàn viên, Số lao động: danh sách cộng nhiều hơn biểu X01 đúng bằng số của dòng G14 (G14)" in said
    assert "a row too many, or one that X01 lacks" in message(finding, "en")


def test_a_union_that_stands_under_two_codes_is_named_with_both(tmp_path: Path) -> None:
    twin = {**LINES, "G99": {**LINES["G14"], "ma": "G99"}}
    [finding] = notes(tmp_path, twin, {"X01.so.tong": 6})
    assert "số của dòng G14 (G14) hoặc G99: " in message(finding)
    assert "hai dòng ấy ghi giống hệt nhau" in message(finding)


def test_a_row_that_the_other_form_counted_twice_is_named(tmp_path: Path) -> None:
    [finding] = notes(tmp_path, LINES, {"X01.ca.tong": 954 + 487})
    assert "cột Số đoàn viên: danh sách cộng ít hơn biểu X01 đúng bằng số của dòng G11 (G11)" in message(finding)
    assert "đã cộng hai lần" in message(finding)


def test_a_union_without_a_row_is_named_by_its_own_figure(tmp_path: Path) -> None:
    lines = {code: one for code, one in LINES.items() if code != "G14"}
    found = notes(tmp_path, lines, {"X01.ld.tong": 1365 - 330}, own={"G14": 233, "G15": 41})
    by_say = {finding.say: message(finding) for finding in found}
    assert set(by_say) == {"gap-not-listed", "gap-without-row"}
    assert "đúng bằng số trong báo cáo của G14 (G14), chưa có trong danh sách" in by_say["gap-not-listed"]
    counted = "ít hơn biểu X01 đúng 1 đơn vị, bằng số đơn vị trong danh bạ mà danh sách chưa ghi: G14 (G14)"
    assert counted in by_say["gap-without-row"]


def test_rows_of_units_that_are_gone_and_of_strangers_explain_a_count(tmp_path: Path) -> None:
    gone = {**LINES, "G15": line("G15", ten="Tên", ngay_gt="30/06/2020")}
    less = {"X01.ca.tong": 954 - 41, "X01.ld.tong": 1365 - 59}
    [closed] = notes(tmp_path / "a", gone, less)
    assert "ít hơn biểu X01 đúng 1 đơn vị, bằng số dòng đã ghi ngày giải thể, chuyển đi: G15 (G15)" in message(closed)
    more = {**LINES, "X": line("G77", ten="Lạ", so_dv=0, so_ld=0)}
    [stranger] = notes(tmp_path / "b", more, {})
    assert "nhiều hơn biểu X01 đúng 1 đơn vị, bằng số dòng có mã không thuộc đơn vị: G77" in message(stranger)
    assert notes(tmp_path / "c", LINES, {"X01.so.tong": 6}) == [], "no one is missing"


def test_a_list_that_agrees_or_is_not_certain_has_no_note(tmp_path: Path) -> None:
    assert notes(tmp_path / "a", LINES, {}) == []
    blank = {**LINES, "G14": line("G14", ten="Tên", so_ld=330)}
    assert notes(tmp_path / "b", blank, {}) == []
    assert notes(tmp_path / "c", LINES, {"X01.ca.tong": 954 - 234}) == []


def test_the_notes_change_no_status(tmp_path: Path) -> None:
    forms = load(tmp_path / "forms", form(row("ca"), row("ld"), row("so", levels='["upper", "province"]')), LIST)
    place = workspace(tmp_path, forms, senders=BOTH, units=TREE)
    deliver(place, "U1", {**TOTALS, "X01.ca.tong": 954 - 233}, list(LINES.values()))
    results = run.consolidate(place, write=False)
    assert results.by_unit["U1"].status == "rejected"
    assert only(results.findings, "gap-explained").severity == "info"
    assert "L-E21" in ids(results.findings)
