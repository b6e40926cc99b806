"""``de-xuat-P.xlsx``: what may be decided on, a row a cell, to be ticked in Excel. No figure changes by writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.files import put
from pipeline.layout import column_letters
from pipeline.proposals import CODES, COMMON, HEADS, INPUTS, OFF, SHEET, Choice, Group, Line
from pipeline.results import Results
from pipeline.sheet_room import MOST_LINKS
from pipeline.styles import COMPUTED, INPUT, NOT_ASKED, Styles, lines_needed, new_book, print_setup
from pipeline.write_proposals_rules import admit, colour
from schemas.csvrows import plain
from schemas.decisions_added import amount_text
from schemas.text import NO_TEXT, Text

_TALLEST = 400
# So much more of the smaller type goes into a line.
_SMALL, _MORE = 10, 1.15
_COMMON_ROW, _CODE_ROW, _HEAD = 4, 5, 6
_FIGURE = "#,##0.##########"

Look = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list: an input of that name, or what the program says."""

    name: str
    head: Text
    width: float


_COLUMNS = (
    _Column("tick", HEADS["tick"], 7),
    _Column("", Text("Nhóm, cách", "Group, choice"), 7),
    _Column("", Text("Mã", "Code"), 8),
    _Column("", Text("Đơn vị", "Unit"), 17),
    _Column("", Text("Ô", "Cell"), 10),
    _Column("", Text("Nội dung", "What it is"), 27),
    _Column("", Text("Đang là", "Reported"), 13),
    _Column("", Text("Đề xuất", "Proposed"), 13),
    _Column("", Text("Vì sao", "Why"), 36),
    _Column("", Text("Số toàn tỉnh", "The province's figure"), 16),
    _Column("decided", HEADS["decided"], 13),
    _Column("reason", HEADS["reason"], 30),
    _Column("who", HEADS["who"], 14),
    _Column("when", HEADS["when"], 11.5),
)
AT = {column.name: i for i, column in enumerate(_COLUMNS) if column.name}
_AT = AT | {code: len(_COLUMNS) + i for i, code in enumerate(CODES)}
_LAST = len(_COLUMNS) - 1
_TITLE = Text("ĐỀ XUẤT ĐIỀU CHỈNH SỐ LIỆU", "PROPOSED ADJUSTMENTS")
_NOTHING = Text("Không có đề xuất nào.", "Nothing is proposed.")
_COMMON = Text("Dùng cho mọi dòng không ghi riêng:", "For every row that does not say otherwise:")


def write_proposals(path: Path, results: Results, groups: Sequence[Group]) -> None:
    """Write the list, the groups in the order in which they are given."""

    def write(temporary: Path) -> bool:
        title = f"{_TITLE.of(results.lang)} {results.owed.period}"
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title)
        sheet, styles = book.add_worksheet(SHEET), Styles(book)
        _write_top(sheet, styles, results)
        row = _HEAD + 1
        for number, group in enumerate(groups, start=1):
            row = _write_group(sheet, styles, results, group, number, row)
        if not groups:
            said = _NOTHING.of(results.lang)
            sheet.merge_range(row, 0, row, _LAST, said, styles.table(italic=True, align="center"))
            row += 1
        else:
            colour(book, sheet, (_HEAD + 1, row - 1), _COMMON_ROW, _AT)
        _finish(sheet, results, row - 1)
        book.close()
        return True

    put(path, write)


def _write_top(sheet: Worksheet, styles: Styles, results: Results) -> None:
    lang, period = results.lang, results.owed.period
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"{_TITLE.of(lang)} – {period.label(lang).upper()}"
    sheet.merge_range(1, 0, 1, _LAST, title, styles.get(bold=True, align="center", font_size=14))
    for row, words in enumerate(_asked(results), start=2):
        sheet.merge_range(row, 0, row, _LAST, words.of(lang), styles.get(text_wrap=True))
        sheet.set_row(row, 34)
    said = styles.get(italic=True, align="right")
    sheet.merge_range(_COMMON_ROW, AT["decided"] - 1, _COMMON_ROW, AT["reason"], _COMMON.of(lang), said)
    open_cell = styles.table(bg_color=INPUT, locked=False)
    sheet.write_blank(_COMMON_ROW, AT["who"], None, open_cell)
    sheet.write_blank(_COMMON_ROW, AT["when"], None, _day(styles))
    sheet.write_string(_COMMON_ROW, _AT["group"], COMMON)
    for code in (*INPUTS, *CODES):
        sheet.write_string(_CODE_ROW, _AT[code], code)
    sheet.set_row(_CODE_ROW, None, None, {"hidden": True})
    for i, column in enumerate(_COLUMNS):
        sheet.set_column(i, i, column.width)
        sheet.write_string(_HEAD, i, column.head.of(lang), styles.head(**({"bg_color": INPUT} if column.name else {})))
    sheet.set_column(len(_COLUMNS), len(_COLUMNS) + len(CODES) - 1, 10, None, {"hidden": True})
    sheet.set_row(_HEAD, 16.5 * max(lines_needed(c.head.of(lang), c.width, bold=True) for c in _COLUMNS) + 2)


def _asked(results: Results) -> tuple[Text, Text]:
    """What an officer does with the list; the file to click works for the current period alone."""
    period = results.owed.period
    take = f"tonghop propose --take --period {period}"
    click = "5-ghi-quyet-dinh.cmd" if period == results.workspace.settings.current_period else ""
    starts = Text(f"bấm đúp {click} hoặc chạy: ", f"start {click} or run: ") if click else Text("chạy: ", "run: ")
    return (
        Text(
            "Đề xuất chưa đổi số nào. Ghi x ở cột Chọn cho dòng được duyệt; sửa Số quyết định, Lý do nếu cần; ghi "
            f"người quyết định và ngày; lưu, đóng tệp rồi {starts.vi}{take}",
            "A proposal changes no figure. Write x in the column Take where it is approved; change the figure and the "
            f"reason if need be; give name and day; save, close, then {starts.en}{take}",
        ),
        Text(
            "Cùng một số nhóm (1a, 1b, …) là các cách giải thích của một lỗi: nhiều nhất một cách đúng. Cách gồm "
            "nhiều ô thì chọn đủ các ô. Nên hỏi đơn vị trước khi duyệt. Chỗ làm đổi số toàn tỉnh nhiều nhất ở trên.",
            "Rows of one group (1a, 1b, …) explain one fault: at most one is right. Of a choice of several cells tick "
            "all. Ask the unit before you approve. Those that move the province's figures most come first.",
        ),
    )


def _write_group(sheet: Worksheet, styles: Styles, results: Results, group: Group, number: int, row: int) -> int:
    """The rows of a group; the first row below them."""
    band = {"bg_color": COMPUTED} if number % 2 else {}
    many = len(group.choices)
    for rank, choice in enumerate(group.choices):
        name = f"{number}{column_letters(rank).lower()}" if many > 1 else str(number)
        why = _why(choice, rank + 1, many)
        for line in choice.lines:
            top = {"top": 2} if (rank, line) == (0, choice.lines[0]) else {}
            said = (name, group.unit, group.name, *(text.of(results.lang) for text in (line.label, why, choice.reason)))
            _write_said(sheet, styles, results.lang, row, line, said, {**band, **top})
            _write_inputs(sheet, styles, results.lang, row, choice, line, top)
            _write_codes(sheet, results, row, group, (number, rank, len(choice.lines)), line)
            row += 1
    return row


def _why(choice: Choice, rank: int, many: int) -> Text:
    """What speaks for a choice, which of how many it is, how many cells it takes, and what stands against it."""
    size = len(choice.lines)
    parts = [
        Text(f"Cách {rank}/{many}.", f"Choice {rank} of {many}.") if many > 1 else NO_TEXT,
        Text(f"Cả {size} ô.", f"All {size} cells.") if size > 1 else NO_TEXT,
        _ended(choice.why),
        choice.locked or NO_TEXT,
    ]
    return Text(" ".join(part.vi for part in parts if part.vi), " ".join(part.en for part in parts if part.en))


def _ended(words: Text) -> Text:
    return Text(*(said if said.endswith(".") else f"{said}." for said in (words.vi, words.en)))


def _write_said(
    sheet: Worksheet, styles: Styles, lang: str, row: int, line: Line, said: Sequence[str], look: Look
) -> None:
    name, unit, unit_name, label, why, reason = said
    middle = styles.table(align="center", **look)
    place = f"{line.entry.sheet or line.entry.key.form}!{line.entry.cell}".rstrip("!")
    sheet.write_string(row, 1, name, middle)
    sheet.write_string(row, 2, unit, middle)
    sheet.write_string(row, 3, unit_name, styles.table(**look))
    if line.entry.cell and row < MOST_LINKS:
        target = f"external:phan-hoi/{unit}.xlsx#'{line.entry.key.form}'!{line.entry.cell}"
        sheet.write_url(row, 4, target, styles.table(font_color="#0563C1", underline=1, **look), place)
    else:
        sheet.write_string(row, 4, place, styles.table(**look))
    sheet.write_string(row, 5, label, styles.table(**look))
    reported = None if line.entry.text else line.entry.value
    _write_figure(sheet, styles, row, 6, reported, line.reported.of(lang), look)
    _write_figure(sheet, styles, row, 7, line.value, line.meant.of(lang), {**look, "bold": True})
    sheet.write_string(row, 8, why, styles.table(font_size=_SMALL, **look))
    sheet.write_string(row, 9, line.effect.of(lang), styles.table(font_size=_SMALL, **look))
    large = max(lines_needed(text, _COLUMNS[column].width) for text, column in ((unit_name, 3), (label, 5)))
    texts = ((why, 8), (line.effect.of(lang), 9), (reason, AT["reason"]))
    small = max(lines_needed(text, _COLUMNS[column].width * _MORE) for text, column in texts)
    sheet.set_row(row, min(_TALLEST, max(16.5 * large, 13.5 * small) + 3))


def _write_figure(
    sheet: Worksheet, styles: Styles, row: int, column: int, value: float | None, words: str, look: Look
) -> None:
    if value is None:
        sheet.write_string(row, column, words, styles.table(align="right", indent=1, **look))
    else:
        sheet.write_number(row, column, value, styles.table(align="right", indent=1, num_format=_format(value), **look))


def _format(value: float | None) -> str:
    """A whole number without a decimal mark, which the other format would leave behind it."""
    return "#,##0" if value is not None and value.is_integer() else _FIGURE


def _write_inputs(
    sheet: Worksheet, styles: Styles, lang: str, row: int, choice: Choice, line: Line, look: Look
) -> None:
    """The cells that an officer fills; grey and closed where nothing can be decided."""
    if choice.locked:
        closed = styles.table(bg_color=NOT_ASKED, align="center", **look)
        for name in INPUTS:
            sheet.write_string(row, AT[name], OFF if name == "tick" else "", closed)
        return
    inner = {"bg_color": INPUT, "locked": False, **look}
    sheet.write_blank(row, AT["tick"], None, styles.table(align="center", bold=True, **inner))
    whole = line.cell.type in ("count", "money")
    number = "#,##0" if whole else _format(line.value)
    figure = styles.table(align="right", indent=1, num_format=number, **inner)
    if line.value is None:
        sheet.write_blank(row, AT["decided"], None, figure)
    else:
        sheet.write_number(row, AT["decided"], line.value, figure)
    sheet.write_string(row, AT["reason"], choice.reason.of(lang), styles.table(font_size=_SMALL, **inner))
    sheet.write_blank(row, AT["who"], None, styles.table(**inner))
    sheet.write_blank(row, AT["when"], None, _day(styles, **look))
    admit(sheet, row, AT, lang, whole=whole)


def _day(styles: Styles, **look: Any) -> Format:
    return styles.table(num_format="dd/mm/yyyy", align="center", bg_color=INPUT, locked=False, **look)


def _write_codes(
    sheet: Worksheet, results: Results, row: int, group: Group, at: tuple[int, int, int], line: Line
) -> None:
    """What the program knows the row by."""
    number, rank, size = at
    entry = line.entry
    as_number = entry.value is not None and not entry.text
    codes = {
        "period": str(results.owed.period),
        "unit": group.unit,
        "form": entry.key.form,
        "indicator": entry.key.indicator,
        "measure": entry.key.measure,
        "reported": amount_text(entry.value) if as_number and entry.value is not None else plain(entry.shown),
        "proposed": "" if line.value is None else amount_text(line.value),
        "group": str(number),
        "choice": str(rank + 1),
        "size": str(size),
        "sha256": group.sha256,
    }
    for code, text in codes.items():
        sheet.write_string(row, _AT[code], text)


def _finish(sheet: Worksheet, results: Results, last_row: int) -> None:
    sheet.freeze_panes(_HEAD + 1, 5)
    sheet.autofilter(_HEAD, 0, last_row, _LAST)
    sheet.print_area(0, 0, last_row, _LAST)
    # Widths and heights may be changed, rows filtered; what the program says may not. There is no password.
    sheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    foot = f"{results.owed.tree.province.name.replace('&', 'và')} – {results.owed.period.label(results.lang)}"
    print_setup(sheet, landscape=True, footer=foot, repeat=(_HEAD, _HEAD))
