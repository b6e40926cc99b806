"""A sheet written with less ado says byte for byte what xlsxwriter's own says."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.quick_sheet import QuickSheet

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.one_of(st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False, width=64))
CELLS = st.one_of(
    st.tuples(st.just("number"), NUMBERS),
    st.tuples(st.just("string"), TEXTS),
    st.tuples(st.just("blank"), st.none()),
    st.tuples(st.just("formula"), st.one_of(NUMBERS, TEXTS, st.booleans(), st.just("#N/A"))),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("datetime"), st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1))),
    st.tuples(st.just("comment"), TEXTS.filter(bool)),
    st.tuples(st.just("height"), st.integers(5, 400)),
)
PLACED = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 3), CELLS), max_size=40)


def parts(kind: type[Worksheet], placed: list[tuple[int, int, int, tuple[str, object]]]) -> dict[str, bytes]:
    """Every part of a workbook in which these stand, some rows and a column with a format of their own."""
    data = BytesIO()
    book = Workbook(data, {"in_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1)})
    book.worksheet_class = kind
    looks = [None, *(book.add_format({"num_format": "0.0", "bold": n == 1}) for n in range(3))]
    sheet = book.add_worksheet()
    sheet.set_column(3, 3, 12, looks[1])
    for row, column, look, (what, value) in placed:
        style = looks[look]
        if what == "formula":
            sheet.write_formula(row, column, f'=A1&"<&>"&{column}', style, value)
        elif what == "comment":
            sheet.write_comment(row, column, value)
        elif what == "height":
            sheet.set_row(row, value, style, {"level": look, "hidden": look == 2})
        else:
            getattr(sheet, f"write_{what}")(row, column, value, style)
    book.close()
    with ZipFile(data) as made:
        return {name: made.read(name) for name in made.namelist()}


@given(PLACED)
def test_every_part_is_what_xlsxwriter_writes(placed: list[tuple[int, int, int, tuple[str, object]]]) -> None:
    assert parts(QuickSheet, placed) == parts(Worksheet, placed)


def test_an_empty_sheet_is_what_xlsxwriter_writes() -> None:
    assert parts(QuickSheet, []) == parts(Worksheet, [])


def test_a_number_that_is_not_finite_is_refused() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    with pytest.raises(TypeError, match="NAN/INF"):
        book.add_worksheet().write_number(0, 0, float("nan"))


def test_formulas_are_counted_and_taken_as_given() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    sheet = book.add_worksheet()
    assert isinstance(sheet, QuickSheet)
    sheet.write_formula(0, 0, "=SINGLE(A1)", None, 1)
    sheet.write_formula(1, 0, "A1", None, 1)
    assert [sheet.formulas, sheet.table[0][0].formula, sheet.table[1][0].formula] == [2, "SINGLE(A1)", "A1"]
