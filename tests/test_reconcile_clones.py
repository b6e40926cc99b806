from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import UNITS, YEAR, edit, figures_of, form, ids, key, load, only, row, sent, unit, workspace

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.reconcile_clones import reconcile_clones
from schemas.form import Forms, Key
from schemas.period import Period

MEASURES = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "This period", type = "count" },
  { code = "tu_dau", label = "Từ đầu năm", en = "Since January", type = "count", cumulative = true, required = false },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, link = "prev(luy_ke) + ky_nay" },
  { code = "tien", label = "Tiền", en = "Money", type = "money", required = false },
]"""
ROWS = [f"r{i:02}" for i in range(60)]
MANY = [unit(f"G{i}", "grassroots", "U1", sector="hcsn") for i in range(30, 50)]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    opening = edit("r00[ky_nay] == prev(r01[ky_nay])")
    return load(tmp_path_factory.mktemp("f"), form(*map(row, ROWS), edits=[opening], measures=MEASURES))


def figures(count: int, *, begin: int = 100, step: int = 7, measure: str = "ky_nay") -> dict[str, float]:
    """So many figures, all different."""
    return {f"X01.{code}.{measure}": float(begin + step * i) for i, code in enumerate(ROWS[:count])}


def changed(said: Mapping[str, float], count: int) -> dict[str, float]:
    """The same with the last ``count`` figures one higher."""
    last = list(said)[len(said) - count :]
    return {cell: value + (cell in last) for cell, value in said.items()}


def found(
    forms: Forms,
    returns: Mapping[str, Mapping[str, float]],
    earlier: Mapping[str, Mapping[str, float]] | None = None,
    period: Period = YEAR,
) -> list[Finding]:
    place = workspace(Path(), forms, units=(*UNITS, *MANY), period=period, senders=("upper", "grassroots"))
    before: dict[str, dict[Key, float]] = {
        code: {key(cell): value for cell, value in said.items()} for code, said in (earlier or {}).items()
    }
    submissions = [sent(forms, code, said, period=str(period)) for code, said in returns.items()]
    figures = figures_of(forms, submissions)
    return reconcile_clones(submissions, obligations(place, period), before, figures)


# --- two units


def test_two_units_with_the_same_figures_are_named_each_at_the_other(forms: Forms) -> None:
    first, second = found(forms, {"G11": figures(20), "G21": figures(20), "G12": figures(20, begin=900)})
    assert (first.id, first.severity, first.unit, second.unit) == ("same-figures", "soft", "G11", "G21")
    assert (first.file, first.sheet, first.form, first.indicator) == ("inbox/2020/G11.xlsx", "X01", "X01", "r19")
    assert len(first.cells) == 5
    assert "20 trong 20 số liệu khác 0 giống hệt số của G21 (G21)" in message(first)
    assert "20 of the 20 figures that are not zero are those of G11 (G11)" in message(second, "en")


def test_a_few_figures_are_the_same_by_chance(forms: Forms) -> None:
    assert found(forms, {"G11": figures(19), "G21": figures(19)}) == []


def test_few_different_figures_are_the_same_by_chance(forms: Forms) -> None:
    ten = dict.fromkeys(figures(30), 10.0)
    assert found(forms, {"G11": ten, "G21": ten}) == []


def test_zeros_are_no_evidence(forms: Forms) -> None:
    zeros = dict.fromkeys(figures(60), 0.0)
    assert found(forms, {"G11": zeros, "G21": zeros}) == []
    assert found(forms, {"G11": zeros | figures(19), "G21": zeros | figures(19)}) == []


@pytest.mark.parametrize(
    ("count", "different", "alarm"), [(39, 1, False), (40, 1, True), (40, 4, True), (40, 5, False), (60, 6, True)]
)
def test_nearly_the_same_needs_more_figures(forms: Forms, count: int, different: int, alarm: bool) -> None:
    said = figures(count)
    made = found(forms, {"G11": said, "G21": changed(said, different)})
    assert ids(made) == ["same-figures"] * (2 * alarm)
    assert all(finding.params["have"] == count - different for finding in made)


def test_what_the_template_works_out_is_no_evidence(forms: Forms) -> None:
    said = figures(19) | figures(19, measure="luy_ke")
    assert found(forms, {"G11": said, "G21": said}) == []


def test_the_union_above_may_have_the_figures_of_its_only_sender(forms: Forms) -> None:
    assert found(forms, {"U1": figures(30), "G11": figures(30)}) == []
    assert {finding.unit for finding in found(forms, {"U2": figures(30), "G11": figures(30)})} == {"U2", "G11"}


def test_three_copies_are_three_findings_and_many_are_one(forms: Forms) -> None:
    three = found(forms, {"G11": figures(30), "G12": figures(30), "G21": figures(30)})
    assert [finding.unit for finding in three] == ["G11", "G12", "G21"]
    assert "G12 (G12), G21 (G21)" in message(three[0])
    returns = {one.code: figures(40) for one in MANY} | {"G11": changed(figures(40), 2)}
    [many] = found(forms, returns)
    assert (many.id, many.unit, many.params["count"]) == ("same-figures", "G11", 21)
    assert "21 đơn vị gửi số liệu giống hệt" in message(many)


# --- the period before


def test_a_return_that_repeats_the_period_before_is_doubted(forms: Forms) -> None:
    # The opening stock r00 is fixed by last period's figures and tells nothing.
    made = only(found(forms, {"G11": figures(31)}, {"G11": changed(figures(31), 3)}), "copied-from-before")
    assert (made.severity, made.unit, made.params["have"], made.params["count"]) == ("soft", "G11", 27, 30)
    assert "27 trong 30 số liệu khác 0 giống hệt số kỳ trước (2019)" in message(made)


@pytest.mark.parametrize(("count", "different"), [(31, 4), (20, 0)])
def test_a_return_that_repeats_less_is_not(forms: Forms, count: int, different: int) -> None:
    said = figures(count)
    assert found(forms, {"G11": said}, {"G11": changed(said, different)}) == []


def test_running_totals_may_stand_still_within_a_year(forms: Forms) -> None:
    said = figures(40, measure="tu_dau")
    assert found(forms, {"G11": said}, {"G11": said}, Period.parse("2020-Q2")) == []
    assert ids(found(forms, {"G11": said}, {"G11": said})) == ["copied-from-before"]


def test_another_unit_s_figures_of_the_period_before_are_named(forms: Forms) -> None:
    made = only(
        found(forms, {"G11": figures(31)}, {"G21": figures(31), "G12": figures(31, begin=95)}), "sent-under-another"
    )
    assert (made.severity, made.unit, made.params["have"]) == ("soft", "G11", 30)
    assert "số kỳ trước (2019) của đơn vị khác: G21 (G21)" in message(made)
    assert found(forms, {"G11": figures(31)}, {"G21": changed(figures(31), 4)}) == []
    assert found(forms, {"G11": figures(31)}, {"U1": figures(31)}) == [], "its only sender"


def test_a_unit_s_own_figures_explain_more_than_another_s(forms: Forms) -> None:
    said = figures(31)
    assert ids(found(forms, {"G11": said}, {"G21": said, "G11": said})) == ["copied-from-before"]


# --- amounts in another unit


def amounts(*values: float) -> dict[str, float]:
    return {f"X01.{code}.tien": value for code, value in zip(ROWS, values, strict=False)}


DONG = amounts(52_000_000, 310_500_000, 8_250_000, 77_000_000)


@pytest.mark.parametrize(("scale", "name"), [(1000, "nghìn đồng"), (1_000_000, "triệu đồng")])
def test_amounts_a_thousand_times_too_small_are_doubted(forms: Forms, scale: int, name: str) -> None:
    said = {cell: round(1.1 * value / scale) for cell, value in DONG.items()}
    made = only(found(forms, {"G11": said}, {"G11": DONG}), "wrong-scale")
    assert (made.severity, made.indicator, len(made.cells)) == ("soft", "r01", 4)
    assert f"số tiền có vẻ ghi theo {name}: 4 ô" in message(made)
    assert "kỳ trước (2019)" in message(made)


def test_amounts_that_fell_otherwise_are_not(forms: Forms) -> None:
    for share in (1, 0.1, 0.01, 0.0005, 0.0014):
        said = {cell: round(value * share) for cell, value in DONG.items()}
        assert found(forms, {"G11": said}, {"G11": DONG}) == [], share
    two = dict(list(DONG.items())[:2])
    assert found(forms, {"G11": {cell: value / 1000 for cell, value in two.items()}}, {"G11": DONG}) == []


def test_without_a_period_before_the_peers_tell(forms: Forms) -> None:
    returns = {one.code: {cell: value + 1000 * i for cell, value in DONG.items()} for i, one in enumerate(MANY[:8])}
    small = {cell: value / 1000 for cell, value in DONG.items()}
    made = only(found(forms, {**returns, "G11": small}), "wrong-scale")
    assert made.unit == "G11"
    assert "thường thấy ở các đơn vị cùng cấp" in message(made)
    assert "usual among units of its level" in message(made, "en")
    assert found(forms, {**returns, "U1": small}) == [], "a unit of another level is no peer"
    returns.popitem()
    assert found(forms, {**returns, "G11": small}) == [], "seven peers are too few"


def test_a_unit_that_always_had_such_amounts_is_not_held_against_its_peers(forms: Forms) -> None:
    returns = {one.code: {cell: value + 1000 * i for cell, value in DONG.items()} for i, one in enumerate(MANY[:8])}
    small = {cell: value / 1000 for cell, value in DONG.items()}
    before = {cell: value * 1.4 for cell, value in small.items()}
    assert found(forms, {**returns, "G11": small}, {"G11": before}) == []
