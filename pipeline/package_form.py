"""One form of a package as a sheet: its title, its tables one below the other, widths, printing, protection."""

from __future__ import annotations

from pipeline.layout import NUMBER_COLUMN, UNIT_COLUMN, ListPlan, SheetPlan
from pipeline.package_list import list_widths, write_list
from pipeline.package_page import Page
from pipeline.package_table import table_widths, write_table
from pipeline.styles import print_setup


def write_form(page: Page) -> None:
    """Write the sheet of one form."""
    planned, sheet = page.plans[page.form.id], page.sheet
    last = max(part.last_column for part in planned.parts)
    sheet.hide_gridlines(2)
    _set_widths(page, planned)
    _write_title(page, last)
    for table in planned.tables:
        write_table(page, table)
    for one in planned.lists:
        write_list(page, one)
    _set_view(page, planned, last)
    sheet.protect("", {"format_columns": True, "format_rows": True})


def _set_widths(page: Page, planned: SheetPlan) -> None:
    """Each column as wide as any table wants it; one that none shows to this level is hidden."""
    wanted: dict[int, float] = {}
    for table in planned.tables:
        for column, width in table_widths(page, table):
            wanted[column] = max(width, wanted.get(column, 0))
    for one in planned.lists:
        for column, width in list_widths(page, one):
            wanted[column] = max(width, wanted.get(column, 0))
    helpers = [one.counted_column for one in planned.lists]
    for column in range(max(*wanted, *helpers) + 1):
        if column in wanted:
            page.sheet.set_column(column, column, wanted[column])
        else:
            page.sheet.set_column(column, column, 0, None, {"hidden": True})


def _write_title(page: Page, last: int) -> None:
    sheet, styles, content, form = page.sheet, page.styles, page.content, page.form
    sheet.write_string(0, NUMBER_COLUMN, content.agency, styles.get(bold=True))
    sheet.show(1, NUMBER_COLUMN, lambda one: one.content.heading, styles.get(bold=True))
    title = f"BIỂU {form.id}: {form.title.vi.upper()}"
    sheet.merge_range(
        2, NUMBER_COLUMN, 2, last, title, styles.get(bold=True, align="center", font_size=14, text_wrap=True)
    )
    sheet.set_row(2, 24)
    when = f"{content.period_label} – số liệu tính đến ngày {content.cut_off:%d/%m/%Y}"
    if content.estimate_to and any(measure.estimate for table in form.tables for measure in table.measures):
        when += f" và ước thực hiện đến ngày {content.estimate_to:%d/%m/%Y}"
    sheet.merge_range(3, NUMBER_COLUMN, 3, last, when, styles.get(italic=True, align="center"))
    note = form.tables[0].unit_note.vi if len(form.tables) == 1 else ""
    sheet.merge_range(4, NUMBER_COLUMN, 4, last, note, styles.get(italic=True, align="right", font_size=11))
    sheet.set_row(5, 6)


def _set_view(page: Page, planned: SheetPlan, last: int) -> None:
    """The head stays in sight where there is one; of several tables only what names the rows does."""
    first, sheet = planned.parts[0], page.sheet
    single = len(planned.parts) == 1
    column = _named_by(first) if isinstance(first, ListPlan) else UNIT_COLUMN
    sheet.freeze_panes(first.head_row + 1 if single else 0, column)
    sheet.print_area(0, NUMBER_COLUMN, planned.parts[-1].end_row, last)
    print_setup(
        sheet,
        landscape=last > UNIT_COLUMN + 5,
        footer=page.content.footer,
        repeat=(first.head_row, first.head_row) if single else None,
    )


def _named_by(one: ListPlan) -> int:
    """The first column behind the key and the name of a line."""
    return 1 + max(one.columns[m.code] for m in one.table.measures if m.type == "key" or m.prefill == "name")
