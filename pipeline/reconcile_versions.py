"""What relations say of a package of an earlier version: today's may lack a part that it still asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.findings import Finding, Severity

# What the package's own formulas worked out, from parts of which some are asked no more.
_WORKED_OUT = frozenset({"derived-differs", "derived-alone", "percent-wrong", "verdict-differs"})
_RELATIONS = frozenset(
    {
        "edit-equal",
        "edit-missing",
        "edit-order",
        "edit-range",
        "edit-rule",
        "edit-rows",
        "percent-wrong",
        "percent-sum-wrong",
    }
)


def of_earlier_versions(findings: Sequence[Finding]) -> Iterator[Finding]:
    """The findings, with no relation certain where figures of the form stand under codes that are asked no more.

    The unit filled in its package as it was asked; that the form has changed since is no reason to send it again.
    """
    partial = {(finding.file, finding.form) for finding in findings if finding.id == "asked-no-more"}
    for finding in findings:
        doubtful = finding.severity == "hard" and (finding.file, finding.form) in partial
        yield replace(finding, severity=_doubt(finding)) if doubtful else finding


def _doubt(finding: Finding) -> Severity:
    if finding.id in _WORKED_OUT:
        return "info"
    return "soft" if finding.say in _RELATIONS else "hard"
