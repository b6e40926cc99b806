"""``doi-chieu-P.xlsx`` for the office: who has what to mend, every finding, every edit with how many failed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from xlsxwriter.worksheet import Worksheet

from pipeline.doubts import Move, label_of_move
from pipeline.files import put
from pipeline.findings import Finding
from pipeline.messages import first_place, number, sentence, suggestion
from pipeline.quick_sheet import MANY_ROWS, QuickSheet
from pipeline.results import STATUS_NAMES, Results
from pipeline.sheet_room import MOST_LINKS, fitting, say_left_out
from pipeline.state_of_returns import first_thing
from pipeline.styles import MARKS, NAMES, Styles, lines_needed, new_book, print_setup
from pipeline.write_links import Links, sent_link

DOUBTS_SHEET = "Gọi trước"
_UNIT_WIDTHS = (5, 10, 36, 26, 10, 10, 10, 60)
_DOUBT_WIDTHS = (5, 10, 36, 13, 13, 80)
_FINDING_WIDTHS = (5, 10, 9, 25, 6, 18, 14, 15, 15, 46, 32, 15, 10)
_EDIT_WIDTHS = (15, 64, 11, 11, 11, 13, 13)
_MOST_MOVES = 4
_COUNTED = "Số đơn vị đã gửi và được hỏi; sai ở một dòng, một cột là không đạt, không xét được chỗ nào là chưa xét được"
# What is less than a tenth of a percent is shown as such, not as none.
_PART = '[=0]0;[<0.001]"<0,1%";0.0%'


def write_findings(path: Path, results: Results, links: Links) -> None:
    """Write the workbook."""

    def write(temporary: Path) -> bool:
        title = f"Đối chiếu {results.owed.period}"
        large = len(results.owed.tree.units) > MANY_ROWS
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title, brief=True, large=large)
        styles = Styles(book)
        _write_units(book.add_worksheet("Theo đơn vị"), styles, results, links)
        _write_doubts(book.add_worksheet(DOUBTS_SHEET), styles, results, links)
        _write_all(book.add_worksheet("Phát hiện"), styles, results, links)
        _write_edits(book.add_worksheet("Quy tắc"), styles, results)
        book.close()
        return True

    put(path, write)


def _begin(
    sheet: Worksheet, styles: Styles, results: Results, title: str, heads: Sequence[str], widths: Sequence[float]
) -> None:
    sheet.hide_gridlines(2)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    shown = f"{title} – {results.owed.period.label('vi').upper()}"
    sheet.merge_range(0, 0, 0, len(widths) - 1, shown, styles.get(bold=True, align="center", font_size=14))
    for column, text in enumerate(heads):
        sheet.write_string(2, column, text, styles.head())
    sheet.freeze_panes(3, 0)


def _end(sheet: Worksheet, results: Results, row: int, last: int) -> None:
    sheet.autofilter(2, 0, max(3, row), last)
    sheet.print_area(0, 0, max(3, row), last)
    name = results.owed.tree.province.name.replace("&", "và")
    foot = f"{name} – {results.owed.period.label('vi')} – {results.as_of}"
    print_setup(sheet, landscape=True, footer=foot, repeat=(2, 2))


def _write_units(sheet: QuickSheet, styles: Styles, results: Results, links: Links) -> None:
    heads = ("TT", "Mã", "Đơn vị", "Tình trạng", "Phải sửa", "Xem lại", "Ghi chú", "Việc đầu tiên cần làm")
    _begin(sheet, styles, results, "ĐƠN VỊ VÀ VIỆC CẦN LÀM", heads, _UNIT_WIDTHS)
    tree = results.owed.tree
    units = [unit for unit in tree.units if results.findings_of(unit.code) or unit.code in results.owed.owed]
    row = 2
    for row, unit in enumerate(units, start=3):
        found = results.findings_of(unit.code)
        words = first_thing(found, results.lang)
        sheet.set_row(row, 16.5 * max(lines_needed(words, _UNIT_WIDTHS[7]), lines_needed(unit.name, 36)) + 2)
        sheet.write_number(row, 0, row - 2, styles.table(align="center"))
        _link_or_text(sheet, styles, row, 1, unit.code, links.returned(unit.code))
        sheet.write_string(row, 2, unit.name, styles.table())
        sheet.write_string(row, 3, STATUS_NAMES[results.status_of(unit.code)].vi, styles.table())
        for column, severity in ((4, "hard"), (5, "soft"), (6, "info")):
            count = sum(finding.severity == severity for finding in found)
            sheet.write_number(row, column, count, styles.table(align="center", num_format="0;;"))
        sheet.write_string(row, 7, words, styles.table())
        sheet.passed(row)
    _end(sheet, results, row, len(heads) - 1)


def _write_doubts(sheet: QuickSheet, styles: Styles, results: Results, links: Links) -> None:
    """Whom to call first: whose figures in doubt could move those of the province most."""
    heads = ("TT", "Mã", "Đơn vị", "Phần nghi vấn", "Cộng dồn", "Số liệu có thể làm lệch số toàn tỉnh nhiều nhất")
    _begin(sheet, styles, results, "GỌI ĐƠN VỊ NÀO TRƯỚC", heads, _DOUBT_WIDTHS)
    row = 2
    for row, doubt in enumerate(results.doubts, start=3):
        unit = results.owed.tree.unit(doubt.unit)
        words = "; ".join(_moved(results, move) for move in _one_a_row(doubt.moves)[:_MOST_MOVES])
        sheet.set_row(row, 16.5 * max(lines_needed(words, _DOUBT_WIDTHS[5]), lines_needed(unit.name, 36)) + 2)
        sheet.write_number(row, 0, row - 2, styles.table(align="center"))
        _link_or_text(sheet, styles, row, 1, unit.code, links.returned(unit.code))
        sheet.write_string(row, 2, unit.name, styles.table())
        for column, part in ((3, doubt.share), (4, doubt.reached)):
            sheet.write_number(row, column, part, styles.table(align="center", num_format="0.0%"))
        sheet.write_string(row, 5, words, styles.table())
        sheet.passed(row)
    _end(sheet, results, row, len(heads) - 1)


def _one_a_row(moves: Iterable[Move]) -> list[Move]:
    """Of the figures of a row the one that could move most, which comes first."""
    rows: dict[tuple[str, str], Move] = {}
    for move in moves:
        rows.setdefault((move.key.form, move.key.indicator or move.key.measure), move)
    return list(rows.values())


def _moved(results: Results, move: Move) -> str:
    """A figure, by how much it may be off, and what part of the province's that is."""
    label = label_of_move(results.owed.forms, move.key).of(results.lang)
    part = number(100 * move.part, results.lang, 1)
    return f"{label} ({move.key.form}): ±{number(move.by, results.lang)} = {part} %"


def _write_all(sheet: QuickSheet, styles: Styles, results: Results, links: Links) -> None:
    heads = (
        *("TT", "Mức", "Mã đơn vị", "Đơn vị", "Biểu", "Tệp", "Ô", "Đang là", "Lẽ ra"),
        *("Nội dung", "Cách xử lý", "Mã phát hiện", "Ảnh hưởng"),
    )
    _begin(sheet, styles, results, "MỌI PHÁT HIỆN", heads, _FINDING_WIDTHS)
    row = 2
    shown, left = fitting(results.findings, 3)
    for row, finding in enumerate(shown, start=3):
        _write_finding(sheet, styles, results, links, row, finding)
        sheet.passed(row)
    say_left_out(sheet, styles, row + 1, left, "data/findings.csv")
    _end(sheet, results, row, len(heads) - 1)


def _write_finding(
    sheet: Worksheet, styles: Styles, results: Results, links: Links, row: int, finding: Finding
) -> None:
    """One line; the cells are those of the file that came, their link leads to where they stand in what goes back."""
    tree = results.owed.tree
    name = tree.unit(finding.unit).name if finding.unit in tree else ""
    words, remedy = sentence(finding, results.lang), suggestion(finding, results.lang)
    file = finding.file.rsplit("/", 1)[-1]
    cells = first_place(finding) if finding.cells else ""
    texts = (finding.unit, name, finding.form, file, cells, finding.value, finding.expected, words, remedy, finding.id)
    lines = max(lines_needed(text, _FINDING_WIDTHS[k]) for k, text in enumerate(texts, start=2))
    sheet.set_row(row, min(400, 16.5 * lines + 2))
    sheet.write_number(row, 0, row - 2, styles.table(align="center"))
    sheet.write_string(row, 1, NAMES[finding.severity], styles.table(bg_color=MARKS[finding.severity], align="center"))
    for column, text in enumerate(texts, start=2):
        target = ""
        if column == 5 and file and row < MOST_LINKS // 2:
            target = sent_link(results, finding.file)
        elif column == 6 and row < MOST_LINKS // 2:
            target = links.cell(finding)
        _link_or_text(sheet, styles, row, column, text, target)
    impact = styles.table(align="center", num_format=_PART)
    if finding.impact is None:
        sheet.write_blank(row, len(_FINDING_WIDTHS) - 1, None, impact)
    else:
        sheet.write_number(row, len(_FINDING_WIDTHS) - 1, finding.impact, impact)


def _link_or_text(sheet: Worksheet, styles: Styles, row: int, column: int, text: str, target: str) -> None:
    if target and text:
        sheet.write_url(row, column, target, styles.table(font_color="#0563C1", underline=1), text)
    else:
        sheet.write_string(row, column, text, styles.table())


def _write_edits(sheet: Worksheet, styles: Styles, results: Results) -> None:
    heads = ("Quy tắc", "Nội dung", "Mức", "Đạt", "Không đạt", "Chưa xét được", "trong đó chưa ghi số nào")
    _begin(sheet, styles, results, "QUY TẮC KIỂM TRA VÀ KẾT QUẢ", heads, _EDIT_WIDTHS)
    sheet.merge_range(1, 0, 1, len(heads) - 1, _COUNTED, styles.get(italic=True, align="center"))
    sheet.set_row(2, 16.5 * max(lines_needed(head, width) for head, width in zip(heads, _EDIT_WIDTHS, strict=True)) + 4)
    row = 2
    for row, edit in enumerate(results.edits, start=3):
        label = edit.label.of(results.lang)
        sheet.set_row(row, 16.5 * lines_needed(label, _EDIT_WIDTHS[1]) + 2)
        sheet.write_string(row, 0, edit.id, styles.table())
        sheet.write_string(row, 1, label, styles.table())
        sheet.write_string(row, 2, NAMES[edit.severity], styles.table(align="center"))
        counts = (edit.passed, edit.failed, edit.unknown, edit.unreported)
        for column, count in enumerate(counts, start=3):
            colour = {"bg_color": MARKS[edit.severity]} if column == 4 and count else {}
            sheet.write_number(row, column, count, styles.table(align="center", num_format="#,##0", **colour))
    _end(sheet, results, row, len(heads) - 1)
