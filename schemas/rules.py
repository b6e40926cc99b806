"""The language of edits: a line of text, parsed with :mod:`ast` and never evaluated, into :mod:`schemas.edit`.

==========================================  =====================================================
``a + b == c``, ``<=``, ``>=``              a linear relation of rows, for every measure they share
``a[nu] <= b[tong]``, ``B01.a[tong]``       named cells, of this form or another
``nu <= tong``                              a relation of measures, for every row that has them
``each(a, b, c) <= d``                      several parts, each against one whole
``0.1 <= a / b <= 0.9``                     a quotient in a range
``change(a) <= 0.15``                       against the same period a year before
``prev(a)``                                 the period before
``about(p, a / b)``, ``about(p + q, 100)``  printed percentages against the exact share
``sum(B04.x)``, ``count(B04.x)``            a column of a list
``register(grassroots)``                    a count from the register
``iff(a > 0, b > 0)``                       both or neither
``when(a == 0, blank(b))``                  a condition
``unique(x)``, ``x in register(children)``  a column of a list
==========================================  =====================================================
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import NoReturn, cast

from schemas.edit import (
    About,
    Compare,
    Iff,
    IsBlank,
    IsPositive,
    Linear,
    Member,
    Operator,
    Quotient,
    Ref,
    RefKind,
    Rule,
    Unique,
    When,
    Within,
)
from schemas.text import Text

REGISTER_GROUPS = ("grassroots", "children", "hcsn", "dnnn", "nnn")
_OPERATORS: dict[type[ast.cmpop], Operator] = {ast.Eq: "==", ast.LtE: "<=", ast.GtE: ">="}
_FLIPPED: dict[Operator, Operator] = {"==": "==", "<=": ">=", ">=": "<="}


class RuleError(ValueError):
    """One fault of a rule's text, worded for whoever edits the form."""

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(en)
        self.text = Text(vi, en)


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule may name: each form's rows with the number measures that apply, and the columns of lists."""

    matrices: Mapping[str, Mapping[str, frozenset[str]]]
    lists: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance of a rule stands: the form it belongs to, and the row or measure it goes over."""

    names: Names
    form: str
    measures: frozenset[str]
    row: str = ""
    measure: str = ""


def parse_rule(
    text: str,
    names: Names,
    form: str,
    measures: Collection[str],
    *,
    rows: Collection[str],
    over: Collection[str],
) -> tuple[Rule, ...]:
    """The instances of a rule.

    ``measures`` are the measure codes of the rule's table, ``rows`` the rows that a relation of measures goes
    over and ``over`` the measures that a relation of rows goes over. Raises :class:`RuleError`.
    """
    body = _parse(text)
    bare = {node.id for node in _bare_names(body)}
    here = names.matrices.get(form, {})
    codes = frozenset(measures)
    base = Place(names, form, codes)
    if codes and codes <= names.lists.get(form, frozenset()):
        places = [base]
    elif bare & codes:
        if bare & here.keys():
            _fail(
                "trộn mã dòng và mã cột trong một quy tắc; hãy viết dòng[cột]",
                "mixes row codes and measure codes in one rule; write row[measure]",
            )
        places = [Place(names, form, codes, row=row) for row in rows if (bare & codes) <= here[row]]
    elif bare & here.keys():
        shared = frozenset.intersection(*(here[name] for name in bare & here.keys()))
        places = [Place(names, form, codes, measure=m) for m in over if m in shared]
    else:
        places = [base]
    if not places:
        _fail("không có dòng hay cột nào mà quy tắc áp dụng được", "applies to no row and no measure")
    return tuple(rule for place in places for rule in _instances(body, place))


def parse_linear(text: str, names: Names, form: str, measures: Collection[str], *, measure: str) -> Linear:
    """A weighted sum of rows, read in one measure. Raises :class:`RuleError`."""
    return _linear(_parse(text), Place(names, form, frozenset(measures), measure=measure))


def parse_quotient(text: str, names: Names, form: str, measures: Collection[str], *, row: str) -> Quotient:
    """A part over a whole, read in one row. Raises :class:`RuleError`."""
    return _quotient(_parse(text), Place(names, form, frozenset(measures), row=row))


def parse_cell(text: str, names: Names, form: str) -> Ref:
    """One named cell, ``B01.pt_ketnap[tong]``. Raises :class:`RuleError`."""
    return _only_cell(_ref(_parse(text), Place(names, form, frozenset())))


def parse_weight(text: str, names: Names, form: str, *, measure: str) -> Ref:
    """The cell that weighs a mean: a row in the same measure, or a named cell. Raises :class:`RuleError`."""
    return _only_cell(_ref(_parse(text), Place(names, form, frozenset(), measure=measure)))


def _only_cell(ref: Ref) -> Ref:
    if ref.kind != "cell":
        _fail("cần đúng một ô: dòng[cột]", "needs one cell: row[measure]")
    return ref


def _fail(vi: str, en: str) -> NoReturn:
    raise RuleError(vi, en)


def _parse(text: str) -> ast.expr:
    try:
        body = ast.parse(text, mode="eval").body
    except SyntaxError as fault:
        column = fault.offset or 0
        _fail(f'không đọc được "{text}" (ký tự thứ {column})', f'cannot be read: "{text}" (character {column})')
    if any(isinstance(node, ast.keyword) for node in ast.walk(body)):
        _fail("không dùng dạng tên=giá trị", "takes no name=value")
    return body


def _bare_names(node: ast.AST) -> Iterator[ast.Name]:
    """Names that stand alone: neither the row nor the column of ``row[measure]``, nor a form, nor a register group."""
    if isinstance(node, ast.Name):
        yield node
    elif isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == "register"):
            for argument in node.args:
                yield from _bare_names(argument)
    elif not isinstance(node, ast.Subscript | ast.Attribute):
        for child in ast.iter_child_nodes(node):
            yield from _bare_names(child)


def _instances(node: ast.expr, place: Place) -> Iterator[Rule]:
    if isinstance(node, ast.Compare) and _is_call(node.left, "each"):
        parts = cast(ast.Call, node.left).args
        if not parts:
            _fail("each(…) cần ít nhất một thành phần", "each(…) needs at least one part")
        for part in parts:
            yield from _instances(ast.Compare(part, node.ops, node.comparators), place)
    elif isinstance(node, ast.Compare):
        yield _relation(node, place)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield _call(node.func.id, node.args, place)
    else:
        _fail("không phải là một quy tắc (thiếu phép so sánh)", "is not a rule (no comparison)")


def _call(name: str, args: list[ast.expr], place: Place) -> Rule:
    match name, args:
        case "about", [printed, share]:
            return _about(printed, share, place)
        case "iff", [left, right]:
            return Iff(_positive(left, place), _positive(right, place))
        case "when", [condition, then]:
            first = _relation(condition, place)
            if not isinstance(first, Compare):
                _fail("điều kiện của when phải là phép so sánh", "the condition of when must be a comparison")
            return When(first, _then(then, place))
        case "unique", [column]:
            return Unique(_column(column, place))
    _fail(
        f'không biết "{name}(…)" với {len(args)} thành phần',
        f'unknown "{name}(…)" with {len(args)} arguments',
    )


def _then(node: ast.expr, place: Place) -> Compare | IsBlank:
    match node:
        case ast.Call(func=ast.Name(id="blank"), args=[inner]):
            return IsBlank(_ref(inner, place))
        case ast.Call(func=ast.Name(id="blank")):
            _fail("blank(…) cần đúng một số liệu", "blank(…) needs one number")
    relation = _relation(node, place)
    if not isinstance(relation, Compare):
        _fail("vế sau của when phải là phép so sánh hoặc blank(…)", "when must end in a comparison or blank(…)")
    return relation


def _positive(node: ast.expr, place: Place) -> IsPositive:
    match node:
        case ast.Compare(left=left, ops=[ast.Gt()], comparators=[ast.Constant(value=0)]):
            return IsPositive(_ref(left, place))
    _fail("iff cần hai điều kiện dạng x > 0", "iff needs two conditions of the form x > 0")


def _about(printed: ast.expr, share: ast.expr, place: Place) -> About:
    sums = _linear(printed, place)
    if sums.constant or any(weight != 1 for weight, _ in sums.terms):
        _fail("about(…) cần tổng các tỷ lệ %", "about(…) needs a plain sum of percentages")
    if isinstance(share, ast.Constant) and share.value == 100:
        return About(sums.refs, None)
    return About(sums.refs, _quotient(share, place))


def _relation(node: ast.expr, place: Place) -> Rule:
    if not isinstance(node, ast.Compare):
        _fail("thiếu phép so sánh", "has no comparison")
    sides = [node.left, *node.comparators]
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.In):
        call = sides[1]
        if not _is_call(call, "register"):
            _fail("vế sau của in phải là register(…)", "in must be followed by register(…)")
        return Member(_column(sides[0], place), _group(cast(ast.Call, call)))
    operators = [_OPERATORS.get(type(operator)) for operator in node.ops]
    if None in operators:
        _fail("chỉ dùng ==, <= hoặc >=", "only ==, <= and >= are allowed")
    known = cast(list[Operator], operators)
    if len(sides) > 3:
        _fail("khoảng chỉ có hai đầu", "a range has two ends at most")
    if _is_call(node.left, "change"):
        return _change(node, known, place)
    if len(sides) == 3 or any(_is_quotient(side) for side in sides):
        return _within(sides, known, place)
    left, right = _linear(sides[0], place), _linear(sides[1], place)
    return Compare(left, known[0], right, _parts(left, known[0], right))


def _parts(left: Linear, operator: Operator, right: Linear) -> frozenset[Ref]:
    if operator != "==":
        return frozenset()
    if len(left.terms) > 1 and len(right.terms) == 1:
        return frozenset(ref for ref in left.refs if ref.kind == "cell")
    if len(right.terms) > 1 and len(left.terms) == 1:
        return frozenset(ref for ref in right.refs if ref.kind == "cell")
    return frozenset()


def _within(sides: list[ast.expr], operators: list[Operator], place: Place) -> Within:
    low: Fraction | None = None
    high: Fraction | None = None
    middle = 1 if len(sides) == 3 else next(i for i, side in enumerate(sides) if _is_quotient(side))
    for i, side in enumerate(sides):
        if i == middle:
            continue
        bound = _linear(side, place)
        if bound.terms:
            _fail("khoảng phải có hai đầu là hằng số", "a range must lie between constants")
        operator = operators[i] if i < middle else _FLIPPED[operators[i - 1]]
        if operator == "<=":
            low = bound.constant
        elif operator == ">=":
            high = bound.constant
        else:
            _fail("khoảng chỉ viết bằng <= hoặc >=", "a range is only written with <= or >=")
    return Within(low, _quotient_or_plain(sides[middle], place), high)


def _change(node: ast.Compare, operators: list[Operator], place: Place) -> Within:
    bound, args = _linear(node.comparators[0], place), cast(ast.Call, node.left).args
    if operators != ["<="] or bound.terms or len(args) != 1:
        _fail("change(x) chỉ viết dạng change(x) <= hằng số", "change(x) is only written change(x) <= constant")
    now = _ref(args[0], place)
    before = Ref("year_ago", now.form, now.indicator, now.measure)
    one = Fraction(1)
    return Within(one - bound.constant, Quotient(_one(now), _one(before)), one + bound.constant)


def _one(ref: Ref) -> Linear:
    return Linear(((Fraction(1), ref),))


def _is_quotient(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)


def _quotient_or_plain(node: ast.expr, place: Place) -> Quotient:
    if _is_quotient(node):
        return _quotient(node, place)
    return Quotient(_linear(node, place), Linear((), Fraction(1)))


def _quotient(node: ast.expr, place: Place) -> Quotient:
    if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
        _fail("cần một tỷ số dạng a / b", "needs a quotient of the form a / b")
    return Quotient(_linear(node.left, place), _linear(node.right, place))


def _linear(node: ast.expr, place: Place) -> Linear:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and isfinite(value):
            return Linear((), Fraction(str(value)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _linear(operand, place).times(Fraction(-1))
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
            factor = Fraction(1 if isinstance(sign, ast.Add) else -1)
            return _linear(left, place).plus(_linear(right, place), factor)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, second = _linear(left, place), _linear(right, place)
            if first.terms and second.terms:
                _fail("chỉ nhân với hằng số", "only a constant may multiply")
            return second.times(first.constant) if second.terms else first.times(second.constant)
    return _one(_ref(node, place))


def _ref(node: ast.expr, place: Place) -> Ref:
    match node:
        case ast.Call(func=ast.Name(id="prev"), args=[inner]):
            inside = _ref(inner, place)
            if inside.kind != "cell":
                _fail("prev(…) cần một ô", "prev(…) needs a cell")
            return Ref("prev", inside.form, inside.indicator, inside.measure)
        case ast.Call(func=ast.Name(id="sum" | "count" as kind), args=[column]):
            found = _column(column, place)
            return Ref(cast(RefKind, kind), found.form, "", found.measure)
        case ast.Call(func=ast.Name(id="register")):
            return Ref("register", "", _group(node), "")
        case ast.Subscript(value=ast.Name(id=indicator), slice=ast.Name(id=measure)):
            return _cell(place.form, indicator, measure, place)
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=form), attr=indicator), slice=ast.Name(id=measure)):
            return _cell(form, indicator, measure, place)
        case ast.Name(id=name):
            if name in place.measures and place.row:
                return _cell(place.form, place.row, name, place)
            return _cell(place.form, name, place.measure, place)
    _fail(f'không hiểu "{ast.unparse(node)}"', f'does not understand "{ast.unparse(node)}"')


def _cell(form: str, indicator: str, measure: str, place: Place) -> Ref:
    rows = place.names.matrices.get(form)
    if rows is None:
        _unknown("biểu", "form", form, place.names.matrices)
    if indicator not in rows:
        _unknown("mã dòng", "row", indicator, rows)
    if measure not in rows[indicator]:
        if not measure:
            _fail(
                f'"{indicator}" cần nói rõ cột: {indicator}[…]',
                f'"{indicator}" needs its measure: {indicator}[…]',
            )
        _fail(
            f'dòng "{indicator}" không có cột số liệu "{measure}"',
            f'row "{indicator}" has no number in measure "{measure}"',
        )
    return Ref("cell", form, indicator, measure)


def _column(node: ast.expr, place: Place) -> Ref:
    match node:
        case ast.Attribute(value=ast.Name(id=form), attr=column):
            pass
        case ast.Name(id=column):
            form = place.form
        case _:
            _fail("cần một cột của bảng danh sách", "needs a column of a list table")
    columns = place.names.lists.get(form)
    if columns is None:
        _unknown("bảng danh sách", "list", form, place.names.lists)
    if column not in columns:
        _unknown("cột", "column", column, columns)
    return Ref("cell", form, "", column)


def _group(call: ast.Call) -> str:
    match call.args:
        case [ast.Name(id=group)] if group in REGISTER_GROUPS:
            return group
    shown = ", ".join(REGISTER_GROUPS)
    _fail(f"register(…) cần một trong: {shown}", f"register(…) needs one of: {shown}")


def _unknown(vi: str, en: str, name: str, known: Collection[str]) -> NoReturn:
    near = difflib.get_close_matches(name, known, n=1)
    hint_vi = f'; có phải là "{near[0]}"?' if near else ""
    hint_en = f'; did you mean "{near[0]}"?' if near else ""
    _fail(f'{vi} "{name}" không có{hint_vi}', f'{en} "{name}" does not exist{hint_en}')


def _is_call(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
