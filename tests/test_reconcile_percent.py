from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from builders import edit, figures_of, form, ids, key, load, only, row, sent
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.percent import half_up
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.submission import Submission
from pipeline.verdicts import checks_of
from schemas.form import Forms

PARTS = ("nam", "nu", "khac")
ROWS = (row("ca", measures='["tong"]'), *map(row, PARTS))
EDITS = (
    edit("about(ty_le, tong / ca[tong])", id='"X-20"', label='"Tỷ lệ đúng"'),
    edit("about(nam[ty_le] + nu[ty_le] + khac[ty_le], 100)", id='"X-21"', label='"Cộng tỷ lệ"'),
)


@cache
def standard() -> Forms:
    with TemporaryDirectory() as folder:
        return load(Path(folder), form(*ROWS, edits=EDITS))


def found(counts: tuple[int | None, ...], *printed: object, forms: Forms | None = None) -> list[Finding]:
    """``counts`` are the whole and its parts, ``printed`` what stands beside the parts."""
    asked = forms or standard()
    typed: dict[str, object] = {
        f"X01.{code}.tong": n for code, n in zip(("ca", *PARTS), counts, strict=False) if n is not None
    }
    typed |= {f"X01.{code}.ty_le": shown for code, shown in zip(PARTS, printed, strict=False) if shown is not None}
    return findings_of(asked, sent(asked, "U1", typed))


def findings_of(forms: Forms, submission: Submission) -> list[Finding]:
    return reconcile_percentages(checks_of(forms), [submission], figures_of(forms, [submission]), forms)


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
        (6667.0, "lost-comma", "6.667", "66,67"),
        ("667%", "lost-comma", "667%", "66,67"),
        (6666.0, "lost-comma", "6.666", "66,67"),
        (66667.0, "X-20", "66.667", "66,67"),
        ("6667,0", "X-20", "6667,0", "66,67"),
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
        assert one.severity == ("hard" if one.id in ("X-20", "lost-comma") else "info")
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


@pytest.mark.parametrize(
    ("count", "printed", "meant"),
    [(8, 27.0, "0,27"), (80, 27.0, "2,74"), (8, "28%", None), (8, "27,0%", None), (800, 27.0, None), (6, 2.0, "0,21")],
)
def test_a_lost_comma_is_known_where_one_place_for_it_explains_the_digits(
    count: int, printed: object, meant: str | None
) -> None:
    findings = found((2918, count), printed)
    if meant is None:
        assert "lost-comma" not in ids(findings)
        return
    [finding] = findings
    assert (finding.id, finding.severity, finding.expected) == ("lost-comma", "hard", meant)
    assert finding.cells == ("F10",), "the counts are right"
    assert f"thiếu dấu phẩy thập phân; tính từ số liệu là {meant} %" in message(finding)


def test_a_lost_comma_is_as_grave_as_the_edit_that_it_breaks(tmp_path: Path) -> None:
    doubt = edit("about(ty_le, tong / ca[tong])", id='"X-20"', severity='"soft"')
    soft = load(tmp_path, form(*ROWS, edits=(doubt,)))
    finding = only(found((2918, 8), 27.0, forms=soft), "lost-comma")
    assert finding.severity == "soft"


def test_what_people_decided_is_held_as_they_wrote_it(tmp_path: Path) -> None:
    rows = (*ROWS, row("ty", type='"percent"', rollup='"NONE"'))
    asked = load(tmp_path, form(*rows, edits=(edit("about(ty[tong], nam[tong] / ca[tong])"),)))
    for value, expected in ((66.7, []), (67.0, []), (66.6, ["percent-truncated"]), (65.0, ["X-1"])):
        submission = sent(asked, "U1", {"X01.ca.tong": 3, "X01.nam.tong": 2, "X01.ty.tong": "12%"})
        place = key("X01.ty.tong")
        decided = submission.entries[place]._replace(value=value, text="", decimals=None, decision=2)
        submission = replace(submission, entries=submission.entries.changed({place: decided}))
        assert ids(findings_of(asked, submission)) == expected
