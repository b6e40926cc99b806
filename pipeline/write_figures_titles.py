"""What stands around the figures of a sheet: what it shows, as of when, how to read it, whose lines they are."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from pipeline.results import Results
from pipeline.styles import MARKS, Styles
from pipeline.write_figures_grid import CODE_COLUMN, NAME_COLUMN, PARENT_COLUMN, SECTOR_COLUMN, TOP, Sheet
from pipeline.write_figures_groups import UnitFigures, above
from pipeline.write_figures_money import money_legend
from pipeline.write_figures_room import left_out


def write_titles(to: Worksheet, styles: Styles, results: Results, sheet: Sheet, last: int, *, leads: bool) -> None:
    """Write them over the columns up to ``last``; whether a total ``leads`` to its sources."""
    period = results.owed.period.label("vi")
    to.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"BIỂU {sheet.form.id}: {sheet.form.title.vi.upper()}"
    to.merge_range(1, 0, 1, last, title, styles.get(bold=True, align="center", font_size=14))
    about = f"{sheet.measure.label.vi} – {period} – {results.as_of}"
    to.merge_range(2, 0, 2, last, about, styles.get(italic=True, align="center"))
    counted = "không được tính" if results.only_accepted else "vẫn được tính"
    legend = f"Ô trống: chưa có số liệu (không phải 0). Tên đơn vị nền đỏ: còn chỗ phải sửa, số liệu {counted}."
    marks = "Ô đỏ: phải sửa; ô vàng: cần xem lại; ô xanh đậm có chú thích: đã điều chỉnh theo quyết định."
    if leads:
        marks += " Bấm vào số Toàn tỉnh để xem số và tệp của từng đơn vị."
    for row, text in ((3, legend + money_legend(sheet)), (4, marks)):
        to.write_string(row, 0, text, styles.get(italic=True, font_size=11))
    if sheet.left_out:
        to.write_string(5, 0, left_out(sheet), styles.get(bold=True, bg_color=MARKS["hard"]))


def write_unit_rows(to: Worksheet, styles: Styles, results: Results, units: UnitFigures, *, folds: bool) -> None:
    """Where units are rows: codes, names, the unions above them, sectors; ``folds`` where a union's line has them."""
    words, to_correct = styles.table(), styles.table(bg_color=MARKS["hard"])
    narrow = styles.table(align="left", text_wrap=False, font_size=10)
    for part, unit in units.placed:
        row, style = TOP + 1 + part, to_correct if results.status_of(unit.code) == "rejected" else words
        parent, sector = above(results.owed.tree, unit)
        to.write_string(row, CODE_COLUMN, unit.code, style)
        to.write_string(row, NAME_COLUMN, unit.short_name or unit.name, style)
        to.write_string(row, PARENT_COLUMN, parent, narrow)
        to.write_string(row, SECTOR_COLUMN, sector, narrow)
        if folds:
            to.set_row(row, None, None, {"level": 1})
