"""The headline figures: those of the forms, with what the same units had before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import key

from pipeline.demo import Demo
from pipeline.headlines import Change, HeadlineFigure, change_of, headline_figures

MEMBERS = key("B01.sl_doan_vien.tong")


def named(demo: Demo, period: str = "2020") -> dict[str, HeadlineFigure]:
    return {
        figure.cell.key.indicator + "." + figure.cell.key.measure: figure
        for figure in headline_figures(demo.runs[period])
    }


def test_they_are_the_provinces_figures_in_the_order_of_the_forms(demo: Demo) -> None:
    results = demo.runs["2020"]
    figures = headline_figures(results)
    expected = [one.key for form in demo.workspace.forms for one in form.headlines]
    assert [figure.cell.key for figure in figures] == expected
    for figure in figures:
        assert figure.value == results.rollup.value.of("LC", figure.cell.key)


def test_a_change_is_that_of_the_units_that_have_both(demo: Demo) -> None:
    figure = named(demo)["sl_doan_vien.tong"]
    results = demo.runs["2020"]
    assert results.past is not None
    now, then = results.rollup.value, results.past.rollup.value
    both = [
        (now.of(unit.code, MEMBERS), then.of(unit.code, MEMBERS))
        for unit in results.owed.tree.children("LC")
        if now.of(unit.code, MEMBERS) is not None and then.of(unit.code, MEMBERS) is not None
    ]
    assert 1 < len(both) < len(results.owed.tree.children("LC"))
    assert figure.change == Change(sum(new or 0 for new, _ in both), sum(old or 0 for _, old in both), len(both))
    assert figure.value is not None
    assert figure.before is not None
    assert figure.change is not None
    assert figure.change.by != figure.value - figure.before


def test_totals_that_a_list_of_earlier_figures_leaves_out_are_worked_out(demo: Demo) -> None:
    results = demo.runs["2020"]
    assert results.past is not None
    then = results.past.rollup.value
    parts = [then.of("LC-01", key(f"B02.{row}.luy_ke")) for row in ("kt_tc_cc", "kt_tc_cd")]
    assert None not in parts
    assert then.of("LC-01", key("B02.kt_tc.luy_ke")) == sum(part or 0 for part in parts)


def test_without_an_earlier_period_nothing_is_compared(demo: Demo) -> None:
    results = replace(demo.runs["2020"], past=None)
    assert all(figure.before is None and figure.change is None for figure in headline_figures(results))


def test_a_percentage_of_nothing_is_none() -> None:
    assert Change(5.0, 0.0, 1).percentage is None
    assert Change(5.0, 4.0, 1).percentage == pytest.approx(25.0)


def test_a_figure_that_does_not_add_up_has_no_change(demo: Demo) -> None:
    assert change_of(demo.runs["2020"], key("B01.qh_thunhap.tong")) is None
