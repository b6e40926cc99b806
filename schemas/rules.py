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
from collections.abc import Collection, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import cast

from schemas.edit import (
    About,
    Blanks,
    Compare,
    Iff,
    IsBlank,
    IsPositive,
    Linear,
    Member,
    Operator,
    Quotient,
    Ref,
    Rule,
    Unique,
    When,
    Within,
)
from schemas.rules_blanks import check_blanks, parts_of_sum, zero_parts
from schemas.rules_terms import (
    REGISTER_GROUPS,
    Names,
    Place,
    RuleError,
    earlier,
    is_call,
    is_quotient,
    read_column,
    read_expression,
    read_group,
    read_linear,
    read_quotient,
    read_quotient_or_sum,
    read_ref,
    single,
)

__all__ = [
    "REGISTER_GROUPS",
    "Names",
    "Place",
    "RuleError",
    "parse_cell",
    "parse_linear",
    "parse_quotient",
    "parse_rule",
    "parse_weight",
]

_OPERATORS: dict[type[ast.cmpop], Operator] = {ast.Eq: "==", ast.LtE: "<=", ast.GtE: ">="}
_FLIPPED: dict[Operator, Operator] = {"==": "==", "<=": ">=", ">=": "<="}


def parse_rule(
    text: str,
    names: Names,
    form: str,
    measures: Collection[str],
    *,
    rows: Collection[str],
    over: Collection[str],
    blanks: Blanks = "interval",
) -> tuple[Rule, ...]:
    """The instances of a rule.

    ``measures`` are the measure codes of the rule's table, ``rows`` the rows that a relation of measures goes
    over and ``over`` the measures that a relation of rows goes over, ``blanks`` what a blank means. Raises
    :class:`RuleError`.
    """
    body = read_expression(text)
    places = _places(body, Place(names, form, frozenset(measures), blanks=blanks), rows, over)
    if not places:
        raise RuleError("không có dòng hay cột nào mà quy tắc áp dụng được", "applies to no row and no measure")
    found = tuple(rule for place in places for rule in _instances(body, place))
    check_blanks(found, blanks)
    return found


def parse_linear(
    text: str, names: Names, form: str, measures: Collection[str], *, measure: str = "", row: str = ""
) -> Linear:
    """A weighted sum of rows read in one measure, or of measures read in one row. Raises :class:`RuleError`."""
    return read_linear(read_expression(text), Place(names, form, frozenset(measures), row=row, measure=measure))


def parse_quotient(text: str, names: Names, form: str, measures: Collection[str], *, row: str) -> Quotient:
    """A part over a whole, read in one row. Raises :class:`RuleError`."""
    return read_quotient(read_expression(text), Place(names, form, frozenset(measures), row=row))


def parse_cell(text: str, names: Names, form: str) -> Ref:
    """One named cell, ``B01.pt_ketnap[tong]``. Raises :class:`RuleError`."""
    return _only_cell(read_ref(read_expression(text), Place(names, form, frozenset())))


def parse_weight(text: str, names: Names, form: str, *, measure: str) -> Ref:
    """The cell that weighs a mean: a row in the same measure, or a named cell. Raises :class:`RuleError`."""
    return _only_cell(read_ref(read_expression(text), Place(names, form, frozenset(), measure=measure)))


def _only_cell(ref: Ref) -> Ref:
    if ref.kind != "cell":
        raise RuleError("cần đúng một ô: dòng[cột]", "needs one cell: row[measure]")
    return ref


def _places(body: ast.expr, base: Place, rows: Collection[str], over: Collection[str]) -> list[Place]:
    """Where the rule is to hold: once, in each of ``rows``, or in each of ``over`` that its rows share."""
    names, form, codes = base.names, base.form, base.measures
    here = names.matrices.get(form, {})
    bare = {node.id for node in _bare_names(body)}
    if base.is_list:
        return [base]
    if bare & codes:
        if bare & here.keys():
            raise RuleError(
                "trộn mã dòng và mã cột trong một quy tắc; hãy viết dòng[cột]",
                "mixes row codes and measure codes in one rule; write row[measure]",
            )
        return [replace(base, row=row) for row in rows if (bare & codes) <= here[row]]
    if bare & here.keys():
        shared = frozenset.intersection(*(here[name] for name in bare & here.keys()))
        return [replace(base, measure=measure) for measure in over if measure in shared]
    return [base]


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
    if isinstance(node, ast.Compare) and is_call(node.left, "each"):
        parts = cast(ast.Call, node.left).args
        if not parts:
            raise RuleError("each(…) cần ít nhất một thành phần", "each(…) needs at least one part")
        for part in parts:
            yield from _instances(ast.Compare(part, node.ops, node.comparators), place)
    elif isinstance(node, ast.Compare):
        yield _relation(node, place)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield _call(node.func.id, node.args, place)
    else:
        raise RuleError("không phải là một quy tắc (thiếu phép so sánh)", "is not a rule (no comparison)")


def _call(name: str, args: list[ast.expr], place: Place) -> Rule:
    match name, args:
        case "about", [printed, share]:
            return _about(printed, share, place)
        case "iff", [left, right]:
            both = _positive(left, place), _positive(right, place)
            return Iff(*both, zero_parts(tuple(side.ref for side in both), place), place.blanks)
        case "when", [condition, then]:
            first = _relation(condition, place)
            if not isinstance(first, Compare):
                raise RuleError("điều kiện của when phải là phép so sánh", "the condition of when must be a comparison")
            return When(first, _then(then, place))
        case "unique", [column]:
            return Unique(read_column(column, place))
    raise RuleError(
        f'không biết "{name}(…)" với {len(args)} thành phần',
        f'unknown "{name}(…)" with {len(args)} arguments',
    )


def _then(node: ast.expr, place: Place) -> Compare | IsBlank:
    match node:
        case ast.Call(func=ast.Name(id="blank"), args=[inner]):
            return IsBlank(read_ref(inner, place))
        case ast.Call(func=ast.Name(id="blank")):
            raise RuleError("blank(…) cần đúng một số liệu", "blank(…) needs one number")
    relation = _relation(node, place)
    if not isinstance(relation, Compare):
        raise RuleError(
            "vế sau của when phải là phép so sánh hoặc blank(…)", "when must end in a comparison or blank(…)"
        )
    return relation


def _positive(node: ast.expr, place: Place) -> IsPositive:
    match node:
        case ast.Compare(left=left, ops=[ast.Gt()], comparators=[ast.Constant(value=0)]):
            return IsPositive(read_ref(left, place))
    raise RuleError("iff cần hai điều kiện dạng x > 0", "iff needs two conditions of the form x > 0")


def _about(printed: ast.expr, share: ast.expr, place: Place) -> About:
    sums = read_linear(printed, place)
    if sums.constant or any(weight != 1 for weight, _ in sums.terms):
        raise RuleError("about(…) cần tổng các tỷ lệ %", "about(…) needs a plain sum of percentages")
    if isinstance(share, ast.Constant) and share.value == 100:
        return About(sums.refs, None)
    return About(sums.refs, read_quotient(share, place))


def _relation(node: ast.expr, place: Place) -> Rule:
    if not isinstance(node, ast.Compare):
        raise RuleError("thiếu phép so sánh", "has no comparison")
    sides = [node.left, *node.comparators]
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.In):
        call = sides[1]
        if not is_call(call, "register"):
            raise RuleError("vế sau của in phải là register(…)", "in must be followed by register(…)")
        return Member(read_column(sides[0], place), read_group(cast(ast.Call, call)))
    operators = [_OPERATORS.get(type(operator)) for operator in node.ops]
    if None in operators:
        raise RuleError("chỉ dùng ==, <= hoặc >=", "only ==, <= and >= are allowed")
    known = cast(list[Operator], operators)
    if len(sides) > 3:
        raise RuleError("khoảng chỉ có hai đầu", "a range has two ends at most")
    if is_call(node.left, "change"):
        return _change(node, known, place)
    if len(sides) == 3 or any(is_quotient(side) for side in sides):
        return _within(sides, known, place)
    left, right = read_linear(sides[0], place), read_linear(sides[1], place)
    return Compare(left, known[0], right, parts_of_sum(left, known[0], right, place), place.blanks)


def _within(sides: list[ast.expr], operators: list[Operator], place: Place) -> Within:
    low: Fraction | None = None
    high: Fraction | None = None
    middle = 1 if len(sides) == 3 else next(i for i, side in enumerate(sides) if is_quotient(side))
    for i, side in enumerate(sides):
        if i == middle:
            continue
        bound = read_linear(side, place)
        if bound.terms:
            raise RuleError("khoảng phải có hai đầu là hằng số", "a range must lie between constants")
        operator = operators[i] if i < middle else _FLIPPED[operators[i - 1]]
        if operator == "<=":
            low = bound.constant
        elif operator == ">=":
            high = bound.constant
        else:
            raise RuleError("khoảng chỉ viết bằng <= hoặc >=", "a range is only written with <= or >=")
    quotient = read_quotient_or_sum(sides[middle], place)
    return Within(low, quotient, high, zero_parts(quotient.numerator.refs, place), place.blanks)


def _change(node: ast.Compare, operators: list[Operator], place: Place) -> Within:
    bound, args = read_linear(node.comparators[0], place), cast(ast.Call, node.left).args
    if operators != ["<="] or bound.terms or len(args) != 1:
        raise RuleError(
            "change(x) chỉ viết dạng change(x) <= hằng số", "change(x) is only written change(x) <= constant"
        )
    now = read_ref(args[0], place)
    before = earlier(now, "year_ago")
    one = Fraction(1)
    quotient = Quotient(single(now), single(before))
    parts = zero_parts((now,), place)
    return Within(one - bound.constant, quotient, one + bound.constant, parts, place.blanks)
