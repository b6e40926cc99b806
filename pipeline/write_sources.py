"""The sheet of sources in the consolidated workbook: where every figure came from, cell by cell.

A row for each figure of each unit, those of one total together, so that a total leads to its own in one click. Beyond
what anybody pages through it has a row for each unit, whose figures stand on the sheets of the forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.looks import number_format
from pipeline.quick_sheet import QuickSheet
from pipeline.results import STATUS_NAMES, Results
from pipeline.rows import status_of_entry, text_of_entry
from pipeline.sheet_room import MOST_LINKS
from pipeline.styles import MARKS, Styles, print_setup
from pipeline.submission import Entry
from pipeline.write_links import sent_link
from schemas.form import Cell, Key

SOURCES_SHEET = "Nguồn số liệu"
# Excel takes long to open more, and nobody pages through it.
_MOST_ROWS = 40_000
# A link takes a relation of its own.
_MOST_LINKS = 20_000
_HEAD_ROW = 3
_STATES = {"reported": "Theo báo cáo", "adjusted": "Đã điều chỉnh", "refused": "Chưa đọc được"}
_HEADS = ("Biểu", "Mã dòng", "Nội dung", "Cột", "Mã đơn vị", "Đơn vị", "Số liệu", "Đơn vị ghi", "Tình trạng", "Lý do")
_WHERE = ("Tệp", "Trang", "Ô", "Mã băm SHA-256 của tệp")
_WIDTHS = (7, 16, 40, 16, 10, 30, 16, 16, 15, 30, 26, 8, 8, 46)
_UNIT_HEADS = ("Mã đơn vị", "Đơn vị", "Tình trạng", "Ngày nhận", "Số ô có số liệu", *_WHERE[:1], _WHERE[3])
_UNIT_WIDTHS = (10, 44, 24, 13, 14, 44, 66)


@dataclass(frozen=True, slots=True)
class Source:
    """One figure of a unit, and the cell that it is in."""

    cell: Cell
    unit: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Sources:
    """Every source in the order of the sheet; ``first`` has the row, from 0, at which those of a cell begin.

    Without ``listed`` the sheet has a row for each unit, and ``first`` is empty.
    """

    listed: tuple[Source, ...] = ()
    first: Mapping[Key, int] = field(default_factory=dict)


def sources_of(results: Results) -> Sources:
    """What the sheet lists: as the forms go, then the register."""
    order = results.owed.tree.order
    units = sorted(results.by_unit, key=order.__getitem__)
    if sum(len(results.by_unit[unit].entries) for unit in units) > _MOST_ROWS:
        return Sources()
    listed: list[Source] = []
    first: dict[Key, int] = {}
    for key, cell in results.owed.forms.cells.items():
        for unit in units:
            entry = results.by_unit[unit].entries.get(key)
            if entry is not None and entry.own and cell.role != "note":
                first.setdefault(key, _HEAD_ROW + 1 + len(listed))
                listed.append(Source(cell, unit, entry))
    return Sources(tuple(listed), first)


def write_sources(book: Workbook, styles: Styles, results: Results, sources: Sources, footer: str) -> None:
    """Add the sheet."""
    sheet = book.add_worksheet(SOURCES_SHEET)
    sheet.hide_gridlines(2)
    heads, widths = ((*_HEADS, *_WHERE), _WIDTHS) if sources.listed else (_UNIT_HEADS, _UNIT_WIDTHS)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    last = len(heads) - 1
    title = f"NGUỒN CỦA TỪNG SỐ LIỆU – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(0, 0, 0, min(last, 9), title, styles.get(bold=True, align="center", font_size=14))
    about = f"{results.as_of[:1].upper()}{results.as_of[1:]}. Lọc theo cột để xem một chỉ tiêu, một đơn vị."
    sheet.write_string(1, 0, about, styles.get(italic=True, font_size=11))
    for column, text in enumerate(heads):
        sheet.write_string(_HEAD_ROW, column, text, styles.head())
    sheet.set_row(_HEAD_ROW, 34)
    row = (
        _write_listed(sheet, styles, results, sources.listed)
        if sources.listed
        else _write_units(sheet, styles, results)
    )
    sheet.freeze_panes(_HEAD_ROW + 1, 0)
    sheet.autofilter(_HEAD_ROW, 0, max(row, _HEAD_ROW + 1), last)
    sheet.print_area(0, 0, max(row, _HEAD_ROW + 1), last)
    print_setup(sheet, landscape=True, footer=footer, repeat=(_HEAD_ROW, _HEAD_ROW))


def _write_listed(sheet: QuickSheet, styles: Styles, results: Results, listed: Sequence[Source]) -> int:
    forms, tree = results.owed.forms, results.owed.tree
    reasons = {decision.row: decision.because for decision in results.workspace.decided(results.owed.period)}
    words = styles.get(border=1, font_size=11)
    small = styles.get(border=1, font_size=8)
    link = styles.get(border=1, font_size=11, font_color="#0563C1", underline=1)
    row = _HEAD_ROW
    for row, source in enumerate(listed, start=_HEAD_ROW + 1):
        cell, entry, unit = source.cell, source.entry, tree.unit(source.unit)
        form = forms.by_id[cell.key.form]
        table = next(table for table in form.tables if table.id == cell.table)
        labels = (form.indicator(cell.key.indicator).label.vi, table.measure(cell.key.measure).label.vi)
        named = (cell.key.form, cell.key.indicator, *labels, unit.code, unit.name)
        for column, text in enumerate(named):
            sheet.write_string(row, column, text, words)
        state = status_of_entry(entry)
        look = _look(state)
        _write_value(sheet, styles, row, source, look)
        sheet.write_string(row, 7, text_of_entry(entry), words)
        sheet.write_string(row, 8, _STATES[state], styles.get(border=1, font_size=11, **look))
        sheet.write_string(row, 9, reasons.get(entry.decision, ""), words)
        submission = results.by_unit[source.unit]
        linked = len(listed) <= _MOST_LINKS and not results.workspace.elsewhere
        _write_file(sheet, row, 10, results, submission.file, entry, link if linked else words)
        sheet.write_string(row, 11, entry.sheet, words)
        sheet.write_string(row, 12, entry.cell, words)
        sheet.write_string(row, 13, submission.sha256, small)
        sheet.passed(row)
    return row


def _look(state: str) -> dict[str, Any]:
    return {"adjusted": {"bg_color": MARKS["info"]}, "refused": {"bg_color": MARKS["hard"]}}.get(state, {})


def _write_value(sheet: Worksheet, styles: Styles, row: int, source: Source, look: dict[str, Any]) -> None:
    style = styles.get(border=1, font_size=11, num_format=number_format(source.cell.type, 2), align="right", **look)
    if source.entry.value is None:
        sheet.write_blank(row, 6, None, style)
    else:
        sheet.write_number(row, 6, source.entry.value, style)


def _write_file(
    sheet: Worksheet, row: int, column: int, results: Results, file: str, entry: Entry | None, style: Any
) -> None:
    """The name of the file, with a link to the cell where there is room for it."""
    name = file.rsplit("/", 1)[-1]
    if not style.underline:
        sheet.write_string(row, column, name, style)
        return
    at = f"#'{entry.sheet}'!{entry.cell}" if entry is not None and file.lower().find(".zip/") < 0 else ""
    if sheet.write_url(row, column, sent_link(results, file) + at, style, name):
        sheet.write_string(row, column, name, style)


def _write_units(sheet: QuickSheet, styles: Styles, results: Results) -> int:
    order = results.owed.tree.order
    words = styles.get(border=1, font_size=11)
    link = styles.get(border=1, font_size=11, font_color="#0563C1", underline=1)
    day, count = styles.get(border=1, num_format="dd/mm/yyyy"), styles.get(border=1, num_format="#,##0")
    row = _HEAD_ROW
    for row, code in enumerate(sorted(results.by_unit, key=order.__getitem__), start=_HEAD_ROW + 1):
        submission = results.by_unit[code]
        sheet.write_string(row, 0, code, words)
        sheet.write_string(row, 1, results.owed.tree.unit(code).name, words)
        sheet.write_string(row, 2, STATUS_NAMES[submission.status].vi, words)
        received = submission.received_day
        sheet.write_datetime(row, 3, datetime(received.year, received.month, received.day), day)
        sheet.write_number(row, 4, submission.entries.own_ones, count)
        linked = row < MOST_LINKS and not results.workspace.elsewhere
        _write_file(sheet, row, 5, results, submission.file, None, link if linked else words)
        sheet.write_string(row, 6, submission.sha256, words)
        sheet.passed(row)
    return row
