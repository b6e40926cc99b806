"""The first page of a package that goes back: its findings in order, each with a link to its cell."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from pipeline.findings import SEVERITIES, Finding, Severity
from pipeline.messages import first_place, sentence, suggestion
from pipeline.package_values import Content
from pipeline.styles import MARKS, Styles, lines_needed, print_setup

NAMES: dict[Severity, str] = {"hard": "Phải sửa", "soft": "Xem lại", "info": "Ghi chú"}
_WIDTHS = (5, 10, 17, 60, 42, 18)


def write_findings_list(sheet: Worksheet, styles: Styles, content: Content) -> None:
    """Write the page."""
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    last = len(_WIDTHS) - 1
    title = "NHỮNG CHỖ CẦN XEM TRONG BỘ BIỂU ĐÃ GỬI"
    sheet.merge_range(0, 0, 0, last, title, styles.get(bold=True, align="center", font_size=14))
    sheet.merge_range(
        1, 0, 1, last, f"{content.unit} – {content.unit_name}, {content.period_label}", styles.get(align="center")
    )
    hard = sum(finding.severity == "hard" for finding in content.findings)
    ask = (
        f"Có {hard} chỗ phải sửa. Sửa ngay trong tệp này (ô màu đỏ), lưu lại rồi gửi về."
        if hard
        else "Không có chỗ nào phải sửa. Các ghi chú dưới đây để đơn vị biết."
    )
    sheet.merge_range(2, 0, 2, last, ask, styles.get(bold=True, align="center"))
    for column, text in enumerate(("TT", "Mức", "Ô", "Nội dung", "Cách xử lý", "Mã")):
        sheet.write_string(4, column, text, styles.head())
    row = 5
    for row, finding in enumerate(in_order(content.findings), start=5):
        _write_finding(sheet, styles, content, row, finding)
    sheet.freeze_panes(5, 0)
    sheet.print_area(0, 0, row, last)
    print_setup(sheet, landscape=True, footer=content.footer, repeat=(4, 4))


def in_order(findings: tuple[Finding, ...]) -> list[Finding]:
    """What must be mended first, then as the forms go."""
    return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))


def _write_finding(sheet: Worksheet, styles: Styles, content: Content, row: int, finding: Finding) -> None:
    words, remedy = sentence(finding, content.lang), suggestion(finding, content.lang)
    words = words[:1].upper() + words[1:]
    lines = max(
        lines_needed(words, _WIDTHS[3]),
        lines_needed(remedy, _WIDTHS[4]),
        lines_needed(first_place(finding), _WIDTHS[2]),
    )
    sheet.set_row(row, 16.5 * lines + 2)
    sheet.write_number(row, 0, row - 4, styles.table(align="center"))
    sheet.write_string(row, 1, NAMES[finding.severity], styles.table(bg_color=MARKS[finding.severity], align="center"))
    if finding.cells and finding.sheet in {form.id for form in content.forms}:
        link = styles.table(font_color="#0563C1", underline=1)
        sheet.write_url(row, 2, f"internal:'{finding.sheet}'!{finding.cells[0]}", link, first_place(finding))
    else:
        sheet.write_string(row, 2, first_place(finding), styles.table())
    sheet.write_string(row, 3, words, styles.table())
    sheet.write_string(row, 4, remedy, styles.table())
    sheet.write_string(row, 5, finding.id, styles.table(font_size=10))
