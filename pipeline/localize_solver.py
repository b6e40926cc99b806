"""Smallest sets of many cells: a solver proposes, exact whole numbers decide.

The proposals come from a mixed-integer model: a cell may move away from its figure where its binary is 1. Such a model
needs a bound on how far a cell moves, and holds each line only within a tolerance of that bound: at 10^12 đồng it takes
gaps of 1 to 1,000,000 for nothing. So it is taken as a relaxation and no more. A proposed set that does not do is
refuted by constraints that clash in exact arithmetic, and the model is told to take a further cell of those; what the
exact search refuted before is told it from the start. A set is listed only if it does, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Any

from pipeline.localize_check import holds
from pipeline.localize_exact import Limits, Reason, Searched
from pipeline.localize_exchange import Family, family_of
from pipeline.localize_fit import Fit, decide
from pipeline.localize_lines import Budget, Clash, Line, Undecided
from pipeline.localize_problem import Problem, bits, mask_of
from pipeline.localize_reduce import ALWAYS, Alternatives, Known, alternatives, share_lines
from pipeline.localize_system import sums_of

if TYPE_CHECKING:
    import highspy

# One thread and a fixed seed: the same proposals in every run. Without the heuristics, which solve whole models of
# their own, the solver asks every few milliseconds whether it should go on.
_OPTIONS: Mapping[str, bool | int | float] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_root_reduced_cost": False,
}
# The steps that a run takes for each row of a model, or each three numbers in them, and each time that the solver asks
# whether it should go on: at the first node, which it cuts and branches on by trial, and at the others.
_OF_A_RUN, _AT_FIRST, _LATER = 10, 3, 1
# Rows times choices, of which a way counts ten times: what is made of a larger model before the search begins has been
# seen to take seconds, and nothing stops it.
_LARGEST = 2_500_000

# How far one cell may move: so many times all that stands in the cells and the edits together.
_REACH = 4
# That distance in the units of the model. A solver holds a choice for whole within 10^-6, so that a hundredth of a unit
# can slip through.
_SCALED = 10**4


@dataclass(slots=True)
class _Model:
    """A model: columns for how far each cell moves, in units of ``scale``, and for the choice to move it.

    ``work`` is what is left of the steps, those of the exact decisions about its proposals among them. It is
    ``hopeless`` once something is asked that no change of cells can meet.
    """

    solver: highspy.Highs
    scale: Fraction
    work: Budget
    moves: dict[int, int] = field(default_factory=dict)
    choices: dict[int, int] = field(default_factory=dict)
    columns: int = 0
    rows: int = 0
    numbers: int = 0
    ways: int = 0
    hopeless: bool = False

    @property
    def size(self) -> int:
        """What the solver's work grows with."""
        return max(self.rows, self.numbers // 3)


def propose(problem: Problem, searched: Searched, known: Known, limits: Limits) -> Searched:
    """All smallest sets as far as a solver sees, each verified; the exact search came to ``searched`` and gave up.

    A set in which a cell moves by more than four times all figures and constants together is not seen. The reasons are
    those of :func:`pipeline.localize_exact.search`; ``work`` also where the solver gave up for another reason.
    """
    model = _model(problem, known, Budget(limits.work))
    for broken in bits(problem.broken):
        _require(model, problem.named(1 << broken))
    for one in searched.refuted:
        _require(model, one.cells & ~one.within)
    families: list[Family] = []
    for cells, fit in searched.sets:
        _add_family(problem, model, families, cells, fit, limits)
    refused = False
    while not model.hopeless:
        proposed = _smallest(model)
        if proposed is None:
            return _listed(families, "work", limits)
        cells, moved = proposed
        if not cells or (families and problem.weight(cells) > problem.weight(families[0].cells)):
            break
        answer = _decided(problem, cells, moved, known, model.work)
        if isinstance(answer, Clash):
            _require(model, problem.named(answer.source) & ~cells)
        elif answer is None:
            refused = True
            _require(model, problem.free & ~cells)
        elif len(families) == limits.sets:
            return _listed(families, "many", limits)
        else:
            _add_family(problem, model, families, cells, answer, limits)
    if not families:
        return Searched((), "none" if model.hopeless and not refused else "undecided")
    return _listed(families, "undecided" if refused else "", limits)


def _add_family(problem: Problem, model: _Model, families: list[Family], cells: int, fit: Fit, limits: Limits) -> None:
    """Keep a set and all that its parts can be exchanged for, and ask the solver for others."""
    if not families:
        # No set of more weight is wanted, which the solver need not find, then.
        weights = {column: float(problem.variables[cell].weight) for cell, column in model.choices.items()}
        _row(model, weights, most=float(problem.weight(cells)) + 0.5)
    if not any(family.holds(cells) for family in families):
        families.append(family_of(problem, cells, fit, limits, model.work) or Family(cells, fit, ({cells: fit},)))
        _forbid(model, families[-1])


def _listed(families: Sequence[Family], reason: Reason, limits: Limits) -> Searched:
    """One family by its parts; several set by set, or but the largest of them where these are too many."""
    if not families:
        return Searched((), reason)
    largest = max(families, key=lambda family: family.size)
    if len(families) > 1 and sum(family.size for family in families) <= limits.sets:
        sets = {cells: fit for family in families for cells, fit in family.sets().items()}
        return Searched(_sorted(sets), reason)
    groups = tuple(sorted(largest.supports, key=lambda group: group & -group)) if len(largest.groups) > 1 else ()
    return Searched(_sorted(largest.representatives()), "many" if len(families) > 1 else reason, groups=groups)


def _sorted(sets: Mapping[int, Fit]) -> tuple[tuple[int, Fit], ...]:
    return tuple(sorted(sets.items(), key=lambda one: (one[0].bit_count(), tuple(bits(one[0])))))


def _decided(
    problem: Problem, cells: int, moved: Mapping[int, Fraction], known: Known, work: Budget
) -> Fit | Clash | None:
    """A change of the set that does, exactly; where that is too much work, the solver's own if it does when rounded."""
    try:
        return decide(problem, cells, known, work)
    except Undecided:
        new = {cell: (problem.variables[cell].value or 0) + moved.get(cell, 0) for cell in bits(cells)}
        fit = Fit({cell: round(value / problem.steps[cell]) for cell, value in new.items()}, 0, ())
        return fit if holds(problem, cells, fit) else None


def _model(problem: Problem, known: Known, work: Budget) -> _Model:
    import highspy

    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in _OPTIONS.items():
        solver.setOptionValue(option, value)
    model = _Model(solver, Fraction(_REACH * _total(problem), _SCALED), work)
    _count_checks(model)
    for cell in bits(problem.free):
        _add_cell(problem, model, cell)
    numbers = problem.free & ~problem.blank
    for constraint in bits(problem.touched(numbers)):
        _add_constraint(problem, model, constraint, alternatives(problem, constraint, numbers, 0, known))
    return model


def _count_checks(model: _Model) -> None:
    """Have the solver stopped where the work ends.

    Its own limits are of time, or of nodes, of which the first may take long. What it does between two questions
    whether to go on hangs on the model alone.
    """
    from highspy import cb

    def asked(_kind: object, _message: str, said: Any, answer: Any, _data: object) -> None:
        model.work.take((_LATER if said.mip_node_count else _AT_FIRST) * model.size)
        answer.user_interrupt = model.work.spent

    model.solver.setCallback(asked, None)
    model.solver.startCallback(cb.HighsCallbackType.kCallbackMipInterrupt)


def _total(problem: Problem) -> Fraction:
    """All that stands in the cells and in the edits, and a hundred per cent."""
    figures = (one.value or 0 for one in problem.variables)
    constants = (summed.constant for one in problem.system.constraints for summed in sums_of(one.rule))
    return sum((abs(Fraction(number)) for number in (*figures, *constants)), Fraction(100))


def _add_cell(problem: Problem, model: _Model, cell: int) -> None:
    """The choice to change a cell and, unless it is blank, how far it moves."""
    variable = problem.variables[cell]
    model.choices[cell] = _column(model, float(variable.weight), 0, 1, whole=True)
    if variable.value is not None:
        low = float(max(Fraction(-_SCALED), (variable.low - variable.value) / model.scale))
        high = float(min(Fraction(_SCALED), (variable.high - variable.value) / model.scale))
        move = _column(model, 0, min(low, 0), max(high, 0))
        model.moves[cell] = move
        _row(model, {move: 1, model.choices[cell]: -max(high, 0)}, most=0)
        _row(model, {move: 1, model.choices[cell]: -min(low, 0)}, least=0)


def _add_constraint(problem: Problem, model: _Model, constraint: int, asked: Alternatives) -> None:
    """What a constraint asks. A cell of it that may be filled or emptied frees it from its lines when chosen.

    So does a percentage whose whole may change as well: their product is no line.
    """
    freeing = problem.named(1 << constraint) & (problem.blank | mask_of(problem.emptying))
    if asked == ALWAYS:
        return
    if not asked:
        _require(model, freeing)
        return
    ways = [_column(model, 0, 0, 1, whole=True) for _ in asked] if len(asked) > 1 else []
    model.ways += len(ways)
    if ways:
        _row(model, dict.fromkeys((*ways, *(model.choices[cell] for cell in bits(freeing))), 1), least=1)
    for at, alternative in enumerate(asked):
        for line in alternative:
            if isinstance(line, Line):
                _add_line(problem, model, line, ways[at : at + 1], freeing)
                continue
            printed = problem.variables[line.printed].value or 0
            for share in share_lines(line.part, line.whole, printed - line.below, printed + line.above):
                _add_line(problem, model, share, ways[at : at + 1], freeing | 1 << line.printed)


def _add_line(problem: Problem, model: _Model, line: Line, way: Sequence[int], freeing: int) -> None:
    """A line that holds where its alternative is the way taken, and no freeing cell is chosen."""
    if not line.weights:
        return
    factors = {cell: Fraction(weight) / problem.steps[cell] for cell, weight in line.weights}
    now = line.constant + sum(factor * (problem.variables[cell].value or 0) for cell, factor in factors.items())
    unit = max(abs(factor) for factor in factors.values()) * model.scale
    weights = {model.moves[cell]: float(factor * model.scale / unit) for cell, factor in factors.items()}
    most = float(-now / unit)
    slack = _SCALED * len(weights) + abs(most)
    choices = [model.choices[cell] for cell in bits(freeing)]
    free = dict.fromkeys(choices, -slack) | dict.fromkeys(way, slack)
    _row(model, weights | free, most=most + slack * len(way))
    if line.equal:
        _row(model, weights | {column: -factor for column, factor in free.items()}, least=most - slack * len(way))


def _column(model: _Model, cost: float, low: float, high: float, *, whole: bool = False) -> int:
    import highspy

    model.solver.addCol(cost, low, high, 0, [], [])
    if whole:
        model.solver.changeColIntegrality(model.columns, highspy.HighsVarType.kInteger)
    model.columns += 1
    return model.columns - 1


def _row(model: _Model, weights: Mapping[int, float], *, least: float = -inf, most: float = inf) -> None:
    model.rows += 1
    model.numbers += len(weights)
    model.solver.addRow(least, most, len(weights), list(weights), list(weights.values()))


def _require(model: _Model, cells: int) -> None:
    """One of these cells must be chosen."""
    model.hopeless |= not cells
    _row(model, {model.choices[cell]: 1 for cell in bits(cells)}, least=1)


def _forbid(model: _Model, family: Family) -> None:
    """Of one group no part at all may be chosen: all other sets of this weight, and no set with one of these in it."""
    without = [_column(model, 0, 0, 1, whole=True) for _ in family.groups]
    _row(model, dict.fromkeys(without, 1), least=1)
    for column, group in zip(without, family.groups, strict=True):
        for part in group:
            _row(model, {column: 1, **{model.choices[cell]: 1 for cell in bits(part)}}, most=part.bit_count())


def _smallest(model: _Model) -> tuple[int, dict[int, Fraction]] | None:
    """A smallest choice of cells that the model holds for enough, empty where there is none, and how far they move.

    ``None`` when the solver gave up.
    """
    import highspy

    model.work.take(_OF_A_RUN * model.size)
    if model.work.spent or model.rows * (len(model.choices) + 10 * model.ways) > _LARGEST:
        return None
    model.solver.run()
    status = model.solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return 0, {}
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    values = model.solver.getSolution().col_value
    cells = mask_of(cell for cell, column in model.choices.items() if values[column] > 0.5)
    return cells, {cell: model.scale * Fraction(values[column]) for cell, column in model.moves.items()}
