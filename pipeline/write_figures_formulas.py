"""The live formulas of a sheet of figures: totals, percentages and verdicts over the units beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.formulas import number
from pipeline.layout import a1
from pipeline.write_figures_grid import SECTOR_COLUMN, TOTAL, Group, Line, Sheet
from schemas.edit import Linear, Quotient, Ref
from schemas.form import Cell, Key


@dataclass(frozen=True, slots=True)
class Formulas:
    """The formulas of ``sheet``, which may speak of figures on other sheets of the same units.

    ``index`` has the sheet and line of every such figure. ``None`` stands for a formula that cannot be given.
    """

    sheet: Sheet
    index: Mapping[Key, tuple[Sheet, Line]]

    def total(self, line: int, cell: Cell) -> str | None:
        """The province's figure over the units; a derived one over the totals of its parts."""
        if cell.derived is not None:
            return self._derived(cell.derived)
        if not self.sheet.units:
            return None
        units = self.sheet.units_range(line)
        match cell.rollup:
            case "SUM" | "MAX":
                return f'=IF(COUNT({units})=0,"",{cell.rollup}({units}))'
            case "CNT":
                return f'=IF(COUNT({units})=0,"",COUNTIF({units},">0"))'
            case "WAVG" if cell.weight is not None and cell.weight in self.index:
                weights = self._range(cell.weight)
                weight = f'SUMPRODUCT(--({units}<>""),{weights})'
                return f'=IF({weight}>0,SUMPRODUCT({units},{weights})/{weight},"")'
        return None

    def group(self, line: int, cell: Cell, group: Group) -> str | None:
        """What a group of units makes: a sum, the largest, or a count; ``None`` for what does not add up."""
        cells = self.sheet.range_of(line, group.first, group.last)
        if group.sector:
            sectors = self.sheet.range_of(SECTOR_COLUMN, group.first, group.last)
            if cell.rollup != "SUM":
                return None
            some = f'COUNTIFS({sectors},"{group.sector}",{cells},">=0")'
            return f'=IF({some}=0,"",SUMIF({sectors},"{group.sector}",{cells}))'
        match cell.rollup:
            case "SUM" | "MAX":
                return f'=IF(COUNT({cells})=0,"",{cell.rollup}({cells}))'
            case "CNT":
                return f'=IF(COUNT({cells})=0,"",COUNTIF({cells},">0"))'
        return None

    def percentage(self, cell: Cell) -> str | None:
        """Over the units that have every part of it; against a target, of the province's own figures."""
        assert cell.ratio is not None
        parts, wholes = cell.ratio.numerator.refs, cell.ratio.denominator.refs
        keys = [_key(ref) for ref in dict.fromkeys(parts + wholes)]
        if not (parts and wholes and self.sheet.units and all(key in self.index for key in keys)):
            return None
        issued = any(self.index[key][0].measure.issuer for key in keys)
        return self._of_totals(cell.ratio, keys) if issued else self._of_units(cell.ratio, keys)

    def verdict(self, actual: Key, target: Key, *, exact: bool) -> str | None:
        """Whether the total reaches the target; one that is to be met exactly can also be exceeded."""
        if not (actual in self.index and target in self.index):
            return None
        done, given = self._total(actual), self._total(target)
        met = f'IF({done}>={given},"Đạt","Không đạt")'
        if exact:
            met = f'IF({done}>{given},"Vượt",{met})'
        return f'=IF(COUNT({done})=0,"",IF({given}=0,"Không giao",{met}))'

    def _derived(self, parts: Linear) -> str | None:
        keys = [_key(ref) for ref in parts.refs]
        if not (keys and all(key in self.index for key in keys)):
            return None
        cells = ",".join(map(self._total, keys))
        return f'=IF(COUNT({cells})=0,"",{self._sum_of_totals(parts)})'

    def _of_totals(self, ratio: Quotient, keys: Iterable[Key]) -> str:
        cells = [self._total(key) for key in keys]
        top, whole = self._sum_of_totals(ratio.numerator), self._sum_of_totals(ratio.denominator)
        return f'=IF(OR(COUNT({",".join(cells)})<{len(cells)},{whole}<=0),"",100*{_factor(top)}/{_factor(whole)})'

    def _of_units(self, ratio: Quotient, keys: Iterable[Key]) -> str:
        has_all = ",".join(f'--({self._range(key)}<>"")' for key in keys)
        top, whole = (
            f"SUMPRODUCT({has_all},{_weighted(parts, self._range)})" for parts in (ratio.numerator, ratio.denominator)
        )
        return f'=IF({whole}>0,100*{top}/{whole},"")'

    def _sum_of_totals(self, parts: Linear) -> str:
        """The weighted sum of the province's figures; a missing one is empty text, which does not add up."""
        return _weighted(parts, lambda key: f"N({self._total(key)})")

    def _range(self, key: Key) -> str:
        """The units' cells of a figure."""
        sheet, line = self.index[key]
        return self._on(sheet, sheet.units_range(line.at))

    def _total(self, key: Key) -> str:
        """The province's cell of a figure; of a target, the one beside a total of this sheet where there is one."""
        sheet, line = self.index[key]
        here, row = self.index.get(key._replace(measure=self.sheet.measure.code), (sheet, line))
        if here is self.sheet and key.measure in here.beside[row.table.id]:
            return a1(*here.at(row.at, here.part_of(key.measure)))
        return self._on(sheet, a1(*sheet.at(line.at, TOTAL)))

    def _on(self, sheet: Sheet, cells: str) -> str:
        return cells if sheet is self.sheet else f"'{sheet.name}'!{cells}"


def _key(ref: Ref) -> Key:
    return Key(ref.form, ref.indicator, ref.measure)


def _weighted(parts: Linear, operand: Callable[[Key], str]) -> str:
    """A weighted sum as a formula writes it."""
    terms = [("" if weight == 1 else f"{number(weight)}*") + operand(_key(ref)) for weight, ref in parts.terms]
    return "+".join([*terms, number(parts.constant)] if parts.constant else terms)


def _factor(summed: str) -> str:
    """A sum as it stands in a product."""
    return f"({summed})" if "+" in summed else summed
