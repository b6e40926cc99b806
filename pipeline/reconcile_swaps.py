"""Two rows or two columns that changed places: what makes the edits hold that fail now, and breaks no other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.reconcile_clones import evidence, own_cells
from pipeline.submission import Submission
from pipeline.verdicts import Check, Judged, Numbers, Verdict, judge, label_of
from schemas.edit import Compare, Linear, Ref
from schemas.form import Cell, Forms, Key, Table, key_of
from schemas.order import in_order
from schemas.text import Text

_ROWS = 60
_MOST = 3
_SHOWN = 8
# One edit is mended by chance by some row of a long table; by the one next to it hardly, where it is off by much.
_NEAR = 1
_LEAST_GAP = 10
_LEAST_ROWS = 3

Weights = Mapping[Key, float]


@dataclass(frozen=True, slots=True)
class _Hard:
    """A hard linear edit, and the column of its verdicts."""

    column: int
    check: Check
    rule: Compare
    residual: Linear


@dataclass(frozen=True, slots=True)
class _Typed:
    """What figures and edits are made of, by the cells that follow others: nearly every return shares these."""

    made_of: dict[frozenset[Key], Mapping[Key, Weights]]
    weights: dict[frozenset[Key], list[Weights]]


@dataclass(frozen=True, slots=True)
class _Relation:
    """A hard linear edit of one unit: its verdict, and its residual in figures that the unit typed itself."""

    check: Check
    rule: Compare
    verdict: int
    linear: Linear
    residual: float
    weights: Weights


@dataclass(frozen=True, slots=True)
class _World:
    """All that a swap in one return is judged by; ``made_of`` says what the typed figures add to every other one."""

    figures: Mapping[Key, float]
    numbers: Mapping[Ref, float]
    made_of: Mapping[Key, Weights]
    relations: tuple[_Relation, ...]


@dataclass(frozen=True, slots=True)
class _Swap:
    """Cells exchanged with each other, and the edits that hold then."""

    pairs: tuple[tuple[Key, Key], ...]
    mended: tuple[Check, ...]


def reconcile_swaps(judged: Judged, sent: Sequence[Submission], figures: Figures, forms: Forms) -> list[Finding]:
    """For each return with failed hard relations the exchanges that would explain them."""
    hard = [
        _Hard(j, check, check.rule, check.rule.residual)
        for j, check in enumerate(judged.checks)
        if check.edit.severity == "hard" and isinstance(check.rule, Compare)
    ]
    relations = [one.column for one in hard]
    failed = (judged.verdicts[:, relations] == Verdict.FAIL).any(axis=1) if relations else np.zeros(0, dtype=np.bool_)
    row = {unit: i for i, unit in enumerate(judged.units)}
    movable = {cell.key: cell for cell in own_cells(forms)}
    made, typed = in_order(forms.cells.values()), _Typed({}, {})
    found: list[Finding] = []
    for submission in sent:
        if failed.size and failed[row[submission.unit]]:
            world = _world(judged, row[submission.unit], hard, figures, made, typed)
            for form in forms:
                for table in form.tables:
                    found += _in_table(table, form.id, world, movable, submission, forms)
    return found


def _in_table(
    table: Table, form: str, world: _World, movable: Mapping[Key, Cell], submission: Submission, forms: Forms
) -> Iterator[Finding]:
    """The columns that changed places, else for each column the rows that did."""
    failed = [relation for relation in world.relations if relation.verdict == Verdict.FAIL]
    if table.kind != "matrix" or not any(table.cells.keys() & relation.weights.keys() for relation in failed):
        return
    columns = _best(_columns(table, form, world, movable))
    for swaps in columns:
        yield _finding("swapped-columns", swaps, table, submission, forms)
    for measure in () if columns else table.measures:
        for swaps in _best(_rows(table, form, measure.code, failed, world, movable)):
            yield _finding("swapped-rows", swaps, table, submission, forms)


def _best(swaps: Iterable[_Swap]) -> list[list[_Swap]]:
    """Those that mend the same edits together, unless others mend these and more; too many are no evidence."""
    by_mended: dict[frozenset[int], list[_Swap]] = {}
    for swap in swaps:
        by_mended.setdefault(frozenset(map(id, swap.mended)), []).append(swap)
    return [
        tied
        for mended, tied in by_mended.items()
        if len(tied) <= _MOST and not any(mended < other for other in by_mended)
    ]


# --- what may have been exchanged


def _columns(table: Table, form: str, world: _World, movable: Mapping[Key, Cell]) -> Iterator[_Swap]:
    """Two columns exchanged over the whole table, told from chance by several rows and several edits."""
    codes = [row.code for row in table.indicators]
    for left, right in combinations([measure.code for measure in table.measures], 2):
        pairs = [
            (a, b)
            for code in codes
            if (a := Key(form, code, left)) in movable and (b := Key(form, code, right)) in movable
            if a in world.figures or b in world.figures
        ]
        differ = sum(
            a in world.figures and b in world.figures and world.figures[a] != world.figures[b] for a, b in pairs
        )
        swap = _tried(tuple(pairs), world) if differ >= _LEAST_ROWS else None
        if swap and len(swap.mended) > 1:
            yield swap


def _rows(
    table: Table, form: str, measure: str, failed: Sequence[_Relation], world: _World, movable: Mapping[Key, Cell]
) -> Iterator[_Swap]:
    """Two rows of a column exchanged: each is told by an equality of its own, or one is and the other stands next."""
    keys = [key for row in table.indicators if (key := Key(form, row.code, measure)) in movable][:_ROWS]
    known = [key for key in keys if key in world.figures]
    place = {key: i for i, key in enumerate(keys)}
    for a, b in combinations(known, 2):
        gap = world.figures[b] - world.figures[a]
        if not gap or movable[a].type != movable[b].type or not _may_mend(a, b, gap, failed):
            continue
        swap = _tried(((a, b),), world)
        near = place[b] - place[a] <= _NEAR and abs(gap) >= _LEAST_GAP
        if swap and (_both_told(a, b, swap, world) or (near and _equality(swap.mended))):
            yield swap


def _both_told(a: Key, b: Key, swap: _Swap, world: _World) -> bool:
    """Whether an equality that now holds vouches for either figure in its new place, and not for both alike."""
    told = [one.weights for one in world.relations if one.check in swap.mended and one.rule.operator == "=="]
    return any(a in weights and b not in weights for weights in told) and any(
        b in weights and a not in weights for weights in told
    )


def _equality(checks: Iterable[Check]) -> bool:
    return any(isinstance(check.rule, Compare) and check.rule.operator == "==" for check in checks)


def _may_mend(a: Key, b: Key, gap: float, failed: Sequence[_Relation]) -> bool:
    """Whether every failed relation that either takes part in would hold, blanks counted as nothing."""
    touched = False
    for relation in failed:
        if a in relation.weights or b in relation.weights:
            after = relation.residual + gap * (relation.weights.get(a, 0.0) - relation.weights.get(b, 0.0))
            if not _holds(after, relation.rule.operator, gap):
                return False
            touched = True
    return touched


def _holds(residual: float, operator: str, scale: float) -> bool:
    slack = 1e-6 * max(1.0, abs(scale))
    return (operator == "<=" or residual > -slack) and (operator == ">=" or residual < slack)


# --- one exchange, tried


def _tried(pairs: tuple[tuple[Key, Key], ...], world: _World) -> _Swap | None:
    """The exchange, if it mends every failed relation that it touches and breaks none of the others."""
    moved = {a: b for pair in pairs for a, b in (pair, pair[::-1])}
    touched = [relation for relation in world.relations if not relation.weights.keys().isdisjoint(moved)]
    if all(relation.verdict != Verdict.FAIL for relation in touched):
        return None
    refs = tuple(dict.fromkeys(ref for relation in touched for ref in relation.linear.refs))
    values = np.array([[_after(ref, moved, world) for ref in refs]])
    numbers = Numbers({ref: j for j, ref in enumerate(refs)}, values)
    after = judge([relation.rule for relation in touched], numbers)[0].tolist()
    for relation, verdict in zip(touched, after, strict=True):
        if verdict == Verdict.FAIL or (relation.verdict == Verdict.FAIL and verdict != Verdict.PASS):
            return None
    return _Swap(pairs, tuple(one.check for one in touched if one.verdict == Verdict.FAIL))


def _after(ref: Ref, moved: Mapping[Key, Key], world: _World) -> float:
    """A number after the exchange; what is worked out from the figures exchanged follows them."""
    key, value = key_of(ref), world.numbers.get(ref, math.nan)
    if ref.kind != "cell":
        return value
    if key in moved:
        return world.figures.get(moved[key], math.nan)
    for source, weight in world.made_of.get(key, {}).items():
        if source in moved:
            value += weight * (world.figures.get(moved[source], 0.0) - world.figures.get(source, 0.0))
    return value


# --- one return


def _world(
    judged: Judged, i: int, hard: Sequence[_Hard], figures: Figures, made: Sequence[Cell], typed: _Typed
) -> _World:
    row: list[float] = judged.numbers.values[i].tolist()
    numbers = {ref: row[j] for ref, j in judged.numbers.column.items() if not math.isnan(row[j])}
    own: list[float] = figures.values[figures.row[judged.units[i]]].tolist()
    known = {key: value for key, value in zip(figures.keys, own, strict=True) if not math.isnan(value)}
    followers = tuple(cell for cell in made if _follows(cell, known, numbers))
    kind = frozenset(cell.key for cell in followers)
    if kind not in typed.made_of:
        made_of: dict[Key, Weights] = {}
        for cell in followers:
            made_of[cell.key] = _in_typed(cell.derived or cell.link or Linear(()), made_of)
        typed.made_of[kind] = made_of
        typed.weights[kind] = [_in_typed(one.residual, made_of) for one in hard]
    verdicts = judged.verdicts[i].tolist()
    relations = tuple(
        _Relation(one.check, one.rule, verdicts[one.column], one.residual, _value(one.residual, numbers), weights)
        for one, weights in zip(hard, typed.weights[kind], strict=True)
        if verdicts[one.column] != Verdict.OUTSIDE
    )
    return _World(known, numbers, typed.made_of[kind], relations)


def _follows(cell: Cell, known: Mapping[Key, float], numbers: Mapping[Ref, float]) -> bool:
    """Whether a cell is worked out from others, or linked to them and still says what its formula does."""
    if cell.derived is not None or cell.link is None or cell.key not in known:
        return True
    values = {ref: known[key_of(ref)] for ref in cell.link.refs if ref.kind == "cell" and key_of(ref) in known}
    values |= {ref: numbers[ref] for ref in cell.link.refs if ref.kind != "cell" and ref in numbers}
    return abs(_value(cell.link, values) - known[cell.key]) <= 1e-6 * max(1.0, known[cell.key])


def _in_typed(linear: Linear, made_of: Mapping[Key, Weights]) -> Weights:
    """A weighted sum in figures that the unit typed itself."""
    weights: dict[Key, float] = {}
    for weight, ref in linear.terms:
        if ref.kind == "cell":
            for key, share in made_of.get(key_of(ref), {key_of(ref): 1.0}).items():
                weights[key] = weights.get(key, 0.0) + float(weight) * share
    return {key: weight for key, weight in weights.items() if weight}


def _value(linear: Linear, values: Mapping[Ref, float]) -> float:
    return float(linear.constant) + sum(float(weight) * values.get(ref, 0.0) for weight, ref in linear.terms)


# --- in words


def _finding(finding_id: str, swaps: Sequence[_Swap], table: Table, submission: Submission, forms: Forms) -> Finding:
    """All exchanges that explain as much, in one finding at the cells of all."""
    cells = dict.fromkeys(key for swap in swaps for pair in swap.pairs for key in pair)
    known = dict.fromkeys(label_of(check, forms.by_id) for swap in swaps for check in swap.mended)
    named = [_named(finding_id, swap, table, submission) for swap in swaps]
    params: dict[str, Param] = {
        "names": Text(" hoặc ".join(text.vi for text in named), " or ".join(text.en for text in named)),
        "known": Text("; ".join(text.vi for text in known), "; ".join(text.en for text in known)),
    }
    return evidence(finding_id, submission, list(cells)[:_SHOWN], params)


def _named(finding_id: str, swap: _Swap, table: Table, submission: Submission) -> Text:
    if finding_id == "swapped-columns":
        labels = [table.measure(key.measure).label for key in swap.pairs[0]]
        return Text(" và ".join(f"“{label.vi}”" for label in labels), " and ".join(f"“{label.en}”" for label in labels))
    rows = {row.code: row for row in table.indicators}
    said = [(rows[key.indicator], submission.entries[key].shown) for key in swap.pairs[0]]
    return Text(
        " và ".join(f"“{f'{row.no} {row.label.vi}'.strip()}” ({shown})" for row, shown in said),
        " and ".join(f"“{f'{row.no} {row.label.en}'.strip()}” ({shown})" for row, shown in said),
    )
