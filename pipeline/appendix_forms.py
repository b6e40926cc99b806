"""The appendices that show a form's figures for the province, a table each."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.appendix_grid import (
    LANDSCAPE,
    NO_WIDTH,
    UNIT_WIDTH,
    Appendix,
    Column,
    Grid,
    Line,
    number_width,
)
from pipeline.appendix_marks import coverage, marked, marks, notes_of, stated
from pipeline.percent import half_up
from pipeline.results import Results
from schemas.form import NUMBER_TYPES, Form, Heading, Indicator, Key, Measure, Table

MILLION = 1_000_000
_COVERAGE_WIDTH = 18.0


def form_appendix(results: Results, form: Form) -> Appendix:
    """Every matrix of a form: what the province has, and how many units stand behind it."""
    tables = [table for table in form.tables if table.kind == "matrix" and table.indicators]
    grids = tuple(_grid(results, form, table, titled=len(tables) > 1) for table in tables)
    title = f"{form.title.vi} {results.owed.period.label('vi')}".upper()
    province = results.owed.tree.province
    return Appendix(title, stated(results, province), grids, notes_of(results, province, grids))


def _grid(results: Results, form: Form, table: Table, *, titled: bool) -> Grid:
    """In millions of đồng where the amounts themselves would be too wide for any page."""
    shown = [measure for measure in table.measures if _is_shown(measure)]
    grid = _made(results, form, table, shown, titled=titled, millions=False)
    if grid.width > LANDSCAPE:
        return _made(results, form, table, shown, titled=titled, millions=True)
    return grid


def _is_shown(measure: Measure) -> bool:
    """A figure of the whole province: not what the issuer gives, nor what the unit did itself."""
    return measure.type in NUMBER_TYPES and not measure.issuer and not measure.own_of


def _made(
    results: Results, form: Form, table: Table, shown: Sequence[Measure], *, titled: bool, millions: bool
) -> Grid:
    before = _shows_before(results, form, table, shown)
    rows = [_line(results, form, row, shown, before=before, millions=millions) for row in table.rows]
    measured = any(row.unit for row in table.indicators)
    heads = [_head(measure, millions=millions) for measure in shown]
    if before and results.past is not None:
        heads.append(results.past.period.label("vi").capitalize())
    first = 3 if measured else 2
    if not measured:
        rows = [_without_unit(row) for row in rows]
    numbers = [Column(head, "number", _number_width(rows, at, head)) for at, head in enumerate(heads, start=first)]
    units = [Column("Đơn vị tính", "note", UNIT_WIDTH)] if measured else []
    columns = (
        Column("TT", "no", NO_WIDTH),
        Column("Nội dung", "text"),
        *units,
        *numbers,
        Column("Số đơn vị có số liệu", "note", _COVERAGE_WIDTH),
    )
    return Grid(columns, tuple(rows), table.title.vi if titled else "")


def _head(measure: Measure, *, millions: bool) -> str:
    if not millions or measure.type != "money":
        return measure.label.vi
    name = measure.label.vi.replace("(đồng)", "").strip()
    return f"{name} (triệu đồng)"


def _shows_before(results: Results, form: Form, table: Table, shown: Sequence[Measure]) -> bool:
    """Whether the figures stand beside those of last period: stocks do, what adds up since January does not."""
    if results.past is None or any(measure.cumulative for measure in shown):
        return False
    return any(_before(results, form, row, shown) is not None for row in table.indicators)


def _before(results: Results, form: Form, row: Indicator, shown: Sequence[Measure]) -> float | None:
    if results.past is None or shown[0].code not in row.measures:
        return None
    return results.past.rollup.value.of(results.owed.tree.province.code, Key(form.id, row.code, shown[0].code))


def _line(
    results: Results, form: Form, row: Indicator | Heading, shown: Sequence[Measure], *, before: bool, millions: bool
) -> Line:
    label = f"+ {row.label.vi}" if row.indent > 1 else row.label.vi
    if isinstance(row, Heading):
        blank = (None,) * (len(shown) + before)
        return Line((row.no, label, "", *blank, ""), row.indent, bold=True)
    province = results.owed.tree.province
    keys = {measure.code: Key(form.id, row.code, measure.code) for measure in shown}
    cells = [results.rollup.cells.get(keys[measure.code]) for measure in shown]
    figures = [_figure(results, key) for key in keys.values()]
    if millions:
        money = [cell is not None and cell.type == "money" for cell in cells]
        figures = [
            value and value / MILLION if is_money else value for value, is_money in zip(figures, money, strict=True)
        ]
    figures += [_before(results, form, row, shown)] if before else []
    decimals = [
        2
        if cell is not None and cell.type == "percent"
        else 1
        if millions and cell is not None and cell.type == "money"
        else 0
        for cell in cells
    ]
    found = marks(results, province, keys.values())
    known = [measure for measure, value in zip(shown, figures, strict=False) if value is not None]
    return Line(
        (row.no, label, row.unit, *figures, marked(_coverage(results, known, keys), found)),
        row.indent,
        row.indent == 0,
        (0, 0, 0, *decimals, *([0] if before else []), 0),
        found,
    )


def _figure(results: Results, key: Key) -> float | None:
    """The province's figure, a percentage rounded half up."""
    value = results.rollup.value.of(results.owed.tree.province.code, key)
    cell = results.rollup.cells.get(key)
    if value is None or cell is None or cell.ratio is None or cell.type != "percent":
        return value
    from fractions import Fraction

    return float(half_up(Fraction(value).limit_denominator(10**9), 2))


def _coverage(results: Results, known: Sequence[Measure], keys: dict[str, Key]) -> str:
    """That of the first figure; of another one only where fewer or more units stand behind it."""
    shown = [(measure, coverage(results, keys[measure.code])) for measure in known if not measure.compute]
    if not shown:
        return ""
    first = shown[0][1]
    others = [f"{_short(measure)} {text}" for measure, text in shown[1:] if text and text != first]
    return "; ".join([text for text in (first, *others) if text])


def _short(measure: Measure) -> str:
    return "ước" if measure.estimate else measure.label.vi.lower()


def _without_unit(line: Line) -> Line:
    values = (*line.values[:2], *line.values[3:])
    decimals = (*line.decimals[:2], *line.decimals[3:]) if line.decimals else ()
    return Line(values, line.indent, line.bold, decimals, line.marks)


def _number_width(lines: Sequence[Line], at: int, head: str) -> float:
    values = [value for line in lines if isinstance(value := line.values[at], float)]
    decimals = max((line.decimals_of(at) for line in lines), default=0)
    return number_width(values, head, decimals)
