"""What a blank means in an edit: four policies, the same in the verdicts, in the live checks and in localization."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import nan
from pathlib import Path
from random import Random
from types import MappingProxyType

import numpy as np
import pytest
import xlsxwriter
from builders import edit, form, load, row
from conftest import Recalculate
from hypothesis import given, settings
from hypothesis import strategies as st
from localizing import by_trial, whole_sets
from python_calamine import CalamineWorkbook

from pipeline.formulas import Sight
from pipeline.formulas_check import MATCHED, MISMATCHED, UNDECIDED, check_parts, check_verdict, verdict
from pipeline.layout import a1
from pipeline.localize import localize
from pipeline.localize_rules import asked_by, exact
from pipeline.localize_system import Constraint, System, Variable
from pipeline.localize_system import verdict as localized
from pipeline.package import plans_of
from pipeline.verdicts import Numbers, Verdict, judge
from schemas.edit import Blanks, Compare, Iff, IsBlank, Linear, Ref, Rule, When, Within, refs_of
from schemas.form import Forms, Key
from schemas.rules import Names, RuleError, parse_rule

FAIL, PASS, UNKNOWN = Verdict.FAIL, Verdict.PASS, Verdict.UNKNOWN
_ = nan
POLICIES: tuple[Blanks, ...] = ("interval", "skip", "zero", "require")
NAMES = Names({"X": dict.fromkeys("abcd", frozenset({"t"}))}, {"L": frozenset({"so"})})
PARTITIONS = (
    "a + b == c",
    "c == a + b",
    "a + b - c == d",
    "a + 2 * b == c",
    "a == prev(a) + b",
    "a + prev(b) + c == d",
)
BOUNDS = ("a + b <= c", "c >= a + b", "a - b <= c")
QUOTIENTS = ("0.5 <= a / b <= 2", "a / b <= 2", "0.5 <= (a + b) / c", "1 <= a + b <= 3")
CONDITIONS = ("iff(a > 0, b > 0)", "when(a + b == c, d <= 2)", "when(a >= 1, b + c == d)", "when(a + b <= c, blank(d))")
WITH_PARTS = (*PARTITIONS, *BOUNDS, *QUOTIENTS, *CONDITIONS)
WITHOUT_PARTS = (
    *("a == b", "a <= b", "a + b == c + d", "a == 800_000 * b", "a >= 5", "a <= prev(a)", "change(a) <= 0.5"),
    *("2 <= a <= 5", "a == register(grassroots)", "when(a == 0, blank(b))", "sum(L.so) == a"),
)
CASES = [(text, policy) for text in WITH_PARTS for policy in POLICIES] + [
    (text, policy) for text in WITHOUT_PARTS for policy in POLICIES if policy != "zero"
]


def rule_of(text: str, policy: Blanks) -> Rule:
    [rule] = parse_rule(text, NAMES, "X", ["t"], rows="abcd", over=["t"], blanks=policy)
    return rule


def numbers_of(refs: Sequence[Ref], *units: Sequence[float]) -> Numbers:
    return Numbers(MappingProxyType({ref: j for j, ref in enumerate(refs)}), np.array(units, dtype=np.float64))


@pytest.mark.parametrize(
    ("text", "figures", "expected"),
    [
        # A whole and its parts.            interval, skip, zero, require
        ("a + b == c", (3, 4, 7), (PASS, PASS, PASS, PASS)),
        ("a + b == c", (3, 4, 8), (FAIL, FAIL, FAIL, FAIL)),
        ("a + b == c", (7, _, 7), (PASS, UNKNOWN, PASS, FAIL)),
        ("a + b == c", (3, _, 7), (UNKNOWN, UNKNOWN, FAIL, FAIL)),
        ("a + b == c", (8, _, 7), (FAIL, UNKNOWN, FAIL, FAIL)),
        ("a + b == c", (3, 4, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        ("a + b == c", (_, _, 7), (UNKNOWN, UNKNOWN, FAIL, FAIL)),
        ("a + b == c", (_, _, 0), (PASS, UNKNOWN, PASS, FAIL)),
        ("a + b == c", (_, _, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        # A bound on a sum.
        ("a + b <= c", (3, 4, 7), (PASS, PASS, PASS, PASS)),
        ("a + b <= c", (5, 4, 7), (FAIL, FAIL, FAIL, FAIL)),
        ("a + b <= c", (3, _, 7), (UNKNOWN, UNKNOWN, PASS, FAIL)),
        ("a + b <= c", (8, _, 7), (FAIL, UNKNOWN, FAIL, FAIL)),
        ("a + b <= c", (0, 0, _), (PASS, UNKNOWN, UNKNOWN, FAIL)),
        # A number known before the unit answers is never asked for.
        ("a == prev(a) + b", (7, 7, _), (PASS, UNKNOWN, PASS, FAIL)),
        ("a == prev(a) + b", (7, _, 4), (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)),
        ("a == prev(a) + b", (_, 3, 4), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        # A quotient: its numerator is the part.
        ("0.5 <= a / b <= 2", (2, 4), (PASS, PASS, PASS, PASS)),
        ("0.5 <= a / b <= 2", (1, 4), (FAIL, FAIL, FAIL, FAIL)),
        ("0.5 <= a / b <= 2", (_, 4), (UNKNOWN, UNKNOWN, FAIL, FAIL)),
        ("0.5 <= a / b <= 2", (2, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        ("0.5 <= a / b <= 2", (2, 0), (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)),
        ("0.5 <= a / b <= 2", (_, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        ("1 <= a + b <= 3", (2, _), (UNKNOWN, UNKNOWN, PASS, FAIL)),
        ("1 <= a + b <= 3", (_, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        # Both or neither.
        ("iff(a > 0, b > 0)", (3, 4), (PASS, PASS, PASS, PASS)),
        ("iff(a > 0, b > 0)", (3, 0), (FAIL, FAIL, FAIL, FAIL)),
        ("iff(a > 0, b > 0)", (3, _), (UNKNOWN, UNKNOWN, FAIL, FAIL)),
        ("iff(a > 0, b > 0)", (0, _), (UNKNOWN, UNKNOWN, PASS, FAIL)),
        ("iff(a > 0, b > 0)", (_, _), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
        # A condition: where it does not hold nothing more is asked.
        ("when(a >= 1, b + c == d)", (0, _, _, _), (PASS, PASS, PASS, PASS)),
        ("when(a >= 1, b + c == d)", (1, 2, _, 2), (PASS, UNKNOWN, PASS, FAIL)),
        ("when(a >= 1, b + c == d)", (1, 2, _, 3), (UNKNOWN, UNKNOWN, FAIL, FAIL)),
        ("when(a >= 1, b + c == d)", (1, 2, 2, 3), (FAIL, FAIL, FAIL, FAIL)),
        ("when(a >= 1, b + c == d)", (_, 2, 2, 3), (UNKNOWN, UNKNOWN, UNKNOWN, FAIL)),
    ],
)
def test_a_rule_on_valid_invalid_and_undecided_figures_by_policy(
    text: str, figures: tuple[float, ...], expected: tuple[Verdict, ...]
) -> None:
    for policy, meant in zip(POLICIES, expected, strict=True):
        rule = rule_of(text, policy)
        found = Verdict(judge([rule], numbers_of(refs_of(rule), figures))[0, 0])
        assert found is meant, policy


@pytest.mark.parametrize(
    ("text", "figures", "expected"),
    [
        ("a == 800_000 * b", (2_400_000, 3), (PASS, PASS, PASS)),
        ("a == 800_000 * b", (2_400_001, 3), (FAIL, FAIL, FAIL)),
        ("a == 800_000 * b", (_, 3), (UNKNOWN, UNKNOWN, FAIL)),
        ("a == 800_000 * b", (0, _), (UNKNOWN, UNKNOWN, FAIL)),
        ("a <= b", (0, _), (PASS, UNKNOWN, FAIL)),
        ("change(a) <= 0.5", (_, 4), (UNKNOWN, UNKNOWN, FAIL)),
        ("change(a) <= 0.5", (4, _), (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("a == register(grassroots)", (20, _), (UNKNOWN, UNKNOWN, UNKNOWN)),
        ("sum(L.so) == a", (_, 3), (UNKNOWN, UNKNOWN, FAIL)),
        ("when(a == 0, blank(b))", (0, _), (PASS, PASS, PASS)),
        ("when(a == 0, blank(b))", (_, _), (UNKNOWN, UNKNOWN, FAIL)),
    ],
)
def test_a_rule_without_parts_by_policy(text: str, figures: tuple[float, ...], expected: tuple[Verdict, ...]) -> None:
    for policy, meant in zip(("interval", "skip", "require"), expected, strict=True):
        rule = rule_of(text, policy)  # type: ignore[arg-type]
        found = Verdict(judge([rule], numbers_of(refs_of(rule), figures))[0, 0])
        assert found is meant, policy


def test_a_number_that_a_unit_is_not_asked_is_not_required() -> None:
    rule = rule_of("a + b == c", "require")
    refs = refs_of(rule)
    numbers = numbers_of(refs, (3, _, 7), (3, _, 7), (3, _, _))
    unasked = {refs[1]: np.array([True, False, True])}
    found = judge([rule], Numbers(numbers.column, numbers.values, unasked))
    assert found[:, 0].tolist() == [UNKNOWN, FAIL, FAIL]


# Against a judge of one unit that follows the words of each policy.

OWN = ("cell", "sum")


def value(linear: Linear, known: Mapping[Ref, float]) -> Fraction:
    return linear.constant + sum((weight * Fraction(known[ref]) for weight, ref in linear.terms), Fraction(0))


def holds(rule: Rule, known: Mapping[Ref, float]) -> Verdict:
    """The verdict where no number is missing."""
    match rule:
        case Compare():
            gap = value(rule.residual, known)
            return PASS if {"==": gap == 0, "<=": gap <= 0, ">=": gap >= 0}[rule.operator] else FAIL
        case Within():
            top, whole = value(rule.quotient.numerator, known), value(rule.quotient.denominator, known)
            if whole <= 0:
                return UNKNOWN
            low, high = rule.low, rule.high
            return PASS if (low is None or top >= low * whole) and (high is None or top <= high * whole) else FAIL
        case Iff():
            return PASS if (known[rule.left.ref] > 0) == (known[rule.right.ref] > 0) else FAIL
    raise AssertionError(rule)


def by_the_words(rule: Rule, policy: Blanks, known: Mapping[Ref, float]) -> Verdict:
    """Every policy but ``interval``, as its description has it."""
    if isinstance(rule, When):
        condition = by_the_words(rule.condition, policy, known)
        lacks = policy == "require" and any(ref.kind in OWN and ref not in known for ref in refs_of(rule.condition))
        if condition is not PASS or lacks:
            return PASS if condition is FAIL and not lacks else FAIL if lacks else UNKNOWN
        if isinstance(rule.then, IsBlank):
            return FAIL if rule.then.ref in known else PASS
        return by_the_words(rule.then, policy, known)
    refs = refs_of(rule)
    missing = [ref for ref in refs if ref not in known]
    own = [ref for ref in missing if ref.kind in OWN]
    if policy == "require" and own:
        return FAIL
    if policy == "zero" and any(ref in known for ref in refs if ref.kind in OWN):
        assert isinstance(rule, Compare | Within | Iff)
        known = {**dict.fromkeys(rule.parts, 0), **known}
        missing = [ref for ref in refs if ref not in known]
    return UNKNOWN if missing else holds(rule, known)


@pytest.mark.parametrize(("text", "policy"), [case for case in CASES if case[1] != "interval"])
def test_the_verdict_is_what_the_words_of_the_policy_say(text: str, policy: Blanks) -> None:
    rule = rule_of(text, policy)
    refs = refs_of(rule)
    units = list(itertools.product((_, 0.0, 1.0, 2.0, 3.0), repeat=len(refs)))
    found = judge([rule], numbers_of(refs, *units))[:, 0].tolist()
    for unit, one in zip(units, found, strict=True):
        known = {ref: figure for ref, figure in zip(refs, unit, strict=True) if figure == figure}
        assert one == by_the_words(rule, policy, known), known


@given(st.lists(st.sampled_from(CASES), min_size=2, max_size=6), st.data())
@settings(max_examples=60, deadline=None)
def test_policies_side_by_side_do_not_change_one_another(cases: list[tuple[str, Blanks]], data: st.DataObject) -> None:
    rules = [rule_of(text, policy) for text, policy in cases]
    refs = tuple(dict.fromkeys(ref for rule in rules for ref in refs_of(rule)))
    figure = st.just(_) | st.integers(0, 5).map(float)
    units = data.draw(st.lists(st.lists(figure, min_size=len(refs), max_size=len(refs)), min_size=1, max_size=4))
    numbers = numbers_of(refs, *units)
    together = judge(rules, numbers)
    for j, rule in enumerate(rules):
        assert (together[:, [j]] == judge([rule], numbers)).all()


# In error localization.


@pytest.mark.parametrize(("text", "policy"), CASES)
def test_localization_has_the_verdict_of_the_edits_but_for_what_is_required_and_missing(
    text: str, policy: Blanks
) -> None:
    rule, skipped = rule_of(text, policy), rule_of(text, "skip" if policy == "require" else policy)
    refs, asked = refs_of(rule), asked_by(rule)
    assert asked is not None
    units = list(itertools.product((_, 0.0, 1.0, 2.0), repeat=len(refs)))
    foreign = {ref for ref in refs if ref.kind not in OWN}
    found = judge([skipped], numbers_of(refs, *units))[:, 0].tolist()
    for unit, meant in zip(units, found, strict=True):
        values = {ref: exact(figure) for ref, figure in zip(refs, unit, strict=True) if figure == figure}
        assert localized(asked, values, foreign, {}) == meant, values


@given(
    st.lists(st.sampled_from([case for case in CASES if "prev" not in case[0]]), min_size=1, max_size=3),
    st.lists(st.none() | st.integers(0, 3), min_size=5, max_size=5),
)
@settings(max_examples=150, deadline=None)
def test_the_smallest_sets_are_those_that_trying_every_figure_finds(
    cases: list[tuple[str, Blanks]], figures: list[int | None]
) -> None:
    asked = [asked_by(rule_of(text, policy)) for text, policy in cases]
    names = [*(Ref("cell", "X", name, "t") for name in "abcd"), Ref("sum", "L", "", "so")]
    known = [Ref("register", "", "grassroots", ""), Ref("year_ago", "X", "a", "t")]
    variables = [Variable(ref, figure, high=4) for ref, figure in zip(names, figures, strict=True)]
    variables += [Variable(ref, 2, fixed=True, own=False) for ref in known]
    constraints = tuple(Constraint(f"e{at}", at, rule) for at, rule in enumerate(asked) if rule is not None)
    system = System(tuple(variables), constraints)
    assert whole_sets(localize(system)) == by_trial(system)


@pytest.mark.parametrize(
    ("text", "figures"),
    [("a + b == c", (1, None, 3)), ("iff(a > 0, b > 0)", (1, None)), ("0.5 <= b / a <= 2", (None, 2))],
)
def test_a_blank_that_counts_as_zero_may_be_the_cell_to_fill(text: str, figures: tuple[int | None, ...]) -> None:
    rule = rule_of(text, "zero")
    asked = asked_by(rule)
    assert asked is not None
    variables = (Variable(ref, figure, high=4) for ref, figure in zip(refs_of(rule), figures, strict=True))
    system = System(tuple(variables), (Constraint("e0", 0, asked),))
    found = whole_sets(localize(system))
    assert found == by_trial(system)
    assert frozenset({Ref("cell", "X", "b", "t")}) in found


# In the live checks of a package.

ROWS = tuple(row(code, measures='["tong"]') for code in ("ca", "a", "b", "c", "d"))
SHOWN = {PASS: MATCHED, FAIL: MISMATCHED, UNKNOWN: UNDECIDED}
RECORDS = 12


def cases_of(folder: Path) -> Forms:
    live = [(text, policy) for text, policy in CASES if "sum(" not in text]
    edits = [
        edit(text, id=f'"T-{i}"', blanks=f'"{policy}"', measures='["tong"]') for i, (text, policy) in enumerate(live)
    ]
    return load(folder, *(form(*ROWS, id=f"X{i:02}", edits=_own(edits, i)) for i in range(RECORDS)))


def _own(edits: Sequence[str], i: int) -> list[str]:
    return [one.replace('"T-', f'"T{i}-') for one in edits]


def test_the_live_check_shows_the_verdict(tmp_path: Path, recalculate: Recalculate) -> None:
    forms, chance = cases_of(tmp_path), Random(7)
    plans = plans_of(tuple(forms))
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet, expected = book.add_worksheet("KIEM_TRA"), []
    for one in forms:
        typed = {code: chance.randint(0, 4) for code in "abcd" if chance.random() < 0.6}
        page = book.add_worksheet(one.id)
        for r, asked in plans[one.id].tables[0].rows:
            page.write_string(r, 0, getattr(asked, "code", ""))
        for code, figure in typed.items():
            page.write_number(*plans[one.id].places[Key(one.id, code, "tong")], figure)
        rules = [rule for rule_edit in one.tables[0].edits for rule in rule_edit.checks]
        refs = tuple(dict.fromkeys(ref for rule in rules for ref in refs_of(rule)))
        constants = {ref: float(chance.randint(0, 4)) for ref in refs if ref.kind != "cell"}
        known = {**{Ref("cell", one.id, code, "tong"): float(figure) for code, figure in typed.items()}, **constants}
        for rule, found in zip(rules, judge(rules, numbers_of(refs, [known.get(r, _) for r in refs]))[0], strict=True):
            at = len(expected)
            expected.append(SHOWN[Verdict(found)])
            sight = Sight(plans, constants)
            sheet.write_formula(at, 0, f"={verdict(sight, rule)}", None, "?")
            if isinstance(rule, Compare):
                for i, helper in enumerate(check_parts(sight, rule), start=2):
                    sheet.write_formula(at, i, helper, None, -1)
                places = [a1(at, i) for i in range(2, 7)]
                sheet.write_formula(at, 1, check_verdict(rule, *places), None, "?")
    book.close()
    [again] = recalculate([tmp_path / "book.xlsx"])
    rows = CalamineWorkbook.from_path(again).get_sheet_by_name("KIEM_TRA").to_python(skip_empty_area=False)
    assert [line[0] for line in rows] == expected
    assert {*expected} == {*SHOWN.values()}
    assert all(line[1] in ("", meant) for line, meant in zip(rows, expected, strict=True))


# What a rule may say.


@pytest.mark.parametrize("text", ["a == b", "a <= b", "a + b == c + d", "a == 800_000 * b", "2 <= a <= 5"])
def test_zero_needs_a_part(text: str) -> None:
    with pytest.raises(RuleError, match="needs a sum of parts"):
        rule_of(text, "zero")


@pytest.mark.parametrize("policy", ["skip", "zero", "require"])
@pytest.mark.parametrize("text", ["unique(L.so)", "L.so in register(children)"])
def test_a_rule_on_a_column_takes_no_policy(text: str, policy: Blanks) -> None:
    with pytest.raises(RuleError, match="takes no blanks"):
        rule_of(text, policy)
