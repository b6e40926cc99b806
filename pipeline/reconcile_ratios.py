"""The ratios that the forms themselves declare: percentages, what an edit bounds, a part and its whole, averages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.edit import Compare, Linear, Quotient, Ref, Within
from schemas.form import Cell, Forms, Key, Table, key_of

# A figure of another day, of the register or of all rows of a list is none to divide by.
_KINDS = frozenset({"cell", "item"})
# A target is the issuer's, a percentage worked out a ratio itself; what a column of a list makes stands for its rows.
_ROLES = frozenset({"input", "derived", "aggregate"})


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure beside another; an average stands alone, with ``None`` for its ``whole``.

    In a list the keys name columns (their indicators are empty): it is a ratio of each row.
    """

    part: Key
    whole: Key | None


def ratios_of(forms: Forms) -> tuple[Ratio, ...]:
    """Every ratio that the forms declare, once; of several measures of the same two rows the first.

    A part of the whole in its own row (women, the own part, what is done before the estimate) says little of its own,
    and what is held against a target is judged by the target.
    """
    found: dict[tuple[str, ...], Ratio] = {}
    for form in forms:
        for table in form.tables:
            for ratio in _of_table(table):
                if all(_is_of_unit(forms.cell(key)) for key in (ratio.part, ratio.whole) if key is not None):
                    found.setdefault(_rows(ratio), ratio)
    return tuple(found.values())


def _rows(ratio: Ratio) -> tuple[str, ...]:
    keys = [key for key in (ratio.part, ratio.whole) if key is not None]
    return tuple(name for key in keys for name in (key.form, key.indicator or key.measure))


def _is_of_unit(cell: Cell | None) -> bool:
    return cell is not None and cell.is_number and cell.role in _ROLES


def _of_table(table: Table) -> Iterator[Ratio]:
    for cell in table.cells.values():
        if cell.type == "average" and cell.role == "input":
            yield Ratio(cell.key, None)
        elif cell.role == "computed" and cell.ratio is not None:
            yield from _of_quotient(cell.ratio)
    for rule in (rule for edit in table.edits for rule in edit.checks):
        if isinstance(rule, Within):
            yield from _of_quotient(rule.quotient)
        elif isinstance(rule, Compare) and rule.operator == "<=":
            within = (ratio for ratio in _of_quotient(Quotient(rule.left, rule.right)))
            yield from (one for one in within if one.whole is not None and not _in_one_row(one.part, one.whole))


def _in_one_row(part: Key, whole: Key) -> bool:
    return bool(part.indicator) and part[:2] == whole[:2]


def _of_quotient(quotient: Quotient) -> Iterator[Ratio]:
    part, whole = _single(quotient.numerator), _single(quotient.denominator)
    if part is not None and whole is not None and part.kind == whole.kind:
        yield Ratio(key_of(part), key_of(whole))


def _single(linear: Linear) -> Ref | None:
    """The one figure that it is."""
    if len(linear.terms) != 1 or linear.constant:
        return None
    weight, ref = linear.terms[0]
    return ref if weight == 1 and ref.kind in _KINDS else None
