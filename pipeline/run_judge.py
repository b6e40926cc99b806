"""One period's returns judged: columns, edits, percentages, totals, lists, against what was known before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.adjust import adjust
from pipeline.contents import constants_of
from pipeline.figures import Figures, certain, completed, incomplete, number_cells, reported
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.identify import counting, identify
from pipeline.localize_returns import suspects
from pipeline.obligations import Obligations, obligations, target_figures
from pipeline.reconcile import judge_all, reconcile
from pipeline.reconcile_changes import Base, base_of, other_scope, reconcile_changes
from pipeline.reconcile_clones import reconcile_clones
from pipeline.reconcile_list_gaps import reconcile_list_gaps
from pipeline.reconcile_lists import reconcile_lists
from pipeline.reconcile_peers import reconcile_peers
from pipeline.reconcile_percent import reconcile_percentages
from pipeline.reconcile_swaps import reconcile_swaps
from pipeline.reconcile_totals import reconcile_totals
from pipeline.reconcile_versions import of_earlier_versions
from pipeline.run_frozen import for_earlier, history_of, returns_of
from pipeline.submission import Submission
from pipeline.validate import validate
from pipeline.validate_days import days_as_numbers
from pipeline.validate_lists import validate_lists
from pipeline.verdicts import Judged, checks_of
from pipeline.workspace import Workspace
from schemas.decisions import Decision
from schemas.edit import Ref
from schemas.errors import DefinitionError
from schemas.form import Key
from schemas.period import Period, previous_stock, year_ago

Constants = Mapping[str, Mapping[Ref, float]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What reconciliation made of one period's submissions."""

    submissions: tuple[Submission, ...]
    figures: Figures
    judged: Judged
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """The figures of the period before, and those of the same period a year before.

    ``unread`` are the returns of those periods that are missing from them since their forms have changed; ``base`` is
    what changes are held against.
    """

    earlier: UnitFigures
    year_ago: UnitFigures
    unread: tuple[Finding, ...] = ()
    base: Base | None = None


def before(workspace: Workspace, period: Period) -> Before:
    """What was reported earlier; for a year both are the same."""
    previous, then = previous_stock(period), year_ago(period)
    earlier, unread = _earlier(workspace, previous)
    ago, more = (earlier, ()) if then == previous else _earlier(workspace, then)
    return Before(earlier, ago, (*unread, *more), _base(workspace, period, earlier, ago))


def _base(workspace: Workspace, period: Period, earlier: UnitFigures, ago: UnitFigures) -> Base | None:
    """What changes are held against; nothing where the register does not know the units of that time."""
    then, figures = base_of(period, earlier, ago)
    settings, register = workspace.settings, workspace.register
    if not figures:
        return None
    day = settings.periods[str(then)].cut_off if str(then) in settings.periods else then.last_day
    try:
        now, at_that_time = register.at(settings.of(period).cut_off), register.at(day)
    except DefinitionError:
        return None
    return Base(then, figures, other_scope(now, at_that_time), at_that_time)


def judge(
    owed: Obligations, submissions: Sequence[Submission], known: Before, decisions: Sequence[Decision] = ()
) -> Judgement:
    """Everything that one unit's return can be held against; where people decided on a figure, with that figure."""
    forms, tree = owed.forms, owed.tree
    kept, found = adjust(*_validated(owed, counting(submissions)), decisions, owed)
    by_file = {submission.file: submission for submission in kept}
    whole = tuple(by_file.get(submission.file, submission) for submission in submissions)
    constants = {s.unit: constants_of(owed, tree.unit(s.unit), known.earlier, known.year_ago) for s in kept}
    checks, cells = checks_of(forms), number_cells(forms)
    typed = _typed(owed, kept)
    figures = _completed(owed, kept, typed, constants)
    levels = {s.unit: tree.unit(s.unit).level for s in kept}
    certainly = certain(figures, cells, incomplete(kept, cells), typed)
    judged = judge_all(checks, certainly, constants, asked(owed, kept), levels)
    findings = [
        *(finding for submission in whole for finding in submission.findings),
        *found,
        *days_as_numbers(kept, forms),
        *reconcile(judged, kept, forms),
        *reconcile_lists(kept, owed, figures, known.earlier, known.year_ago),
        *reconcile_list_gaps(judged, kept, owed, figures),
        *reconcile_percentages(checks, kept, figures, forms),
        *reconcile_totals(kept, figures, forms, owed.targets),
        *reconcile_clones(kept, owed, known.earlier),
        *reconcile_swaps(judged, kept, figures, forms),
        *suspects(judged, kept, owed, figures, known.earlier, known.year_ago),
    ]
    findings += reconcile_changes(kept, owed, figures, known.base, findings)
    findings += reconcile_peers(kept, owed, figures, findings)
    return Judgement(whole, figures, judged, tuple(of_earlier_versions(findings)))


def as_sent(owed: Obligations, submission: Submission, known: Before) -> tuple[Submission, Figures]:
    """One file by itself as columns admit it, and the figures that it makes; nothing is decided or judged."""
    kept, _ = _validated(owed, [submission])
    constants = {submission.unit: constants_of(owed, owed.tree.unit(submission.unit), known.earlier, known.year_ago)}
    return kept[0], _completed(owed, kept, _typed(owed, kept), constants)


def asked(owed: Obligations, sent: Sequence[Submission]) -> dict[str, frozenset[Key]]:
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


def without(figures: Figures, units: Iterable[str]) -> Figures:
    """The figures of all but these units."""
    values = figures.values.copy()
    for unit in units:
        values[figures.row[unit]] = np.nan
    return figures.with_values(values)


def _earlier(workspace: Workspace, period: Period) -> tuple[UnitFigures, tuple[Finding, ...]]:
    """Another period's figures: from its inbox by the same reader, else from ``history/``; and what is unread now."""
    place, amiss = for_earlier(workspace, period)
    received, unread = _received(place, period)
    return received or history_of(place, period), (*amiss, *unread)


def _received(workspace: Workspace, period: Period) -> tuple[UnitFigures, tuple[Finding, ...]]:
    """The figures of what came back for another period; none where it is not set up or nothing counts.

    A file of a version that a form has ceased to name was read in its time, and nobody would miss it now.
    """
    try:
        owed = obligations(workspace, period)
    except DefinitionError:
        return {}, ()
    decisions = workspace.decided(period)
    read = identify(returns_of(workspace, period), period, owed.tree, decisions)
    sent, _ = adjust(*_validated(owed, counting(read)), decisions, owed)
    # Of a running total that came back blank, what stood before it is not looked up again.
    known = {s.unit: constants_of(owed, owed.tree.unit(s.unit), {}, {}) for s in sent}
    figures = _completed(owed, sent, _typed(owed, sent), known)
    found = {
        unit: {key: float(value) for key, value in zip(figures.keys, row, strict=True) if not np.isnan(value)}
        for unit, row in zip(figures.units, figures.values, strict=True)
    }
    for submission in sent:
        found[submission.unit] |= _of_rows(submission)
    unread = (finding for one in read if one.reason == "unknown-version" for finding in one.findings)
    return found, tuple(replace(finding, unit="") for finding in unread)


def _of_rows(submission: Submission) -> dict[Key, float]:
    """The figures in the rows of a unit's lists."""
    return {
        entry.key: entry.value
        for items in submission.items.values()
        for item in items
        if item.counted
        for entry in item.entries.values()
        if entry.value is not None
    }


def _validated(owed: Obligations, sent: Sequence[Submission]) -> tuple[list[Submission], list[Finding]]:
    packages = {s.unit: owed.forms_of(owed.tree.unit(s.unit)) for s in sent}
    kept, found = validate(sent, owed.forms, owed.tree, packages)
    listed, more = validate_lists(kept, owed.forms)
    return listed, [*found, *more]


def _typed(owed: Obligations, sent: Sequence[Submission]) -> Figures:
    return reported(sent, [submission.unit for submission in sent], number_cells(owed.forms))


def _completed(owed: Obligations, sent: Sequence[Submission], typed: Figures, constants: Constants) -> Figures:
    cells = number_cells(owed.forms)
    withheld = [(s.unit, key) for s in sent for key, entry in s.entries.items() if entry.own and entry.value is None]
    # A link fills only a cell that is in the unit's package and that its level is asked.
    fillable = asked(owed, sent)
    unasked = [(s.unit, cell.key) for s in sent for cell in cells if cell.link and cell.key not in fillable[s.unit]]
    return completed(typed, cells, target_figures(owed), withheld, constants, unasked)
