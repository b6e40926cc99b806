"""What a parent did itself and what its children did: figures that only one level reports, and its own part of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import YEAR, figures_of, form, ids, key, load, row, sent, workspace

from pipeline.consolidate import consolidate
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.obligations import Obligations, obligations
from pipeline.reconcile_tree import reconcile_levels
from pipeline.rollup import Rollup
from pipeline.validate import validate
from schemas.form import Forms

BOTH = ("upper", "grassroots")
GIFTS = form(
    row("tsv"),
    row("tcn"),
    row("qua", derived='"tsv + tcn"'),
    measures="""once = true
measures = [
  { code = "so_suat", label = "Số suất", en = "Gifts", type = "count" },
  { code = "so_tien", label = "Số tiền", en = "Money", type = "money" },
]""",
)
ACTIVITY = form(
    row("hoi"),
    row("lop", measures='["ky_nay", "luy_ke", "uoc_nam"]'),
    id="X02",
    measures="""
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "This period", type = "count" },
  { code = "cap_minh", label = "Cấp mình", en = "Own", type = "count", own_of = "ky_nay", levels = ["upper"] },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, link = "prev(luy_ke) + ky_nay" },
  { code = "uoc_nam", label = "Ước năm", en = "Estimate", type = "count", required = false },
]""",
)
Declared = Mapping[str, Mapping[str, object]]


@cache
def world(senders: tuple[str, ...] = BOTH) -> tuple[Forms, Obligations]:
    with TemporaryDirectory() as folder:
        forms = load(Path(folder), GIFTS, ACTIVITY)
    return forms, obligations(workspace(Path(), forms, senders=senders), YEAR)


def rolled(declared: Declared, rejected: tuple[str, ...] = (), senders: tuple[str, ...] = BOTH) -> Rollup:
    forms, owed = world(senders)
    returns = [sent(forms, unit, figures) for unit, figures in declared.items()]
    return consolidate(figures_of(forms, returns), forms, owed, rejected)


def gaps(declared: Declared, senders: tuple[str, ...] = BOTH) -> list[Finding]:
    forms, owed = world(senders)
    returns = [sent(forms, unit, figures) for unit, figures in declared.items()]
    rollup = consolidate(figures_of(forms, returns), forms, owed)
    return reconcile_levels(rollup, returns, owed, forms)


def gifts(**figures: object) -> dict[str, dict[str, object]]:
    """The same row of each of these units."""
    return {unit: {"X01.tsv.so_suat": figure} for unit, figure in figures.items()}


def activity(measure: str, /, own: object = None, **figures: object) -> dict[str, dict[str, object]]:
    typed = {unit: {f"X02.hoi.{measure}": figure} for unit, figure in figures.items()}
    if own is not None:
        typed["U1"]["X02.hoi.cap_minh"] = own
    return typed


# Reported once, by the lowest union that handed it over.


def test_a_parents_figure_is_its_own_and_its_childrens_together() -> None:
    rollup = rolled(gifts(U1=10, G11=3, G12=4))
    i, j = rollup.at("U1", key("X01.tsv.so_suat"))
    assert (rollup.value.values[i, j], rollup.declared[i, j], rollup.built[i, j]) == (17, 10, 7)
    assert rollup.value.of("P", key("X01.tsv.so_suat")) == 17
    assert gaps(gifts(U1=10, G11=3, G12=4)) == []
    assert gaps(gifts(U1=1, G11=3, G12=4)) == []


@pytest.mark.parametrize(
    ("figures", "upper", "province"),
    [
        (gifts(U1=10), 10, 10),
        (gifts(G11=3), 3, 3),
        (gifts(U1=10, G11="khoảng 3"), 10, 10),
        (gifts(U1="khoảng 10", G11=3), 3, 3),
        (gifts(U1=0, G11=0), 0, 0),
        (gifts(U1=10, G11=3, U2=5, G21=2, G0=1), 13, 21),
        (gifts(P=100, U1=10), 10, 10),
        (gifts(G0=1), None, 1),
    ],
)
def test_either_part_counts_where_the_other_is_missing(
    figures: Declared, upper: float | None, province: float | None
) -> None:
    rollup = rolled(figures)
    found = [rollup.value.of(unit, key("X01.tsv.so_suat")) for unit in ("U1", "P")]
    assert found == [upper, province]


def test_a_derived_total_is_that_of_all_that_was_given() -> None:
    both = {"U1": {"X01.tsv.so_suat": 10, "X01.tcn.so_suat": 2}, "G11": {"X01.tcn.so_suat": 5}}
    rollup = rolled(both)
    for unit in ("U1", "P"):
        assert rollup.value.of(unit, key("X01.qua.so_suat")) == 17
    i, j = rollup.at("U1", key("X01.qua.so_suat"))
    assert (rollup.declared[i, j], rollup.built[i, j]) == (12, 5)


def test_a_figure_says_how_many_rejected_returns_are_in_it() -> None:
    typed = gifts(U1=10, G11=3, G12=4, U2=1)
    for rejected, of_upper, of_province in (
        (("U1",), 1, 1),
        (("G11",), 1, 1),
        (("U1", "G11", "G12"), 3, 3),
        (("U2", "G12"), 1, 2),
        ((), 0, 0),
    ):
        rollup = rolled(typed, rejected)
        for code in ("tsv", "qua"):
            counts = [int(rollup.rejected[rollup.at(unit, key(f"X01.{code}.so_suat"))]) for unit in ("U1", "P")]
            assert counts == [of_upper, of_province], (rejected, code)


def test_a_rejected_return_without_the_figure_casts_no_doubt_on_it() -> None:
    rollup = rolled(gifts(U1="khoảng 10", G11=3), ("U1",))
    assert rollup.rejected[rollup.at("U1", key("X01.tsv.so_suat"))] == 0


# The part that a unit did itself.


@pytest.mark.parametrize(
    ("figures", "found"),
    [
        (activity("ky_nay", own=3, U1=10, G11=3, G12=4), []),
        (activity("ky_nay", own=2, U1=10, G11=3, G12=4), [("10", "7", 1)]),
        (activity("ky_nay", own=4, U1=10, G11=3, G12=4), [("10", "7", 1)]),
        (activity("ky_nay", own=0, U1=7, G11=3, G12=4), []),
        (activity("ky_nay", own=10, U1=10, G11=0, G12=0), []),
        (activity("ky_nay", own=3, U1=10, G11=3), []),
        (activity("ky_nay", own=8, U1=10, G11=3), [("10", "3", 1)]),
        (activity("ky_nay", U1=10, G11=3, G12=4), []),
        (activity("ky_nay", U1=6, G11=3, G12=4), [("6", "7", 1)]),
        (activity("ky_nay", own="khoảng 3", U1=10, G11=3, G12=4), []),
        (activity("ky_nay", own="khoảng 3", U1=6, G11=3, G12=4), [("6", "7", 1)]),
        (activity("ky_nay", own=3, U1=10), []),
    ],
)
def test_what_is_not_the_units_own_is_its_childrens(figures: Declared, found: list[tuple[str, str, int]]) -> None:
    gap = [f for f in gaps(figures) if f.measure == "ky_nay"]
    assert [(f.value, f.expected, 1) for f in gap] == found


def test_a_gap_names_both_cells_and_the_own_part() -> None:
    [finding] = gaps(activity("ky_nay", own=2, U1=10, G11=3, G12=4))
    assert (finding.id, finding.severity, finding.cells) == ("children-differ", "hard", ("E9", "F9"))
    said = message(finding)
    assert "đơn vị báo cáo 10, trong đó cấp mình 2, cộng 2 đơn vị trực thuộc là 7 (lệch 1)" in said
    assert "Dòng hoi – kỳ này" in said
    [without] = gaps(activity("ky_nay", U1=6, G11=3, G12=4))
    assert "cấp mình" not in message(without).partition("Soát lại")[0]


@pytest.mark.parametrize("measure", ["luy_ke", "uoc_nam"])
def test_running_totals_and_estimates_are_at_least_the_childrens(measure: str) -> None:
    assert gaps(activity(measure, U1=10, G11=3, G12=4)) == []
    assert gaps(activity(measure, U1=7, G11=3, G12=4)) == []
    [finding] = gaps(activity(measure, U1=6, G11=3, G12=4))
    assert (finding.value, finding.expected, finding.measure) == ("6", "7", measure)


def test_a_row_without_an_own_part_is_the_whole_of_its_children() -> None:
    typed = {unit: {"X02.lop.ky_nay": figure} for unit, figure in {"U1": 10, "G11": 3, "G12": 4}.items()}
    [finding] = gaps(typed)
    assert (finding.value, finding.expected, finding.cells) == ("10", "7", ("E10",))
    assert gaps({**typed, "U1": {"X02.lop.ky_nay": 7}}) == []


def test_the_own_part_is_summed_and_never_compared() -> None:
    figures = {"U1": {"X02.hoi.cap_minh": 3}, "U2": {"X02.hoi.cap_minh": 4}, "P": {"X02.hoi.cap_minh": 99}}
    assert rolled(figures).value.of("P", key("X02.hoi.cap_minh")) == 7
    assert gaps(figures) == []


def test_who_need_not_send_makes_no_gap_certain() -> None:
    figures = activity("ky_nay", own=2, U1=10, G11=3, G12=4)
    assert gaps(figures, senders=("upper",)) == []
    assert ids(gaps(activity("ky_nay", own=5, U1=10, G11=3, G12=4), senders=("upper",))) == ["children-differ"]


def test_only_upper_unions_are_asked_for_their_own_part() -> None:
    forms, owed = world()
    cell = forms.cells[key("X02.hoi.cap_minh")]
    assert cell.levels == {"upper"}
    assert (cell.children, forms.cells[key("X02.hoi.ky_nay")].children) == ("apart", "rest")
    assert forms.cells[key("X02.hoi.luy_ke")].children == "part"
    assert forms.cells[key("X02.hoi.ky_nay")].own == cell.key
    assert key("X02.lop.cap_minh") not in forms.cells
    typed = sent(forms, "G11", {"X02.hoi.ky_nay": 3, "X02.hoi.cap_minh": 3})
    [kept], findings = validate([typed], forms, owed.tree, {"G11": tuple(forms)})
    [finding] = [f for f in findings if f.id == "not-asked"]
    assert (finding.cells, finding.value, kept.entries[cell.key].value) == (("F9",), "3", None)
    absent = [f.cells for f in findings if f.id == "missing-value" and f.form == "X02"]
    assert absent == [("E10",)], "neither the own part nor what a link fills"
