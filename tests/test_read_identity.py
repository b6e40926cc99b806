"""Whose package it is: by the hidden sheet whatever it is called, else by what can be seen, if that leaves no doubt."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import ids, only
from openpyxl import load_workbook
from returned import Returned, Sheets, returned, values_of

from pipeline.layout import INFO_SHEET, META_SHEET
from pipeline.read import read_files


@pytest.fixture(scope="module")
def upper(tmp_path_factory: pytest.TempPathFactory) -> Returned:
    return returned(tmp_path_factory.mktemp("upper"))


def renamed(sheets: Sheets, **names: str) -> Sheets:
    return {names.get(name, name): rows for name, rows in sheets.items()}


def test_sheets_that_were_renamed_are_known_by_what_stands_on_them(upper: Returned) -> None:
    names = {META_SHEET: "Sheet1", INFO_SHEET: "Trang bìa"}
    sheets = upper.whole()
    sheets[INFO_SHEET][10][2] = "Người lập thử"
    submission = upper.read(renamed(sheets, **names))
    assert (submission.unit, submission.period) == ("LC-21", "2020")
    assert values_of(submission) == upper.values
    assert submission.findings == ()
    assert (submission.info, submission.info_at) == ({"nguoi_lap": "Người lập thử"}, {"nguoi_lap": "C11"})


def test_a_real_workbook_with_all_sheets_renamed_and_shown_is_read(upper: Returned, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = load_workbook(upper.path, data_only=True)
    for i, sheet in enumerate(book.worksheets):
        sheet.title, sheet.sheet_state = f"Sheet{i}", "visible"
    book.save(path)
    [submission] = read_files([path], tmp_path, upper.place.forms)
    assert (submission.unit, submission.period) == ("LC-21", "2020")
    assert values_of(submission) == upper.values
    assert {finding.severity for finding in submission.findings} <= {"info"}
    assert not {"figures-outside", "figures-elsewhere"} & set(ids(submission.findings))


def test_two_hidden_sheets_that_differ_say_nothing(upper: Returned) -> None:
    sheets = renamed(upper.whole(), **{META_SHEET: "Sheet1", INFO_SHEET: "Sheet2"})
    sheets["Sheet3"] = [["unit", "LC-01"], *(list(row) for row in sheets["Sheet1"][1:])]
    sheets["Sheet2"][5][2] = ""
    assert upper.read(sheets).reason == "no-identity"


def test_without_the_hidden_sheet_the_visible_ones_say_whose_it_is(upper: Returned) -> None:
    sheets = upper.whole()
    del sheets[META_SHEET]
    submission = upper.read(sheets)
    assert (submission.unit, submission.period) == ("LC-21", "2020")
    assert submission.package_version == "; ".join(f"{form.id} {form.version}" for form in upper.place.forms)
    assert values_of(submission) == upper.values
    found = only(submission.findings, "identity-visible")
    assert (found.severity, found.sheet, found.cells) == ("soft", INFO_SHEET, ("C6", "B3"))
    assert (found.value, found.expected, found.unit, found.period) == ("LC-21", "2020", "LC-21", "2020")


def test_without_the_hidden_sheet_a_form_that_is_gone_is_missed(upper: Returned) -> None:
    sheets = upper.whole()
    del sheets[META_SHEET], sheets["B03"]
    submission = upper.read(sheets)
    assert only(submission.findings, "form-missing").form == "B03"


def another_unit(sheets: Sheets) -> None:
    sheets["B02"][1][1] = "LC-01 – LĐLĐ thành phố Lai Châu"


def another_period(sheets: Sheets) -> None:
    sheets["B02"][3][1] = "Năm 2021 – số liệu tính đến ngày 25/11/2021"


def no_unit(sheets: Sheets) -> None:
    sheets[INFO_SHEET][5][2] = ""


def no_period(sheets: Sheets) -> None:
    sheets[INFO_SHEET][2][1] = "Báo cáo năm 2020"


def two_periods(sheets: Sheets) -> None:
    sheets[INFO_SHEET][3][1] = "Năm 2021"


def no_forms(sheets: Sheets) -> None:
    sheets[INFO_SHEET][6][2] = ""


def no_heads(sheets: Sheets) -> None:
    for name in ("B01", "B02", "B03", "B04"):
        sheets[name][1][1] = sheets[name][3][1] = ""


def no_first_sheet(sheets: Sheets) -> None:
    del sheets[INFO_SHEET]


def no_tables(sheets: Sheets) -> None:
    for name in ("B01", "B02", "B03", "B04"):
        del sheets[name]


DOUBTS = (another_unit, another_period, no_unit, no_period, two_periods, no_forms, no_heads, no_first_sheet, no_tables)


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt.__name__)
def test_where_the_visible_sheets_leave_a_doubt_there_is_no_identity(upper: Returned, doubt: object) -> None:
    assert callable(doubt)
    sheets = upper.whole()
    del sheets[META_SHEET]
    doubt(sheets)
    submission = upper.read(sheets)
    assert (submission.status, submission.reason) == ("quarantined", "no-identity")
    assert values_of(submission) == {}


@pytest.mark.parametrize("period", ["2020", "2023-Q3"])
def test_every_kind_of_period_is_known_by_its_label(tmp_path: Path, period: str) -> None:
    other = returned(tmp_path, period=period)
    sheets = other.whole()
    del sheets[META_SHEET]
    assert other.read(sheets).period == period
