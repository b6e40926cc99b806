"""A sheet written with less ado says byte for byte what xlsxwriter's own says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from io import BytesIO
from math import inf, isnan, nan
from zipfile import ZipFile

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline import quick_sheet
from pipeline.quick_sheet import QuickSheet
from pipeline.spilled import Spill

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
FIGURES = st.lists(st.one_of(st.sampled_from([0.0, -0.0, 3.0, 2.5]), st.just(nan), NUMBERS.map(float)), max_size=9)
RUNS = st.dictionaries(st.integers(0, 40), st.tuples(st.integers(0, 20), FIGURES), max_size=6)
PLACED = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30), st.integers(0, 3), CELLS), max_size=40)


Placed = list[tuple[int, int, int, tuple[str, object]]]
Runs = dict[int, tuple[int, list[float]]]


def parts(kind: type[Worksheet], placed: Placed, runs: Runs) -> dict[str, bytes]:
    """Every part of a workbook in which these stand."""
    with ZipFile(workbook(kind, placed, runs)) as made:
        return {name: made.read(name) for name in made.namelist()}


def workbook(
    kind: Callable[[], Worksheet], placed: Placed, runs: Runs, *, sealed: bool = False, passing: range = range(0)
) -> BytesIO:
    """A workbook in which these stand, some rows and a column with a format of their own."""
    data = BytesIO()
    book = Workbook(data, {"in_memory": True})
    book.set_properties({"created": datetime(2020, 1, 1)})
    book.worksheet_class = kind
    looks = [None, *(book.add_format({"num_format": "0.0", "bold": n == 1}) for n in range(3))]
    sheet = book.add_worksheet()
    sheet.set_column(3, 3, 12, looks[1])
    for row, (column, figures) in runs.items():
        write_run(sheet, row, column, figures, looks[1:])
    for n, (row, column, look, (what, value)) in enumerate(placed):
        style = looks[look]
        # What stands in no order is not told to be passed.
        for before in range(placed[n - 1][0] if n else 0, row):
            if before in passing and isinstance(sheet, QuickSheet):
                sheet.passed(before)
        if what == "formula":
            sheet.write_formula(row, column, f'=A1&"<&>"&{column}', style, value)
        elif what == "comment":
            sheet.write_comment(row, column, value)
        elif what == "height":
            sheet.set_row(row, value, style, {"level": look, "hidden": look == 2})
        else:
            getattr(sheet, f"write_{what}")(row, column, value, style)
    if sealed:
        sheet.seal()
    book.close()
    return data


def write_run(sheet: Worksheet, row: int, column: int, figures: list[float], looks: list[Format]) -> None:
    """Figures side by side; the last of these formats is that of a missing one."""
    each = [looks[i % 2] for i in range(len(figures))]
    if isinstance(sheet, QuickSheet):
        sheet.write_figures(row, column, figures, each, [looks[-1]] * len(figures))
        return
    for at, (figure, look) in enumerate(zip(figures, each, strict=True), column):
        if isnan(figure):
            sheet.write_blank(row, at, None, looks[-1])
        else:
            sheet.write_number(row, at, figure, look)


@given(PLACED, RUNS)
def test_every_part_is_what_xlsxwriter_writes(placed: Placed, runs: Runs) -> None:
    assert parts(QuickSheet, placed, runs) == parts(Worksheet, placed, runs)


@given(PLACED, RUNS)
def test_a_sheet_that_was_sealed_says_the_same(placed: Placed, runs: Runs) -> None:
    # A character that XML does not hold is not read back from a formula.
    assume(all(value.isprintable() for *_, (what, value) in placed if what == "formula" and isinstance(value, str)))
    # Formats have other numbers, for they are numbered as they are written.
    one, other = (workbook(QuickSheet, placed, runs, sealed=sealed) for sealed in (True, False))
    assert shown(one) == shown(other)


def shown(book: BytesIO) -> dict[str, tuple[object, ...]]:
    """What each cell holds, and how it looks; how high the rows are."""
    sheet = load_workbook(book).worksheets[0]
    cells = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row}
    found: dict[str, tuple[object, ...]] = {
        at: (cell.value, cell.number_format, cell.font.bold, cell.comment and cell.comment.text)
        for at, cell in cells.items()
    }
    return found | {str(row): (line.height, line.hidden) for row, line in sheet.row_dimensions.items()}


@given(PLACED, RUNS, st.integers(0, 6), st.sampled_from([16, 32]), st.integers(0, 4))
def test_rows_that_were_put_away_say_the_same(
    placed: Placed, runs: Runs, first: int, at_a_time: int, shared: int
) -> None:
    assume(all(value.isprintable() for *_, (what, value) in placed if isinstance(value, str)))
    in_order = sorted(placed, key=lambda one: one[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_sheet, "_AT_A_TIME", at_a_time)
        patch.setattr(quick_sheet, "_MOST_SHARED", shared)
        one = workbook(partial(QuickSheet, Spill()), in_order, runs, passing=range(first, 41))
    assert shown(one) == shown(workbook(QuickSheet, in_order, runs))


def test_what_was_passed_is_forgotten_and_its_new_texts_stand_in_their_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_sheet, "_AT_A_TIME", 16)
    monkeypatch.setattr(quick_sheet, "_MOST_SHARED", 3)
    data, spill = BytesIO(), Spill()
    book = Workbook(data, {"in_memory": True})
    book.worksheet_class = partial(QuickSheet, spill)
    sheet, look = book.add_worksheet(), book.add_format()
    assert isinstance(sheet, QuickSheet)
    odd = ' <b>&"\x01_x0041_'
    for row in range(40):
        sheet.write_string(row, 0, f"{row}{odd}", look)
        sheet.write_string(row, 1, f"0{odd}", look)
        sheet.set_row(row, 30)
        sheet.passed(row)
    assert [set(sheet.table), set(sheet.row_info), set(sheet.row_sizes)] == [set(range(32, 40))] * 3
    assert spill.end
    book.close()
    assert book.str_table.unique_count == 3
    data.seek(0)
    rows = CalamineWorkbook.from_filelike(data).get_sheet_by_index(0).to_python()
    assert rows == [[f"{row}{odd}", f"0{odd}"] for row in range(40)]


def test_nothing_can_be_written_to_a_row_that_was_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_sheet, "_AT_A_TIME", 16)
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = partial(QuickSheet, Spill())
    sheet = book.add_worksheet("Tên")
    for row in range(3, 20):
        sheet.write_number(row, 0, 1)
        sheet.passed(row)
    sheet.write_number(2, 0, 1)
    sheet.write_number(16, 0, 2)
    sheet.write_number(15, 0, 2)
    with pytest.raises(RuntimeError, match="Tên"):
        book.close()


def test_without_a_spill_nothing_is_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick_sheet, "_AT_A_TIME", 16)
    placed: Placed = [(row, 0, 1, ("string", str(row))) for row in range(40)]
    assert workbook(QuickSheet, placed, {}).getvalue() == (
        workbook(QuickSheet, placed, {}, passing=range(40)).getvalue()
    )


def test_nothing_can_be_written_to_a_sheet_that_was_sealed() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    sheet = book.add_worksheet("Tên")
    sheet.write_number(0, 0, 1)
    assert not sheet.can_be_sealed
    sheet.seal()
    sheet.write_number(1, 0, 2)
    with pytest.raises(RuntimeError, match="Tên"):
        book.close()


def test_an_empty_sheet_is_what_xlsxwriter_writes() -> None:
    assert parts(QuickSheet, [], {}) == parts(Worksheet, [], {})


def test_what_is_written_beside_figures_side_by_side_stands_whichever_came_first() -> None:
    data = BytesIO()
    book = Workbook(data, {"in_memory": True})
    book.worksheet_class = QuickSheet
    sheet, look = book.add_worksheet(), book.add_format({"num_format": "0.0"})
    assert isinstance(sheet, QuickSheet)
    sheet.write_string(0, 1, "then", look)
    sheet.write_figures(0, 0, [1.0, 2.0, 3.0], [look] * 3, [look] * 3)
    sheet.write_number(0, 2, 7, look)
    book.close()
    assert [cell.value for cell in load_workbook(data).active[1]] == [1, "then", 7]


def test_a_number_that_is_not_finite_is_refused() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    with pytest.raises(TypeError, match="NAN/INF"):
        book.add_worksheet().write_number(0, 0, float("nan"))


def test_figures_that_are_infinite_are_refused() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    sheet, look = book.add_worksheet(), book.add_format()
    assert isinstance(sheet, QuickSheet)
    sheet.write_figures(0, 0, [inf], [look], [look])
    with pytest.raises(TypeError, match="finite"):
        book.close()


def test_formulas_are_counted_and_taken_as_given() -> None:
    book = Workbook(BytesIO(), {"in_memory": True})
    book.worksheet_class = QuickSheet
    sheet = book.add_worksheet()
    assert isinstance(sheet, QuickSheet)
    sheet.write_formula(0, 0, "=SINGLE(A1)", None, 1)
    sheet.write_formula(1, 0, "A1", None, 1)
    assert [sheet.formulas, sheet.table[0][0].formula, sheet.table[1][0].formula] == [2, "SINGLE(A1)", "A1"]
