"""The appendices that show the province's units: their headline figures, and who has sent."""

from __future__ import annotations

from pipeline.appendix_forms import MILLION
from pipeline.appendix_grid import NO_WIDTH, PORTRAIT, Appendix, Column, Grid, Line, number_width
from pipeline.appendix_marks import coverage, marked, marks, notes_of, stated
from pipeline.headlines import HeadlineFigure, headline_figures
from pipeline.results import STATUS_NAMES, Results
from schemas.tree import Unit

_MOST_LISTED = 30


def units_appendix(results: Results) -> Appendix | None:
    """The headline figures of every direct child of the province; nothing where there is none of either."""
    province = results.owed.tree.province
    shown, children = headline_figures(results), results.owed.tree.children(province.code)
    if not shown or not children:
        return None
    grid = _figures(results, shown, children, millions=False)
    if grid.width > PORTRAIT:
        grid = _figures(results, shown, children, millions=True)
    title = f"Một số chỉ tiêu chủ yếu theo đơn vị {results.owed.period.label('vi')}".upper()
    return Appendix(title, stated(results, province), (grid,), notes_of(results, province, (grid,)))


def _figures(results: Results, shown: tuple[HeadlineFigure, ...], units: tuple[Unit, ...], *, millions: bool) -> Grid:
    """A row a unit; where there are many headlines, money is in ``millions`` of đồng."""
    scaled = [millions and figure.cell.type == "money" for figure in shown]
    decimals = (0, 0, *map(int, scaled))
    lines = [_unit_line(results, unit, shown, scaled, i) for i, unit in enumerate(units, start=1)]
    total = (_scaled(figure.value, is_scaled) for figure, is_scaled in zip(shown, scaled, strict=True))
    lines.append(Line(("", "Toàn tỉnh", *total), bold=True, decimals=decimals))
    counted = (coverage(results, figure.cell.key) or None for figure in shown)
    heads = [_head(figure, is_scaled) for figure, is_scaled in zip(shown, scaled, strict=True)]
    numbers = [
        Column(head, "number", number_width(_column(lines, at), head, decimals[at])) for at, head in enumerate(heads, 2)
    ]
    lines.append(Line(("", "Số đơn vị có số liệu", *counted)))
    return Grid((Column("TT", "no", NO_WIDTH), Column("Đơn vị", "text"), *numbers), tuple(lines))


def _column(lines: list[Line], at: int) -> list[float | None]:
    return [value if isinstance(value, float) else None for value in (line.values[at] for line in lines)]


def _head(figure: HeadlineFigure, is_scaled: bool) -> str:
    if is_scaled:
        return f"{figure.label.vi} (triệu đồng)"
    return f"{figure.label.vi} (đồng)" if figure.cell.unit == "đồng" else figure.label.vi


def _scaled(value: float | None, is_scaled: bool) -> float | None:
    return value / MILLION if value is not None and is_scaled else value


def _unit_line(
    results: Results, unit: Unit, shown: tuple[HeadlineFigure, ...], scaled: list[bool], number: int
) -> Line:
    figures = {figure.cell.key: results.rollup.value.of(unit.code, figure.cell.key) for figure in shown}
    found = marks(results, unit, [key for key, value in figures.items() if value is not None])
    values = (_scaled(value, is_scaled) for value, is_scaled in zip(figures.values(), scaled, strict=True))
    name = marked(unit.short_name or unit.name, found)
    return Line((str(number), name, *values), decimals=(0, 0, *map(int, scaled)), marks=found)


def state_appendix(results: Results) -> Appendix | None:
    """Who has sent and who must correct; nothing where every return is in and in order."""
    states = [results.status_of(code) for code in results.owed.owed]
    if not any(state in ("missing", "rejected") for state in states):
        return None
    listed = [unit for unit in results.owed.tree.units if unit.code in results.owed.owed]
    grid = _listed(results, listed) if len(listed) <= _MOST_LISTED else _counted(results)
    title = f"Tình hình gửi báo cáo {results.owed.period.label('vi')}".upper()
    due = f"Hạn gửi {results.owed.dates.due:%d/%m/%Y}; {results.as_of}"
    return Appendix(title, due, (grid,))


def _late(results: Results) -> set[str]:
    return {finding.unit for finding in results.findings if finding.id == "late"}


def _listed(results: Results, units: list[Unit]) -> Grid:
    """A row a unit."""
    late = _late(results)
    lines = []
    for i, unit in enumerate(units, start=1):
        sent = results.by_unit.get(unit.code)
        day = f"{sent.received_day:%d/%m/%Y}" if sent is not None else ""
        state = STATUS_NAMES[results.status_of(unit.code)].vi
        lines.append(Line((str(i), unit.name, state, day, "Gửi muộn" if unit.code in late else "")))
    columns = (
        Column("TT", "no", NO_WIDTH),
        Column("Đơn vị", "text"),
        Column("Tình trạng", "note", 42.0),
        Column("Ngày nhận", "note", 26.0),
        Column("Ghi chú", "note", 24.0),
    )
    return Grid(columns, tuple(lines))


def _counted(results: Results) -> Grid:
    """A row a direct child of the province, for itself and all below it, where the units are too many to list."""
    tree, late = results.owed.tree, _late(results)
    lines = []
    total = [0.0] * 5
    for i, child in enumerate(tree.children(tree.province.code), start=1):
        owing = [unit.code for unit in (child, *tree.descendants(child.code)) if unit.code in results.owed.owed]
        states = [results.status_of(code) for code in owing]
        wrong, missing = states.count("rejected"), states.count("missing")
        counts = [len(owing), len(owing) - missing, sum(code in late for code in owing), wrong, missing]
        total = [before + count for before, count in zip(total, counts, strict=True)]
        lines.append(Line((str(i), child.name, *map(float, counts))))
    lines.append(Line(("", "Toàn tỉnh", *total), bold=True))
    heads = ("Phải gửi", "Đã gửi", "Gửi muộn", "Còn phải sửa", "Chưa gửi")
    numbers = (Column(head, "number", 18.0) for head in heads)
    return Grid((Column("TT", "no", NO_WIDTH), Column("Đơn vị", "text"), *numbers), tuple(lines))
