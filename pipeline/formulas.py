"""Edits and derived figures as Excel formulas.

A cell is addressed by its code (``INDEX`` of a whole column, ``MATCH`` in the hidden code column): cutting and pasting
inside the sheet, or inserting a row, cannot turn such a reference into ``#REF!`` or point it at another row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from xlsxwriter.worksheet import Worksheet

from pipeline.layout import SheetPlan, column_letters
from schemas.edit import Compare, Linear, Quotient, Ref, Within
from schemas.form import Key

Plans = Mapping[str, SheetPlan]
Constants = Mapping[Ref, float]

MATCHED, MISMATCHED, UNDECIDED = "Khớp", "KHÔNG KHỚP", "Chưa đủ số liệu"


class FormulaSheet(Worksheet):  # type: ignore[misc, unused-ignore]
    """A worksheet that takes every formula as it is given.

    xlsxwriter searches each formula for some seventy functions newer than Excel 2007, which takes longer than all else
    in a package. None of them is used here: offices have old versions of Excel.
    """

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return super()._prepare_formula(formula, True) if expand_future_functions else formula.removeprefix("=")


class NotInPackage(KeyError):
    """A formula would need a number that the package does not hold."""


def cell(plans: Plans, key: Key) -> str:
    """A reference to a cell of the package, by its code."""
    sheet = plans.get(key.form)
    if sheet is None or key not in sheet.places:
        raise NotInPackage(key)
    column = column_letters(sheet.places[key][1])
    # Quoted, for B01 is also the name of a cell.
    return f"INDEX('{key.form}'!${column}:${column},MATCH(\"{key.indicator}\",'{key.form}'!$A:$A,0))"


def _operand(plans: Plans, constants: Constants, ref: Ref) -> str | None:
    """The reference for a ref that is a cell; ``None`` for one whose value is a constant known at issue."""
    if ref.kind == "cell":
        return cell(plans, Key(ref.form, ref.indicator, ref.measure))
    if ref not in constants:
        raise NotInPackage(ref)
    return None


def number(value: Fraction | float) -> str:
    """A constant as a formula writes it, plain digits."""
    exact = Fraction(value).limit_denominator(10**9)
    if exact.denominator == 1:
        return str(exact.numerator)
    return f"({exact.numerator}/{exact.denominator})"


def linear(plans: Plans, constants: Constants, expression: Linear) -> str:
    """A weighted sum; a blank counts as nothing."""
    constant = expression.constant
    parts: list[str] = []
    for weight, ref in expression.terms:
        operand = _operand(plans, constants, ref)
        if operand is None:
            constant += weight * Fraction(constants[ref]).limit_denominator(10**9)
        else:
            sign = "-" if weight < 0 else "+"
            factor = "" if abs(weight) == 1 else f"{number(abs(weight))}*"
            parts.append(f"{sign}{factor}N({operand})")
    if constant or not parts:
        parts.append(("-" if constant < 0 else "+") + number(abs(constant)))
    return "".join(parts).removeprefix("+")


def count(plans: Plans, constants: Constants, refs: Iterable[Ref]) -> tuple[str, int]:
    """``COUNT(…)`` of the cells among ``refs``, and how many they are."""
    operands = [operand for ref in refs if (operand := _operand(plans, constants, ref)) is not None]
    return (f"COUNT({','.join(operands)})" if operands else "0", len(operands))


def percentage(plans: Plans, ratio: Quotient, decimals: int) -> str:
    """A share in points, rounded half up; empty where a part is missing or the whole is nothing."""
    filled, needed = count(plans, {}, ratio.numerator.refs + ratio.denominator.refs)
    top, whole = linear(plans, {}, ratio.numerator), linear(plans, {}, ratio.denominator)
    return f'=IF(OR({filled}<{needed},{whole}=0),"",ROUND(100*({top})/({whole}),{decimals}))'


def derived(plans: Plans, parts: Linear) -> str:
    """A derived total; empty while all its parts are."""
    filled, _ = count(plans, {}, parts.refs)
    return f'=IF({filled}=0,"",{linear(plans, {}, parts)})'


def linked(plans: Plans, source: Key) -> str:
    """The figure of another form, so that nobody types it twice."""
    there = cell(plans, source)
    return f'=IF(COUNT({there})=0,"",{there})'


def target_verdict(plans: Plans, actual: Key, target: Key, operator: str) -> str:
    """Vượt, Đạt, Không đạt or Không giao; empty where the actual figure is missing."""
    done, given = cell(plans, actual), cell(plans, target)
    met = f'IF({done}>={given},"Đạt","Không đạt")'
    if operator == "=":
        met = f'IF({done}>{given},"Vượt",{met})'
    return f'=IF(OR(COUNT({done})=0,COUNT({given})=0),"",IF({given}=0,"Không giao",{met}))'


def check_parts(plans: Plans, constants: Constants, rule: Compare) -> tuple[str, str, str, str, str]:
    """The five helper formulas of a live linear check.

    What is known of left − right; blanks that could raise it; blanks that could lower it; blanks that may not stand for
    zero; how many numbers are there at all.
    """
    residual = rule.residual
    terms = residual.terms
    known = linear(plans, constants, residual)
    blanks = []
    for chosen in (
        [ref for weight, ref in terms if weight > 0],
        [ref for weight, ref in terms if weight < 0],
        [ref for _, ref in terms if ref not in rule.parts],
    ):
        filled, needed = count(plans, constants, chosen)
        blanks.append(f"={needed}-{filled}")
    filled, _ = count(plans, constants, residual.refs)
    return f"={known}", blanks[0], blanks[1], blanks[2], f"={filled}"


def check_verdict(rule: Compare, known: str, rise: str, fall: str, whole: str, filled: str) -> str:
    """The live verdict, from the addresses of the five helper cells."""
    if rule.operator == "==":
        fails = f"OR(AND({known}>0,{fall}=0),AND({known}<0,{rise}=0))"
        passes = f"AND({known}=0,OR(AND({rise}=0,{fall}=0),{whole}=0))"
    elif rule.operator == "<=":
        fails, passes = f"AND({known}>0,{fall}=0)", f"AND({known}<=0,{rise}=0)"
    else:
        fails, passes = f"AND({known}<0,{rise}=0)", f"AND({known}>=0,{fall}=0)"
    return f'=IF({filled}=0,"{UNDECIDED}",IF({fails},"{MISMATCHED}",IF({passes},"{MATCHED}","{UNDECIDED}")))'


def range_verdict(plans: Plans, constants: Constants, rule: Within) -> str:
    """The live verdict of a quotient that must stay in a range."""
    quotient = rule.quotient
    filled, needed = count(plans, constants, quotient.numerator.refs + quotient.denominator.refs)
    top, whole = linear(plans, constants, quotient.numerator), linear(plans, constants, quotient.denominator)
    bounds = []
    # Both sides by the bound's denominator: whole numbers compare exactly.
    if rule.low is not None:
        bounds.append(f"{rule.low.denominator}*({top})>={rule.low.numerator}*({whole})")
    if rule.high is not None:
        bounds.append(f"{rule.high.denominator}*({top})<={rule.high.numerator}*({whole})")
    return f'=IF(OR({filled}<{needed},{whole}<=0),"{UNDECIDED}",IF(AND({",".join(bounds)}),"{MATCHED}","{MISMATCHED}"))'
