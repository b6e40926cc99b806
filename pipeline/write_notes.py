"""What units wrote beside their figures, indicator by indicator: a reason given is a reason read."""

from __future__ import annotations

from xlsxwriter.workbook import Workbook

from pipeline.results import Results
from pipeline.sheet_room import fitting, say_left_out
from pipeline.styles import Styles, lines_needed, print_setup

NOTES_SHEET = "Ghi chú của đơn vị"
_WIDTHS = (6, 8, 44, 28, 70)
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
    for column, text in enumerate(("TT", "Biểu", "Nội dung", "Đơn vị", "Ghi chú")):
        sheet.write_string(2, column, text, styles.head())
    row = 2
    listed, left = fitting(notes, 3)
    for row, (form, label, unit, note) in enumerate(listed, start=3):
        shown = note if len(note) <= _LONGEST else f"{note[:_LONGEST]}…"
        lines = max(lines_needed(label, _WIDTHS[2]), lines_needed(unit, _WIDTHS[3]), lines_needed(shown, _WIDTHS[4]))
        sheet.set_row(row, min(400, 16.5 * lines + 2))
        sheet.write_number(row, 0, row - 2, styles.table(align="center"))
        for column, text in enumerate((form, label, unit, shown), start=1):
            sheet.write_string(row, column, text, styles.table())
    say_left_out(sheet, styles, row + 1, left, "data/observations.csv")
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, row, last)
    sheet.print_area(0, 0, row, last)
    print_setup(sheet, landscape=True, footer=footer, repeat=(2, 2))


def _notes(results: Results) -> list[tuple[str, str, str, str]]:
    """Form, indicator, unit and words of every note: as the forms go, then the register."""
    found = []
    order = results.owed.tree.order
    for key, cell in results.owed.forms.cells.items():
        if cell.role != "note":
            continue
        label = results.owed.forms.by_id[key.form].indicator(key.indicator).label.vi
        for unit in sorted(results.by_unit, key=order.__getitem__):
            entry = results.by_unit[unit].entries.get(key)
            if entry is not None and entry.text:
                found.append((key.form, label, results.owed.tree.unit(unit).name, entry.text))
    return found
