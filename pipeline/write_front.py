"""The first sheet of the consolidated workbook: how many, how that compares, who is missing, what is doubtful.

One page of A4 in portrait. Every figure is a formula that leads to its sheet; charts stand below the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.doubts import label_of_move
from pipeline.headlines import HeadlineFigure, headline_figures
from pipeline.layout import a1
from pipeline.looks import number_format
from pipeline.results import Results
from pipeline.state_of_returns import counts, states_of_returns
from pipeline.styles import COMPUTED, MARKS, Styles, lines_needed, print_setup
from pipeline.target_lines import target_form, target_lines
from pipeline.write_comparison import COMPARISON_SHEET, Compared
from pipeline.write_figures import Figured
from pipeline.write_findings import DOUBTS_SHEET
from pipeline.write_front_charts import write_charts
from pipeline.write_targets import TARGETS_SHEET
from schemas.form import Key
from schemas.tree import Unit

FRONT_SHEET = "Tóm tắt"
# Six columns, twice: for the tiles, and for the table of figures.
_WIDTHS = (4, 30, 17, 17, 15, 9, 14)
_LAST = len(_WIDTHS) - 1
_CALLS = 5
# More names than these are not read at a glance.
_MOST_NAMED, _LONGEST_NAMES = 12, 240
_LINE = 17.5
_SIGNED, _PERCENT = "+#,##0;-#,##0;0", "+0.0;-0.0;0"


@dataclass(frozen=True, slots=True)
class Front:
    """The first sheet while it is written, and where the figures that it shows stand."""

    to: Worksheet
    styles: Styles
    results: Results
    figured: Figured
    compared: Mapping[Key, Compared]


def write_front(book: Workbook, front: Front, footer: str, state_sheet: str) -> None:
    """Fill the sheet. ``state_sheet`` holds the state of returns."""
    for column, width in enumerate(_WIDTHS):
        front.to.set_column(column, column, width)
    front.to.hide_gridlines(2)
    _titles(front)
    row = _named(front, _state(front, 4, state_sheet))
    row = _figures(front, row + 1)
    row = _targets(front, row)
    row = _doubts(front, row)
    last = write_charts(book, front.to, front.styles, front.results, front.figured, row + 1)
    front.to.print_area(0, 0, last, _LAST)
    print_setup(front.to, landscape=False, footer=footer)
    front.to.fit_to_pages(1, 1)
    front.to.set_first_sheet()
    front.to.activate()


def _titles(front: Front) -> None:
    results, styles = front.results, front.styles
    front.to.write_string(0, 0, results.workspace.settings.agency, styles.get(bold=True))
    title = f"TÓM TẮT SỐ LIỆU CÔNG ĐOÀN {results.owed.period.label('vi').upper()}"
    front.to.merge_range(1, 0, 1, _LAST, title, styles.get(bold=True, align="center", font_size=16))
    front.to.merge_range(2, 0, 2, _LAST, results.as_of, styles.get(italic=True, align="center"))


def _state(front: Front, row: int, state_sheet: str) -> int:
    """Who has sent, as tiles that lead to the list; returns the row below."""
    state = counts(front.results)
    tiles = (
        ("Phải gửi", state.owed, None),
        ("Đã nhận", state.received, None),
        ("Đúng hạn", state.on_time, None),
        ("Gửi muộn", state.late, "soft"),
        ("Chưa gửi", state.missing, "hard"),
        ("Phải sửa", state.to_correct, "hard"),
    )
    places = ((0, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6))
    for (name, count, severity), (first, last) in zip(tiles, places, strict=True):
        look: dict[str, Any] = {"bg_color": MARKS[severity] if severity and count else COMPUTED, "border": 1}
        head = front.styles.get(align="center", font_size=11, **look)
        figure = front.styles.get(align="center", bold=True, font_size=18, num_format="#,##0", **look)
        if first != last:
            front.to.merge_range(row, first, row, last, "", head)
            front.to.merge_range(row + 1, first, row + 1, last, "", figure)
        front.to.write_string(row, first, name, head)
        front.to.write_url(row + 1, first, f"internal:'{state_sheet}'!A1", figure, tip="Xem từng đơn vị")
        front.to.write_number(row + 1, first, count, figure)
    front.to.set_row(row + 1, 27)
    return row + 2


def _named(front: Front, row: int) -> int:
    """Which units have not sent, and which must correct; returns the row below."""
    owing = [one for one in states_of_returns(front.results) if one.owes]
    missing = [one.unit for one in owing if one.received is None]
    wrong = [one.unit for one in owing if one.received is not None and one.status == "rejected"]
    for head, units in (("Chưa gửi", missing), ("Phải sửa, gửi lại", wrong)):
        if units:
            words = f"{head}: {_names(front.results, units)}."
            front.to.merge_range(row, 0, row, _LAST, words, front.styles.table(font_size=11))
            front.to.set_row(row, 15.5 * lines_needed(words, 1.1 * sum(_WIDTHS)) + 2)
            row += 1
    return row


def _names(results: Results, units: Sequence[Unit]) -> str:
    """Units by name; many as a count below each upper union, the most first."""
    tree, several = results.owed.tree, len(units) > _MOST_NAMED
    names = [unit.short_name or unit.name for unit in units]
    if several:
        above = Counter(unit.code if unit.level == "upper" else unit.parent for unit in units)
        unions = sorted(above, key=lambda code: (-above[code], tree.order[code]))
        names = [f"{tree.unit(code).short_name or tree.unit(code).name} {above[code]}" for code in unions]
    words = ", ".join(names)
    words = words if len(words) <= _LONGEST_NAMES else f"{words[:_LONGEST_NAMES].rstrip(', ')}…"
    return f"{len(units)} đơn vị ({words})" if several else words


def _figures(front: Front, row: int) -> int:
    """The headline figures with those of an earlier period; returns the row below."""
    results, styles = front.results, front.styles
    figures = headline_figures(results)
    if not figures:
        return row
    past = results.past.period.label("vi") if results.past is not None else "Kỳ trước"
    changed = "Tăng, giảm*" if front.compared else "Tăng, giảm"
    heads = ("TT", "Chỉ tiêu", "Kỳ này", past[:1].upper() + past[1:], changed, "%", "Số đơn vị")
    for column, text in enumerate(heads):
        front.to.write_string(row, column, text, styles.head())
    for i, figure in enumerate(figures, start=1):
        _figure(front, row + i, i, figure)
    row += len(figures) + 1
    if front.compared:
        note = f"* So với {past}, chỉ tính các đơn vị có số liệu cả hai kỳ (trang {COMPARISON_SHEET})."
        front.to.merge_range(row, 0, row, _LAST, note, styles.get(italic=True, font_size=10))
        row += 1
    return row


def _figure(front: Front, row: int, number: int, figure: HeadlineFigure) -> None:
    styles = front.styles
    front.to.set_row(row, _LINE)
    front.to.write_number(row, 0, number, styles.table(align="center"))
    label = f"{figure.label.vi} ({figure.cell.unit})" if figure.cell.unit else figure.label.vi
    front.to.write_string(row, 1, label, styles.table(shrink=True, text_wrap=False))
    look = styles.table(num_format=number_format(figure.cell.type, 2), align="right", bold=True)
    where = front.figured.totals.get(figure.cell.key)
    if where is None or figure.value is None:
        front.to.write_blank(row, 2, None, look)
    else:
        place = f"'{where[0]}'!{a1(*where[1:])}"
        front.to.write_url(row, 2, f"internal:{place}", look, tip="Xem số của từng đơn vị")
        front.to.write_formula(row, 2, f"={place}", look, figure.value)
    compared = front.compared.get(figure.cell.key)
    change, share = (figure.change.by, figure.change.percentage) if figure.change is not None else (None, None)
    for column, address, value, num_format in (
        (3, compared.before if compared else "", figure.before, number_format(figure.cell.type, 2)),
        (4, compared.change if compared else "", change, _SIGNED),
        (5, compared.percentage if compared else "", share, _PERCENT),
    ):
        style = styles.table(num_format=num_format, align="right")
        if not address or value is None:
            front.to.write_blank(row, column, None, style)
        else:
            front.to.write_formula(row, column, f"='{COMPARISON_SHEET}'!{address}", style, value)
    # What the register counts is of no unit's return.
    from_returns = figure.cell.rollup != "REG"
    short = from_returns and (figure.units < figure.expected or figure.rejected)
    text = f"{figure.units}/{figure.expected}" + (f" ({figure.rejected} phải sửa)" if figure.rejected else "")
    text = text if from_returns else "theo danh bạ"
    mark = {"bg_color": MARKS["soft"]} if short else {}
    front.to.write_string(row, 6, text, styles.table(align="center", font_size=10, **mark))


def _targets(front: Front, row: int) -> int:
    """How many of the targets given are met; returns the row below."""
    results = front.results
    form = target_form(results)
    if form is None:
        return row
    lines = [line for line in target_lines(results, form, results.owed.tree.province) if line.given is not None]
    given = [line for line in lines if line.given is not None and line.given.value > 0]
    verdicts, state = [line.verdict for line in given], counts(results)
    partly = f" (số của {state.received}/{state.owed} đơn vị)" if state.received < state.owed else ""
    words = (
        f"Chỉ tiêu: giao {len(given)}; đạt {sum(one in ('Đạt', 'Vượt') for one in verdicts)} "
        f"(trong đó vượt {verdicts.count('Vượt')}); chưa đạt {verdicts.count('Không đạt')}; "
        f"chưa có số liệu {verdicts.count('')}{partly}."
    )
    if given:
        look = front.styles.get(bold=True, border=1, bg_color=COMPUTED)
        front.to.merge_range(row, 0, row, _LAST, words, look)
        front.to.write_url(row, 0, f"internal:'{TARGETS_SHEET}'!A1", look, words, "Xem từng chỉ tiêu")
        front.to.set_row(row, _LINE)
        return row + 1
    return row


def _doubts(front: Front, row: int) -> int:
    """The units whose doubts could move totals most; returns the row below."""
    results, styles = front.results, front.styles
    doubts = results.doubts[:_CALLS]
    if not doubts:
        words = "Không còn chỗ nghi vấn nào có thể làm lệch số toàn tỉnh."
        if results.by_unit:
            front.to.merge_range(row, 0, row, _LAST, words, styles.table(bg_color=COMPUTED))
            front.to.set_row(row, _LINE)
        return row + 1 if results.by_unit else row
    several = results.doubts[len(doubts) - 1].reached
    words = f"Cần gọi trước: {len(doubts)} đơn vị chiếm {100 * several:.0f} % phần còn nghi vấn trong số toàn tỉnh"
    front.to.merge_range(row, 0, row, 4, words, styles.head(align="left"))
    for column, text in ((5, "%"), (6, "Phải sửa")):
        front.to.write_string(row, column, text, styles.head())
    all_of_them = f"external:doi-chieu-{results.owed.period}.xlsx#'{DOUBTS_SHEET}'!A1"
    front.to.write_url(row, 0, all_of_them, styles.head(align="left"), words, "Xem cả danh sách")
    for i, doubt in enumerate(doubts, start=1):
        unit = results.owed.tree.unit(doubt.unit)
        first = doubt.moves[0].key
        label = label_of_move(results.owed.forms, first).vi
        hard = sum(finding.severity == "hard" for finding in results.findings_of(doubt.unit))
        at = row + i
        front.to.set_row(at, _LINE)
        front.to.write_number(at, 0, i, styles.table(align="center"))
        front.to.write_string(at, 1, unit.name, styles.table(shrink=True, text_wrap=False))
        front.to.merge_range(at, 2, at, 4, f"{label} ({first.form})", styles.table(shrink=True, text_wrap=False))
        front.to.write_number(at, 5, round(100 * doubt.share, 1), styles.table(num_format="0.0", align="right"))
        front.to.write_string(at, 6, f"{hard} chỗ", styles.table(align="center", font_size=10))
    return row + len(doubts) + 1
