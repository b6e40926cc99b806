"""Small systems for the tests of error localization, and a judge that tries every change."""

from __future__ import annotations

import itertools
import random
from collections.abc import Hashable, Iterable, Iterator, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from pipeline.localize import Fault
from pipeline.localize_system import (
    Asked,
    Both,
    Constraint,
    Derived,
    Empty,
    Implied,
    Number,
    Ratio,
    Relation,
    Share,
    Sum,
    System,
    Variable,
    complete,
    failing,
    verdict,
)
from pipeline.verdicts import Verdict
from schemas.edit import Operator

MOST = 4
OPERATORS: tuple[Operator, ...] = ("==", "<=", ">=")


def total(*terms: Hashable, constant: Number = 0, **weighted: Number) -> Sum:
    """``total("a", "b", c=-1)`` is a + b - c."""
    return Sum((*((1, term) for term in terms), *((weight, term) for term, weight in weighted.items())), constant)


def equal(*terms: Hashable, constant: Number = 0, **weighted: Number) -> Relation:
    """``equal("a", "b", c=-1)`` is a + b == c, in which a and b are parts."""
    return Relation(total(*terms, constant=constant, **weighted), "==", frozenset(terms))


def at_most(*terms: Hashable, constant: Number = 0, **weighted: Number) -> Relation:
    return Relation(total(*terms, constant=constant, **weighted), "<=")


def at_least(*terms: Hashable, constant: Number = 0, **weighted: Number) -> Relation:
    return Relation(total(*terms, constant=constant, **weighted), ">=")


def system(
    values: dict[str, Number | None], *rules: Asked, variables: Iterable[Variable] = (), derived: Iterable[Derived] = ()
) -> System:
    """Whole numbers of weight 1, unless one of ``variables`` says otherwise."""
    special = {variable.id: variable for variable in variables}
    made = (special.get(name) or Variable(name, value) for name, value in values.items())
    constraints = (Constraint(f"e{at}", at, rule) for at, rule in enumerate(rules))
    return System(tuple(made), tuple(constraints), tuple(derived))


def table(side: int, errors: int, seed: int) -> System:
    """A table with the sums of its rows and columns and their total, some of whose figures are wrong: a hard case."""
    chance, cells = random.Random(seed), range(side)
    values: dict[str, Number | None] = {f"x{i}{j}": chance.randrange(10, 99) for i in cells for j in cells}
    lines = [(f"r{i}", [f"x{i}{j}" for j in cells]) for i in cells] + [
        (f"k{j}", [f"x{i}{j}" for i in cells]) for j in cells
    ]
    lines += [("t", [f"{way}{i}" for i in cells]) for way in "rk"]
    for whole, parts in lines:
        values[whole] = sum(values[part] or 0 for part in parts)
    for name in chance.sample(sorted(values), errors):
        values[name] = (values[name] or 0) + chance.randint(1, 30)
    return system(values, *(equal(*parts, **{whole: -1}) for whole, parts in lines))


def blanks_in_conditions(count: int) -> System:
    """So many conditions in force, each with two blanks that count as zero: four ways to leave each alone."""
    values: dict[str, Number | None] = {}
    rules: list[Asked] = []
    for at in range(count):
        values |= {f"a{at}": 5 + at, f"b{at}": None, f"c{at}": None, f"d{at}": 9}
        parts = frozenset((f"b{at}", f"c{at}"))
        condition = Relation(total(f"a{at}", f"b{at}", f"c{at}"), ">=", parts, "zero")
        rules.append(Implied(condition, at_most(f"d{at}", constant=-5)))
        if at:
            rules.append(equal(f"a{at}", f"b{at}", f"c{at - 1}", **{f"d{at - 1}": -1}))
    return system(values, *rules)


def names(faults: Iterable[Fault]) -> list[list[str]]:
    """The cells of each set, fault by fault: ``[["a", "b c"]]`` is one fault with the sets {a} and {b, c}."""
    return [[" ".join(str(cell.id) for cell in one.cells) for one in fault.sets] for fault in faults]


def whole_sets(faults: Sequence[Fault]) -> set[frozenset[Hashable]]:
    """The smallest sets of the whole system: one set of each fault."""
    if not faults:
        return set()
    ways = itertools.product(*(fault.sets for fault in faults))
    return {frozenset(cell.id for one in way for cell in one.cells) for way in ways}


def changes(given: System, cells: Sequence[Variable]) -> Iterator[dict[Hashable, Number | None]]:
    """Every change of these cells that meets all constraints, by trying all of their figures."""
    for figures in itertools.product(*(_figures(cell) for cell in cells)):
        values = given.reported | {cell.id: figure for cell, figure in zip(cells, figures, strict=True)}
        emptied = [cell.id for cell in cells if cell.value is not None and values[cell.id] is None]
        if not failing(given, values) and all(_asked_empty(given, id_, values) for id_ in emptied):
            yield values


def by_trial(given: System) -> set[frozenset[Hashable]]:
    """All smallest sets, by trying every change of every set."""
    if not failing(given, given.reported):
        return set()
    free = [variable for variable in given.variables if not variable.fixed]
    sets = [cells for count in range(1, len(free) + 1) for cells in itertools.combinations(free, count)]
    found: set[frozenset[Hashable]] = set()
    for _, same in itertools.groupby(sorted(sets, key=_weight), key=_weight):
        found = {frozenset(cell.id for cell in cells) for cells in same if any(changes(given, cells))}
        if found:
            break
    return found


def _weight(cells: Sequence[Variable]) -> Number:
    return sum(cell.weight for cell in cells)


def _figures(cell: Variable) -> list[Number | None]:
    steps = 10**cell.decimals
    return [None, *(Fraction(figure, steps) for figure in range(cell.low * steps, cell.high * steps + 1))]


def _asked_empty(given: System, cell: Hashable, values: dict[Hashable, Number | None]) -> bool:
    known = complete(values, given.derived)
    return any(
        isinstance(rule, Implied)
        and rule.then == Empty(cell)
        and verdict(rule.condition, known, given.foreign, given.decimals) is Verdict.PASS
        for rule in (constraint.rule for constraint in given.constraints)
    )


@st.composite
def sums(draw: st.DrawFn, ids: Sequence[Hashable]) -> Sum:
    named = draw(st.lists(st.sampled_from(ids), min_size=1, max_size=4, unique=True))
    weights = [draw(st.sampled_from((1, 1, 1, -1, -1, 2, -2, 3))) for _ in named]
    return Sum(tuple(zip(weights, named, strict=True)), draw(st.sampled_from((0, 0, 0, 1, -2, 3))))


@st.composite
def relations(draw: st.DrawFn, ids: Sequence[Hashable]) -> Relation:
    summed = draw(sums(ids))
    parts = draw(st.frozensets(st.sampled_from([id_ for _, id_ in summed.terms])))
    return Relation(summed, draw(st.sampled_from(OPERATORS)), parts)


@st.composite
def rules(draw: st.DrawFn, ids: Sequence[Hashable], cells: Sequence[Hashable]) -> Asked:
    """Any rule but one on percentages; relations most of all."""
    kind = draw(st.sampled_from(("relation",) * 5 + ("ratio", "both", "implied", "empty")))
    match kind:
        case "ratio":
            low, high = draw(st.sampled_from(((None, Fraction(9, 10)), (Fraction(1, 2), None), (Fraction(1, 10), 2))))
            return Ratio(low, draw(sums(ids)), draw(sums(ids)), high)
        case "both":
            return Both(draw(st.sampled_from(ids)), draw(st.sampled_from(ids)))
        case "implied":
            return Implied(draw(relations(ids)), draw(relations(ids)))
        case "empty":
            return Implied(draw(relations(ids)), Empty(draw(st.sampled_from(cells))))
    return draw(relations(ids))


@st.composite
def variables(draw: st.DrawFn, name: str) -> Variable:
    return Variable(
        name,
        draw(st.none() | st.integers(0, MOST) | st.integers(0, MOST)),
        weight=draw(st.sampled_from((1, 1, 1, 2))),
        fixed=draw(st.sampled_from((False,) * 7 + (True,))),
        own=draw(st.sampled_from((True,) * 7 + (False,))),
        low=draw(st.sampled_from((0, 0, 0, -1))),
        high=MOST,
    )


@st.composite
def systems(draw: st.DrawFn, most: int = 4) -> System:
    """Up to ``most`` cells with figures of up to 4, perhaps a total of some, and up to five rules of any kind."""
    cells = "abcdef"[: draw(st.integers(2, most))]
    derived = (Derived("t", draw(sums(cells))),) if draw(st.booleans()) else ()
    ids = (*cells, *(one.id for one in derived))
    asked = draw(st.lists(rules(ids, cells), min_size=1, max_size=5))
    return System(
        tuple(draw(variables(name)) for name in cells),
        tuple(Constraint(f"e{at}", at, rule) for at, rule in enumerate(asked)),
        derived,
    )


@st.composite
def plain_systems(draw: st.DrawFn, most: int = 6) -> System:
    """Up to six cells without blanks, figures of up to 3, tied by sums: what most edits of the forms are."""
    cells = "abcdef"[: draw(st.integers(3, most))]
    asked = draw(st.lists(relations(cells), min_size=2, max_size=4))
    figures = [Variable(name, draw(st.integers(0, 3)), high=3) for name in cells]
    return System(tuple(figures), tuple(Constraint(f"e{at}", at, rule) for at, rule in enumerate(asked)))


@st.composite
def shares(draw: st.DrawFn) -> System:
    """A printed percentage and three counts, with bounds and sums that tie them."""
    counts = [Variable(name, draw(st.integers(0, MOST)), high=MOST) for name in "abc"]
    decimals = draw(st.sampled_from((0, 0, 1)))
    printed = Variable(
        "p", Fraction(draw(st.integers(0, 100 * 10**decimals)), 10**decimals), decimals=decimals, high=100
    )
    whole = Sum(((1, "c"), (1, "a"))) if draw(st.booleans()) else Sum(((1, "c"),))
    bound = Relation(Sum(((1, "p"),), -draw(st.integers(10, 90))), draw(st.sampled_from(OPERATORS[1:])))
    asked = [Share("p", Sum(((1, "a"),)), whole), *draw(st.lists(relations("abc"), max_size=2))]
    asked += [bound] if draw(st.booleans()) else []
    return System((*counts, printed), tuple(Constraint(f"e{at}", at, rule) for at, rule in enumerate(asked)))
