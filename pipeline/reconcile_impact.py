"""Whose doubts could move the province's figures most: whom to call first.

This is the score of selective editing: a suspicion weighs what the error could change in the published totals (de Waal,
Pannekoek and Scholtus, *Handbook of Statistical Data Editing and Imputation*, Wiley 2011, chapter 6). What weighs here
is the part of the province's own figure that would move.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from pipeline.doubts import Doubt, Move
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.messages import Shown
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from pipeline.verdicts import Judged, Verdict, value_of
from schemas.edit import Compare
from schemas.form import Key, key_of
from schemas.tree import Tree

Alternatives = tuple[Move, ...]
"""Figures of which at least one is wrong."""


def in_doubt(
    judged: Judged, findings: Iterable[Finding], submissions: Sequence[Submission], earlier: UnitFigures
) -> list[Alternatives]:
    """What failed hard edits, what was refused, and what parents say beside their children."""
    return [*_edits(judged), *_gaps(findings), *_refused(submissions, earlier)]


def ranked(doubted: Iterable[Alternatives], rollup: Rollup, tree: Tree) -> tuple[Doubt, ...]:
    """The units in whose returns something is in doubt that could move a figure of the province, most first.

    Of several figures of which one is wrong, the one that could move most counts. A figure below one that its parent
    reports itself moves nothing.
    """
    moves: dict[str, dict[Key, Move]] = {}
    weights: dict[str, float] = {}
    for alternatives in doubted:
        weighed = [replace(move, part=_part(move, rollup, tree)) for move in alternatives]
        if not weighed or not any(move.part for move in weighed):
            continue
        unit = weighed[0].unit
        weights[unit] = weights.get(unit, 0.0) + max(move.part for move in weighed)
        own = moves.setdefault(unit, {})
        for move in weighed:
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


def _part(move: Move, rollup: Rollup, tree: Tree) -> float:
    """What the province's figure would move by; nothing where another figure stands above this one."""
    if move.key not in rollup.value.column or rollup.cells[move.key].rollup != "SUM" or move.unit not in tree:
        return 0.0
    above = tree.parent(move.unit)
    while above is not None and above.code != tree.province.code:
        if not np.isnan(rollup.declared[rollup.at(above.code, move.key)]):
            return 0.0
        above = tree.parent(above.code)
    whole = rollup.value.of(tree.province.code, move.key)
    return min(1.0, move.by / abs(whole)) if whole else float(move.by > 0)


def _edits(judged: Judged) -> Iterator[Alternatives]:
    """A sum that does not hold is off by as much as one of its figures, if only that one is wrong."""
    hard = [
        (j, check.rule.residual)
        for j, check in enumerate(judged.checks)
        if check.edit.severity == "hard" and isinstance(check.rule, Compare)
    ]
    for j, residual in hard:
        for i in np.flatnonzero(judged.verdicts[:, j] == Verdict.FAIL).tolist():
            column = judged.numbers.column
            row = judged.numbers.values[i]
            values = {ref: float(row[column[ref]]) for ref in residual.refs if not np.isnan(row[column[ref]])}
            gap = abs(float(value_of(residual, values)))
            yield tuple(
                Move(judged.units[i], key_of(ref), gap / abs(float(weight)))
                for weight, ref in residual.terms
                if ref.kind == "cell"
            )


def _gaps(findings: Iterable[Finding]) -> Iterator[Alternatives]:
    for finding in findings:
        gap = finding.params.get("gap")
        if finding.id == "children-differ" and isinstance(gap, Shown):
            yield (Move(finding.unit, Key(finding.form, finding.indicator, finding.measure), float(gap.plain)),)


def _refused(submissions: Sequence[Submission], earlier: UnitFigures) -> Iterator[Alternatives]:
    """A figure that was refused is missing by what it may have meant, or by what stood there before."""
    for submission in submissions:
        for key, entry in submission.entries.items():
            if not entry.own or not entry.refusal:
                continue
            by = entry.guesses[0] if entry.guesses else earlier.get(submission.unit, {}).get(key)
            if by:
                yield (Move(submission.unit, key, abs(by)),)
