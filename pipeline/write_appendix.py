"""``phu-luc-P.xlsx``: the appendix of targets that goes with the report, for the province and for each upper union.

Layout after Nghị định 30/2020/NĐ-CP, Phụ lục I; the agency's names, signature and recipients come from the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.files import put
from pipeline.looks import number_format
from pipeline.messages import number
from pipeline.percent import half_up, share
from pipeline.results import Results
from pipeline.styles import Styles, lines_needed, new_book, print_setup
from pipeline.write_book import footer
from schemas.form import NUMBER_TYPES, Cell, Form, Heading, Indicator, Key, Table
from schemas.targets import Target, verdict
from schemas.tree import Unit

_WIDTHS = (5, 44, 9, 17, 15, 14, 10, 12, 22)
_LAST = len(_WIDTHS) - 1


def write_appendix(path: Path, results: Results) -> None:
    """Write the appendix: the province first, then each upper union that reported."""
    form = target_form(results)
    if form is None:
        return

    def write(temporary: Path) -> bool:
        title = f"Phụ lục {results.owed.period}"
        book = new_book(temporary, created=results.owed.dates.issued_on, title=title)
        styles = Styles(book)
        tree = results.owed.tree
        units = [unit for unit in tree.children(tree.province.code) if unit.level == "upper"]
        for unit in (tree.province, *(unit for unit in units if unit.code in results.by_unit)):
            name = "Toàn tỉnh" if unit is tree.province else unit.code
            _write_sheet(book.add_worksheet(name), styles, results, form, unit)
        book.close()
        return True

    put(path, write)


def target_form(results: Results) -> Form | None:
    """The form in which the issuer gives targets, if this period has one."""
    for form in results.owed.forms:
        if any(cell.role == "issuer" for cell in form.cells()):
            return form
    return None


def _write_sheet(sheet: Worksheet, styles: Styles, results: Results, form: Form, unit: Unit) -> None:
    sheet.hide_gridlines(2)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    top = _write_heading(sheet, styles, results, form, unit)
    for column, text in enumerate(_heads(results)):
        sheet.write_string(top, column, text, styles.head(bg_color="#FFFFFF"))
    sheet.set_row(top, 36)
    row = top + 1
    for table in form.tables:
        for asked in table.rows:
            _write_line(sheet, styles, _line(results, form, table, asked, unit), row)
            row += 1
    row = _write_signature(sheet, styles, results, unit, row + 1)
    sheet.print_area(0, 0, row, _LAST)
    print_setup(sheet, landscape=True, footer=footer(results), repeat=(top, top))


def _heads(results: Results) -> tuple[str, ...]:
    """The heads of the columns; estimates say up to when they go."""
    estimate = f"Ước thực hiện đến {results.owed.dates.estimated_to:%d/%m}"
    first = ("TT", "Nội dung", "Đơn vị tính", "Chỉ tiêu giao", "Kết quả thực hiện", estimate)
    return (*first, "Tỷ lệ %", "Đánh giá", "Ghi chú")


def _write_heading(sheet: Worksheet, styles: Styles, results: Results, form: Form, unit: Unit) -> int:
    """Agency left, national title right, then the appendix's own title; returns the row of the table's head."""
    settings, province = results.workspace.settings, results.owed.tree.province
    upper = settings.agency_upper if unit is province else settings.agency
    own = settings.agency if unit is province else unit.name.upper()
    centre = {"align": "center"}
    sheet.merge_range(0, 0, 0, 2, upper, styles.get(**centre))
    sheet.merge_range(1, 0, 1, 2, own, styles.get(bold=True, **centre))
    sheet.merge_range(0, 4, 0, _LAST, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", styles.get(bold=True, **centre))
    sheet.merge_range(1, 4, 1, _LAST, "Độc lập – Tự do – Hạnh phúc", styles.get(bold=True, font_size=13, **centre))
    sheet.merge_range(2, 4, 2, _LAST, f"{settings.place}, ngày … tháng … năm …", styles.get(italic=True, **centre))
    sheet.merge_range(4, 0, 4, _LAST, "Phụ lục", styles.get(bold=True, font_size=14, **centre))
    title = f"{form.title.vi} thực hiện {results.owed.period.label('vi')}".upper()
    sheet.merge_range(5, 0, 5, _LAST, title, styles.get(bold=True, font_size=14, **centre))
    attached = "(Kèm theo Báo cáo số …/BC-… ngày … tháng … năm …)"
    sheet.merge_range(6, 0, 6, _LAST, attached, styles.get(italic=True, font_size=13, **centre))
    status = results.as_of[:1].upper() + results.as_of[1:]
    if unit is province:
        owed = [child for child in results.owed.tree.children(province.code) if child.code in results.owed.owed]
        sent = [child.code for child in owed if child.code in results.by_unit]
        wrong = sum(results.by_unit[code].status == "rejected" for code in sent)
        status += f"; {len(sent)}/{len(owed)} đơn vị có báo cáo" + (f", {wrong} đơn vị còn phải sửa" if wrong else "")
    sheet.merge_range(7, 0, 7, _LAST, status, styles.get(italic=True, align="right", font_size=11))
    return 8


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the appendix; a missing figure is ``None``, a target or result in words is text."""

    no: str
    label: str
    indent: int
    measured_in: str = ""
    target: float | str | None = None
    actual: float | str | None = None
    estimate: float | None = None
    percentage: float | None = None
    verdict: str = ""
    note: str = ""


def _line(results: Results, form: Form, table: Table, asked: Indicator | Heading, unit: Unit) -> _Line:
    """What the row says of this unit."""
    label = f"+ {asked.label.vi}" if asked.indent else asked.label.vi
    if isinstance(asked, Heading):
        return _Line(asked.no, label, asked.indent)
    actual_in, estimate_in, note_in = _measures(table)
    done, estimate, note = (
        table.cells.get(Key(form.id, asked.code, code)) for code in (actual_in, estimate_in, note_in)
    )
    target = results.owed.targets.get(unit.code, {}).get(asked.code)
    actual = _figure(results, unit, done)
    return _Line(
        asked.no,
        label,
        asked.indent,
        asked.unit,
        (_target_text(target, asked) or target.value) if target else None,
        _text(results, unit, done) if done is not None and not done.is_number else actual,
        _figure(results, unit, estimate),
        _percentage(target, actual),
        verdict(target, actual) if target is not None and actual is not None else "",
        _notes(results, unit, asked.code, _coverage_note(results, unit, done, estimate) or _note(results, unit, note)),
    )


def _notes(results: Results, unit: Unit, indicator: str, said: str) -> str:
    """What is said of the figure, and which decision's target replaced which."""
    now = results.owed.targets.get(unit.code, {}).get(indicator)
    old = [target for target in results.owed.replaced.get(unit.code, ()) if target.indicator == indicator]
    if now is None or not old:
        return said
    before = ", ".join(f"{number(target.value)} theo {target.decision}" for target in old)
    return "; ".join([*([said] if said else []), f"chỉ tiêu theo {now.decision}, thay {before}"])


def _measures(table: Table) -> tuple[str, str, str]:
    """The measures of what was done, of what is expected by the end of the year, and of the notes."""
    judged = {cell.judges[0].measure for cell in table.cells.values() if cell.judges}
    inputs = [m.code for m in table.measures if m.type in NUMBER_TYPES and not m.compute and not m.issuer]
    actual = next((code for code in inputs if code in judged), inputs[0] if inputs else "")
    estimate = next((measure.code for measure in table.measures if measure.estimate), "")
    return actual, estimate, next((m.code for m in table.measures if m.type == "text"), "")


def _write_line(sheet: Worksheet, styles: Styles, line: _Line, row: int) -> None:
    bold = line.indent == 0
    number_look = "0.00" if line.measured_in == "%" else number_format("count")
    count = {"align": "center", "num_format": number_look}
    looks: tuple[dict[str, Any], ...] = (
        {"align": "center", "bold": bold},
        {"indent": line.indent, "bold": bold},
        {"align": "center"},
        count if isinstance(line.target, float) else {"align": "center", "font_size": 11},
        count if isinstance(line.actual, float) else {"align": "center", "font_size": 11},
        count,
        {"align": "center", "num_format": "0.00"},
        {"align": "center"},
        {"font_size": 11},
    )
    shown = (line.no, line.label, line.measured_in, line.target, line.actual, line.estimate)
    values = (*shown, line.percentage, line.verdict, line.note)
    for column, (value, look) in enumerate(zip(values, looks, strict=True)):
        sheet.write(row, column, value or None if isinstance(value, str) else value, styles.table(**look))
    texts = [(column, value) for column, value in enumerate(values) if isinstance(value, str)]
    lines = max(lines_needed(text, _WIDTHS[column] - 2 * (column == 1), bold=bold) for column, text in texts)
    sheet.set_row(row, 16.5 * lines + 2)


def _percentage(target: Target | None, actual: float | None) -> float | None:
    """Actual against target in points, half up; nothing where no target was given."""
    if target is None or actual is None or target.value <= 0:
        return None
    return float(half_up(share(actual, target.value), 2))


def _target_text(target: Target, asked: Indicator) -> str:
    """A threshold as the decision words it; nothing for a plain number."""
    if target.op == "=" and not target.base:
        return ""
    unit = "%" if asked.unit == "%" else ""
    sign = " trở lên" if target.op == ">=" else ""
    return f"{number(target.value)}{unit}{sign} {target.base}".strip()


def _figure(results: Results, unit: Unit, cell: Cell | None) -> float | None:
    return results.rollup.value.of(unit.code, cell.key) if cell is not None and cell.is_number else None


def _coverage_note(results: Results, unit: Unit, cell: Cell | None, estimate: Cell | None) -> str:
    """For the province, where not every unit that owes a figure has it."""
    if cell is None or not cell.is_number or unit is not results.owed.tree.province:
        return ""
    have, expected = _coverage(results, unit, cell.key)
    estimated = _coverage(results, unit, estimate.key)[0] if estimate else 0
    notes = [f"{have}/{expected} đơn vị"] if have < expected else []
    return "; ".join([*notes, *([f"ước: {estimated}/{expected}"] if 0 < estimated < have else [])])


def _coverage(results: Results, unit: Unit, key: Key) -> tuple[int, int]:
    """Units with data, and units that owe it."""
    if key not in results.rollup.value.column:
        return 0, 0
    i, j = results.rollup.at(unit.code, key)
    return int(results.rollup.with_data[i, j]), int(results.rollup.expected[i, j])


def _text(results: Results, unit: Unit, cell: Cell) -> str:
    if unit is results.owed.tree.province:
        late = {finding.unit for finding in results.findings if finding.id == "late"}
        owed = [child.code for child in results.owed.tree.children(unit.code) if child.code in results.owed.owed]
        on_time = sum(code in results.by_unit and code not in late for code in owed)
        return f"{on_time}/{len(owed)} đơn vị gửi đúng hạn"
    return _note(results, unit, cell)


def _note(results: Results, unit: Unit, cell: Cell | None) -> str:
    submission = results.by_unit.get(unit.code)
    entry = submission.entries.get(cell.key) if submission and cell is not None else None
    return entry.text if entry else ""


def _write_signature(sheet: Worksheet, styles: Styles, results: Results, unit: Unit, row: int) -> int:
    """Recipients left, signature right; returns the last row."""
    settings = results.workspace.settings
    sheet.write_string(row, 0, "Nơi nhận:", styles.get(bold=True, italic=True))
    own = unit is results.owed.tree.province
    for i, line in enumerate(settings.recipients if own else (), start=1):
        sheet.write_string(row + i, 0, f"- {line.removeprefix('- ')}", styles.get(font_size=11))
    bold = styles.get(bold=True, align="center", font_size=13)
    sheet.merge_range(row, 5, row, _LAST, settings.signature_title, bold)
    sheet.merge_range(row + 1, 5, row + 1, _LAST, settings.signer_title, bold)
    if own and settings.signer_name:
        sheet.merge_range(row + 6, 5, row + 6, _LAST, settings.signer_name, bold)
    return row + 6
