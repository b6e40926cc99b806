"""What the rules of a form speak of: numbers by name, sums and quotients of them, columns, groups of the register."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite
from typing import cast

from schemas.edit import Blanks, Linear, Quotient, Ref, RefKind
from schemas.near import no_such
from schemas.text import Text

_COMPARED = frozenset({"count", "money", "percent", "average", "date", "flag"})
_AGGREGATED = {"sum": ("count", "money"), "count": ("key", "flag")}
REGISTER_GROUPS = ("grassroots", "children", "hcsn", "dnnn", "nnn")


class RuleError(ValueError):
    """One fault of a rule's text, worded for whoever edits the form."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(vi, en)


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule may name: each form's rows with the number measures that apply, and the columns of lists.

    ``types`` are what each column of a list holds.
    """

    matrices: Mapping[str, Mapping[str, frozenset[str]]]
    lists: Mapping[str, frozenset[str]]
    types: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance of a rule stands: its form, the row or measure it goes over; and what a blank means in it."""

    names: Names
    form: str
    measures: frozenset[str]
    row: str = ""
    measure: str = ""
    blanks: Blanks = "interval"

    @property
    def is_list(self) -> bool:
        """Whether the rule is one of a list, and speaks of each of its rows."""
        return bool(self.measures) and self.measures <= self.names.lists.get(self.form, frozenset())


def read_expression(text: str) -> ast.expr:
    """The text as a Python expression, not evaluated."""
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError as fault:
        column = fault.offset or 0
        raise RuleError(
            f'không đọc được "{text}" (ký tự thứ {column})', f'cannot be read: "{text}" (character {column})'
        ) from fault
    if any(isinstance(node, ast.keyword) for node in ast.walk(body)):
        raise RuleError("không dùng dạng tên=giá trị", "takes no name=value")
    return body


def is_call(node: ast.expr, name: str) -> bool:
    """Whether this is ``name(…)``."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name


def is_quotient(node: ast.expr) -> bool:
    """Whether this divides."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def single(ref: Ref) -> Linear:
    """One number by itself."""
    return Linear(((Fraction(1), ref),))


def read_linear(node: ast.expr, place: Place) -> Linear:
    """A weighted sum of numbers, with a constant."""
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and isfinite(value):
            return Linear((), Fraction(str(value)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return read_linear(operand, place).times(Fraction(-1))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
            factor = Fraction(1 if isinstance(sign, ast.Add) else -1)
            return read_linear(left, place).plus(read_linear(right, place), factor)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, second = read_linear(left, place), read_linear(right, place)
            if first.terms and second.terms:
                raise RuleError("chỉ nhân với hằng số", "only a constant may multiply")
            return second.times(first.constant) if second.terms else first.times(second.constant)
    return single(read_ref(node, place))


def read_quotient(node: ast.expr, place: Place) -> Quotient:
    """A part over a whole."""
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        raise RuleError("cần một tỷ số dạng a / b", "needs a quotient of the form a / b")
    return Quotient(read_linear(node.left, place), read_linear(node.right, place))


def read_quotient_or_sum(node: ast.expr, place: Place) -> Quotient:
    """A quotient; a plain sum stands over 1."""
    if is_quotient(node):
        return read_quotient(node, place)
    return Quotient(read_linear(node, place), Linear((), Fraction(1)))


def read_ref(node: ast.expr, place: Place) -> Ref:
    """The one number that this names."""
    match node:
        case ast.Call(func=ast.Name(id="prev"), args=[inner]):
            return earlier(read_ref(inner, place), "prev")
        case ast.Call(func=ast.Name(id="sum" | "count" as kind), args=[column]):
            found = read_column(column, place)
            _check_aggregate(kind, found, place)
            return Ref(cast(RefKind, kind), found.form, "", found.measure)
        case ast.Call(func=ast.Name(id="register")):
            return Ref("register", "", read_group(node), "")
        case ast.Subscript(value=ast.Name(id=indicator), slice=ast.Name(id=measure)):
            return _cell(place.form, indicator, measure, place)
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=form), attr=indicator), slice=ast.Name(id=measure)):
            return _cell(form, indicator, measure, place)
        case ast.Name(id=name):
            if place.is_list:
                return _item(name, place)
            if name in place.measures and place.row:
                return _cell(place.form, place.row, name, place)
            return _cell(place.form, name, place.measure, place)
    raise RuleError(f'không hiểu "{ast.unparse(node)}"', f'does not understand "{ast.unparse(node)}"')


def _check_aggregate(kind: str, column: Ref, place: Place) -> None:
    holds = place.names.types.get(column.form, {}).get(column.measure)
    if holds is not None and holds not in _AGGREGATED[kind]:
        known = ", ".join(_AGGREGATED[kind])
        raise RuleError(
            f'{kind}(…) cần cột loại {known}; "{column.measure}" là {holds}',
            f'{kind}(…) needs a column of {known}; "{column.measure}" is {holds}',
        )


def earlier(now: Ref, when: str) -> Ref:
    """The same number in the period before (``prev``) or a year before (``year_ago``)."""
    if now.kind not in ("cell", "item"):
        raise RuleError(f"{when}(…) cần một ô", f"{when}(…) needs a cell")
    kind = when if now.kind == "cell" else f"item_{when}"
    return Ref(cast(RefKind, kind), now.form, now.indicator, now.measure)


def _item(name: str, place: Place) -> Ref:
    """A number in the row at hand of a list."""
    types = place.names.types.get(place.form, {})
    columns = [code for code, kind in types.items() if kind in _COMPARED]
    if name not in columns:
        raise _no_such("cột số liệu", "column of numbers", name, columns)
    return Ref("item", place.form, "", name)


def _cell(form: str, indicator: str, measure: str, place: Place) -> Ref:
    rows = place.names.matrices.get(form)
    if rows is None:
        raise _no_such("biểu", "form", form, place.names.matrices)
    if indicator not in rows:
        raise _no_such("mã dòng", "row", indicator, rows)
    if measure not in rows[indicator]:
        if not measure:
            raise RuleError(
                f'"{indicator}" cần nói rõ cột: {indicator}[…]',
                f'"{indicator}" needs its measure: {indicator}[…]',
            )
        raise RuleError(
            f'dòng "{indicator}" không có cột số liệu "{measure}"',
            f'row "{indicator}" has no number in measure "{measure}"',
        )
    return Ref("cell", form, indicator, measure)


def read_column(node: ast.expr, place: Place) -> Ref:
    """A column of a list table."""
    match node:
        case ast.Attribute(value=ast.Name(id=form), attr=column):
            pass
        case ast.Name(id=column):
            form = place.form
        case _:
            raise RuleError("cần một cột của bảng danh sách", "needs a column of a list table")
    columns = place.names.lists.get(form)
    if columns is None:
        raise _no_such("bảng danh sách", "list", form, place.names.lists)
    if column not in columns:
        raise _no_such("cột", "column", column, columns)
    return Ref("cell", form, "", column)


def read_group(call: ast.Call) -> str:
    """The register group of ``register(…)``."""
    match call.args:
        case [ast.Name(id=group)] if group in REGISTER_GROUPS:
            return group
    shown = ", ".join(REGISTER_GROUPS)
    raise RuleError(f"register(…) cần một trong: {shown}", f"register(…) needs one of: {shown}")


def _no_such(vi: str, en: str, name: str, known: Collection[str]) -> RuleError:
    fault = no_such(vi, en, name, known)
    return RuleError(fault.vi, fault.en)
