"""The consolidated workbook: state of returns, each form with the province and its units, the findings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.files import put
from pipeline.findings import Finding
from pipeline.layout import a1
from pipeline.messages import first_place, sentence, suggestion
from pipeline.quick_sheet import MANY_ROWS, QuickSheet
from pipeline.results import Results
from pipeline.sheet_room import MOST_LINKS, fitting, say_left_out
from pipeline.styles import MARKS, NAMES, Styles, lines_needed, new_book, print_setup
from pipeline.write_comparison import COMPARISON_SHEET, write_comparison
from pipeline.write_figures import Figured, write_figures
from pipeline.write_front import FRONT_SHEET, Front, write_front
from pipeline.write_links import Links
from pipeline.write_lists import write_lists
from pipeline.write_notes import NOTES_SHEET, write_notes
from pipeline.write_sources import SOURCES_SHEET, sources_of, write_sources
from pipeline.write_state import STATE_SHEET, write_state
from pipeline.write_targets import TARGETS_SHEET, targets_given, write_targets
from schemas.form import Key

FINDINGS_SHEET = "Phát hiện"
_OTHERS = (
    (TARGETS_SHEET, "Chỉ tiêu giao, kết quả, đánh giá: toàn tỉnh và từng đơn vị"),
    (COMPARISON_SHEET, "Số liệu chính so với kỳ trước, từng đơn vị"),
    (FINDINGS_SHEET, "Mọi chỗ phải sửa, cần xem lại, ghi chú"),
    (NOTES_SHEET, "Lý do đơn vị ghi bên cạnh số liệu"),
    (SOURCES_SHEET, "Mỗi số lấy từ tệp nào, trang nào, ô nào"),
)
_FINDING_WIDTHS = (6, 11, 26, 8, 20, 60, 40, 18)


def write_book(path: Path, results: Results, links: Links) -> None:
    """Write ``tong-hop-P.xlsx``."""

    def write(temporary: Path) -> bool:
        title, large = f"Tổng hợp {results.owed.period}", len(results.owed.tree.units) > MANY_ROWS
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title, brief=True, large=large)
        styles, foot, sources = Styles(book), footer(results), sources_of(results)
        front, state = book.add_worksheet(FRONT_SHEET), book.add_worksheet(STATE_SHEET)
        form = targets_given(results)
        targets = book.add_worksheet(TARGETS_SHEET) if form is not None else None
        leads = {key: (SOURCES_SHEET, row, 0) for key, row in sources.first.items()}
        figured = write_figures(book, styles, results, leads)
        listed = write_lists(book, styles, results, foot)
        compared = write_comparison(book, styles, results, figured, foot)
        _seal(book)
        if form is not None and targets is not None:
            write_targets(book, targets, styles, results, figured, form, foot)
        figured = replace(figured, sheets=(*figured.sheets, *listed))
        _write_findings(book.add_worksheet(FINDINGS_SHEET), styles, results, figured, links)
        write_notes(book, styles, results, foot)
        _seal(book)
        write_sources(book, styles, results, sources, foot)
        _seal(book)
        others = tuple(one for one in _OTHERS if one[0] in book.sheetnames)
        write_state(state, styles, results, (*figured.sheets, *others), foot)
        _seal(book)
        write_front(book, Front(front, styles, results, figured, compared), foot, STATE_SHEET)
        book.close()
        return True

    put(path, write)


def _seal(book: Workbook) -> None:
    """Forget the cells of very long sheets, each of which is whole once the next one is begun."""
    for sheet in book.worksheets():
        if sheet.can_be_sealed:
            sheet.seal()


def footer(results: Results) -> str:
    """The foot of every page: who, which period, figures as of when."""
    name = results.owed.tree.province.name
    # In a foot, & begins a code.
    return f"{name} – {results.owed.period.label('vi')} – {results.as_of}".replace("&", "và")


def _write_findings(sheet: QuickSheet, styles: Styles, results: Results, figured: Figured, links: Links) -> None:
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
    shown, left = fitting(results.findings, 3)
    for row, finding in enumerate(shown, start=3):
        _write_finding(sheet, styles, results, figured, links, row, finding)
        sheet.passed(row)
    say_left_out(sheet, styles, row + 1, left, "data/findings.csv")
    sheet.freeze_panes(3, 0)
    sheet.autofilter(2, 0, max(3, row), last)
    sheet.print_area(0, 0, max(3, row), last)
    print_setup(sheet, landscape=True, footer=footer(results), repeat=(2, 2))


def _write_finding(
    sheet: Worksheet, styles: Styles, results: Results, figured: Figured, links: Links, row: int, finding: Finding
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
    there = figured.place(finding.unit, Key(finding.form, finding.indicator, finding.measure))
    if there and row < MOST_LINKS // 2:
        sheet.write_url(row, 2, f"internal:'{there[0]}'!{a1(*there[1:])}", link, unit)
    else:
        sheet.write_string(row, 2, unit, styles.table())
    sheet.write_string(row, 3, finding.form, styles.table(align="center"))
    target = links.cell(finding) if row < MOST_LINKS // 2 else ""
    if target:
        sheet.write_url(row, 4, target, link, shown)
    else:
        sheet.write_string(row, 4, shown, styles.table())
    sheet.write_string(row, 5, words, styles.table())
    sheet.write_string(row, 6, remedy, styles.table())
    sheet.write_string(row, 7, finding.id, styles.table(font_size=10))
