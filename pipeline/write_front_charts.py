"""The charts of the first sheet: breakdowns of the province, the largest units, targets; native, over live cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.headlines import headline_figures
from pipeline.layout import a1
from pipeline.results import Results
from pipeline.styles import Styles, printable
from pipeline.target_lines import target_form, target_lines
from pipeline.write_figures import Figured
from pipeline.write_figures_grid import Place
from schemas.form import Key

CHART_SHEET = "Số liệu biểu đồ"
_MOST_CHARTS, _MOST_BARS = 6, 12
_FONT = {"name": "Times New Roman", "size": 9}
# Readable without colour too: they differ in lightness.
_BAR, _SLICES = "#2E75B6", ("#9DC3E6", "#F2F2F2", "#5B9BD5", "#D9D9D9")
# From the edge of a column to that of another, whatever font the columns are measured in.
_INSET, _WIDTHS, _HEIGHT, _ROWS = 2, (370, 403), 236, 12


@dataclass(frozen=True, slots=True)
class _Series:
    """What one chart shows: names and values, a formula beside each value where it stands on another sheet."""

    title: str
    kind: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    formulas: tuple[str, ...]
    num_format: str


def write_charts(book: Workbook, front: Worksheet, styles: Styles, results: Results, figured: Figured, row: int) -> int:
    """Draw the charts from ``row`` on, two side by side, their figures on another sheet; returns the last row."""
    fixed = [*_units(results, figured), *_targets(results)]
    drawn = [*_breakdowns(results, figured)[: _MOST_CHARTS - len(fixed)], *fixed]
    if not drawn:
        return row
    data = book.add_worksheet(CHART_SHEET)
    data.set_column(0, 0, 46)
    data.set_column(1, 1, 18)
    at = 0
    for i, series in enumerate(drawn):
        _write_series(data, styles, series, at)
        chart = _chart(book, series, at)
        chart.set_size({"width": _WIDTHS[i % 2], "height": _HEIGHT})
        alt = f"{series.title}: " + "; ".join(series.names[:_MOST_BARS])
        placed = {"x_offset": _INSET, "y_offset": 2, "object_position": 1, "description": alt}
        front.insert_chart(row + _ROWS * (i // 2), 0 if i % 2 == 0 else 3, chart, placed)
        at += len(series.names) + 3
    return row + _ROWS * -(-len(drawn) // 2) - 1


def _write_series(data: Worksheet, styles: Styles, series: _Series, at: int) -> None:
    data.write_string(at, 0, series.title, styles.get(bold=True))
    for i, (name, value, formula) in enumerate(zip(series.names, series.values, series.formulas, strict=True), at + 1):
        data.write_string(i, 0, name, styles.get())
        style = styles.get(num_format=series.num_format)
        if formula:
            data.write_formula(i, 1, formula, style, value)
        else:
            data.write_number(i, 1, value, style)


def _chart(book: Workbook, series: _Series, at: int) -> Any:
    chart = book.add_chart({"type": series.kind})
    first, last = at + 1, at + len(series.names)
    labels: dict[str, object] = {"value": True, "font": _FONT}
    look: dict[str, object] = {"fill": {"color": _BAR}, "gap": 45}
    if series.kind == "doughnut":
        labels = {"percentage": True, "value": False, "font": _FONT, "leader_lines": False}
        slices = _SLICES[: len(series.names)]
        look = {"points": [{"fill": {"color": one}, "border": {"color": "#1F4E79"}} for one in slices]}
    chart.add_series(
        {
            "name": series.title,
            "categories": [CHART_SHEET, first, 0, last, 0],
            "values": [CHART_SHEET, first, 1, last, 1],
            "categories_data": list(series.names),
            "values_data": list(series.values),
            "data_labels": labels,
            **look,
        }
    )
    chart.set_title({"name": series.title, "name_font": {**_FONT, "size": 11}, "overlay": False})
    if series.kind == "doughnut":
        chart.set_legend({"position": "right", "font": _FONT})
        chart.set_hole_size(45)
    else:
        chart.set_legend({"none": True})
        # Bars run from the bottom up.
        chart.set_y_axis({"reverse": True, "num_font": _FONT, "major_tick_mark": "none"})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    return chart


def _breakdowns(results: Results, figured: Figured) -> list[_Series]:
    """What the forms say is drawn; a breakdown with no figures is none, one with a part missing is said to be one."""
    found = []
    for form in results.owed.forms:
        for chart in form.charts:
            parts = [key for key in chart.parts if key in results.rollup.cells]
            known = [(key, value) for key in parts if (value := _value(results, key)) is not None]
            if len(known) < 2 or not sum(value for _, value in known):
                continue
            kind = "doughnut" if len(known) <= 2 else "bar"
            title = chart.title.vi + ("" if len(known) == len(parts) else " (chưa đủ)")
            money = results.rollup.cells[known[0][0]].type == "money"
            found.append(
                _Series(
                    f"{title} (triệu đồng)" if money else title,
                    kind,
                    tuple(_name(results, key, [other for other, _ in known]) for key, _ in known),
                    tuple(value / 1_000_000 if money else value for _, value in known),
                    tuple(_leads(figured.totals.get(key), money=money) for key, _ in known),
                    "#,##0",
                )
            )
    return found


def _units(results: Results, figured: Figured) -> list[_Series]:
    """The units with the most of the second headline, of members where the forms are the usual ones."""
    tree, figures = results.owed.tree, headline_figures(results)
    if len(figures) < 2 or figures[1].cell.rollup != "SUM":
        return []
    figure = figures[1]
    key = figure.cell.key
    shares = [(unit, results.rollup.value.of(unit.code, key)) for unit in tree.children(tree.province.code)]
    known = sorted(((value, -tree.order[unit.code], unit) for unit, value in shares if value), reverse=True)[
        :_MOST_BARS
    ]
    if len(known) < 2:
        return []
    title = f"{figure.label.vi} theo đơn vị" + ("" if len(known) < _MOST_BARS else f" ({_MOST_BARS} đơn vị nhiều nhất)")
    places = [figured.place(unit.code, key) for _, _, unit in known]
    names = tuple(printable(unit.short_name or unit.name) for _, _, unit in known)
    values = tuple(value for value, _, _ in known)
    return [_Series(title, "bar", names, values, tuple(map(_leads, places)), "#,##0")]


def _targets(results: Results) -> list[_Series]:
    """What was reached of each target of the province, in per cent."""
    form = target_form(results)
    if form is None:
        return []
    known: list[tuple[float, str]] = []
    no = ""
    for line in target_lines(results, form, results.owed.tree.province):
        # A part has the number of the row that it is a part of.
        no = line.no or no
        if line.percentage is not None:
            known.append((line.percentage, f"{no}. {_short(line.label)}"))
    lowest = sorted(known, key=lambda one: one[0])[:_MOST_BARS]
    if len(lowest) < 2:
        return []
    values, names = zip(*lowest, strict=True)
    return [_Series("Chỉ tiêu đạt thấp nhất (%)", "bar", names, values, ("",) * len(lowest), "0.0")]


def _short(label: str) -> str:
    words = label.removeprefix("+ ")
    return words if len(words) <= 34 else f"{words[:33].rstrip()}…"


def _name(results: Results, key: Key, others: Sequence[Key]) -> str:
    """What tells a part from the others: its row, or its column where all are of one row."""
    form = results.owed.forms.by_id[key.form]
    if len({other.indicator for other in others}) > 1:
        return form.indicator(key.indicator).label.vi
    table = next(table for table in form.tables if table.id == results.rollup.cells[key].table)
    return table.measure(key.measure).label.vi


def _value(results: Results, key: Key) -> float | None:
    return results.rollup.value.of(results.owed.tree.province.code, key)


def _leads(place: Place | None, *, money: bool = False) -> str:
    if place is None:
        return ""
    return f"='{place[0]}'!{a1(*place[1:])}" + ("/1000000" if money else "")
