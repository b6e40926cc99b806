"""Some returns at a time: what columns admit of them, and what each can be held against without any other.

Of a nation all entries, opened, and all that is made of them on the way would not fit into memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.adjust import adjust
from pipeline.contents import begun_of, constants_of
from pipeline.figures import Figures, certain, completed, incomplete, number_cells, reported
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.localize_returns import suspects
from pipeline.obligations import Obligations, target_figures
from pipeline.packed import closed, opened
from pipeline.reconcile import judge_all, reconcile
from pipeline.reconcile_counts import Outcomes, edit_outcomes
from pipeline.reconcile_list_gaps import reconcile_list_gaps
from pipeline.reconcile_lists import reconcile_lists
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.reconcile_swaps import reconcile_swaps
from pipeline.reconcile_totals import reconcile_totals
from pipeline.reconcile_versions import of_earlier_versions
from pipeline.submission import Submission
from pipeline.validate import validate
from pipeline.validate_days import days_as_numbers
from pipeline.validate_lists import validate_lists
from pipeline.verdicts import Judged, Verdict, checks_of
from schemas.decisions import Decision
from schemas.edit import Ref
from schemas.form import Key

# Of returns, and of those with lists, each of which may have thousands of rows.
AT_A_TIME, LISTED_AT_A_TIME = 2_000, 200

Constants = Mapping[str, Mapping[Ref, float]]


@dataclass(frozen=True, slots=True)
class Earlier:
    """Each unit's figures of the period before, and those of the same period a year before."""

    before: UnitFigures
    year_ago: UnitFigures

    def of(self, owed: Obligations, sent: Iterable[Submission]) -> Constants:
        """What was known of these units before they sent anything."""
        begun, unit = begun_of(owed), owed.tree.unit
        return {one.unit: constants_of(owed, unit(one.unit), self.before, self.year_ago, begun) for one in sent}


@dataclass(frozen=True, slots=True)
class Admitted:
    """Some returns with what columns refuse left out and what people decided put in, and the figures that they make."""

    sent: tuple[Submission, ...]
    figures: Figures
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What some returns fail by themselves.

    ``failed`` are the verdicts on the units that fail anything at all, ``outcomes`` what each edit came to in each of
    these returns, in their order.
    """

    findings: tuple[Finding, ...]
    failed: Judged
    outcomes: Outcomes


def admit(
    owed: Obligations, submissions: Sequence[Submission], earlier: Earlier, decisions: Sequence[Decision]
) -> Admitted:
    """What columns and decisions make of these returns; ``decisions`` are those on these units."""
    whole = [opened(one) for one in submissions]
    kept, found = adjust(*validated(owed, whole), decisions, owed)
    figures = completed_by(owed, kept, _typed(owed, kept), earlier.of(owed, kept))
    as_sent = {before.unit: (before, one) for before, one in zip(whole, submissions, strict=True)}
    return Admitted(tuple(closed(one, *as_sent[one.unit]) for one in kept), figures, tuple(found))


def judge_units(owed: Obligations, sent: Sequence[Submission], figures: Figures, earlier: Earlier) -> Verdicts:
    """What these returns fail by themselves; ``figures`` are those of all units, for lists name other units."""
    kept = [opened(one) for one in sent]
    forms, tree, known = owed.forms, owed.tree, (earlier.before, earlier.year_ago)
    checks, cells = checks_of(forms), number_cells(forms)
    own, asked = figures.of_units([one.unit for one in kept]), asked_of(owed, kept)
    levels = {one.unit: tree.unit(one.unit).level for one in kept}
    certainly = certain(own, cells, incomplete(kept, cells), _typed(owed, kept))
    judged = judge_all(checks, certainly, earlier.of(owed, kept), asked, levels)
    findings = [
        *days_as_numbers(kept, forms),
        *reconcile(judged, kept, forms),
        *reconcile_lists(kept, owed, figures, *known),
        *reconcile_list_gaps(judged, kept, owed, figures),
        *reconcile_percentages(checks, kept, own, forms),
        *reconcile_totals(kept, own, forms, owed.targets),
        *reconcile_swaps(judged, kept, own, forms),
        *suspects(judged, kept, owed, figures, *known),
    ]
    told = [*of_earlier_versions([*(finding for one in kept for finding in one.findings), *findings])]
    return Verdicts(tuple(findings), _failed(judged), edit_outcomes(judged, kept, owed, asked, told, *known))


def _failed(judged: Judged) -> Judged:
    """The verdicts on the units that fail an edit."""
    rows = np.flatnonzero((judged.verdicts == Verdict.FAIL).any(axis=1)).tolist()
    numbers = replace(judged.numbers, values=judged.numbers.values[rows], unasked={})
    return Judged(tuple(judged.units[i] for i in rows), judged.checks, judged.verdicts[rows], numbers)


def joined(failed: Sequence[Judged]) -> Judged:
    """The verdicts of several, which are of the same checks, in one."""
    numbers = replace(failed[0].numbers, values=np.concatenate([one.numbers.values for one in failed]))
    units = tuple(unit for one in failed for unit in one.units)
    return Judged(units, failed[0].checks, np.concatenate([one.verdicts for one in failed]), numbers)


def asked_of(owed: Obligations, sent: Iterable[Submission]) -> dict[str, frozenset[Key]]:
    """The cells of each unit's package that its level fills."""
    found: dict[tuple[str, tuple[str, ...]], frozenset[Key]] = {}
    cells = {}
    for submission in sent:
        unit = owed.tree.unit(submission.unit)
        forms = owed.forms_of(unit)
        kind = (unit.level, tuple(form.id for form in forms))
        if kind not in found:
            found[kind] = frozenset(cell.key for form in forms for cell in form.cells() if unit.level in cell.levels)
        cells[unit.code] = found[kind]
    return cells


def validated(owed: Obligations, sent: Sequence[Submission]) -> tuple[list[Submission], list[Finding]]:
    """The returns without what columns refuse, and what was found."""
    packages = {s.unit: owed.forms_of(owed.tree.unit(s.unit)) for s in sent}
    kept, found = validate(sent, owed.forms, owed.tree, packages)
    listed, more = validate_lists(kept, owed.forms)
    return listed, [*found, *more]


def completed_by(owed: Obligations, sent: Sequence[Submission], typed: Figures, constants: Constants) -> Figures:
    """The figures of these returns with what follows from them."""
    cells = number_cells(owed.forms)
    odd = ((s.unit, entry) for s in sent for entry in s.entries.odd.values())
    withheld = [(unit, entry.key) for unit, entry in odd if entry.own and entry.value is None]
    # A link fills only a cell that is in the unit's package and that its level is asked.
    fillable = asked_of(owed, sent)
    unasked = [(s.unit, cell.key) for s in sent for cell in cells if cell.link and cell.key not in fillable[s.unit]]
    return completed(typed, cells, target_figures(owed), withheld, constants, unasked)


def _typed(owed: Obligations, sent: Sequence[Submission]) -> Figures:
    return reported(sent, [submission.unit for submission in sent], number_cells(owed.forms))
