"""Which file counts for which unit: wrong periods and strangers are set apart, the latest valid return wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.findings import Finding, Severity, worst
from pipeline.submission import Status, Submission
from schemas.decisions import Decision, file_name
from schemas.period import Period
from schemas.tree import Tree

COUNTING: tuple[Status, ...] = ("accepted", "queried", "rejected")
_STATUS: Mapping[Severity | None, Status] = {
    "hard": "rejected",
    "soft": "queried",
    "info": "accepted",
    None: "accepted",
}


def identify(
    submissions: Iterable[Submission], period: Period, tree: Tree, decisions: Iterable[Decision] = ()
) -> list[Submission]:
    """The submissions in their order, those that cannot count quarantined and those replaced superseded.

    Of several files of a unit the one forced by decision counts, else the latest received, then the last path; one
    without figures never replaces one with. What a decision sets aside is neither judged nor counted.
    """
    about = {decision.file: decision for decision in decisions if decision.kind != "adjust"}
    forced = {file: decision.unit for file, decision in about.items() if decision.kind == "force"}
    aside = {file: decision for file, decision in about.items() if decision.kind == "set-aside"}
    checked = [
        _put_aside(submission, aside[file])
        if (file := file_name(submission.file)) in aside
        else _checked(submission, period, tree)
        for submission in submissions
    ]
    best: dict[str, Submission] = {}
    for submission in counting(checked):
        rival = best.get(submission.unit)
        if rival is None or _rank(submission, forced) > _rank(rival, forced):
            best[submission.unit] = submission
    return [
        submission
        if submission.status not in COUNTING or best[submission.unit] is submission
        else replace(submission, status="superseded", reason=best[submission.unit].file, findings=())
        for submission in checked
    ]


def counting(submissions: Iterable[Submission]) -> list[Submission]:
    """Those whose figures count."""
    return [submission for submission in submissions if submission.status in COUNTING]


def settle(submissions: Iterable[Submission], findings: Iterable[Finding]) -> tuple[Submission, ...]:
    """Those that count with their final status: rejected by a hard finding, queried by a soft one."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    return tuple(
        replace(submission, status=_STATUS[worst(by_file.get(submission.file, ()))])
        if submission.status in COUNTING
        else submission
        for submission in submissions
    )


def _rank(submission: Submission, forced: Mapping[str, str]) -> tuple[bool, object, str]:
    by_decision = forced.get(file_name(submission.file)) in ("", submission.unit)
    return (by_decision, submission.received_at, submission.file)


def _put_aside(submission: Submission, decision: Decision) -> Submission:
    named = replace(submission, period=submission.period or str(decision.period))
    return replace(named, status="set-aside", reason=decision.because, findings=())


def _checked(submission: Submission, period: Period, tree: Tree) -> Submission:
    if submission.status not in COUNTING:
        return replace(submission, period=submission.period or str(period))
    if submission.period != str(period):
        return _set_apart(submission, "wrong-period", submission.period, str(period))
    if submission.unit not in tree:
        return _set_apart(submission, "unknown-unit", submission.unit, f"{tree.day:%d/%m/%Y}")
    for finding in submission.findings:
        if finding.id == "unknown-version":
            return replace(submission, status="quarantined", reason=finding.id, findings=(finding,))
    if not has_figures(submission):
        return _set_apart(submission, "no-figures", "", "")
    return submission


def has_figures(submission: Submission) -> bool:
    """Whether a unit filled in a figure of its own; what the template works out, and notes, are none."""
    return submission.entries.is_filled_in() or any(submission.items.values())


def _set_apart(submission: Submission, reason: str, value: str, expected: str) -> Submission:
    finding = Finding(
        reason,
        "hard",
        unit=submission.unit,
        period=submission.period,
        file=submission.file,
        value=value,
        expected=expected,
    )
    return replace(submission, status="quarantined", reason=reason, findings=(finding,))
