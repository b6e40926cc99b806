"""The consolidated workbook: state of returns, each form with the province and its units, the findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from pipeline.files import put
from pipeline.findings import Finding
from pipeline.layout import a1
from pipeline.messages import first_place, sentence, suggestion
from pipeline.package_findings import NAMES
from pipeline.results import STATUS_NAMES, Results
from pipeline.styles import MARKS, Styles, lines_needed, new_book, print_setup
from pipeline.write_figures import Figured, write_figures
from pipeline.write_lists import write_lists
from pipeline.write_notes import write_notes
from schemas.form import Key
from schemas.tree import Unit

STATE_SHEET = "Tình hình nộp"
FINDINGS_SHEET = "Phát hiện"
_STATE_WIDTHS = (5, 10, 34, 26, 13, 11, 11, 11, 40)
_FINDING_WIDTHS = (6, 11, 26, 8, 20, 60, 40, 18)
STATUS_COLOURS = {"rejected": MARKS["hard"], "queried": MARKS["soft"], "missing": "#E4E4E4", "accepted": "#D5F0D5"}
# Excel keeps at most 65,530 links on a sheet.
_MOST_LINKS = 30_000


def write_book(path: Path, results: Results) -> None:
    """Write ``tong-hop-P.xlsx``."""

    def write(temporary: Path) -> bool:
        title = f"Tổng hợp {results.owed.period}"
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title)
        styles = Styles(book)
        state = book.add_worksheet(STATE_SHEET)
        figured = write_figures(book, styles, results)
        listed = write_lists(book, styles, results, footer(results))
        figured = replace(figured, sheets=(*figured.sheets, *listed))
        _write_state(state, styles, results, figured)
        _write_findings(book.add_worksheet(FINDINGS_SHEET), styles, results, figured)
        write_notes(book, styles, results, footer(results))
        book.close()
        return True

    put(path, write)


def footer(results: Results) -> str:
    """The foot of every page: who, which period, figures as of when."""
    name = results.owed.tree.province.name.replace("&", "và")
    return f"{name} – {results.owed.period.label('vi')} – {results.as_of}"


def _write_state(sheet: Worksheet, styles: Styles, results: Results, figured: Figured) -> None:
    last = len(_STATE_WIDTHS) - 1
    sheet.hide_gridlines(2)
    for column, width in enumerate(_STATE_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"TÌNH HÌNH NỘP BÁO CÁO – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(1, 0, 1, last, title, styles.get(bold=True, align="center", font_size=14))
    dates = results.owed.dates
    when = f"Hạn gửi {dates.due:%d/%m/%Y}; {results.as_of}"
    sheet.merge_range(2, 0, 2, last, when, styles.get(italic=True, align="center"))
    listed = listed_units(results)
    for i, (label, count) in enumerate(_summary(results)):
        sheet.merge_range(4 + i, 1, 4 + i, 2, label, styles.table(bold=i == 0))
        sheet.write_number(4 + i, 3, count, styles.table(align="center", num_format="#,##0"))
    top = 5 + len(_summary(results))
    heads = ("TT", "Mã", "Đơn vị", "Tình trạng", "Ngày nhận", "Phải sửa", "Xem lại", "Ghi chú", "Tệp")
    for column, text in enumerate(heads):
        sheet.write_string(top, column, text, styles.head())
    for i, unit in enumerate(listed, start=1):
        _write_unit(sheet, styles, results, unit, top + i, i)
    row = top + len(listed) + 1
    row = _write_apart(sheet, styles, results, row + 1)
    for name, text in figured.sheets:
        sheet.write_url(row, 1, f"internal:'{name}'!A1", styles.get(font_color="#0563C1", underline=1), name)
        sheet.write_string(row, 3, text, styles.get())
        row += 1
    sheet.freeze_panes(top + 1, 3)
    sheet.autofilter(top, 0, top + max(1, len(listed)), last)
    sheet.print_area(0, 0, row, last)
    print_setup(sheet, landscape=True, footer=footer(results), repeat=(top, top))


def listed_units(results: Results) -> list[Unit]:
    """Every unit that owes a package or sent one, in register order."""
    return [unit for unit in results.owed.tree.units if unit.code in results.owed.owed or unit.code in results.by_unit]


def _summary(results: Results) -> list[tuple[str, int]]:
    owed = results.owed.owed
    late = {finding.unit for finding in results.findings if finding.id == "late"}
    sent = [unit for unit in results.by_unit if unit in owed]
    rows = [
        ("Số đơn vị phải gửi", len(owed)),
        ("Đã nhận", len(sent)),
        ("– đúng hạn", sum(unit not in late for unit in sent)),
        ("– gửi muộn", sum(unit in late for unit in sent)),
        ("– phải sửa, gửi lại", sum(results.by_unit[unit].status == "rejected" for unit in sent)),
        ("Chưa gửi", len(owed) - len(sent)),
    ]
    beside = len(results.by_unit) - len(sent)
    return [*rows, ("Gửi thêm (không thuộc diện phải gửi)", beside)] if beside else rows


def _write_unit(sheet: Worksheet, styles: Styles, results: Results, unit: Unit, row: int, number: int) -> None:
    status = results.status_of(unit.code)
    submission = results.by_unit.get(unit.code)
    found = results.findings_of(unit.code)
    sheet.write_number(row, 0, number, styles.table(align="center"))
    sheet.write_string(row, 1, unit.code, styles.table())
    sheet.write_string(row, 2, unit.name, styles.table())
    colour = {"bg_color": STATUS_COLOURS[status]} if status in STATUS_COLOURS else {}
    sheet.write_string(row, 3, STATUS_NAMES[status].vi, styles.table(**colour))
    day = styles.table(num_format="dd/mm/yyyy", align="center")
    if submission:
        sheet.write_datetime(row, 4, submission.received_day, day)
    else:
        sheet.write_blank(row, 4, None, day)
    for column, severity in ((5, "hard"), (6, "soft"), (7, "info")):
        count = sum(finding.severity == severity for finding in found)
        style = styles.table(align="center", num_format="0;;")
        sheet.write_number(row, column, count, style)
    if submission is None:
        sheet.write_blank(row, 8, None, styles.table())
    else:
        shown = submission.file.rsplit("/", 1)[-1]
        # What stands in an archive cannot be linked to; the archive can.
        inside = submission.file.lower().find(".zip/")
        target = f"external:../../{submission.file if inside < 0 else submission.file[: inside + 4]}"
        sheet.write_url(row, 8, target, styles.table(font_color="#0563C1", underline=1), shown)
    sheet.set_row(row, 16.5 * max(lines_needed(unit.name, 34), 1) + 2)


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
        sheet.merge_range(row, 4, row, 8, reason, styles.table())
        sheet.set_row(row, 16.5 * max(lines_needed(name, 44), lines_needed(reason, 86)) + 2)
        row += 1
    return row + 1


def _write_findings(sheet: Worksheet, styles: Styles, results: Results, figured: Figured) -> None:
    sheet.hide_gridlines(2)
    last = len(_FINDING_WIDTHS) - 1
    for column, width in enumerate(_FINDING_WIDTHS):
        sheet.set_column(column, column, width)
    title = f"PHÁT HIỆN KHI ĐỐI CHIẾU – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(0, 0, 0, last, title, styles.get(bold=True, align="center", font_size=14))
    heads = ("TT", "Mức", "Đơn vị", "Biểu", "Ô", "Nội dung", "Cách xử lý", "Mã")
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, styles.head())
    row = 2
    for row, finding in enumerate(results.findings, start=3):
        _write_finding(sheet, styles, results, figured, row, finding)
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, max(3, row), last)
    sheet.print_area(0, 0, max(3, row), last)
    print_setup(sheet, landscape=True, footer=footer(results), repeat=(2, 2))


def _write_finding(
    sheet: Worksheet, styles: Styles, results: Results, figured: Figured, row: int, finding: Finding
) -> None:
    words, remedy = sentence(finding, results.lang), suggestion(finding, results.lang)
    words = words[:1].upper() + words[1:]
    unit = results.owed.tree.unit(finding.unit).name if finding.unit in results.owed.tree else finding.unit
    shown = first_place(finding)
    lines = max(
        lines_needed(words, _FINDING_WIDTHS[5]),
        lines_needed(remedy, _FINDING_WIDTHS[6]),
        lines_needed(unit, _FINDING_WIDTHS[2]),
        lines_needed(shown, _FINDING_WIDTHS[4]),
    )
    sheet.set_row(row, 16.5 * lines + 2)
    sheet.write_number(row, 0, row - 2, styles.table(align="center"))
    sheet.write_string(row, 1, NAMES[finding.severity], styles.table(bg_color=MARKS[finding.severity], align="center"))
    link = styles.table(font_color="#0563C1", underline=1)
    there = figured.places.get((finding.unit, Key(finding.form, finding.indicator, finding.measure)))
    if there and row < _MOST_LINKS:
        sheet.write_url(row, 2, f"internal:'{there[0]}'!{a1(*there[1:])}", link, unit)
    else:
        sheet.write_string(row, 2, unit, styles.table())
    sheet.write_string(row, 3, finding.form, styles.table(align="center"))
    if finding.cells and row < _MOST_LINKS:
        target = f"external:phan-hoi/{finding.unit}.xlsx#'{finding.form}'!{finding.cells[0].rsplit('!', 1)[-1]}"
        sheet.write_url(row, 4, target, link, shown)
    else:
        sheet.write_string(row, 4, shown, styles.table())
    sheet.write_string(row, 5, words, styles.table())
    sheet.write_string(row, 6, remedy, styles.table())
    sheet.write_string(row, 7, finding.id, styles.table(font_size=10))
