"""The live formulas of a sheet of figures: totals, percentages and verdicts over the units beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.layout import a1
from pipeline.write_figures_grid import TOTAL, Sheet
from schemas.form import Cell, Key


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of ``sheet``, which may speak of the other ``sheets``."""

    sheet: Sheet
    sheets: Sequence[Sheet]

    def total(self, line: int, cell: Cell) -> str | None:
        """The province's figure over the units; ``None`` where no formula can give it."""
        units = self.sheet.units_range(line)
        match cell.rollup:
            case "SUM" | "MAX" if cell.role != "issuer":
                return f'=IF(COUNT({units})=0,"",{cell.rollup}({units}))'
            case "CNT":
                return f'=IF(COUNT({units})=0,"",COUNTIF({units},">0"))'
            case "WAVG" if cell.weight is not None:
                weights = self._range_of(cell.weight)
                weight = f'SUMPRODUCT(--({units}<>""),{weights})'
                return f'=IF({weight}=0,"",SUMPRODUCT({units},{weights})/{weight})' if weights else None
        return None

    def percentage(self, line: int, cell: Cell) -> str:
        """Over the units that have both part and whole; against a target, of the two figures beside it."""
        assert cell.ratio is not None
        top, whole = cell.ratio.numerator.refs[0], cell.ratio.denominator.refs[0]
        if whole.measure in self.sheet.extras:
            done, given = self._done_and_given(line)
            return f'=IF(OR(COUNT({done})=0,N({given})=0),"",100*{done}/{given})'
        parts = self.sheet.units_range(line)
        wholes = self._range_of(Key(whole.form, whole.indicator, whole.measure)).split("!")[-1]
        both = f'--({parts}<>""),--({wholes}<>"")'
        assert top.measure == self.sheet.measure.code
        return f'=IF(SUMPRODUCT({both},{wholes})=0,"",100*SUMPRODUCT({both},{parts})/SUMPRODUCT({both},{wholes}))'

    def verdict(self, line: int, *, exact: bool) -> str:
        """Whether the total reaches the target; one that is to be met exactly can also be exceeded."""
        done, given = self._done_and_given(line)
        met = f'IF({done}>={given},"Đạt","Không đạt")'
        if exact:
            met = f'IF({done}>{given},"Vượt",{met})'
        return f'=IF(COUNT({done})=0,"",IF({given}=0,"Không giao",{met}))'

    def _range_of(self, key: Key) -> str:
        """The units' cells of another row, on whatever sheet they stand; ``""`` where they stand on none."""
        for sheet in self.sheets:
            same = sheet.form.id == key.form and sheet.measure.code == key.measure and sheet.units == self.sheet.units
            line = sheet.line_of(key) if same else None
            if line is not None:
                return f"'{sheet.name}'!{sheet.units_range(line)}"
        return ""

    def _done_and_given(self, line: int) -> tuple[str, str]:
        """The cells of the total and of the target that was given."""
        issued = next(measure.code for measure in self.sheet.table.measures if measure.issuer)
        target = self.sheet.first_extra + self.sheet.extras.index(issued)
        return a1(*self.sheet.at(line, TOTAL)), a1(*self.sheet.at(line, target))
