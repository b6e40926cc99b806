"""The sheet of who has sent, how late, and what each must correct first."""

from __future__ import annotations

from collections.abc import Iterable

from xlsxwriter.worksheet import Worksheet

from pipeline.messages import sentence
from pipeline.quick_sheet import QuickSheet
from pipeline.results import STATUS_NAMES, Results
from pipeline.sheet_room import MOST_LINKS
from pipeline.state_of_returns import UnitState, counts, states_of_returns
from pipeline.styles import MARKS, Styles, lines_needed, print_setup
from pipeline.write_links import sent_link

STATE_SHEET = "Tình hình nộp"
STATUS_COLOURS = {"rejected": MARKS["hard"], "queried": MARKS["soft"], "missing": "#E4E4E4", "accepted": "#D5F0D5"}
_COLUMNS = (
    ("TT", 5),
    ("Mã", 10),
    ("Đơn vị", 30),
    ("Tình trạng", 22),
    ("Liên hệ", 25),
    ("Ngày nhận", 12),
    ("Muộn (ngày)", 8),
    ("Phải sửa", 7),
    ("Xem lại", 7),
    ("Việc đầu tiên phải sửa", 48),
    ("Tệp", 24),
)
_WIDTHS = tuple(width for _, width in _COLUMNS)
_LAST = len(_COLUMNS) - 1


def write_state(
    sheet: QuickSheet, styles: Styles, results: Results, sheets: Iterable[tuple[str, str]], footer: str
) -> None:
    """Fill the sheet; ``sheets`` are the others of the workbook, each with what it shows."""
    sheet.hide_gridlines(2)
    _write_title(sheet, styles, results)
    summary, states = _summary(results), states_of_returns(results)
    for row, (label, count, form) in enumerate(summary, start=4):
        sheet.merge_range(row, 1, row, 2, label, styles.table(bold=row == 4))
        sheet.write_number(row, 3, count, styles.table(align="center", num_format=form))
    top = 5 + len(summary)
    for column, (text, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(top, column, text, styles.head())
    sheet.set_row(top, 16.5 * max(lines_needed(text, width, bold=True) for text, width in _COLUMNS) + 2)
    for i, state in enumerate(states, start=1):
        _write_unit(sheet, styles, results, state, top + i, i)
        sheet.passed(top + i)
    row = _write_apart(sheet, styles, results, top + len(states) + 2)
    for name, text in sheets:
        sheet.write_url(row, 1, f"internal:'{name}'!A1", styles.get(font_color="#0563C1", underline=1), name)
        sheet.write_string(row, 3, text, styles.get())
        row += 1
    sheet.freeze_panes(top + 1, 3)
    sheet.autofilter(top, 0, top + max(1, len(states)), _LAST)
    sheet.print_area(0, 0, row, _LAST)
    print_setup(sheet, landscape=True, footer=footer, repeat=(top, top))


def _write_title(sheet: Worksheet, styles: Styles, results: Results) -> None:
    sheet.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"TÌNH HÌNH NỘP BÁO CÁO – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(1, 0, 1, _LAST, title, styles.get(bold=True, align="center", font_size=14))
    when = f"Hạn gửi {results.owed.dates.due:%d/%m/%Y}; {results.as_of}"
    sheet.merge_range(2, 0, 2, _LAST, when, styles.get(italic=True, align="center"))


def _summary(results: Results) -> list[tuple[str, float, str]]:
    """The counts with their number formats; what is rare is left out where there is none of it."""
    state, whole = counts(results), "#,##0"
    rows: list[tuple[str, float, str]] = [("Số đơn vị phải gửi", state.owed, whole), ("Đã nhận", state.received, whole)]
    if state.rate is not None:
        rows.append(("– tỷ lệ (%)", state.rate, "0.0"))
    rows += [
        ("– đúng hạn", state.on_time, whole),
        ("– gửi muộn", state.late, whole),
        ("– phải sửa, gửi lại", state.to_correct, whole),
        ("Chưa gửi", state.missing, whole),
    ]
    if state.unusable:
        rows.append(("– có tệp nhưng không tính được", state.unusable, whole))
    if state.beside:
        rows.append(("Gửi thêm (không thuộc diện phải gửi)", state.beside, whole))
    return rows


def _write_unit(sheet: Worksheet, styles: Styles, results: Results, state: UnitState, row: int, number: int) -> None:
    plain, count = styles.table(), styles.table(align="center", num_format="0;;")
    day = styles.table(num_format="dd/mm/yyyy", align="center")
    sheet.write_number(row, 0, number, styles.table(align="center"))
    sheet.write_string(row, 1, state.unit.code, plain)
    sheet.write_string(row, 2, state.unit.name, plain)
    colour = {"bg_color": STATUS_COLOURS[state.status]} if state.status in STATUS_COLOURS else {}
    sheet.write_string(row, 3, STATUS_NAMES[state.status].vi, styles.table(**colour))
    sheet.write_string(row, 4, state.contact, plain)
    if state.received:
        sheet.write_datetime(row, 5, state.received, day)
    else:
        sheet.write_blank(row, 5, None, day)
    for column, found in ((6, state.days_late), (7, state.hard), (8, state.soft)):
        sheet.write_number(row, column, found, count)
    sheet.write_string(row, 9, state.first, plain)
    lines = max(
        lines_needed(text, _WIDTHS[i]) for i, text in ((2, state.unit.name), (4, state.contact), (9, state.first))
    )
    sheet.set_row(row, min(400, 16.5 * lines + 2))
    submission = results.by_unit.get(state.unit.code)
    if submission is None:
        sheet.write_blank(row, _LAST, None, plain)
    else:
        shown, link = submission.file.rsplit("/", 1)[-1], styles.table(font_color="#0563C1", underline=1)
        target = sent_link(results, submission.file)
        if target and row < MOST_LINKS:
            sheet.write_url(row, _LAST, target, link, shown)
        else:
            sheet.write_string(row, _LAST, shown, plain)


def _write_apart(sheet: Worksheet, styles: Styles, results: Results, row: int) -> int:
    """Files that do not count, each with its reason."""
    apart = [s for s in results.submissions if s.status in ("quarantined", "superseded", "set-aside")]
    if not apart:
        return row
    sheet.write_string(row, 1, "Tệp không tính vào tổng hợp", styles.get(bold=True))
    row += 1
    for submission in apart:
        reason = next((sentence(f) for f in results.findings if f.file == submission.file), "")
        if submission.status == "superseded":
            forced = any(f.id == "forced" and f.file == submission.reason for f in results.findings)
            why = "tính theo quyết định" if forced else "đã có bản sau"
            reason = f"{why}: {submission.reason.rsplit('/', 1)[-1]}"
        elif submission.status == "set-aside" and submission.reason != "attachment":
            reason = f"theo quyết định: {submission.reason}"
        name = submission.file.rsplit("/", 1)[-1]
        sheet.merge_range(row, 1, row, 2, name, styles.table())
        sheet.write_string(row, 3, STATUS_NAMES[submission.status].vi, styles.table())
        sheet.merge_range(row, 4, row, _LAST, reason, styles.table())
        lines = max(lines_needed(name, sum(_WIDTHS[1:3])), lines_needed(reason, sum(_WIDTHS[4:])))
        sheet.set_row(row, 16.5 * lines + 2)
        row += 1
    return row + 1
