from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import edit, figures_of, form, ids, load, only, row, sent
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.percent import HABITS, Habit, rounded, share
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.verdicts import checks_of
from schemas.form import Forms

PARTS = ("nam", "nu", "khac")
ASKED = ("mot", "hai", "ba")
ROWS = (row("ca", measures='["tong"]'), *map(row, PARTS))
PERCENTS = tuple(row(code, type='"percent"', rollup='"NONE"', measures='["tong"]') for code in ASKED)
EDITS = (
    edit("about(ty_le, tong / ca[tong])", id='"X-20"'),
    edit("about(nam[ty_le] + nu[ty_le] + khac[ty_le], 100)", id='"X-21"', label='"Cộng tỷ lệ"'),
    edit("about(mot[tong] + hai[tong] + ba[tong], 100)", id='"X-22"'),
)


@cache
def standard() -> Forms:
    with TemporaryDirectory() as folder:
        return load(Path(folder), form(*ROWS, *PERCENTS, edits=EDITS))


def findings_of(typed: dict[str, object], forms: Forms | None = None) -> list[Finding]:
    forms = forms or standard()
    submission = sent(forms, "U1", {f"X01.{cell}": value for cell, value in typed.items() if value is not None})
    return reconcile_percentages(checks_of(forms), [submission], figures_of(forms, [submission]), forms)


def found(counts: tuple[int | None, ...], *printed: object) -> list[Finding]:
    """``counts`` are the whole and its parts, ``printed`` what stands beside the parts."""
    typed: dict[str, object] = {f"{code}.tong": n for code, n in zip(("ca", *PARTS), counts, strict=False)}
    return findings_of(typed | {f"{code}.ty_le": shown for code, shown in zip(PARTS, printed, strict=False)})


def asked(*printed: object, **more: object) -> list[Finding]:
    """Percentages that are asked without counts."""
    return findings_of({f"{code}.tong": shown for code, shown in zip(ASKED, printed, strict=False)} | more)


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
    assert ids(found((2918, 2742, 168, 8), "93,97%", "5,76%", 27)) == ["lost-comma"]


def test_a_partition_with_an_unprinted_part_is_not_judged() -> None:
    assert found((300, 100, 200), "33,33%", None) == []
    assert found((300, 100, 150, 50), "33,33%", "50%", None) == []
    assert ids(found((300, 100, 150, None), "33,33%", "50%", None)) == ["X-21"]


def test_what_nobody_says_anything_of_is_not_judged() -> None:
    assert found((300, 100, 100, 100), "33,33%", "x", "33,33%") == []
    assert ids(found((None, 100, 100, 100), "30%", "30%", "30%")) == [], "a formula may have made them of other figures"


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        # How the unit rounds is not known: cut off they miss by less than 0,3, rounded they are above by 0,15 at most.
        (("33,3", "33,3", "33,2"), "percent-sum"),
        (("33,3", "33,2", "33,2"), "X-22"),
        (("33,4", "33,4", "33,3"), "percent-sum"),
        (("33,4", "33,4", "33,4"), "X-22"),
        # Each at its own precision.
        (("33", "33,3", "33,33"), "percent-sum"),
        (("33", "33,3", "33,1"), "percent-sum"),
        (("32", "33,3", "33,33"), "X-22"),
        (("50", "50,0", "0"), ""),
        (("0", "0", "0"), ""),
        (("60", "30", None), ""),
        (("60", "42", None), "X-22"),
        (("60", "30", "-"), "X-22"),
    ],
)
def test_percentages_without_counts_are_held_to_the_interval_of_their_sum(
    printed: tuple[str | None, ...], expected: str
) -> None:
    assert ids(asked(*(shown and shown.replace("-", "không") for shown in printed))) == ([expected] if expected else [])


def test_the_habit_of_a_form_decides_how_far_a_sum_may_be_off() -> None:
    # Three cut off at one decimal may miss 100 by less than 0,3; rounded ones by no more than 0,15.
    cut = {"ca.tong": 3000, "nam.tong": 2000, "nam.ty_le": "66,6%"}
    half = {"ca.tong": 3000, "nam.tong": 2000, "nam.ty_le": "66,7%"}
    thirds = ("33,3", "33,3", "33,2")
    assert ids(asked(*thirds, **cut)) == ["percent-truncated", "percent-sum"]
    assert ids(asked(*thirds, **half)) == ["X-22"]
    # What is cut off is never above.
    over = ("33,4", "33,4", "33,3")
    assert ids(asked(*over, **cut)) == ["percent-truncated", "X-22"]
    assert ids(asked(*over, **half)) == ["percent-sum"]


def test_the_ends_of_an_interval_belong_to_it_as_ties_are_rounded() -> None:
    # 33,25 and 66,75 are printed 33,3 and 66,8 half up: a tie makes a sum too great, and never too small.
    half_up = {"ca.tong": 8, "nam.tong": 1, "nam.ty_le": "13%"}
    assert ids(asked("33,3", "66,8", "không", **half_up)) == ["percent-sum"]
    assert ids(asked("33,3", "66,6", "không", **half_up)) == ["X-22"]
    # Half to even 33,25 is 33,2 and 66,75 is 66,8; two even numbers may be off to either side, an odd one to none.
    to_even = {"ca.tong": 8, "nam.tong": 1, "nam.ty_le": "12%", "nu.tong": 7, "nu.ty_le": "88%"}
    assert asked(**to_even) == []
    assert ids(asked("33,2", "66,7", "không", **to_even)) == ["X-22"]
    assert ids(asked("33,2", "66,9", "không", **to_even)) == ["X-22"]


def test_counts_that_do_not_make_the_whole_show_in_the_percentages() -> None:
    assert ids(found((1000, 333, 333, 331), "33,3%", "33,3%", "33,1%")) == ["X-21"]


def test_several_percentages_are_held_to_one_share(tmp_path: Path) -> None:
    rule = edit("about(mot[tong] + hai[tong], nam[tong] / ca[tong])", id='"X-23"')
    forms = load(tmp_path, form(*ROWS, *PERCENTS, edits=(rule,)))
    counts: dict[str, object] = {"ca.tong": 1000, "nam.tong": 333}
    for typed in (("20", "13"), ("20,0", "13,2"), ("20,0", "13,3")):
        assert findings_of({**counts, "mot.tong": typed[0], "hai.tong": typed[1]}, forms) == []
    [wrong] = findings_of({**counts, "mot.tong": "20", "hai.tong": "15"}, forms)
    assert (wrong.id, wrong.value, wrong.expected) == ("X-23", "20 + 15 = 35", "33,3")
    assert "ghi 20 + 15 = 35 %, tính từ số liệu là 33,3 %" in message(wrong)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 3000), min_size=3, max_size=3).filter(any),
    st.lists(st.tuples(st.sampled_from((0, 1, 2)), st.sampled_from(HABITS)), min_size=3, max_size=3),
)
def test_a_partition_that_is_one_is_never_at_fault_however_it_is_rounded(
    counts: list[int], habits: list[tuple[int, Habit]]
) -> None:
    typed = [
        f"{float(rounded(share(count, sum(counts)), places, habit).exact):.{places}f}".replace(".", ",") + "%"
        for count, (places, habit) in zip(counts, habits, strict=True)
    ]
    assert {f.severity for f in found((sum(counts), *counts), *typed)} <= {"info"}
