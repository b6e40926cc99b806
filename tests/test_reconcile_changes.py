"""Changes against a year ago: unlike those of the other units, large, and of the same unions; else there is silence."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from builders import YEAR, edit, figures_of, form, ids, key, load, only, package, row, sent, unit, workspace

from pipeline import run
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.reconcile_changes import Base, base_of, other_scope, reconcile_changes
from schemas.form import Forms, Key
from schemas.period import Period, year_ago
from schemas.tree import Register, Unit

MEASURES = """
measures = [
  { code = "so", label = "Số", en = "Number", type = "count" },
  { code = "tien", label = "Tiền", en = "Money", type = "money", required = false },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, required = false },
]"""
CODES = [f"C{i:02}" for i in range(11)]
TREE = (unit("P", "province"), *(unit(code, "upper", "P") for code in CODES))
Figures = Mapping[str, Mapping[str, float]]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    rows = (row("a"), row("b"), row("dau"), row("cuoi"), row("max", rollup='"MAX"'))
    edits = [
        edit("change(b[so]) <= 0.9", id='"X-1"', severity='"soft"'),
        edit("dau[so] == prev(cuoi[so])", id='"X-2"'),
    ]
    return load(tmp_path_factory.mktemp("forms"), form(*rows, edits=edits, measures=MEASURES))


def steady(cell: str = "X01.a.so", size: float = 200, spread: float = 0.1) -> dict[str, dict[str, float]]:
    """A figure of each unit a year ago."""
    chance = random.Random(cell)
    sizes = {code: size * (1 + i % 3) * chance.uniform(1 - spread, 1 + spread) for i, code in enumerate(CODES)}
    return {code: {cell: float(round(value))} for code, value in sizes.items()}


def near(before: Figures, by: float = 1.0, spread: float = 0.1) -> dict[str, dict[str, float]]:
    """About as much now."""
    chance = random.Random(by)
    return {
        code: {cell: float(round(value * by * chance.uniform(1 - spread, 1 + spread))) for cell, value in said.items()}
        for code, said in before.items()
    }


def found(
    forms: Forms,
    now: Figures,
    before: Figures,
    *,
    other: Iterable[str] = (),
    told: Sequence[Finding] = (),
    period: Period = YEAR,
    then: Period | None = None,
    units: tuple[Unit, ...] = TREE,
) -> list[Finding]:
    owed = obligations(workspace(Path(), forms, period=period, units=units, senders=("upper", "grassroots")), period)
    returns = [sent(forms, code, said, period=str(period)) for code, said in now.items()]
    figures = {code: {key(cell): value for cell, value in said.items()} for code, said in before.items()}
    base = Base(then or year_ago(period), figures, frozenset(other))
    return reconcile_changes(returns, owed, figures_of(forms, returns), base, told)


def typed(now: Figures, code: str, **figures: float) -> dict[str, dict[str, float]]:
    """The same but for the figures of one unit; ``a_so`` is row a, measure so."""
    own = {f"X01.{name.replace('_', '.', 1)}": float(value) for name, value in figures.items()}
    return {unit_: {**said, **own} if unit_ == code else dict(said) for unit_, said in now.items()}


def test_a_change_that_no_other_unit_shares_is_one_soft_finding(forms: Forms) -> None:
    before = steady()
    now = typed(near(before), "C04", a_so=4120)
    finding = only(found(forms, now, before), "change-unusual")
    was = before["C04"]["X01.a.so"]
    assert (finding.severity, finding.unit, finding.form, finding.cells) == ("soft", "C04", "X01", ("E9",))
    assert (finding.value, finding.expected) == ("4.120", f"{was:.0f}")
    assert f"so với năm 2019: Dòng a – số {was:.0f} → 4.120. Soát lại" in message(finding)
    assert f"against the year 2019 unlike the other units of its level: Row a – number {was:.0f} → 4,120" in message(
        finding, "en"
    )


def test_several_cells_of_a_unit_are_one_finding_the_weightiest_first(forms: Forms) -> None:
    before = {code: {**steady()[code], **steady("X01.a.luy_ke", 300)[code]} for code in CODES}
    now = typed(near(before), "C04", a_so=4000, a_luy_ke=60_000)
    finding = only(found(forms, now, before), "change-unusual")
    assert (finding.params["count"], finding.cells) == (2, ("G9", "E9"))
    assert message(finding).index("lũy kế") < message(finding).index("– số")


@pytest.mark.parametrize("figure", [0, 30, 1300, 4000])
def test_a_fall_counts_as_a_rise_does_and_a_zero_is_a_figure(forms: Forms, figure: float) -> None:
    before = steady()
    assert ids(found(forms, typed(near(before), "C01", a_so=figure), before)) == ["change-unusual"]
    assert ids(found(forms, near(before), typed(before, "C01", a_so=figure))) == ["change-unusual"]


def test_what_all_units_do_is_no_alarm(forms: Forms) -> None:
    before = steady()
    assert found(forms, near(before, by=5.0), before) == []
    one = typed(near(before, by=5.0), "C01", a_so=before["C01"]["X01.a.so"])
    assert ids(found(forms, one, before)) == ["change-unusual"]


def test_where_figures_change_wildly_anyway_there_is_no_alarm(forms: Forms) -> None:
    before = {code: {"X01.a.so": 900.0} for code in CODES}
    wild = {code: {"X01.a.so": 900.0 * 3.0 ** (i % 5 - 2)} for i, code in enumerate(CODES)}
    assert found(forms, typed(wild, "C01", a_so=9000), before) == []


@pytest.mark.parametrize(("figure", "alarm"), [(65, True), (67, False), (600, False), (605, True)])
def test_three_times_as_much_or_a_third_is_never_unusual(forms: Forms, figure: float, alarm: bool) -> None:
    same = {code: {"X01.a.so": 200.0} for code in CODES}
    assert bool(found(forms, typed(same, "C01", a_so=figure), same)) == alarm


def test_a_few_more_are_not_worth_a_question(forms: Forms) -> None:
    few = {code: {"X01.a.so": 3.0} for code in CODES}
    assert found(forms, typed(few, "C01", a_so=22), few) == []
    assert ids(found(forms, typed(few, "C01", a_so=23), few)) == ["change-unusual"]
    money = {code: {"X01.a.tien": 2_000_000.0} for code in CODES}
    assert found(forms, typed(money, "C01", a_tien=11_000_000), money) == []
    assert ids(found(forms, typed(money, "C01", a_tien=12_000_000), money)) == ["change-unusual"]


def test_what_hardly_moves_the_total_is_not_worth_a_question(forms: Forms) -> None:
    before = typed({code: {"X01.a.so": 50_000.0} for code in CODES}, "C01", a_so=500)
    assert found(forms, typed(before, "C01", a_so=5000), before) == []
    assert ids(found(forms, typed(before, "C01", a_so=6000), before)) == ["change-unusual"]


def test_few_units_tell_nothing(forms: Forms) -> None:
    before = steady()
    now = typed(near(before), "C01", a_so=9000)
    for count, alarm in ((7, False), (8, True)):
        some = dict(list(now.items())[:count])
        assert bool(found(forms, some, before)) == alarm
    idle = {code: {"X01.a.so": 0.0} for code in CODES[:4]}
    assert found(forms, now | idle, before | idle) == [], "who has nothing at both times is no measure"


def test_units_of_another_level_are_no_measure(forms: Forms) -> None:
    before = steady()
    below = tuple(unit(code, "grassroots", "P") for code in CODES[5:])
    units = (*TREE[:6], *below)
    assert found(forms, typed(near(before), "C01", a_so=9000), before, units=units) == []


def test_a_missing_figure_is_no_change(forms: Forms) -> None:
    before = steady()
    now = near(before)
    del now["C01"]["X01.a.so"]
    assert found(forms, now, before) == []
    now = typed(near(before), "C01", a_so=9000)
    del before["C01"]
    assert found(forms, now, before) == []


@pytest.mark.parametrize("cell", ["b.so", "b.tien", "dau.so", "max.so"])
def test_what_an_edit_judges_and_what_is_no_sum_is_left_out(forms: Forms, cell: str) -> None:
    before = steady(f"X01.{cell}", 20_000_000)
    now = near(before)
    now["C01"][f"X01.{cell}"] = 900_000_000.0
    assert found(forms, now, before) == []
    past = steady("X01.cuoi.so")
    assert ids(found(forms, typed(near(past), "C01", cuoi_so=9000), past)) == ["change-unusual"]


def test_a_unit_that_is_not_what_it_was_is_left_out(forms: Forms) -> None:
    before = steady()
    now = typed(near(before), "C01", a_so=9000)
    assert found(forms, now, before, other=["C01"]) == []
    assert found(forms, now, before, other=CODES[2:6]) == [], "seven are too few"


def test_a_figure_that_must_be_mended_anyway_is_not_asked_about_twice(forms: Forms) -> None:
    before = steady()
    now = typed(near(before), "C01", a_so=9000)
    hard = Finding("X-9", "hard", unit="C01", sheet="X02", cells=("C3", "X01!E9"))
    assert found(forms, now, before, told=[hard]) == []
    for other in (replace(hard, unit="C02"), replace(hard, severity="soft"), replace(hard, cells=("E9",))):
        assert ids(found(forms, now, before, told=[other])) == ["change-unusual"]


@pytest.mark.parametrize("told", ["wrong-scale", "sent-under-another", "swapped-rows", "swapped-columns"])
def test_figures_that_are_elsewhere_or_in_another_unit_are_told_once(forms: Forms, told: str) -> None:
    before = steady()
    now = typed(near(before), "C01", a_so=9000)
    assert found(forms, now, before, told=[Finding(told, "soft", unit="C01")]) == []


def test_running_totals_are_held_against_the_same_time_of_another_year(forms: Forms) -> None:
    before = steady("X01.a.luy_ke")
    now = typed(near(before), "C01", a_luy_ke=9000)
    third = Period.parse("2020-Q3")
    assert ids(found(forms, now, before, period=third)) == ["change-unusual"]
    assert found(forms, now, before, period=third, then=Period.parse("2020-Q2")) == []


FIGURES: dict[str, dict[Key, float]] = {"U1": {Key("X01", "a", "so"): 1.0}}


@pytest.mark.parametrize(
    ("period", "earlier", "ago", "then"),
    [
        ("2020", FIGURES, FIGURES, "2019"),
        ("2020-Q3", FIGURES, FIGURES, "2019-Q3"),
        ("2020-Q3", FIGURES, {}, "2020-Q2"),
        ("2020-Q1", FIGURES, {}, "2019-Q4"),
        ("2020-S2", FIGURES, {}, "2020-S1"),
    ],
)
def test_a_year_ago_is_held_against_else_the_period_before(
    period: str, earlier: Mapping[str, Mapping[Key, float]], ago: Mapping[str, Mapping[Key, float]], then: str
) -> None:
    assert base_of(Period.parse(period), dict(earlier), dict(ago)) == (Period.parse(then), FIGURES)  # type: ignore[arg-type]


def test_a_half_year_is_not_held_against_a_year(forms: Forms) -> None:
    assert base_of(Period.parse("2020-S1"), FIGURES, {})[1] == {}
    before = steady()
    assert found(forms, typed(near(before), "C01", a_so=9000), {}) == []


# Whose figures are of other unions than then.

OLD = date(2019, 12, 31)
NEW = date(2020, 11, 25)
BELOW = [f"G{i:02}" for i in range(40)]
PROVINCE = (
    unit("P", "province"),
    unit("U1", "upper", "P"),
    unit("U2", "upper", "P"),
    *(unit(code, "grassroots", "U1" if i < 20 else "U2") for i, code in enumerate(BELOW)),
)


def changed(units: Iterable[Unit]) -> set[str]:
    register = Register(tuple(units))
    return set(other_scope(register.at(NEW), register.at(OLD)))


def on(day: date, code: str, change: Callable[[Unit], Unit]) -> list[Unit]:
    """The register with another row for a unit from a day on."""
    return [
        one
        for unit_ in PROVINCE
        for one in (
            (replace(unit_, valid_to=date.fromordinal(day.toordinal() - 1)), replace(change(unit_), valid_from=day))
            if unit_.code == code
            else (unit_,)
        )
    ]


DAY = date(2020, 7, 1)


def test_where_nothing_changed_all_are_what_they_were() -> None:
    assert changed(PROVINCE) == set()


def test_a_new_unit_is_not_what_it_was_and_one_in_forty_does_not_change_the_unit_above() -> None:
    assert changed([*PROVINCE, replace(unit("G99", "grassroots", "U1"), valid_from=DAY)]) == {"G99"}


def test_a_union_that_moved_changes_both_its_parents_and_not_itself() -> None:
    assert changed(on(DAY, "G00", lambda one: replace(one, parent="U2"))) == {"U1", "U2"}


def test_many_founded_or_dissolved_change_the_unit_above() -> None:
    gone = [replace(one, valid_to=DAY) if one.code in BELOW[:2] else one for one in PROVINCE]
    assert changed(gone) == {"U1"}
    assert changed([replace(one, valid_to=DAY) if one.code == "G00" else one for one in PROVINCE]) == set()


def test_another_sector_or_name_is_another_unit() -> None:
    assert changed(on(DAY, "G00", lambda one: replace(one, sector="htx"))) == {"G00"}
    assert changed(on(DAY, "G00", lambda one: replace(one, name="Khác"))) == {"G00"}
    assert changed(on(DAY, "G00", lambda one: replace(one, name="đơn vị  G00", email="a@b.vn"))) == set()


def test_who_bears_the_name_of_one_that_is_gone_took_it_in() -> None:
    units = [replace(one, aliases=("đơn vị g01",)) if one.code == "G00" else one for one in PROVINCE]
    assert changed(units) == set()
    merged = [replace(one, valid_to=DAY) if one.code == "G01" else one for one in units]
    assert changed(merged) == {"G00"}


def test_the_end_of_the_districts_leaves_the_unions_what_they_were() -> None:
    both = [
        one
        for unit_ in PROVINCE
        for one in (
            (replace(unit_, valid_to=DAY), replace(unit_, parent="P", valid_from=date(2020, 7, 2)))
            if unit_.level == "grassroots"
            else (replace(unit_, valid_to=DAY),)
            if unit_.level == "upper"
            else (unit_,)
        )
    ]
    assert changed(both) == set()


# A whole run.


def test_a_run_holds_returns_against_history_and_the_register_of_that_time(forms: Forms, tmp_path: Path) -> None:
    before = steady()
    now = typed(near(before), "C01", a_so=9000)
    lines = [f"2019,{code},X01,X01,a,so,{said['X01.a.so']:.0f},,reported" for code, said in before.items()]
    header = "period,unit,form,table,indicator,measure,value,text,status"
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "2019.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    place = workspace(tmp_path, forms, units=TREE)
    for code, said in now.items():
        package(place.inbox(YEAR) / f"{code}.xlsx", place, code, said)
    results = run.consolidate(place, write=False)
    assert only(results.findings, "change-unusual").unit == "C01"
    assert results.by_unit["C01"].status == "queried"
    moved = (*TREE, unit("G1", "grassroots", "C01", until=date(2020, 6, 30)), unit("G2", "grassroots", "C02"))
    back = [replace(one, valid_from=date(2020, 7, 1)) for one in (unit("G1", "grassroots", "C02"),)]
    place = workspace(tmp_path, forms, units=(*moved, *back))
    assert "change-unusual" not in ids(run.consolidate(place, write=False).findings)
    late = tuple(replace(one, valid_from=date(2020, 1, 1)) for one in TREE)
    place = workspace(tmp_path, forms, units=late)
    assert "change-unusual" not in ids(run.consolidate(place, write=False).findings), "no one knows what they were then"
