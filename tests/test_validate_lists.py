"""The columns of lists: each figure its column does not admit is refused at its cell, blanks are one note."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from builders import UNITS, form, ids, key, load, only, row, sent
from lists import Line, line, list_form, read, rows_of

from pipeline.figures import incomplete, number_cells, reported
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.submission import Submission
from pipeline.validate import validate
from pipeline.validate_lists import validate_lists
from schemas.form import Form, Forms, Key
from schemas.scope import scoped
from schemas.tree import Register

TREE = Register(UNITS).at(date(2020, 11, 25))
FULL = {"ten": "Một", "so_ld": 9, "so_dv": 7}


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(row("ca")), list_form())


def returned(forms: Forms, unit: str, lines: Iterable[Line]) -> Submission:
    found = read(forms, rows_of(lines))
    return Submission(
        f"inbox/2020/{unit}.xlsx",
        "0",
        datetime(2020, 12, 1),
        unit,
        "2020",
        items={"L01": found.items},
        tables={"L01": (found.place,)},
    )


def checked(forms: Forms, *returns: Submission) -> tuple[list[Submission], list[Finding]]:
    return validate_lists(returns, forms)


def test_full_rows_have_no_findings_and_stay_as_they_are(forms: Forms) -> None:
    returns = [returned(forms, unit, [line("G11", **FULL)]) for unit in ("U1", "U2")]
    assert checked(forms, *returns) == (returns, [])


@pytest.mark.parametrize(
    ("column", "typed", "finding_id", "value", "expected"),
    [
        ("so_dv", -4, "negative", "-4", "4"),
        ("so_dv", 2.43, "thousands-lost", "2,43", "2.430"),
        ("so_ld", 1.5678, "not-integer", "1,5678", ""),
        ("quy", 1e16, "too-large-number", "10.000.000.000.000.000", ""),
    ],
)
def test_a_figure_its_column_does_not_admit_is_refused_at_its_cell(
    forms: Forms, column: str, typed: float, finding_id: str, value: str, expected: str
) -> None:
    good, bad = line("G11", **FULL), line("G12", **{**FULL, column: typed})
    (kept, other), [finding] = checked(forms, returned(forms, "U1", [good, bad]), returned(forms, "U2", [good]))
    assert (finding.id, finding.severity, finding.value, finding.expected) == (finding_id, "hard", value, expected)
    assert (finding.unit, finding.period, finding.file) == ("U1", "2020", "inbox/2020/U1.xlsx")
    entry = kept.items["L01"][1].entries[column]
    assert (finding.sheet, finding.cells, finding.indicator) == ("L01", (entry.cell,), "G12")
    assert (entry.value, entry.refusal, entry.text) == (None, finding_id, value)
    assert kept.items["L01"][0].entries["so_dv"].value == 7
    assert other.items["L01"][0].entries["so_dv"].value == 7
    assert value in message(finding)


def test_what_rows_lack_is_one_note_at_all_their_cells(forms: Forms) -> None:
    lines = [line("G11", ten="Một", so_ld=9), {}, line("G12", so_dv=1, so_ld=1), line("", so_dv=2)]
    _, [finding] = checked(forms, returned(forms, "U1", lines))
    assert (finding.id, finding.severity, finding.params["count"]) == ("missing-value", "info", 4)
    assert finding.cells == ("I5", "D7", "D8", "H8")


def test_a_closed_row_and_an_empty_list_lack_nothing(forms: Forms) -> None:
    closed = line("G11", ngay_gt=date(2020, 6, 30))
    assert checked(forms, returned(forms, "U1", [closed]), returned(forms, "U2", []))[1] == []


def test_a_refused_text_is_not_missing_as_well_nor_is_a_column_that_is_gone(forms: Forms) -> None:
    assert checked(forms, returned(forms, "U1", [line("G11", **{**FULL, "so_dv": "khoảng 20"})]))[1] == []
    found = read(forms, rows_of([line("G11", so_ld=9, so_dv=7)], codes=("ma", "so_ld", "so_dv")))
    gone = Submission(
        "a", "", datetime(2020, 1, 1), "U1", "2020", items={"L01": found.items}, tables={"L01": (found.place,)}
    )
    assert checked(forms, gone)[1] == []


# What the columns make.


@pytest.mark.parametrize(
    ("lines", "made_so_dv", "made_ma", "made_da_pm"),
    [
        ([], None, None, None),
        ([line("A", so_dv=3, da_pm="Có"), line("B", so_dv=4, da_pm="Không")], 7, 2, 1),
        ([line("A", so_dv=3), line("B", so_ld=4)], 3, 2, None),
        ([line("A", so_dv="x"), line("B", so_dv="...")], None, 2, None),
        ([line("A", so_dv="khoảng 3", da_pm="đang"), line("B", so_dv=4, da_pm="x")], 4, 2, 1),
        ([line("A", so_dv=3), line("A", so_dv=100), line("", so_dv=50)], 3, 1, None),
        ([line("A", so_dv=3), line("B", so_dv=9, ngay_gt="30/06/2020", da_pm="Có")], 3, 1, None),
        ([line("B", so_dv=9, ngay_gt="30/06/2020")], None, None, None),
        ([line("A", so_dv=0, da_pm="Không")], 0, 1, 0),
        ([line("A", so_dv=-3), line("B", so_dv=4)], 4, 2, None),
    ],
)
def test_sums_and_counts_are_of_the_rows_that_count(
    forms: Forms, lines: list[Line], made_so_dv: float | None, made_ma: float | None, made_da_pm: float | None
) -> None:
    (kept,), _ = checked(forms, returned(forms, "U1", lines))
    figures = reported([kept], ["U1"], number_cells(forms))
    found = [figures.of("U1", Key("L01", "", column)) for column in ("so_dv", "ma", "da_pm")]
    assert found == [made_so_dv, made_ma, made_da_pm]


@pytest.mark.parametrize(
    ("lines", "unsure"),
    [
        ([], set()),
        ([line("A", so_dv=3, so_ld=3, quy=1, da_pm="Có")], set()),
        ([line("A", so_dv=3, so_ld=3, quy=1)], {"da_pm"}),
        ([line("A", so_dv="khoảng 3", so_ld=3, quy=1, da_pm="Có")], {"so_dv"}),
        ([line("A", so_dv=-3, so_ld=3, quy=1, da_pm="Có")], {"so_dv"}),
        ([line("A", so_dv="x", so_ld=3, quy=1, da_pm="Có")], {"so_dv"}),
        ([line("A", ngay_gt="30/06/2020", so_dv="khoảng 3"), line("B", so_dv=3, so_ld=3, quy=1, da_pm="Có")], set()),
        ([line("A", so_dv=3), line("A", so_dv=3)], {"ma", "so_dv", "so_ld", "quy", "da_pm"}),
        ([line("A", so_dv=3), line("", so_dv=3)], {"ma", "so_dv", "so_ld", "quy", "da_pm"}),
    ],
)
def test_a_blank_refused_or_uncounted_row_makes_a_sum_unsure(forms: Forms, lines: list[Line], unsure: set[str]) -> None:
    (kept,), _ = checked(forms, returned(forms, "U1", lines))
    assert {found.measure for _, found in incomplete([kept], number_cells(forms))} == unsure


# What was not asked.


def asked(forms: Forms, unit: str, owed: Sequence[str], submission: Submission) -> tuple[Submission, list[Finding]]:
    packages: dict[str, tuple[Form, ...]] = {unit: tuple(forms.by_id[form] for form in owed)}
    [kept], findings = validate([submission], forms, TREE, packages)
    return kept, findings


def test_a_list_that_is_not_in_the_package_is_one_finding_and_not_counted(forms: Forms) -> None:
    whole = returned(forms, "G11", [line("A", so_dv="khoảng 3", ten="Một"), line("B", so_dv=-1)])
    noted = Finding("approximate", "hard", form="L01")
    kept = Finding("code-unknown", "hard", form="Trang1")
    sent_in = Submission(
        whole.file, "", whole.received_at, "G11", "2020", items=whole.items, tables=whole.tables, findings=(noted, kept)
    )
    found, findings = asked(forms, "G11", ["X01"], sent_in)
    finding = only(findings, "form-not-asked")
    assert ids(findings) == ["form-not-asked"], "what does not stand in the file is no blank"
    assert (finding.id, finding.severity, finding.params["count"]) == ("form-not-asked", "soft", 5)
    assert (finding.form, finding.sheet, finding.cells[:2]) == ("L01", "L01", ("C5", "D5"))
    assert found.items == {}
    assert found.findings == (kept,)


def test_a_figure_in_a_row_of_another_period_is_said_at_its_cell_not_of_the_form(tmp_path: Path) -> None:
    whole = load(tmp_path, form(row("ca"), row("quy", periods='["quarter"]')))
    yearly = scoped(whole, "year")
    typed = sent(whole, "U1", {"X01.ca.tong": 3, "X01.quy.tong": 4})
    [kept], findings = validate([typed], yearly, TREE, {"U1": tuple(yearly)})
    finding = only(findings, "not-asked")
    assert (finding.value, finding.cells, finding.indicator) == ("4", ("E10",), "quy")
    assert "form-not-asked" not in ids(findings)
    assert set(kept.entries) == {key("X01.ca.tong")}
