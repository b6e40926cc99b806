"""The findings of files before they are consolidated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.findings import Finding
from pipeline.identify import counting, identify
from pipeline.obligations import obligations
from pipeline.read import read_files
from pipeline.reconcile_tree import reconcile_returns
from pipeline.run_frozen import after_close, as_received, in_force
from pipeline.run_judge import before, judge
from pipeline.run_order import ordered
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.errors import TonghopError
from schemas.period import Period
from schemas.text import Text


def check(workspace: Workspace, files: Sequence[Path]) -> list[Finding]:
    """The findings of files before they are consolidated, each held against the period that it names itself.

    Figures that people decided for the unit are in force here too.
    """
    missing = [path for path in files if not path.is_file()]
    if missing:
        raise TonghopError(*(Text(f"Không thấy tệp {path}.", f"No such file: {path}.") for path in missing))
    by_period: dict[Period, list[Submission]] = {}
    for submission in read_files(files, workspace.root, workspace.forms):
        by_period.setdefault(_own_period(workspace, submission), []).append(submission)
    findings: list[Finding] = []
    for period, submissions in by_period.items():
        then = in_force(workspace, period)
        if then.frozen is not None:
            named = {submission.file for submission in submissions}
            submissions = [one for one in read_files(files, then.root, then.forms) if one.file in named]
        owed = obligations(then, period)
        known = before(then, period)
        for submission in as_received(then.frozen, then.root, submissions):
            findings += after_close(then.frozen, submission)
            # Each for itself: where two files of one unit are asked about, both are judged.
            one = identify([submission], period, owed.tree)
            decided = [d for d in then.decided(period) if (d.kind, d.unit) == ("adjust", submission.unit)]
            judged = judge(owed, one, known, decided)
            about = [f for f in reconcile_returns(counting(one), owed) if f.file == submission.file]
            findings += ordered([*about, *judged.findings], owed)
    return findings


def _own_period(workspace: Workspace, submission: Submission) -> Period:
    known = workspace.settings.periods
    return known[submission.period].period if submission.period in known else workspace.settings.current_period
