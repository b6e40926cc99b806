"""Whatever a unit moves, inserts, hides or renames, the same figures are read, from where they now stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import ids
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from returned import Returned, Rows, entries_of, values_of
from returned import returned as made

from pipeline.layout import FoundTable, find_tables, from_a1
from pipeline.read import read_files
from pipeline.submission import Submission
from schemas.form import Key

FORMS = ("B01", "B02", "B03", "B04")
often = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def returned(tmp_path_factory: pytest.TempPathFactory) -> Returned:
    found = made(tmp_path_factory.mktemp("moves"))
    assert {form.id: len(form.tables) for form in found.place.forms} == {"B01": 1, "B02": 9, "B03": 1, "B04": 1}
    return found


# --- what a unit may do to a sheet: rows are changed in place, so that heads stay known


@dataclass(frozen=True)
class Hand:
    """Somebody at work on a sheet; ``choose`` draws one of a range."""

    rows: Rows
    heads: Rows
    choose: Callable[[int, int], int]

    def one(self, choices: Sequence[int]) -> int:
        return choices[self.choose(0, len(choices) - 1)]

    def word(self) -> str:
        return WORDS[self.choose(0, len(WORDS) - 1)]

    def table(self) -> FoundTable:
        tables = list(find_tables(self.rows))
        return tables[self.choose(0, len(tables) - 1)]


WORDS = ("", "chen thêm", "(1)", "Đơn vị tự tính", "n/a")


def insert_row(hand: Hand) -> None:
    """With a word of the unit's own where the table asks nothing."""
    coded = {j for found in find_tables(hand.rows) for _, j in found.columns}
    free = next((j for j in range(1, len(hand.rows[0])) if j not in coded), None)
    word = hand.word()
    row = [word if j == free else "" for j in range(len(hand.rows[0]))]
    hand.rows.insert(hand.choose(0, len(hand.rows)), [*row])


def insert_column(hand: Hand) -> None:
    at, word = hand.choose(1, len(hand.rows[0])), hand.word()
    for row in hand.rows:
        row.insert(at, word if row is hand.heads[0] else "")


def delete_row(hand: Hand) -> None:
    """A row without a code in which no line of a list stands."""
    free = [i for i, row in enumerate(hand.rows) if row[0] == "" and not any(str(c).startswith("CS") for c in row)]
    if free:
        del hand.rows[hand.one(free)]


def delete_column(hand: Hand) -> None:
    coded = {j for found in find_tables(hand.rows) for _, j in found.columns}
    free = [j for j in range(1, len(hand.rows[0])) if j not in coded]
    if free:
        at = hand.one(free)
        for row in hand.rows:
            del row[at]


def move_row(hand: Hand) -> None:
    """Within its table; a list ends with its totals."""
    found = hand.table()
    codes = dict(found.rows)
    start, stop = (codes["tieu_de"], codes["tong_cong"]) if "tong_cong" in codes else (found.code_row, found.end_row)
    if stop - start > 2:
        row = hand.rows.pop(hand.choose(start + 1, stop - 1))
        hand.rows.insert(hand.choose(start + 1, stop - 1), row)


def move_column(hand: Hand) -> None:
    last = len(hand.rows[0]) - 1
    start, to = hand.choose(1, last), hand.choose(1, last)
    for row in hand.rows:
        row.insert(to, row.pop(start))


def edit_head(hand: Hand) -> None:
    head = hand.heads[hand.choose(0, len(hand.heads) - 1)]
    at = hand.choose(1, len(head) - 1)
    head[at] = f"{head[at]} đã sửa {at}" if head[at] else ""


def merge_labels(hand: Hand) -> None:
    """Only the first of two merged cells keeps what stood there."""
    found = hand.table()
    coded = {j for _, j in found.columns}
    row = hand.rows[hand.choose(found.code_row + 1, found.end_row - 1)]
    words = [j for j, cell in enumerate(row) if j and isinstance(cell, str) and cell and j not in coded]
    if words:
        row[hand.one(words)] = ""


MOVES: tuple[Callable[[Hand], None], ...] = (
    *(insert_row, insert_column, delete_row, delete_column),
    *(move_row, move_column, edit_head, merge_labels),
)


@pytest.mark.parametrize("form", FORMS)
@often
@given(data=st.data())
def test_moves_change_no_figure_and_every_one_is_found_where_it_now_stands(
    returned: Returned, form: str, data: st.DataObject
) -> None:
    sheets = returned.part(form)
    rows = sheets[form]
    heads = [rows[found.code_row + 1] for found in find_tables(rows)]
    hand = Hand(rows, heads, lambda least, most: data.draw(st.integers(least, most)))
    for move in data.draw(st.lists(st.integers(0, len(MOVES) - 1), min_size=1, max_size=12)):
        MOVES[move](hand)
    order = data.draw(st.permutations(sorted(sheets)))
    named = {"Trang khác" if name == form else name: sheets[name] for name in order}
    submission = returned.read(named)
    assert values_of(submission) == returned.values_of(form)
    assert {finding.severity for finding in submission.findings} <= {"info"}
    for _, entry in entries_of(submission):
        row, column = from_a1(entry.cell)
        assert named[entry.sheet][row][column] == entry.raw


def missing(returned: Returned, form: str, submission: Submission) -> list[tuple[str, ...]]:
    """The figures that were not read and of which no finding says that their row, column or table is gone."""
    gone, tables = set[str](), set[str]()
    for finding in submission.findings:
        if finding.severity == "hard":
            gone |= set(str(finding.params.get("names", "")).split(", "))
            tables.add(str(finding.params.get("table", "")))
    read = values_of(submission)
    cells = returned.place.forms.cells
    return [
        key
        for key in returned.values_of(form)
        if key not in read
        and not gone & {*key[1:]}
        and (form if form == "B04" else cells[Key(*key)].table) not in tables
    ]


@pytest.mark.parametrize("form", FORMS)
@often
@given(data=st.data())
def test_lost_codes_never_give_a_wrong_figure_and_what_is_not_read_is_told(
    returned: Returned, form: str, data: st.DataObject
) -> None:
    sheets = returned.part(form)
    coded = [i for i, row in enumerate(sheets[form]) if row[0] != ""]
    for i in data.draw(st.one_of(st.sets(st.sampled_from(coded)), st.just({*coded}))):
        sheets[form][i][0] = ""
    submission = returned.read(sheets)
    assert values_of(submission).items() <= returned.values_of(form).items()
    assert missing(returned, form, submission) == []


@pytest.mark.parametrize("form", FORMS[:3])
@often
@given(data=st.data())
def test_rows_that_moved_without_their_codes_never_give_a_wrong_figure(
    returned: Returned, form: str, data: st.DataObject
) -> None:
    sheets = returned.part(form)
    rows = sheets[form]
    tables = list(find_tables(rows))
    found = tables[data.draw(st.integers(0, len(tables) - 1))]
    inside = range(found.code_row + 2, found.end_row)
    taken = data.draw(st.lists(st.sampled_from(inside), min_size=2, max_size=5, unique=True))
    lines = [rows[i][1:] for i in taken]
    for i, line in zip(data.draw(st.permutations(taken)), lines, strict=True):
        rows[i][1:] = line
    for i in data.draw(st.sets(st.sampled_from(inside), max_size=3)):
        rows[i][0] = ""
    submission = returned.read(sheets)
    assert values_of(submission).items() <= returned.values_of(form).items()
    assert missing(returned, form, submission) == [] or "label-differs" in ids(submission.findings)


@pytest.mark.parametrize("form", FORMS)
@often
@given(data=st.data())
def test_columns_that_moved_without_their_codes_never_give_a_wrong_figure(
    returned: Returned, form: str, data: st.DataObject
) -> None:
    sheets = returned.part(form)
    rows = sheets[form]
    tables = list(find_tables(rows))
    found = tables[data.draw(st.integers(0, len(tables) - 1))]
    columns = data.draw(st.permutations(range(1, len(rows[0]))))
    for row in rows[found.code_row + 1 : found.end_row]:
        row[1:] = [row[j] for j in columns]
    for _, j in data.draw(st.sets(st.sampled_from(found.columns), max_size=2)):
        rows[found.code_row][j] = ""
    submission = returned.read(sheets)
    assert values_of(submission).items() <= returned.values_of(form).items()
    assert missing(returned, form, submission) == [] or "label-differs" in ids(submission.findings)


def test_a_workbook_with_hidden_merged_inserted_and_renamed_parts_gives_the_same_figures(
    returned: Returned, tmp_path: Path
) -> None:
    sheets = returned.whole()
    for i in (30, 12, 3):
        for form in FORMS[:3]:
            sheets[form].insert(i, ["", "", "dòng của đơn vị"])
    path = returned.sent(tmp_path / "a.xlsx", dict(reversed(sheets.items())))
    book = load_workbook(path)
    for name in FORMS:
        sheet = book[name]
        sheet.row_dimensions[11].hidden = sheet.row_dimensions[15].hidden = True
        sheet.column_dimensions["E"].hidden = sheet.column_dimensions["A"].hidden = True
        sheet.merge_cells("C2:D2")
        sheet.title = f"Biểu {name} (sửa)"
    book["Biểu B01 (sửa)"].merge_cells("C14:C15")
    book["Biểu B01 (sửa)"].move_range("E8:E48", cols=12)
    book["Biểu B01 (sửa)"]["Q7"], book["Biểu B01 (sửa)"]["E7"] = "tong", None
    book.save(path)
    [submission] = read_files([path], tmp_path, returned.place.forms)
    assert values_of(submission) == returned.values
    assert {finding.severity for finding in submission.findings} <= {"info"}
    shown = load_workbook(path)
    for _, entry in entries_of(submission):
        assert shown[entry.sheet][entry.cell].value == entry.raw


def test_another_program_may_shift_rows_and_columns(returned: Returned, tmp_path: Path) -> None:
    path = returned.sent(tmp_path / "a.xlsx", returned.whole())
    book = load_workbook(path)
    for name in FORMS:
        book[name].insert_rows(2, 3)
        book[name].insert_cols(3, 2)
        book[name].delete_cols(2)
    book.save(path)
    [submission] = read_files([path], tmp_path, returned.place.forms)
    assert values_of(submission) == returned.values
    assert {finding.severity for finding in submission.findings} <= {"info"}
