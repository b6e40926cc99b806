"""Which cells of a return could be wrong: every smallest set, the likeliest first, and never applied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from builders import YEAR, edit, form, ids, load, package, row, workspace
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import localize_returns, run
from pipeline.findings import Finding
from pipeline.messages import message, suggestion
from pipeline.percent import half_up
from pipeline.results import Results
from pipeline.rows import COLUMNS, rows_of
from pipeline.workspace import Workspace
from schemas.decisions import COLUMNS as DECIDED
from schemas.decisions import parse_decisions
from schemas.edit import Linear, Quotient, Ref

Figures = Mapping[str, float | str]
ROWS = [row(name) for name in ("ca", "nam", "nu", "tren", "duoi")]
EDITS = [
    edit("nam + nu == ca"),
    edit("tren + duoi == ca", id='"X-2"'),
    edit("about(ty_le, tong / ca[tong])", id='"X-3"'),
    edit("nam <= 900", id='"X-4"', severity='"soft"'),
]
# Of U1: ca in row 10 from the top of the sheet, then the others below it, figures in column E, percentages in F.
GOOD: Figures = {
    "X01.ca.tong": 100.0,
    "X01.nam.tong": 56.0,
    "X01.nu.tong": 44.0,
    "X01.tren.tong": 30.0,
    "X01.duoi.tong": 70.0,
}


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", form(*ROWS, edits=EDITS)))


def looked(at: Workspace, changed: Figures) -> Results:
    figures = {k: v for k, v in {**GOOD, **changed}.items() if v != ""}
    package(at.inbox(YEAR) / "U1.xlsx", at, "U1", figures)
    return run.consolidate(at, YEAR, write=False)


def suspects(results: Results) -> list[Finding]:
    return [finding for finding in results.findings if finding.id == "suspect"]


def assigned(results: Results) -> list[str]:
    return [suggestion(finding).partition(" –")[0] for finding in suspects(results)]


def test_a_return_in_which_all_agrees_has_no_suspects(at: Workspace) -> None:
    assert suspects(looked(at, {})) == []


def test_what_fails_a_soft_edit_alone_is_no_error(at: Workspace) -> None:
    results = looked(at, {"X01.ca.tong": 1000.0, "X01.nam.tong": 956.0, "X01.tren.tong": 930.0})
    assert "X-4" in ids(results.findings)
    assert suspects(results) == []


def test_all_cells_that_could_be_wrong_are_listed_the_likeliest_first(at: Workspace) -> None:
    results = looked(at, {"X01.nam.tong": 65.0})
    assert assigned(results) == ["X01!E10=56", "X01!E11=35"]
    first, second = suspects(results)
    assert (first.cells, first.value, first.expected, first.indicator) == (("E10",), "65", "56", "nam")
    assert "đảo hai chữ số" in message(first)
    assert "còn 1 cách giải thích khác" in message(first)
    assert "two digits exchanged" in message(first, "en")
    assert (second.cells, second.severity) == (("E11",), "info")


def test_a_cell_that_two_sums_share_is_the_one(at: Workspace) -> None:
    results = looked(at, {"X01.ca.tong": 1000.0})
    assert assigned(results) == ["X01!E9=100"]
    assert "thừa hoặc thiếu số 0" in message(suspects(results)[0])
    assert "X-1, X-2" in message(suspects(results)[0])


def test_two_errors_that_share_a_total_are_sets_of_two_cells(at: Workspace) -> None:
    said = assigned(looked(at, {"X01.nam.tong": 65.0, "X01.tren.tong": 3.0}))
    assert said[0] == "X01!E10=56; X01!E12=30"
    assert {one.count("; ") for one in said} == {1}
    assert len(said) == len(set(said)) == 8


def test_errors_that_have_nothing_in_common_are_told_apart(tmp_path: Path) -> None:
    names = ("a", "b", "ab", "c", "d", "cd")
    edits = [edit("a + b == ab"), edit("c + d == cd", id='"X-2"')]
    at = workspace(tmp_path, load(tmp_path / "forms", form(*map(row, names), edits=edits, measures=PLAIN)))
    figures = zip(names, (65.0, 44.0, 100.0, 3.0, 70.0, 100.0), strict=True)
    package(at.inbox(YEAR) / "U1.xlsx", at, "U1", {f"X01.{name}.tong": value for name, value in figures})
    said = assigned(run.consolidate(at, YEAR, write=False))
    assert (said[0], set(said[:3])) == ("X01!E9=56", {"X01!E9=56", "X01!E10=35", "X01!E11=109"})
    assert (said[3], set(said[3:])) == ("X01!E12=30", {"X01!E12=30", "X01!E13=97", "X01!E14=73"})


def test_typed_percentages_say_which_figure_is_wrong(at: Workspace) -> None:
    shares = {"X01.nam.ty_le": "56%", "X01.nu.ty_le": "44%"}
    results = looked(at, {"X01.nam.tong": 65.0, **shares})
    assert assigned(results) == ["X01!E10=56"]


def test_a_wrong_percentage_is_a_suspect_itself(at: Workspace) -> None:
    results = looked(at, {"X01.nam.ty_le": "65,0%"})
    assert assigned(results) == ["X01!F10=56"]


def test_a_formula_that_shows_the_share_of_a_wrong_figure_is_no_evidence(at: Workspace) -> None:
    assert assigned(looked(at, {"X01.nam.tong": 65.0, "X01.nam.ty_le": 65.0})) == ["X01!E10=56", "X01!E11=35"]


def test_what_people_decided_is_not_in_doubt(at: Workspace) -> None:
    said = {
        "period": "2020",
        "kind": "adjust",
        "unit": "U1",
        "form": "X01",
        "indicator": "nu",
        "measure": "tong",
        "reported": "44",
        "decided": "43",
        "reason": "đã gọi điện",
        "who": "phòng tổng hợp",
        "when": "10/12/2020",
    }
    decided = replace(at, decisions=parse_decisions([DECIDED, [said.get(name, "") for name in DECIDED]]))
    assert assigned(looked(decided, {})) == ["X01!E10=57"]


def test_figures_of_the_period_before_order_what_ties(at: Workspace) -> None:
    wrong = {"X01.nam.tong": 50.0, "X01.nu.tong": 40.0}
    assert assigned(looked(at, wrong)) == ["X01!E10=60", "X01!E11=50"]
    history = at.history(YEAR.__class__.parse("2019"))
    history.parent.mkdir(parents=True)
    columns = "period,unit,form,table,indicator,measure,value,status"
    history.write_text(
        f"{columns}\n2019,U1,X01,X01,nu,tong,51,reported\n2019,U1,X01,X01,nam,tong,50,reported\n", "utf-8"
    )
    assert assigned(looked(at, wrong)) == ["X01!E11=50", "X01!E10=60"]


def test_suspects_change_no_figure_and_no_status(at: Workspace) -> None:
    results = looked(at, {"X01.nam.tong": 65.0})
    [observed] = [one for one in rows_of(results, "observations") if one[4] == "nam" and one[5] == "tong"]
    assert observed[6] == "65"
    assert results.by_unit["U1"].status == "rejected"


def test_programs_find_cell_and_figure_at_the_start_of_the_suggestion(at: Workspace) -> None:
    results = looked(at, {"X01.nam.tong": 65.0})
    at_suggestion = COLUMNS["findings"].index("suggestion")
    said = [line[at_suggestion] for line in rows_of(results, "findings") if line[0] == "suspect"]
    assert [words.partition(" ")[0] for words in said] == ["X01!E10=56", "X01!E11=35"]


def test_two_figures_exchanged_between_two_sums_are_named(tmp_path: Path) -> None:
    rows = [row(name) for name in ("a", "b", "c", "d", "ab", "cd")]
    edits = [edit("a + b == ab"), edit("c + d == cd", id='"X-2"'), edit("a + c == 300", id='"X-3"')]
    at = workspace(tmp_path, load(tmp_path / "forms", form(*rows, edits=edits, measures=PLAIN)))
    true = {"a": 100.0, "b": 17.0, "c": 200.0, "d": 42.0, "ab": 117.0, "cd": 242.0}
    typed = {**true, "b": 42.0, "d": 17.0}
    package(at.inbox(YEAR) / "U1.xlsx", at, "U1", {f"X01.{name}.tong": value for name, value in typed.items()})
    results = run.consolidate(at, YEAR, write=False)
    assert assigned(results)[0] == "X01!E10=17; X01!E12=42"
    assert "đổi chỗ hai ô cho nhau" in message(suspects(results)[0])


PLAIN = 'measures = [{ code = "tong", label = "Tổng số", en = "Total", type = "count" }]'


@settings(deadline=None)
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 4))
def test_what_whole_numbers_tell_a_formula_shows_is_what_it_shows(part: int, whole: int, decimals: int) -> None:
    top, below = Ref("cell", "B01", "a", "t"), Ref("cell", "B01", "b", "t")
    ratio = Quotient(Linear(((Fraction(1), top),)), Linear(((Fraction(1), below),)))
    exact = Fraction(half_up(Fraction(100 * part, whole), decimals)) if whole else None
    shown = localize_returns._plainly(ratio, decimals, {top: part, below: whole})
    assert (None if shown is None else Fraction(Decimal(repr(shown)))) == exact


@pytest.mark.parametrize("part", [Fraction(1, 2), -1, None])
def test_of_other_numbers_it_tells_nothing(part: Fraction | int | None) -> None:
    top, below = Ref("cell", "B01", "a", "t"), Ref("cell", "B01", "b", "t")
    ratio = Quotient(Linear(((Fraction(1), top),)), Linear(((Fraction(1), below),)))
    values: dict[Ref, Fraction | int] = {below: 3} if part is None else {top: part, below: 3}
    assert localize_returns._plainly(ratio, 2, values) is None
