from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from math import floor, nan
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from pipeline.figures import certain, completed, empty, number_cells
from pipeline.localize_rules import Edits, Given, asked_by, edits_of, exact, systems_of
from pipeline.localize_system import Share, Sum, failing, verdict
from pipeline.reconcile import judge_all
from pipeline.verdicts import Check, Numbers, Verdict, checks_of, judge
from schemas.edit import About, Edit, Linear, Member, Ref, Rule, Unique, refs_of
from schemas.form import Key
from schemas.load import load_forms
from schemas.rules import Names, parse_rule
from schemas.text import Text

NAMES = Names({"X": dict.fromkeys("abcd", frozenset({"t"}))}, {"L": frozenset({"so"})})
RULES = (
    *("a + b == c", "c == a + b", "a == b", "a + b == c + d", "a + b - c == d", "a + 2 * b == 3 * c", "a == 2"),
    *("a <= b", "a + b <= c", "a >= b", "a <= 2 * b", "a <= 0.5 * b + 0.5", "a >= 2", "a - b <= c - 1", "a + 3 <= 2"),
    *("0.5 <= a / b <= 2", "a / b <= 2", "0.5 <= (a - b) / (c - d)", "1 <= a <= 2", "change(a) <= 0.5"),
    *("a == 2 * b", "0.5 <= a / prev(a) <= 2"),
    *("iff(a > 0, b > 0)", "when(a == 0, blank(b))", "when(a + b == c, blank(d))", "when(a >= 1, b <= c)"),
    *("when(a + b == c, c >= d)", "when(a <= b, c + d == a)", "a == prev(b)", "a + prev(b) == c", "prev(a) >= 1"),
    *("a == prev(a) + b", "a <= register(grassroots)", "a + prev(b) <= register(grassroots)", "sum(L.so) == a"),
)
BLANK: tuple[float, ...] = (nan, 0, 1, 2)


def rule_of(text: str) -> Rule:
    [rule] = parse_rule(text, NAMES, "X", ["t"], rows="abcd", over=["t"])
    return rule


def ours(rule: Rule, refs: Sequence[Ref], figures: Sequence[float]) -> Verdict:
    """The verdict of error localization."""
    asked = asked_by(rule)
    assert asked is not None
    values = {ref: exact(figure) for ref, figure in zip(refs, figures, strict=True) if figure == figure}
    foreign = {ref for ref in refs if ref.kind in ("prev", "year_ago", "register")}
    return verdict(asked, values, foreign, {})


def theirs(rule: Rule, refs: Sequence[Ref], units: Sequence[Sequence[float]]) -> list[int]:
    numbers = Numbers(MappingProxyType({ref: j for j, ref in enumerate(refs)}), np.array(units, dtype=np.float64))
    return [int(found) for found in judge([rule], numbers)[:, 0]]


@pytest.mark.parametrize("text", RULES)
def test_a_rule_has_the_verdict_of_the_edits_on_every_small_figure_and_blank(text: str) -> None:
    rule = rule_of(text)
    refs = refs_of(rule)
    units = list(itertools.product(BLANK, repeat=len(refs)))
    assert [int(ours(rule, refs, unit)) for unit in units] == theirs(rule, refs, units)


@given(
    st.sampled_from(RULES),
    st.lists(st.just(nan) | st.integers(0, 30) | st.decimals(0, 30, places=2).map(float), min_size=4, max_size=4),
)
def test_a_rule_has_the_verdict_of_the_edits_on_any_figures(text: str, figures: list[float]) -> None:
    rule = rule_of(text)
    refs = refs_of(rule)
    unit = figures[: len(refs)]
    assert [int(ours(rule, refs, unit))] == theirs(rule, refs, [unit])


@pytest.mark.parametrize("room", [(1, 1), (0, 2), (1, 2)])
@given(part=st.integers(0, 40), whole=st.integers(1, 40), decimals=st.integers(0, 2), off=st.integers(-3, 3))
def test_a_percentage_fails_where_no_habit_of_rounding_prints_it(
    room: tuple[int, int], part: int, whole: int, decimals: int, off: int
) -> None:
    share = Fraction(100 * part, whole)
    printed = Fraction(max(0, round(share * 10**decimals) + off), 10**decimals)
    rule = Share("p", Sum(((1, "a"),)), Sum(((1, "b"),)), Fraction(room[0], 2), Fraction(room[1], 2))
    found = verdict(rule, {"p": printed, "a": part, "b": whole}, (), {"p": decimals})
    steps = share * 10**decimals
    up, cut, even = floor(steps + Fraction(1, 2)), floor(steps), round(steps)
    habits = {(1, 1): {up}, (0, 2): {cut}, (1, 2): {up, cut, even}}[room]
    assert (found is Verdict.PASS) == (printed * 10**decimals in habits)


def test_a_percentage_of_nothing_says_nothing() -> None:
    rule = Share("p", Sum(((1, "a"),)), Sum(((1, "b"),)))
    for values in ({"p": 5, "a": 0, "b": 0}, {"p": 5, "a": 1}, {"a": 1, "b": 2}):
        assert verdict(rule, values, (), {}) is Verdict.UNKNOWN


def test_columns_of_lists_and_partitions_of_percentages_are_left_out() -> None:
    a, b = Ref("cell", "X", "a", "t"), Ref("cell", "X", "b", "t")
    for rule in (Unique(a), Member(a, "children"), About((a, b), None)):
        assert asked_by(rule) is None


@pytest.mark.parametrize(
    ("read", "meant"),
    [(2918.0, 2918), (0.0, 0), (93.96, Fraction(9396, 100)), (0.1, Fraction(1, 10)), (10.0**15 - 1, 10**15 - 1)],
)
def test_a_figure_is_taken_as_it_was_printed(read: float, meant: int | Fraction) -> None:
    assert exact(read) == meant
    assert isinstance(exact(read), type(meant))


def edits(*texts: str, soft: Sequence[str] = ()) -> Edits:
    def check(at: int, text: str) -> Check:
        severity = "soft" if text in soft else "hard"
        edit = Edit(f"X-{at}", "soft" if severity == "soft" else "hard", Text("", ""), text, "", (rule_of(text),))
        return Check(edit, edit.checks[0], "X", "X")

    return edits_of([check(at, text) for at, text in enumerate(texts)])


def ref(name: str) -> Ref:
    return Ref("prev" if name.startswith("prev ") else "cell", "X", name[-1], "t")


def of(**figures: int) -> dict[Ref, int | Fraction]:
    return {ref(name.replace("prev_", "prev ")): figure for name, figure in figures.items()}


def test_soft_edits_are_not_asked() -> None:
    found = edits("a <= b", "a <= c", soft=["a <= b"])
    assert [(one.edit, one.at) for one in found.constraints] == [("X-1", 1)]
    assert systems_of(found, Given(of(a=5, b=1, c=9))) == ()


def test_a_system_is_a_web_in_which_an_edit_fails() -> None:
    found = systems_of(edits("a <= b", "c <= d", "c == 1"), Given(of(a=5, b=1, c=1, d=2)))
    assert [[one.edit for one in system.constraints] for system in found] == [["X-0"]]
    assert [[variable.id for variable in system.variables] for system in found] == [[ref("a"), ref("b")]]
    assert [[one.edit for one in failing(system, system.reported)] for system in found] == [["X-0"]]


def test_an_edit_that_passes_and_shares_a_cell_is_in_the_web() -> None:
    [system] = systems_of(edits("a <= b", "b <= c", "c <= d"), Given(of(a=5, b=1, c=1, d=2)))
    assert [one.edit for one in system.constraints] == ["X-0", "X-1", "X-2"]


def test_what_cannot_be_wrong_ties_nothing() -> None:
    asked = edits("a <= b", "c <= b")
    assert len(systems_of(asked, Given(of(a=5, b=1, c=9)))) == 1
    two = systems_of(asked, Given(of(a=5, b=1, c=9), fixed={ref("b")}))
    assert [[one.edit for one in system.constraints] for system in two] == [["X-0"], ["X-1"]]
    assert [variable.fixed for variable in two[0].variables] == [False, True]


def test_the_period_before_is_never_wrong() -> None:
    two = systems_of(edits("a == prev(c)", "b == prev(c)"), Given(of(a=5, b=6, prev_c=4)))
    assert len(two) == 2
    assert [(variable.fixed, variable.own) for variable in two[0].variables] == [(False, True), (True, False)]


def test_a_total_that_nobody_types_stands_for_its_parts() -> None:
    parts = Linear(((Fraction(1), ref("a")), (Fraction(1), ref("b"))))
    [system] = systems_of(edits("d <= c", "a <= 9"), Given(of(a=2, b=3, c=4), derived={ref("d"): parts}))
    assert [variable.id for variable in system.variables] == [ref("a"), ref("b"), ref("c")]
    assert [one.edit for one in system.constraints] == ["X-0", "X-1"]


def test_a_total_of_totals_comes_down_to_the_cells() -> None:
    first = Linear(((Fraction(1), ref("a")),), Fraction(2))
    second = Linear(((Fraction(2), ref("b")),))
    derived = {ref("c"): second, ref("b"): first}
    [system] = systems_of(edits("c <= d"), Given(of(a=2, d=4), derived=derived))
    assert [variable.id for variable in system.variables] == [ref("a"), ref("d")]
    assert [one.id for one in system.derived] == [ref("b"), ref("c")]
    assert failing(system, {ref("a"): 0, ref("d"): 4}) == ()
    assert len(failing(system, {ref("a"): 1, ref("d"): 4})) == 1


def test_a_total_with_a_blank_part_is_blank() -> None:
    parts = Linear(((Fraction(1), ref("a")), (Fraction(1), ref("b"))))
    assert systems_of(edits("d <= c"), Given(of(a=9, c=4), derived={ref("d"): parts})) == ()


# The shipped forms, judged by the pipeline and by error localization.

FORMS = load_forms((Path(schemas.__file__).parent / "forms").glob("*.toml"))
CHECKS = checks_of(FORMS)
EDITS = edits_of(CHECKS)


def test_every_hard_edit_of_the_shipped_forms_is_asked_but_partitions_of_percentages() -> None:
    left_out = {check.edit.id for at, check in enumerate(CHECKS) if at not in {one.at for one in EDITS.constraints}}
    hard = {check.edit.id for check in CHECKS if check.edit.severity == "hard"}
    assert left_out & hard == {"B01-E21", "B01-E22", "B01-E23"}


IN_THE_FILE = ("cell", "sum", "count")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_what_fails_in_the_shipped_forms_is_what_the_pipeline_says(seed: int) -> None:
    chance = np.random.default_rng(seed)
    cells = [cell for cell in number_cells(FORMS) if cell.type != "percent"]
    figures = empty(["U"], [cell.key for cell in cells])
    values = figures.values.copy()
    for cell in cells:
        # Most of the linked cells are left to their formulas.
        if cell.derived is None and chance.random() < (0.2 if cell.link else 0.9):
            values[0, figures.column[cell.key]] = float(chance.integers(0, 4))
    typed = figures.with_values(values)
    linear = [parts for cell in cells if (parts := cell.derived or cell.link) is not None]
    named = {ref for check in CHECKS for ref in refs_of(check.rule)} | {ref for one in linear for ref in one.refs}
    known = sorted((ref for ref in named if ref.kind not in IN_THE_FILE), key=str)
    constants = {ref: float(chance.integers(0, 4)) for ref in known if chance.random() < 0.9}
    judged = judge_all(
        CHECKS, certain(completed(typed, cells, {}, (), {"U": constants}), cells, (), typed), {"U": constants}
    )
    expected = {at for at in np.flatnonzero(judged.verdicts[0] == Verdict.FAIL) if CHECKS[at].edit.severity == "hard"}
    own = {ref: typed.of("U", Key(ref.form, ref.indicator, ref.measure)) for ref in named if ref.kind in IN_THE_FILE}
    derived = {
        Ref("cell", *cell.key): parts
        for cell in cells
        if (parts := cell.derived or cell.link) is not None and typed.of("U", cell.key) is None
    }
    figures_of = {ref: exact(value) for ref, value in (own | constants).items() if value is not None}
    systems = systems_of(EDITS, Given(figures_of, derived=derived))
    assert {one.at for system in systems for one in failing(system, system.reported)} == expected
