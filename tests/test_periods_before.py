"""What was reported before: the period that each period goes on from, running totals, links that add to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from builders import edit, form, ids, key, load, row, workspace
from lists import deliver

from pipeline import run
from pipeline.contents import content_of
from pipeline.findings import Finding
from pipeline.obligations import obligations
from pipeline.results import Results
from pipeline.run_judge import before
from pipeline.workspace import Workspace
from schemas.edit import Ref
from schemas.form import Forms
from schemas.period import Period

MEASURES = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "This period", type = "count" },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, link = "prev(luy_ke) + ky_nay" },
  { code = "ton", label = "Tồn", en = "Stock", type = "count", required = false },
]"""
EDITS = (
    edit("luy_ke == prev(luy_ke) + ky_nay", id='"X-1"', rows='["ca"]'),
    edit("luy_ke >= prev(luy_ke)", id='"X-2"', rows='["ca"]'),
    edit("ton == prev(ton)", id='"X-3"', rows='["ca"]'),
    edit("change(ton) <= 0.1", id='"S-1"', severity='"soft"', rows='["ca"]'),
)
OLD = ["2018", "2019", "2019-Q4", "2019-S1"]
WRITTEN = [*OLD, "2020", "2020-S1", "2020-S2", "2020-Q1", "2020-Q2", "2020-Q3", "2020-Q4"]
PERIODS = [Period.parse(written) for written in WRITTEN]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(row("ca"), edits=EDITS, measures=MEASURES))


def place_at(root: Path, forms: Forms) -> Workspace:
    return workspace(root, forms, more=PERIODS)


def past(place: Workspace, period: str, **figures: float) -> None:
    """What U1 reported in a period, in the history."""
    path = place.history(Period.parse(period))
    path.parent.mkdir(exist_ok=True)
    lines = [f"{period},U1,X01,X01,ca,{measure},{figure},,reported" for measure, figure in figures.items()]
    head = "period,unit,form,table,indicator,measure,value,text,status"
    path.write_text("\n".join((head, *lines)), encoding="utf-8")


def judged(place: Workspace, period: str, **figures: object) -> Results:
    chosen = Period.parse(period)
    deliver(place, "U1", {f"X01.ca.{measure}": figure for measure, figure in figures.items()}, period=chosen)
    return run.consolidate(place, chosen, write=False)


def edits_of(results: Results) -> dict[str, str]:
    """Whether each edit passed, failed, or could not be judged for U1."""
    words = {count.id: (count.passed, count.failed, count.unknown) for count in results.edits}
    names = {(1, 0, 0): "pass", (0, 1, 0): "fail", (0, 0, 1): "unknown"}
    return {edit_id: names[counts] for edit_id, counts in words.items()}


def of(results: Results, measure: str) -> float | None:
    return results.rollup.value.of("U1", key(f"X01.ca.{measure}"))


@pytest.mark.parametrize(
    ("period", "goes_on_from"),
    [
        ("2020", "2019"),
        ("2020-S1", "2019"),
        ("2020-S2", "2020-S1"),
        ("2020-Q1", "2019-Q4"),
        ("2020-Q2", "2020-Q1"),
        ("2020-Q3", "2020-Q2"),
        ("2020-Q4", "2020-Q3"),
    ],
)
def test_a_stock_goes_on_from_the_period_before(forms: Forms, tmp_path: Path, period: str, goes_on_from: str) -> None:
    place = place_at(tmp_path, forms)
    for i, written in enumerate(WRITTEN):
        past(place, written, ton=i)
    results = judged(place, period, ton=WRITTEN.index(goes_on_from))
    assert edits_of(results)["X-3"] == "pass"
    wrong = judged(place, period, ton=50)
    [finding] = [f for f in wrong.findings if f.id == "X-3"]
    assert (finding.value, finding.expected) == ("50", str(WRITTEN.index(goes_on_from)))


@pytest.mark.parametrize("period", ["2020", "2020-S1", "2020-Q1"])
def test_a_running_total_begins_with_its_year(forms: Forms, tmp_path: Path, period: str) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2019", luy_ke=900, ky_nay=900)
    past(place, "2019-Q4", luy_ke=900, ky_nay=100)
    assert of(judged(place, period, ky_nay=7), "luy_ke") == 7
    assert edits_of(judged(place, period, ky_nay=7, luy_ke=7))["X-1"] == "pass"
    wrong = judged(place, period, ky_nay=7, luy_ke=907)
    assert edits_of(wrong) == {
        **{"X-1": "fail", "X-2": "pass", "X-3": "unknown", "S-1": "unknown"},
        "children-differ": "unknown",
    }


@pytest.mark.parametrize(
    ("period", "goes_on_from"), [("2020-S2", "2020-S1"), ("2020-Q2", "2020-Q1"), ("2020-Q4", "2020-Q3")]
)
def test_a_running_total_goes_on_within_its_year(forms: Forms, tmp_path: Path, period: str, goes_on_from: str) -> None:
    place = place_at(tmp_path, forms)
    past(place, goes_on_from, luy_ke=40)
    filled = judged(place, period, ky_nay=7)
    assert of(filled, "luy_ke") == 47
    assert edits_of(filled)["X-1"] == "pass"
    typed = judged(place, period, ky_nay=7, luy_ke=46)
    [finding] = [f for f in typed.findings if f.id == "X-1"]
    assert (finding.value, finding.expected, finding.cells) == ("46", "47", ("F2", "E2"))
    less = judged(place, period, ky_nay=0, luy_ke=39)
    assert edits_of(less)["X-2"] == "fail"


def test_without_what_was_before_a_running_total_stays_blank_and_undecided(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    started = judged(place, "2020-Q3", ky_nay=7)
    assert of(started, "luy_ke") is None
    assert set(edits_of(started).values()) == {"unknown"}
    typed = judged(place, "2020-Q3", ky_nay=7, luy_ke=60)
    assert (of(typed, "luy_ke"), edits_of(typed)["X-1"]) == (60, "unknown")
    assert not [f for f in typed.findings if f.id.startswith("X-")]


def test_a_refused_figure_is_not_filled_by_its_link(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2020-Q1", luy_ke=40)
    assert of(judged(place, "2020-Q2", ky_nay="khoảng 7"), "luy_ke") is None
    assert of(judged(place, "2020-Q2", ky_nay=7, luy_ke="khoảng 47"), "luy_ke") is None


def test_what_was_before_is_filled_in_though_the_same_row_is_refused_now(tmp_path: Path) -> None:
    rows = (row("ca", measures='["ton"]'), row("dau", measures='["ton"]', link='{ ton = "prev(ca[ton])" }'))
    measures = 'measures = [{ code = "ton", label = "Tồn", en = "Stock", type = "count" }]'
    place = place_at(tmp_path, load(tmp_path / "forms", form(*rows, measures=measures)))
    past(place, "2019", ton=12)
    results = judged(place, "2020", ton="khoảng 15")
    assert results.rollup.value.of("U1", key("X01.dau.ton")) == 12


def test_a_change_is_against_the_same_period_a_year_before(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2019-S1", ton=100)
    past(place, "2019", ton=500)
    assert edits_of(judged(place, "2020-S1", ton=110))["S-1"] == "pass"
    assert edits_of(judged(place, "2020-S1", ton=111))["S-1"] == "fail"
    assert edits_of(judged(place, "2020", ton=500))["S-1"] == "pass"


def test_a_link_that_is_not_asked_of_a_level_is_not_filled_and_spoils_no_total(tmp_path: Path) -> None:
    measures = 'measures = [{ code = "tong", label = "Tổng", en = "Total", type = "count" }]'
    rows = (
        row("ca"),
        row("rieng", levels='["upper"]', link='{ tong = "ca[tong]" }'),
        row("het", derived='"ca + rieng"'),
    )
    place = workspace(tmp_path, load(tmp_path / "forms", form(*rows, measures=measures)), senders=("grassroots",))
    deliver(place, "G11", {"X01.ca.tong": 5})
    results = run.consolidate(place, write=False)
    found = [results.rollup.value.of("G11", key(f"X01.{code}.tong")) for code in ("ca", "rieng", "het")]
    assert found == [5, None, 5]


# Where it comes from.


def test_what_came_in_comes_before_the_history(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2019", ton=12)
    assert before(place, Period.parse("2020")).earlier == {"U1": {key("X01.ca.ton"): 12}}
    judged(place, "2019", ton=13)
    assert before(place, Period.parse("2020")).earlier["U1"][key("X01.ca.ton")] == 13


def a_stray_file(folder: Path) -> None:
    (folder / "thư.xlsx").write_text("Kính gửi", encoding="utf-8")


@pytest.mark.parametrize("inbox", ["none", "empty", "stray", "other period"])
def test_the_history_counts_where_nothing_valid_came_in(forms: Forms, tmp_path: Path, inbox: str) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2019", ton=12)
    folder = place.inbox(Period.parse("2019"))
    if inbox != "none":
        folder.mkdir(parents=True)
    if inbox == "stray":
        a_stray_file(folder)
    if inbox == "other period":
        deliver(place, "U1", {"X01.ca.ton": 99}, period=Period.parse("2020")).rename(folder / "U1.xlsx")
    assert before(place, Period.parse("2020")).earlier == {"U1": {key("X01.ca.ton"): 12}}


def test_a_running_total_that_came_back_blank_is_not_guessed_from_older_ones(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2020-Q1", luy_ke=40)
    judged(place, "2020-Q2", ky_nay=7)
    third = judged(place, "2020-Q3", ky_nay=1)
    assert of(third, "luy_ke") is None


def test_the_first_period_of_a_year_knows_its_running_total_from_nothing(forms: Forms, tmp_path: Path) -> None:
    place = place_at(tmp_path, forms)
    judged(place, "2020-Q1", ky_nay=7)
    assert of(judged(place, "2020-Q2", ky_nay=5), "luy_ke") == 12


# What goes into the next package.


@pytest.mark.parametrize(
    ("period", "beside", "known"),
    [
        ("2020", {"ton": 3}, {"prev.luy_ke": 0, "prev.ton": 3, "year_ago.luy_ke": 900, "year_ago.ton": 3}),
        ("2020-S1", {"ton": 3}, {"prev.luy_ke": 0, "prev.ton": 3}),
        ("2020-Q1", {"ton": 4}, {"prev.luy_ke": 0, "prev.ton": 4}),
        ("2020-Q2", {"ton": 5, "luy_ke": 40}, {"prev.luy_ke": 40, "prev.ton": 5}),
        ("2020-Q4", {}, {"year_ago.ton": 4, "year_ago.luy_ke": 900}),
        ("2020-S2", {}, {}),
    ],
)
def test_beside_the_input_stands_what_was_before_but_for_running_totals_of_another_year(
    forms: Forms, tmp_path: Path, period: str, beside: Mapping[str, float], known: Mapping[str, float]
) -> None:
    place = place_at(tmp_path, forms)
    past(place, "2019", ton=3, luy_ke=900)
    past(place, "2019-Q4", ton=4, luy_ke=900)
    past(place, "2020-Q1", ton=5, luy_ke=40)
    chosen = Period.parse(period)
    owed, earlier = obligations(place, chosen), before(place, chosen)
    content = content_of(place, owed, owed.tree.unit("U1"), earlier.earlier, earlier.year_ago)
    assert content.previous == {key(f"X01.ca.{measure}"): figure for measure, figure in beside.items()}
    found = {f"{ref.kind}.{ref.measure}": value for ref, value in content.constants.items() if ref.kind != "register"}
    assert found == known
    assert content.constants[Ref("register", "", "grassroots", "")] == 2
    assert content.cut_off == date(2020, 11, 25)


def test_a_figure_that_no_one_had_before_is_no_fault(forms: Forms, tmp_path: Path) -> None:
    results = judged(place_at(tmp_path, forms), "2020", ton=5, ky_nay=1, luy_ke=1)
    about: list[Finding] = [f for f in results.findings if f.unit == "U1"]
    assert ids(about) == []
