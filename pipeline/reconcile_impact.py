"""Whose doubts could move the province's figures most: whom to call first, and how much hangs on each finding.

This is the score of selective editing: a suspicion weighs what the error could change in the published totals (de Waal,
Pannekoek and Scholtus, *Handbook of Statistical Data Editing and Imputation*, Wiley 2011, chapter 6). What weighs here
is the part of the province's own figure that would move.

Where localization says which cells are suspect, the doubt is as great as the most that its likeliest sets would move:
of sets that are equally likely only the records tell which it is, and one that is less likely than the first weighs
nothing. The cells of a set are one mistake, such as a figure and its running total, and weigh as the one that would
move most. A failed edit without suspects is off by its residual, which any one of its figures may be.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from pipeline.catalogue import REFUSALS
from pipeline.doubts import Doubt, Move
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.messages import Shown
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from pipeline.suspects import SetOfCells
from pipeline.verdicts import Judged, Verdict, value_of
from schemas.edit import Compare, Rule, refs_of
from schemas.form import Key, key_of
from schemas.tree import Tree

Alternatives = tuple[Move, ...]
"""Figures of which at least one is wrong."""

_IN_THE_FILE = frozenset({"cell", "sum", "count"})
_MOVED = frozenset({"cell", "sum"})
# What stands in these findings beside the figure is what it was held against.
_BY_VALUE = frozenset({"list-child-differs", "change-unusual"})


class Place(NamedTuple):
    """Where a finding stands: those of one edit on several rows are told apart by their first cells."""

    unit: str
    finding: str
    indicator: str
    measure: str


Doubted = Mapping[Place, Alternatives]


def in_doubt(
    judged: Judged, findings: Sequence[Finding], submissions: Sequence[Submission], earlier: UnitFigures
) -> list[Alternatives]:
    """What failed hard edits, what was refused, and what parents say beside their children; each doubt once."""
    explained, covered = _explained(findings)
    others = {**_edits(judged, "hard", covered), **_gaps(findings), **_refused(submissions, earlier)}
    return [*explained.values(), *others.values()]


def weighed(
    findings: Sequence[Finding],
    judged: Judged,
    submissions: Sequence[Submission],
    earlier: UnitFigures,
    rollup: Rollup,
    tree: Tree,
) -> tuple[Finding, ...]:
    """The findings with what part of a figure of the province's each could move, where that is known."""
    explained, covered = _explained(findings)
    known = {
        **_edits(judged, "soft", {}),
        **_edits(judged, "hard", covered),
        **_gaps(findings),
        **_refused(submissions, earlier),
        **{place: explained[fault] for place, fault in covered.items() if fault in explained},
    }

    def impact(finding: Finding) -> float | None:
        if finding.suspects is not None:
            doubted = _moves(finding.unit, finding.suspects)
        else:
            place = Place(finding.unit, finding.id, finding.indicator, finding.measure)
            doubted = known.get(place) or _by_value(finding)
        return max((_weighed(move, rollup, tree).part for move in doubted), default=None)

    return tuple(replace(finding, impact=impact(finding)) for finding in findings)


def ranked(doubted: Iterable[Alternatives], rollup: Rollup, tree: Tree) -> tuple[Doubt, ...]:
    """The units in whose returns something is in doubt that could move a figure of the province, most first.

    Of several figures of which one is wrong, the one that could move most counts. A figure below one that its parent
    reports itself moves nothing.
    """
    moves: dict[str, dict[Key, Move]] = {}
    weights: dict[str, float] = {}
    for alternatives in doubted:
        several = [_weighed(move, rollup, tree) for move in alternatives]
        if not any(move.part for move in several):
            continue
        unit = several[0].unit
        weights[unit] = weights.get(unit, 0.0) + max(move.part for move in several)
        own = moves.setdefault(unit, {})
        for move in several:
            if move.part > own.get(move.key, replace(move, part=0.0)).part:
                own[move.key] = move
    total, reached = math.fsum(weights.values()), 0.0
    found = []
    for unit in sorted(weights, key=lambda unit: (-weights[unit], tree.order[unit])):
        share = weights[unit] / total
        reached += share
        largest = tuple(sorted(moves[unit].values(), key=lambda move: (-move.part, move.key)))
        found.append(Doubt(unit, share, min(reached, 1.0), largest))
    return tuple(found)


def _weighed(move: Move, rollup: Rollup, tree: Tree) -> Move:
    """The move with its part of the province's figure; nothing where another figure stands above this one.

    What moves in a row of a list moves what its column makes.
    """
    if move.key not in rollup.value.column:
        move = replace(move, key=move.key._replace(indicator=""))
    return replace(move, part=_part(move, rollup, tree))


def _part(move: Move, rollup: Rollup, tree: Tree) -> float:
    if move.key not in rollup.value.column or rollup.cells[move.key].rollup != "SUM" or move.unit not in tree:
        return 0.0
    above = tree.parent(move.unit)
    while above is not None and above.code != tree.province.code:
        if not np.isnan(rollup.declared[rollup.at(above.code, move.key)]):
            return 0.0
        above = tree.parent(above.code)
    whole = rollup.value.of(tree.province.code, move.key)
    return min(1.0, move.by / abs(whole)) if whole else float(move.by > 0)


def _explained(findings: Iterable[Finding]) -> tuple[dict[tuple[str, int], Alternatives], dict[Place, tuple[str, int]]]:
    """The likeliest sets of each fault, and the findings of edits that such sets would mend, with their faults."""
    sets: dict[tuple[str, int], Alternatives] = {}
    covered: dict[Place, tuple[str, int]] = {}
    for finding in findings:
        found = finding.suspects
        if found is None:
            continue
        fault = (finding.unit, found.fault)
        for edit, key in found.about:
            place = Place(finding.unit, edit, key.indicator, key.measure)
            if found.tied or place not in covered:
                covered[place] = fault
        if found.tied:
            sets[fault] = (*sets.get(fault, ()), *_moves(finding.unit, found))
    return sets, covered


def _moves(unit: str, found: SetOfCells) -> Alternatives:
    return tuple(Move(unit, cell.key, cell.by) for cell in found.cells)


def _edits(judged: Judged, severity: str, covered: Mapping[Place, object]) -> dict[Place, Alternatives]:
    """A sum that does not hold is off by as much as one of its figures, if only that one is wrong."""
    found: dict[Place, Alternatives] = {}
    for j, check in enumerate(judged.checks):
        if check.edit.severity != severity or not isinstance(check.rule, Compare):
            continue
        residual, first, column = check.rule.residual, _first(check.rule), judged.numbers.column
        for i in np.flatnonzero(judged.verdicts[:, j] == Verdict.FAIL).tolist():
            place = Place(judged.units[i], check.edit.id, first.indicator, first.measure)
            if place in covered:
                continue
            row = judged.numbers.values[i]
            values = {ref: float(row[column[ref]]) for ref in residual.refs if not np.isnan(row[column[ref]])}
            gap = abs(float(value_of(residual, values)))
            moves = tuple(
                Move(judged.units[i], key_of(ref), gap / abs(float(weight)))
                for weight, ref in residual.terms
                if ref.kind in _MOVED
            )
            found[place] = (*found.get(place, ()), *moves)
    return found


def _first(rule: Rule) -> Key:
    """The first cell that an edit names: where its finding stands."""
    return next((key_of(ref) for ref in refs_of(rule) if ref.kind in _IN_THE_FILE), Key("", "", ""))


def _gaps(findings: Iterable[Finding]) -> dict[Place, Alternatives]:
    found: dict[Place, Alternatives] = {}
    for finding in findings:
        gap = finding.params.get("gap")
        if finding.id == "children-differ" and isinstance(gap, Shown):
            place = Place(finding.unit, finding.id, finding.indicator, finding.measure)
            found[place] = (Move(finding.unit, _key(finding), float(gap.plain)),)
    return found


def _refused(submissions: Sequence[Submission], earlier: UnitFigures) -> dict[Place, Alternatives]:
    """A figure that was refused is missing by what it may have meant, or by what stood there before."""
    found: dict[Place, Alternatives] = {}
    for submission in submissions:
        for key, entry in submission.entries.odd.items():
            if not entry.own or not entry.refusal:
                continue
            by = entry.guesses[0] if entry.guesses else earlier.get(submission.unit, {}).get(key)
            if by:
                named = REFUSALS.get(entry.refusal, entry.refusal)
                place = Place(submission.unit, named, key.indicator, key.measure)
                found[place] = (Move(submission.unit, key, abs(by)),)
    return found


def _by_value(finding: Finding) -> Alternatives:
    """A figure beside the one that it was held against."""
    value, other = finding.value, finding.expected
    if finding.id not in _BY_VALUE or not isinstance(value, Shown) or not isinstance(other, Shown):
        return ()
    return (Move(finding.unit, _key(finding), abs(float(value.plain) - float(other.plain))),)


def _key(finding: Finding) -> Key:
    return Key(finding.form, finding.indicator, finding.measure)
