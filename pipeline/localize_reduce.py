"""What a constraint asks of the cells that may change, the other figures being what was reported.

A constraint becomes alternatives of which one must hold, each some linear rows over whole numbers: a cell is counted in
steps of its last place. Blanks that are not in the set are gone by then, since each relation takes its own for itself
(:mod:`pipeline.localize_system`): of an equality, a blank that can only raise the sum leaves a bound from above.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from pipeline.localize_lines import Line
from pipeline.localize_problem import Problem, bits
from pipeline.localize_system import Both, Empty, Implied, Number, Ratio, Relation, Share, Sum, room, slim
from schemas.edit import Blanks, Operator


class View(NamedTuple):
    """A sum while some cells are free: their weights in steps, and what the others make.

    ``rises`` and ``falls`` say what a blank can do to it, ``lacks`` that one is no part that may stand for zero;
    ``silent`` that the unit reports nothing of it.
    """

    weights: dict[int, Number]
    constant: Number
    rises: bool = False
    falls: bool = False
    lacks: bool = False
    silent: bool = False

    @property
    def blank(self) -> bool:
        """Whether a figure of it is unknown."""
        return self.rises or self.falls

    def plus(self, other: View, factor: Number) -> View:
        """``self + factor * other``, neither having a blank."""
        weights = dict(self.weights)
        for cell, weight in other.weights.items():
            weights[cell] = weights.get(cell, 0) + factor * weight
        return View(weights, self.constant + factor * other.constant)


class Product(NamedTuple):
    """A printed percentage and the whole of its share, both free: the only relation that is not linear."""

    printed: int
    part: View
    whole: View
    below: Fraction
    above: Fraction
    source: int = 0


Alternative = tuple[Line | Product, ...]
Alternatives = tuple[Alternative, ...]

ALWAYS: Alternatives = ((),)
NEVER: Alternatives = ()

Known = dict[tuple[int, int, int], Alternatives]


def alternatives(problem: Problem, constraint: int, numbers: int, emptied: int, known: Known) -> Alternatives:
    """What a constraint asks while the cells ``numbers`` are free and the cells ``emptied`` are made blank.

    ``known`` keeps what was worked out before: it depends on the constraint's own cells alone.
    """
    cells = problem.cells[constraint]
    key = (constraint, numbers & cells, emptied & cells)
    found = known.get(key)
    if found is None:
        found = known[key] = _tidied(_asked(problem, constraint, key[1], key[2]), 1 << constraint)
    return found


def licence(problem: Problem, cell: int, numbers: int, emptied: int) -> Alternatives:
    """When a cell may be made blank: one of the constraints that ask it to be empty must be in force."""
    found: Alternatives = NEVER
    for constraint in bits(problem.emptying[cell]):
        rule = problem.system.constraints[constraint].rule
        assert isinstance(rule, Implied)
        found += _passes(_of_relation(problem, rule.condition, numbers, emptied), rule.condition.operator)
    return _tidied(found, problem.emptying[cell])


def _asked(problem: Problem, constraint: int, numbers: int, emptied: int) -> Alternatives:
    rule = problem.system.constraints[constraint].rule
    match rule:
        case Relation():
            return _holds(_of_relation(problem, rule, numbers, emptied), rule.operator)
        case Ratio():
            part = _view(problem, rule.numerator, numbers, emptied, rule.zeros, "zero")
            whole = _view(problem, rule.denominator, numbers, emptied, rule.zeros, "zero")
            return _ratio(rule, part, whole)
        case Both():
            sides = (_only(id_) for id_ in (rule.left, rule.right))
            left, right = (_view(problem, side, numbers, emptied, rule.zeros, "zero") for side in sides)
            if left.blank or right.blank:
                return ALWAYS
            neither = (_line(left), _line(right))
            return (neither, (_line(_turned(left), strict=True), _line(_turned(right), strict=True)))
        case Implied():
            when = _of_relation(problem, rule.condition, numbers, emptied)
            return _then(problem, rule, numbers, emptied) + _passes_not(when, rule.condition.operator)
    return _share(problem, rule, numbers, emptied)


def _only(id_: Hashable) -> Sum:
    return Sum(((1, id_),))


def _of_relation(problem: Problem, rule: Relation, numbers: int, emptied: int) -> View:
    return _view(problem, rule.sum, numbers, emptied, rule.parts, rule.blanks)


def _view(
    problem: Problem,
    summed: Sum,
    numbers: int,
    emptied: int,
    parts: frozenset[Hashable] = frozenset(),
    blanks: Blanks = "interval",
) -> View:
    blank = (problem.blank | emptied) & ~numbers
    weights: dict[int, Number] = {}
    constant: Number = slim(summed.constant)
    rises = falls = lacks = False
    silent = True
    for exact, id_ in summed.terms:
        weight, made = slim(exact), problem.figures[id_]
        if made.cells & blank:
            if blanks == "interval":
                rises |= weight > 0
                falls |= weight < 0
                lacks |= id_ not in parts
            elif id_ not in parts:
                rises = falls = lacks = True
            continue
        silent &= id_ in problem.foreign
        constant += weight * made.constant
        for inner, cell in made.leaves:
            if numbers >> cell & 1:
                weights[cell] = weights.get(cell, 0) + weight * inner * problem.steps[cell]
            else:
                constant += weight * inner * (problem.variables[cell].value or 0)
    return View(weights, constant, rises, falls, lacks, silent)


def _line(view: View, *, equal: bool = False, strict: bool = False) -> Line:
    """The row that says ``view <= 0``, ``< 0`` or ``== 0`` in whole numbers."""
    weights = sorted(item for item in view.weights.items() if item[1])
    factor = lcm(view.constant.denominator, *(weight.denominator for _, weight in weights))
    # Of whole numbers, what is below zero is at most minus one.
    constant = int(view.constant * factor) + strict
    return Line(tuple((cell, int(weight * factor)) for cell, weight in weights), constant, equal)


def _turned(view: View) -> View:
    return View({cell: -weight for cell, weight in view.weights.items()}, -view.constant)


def _holds(view: View, operator: Operator) -> Alternatives:
    """When a relation does not fail: no blank of its own need save it."""
    rises, falls = view.rises, view.falls
    if view.silent:
        return ALWAYS
    if operator == "==" and not view.blank:
        return ((_line(view, equal=True),),)
    at_most = () if falls or operator == ">=" else (_line(view),)
    at_least = () if rises or operator == "<=" else (_line(_turned(view)),)
    return (at_most + at_least,)


def _passes(view: View, operator: Operator) -> Alternatives:
    """When a condition is in force, whatever stands in its blanks or they standing for zero."""
    if view.silent:
        return NEVER
    if operator == "==":
        return NEVER if view.lacks else ((_line(view, equal=True),),)
    if operator == "<=":
        return NEVER if view.rises else ((_line(view),),)
    return NEVER if view.falls else ((_line(_turned(view)),),)


def _passes_not(view: View, operator: Operator) -> Alternatives:
    if not _passes(view, operator):
        return ALWAYS
    below, above = (_line(view, strict=True),), (_line(_turned(view), strict=True),)
    if operator == "==":
        return (below, above)
    return (above,) if operator == "<=" else (below,)


def _then(problem: Problem, rule: Implied, numbers: int, emptied: int) -> Alternatives:
    if isinstance(rule.then, Empty):
        return ALWAYS if _view(problem, _only(rule.then.id), numbers, emptied).blank else NEVER
    return _holds(_of_relation(problem, rule.then, numbers, emptied), rule.then.operator)


def _ratio(rule: Ratio, part: View, whole: View) -> Alternatives:
    if part.blank or whole.blank or (rule.zeros and part.silent and whole.silent):
        return ALWAYS
    low = () if rule.low is None else (_line(_turned(part.plus(whole, -slim(rule.low)))),)
    high = () if rule.high is None else (_line(part.plus(whole, -slim(rule.high))),)
    # What is usual comes first: a whole of zero is the way out that a reader thinks of last.
    return (low + high, (_line(whole),))


def _share(problem: Problem, rule: Share, numbers: int, emptied: int) -> Alternatives:
    """The printed percentage is free, or its whole is known, or both: then what is left is no linear row."""
    printed = _view(problem, _only(rule.printed), numbers, emptied)
    part = _view(problem, rule.numerator, numbers, emptied)
    whole = _view(problem, rule.denominator, numbers, emptied)
    if printed.blank or part.blank or whole.blank:
        return ALWAYS
    below, above = room(rule, problem.decimals)
    void: Alternative = (_line(whole),)
    if not printed.weights:
        return (share_lines(part, whole, printed.constant - below, printed.constant + above), void)
    if any(whole.weights.values()):
        (cell,) = printed.weights
        return ((Product(cell, part, whole, below, above),), void)
    # (p - below) · whole <= 100 · part < (p + above) · whole
    times = {cell: weight * whole.constant for cell, weight in printed.weights.items()}
    points = View(times, printed.constant * whole.constant).plus(part, -100)
    under, over = (View({}, side * whole.constant) for side in (below, above))
    return ((_line(points.plus(under, -1)), _line(_turned(points.plus(over, 1)), strict=True)), void)


def share_lines(part: View, whole: View, low: Number, high: Number) -> tuple[Line, Line]:
    """``low <= 100 * part / whole < high`` for a whole above zero."""
    hundredfold = View({}, 0).plus(part, 100)
    return (
        _line(_turned(hundredfold.plus(whole, -low))),
        _line(hundredfold.plus(whole, -high), strict=True),
    )


def _tidied(asked: Alternatives, source: int) -> Alternatives:
    """Without lines that hold anyhow and without alternatives that cannot; one that holds anyhow is enough."""
    left: list[Alternative] = []
    for alternative in asked:
        lines = [line for line in alternative if isinstance(line, Product) or line.weights or not _true(line)]
        if any(isinstance(line, Line) and not line.weights for line in lines):
            continue
        if not lines:
            return ALWAYS
        left.append(tuple(line._replace(source=source) for line in lines))
    return tuple(left)


def _true(line: Line) -> bool:
    return line.constant == 0 if line.equal else line.constant <= 0
