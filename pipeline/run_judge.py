"""One period's returns judged: columns, edits, percentages, totals, lists, against what was known before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pipeline.cache_records import Place
from pipeline.engine import LOCAL, Engine, beside, chosen
from pipeline.figures import Figures, empty, number_cells
from pipeline.findings import Finding
from pipeline.history import UnitFigures
from pipeline.identify import counting, identify
from pipeline.obligations import Obligations, obligations
from pipeline.reconcile_changes import Base, base_of, other_scope, reconcile_changes
from pipeline.reconcile_clones import reconcile_clones
from pipeline.reconcile_counts import edit_counts
from pipeline.reconcile_peers import reconcile_peers
from pipeline.reconcile_versions import of_earlier_versions
from pipeline.results import EditCount
from pipeline.run_frozen import for_earlier, history_of, returns_of
from pipeline.run_judge_apart import AT_A_TIME as ALONE_AT_A_TIME
from pipeline.run_judge_apart import Alone, judge_alone, judge_apart, judge_beside, stands_alone
from pipeline.run_judge_kept import judge_again
from pipeline.run_judge_units import (
    AT_A_TIME,
    LISTED_AT_A_TIME,
    Admitted,
    Earlier,
    Verdicts,
    admit,
    joined,
    judge_units,
)
from pipeline.submission import Submission
from pipeline.verdicts import Judged
from pipeline.workspace import Workspace
from schemas.decisions import Decision
from schemas.errors import DefinitionError
from schemas.form import Key
from schemas.period import Period, previous_stock, year_ago


@dataclass(frozen=True, slots=True)
class Judgement:
    """What reconciliation made of one period's submissions.

    ``failed`` are the verdicts on the units that fail an edit, ``edits`` the counts of all.
    """

    submissions: tuple[Submission, ...]
    figures: Figures
    failed: Judged
    edits: tuple[EditCount, ...]
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
    owed: Obligations,
    submissions: Sequence[Submission],
    known: Before,
    decisions: Sequence[Decision] = (),
    engine: Engine = LOCAL,
    place: Place | None = None,
) -> Judgement:
    """Everything that one unit's return can be held against; where people decided on a figure, with that figure.

    What was made of a return before, and kept in a ``place``, is not made again.
    """
    counted, earlier = counting(submissions), Earlier(known.earlier, known.year_ago)
    decided = {decision.unit for decision in decisions}
    alone = {one.file: one for one in counted if one.unit not in decided and stands_alone(owed, one)}

    # Of a nation each figure stands once, in the matrix of all.
    figures = empty([one.unit for one in counted], [cell.key for cell in number_cells(owed.forms)])
    sent, said, verdicts = list[Sequence[Submission]](), list[Finding](), list[Verdicts]()

    def take(admitted: Admitted) -> None:
        figures.take(admitted.figures)
        sent.append(admitted.sent)
        said.extend(admitted.findings)

    def judged_now(some: Sequence[Submission]) -> Iterator[Alone]:
        return _judge_alone(owed, some, earlier, engine)

    judged = judged_now if place is None else partial(judge_again, owed, earlier=earlier, place=place, judge=judged_now)
    for one in judged(list(alone.values())):
        take(one.admitted)
        verdicts.append(one.verdicts)
    begin = len(sent)
    here = _some([one for one in counted if one.file not in alone], LISTED_AT_A_TIME) or [[]]
    for some, own in zip(here, _shared(decisions, here), strict=True):
        take(admit(owed, some, earlier, own))
    verdicts += [judge_units(owed, some, figures, earlier) for some in sent[begin:]]
    by_file = {submission.file: submission for some in sent for submission in some}
    whole = tuple(by_file.get(submission.file, submission) for submission in submissions)
    kept = counting(whole)
    findings = [
        *(finding for submission in whole for finding in submission.findings),
        *said,
        *(finding for one in verdicts for finding in one.findings),
        *reconcile_clones(kept, owed, known.earlier, figures),
    ]
    findings += reconcile_changes(kept, owed, figures, known.base, findings)
    findings += reconcile_peers(kept, owed, figures, findings)
    outcomes = np.concatenate([one.outcomes for one in verdicts])
    edits = edit_counts(owed.forms, outcomes)
    return Judgement(
        whole, figures, joined([one.failed for one in verdicts]), edits, tuple(of_earlier_versions(findings))
    )


def _judge_alone(owed: Obligations, sent: Sequence[Submission], earlier: Earlier, engine: Engine) -> Iterator[Alone]:
    """What is made of returns that need no other, by this process or by others, some at a time."""
    kind, crew = chosen(engine, len(sent)), beside(engine, len(sent))
    if crew is not None:
        yield from judge_beside(owed, sent, earlier, crew)
    elif kind in ("threads", "shared"):
        yield from (judge_alone(owed, some, earlier) for some in _some(sent, AT_A_TIME))
    else:
        yield from judge_apart(owed, _some(sent, ALONE_AT_A_TIME), earlier, engine, kind)


def _some(submissions: Sequence[Submission], most: int) -> list[Sequence[Submission]]:
    return [submissions[i : i + most] for i in range(0, len(submissions), most)]


def _shared(decisions: Sequence[Decision], some: Sequence[Sequence[Submission]]) -> list[list[Decision]]:
    """The decisions on each of these units; those on units that sent nothing with the first."""
    of = {submission.unit: i for i, submissions in enumerate(some) for submission in submissions}
    return [[one for one in decisions if of.get(one.unit, 0) == i] for i in range(len(some))]


def as_sent(owed: Obligations, submission: Submission, known: Before) -> tuple[Submission, Figures]:
    """One file by itself as columns admit it, and the figures that it makes; nothing is decided or judged."""
    admitted = admit(owed, [submission], Earlier(known.earlier, known.year_ago), ())
    return admitted.sent[0], admitted.figures


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
    # Of a running total that came back blank, what stood before it is not looked up again.
    admitted = admit(owed, counting(read), Earlier({}, {}), decisions)
    figures = admitted.figures
    found = {
        unit: {key: float(value) for key, value in zip(figures.keys, row, strict=True) if not np.isnan(value)}
        for unit, row in zip(figures.units, figures.values, strict=True)
    }
    for submission in admitted.sent:
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
