"""Whom to call first: whose doubts could move the province's figures most."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import YEAR, edit, form, key, load, package, row, workspace
from lists import UNIQUE, deliver, line, list_form
from python_calamine import CalamineWorkbook

from pipeline import run
from pipeline.doubts import Doubt
from pipeline.report import consolidate_report
from pipeline.results import Results
from pipeline.workspace import Workspace

FORM = form(
    row("ca"),
    row("nam"),
    row("nu"),
    row("tuoi", rollup='"MAX"'),
    edits=[edit("nam + nu == ca"), edit("tuoi <= ca", id='"X-2"')],
)
PLAIN = """
measures = [{ code = "tong", label = "Tổng số", en = "Total", type = "count" }]"""
Figures = Mapping[str, float | str]
GOOD: Figures = {"X01.ca.tong": 100.0, "X01.nam.tong": 60.0, "X01.nu.tong": 40.0}


@pytest.fixture
def at(tmp_path: Path) -> Workspace:
    return workspace(tmp_path, load(tmp_path / "forms", FORM), senders=("upper", "grassroots"))


def looked(at: Workspace, returns: Mapping[str, Figures]) -> Results:
    for unit, figures in returns.items():
        package(at.inbox(YEAR) / f"{unit}.xlsx", at, unit, figures)
    return run.consolidate(at, YEAR, write=False)


def shares(results: Results) -> dict[str, float]:
    return {doubt.unit: round(doubt.share, 6) for doubt in results.doubts}


def parts(doubt: Doubt) -> dict[str, float]:
    return {".".join(move.key): round(move.part, 6) for move in doubt.moves}


def test_where_nothing_is_in_doubt_nobody_is_called(at: Workspace) -> None:
    results = looked(at, {"U1": GOOD, "U2": GOOD})
    assert results.doubts == ()
    assert not any("Gọi trước" in getattr(line, "vi", "") for line in consolidate_report(results, []))


def test_the_unit_whose_gap_weighs_most_comes_first(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.nu.tong": 39.0}, "U2": {**GOOD, "X01.nu.tong": 10.0}})
    assert [doubt.unit for doubt in results.doubts] == ["U2", "U1"]
    # The province has 200, 120 and 49; the last is what the gap of 30 could move most.
    assert parts(results.doubts[0]) == {
        "X01.nu.tong": round(30 / 49, 6),
        "X01.nam.tong": 0.25,
        "X01.ca.tong": 0.15,
    }
    assert shares(results) == {"U2": round(30 / 31, 6), "U1": round(1 / 31, 6)}
    assert results.doubts[-1].reached == pytest.approx(1)


def test_no_figure_moves_the_province_by_more_than_all_of_it(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.ca.tong": 12_345.0}})
    assert set(parts(results.doubts[0]).values()) == {round(12_245 / 12_345, 6), 1.0}


def test_a_figure_below_one_that_the_parent_reports_moves_nothing(at: Workspace) -> None:
    wrong = {**GOOD, "X01.nu.tong": 39.0}
    assert shares(looked(at, {"U1": GOOD, "G11": wrong})) == {}


def test_a_figure_below_a_parent_that_has_not_sent_moves_the_province(at: Workspace) -> None:
    assert shares(looked(at, {"G11": {**GOOD, "X01.nu.tong": 39.0}})) == {"G11": 1.0}


def test_a_parent_that_differs_from_its_children_is_in_doubt(at: Workspace) -> None:
    two = {written: 2 * value for written, value in GOOD.items()}
    results = looked(at, {"U1": GOOD, "G11": GOOD, "G12": GOOD, "U2": two})
    assert shares(results) == {"U1": 1.0}
    assert parts(results.doubts[0])["X01.ca.tong"] == round(100 / 300, 6)


def test_a_refused_figure_is_in_doubt_by_what_it_may_have_meant(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.nu.tong": "4O"}, "U2": GOOD})
    assert parts(results.doubts[0])["X01.nu.tong"] == 1.0
    unknown = looked(at, {"U1": {**GOOD, "X01.nu.tong": "gần 40"}, "U2": GOOD})
    assert unknown.doubts == ()


def test_what_is_no_sum_moves_no_total(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.tuoi.tong": 101.0}})
    assert results.doubts == (), "the greatest age is suspect, and no sum"
    assert [finding.impact for finding in results.findings if finding.id == "X-2"] == [0.0]


def test_the_ranking_is_told_and_written(at: Workspace) -> None:
    for unit, nu in (("U1", 39.0), ("U2", 10.0)):
        package(at.inbox(YEAR) / f"{unit}.xlsx", at, unit, {**GOOD, "X01.nu.tong": nu})
    results = run.consolidate(at, YEAR)
    said = [line.vi for line in consolidate_report(results, []) if "Gọi trước" in line.vi]
    assert said == ["Gọi trước: 1 đơn vị chiếm 97 % phần nghi vấn trong số liệu toàn tỉnh: U2."]
    book = CalamineWorkbook.from_path(at.root / "output" / "2020" / "doi-chieu-2020.xlsx")
    rows = book.get_sheet_by_name("Gọi trước").to_python()
    assert [line[1] for line in rows[3:]] == ["U2", "U1"]
    assert rows[3][5].startswith("Dòng nu (X01): ±30 = 61,2 %; Dòng nam (X01): ±30 = 25,0 %")


def test_keys_name_what_may_be_wrong(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.nu.tong": 39.0}})
    assert {move.key for move in results.doubts[0].moves} == {key(written) for written in GOOD}


# Where suspects are known.


def test_a_slip_that_is_hardly_chance_says_what_would_move(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.ca.tong": 1000.0}, "U2": GOOD})
    assert parts(results.doubts[0]) == {"X01.ca.tong": round(900 / 1100, 6)}


def test_what_is_wrong_together_weighs_as_the_one_that_moves_most(tmp_path: Path) -> None:
    names = ("a", "b", "ab", "c", "ac")
    edits = [edit("a + b == ab"), edit("a + c == ac", id='"X-2"')]
    place = workspace(tmp_path, load(tmp_path / "forms", form(*map(row, names), edits=edits, measures=PLAIN)))
    figures = zip(names, (10.0, 20.0, 41.0, 30.0, 45.0), strict=True)
    results = looked(place, {"U1": {f"X01.{name}.tong": value for name, value in figures}})
    sets = [finding for finding in results.findings if finding.id == "suspect"]
    assert {len(finding.cells) for finding in sets} == {2}
    most = max(finding.impact for finding in sets if finding.impact is not None)
    assert most == parts(results.doubts[0])[".".join(results.doubts[0].moves[0].key)]
    assert {finding.impact for finding in results.findings if finding.id in ("X-1", "X-2")} == {most}


def test_each_finding_says_how_much_hangs_on_it(at: Workspace) -> None:
    results = looked(at, {"U1": {**GOOD, "X01.ca.tong": 1000.0}, "U2": {**GOOD, "X01.nu.tong": "4O"}})
    impacts = {(finding.unit, finding.id): finding.impact for finding in results.findings}
    assert impacts["U1", "X-1"] == pytest.approx(900 / 1100)
    likeliest = next(finding for finding in results.findings if finding.id == "suspect")
    assert likeliest.impact == pytest.approx(900 / 1100)
    assert impacts["U1", "missing-value"] is None
    [refused] = [f for f in results.findings if f.unit == "U2" and f.indicator == "nu" and f.severity == "hard"]
    assert refused.impact == 1.0, "the province has 40, and 40 may be missing"


def test_the_impact_is_a_column_that_sorts(at: Workspace) -> None:
    for unit, nu in (("U1", 39.0), ("U2", 10.0)):
        package(at.inbox(YEAR) / f"{unit}.xlsx", at, unit, {**GOOD, "X01.nu.tong": nu})
    run.consolidate(at, YEAR)
    book = CalamineWorkbook.from_path(at.root / "output" / "2020" / "doi-chieu-2020.xlsx")
    head, *rows = book.get_sheet_by_name("Phát hiện").to_python()[2:]
    at_column, id_column = head.index("Ảnh hưởng"), head.index("Mã phát hiện")
    shown = [line[at_column] for line in rows if line[id_column] == "X-1"]
    assert shown == [pytest.approx(1 / 49), pytest.approx(30 / 49)], "in the order of the register"


def test_rows_of_lists_are_in_doubt_too(tmp_path: Path) -> None:
    wanted = list_form(UNIQUE, edit("so_dv <= so_ld", id='"L-E10"'))
    place = workspace(tmp_path, load(tmp_path / "forms", FORM, wanted))
    deliver(place, "U1", GOOD, [line("G11", ten="Một", so_ld=50, so_dv=80), line("G12", ten="Hai", so_ld=9, so_dv=8)])
    results = run.consolidate(place, YEAR)
    # The members may be 30 too many, of 88 in the province; the employees 30 too few, of 59.
    assert parts(results.doubts[0]) == {"L01..so_ld": round(30 / 59, 6), "L01..so_dv": round(30 / 88, 6)}
    assert [finding.impact for finding in results.findings if finding.id == "L-E10"] == [pytest.approx(30 / 59)]
    book = CalamineWorkbook.from_path(place.root / "output" / "2020" / "doi-chieu-2020.xlsx")
    rows = book.get_sheet_by_name("Gọi trước").to_python()
    assert rows[3][5] == "Số lao động (L01): ±30 = 50,8 %; Số đoàn viên (L01): ±30 = 34,1 %"
