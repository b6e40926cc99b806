"""What units wrote beside their figures, indicator by indicator: a reason given is a reason read."""

from __future__ import annotations

from collections.abc import Iterator

from xlsxwriter.workbook import Workbook

from pipeline.messages import number
from pipeline.results import Results
from pipeline.sheet_room import fitting, say_left_out
from pipeline.styles import Styles, lines_needed, print_setup
from pipeline.submission import Submission
from schemas.form import Key, Table

NOTES_SHEET = "Ghi chú của đơn vị"
_HEADS = ("TT", "Biểu", "Nội dung", "Đơn vị", "Số liệu đơn vị ghi", "Ghi chú")
_WIDTHS = (6, 8, 40, 26, 30, 58)
# Beyond this a note is read in the unit's own file.
_LONGEST = 1000


def write_notes(book: Workbook, styles: Styles, results: Results, footer: str) -> None:
    """Add the sheet, if any unit wrote anything."""
    notes = _notes(results)
    if not notes:
        return
    sheet = book.add_worksheet(NOTES_SHEET)
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    last = len(_WIDTHS) - 1
    title = f"GHI CHÚ CỦA ĐƠN VỊ – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(0, 0, 0, last, title, styles.get(bold=True, align="center", font_size=14))
    for column, text in enumerate(_HEADS):
        sheet.write_string(2, column, text, styles.head())
    row = 2
    listed, left = fitting(notes, 3)
    for row, texts in enumerate(listed, start=3):
        lines = max(lines_needed(text, width) for text, width in zip(texts, _WIDTHS[1:], strict=True))
        sheet.set_row(row, min(400, 16.5 * lines + 2))
        sheet.write_number(row, 0, row - 2, styles.table(align="center"))
        for column, text in enumerate(texts, start=1):
            sheet.write_string(row, column, text, styles.table())
        sheet.passed(row)
    say_left_out(sheet, styles, row + 1, left, "data/observations.csv")
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, row, last)
    sheet.print_area(0, 0, row, last)
    print_setup(sheet, landscape=True, footer=footer, repeat=(2, 2))


def _notes(results: Results) -> list[tuple[str, ...]]:
    """Form, indicator, unit, its figures and its words, of every note: as the forms go, then the register."""
    tables = {
        cell.key: (form, table)
        for form in results.owed.forms.by_id.values()
        for table in form.tables
        for cell in table.cells.values()
        if cell.role == "note"
    }
    position, order = {key: i for i, key in enumerate(tables)}, results.owed.tree.order
    noted = [
        (position[key], order[unit], unit, entry)
        for unit, submission in results.by_unit.items()
        for key, entry in submission.entries.odd.items()
        if key in position and entry.text
    ]
    found: list[tuple[str, ...]] = []
    for _, _, unit, entry in sorted(noted, key=lambda one: one[:2]):
        form, table = tables[entry.key]
        words = entry.text if len(entry.text) <= _LONGEST else f"{entry.text[:_LONGEST]}…"
        figures = "; ".join(_figures(results.by_unit[unit], table, entry.key))
        label, name = form.indicator(entry.key.indicator).label.vi, results.owed.tree.unit(unit).name
        found.append((form.id, label, name, figures, words))
    return found


def _figures(submission: Submission, table: Table, note: Key) -> Iterator[str]:
    """What the unit put down in the row of a note, column by column."""
    for measure in table.measures:
        entry = submission.entries.get(note._replace(measure=measure.code))
        if entry is not None and entry.own and entry.value is not None:
            percent = "%" if table.cells[entry.key].type == "percent" else ""
            yield f"{measure.label.vi}: {number(entry.value)}{percent}"
