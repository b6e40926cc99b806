"""The appendix of targets: the rows and columns of the offices' own appendix, with unit, estimate and percentage."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.appendix_grid import NO_WIDTH, UNIT_WIDTH, Appendix, Column, Grid, Line
from pipeline.appendix_marks import marked, marks, notes_of, stated
from pipeline.results import Results
from pipeline.target_lines import TargetLine, target_lines
from schemas.form import Form, Key
from schemas.targets import verdict
from schemas.tree import Unit

_LONGEST_NOTE = 400


def targets_appendix(results: Results, form: Form, unit: Unit) -> Appendix:
    """The targets of the province or of one unit beside what was done."""
    actual = {cell.judges[0].indicator: cell.judges[0] for cell in form.cells() if cell.judges}
    lines = [_line(results, line, unit, actual) for line in target_lines(results, form, unit)]
    grid = Grid(_columns(results), tuple(lines))
    title = f"{form.title.vi} thực hiện {results.owed.period.label('vi')}".upper()
    return Appendix(title, stated(results, unit), (grid,), notes_of(results, unit, (grid,)))


def _columns(results: Results) -> tuple[Column, ...]:
    return (
        Column("TT", "no", NO_WIDTH),
        Column("Nội dung", "text"),
        Column("Đơn vị tính", "note", UNIT_WIDTH),
        Column("Chỉ tiêu giao", "figure", 32.0),
        Column("Kết quả thực hiện", "figure", 26.0),
        Column(f"Ước thực hiện đến {results.owed.dates.estimated_to:%d/%m}", "figure", 26.0),
        Column("Tỷ lệ %", "figure", 19.0),
        Column("Ghi chú", "text", 44.0),
    )


def _line(results: Results, line: TargetLine, unit: Unit, actual: dict[str, Key]) -> Line:
    key = actual.get(line.code)
    found = marks(results, unit, [key]) if key is not None and line.actual is not None else frozenset()
    note = "; ".join([*_unmet(line), *([line.note] if line.note else [])])
    decimals = 2 if line.measured_in == "%" else 0
    figures = (line.target, line.actual, line.estimate, line.percentage)
    short = note if len(note) <= _LONGEST_NOTE else f"{note[:_LONGEST_NOTE]}…"
    return Line(
        (line.no, line.label, line.measured_in, *figures, marked(short, found)),
        line.indent,
        line.indent == 0,
        (0, 0, 0, decimals, decimals, decimals, 2, 0),
        found,
    )


def _unmet(line: TargetLine) -> Sequence[str]:
    """That a target was not reached, and whether it is expected to be."""
    if line.verdict != "Không đạt" or line.given is None:
        return ()
    expected = line.estimate is not None and verdict(line.given, line.estimate) != "Không đạt"
    return ("Chưa đạt, ước cuối kỳ đạt",) if expected else ("Không đạt",)
