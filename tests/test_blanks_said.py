"""What a unit is told of blanks by the policy of an edit, what a form file may say, and whom an edit is asked of."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import edit, form, load, row, sent

from pipeline.figures import certain, completed, number_cells, reported
from pipeline.messages import message
from pipeline.reconcile import judge_all, reconcile
from pipeline.verdicts import checks_of
from schemas.errors import DefinitionError
from schemas.form import Forms

ROWS = tuple(row(code, measures='["tong"]') for code in ("ca", "a", "b", "c", "d"))


def told(forms: Forms, unit: str = "U1", level: str = "upper", **figures: object) -> list[str]:
    """The findings of a return with these figures, as they read."""
    returns = [sent(forms, unit, {f"X01.{code}.tong": figure for code, figure in figures.items()})]
    cells = number_cells(forms)
    plain = reported(returns, [unit], cells)
    asked = {unit: [key for key, cell in forms.cells.items() if level in cell.levels]}
    judged = judge_all(checks_of(forms), certain(completed(plain, cells, {}), cells), {}, asked, {unit: level})
    return [message(finding, "vi") for finding in reconcile(judged, returns, forms)]


def test_a_missing_number_that_is_required_is_named_with_its_cell(tmp_path: Path) -> None:
    forms = load(tmp_path, form(*ROWS, edits=(edit("a + b == c", blanks='"require"', measures='["tong"]'),)))
    [said] = told(forms, a=3, c=7)
    assert "Nhãn: thiếu " in said
    assert "Dòng b, Tổng số. Điền các ô này; nếu không có thì ghi 0. [X-1]" in said
    [said] = told(forms)
    assert said.count("Dòng") == 3
    [said] = told(forms, a=3, b=3, c=7)
    assert "3 + 3 = 6, khác 7 (lệch 1)" in said
    assert told(forms, a=3, b=4, c=7) == []


def test_a_cell_of_another_level_is_not_required(tmp_path: Path) -> None:
    rows = (*ROWS[:3], row("c", measures='["tong"]', levels='["upper"]'))
    forms = load(tmp_path, form(*rows, edits=(edit("a + b == c", blanks='"require"', measures='["tong"]'),)))
    assert len(told(forms, a=3, b=4)) == 1
    assert told(forms, "G11", "grassroots", a=3, b=4) == []


def test_a_blank_that_counts_as_zero_is_shown_as_zero_and_noted_where_the_rule_holds(tmp_path: Path) -> None:
    forms = load(tmp_path, form(*ROWS, edits=(edit("a + b == c", blanks='"zero"', measures='["tong"]'),)))
    [said] = told(forms, a=3, c=7)
    assert "3 + 0 = 3, khác 7 (lệch 4)" in said
    [said] = told(forms, a=7, c=7)
    assert said.endswith("[implied-zero]")
    assert told(forms, a=3, b=4) == []
    forms = load(tmp_path, form(*ROWS, edits=(edit("a + b <= c", blanks='"zero"', measures='["tong"]'),)))
    assert told(forms, a=3, c=7) == []


def test_of_what_is_skipped_nothing_is_said(tmp_path: Path) -> None:
    forms = load(tmp_path, form(*ROWS, edits=(edit("a + b == c", blanks='"skip"', measures='["tong"]'),)))
    assert told(forms, a=8, c=7) == told(forms, a=7, c=7) == told(forms, a=3, c=7) == []
    assert len(told(forms, a=8, b=0, c=7)) == 1


def test_an_edit_is_asked_of_its_levels_only(tmp_path: Path) -> None:
    asked = edit("a == b", levels='["upper"]', measures='["tong"]')
    forms = load(tmp_path, form(*ROWS, edits=(asked, edit("c + d == ca", id='"X-2"', levels='["province"]'))))
    assert len(told(forms, a=1, b=2)) == 1
    assert told(forms, "G11", "grassroots", a=1, b=2, ca=5, c=5) == []
    [said] = told(forms, "P", "province", a=1, b=2, ca=5, c=5)
    assert said.endswith("[implied-zero]")


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        (edit("a + b == c", blanks='"skp"'), 'blanks "skp" does not exist; did you mean "skip"?'),
        (edit("a + b == c", blanks='"null"'), 'blanks "null" does not exist'),
        (edit("a == b", blanks='"zero"'), 'blanks = "zero" needs a sum of parts against one whole'),
        (edit("a == 800_000 * b", blanks='"zero"'), 'blanks = "zero" needs a sum of parts against one whole'),
        (edit("about(ty_le, tong / ca[tong])", blanks='"skip"'), "takes no blanks"),
        (edit("about(ty_le, tong / ca[tong])", levels='["upper"]'), "an about rule takes no levels"),
        (edit("a <= b", levels='["uper"]'), 'levels "uper" does not exist; did you mean "upper"?'),
        (edit("a <= b", levels="[]"), "needs levels = […]"),
    ],
)
def test_a_policy_or_level_that_means_nothing_is_a_fault_of_the_form(tmp_path: Path, written: str, fault: str) -> None:
    rows = (row("ca"), row("a"), row("b"), row("c"))
    with pytest.raises(DefinitionError) as caught:
        load(tmp_path, form(*rows, edits=(written,)))
    assert any(f"bảng X01, edit X-1: {fault}" in one.en or fault in one.en for one in caught.value.faults)
    assert all(one.vi for one in caught.value.faults)
