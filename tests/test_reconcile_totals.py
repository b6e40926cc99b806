from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import TARGETS, figures_of, form, ids, key, load, only, row, sent, target

from pipeline.figures import completed, number_cells, reported
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.reconcile_totals import reconcile_totals
from schemas.form import Forms

ROWS = (row("ct", derived='"ct_a + ct_b"'), row("ct_a"), row("ct_b"), row("khac"))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(*ROWS, measures=TARGETS))


def found(
    forms: Forms, typed: Mapping[str, object], given: float | None = None, *, op: str = "=", code: str = "khac"
) -> list[Finding]:
    submission = sent(forms, "U1", {f"X01.{cell}": value for cell, value in typed.items()})
    targets = {} if given is None else {code: target("U1", code, given, op)}
    figures = figures_of(forms, [submission], {("U1", key(f"X01.{c}.giao")): t.value for c, t in targets.items()})
    return reconcile_totals([submission], figures, forms, {"U1": targets})


def test_a_blank_total_is_worked_out_and_noted(forms: Forms) -> None:
    [finding] = found(forms, {"ct_a.thuc_hien": 17, "ct_b.thuc_hien": 3})
    assert (finding.id, finding.severity, finding.value, finding.expected) == ("derived-blank", "info", "", "20")
    assert (finding.cells, finding.indicator) == (("F9",), "ct")
    assert "17 + 3 = 20" in message(finding)


def test_many_blank_totals_of_a_form_are_one_note(tmp_path: Path) -> None:
    parts = [row(f"p{i}") for i in range(5)]
    totals = [row(f"t{i}", derived=f'"p{i} + p{(i + 1) % 5}"') for i in range(5)]
    many = load(tmp_path, form(*parts, *totals, measures=TARGETS))
    submission = sent(many, "U1", {f"X01.p{i}.thuc_hien": i + 1 for i in range(5)})
    [finding] = reconcile_totals([submission], figures_of(many, [submission]), many, {})
    assert (finding.id, finding.severity, len(finding.cells)) == ("derived-blank", "info", 5)
    assert "5 dòng tổng của biểu X01 để trống" in message(finding)


def test_a_total_that_is_the_sum_says_nothing(forms: Forms) -> None:
    assert found(forms, {"ct.thuc_hien": 20, "ct_a.thuc_hien": 17, "ct_b.thuc_hien": 3}) == []
    assert found(forms, {"ct.thuc_hien": 17, "ct_a.thuc_hien": 17}) == [], "a blank part is none"
    assert found(forms, {}) == []


def test_a_total_that_is_not_the_sum_is_wrong(forms: Forms) -> None:
    [finding] = found(forms, {"ct.thuc_hien": 21, "ct_a.thuc_hien": 17, "ct_b.thuc_hien": 3})
    assert (finding.id, finding.severity, finding.value, finding.expected) == ("derived-differs", "hard", "21", "20")
    [spoken] = found(forms, {"ct.thuc_hien": "khoảng 20", "ct_a.thuc_hien": 17, "ct_b.thuc_hien": 3})
    assert (spoken.id, spoken.value, spoken.expected) == ("derived-differs", "khoảng 20", "20")


def test_a_total_alone_is_not_counted(forms: Forms) -> None:
    [finding] = found(forms, {"ct.thuc_hien": 20})
    assert (finding.id, finding.severity, finding.value) == ("derived-alone", "hard", "20")
    assert found(forms, {"ct.thuc_hien": 0}) == [], "a formula over blanks shows nothing or 0"


def test_another_number_in_the_targets_place_is_noted_and_the_target_counts(forms: Forms) -> None:
    finding = only(found(forms, {"khac.giao": 30}, 25), "target-typed")
    assert (finding.severity, finding.value, finding.expected, finding.cells) == ("info", "30", "25", ("E12",))
    assert "Số 01/QĐ" in message(finding)
    assert found(forms, {"khac.giao": 25}, 25) == []


def test_something_done_against_a_target_of_zero_is_doubtful(forms: Forms) -> None:
    finding = only(found(forms, {"khac.thuc_hien": 29}, 0), "target-zero")
    assert (finding.severity, finding.value, finding.cells) == ("soft", "29", ("F12",))
    assert found(forms, {"khac.thuc_hien": 0}, 0) == []
    assert found(forms, {}, 0) == []


@pytest.mark.parametrize(
    ("said", "actual", "given", "op", "right"),
    [
        ("Đạt", 20, 25, "=", "Không đạt"),
        ("Vượt", 20, 25, "=", "Không đạt"),
        ("chưa đạt", 25, 25, "=", "Đạt"),
        ("KHÔNG ĐẠT", 30, 25, "=", "Vượt"),
        ("Không đạt", 98.5, 98, ">=", "Đạt"),
    ],
)
def test_a_verdict_that_contradicts_the_figures_is_wrong(
    forms: Forms, said: str, actual: float, given: float, op: str, right: str
) -> None:
    finding = only(found(forms, {"khac.thuc_hien": actual, "khac.danh_gia": said}, given, op=op), "verdict-differs")
    assert (finding.severity, finding.value, finding.expected, finding.cells) == ("hard", said, right, ("H12",))


@pytest.mark.parametrize(
    ("said", "actual", "given", "op"),
    [
        ("Vượt", 30, 25, "="),
        ("Đạt", 30, 25, "="),
        ("đạt chỉ tiêu", 98.5, 98, ">="),
        ("Không đạt", 20, 25, "="),
        ("đang thực hiện", 20, 25, "="),
        ("Không giao", 20, 0, "="),
        ("Đạt", None, 25, "="),
    ],
)
def test_a_verdict_that_does_not_contradict_them_says_nothing(
    forms: Forms, said: str, actual: float | None, given: float, op: str
) -> None:
    typed = {"khac.danh_gia": said} | ({} if actual is None else {"khac.thuc_hien": actual})
    assert "verdict-differs" not in ids(found(forms, typed, given, op=op))


def test_a_verdict_without_a_target_is_left_alone(forms: Forms) -> None:
    assert found(forms, {"khac.danh_gia": "Đạt", "khac.thuc_hien": 1}) == []


def test_a_target_typed_where_none_is_in_force_is_noted(forms: Forms) -> None:
    finding = only(found(forms, {"khac.giao": 30}), "target-not-given")
    assert (finding.severity, finding.value, finding.cells) == ("info", "30", ("E12",))


def test_a_total_with_a_refused_part_is_missing_and_left_to_the_part_s_finding(forms: Forms) -> None:
    typed = {"ct.thuc_hien": 3, "ct_a.thuc_hien": "khoảng 17", "ct_b.thuc_hien": 3}
    submission = sent(forms, "U1", {f"X01.{cell}": value for cell, value in typed.items()})
    figures = completed(
        reported([submission], ["U1"], number_cells(forms)),
        number_cells(forms),
        {},
        [("U1", key("X01.ct_a.thuc_hien"))],
    )
    assert figures.of("U1", key("X01.ct.thuc_hien")) is None
    assert reconcile_totals([submission], figures, forms, {}) == []
