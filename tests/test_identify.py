from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import RECEIVED, UNITS, YEAR, form, ids, load, row, sent

from pipeline.findings import Finding
from pipeline.identify import counting, identify
from pipeline.submission import Submission
from schemas.form import Forms
from schemas.tree import Register

TREE = Register(UNITS).at(RECEIVED.date().replace(month=11))
A, B, C = "inbox/2020/a.xlsx", "inbox/2020/b.xlsx", "inbox/2020/c.xlsx"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(row("ca"), row("nam")))


def status(submissions: list[Submission]) -> dict[str, str]:
    return {submission.file: submission.status for submission in identify(submissions, YEAR, TREE)}


def test_the_latest_received_counts_then_the_path(forms: Forms) -> None:
    one = sent(forms, "U1", {"X01.ca.tong": 1}, file=A, received_at=RECEIVED + timedelta(minutes=1))
    two = sent(forms, "U1", {"X01.ca.tong": 2}, file=B)
    three = sent(forms, "U1", {"X01.ca.tong": 3}, file=C, received_at=RECEIVED + timedelta(minutes=1))
    assert status([two, one]) == {A: "accepted", B: "superseded"}
    assert status([three, two, one]) == {A: "superseded", B: "superseded", C: "accepted"}


def test_what_was_replaced_names_what_replaced_it_and_loses_its_findings(forms: Forms) -> None:
    note = Finding("zero-mark", "info", file=A)
    one = sent(forms, "U1", {"X01.ca.tong": 1}, file=A, findings=(note,))
    two = sent(forms, "U1", {"X01.ca.tong": 2}, file=B, findings=(replace(note, file=B),))
    old, new = identify([one, two], YEAR, TREE)
    assert (old.status, old.reason, old.findings) == ("superseded", B, ())
    assert new == two
    assert counting([old, new]) == [two]


def test_one_without_figures_never_supersedes_one_with(forms: Forms) -> None:
    full = sent(forms, "U1", {"X01.ca.tong": 0}, file=A)
    late = RECEIVED + timedelta(days=1)
    empty = sent(forms, "U1", {}, file=B, received_at=late)
    noted = sent(forms, "U1", {"X01.ca.ghi_chu": "chưa có", "X01.nam.ty_le": 5.0}, file=C, received_at=late)
    assert status([full, empty, noted]) == {A: "accepted", B: "quarantined", C: "quarantined"}
    assert [ids(s.findings) for s in identify([empty, noted], YEAR, TREE)] == [["no-figures"], ["no-figures"]]


def test_a_figure_that_was_refused_is_still_a_figure_sent(forms: Forms) -> None:
    assert status([sent(forms, "U1", {"X01.ca.tong": "khoảng 900"}, file=A)]) == {A: "accepted"}


@pytest.mark.parametrize(
    ("unit", "period", "finding", "value", "expected"),
    [
        ("U1", "2019", "wrong-period", "2019", "2020"),
        ("U9", "2020", "unknown-unit", "U9", "01/11/2020"),
        ("CU", "2020", "unknown-unit", "CU", "01/11/2020"),
    ],
)
def test_what_is_not_of_this_period_or_this_register_is_set_apart(
    forms: Forms, unit: str, period: str, finding: str, value: str, expected: str
) -> None:
    strange = sent(forms, unit, {"X01.ca.tong": 1}, period=period)
    [apart] = identify([strange], YEAR, TREE)
    [found] = apart.findings
    assert (apart.status, apart.reason) == ("quarantined", finding)
    assert (found.id, found.severity, found.value, found.expected) == (finding, "hard", value, expected)
    assert (found.unit, found.file) == (unit, apart.file)
    assert counting([apart]) == []


def test_two_units_do_not_replace_each_other(forms: Forms) -> None:
    pair = [sent(forms, unit, {"X01.ca.tong": 1}) for unit in ("U1", "U2")]
    assert identify(pair, YEAR, TREE) == pair


def test_what_could_not_be_read_belongs_to_the_period_of_its_folder(forms: Forms) -> None:
    unread = sent(forms, "", {}, period="", status="quarantined", reason="damaged")
    named = sent(forms, "U1", {}, period="2019", status="quarantined", reason="damaged")
    assert [s.period for s in identify([unread, named], YEAR, TREE)] == ["2020", "2019"]
