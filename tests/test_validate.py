from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from builders import UNITS, form, ids, key, load, only, row, sent
from pandera.pandas import DataFrameSchema

from pipeline.figures import number_cells, reported
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.submission import Submission
from pipeline.validate import validate
from schemas.form import Forms
from schemas.tree import Register

MEASURES = 'measures = [{ code = "tong", label = "Tổng số", en = "Total", type = "count" }]'
TREE = Register(UNITS).at(UNITS[-1].valid_to or UNITS[-1].valid_from)
ROWS = (
    row("ca"),
    row("nam", required="false"),
    row("tien", type='"money"'),
    row("tb", type='"average"', rollup='"NONE"'),
    row("so", rollup='"REG"', register='"grassroots"', levels='["upper", "province"]'),
)
CLEAN = {"X01.ca.tong": 12, "X01.tien.tong": 1_384_359_500, "X01.tb.tong": 4.5, "X01.so.tong": 3}


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(*ROWS), form(row("noi"), id="X02", measures=MEASURES))


def checked(
    forms: Forms, *submissions: Submission, only_form: str = "X01"
) -> tuple[Sequence[Submission], Sequence[Finding]]:
    owed = {submission.unit: (forms.by_id[only_form],) for submission in submissions}
    return validate(submissions, forms, TREE, owed)


def test_clean_figures_have_no_findings_and_stay_as_they_are(forms: Forms) -> None:
    pair = [sent(forms, unit, CLEAN) for unit in ("U1", "U2")]
    assert checked(forms, *pair) == (pair, [])


@pytest.mark.parametrize(
    ("cell", "typed", "finding", "value", "expected"),
    [
        ("X01.ca.tong", -4, "negative", "-4", "4"),
        ("X01.nam.tong", 1.5678, "not-integer", "1,5678", ""),
        ("X01.ca.tong", 2.43, "thousands-lost", "2,43", "2.430"),
        ("X01.tien.tong", 1e16, "too-large-number", "10.000.000.000.000.000", ""),
        ("X01.tb.tong", -0.5, "negative", "-0,5", "0,5"),
        ("X01.so.tong", -2.5, "negative", "-2,5", "2,5"),
    ],
)
def test_a_figure_its_column_does_not_admit_is_refused_at_its_cell(
    forms: Forms, cell: str, typed: float, finding: str, value: str, expected: str
) -> None:
    clean, wrong = sent(forms, "U1", CLEAN), sent(forms, "U2", CLEAN | {cell: typed})
    (kept, refused), findings = checked(forms, clean, wrong)
    assert kept == clean
    [found] = findings
    assert (found.id, found.severity, found.value, found.expected) == (finding, "hard", value, expected)
    assert (found.unit, found.file, found.sheet) == ("U2", wrong.file, "X01")
    assert found.cells == (wrong.entries[key(cell)].cell,)
    entry = refused.entries[key(cell)]
    assert (entry.value, entry.refusal, entry.text) == (None, finding, value)
    assert wrong.entries[key(cell)].value == typed, "the submission that came in is not touched"
    figures = reported([kept, refused], ["U1", "U2"], number_cells(forms))
    assert figures.of("U2", key(cell)) is None
    others = CLEAN.keys() - {cell}
    assert {figures.of("U2", key(other)) for other in others} == {CLEAN[other] for other in others}


def test_lost_thousands_say_what_may_have_been_meant(forms: Forms) -> None:
    (kept,), findings = checked(forms, sent(forms, "U1", CLEAN | {"X01.ca.tong": 2.43}))
    assert kept.entries[key("X01.ca.tong")].guesses == (2430,)
    assert "có thể là 2.430" in message(only(findings, "thousands-lost"))


def test_blanks_are_one_note_a_form_and_only_where_a_figure_is_asked_for(forms: Forms) -> None:
    _, findings = checked(forms, sent(forms, "U1", {"X01.nam.tong": 1}), sent(forms, "G11", {"X01.ca.tong": 1}))
    assert ids(findings) == ["missing-value", "missing-value"]
    upper, grassroots = findings
    assert (upper.unit, upper.severity, upper.form, upper.params) == ("U1", "info", "X01", {"count": 4})
    assert upper.cells == ("E9", "E11", "E12", "E13")
    assert (grassroots.unit, grassroots.params) == ("G11", {"count": 2})


def test_text_that_was_refused_is_not_missing_as_well(forms: Forms) -> None:
    _, findings = checked(forms, sent(forms, "U1", CLEAN | {"X01.ca.tong": "khoảng 900"}))
    assert findings == []


def test_figures_of_a_kind_are_validated_in_one_call_for_all_units_with_the_same_package(
    forms: Forms, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    plain = DataFrameSchema.validate

    def counted(self: DataFrameSchema, frame: Any, **options: Any) -> Any:
        sizes.append(frame.shape)
        return plain(self, frame, **options)

    monkeypatch.setattr(DataFrameSchema, "validate", counted)
    some: Mapping[str, object] = {"X01.ca.tong": 1}
    submissions = [sent(forms, unit, some) for unit in ("U1", "U2", "G11", "G12", "G21")]
    owed = {s.unit: tuple(forms) if s.unit != "U2" else (forms.by_id["X01"],) for s in submissions}
    validate(submissions, forms, TREE, owed)
    # U1 alone has both forms of an upper union, U2 one of them, the three grassroots unions those of their level: of
    # each the figures that may be blank and those that may not, one below the other.
    assert sorted(sizes) == [(5, 1), (5, 1), (5, 1), (11, 1)]


def test_a_figure_where_none_is_asked_for_is_not_counted(forms: Forms) -> None:
    (kept, other), findings = checked(forms, sent(forms, "G11", CLEAN), sent(forms, "U1", {**CLEAN, "X02.noi.tong": 4}))
    unasked = [finding for finding in findings if finding.id in ("not-asked", "form-not-asked")]
    assert [(f.id, f.unit, f.severity, f.form, f.indicator, f.value) for f in unasked] == [
        ("form-not-asked", "U1", "soft", "X02", "", ""),
        ("not-asked", "G11", "soft", "X01", "so", "3"),
    ]
    assert unasked[0].cells == ("E9",)
    assert (kept.entries[key("X01.so.tong")].value, kept.entries[key("X01.so.tong")].refusal) == (None, "not-asked")
    assert other.entries[key("X01.so.tong")].value == 3
    assert key("X02.noi.tong") not in other.entries


def test_a_percentage_beyond_all_bounds_is_said_to_be_asked_in_percent(tmp_path: Path) -> None:
    forms = load(tmp_path, form(row("ty", type='"percent"', rollup='"NONE"'), measures=MEASURES))
    _, [finding] = checked(forms, sent(forms, "U1", {"X01.ty.tong": 1_205_580_000}))
    assert (finding.id, finding.expected) == ("over-range", "100.000")
    assert "hỏi tỷ lệ thì ghi theo phần trăm" in message(finding)
    assert "số nguyên" not in message(finding)
