from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import edit, figures_of, form, ids, load, only, row, sent
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.findings import Finding
from pipeline.messages import Shown, message
from pipeline.percent import HABITS, Habit, half_up, rounded, share
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.verdicts import checks_of
from schemas.form import Forms

PARTS = tuple(f"p{i}" for i in range(1, 9))
ROWS = (row("ca", measures='["tong"]'), *map(row, PARTS))
ABOUT = edit("about(ty_le, tong / ca[tong])", id='"X-20"')
Typed = tuple[int, object]


@cache
def forms() -> Forms:
    with TemporaryDirectory() as folder:
        other = ABOUT.replace("X-20", "Y-20")
        return load(Path(folder), form(*ROWS, edits=(ABOUT,)), form(*ROWS, id="X02", edits=(other,)))


def found(whole: int, *typed: Typed, **others: tuple[Typed, ...]) -> list[Finding]:
    """What is said of a return with these counts and percentages in its first form, and those in ``others``."""
    cells: dict[str, object] = {}
    for name, pairs in {"X01": typed, **others}.items():
        cells[f"{name}.ca.tong"] = whole
        for part, (part_count, shown) in zip(PARTS, pairs, strict=False):
            cells |= {f"{name}.{part}.tong": part_count, f"{name}.{part}.ty_le": shown}
    submission = sent(forms(), "U1", cells)
    return reconcile_percentages(checks_of(forms()), [submission], figures_of(forms(), [submission]), forms())


def as_typed(part: int, whole: int, places: int, habit: Habit) -> str:
    digits = rounded(share(part, whole), places, habit)
    return f"{float(digits.exact):.{places}f}".replace(".", ",") + "%"


def test_a_unit_that_rounds_is_not_spoken_of() -> None:
    assert found(3000, (1000, "33,3%"), (2000, "66,67%"), (500, "17%")) == []


def test_a_unit_that_cuts_off_is_told_so_once() -> None:
    [note] = found(3000, (2000, "66,66%"), (500, "16,6%"), (1000, "33%"), (1999, "66%"))
    assert (note.id, note.severity, note.form, note.cells) == (
        "percent-truncated",
        "info",
        "X01",
        ("F10", "F11", "F13"),
    )
    assert (note.value, note.expected) == ("66,66; 16,6; 66", "66,67; 16,7; 67")
    assert "66,66; 16,6; 66 %: cắt bớt chữ số, không làm tròn (làm tròn là 66,67; 16,7; 67 %)" in message(note)


def test_one_cut_off_among_rounded_ones_is_named_alone() -> None:
    [note] = found(3000, (2000, "66,67%"), (500, "16,66%"), (1001, "33,37%"))
    assert (note.id, note.cells, note.value, note.expected) == ("percent-truncated", ("F11",), "16,66", "16,67")
    assert "trong khi các tỷ lệ khác của biểu được làm tròn" in message(note)
    assert "while the other percentages of the form are rounded" in message(note, "en")


def test_one_rounded_among_those_cut_off_is_named_beside_them() -> None:
    findings = found(3000, (2000, "66,67%"), (500, "16,66%"), (2500, "83,33%"), (1001, "33,36%"))
    mixed = only(findings, "percent-mixed")
    assert (mixed.severity, mixed.cells, mixed.value) == ("info", ("F10",), "66,67")
    assert "16,66 (F11), 33,36 (F13) chỉ đúng khi cắt bớt, 66,67 (F10) chỉ đúng khi làm tròn" in message(mixed)
    assert only(findings, "percent-truncated").cells == ("F11", "F13")
    assert len(findings) == 2


def test_of_two_habits_as_likely_the_usual_one_is_taken() -> None:
    [note] = found(3000, (2000, "66,67%"), (500, "16,66%"))
    assert (note.id, note.cells) == ("percent-truncated", ("F11",))


def test_half_to_even_is_a_habit_like_another() -> None:
    # 12,5 and 62,5 go down to an even number, 37,5 up to one.
    assert found(8, (1, "12%"), (3, "38%"), (5, "62%")) == []
    assert ids(found(8, (1, "12%"), (3, "38%"), (5, "63%"), (7, "88%"))) == ["percent-truncated"]
    [mixed] = found(8, (1, "12%"), (3, "38%"), (5, "62%"), (1, "13%"))
    assert (mixed.id, mixed.value) == ("percent-mixed", "13")
    assert "12 (F10), 62 (F12) chỉ đúng khi làm tròn 5 về số chẵn, 13 (F13) chỉ đúng khi làm tròn thường" in message(
        mixed
    )


def test_a_tie_that_halves_to_even_explain_is_not_called_cut_off() -> None:
    assert found(80, (122, "152%")) == []


def test_rounding_upward_is_noted_once_and_is_no_habit() -> None:
    findings = found(3000, (1000, "33,34%"), (2000, "66,67%"), (500, "16,67%"), (1001, "34%"))
    note = only(findings, "percent-upward")
    assert (note.cells, note.value, note.expected) == (("F10", "F13"), "33,34; 34", "33,33; 33")
    assert len(findings) == 1


def test_what_is_wrong_says_nothing_of_a_habit() -> None:
    assert ids(found(3000, (2000, "67,66%"), (500, "16,66%"), (1001, "33,36%"))) == ["X-20", "percent-truncated"]


def test_what_the_templates_formula_shows_says_nothing_of_a_habit() -> None:
    # 66.67 and 16.67 as numbers are what the formula shows; only the typed one tells how the unit rounds.
    [note] = found(3000, (2000, 66.67), (500, 16.67), (1001, "33,36%"))
    assert (note.id, note.say) == ("percent-truncated", "")


def test_habits_of_two_forms_do_not_mix() -> None:
    findings = found(3, (2, "66,67%"), X02=((2, "66,66%"),))
    assert [(f.id, f.form, f.say) for f in findings] == [("percent-truncated", "X02", "")]


HEALTH_2020: tuple[Typed, ...] = (
    (2742, "93,96%"),
    (168, "5,75%"),
    (124, "4,25%"),
    (1016, "34,81%"),
    (221, "7,57%"),
    (1368, "46,88%"),
    (189, "6,47%"),
)
CLINIC_2024: tuple[Typed, ...] = (
    (120, "39,1%"),
    (187, "60,9%"),
    (18, "5,9 %"),
    (140, "45,6%"),
    (49, "16%"),
    (2, "0,65 %"),
    (40, "13%"),
    (306, "99,6%"),
)


@pytest.mark.parametrize(
    ("whole", "printed", "expected"),
    [
        (2918, HEALTH_2020, {"percent-truncated": "93,96; 5,75; 34,81; 6,47", "percent-mixed": "4,25"}),
        (307, CLINIC_2024, {"percent-truncated": "99,6"}),
        (307, CLINIC_2024[:-1], {}),
    ],
)
def test_what_is_said_of_the_real_reports(whole: int, printed: tuple[Typed, ...], expected: dict[str, str]) -> None:
    assert {f.id: f.value for f in found(whole, *printed)} == expected


@settings(deadline=None)
@given(
    st.integers(1, 3000),
    st.lists(st.tuples(st.integers(0, 3000), st.sampled_from((0, 1, 2))), min_size=1, max_size=8),
    st.sampled_from(HABITS),
)
def test_a_unit_with_one_habit_is_never_at_fault(whole: int, parts: list[tuple[int, int]], habit: Habit) -> None:
    typed = [(part, as_typed(part, whole, places, habit)) for part, places in parts]
    findings = found(whole, *typed)
    assert len(findings) <= 1
    for note in findings:
        assert (note.id, habit) == ("percent-truncated", "truncated")
        exact = [(share(part, whole), places) for part, places in _of(note, parts)]
        assert isinstance(note.expected, Shown)
        assert note.expected.plain.split("; ") == [str(half_up(one, places)) for one, places in exact]


def _of(note: Finding, parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [parts[int(cell[1:]) - 10] for cell in note.cells]
