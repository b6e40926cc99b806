from __future__ import annotations

from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import edit, figures_of, form, ids, load, only, row, sent
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.percent import half_up
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.verdicts import checks_of
from schemas.form import Forms

PARTS = ("nam", "nu", "khac")
ROWS = (row("ca", measures='["tong"]'), *map(row, PARTS))
EDITS = (
    edit("about(ty_le, tong / ca[tong])", id='"X-20"', label='"Tỷ lệ đúng"'),
    edit("about(nam[ty_le] + nu[ty_le] + khac[ty_le], 100)", id='"X-21"', label='"Cộng tỷ lệ"'),
)


@cache
def forms() -> Forms:
    with TemporaryDirectory() as folder:
        return load(
            Path(folder), form(*ROWS, edits=EDITS), form(*ROWS, id="X02", edits=(EDITS[0].replace("X-20", "Y-20"),))
        )


def found(counts: tuple[int | None, ...], *printed: object, form: str = "X01") -> list[Finding]:
    """``counts`` are the whole and its parts, ``printed`` what stands beside the parts."""
    typed = {f"{form}.{code}.tong": n for code, n in zip(("ca", *PARTS), counts, strict=False) if n is not None}
    typed |= {f"{form}.{code}.ty_le": shown for code, shown in zip(PARTS, printed, strict=False) if shown is not None}
    submission = sent(forms(), "U1", typed)
    return reconcile_percentages(checks_of(forms()), [submission], figures_of(forms(), [submission]), forms())


@pytest.mark.parametrize(
    ("printed", "finding", "value", "expected"),
    [
        ("66,67%", None, "", ""),
        (66.67, None, "", ""),
        (66.7, None, "", ""),
        ("66,66%", "percent-truncated", "66,66", "66,67"),
        ("66,6", "percent-truncated", "66,6", "66,7"),
        ("66 %", "percent-truncated", "66", "67"),
        (0.6667, "percent-as-fraction", "0,6667", "66,67"),
        ("67,66%", "X-20", "67,66%", "66,67"),
        (6667.0, "X-20", "6.667", "66,67"),
        (-66.67, "X-20", "-66,67", "66,67"),
    ],
)
def test_a_printed_percentage_is_held_against_the_counts_as_it_was_printed(
    printed: object, finding: str | None, value: str, expected: str
) -> None:
    findings = found((3000, None, 2000), None, printed)
    assert ids(findings) == ([finding] if finding else [])
    for one in findings:
        assert (one.value, one.expected) == (value, expected)
        assert one.severity == ("hard" if one.id == "X-20" else "info")
        assert (one.unit, one.sheet, one.cells[0], one.indicator, one.measure) == ("U1", "X01", "F11", "nu", "ty_le")


def test_rounding_upward_is_noted() -> None:
    finding = only(found((3000, 1000), "33,34%"), "percent-upward")
    assert (finding.severity, finding.value, finding.expected) == ("info", "33,34", "33,33")


def test_a_wrong_percentage_names_its_cells_and_what_it_should_be() -> None:
    finding = only(found((3000, 1000), "34,33%"), "X-20")
    assert finding.cells == ("F10", "E10", "E9")
    assert "Tỷ lệ đúng (Dòng nam): ghi 34,33 %, tính từ số liệu là 33,33 %" in message(finding)


def test_a_lost_comma_is_given_back_by_the_counts() -> None:
    finding = only(found((2918, None, None, 8), None, None, "027%"), "lost-comma")
    assert (finding.severity, finding.value, finding.expected) == ("hard", "027%", "0,27")
    assert finding.cells == ("F12",)
    assert "là 0,27 %" in message(finding)
    guessed = only(found((None, None, None, 8), None, None, "027%"), "lost-comma")
    assert guessed.expected == "0,27 / 27"


def test_two_habits_in_one_form_are_noted_once_and_name_both() -> None:
    findings = found((3000, 1000, 2000), "33,3%", "66,6%")
    assert "percent-mixed" not in ids(findings), "33,3 may be either"
    mixed = only(found((3000, 2000, 500, 500), "66,67%", "16,66%", "16,66%"), "percent-mixed")
    assert mixed.cells == ("F10", "F11", "F12")
    assert mixed.params == {"truncated": "16,66 (F11), 16,66 (F12)", "rounded": "66,67 (F10)"}


def test_habits_of_two_forms_do_not_mix() -> None:
    typed = {"X01.ca.tong": 3, "X01.nam.tong": 2, "X01.nam.ty_le": "66,67%"}
    other = {cell.replace("X01", "X02"): value for cell, value in typed.items()} | {"X02.nam.ty_le": "66,66%"}
    submission = sent(forms(), "U1", typed | other)
    findings = reconcile_percentages(checks_of(forms()), [submission], figures_of(forms(), [submission]), forms())
    assert [(f.id, f.form) for f in findings] == [("percent-truncated", "X02")]


def test_a_partition_off_by_rounding_is_a_note() -> None:
    note = only(found((3, 1, 1, 1), "33,33%", "33,33%", "33,33%"), "percent-sum")
    assert (note.severity, note.value, note.expected) == ("info", "33,33 + 33,33 + 33,33 = 99,99", "100")
    assert note.cells == ("F10", "F11", "F12")
    assert found((4, 1, 1, 2), "25%", "25%", "50%") == []


def test_a_partition_off_by_more_than_rounding_is_wrong() -> None:
    [finding] = found((300, 100, 150, 0), "33,33%", "50%", "0%")
    assert (finding.id, finding.severity, finding.value) == ("X-21", "hard", "33,33 + 50 + 0 = 83,33")
    assert "không phải 100" in message(finding)


def test_a_wrong_or_unreadable_percentage_does_not_spoil_the_partition() -> None:
    assert ids(found((300, 100, 200, 0), "35,33%", "66,67%", "0%")) == ["X-20"]
    assert ids(found((2918, 2742, 168, 8), "93,97%", "5,76%", "027%")) == ["lost-comma"]


def test_a_partition_with_an_unprinted_part_is_not_judged() -> None:
    assert found((300, 100, 200), "33,33%", None) == []
    assert found((300, 100, 150, 50), "33,33%", "50%", None) == []
    assert ids(found((300, 100, 150, None), "33,33%", "50%", None)) == ["X-21"]


def test_without_part_or_whole_nothing_is_said() -> None:
    assert found((None, 1000), "12%") == []
    assert found((3000, None), "12%") == []
    assert found((0, 0), "12%") == []


@settings(deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=3, max_size=3))
def test_what_the_templates_formula_shows_never_raises_anything(parts: list[int]) -> None:
    whole = sum(parts)
    shares = [float(half_up(Fraction(100 * part, whole), 2)) if whole else None for part in parts]
    assert found((whole, *parts), *shares) == []


@settings(deadline=None)
@given(st.integers(1, 5000), st.lists(st.integers(0, 5000), min_size=3, max_size=3))
def test_a_formula_is_right_though_the_counts_are_wrong(whole: int, parts: list[int]) -> None:
    shares = [float(half_up(Fraction(100 * part, whole), 2)) for part in parts]
    assert found((whole, *parts), *shares) == []


@settings(deadline=None)
@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 4))
def test_both_habits_agree_at_any_precision(whole: int, part: int, places: int) -> None:
    exact = Fraction(100 * part, whole)
    rounded = half_up(exact, places)
    cut = Fraction(exact.numerator * 10**places // exact.denominator, 10**places)
    for shown in (rounded, cut):
        printed = f"{float(shown):.{places}f}".replace(".", ",") + "%"
        # Three digits after the comma may be thousands, and a leading zero a lost comma: the reader's matter.
        findings = [f for f in found((whole, part), printed) if f.severity == "hard" and f.id.startswith("X-")]
        assert findings == [], printed


def test_a_partition_may_be_off_by_one_unit_of_the_last_place_for_each() -> None:
    # Three of one decimal: 99,7 still is rounding, 99,6 is not.
    assert ids(found((1000, 333, 333, 331), "33,3%", "33,3%", "33,1%")) == ["percent-sum"]
    assert ids(found((1000, 333, 333, 330), "33,3%", "33,3%", "33,0%")) == ["X-21"]
