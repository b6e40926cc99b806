"""What became of the decisions about files: which force counts, which decision could not be followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.identify import COUNTING
from pipeline.submission import Submission
from schemas.decisions import FILE, Decision, file_name
from schemas.near import near
from schemas.text import Text


def decided_files(submissions: Sequence[Submission], decisions: Iterable[Decision]) -> Iterator[Finding]:
    """A note at each file that counts by decision; each decision about a file that is not there or cannot count.

    What was set aside stands in the list of files, with its reason.
    """
    by_name = {file_name(submission.file): submission for submission in submissions}
    for decision in decisions:
        if decision.kind == "adjust":
            continue
        submission = by_name.get(decision.file)
        if submission is None:
            yield _unknown(decision, sorted(by_name))
        elif decision.kind == "force":
            yield _forced(decision, submission, submissions)


def _unknown(decision: Decision, files: Iterable[str]) -> Finding:
    at, hint = decision.at("file"), near(decision.file, files)
    fault = Text(
        f'{at.vi}: không có tệp "{decision.file}" trong inbox/{decision.period}.{hint.vi}',
        f'{at.en}: there is no file "{decision.file}" in inbox/{decision.period}.{hint.en}',
    )
    return _not_followed("decision-unknown", decision, fault)


def _forced(decision: Decision, submission: Submission, submissions: Iterable[Submission]) -> Finding:
    """The note that a file counts by decision, or why it does not."""
    others = [one for one in submissions if one.unit == submission.unit and one.status == "superseded"]
    later = max(others, key=lambda one: (one.received_at, one.file), default=None)
    at = decision.at("file")
    if decision.unit not in ("", submission.unit):
        fault = Text(
            f'{at.vi}: tệp "{submission.file}" là của đơn vị {submission.unit}, không phải {decision.unit}.',
            f'{at.en}: "{submission.file}" is of unit {submission.unit}, not {decision.unit}.',
        )
    elif submission.status == "superseded":
        fault = Text(
            f'{at.vi}: tệp "{submission.file}" không được tính, vì tệp {submission.reason} cũng được buộc tính.',
            f'{at.en}: "{submission.file}" does not count, as {submission.reason} is forced too.',
        )
    elif submission.status not in COUNTING:
        fault = Text(
            f'{at.vi}: tệp "{submission.file}" không dùng được ({submission.reason}) nên không thể buộc tính.',
            f'{at.en}: "{submission.file}" cannot be used ({submission.reason}), so it cannot be forced.',
        )
    else:
        newer = later is not None and (later.received_at, later.file) > (submission.received_at, submission.file)
        return Finding(
            "forced",
            CATALOGUE["forced"].severity,
            unit=submission.unit,
            period=submission.period,
            file=submission.file,
            value=later.file if later is not None and newer else "",
            params={"reason": decision.reason, "who": decision.who, "when": f"{decision.when:%d/%m/%Y}"},
        )
    return _not_followed("decision-unfit", decision, fault)


def _not_followed(finding_id: str, decision: Decision, fault: Text) -> Finding:
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        unit=decision.unit,
        period=str(decision.period),
        file=FILE,
        value=decision.file,
        params={"fault": fault},
    )
