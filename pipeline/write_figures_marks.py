"""What is marked beside the figures of units: what people decided, what must be corrected, what is unusual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.findings import SEVERITIES
from pipeline.results import Results
from pipeline.rows import text_of_entry
from schemas.form import Key

_MARKED = frozenset({"hard", "soft"})


@dataclass(frozen=True, slots=True)
class Mark:
    """The severity of the gravest finding at a unit's figure, or what is said of one that people decided."""

    severity: str = ""
    decided: str = ""


Marks = Mapping[Key, Mapping[str, Mark]]
"""By cell and unit."""


def marks_of(results: Results) -> Marks:
    """What is known of single figures. A total adds the figures as decided."""
    marks: dict[Key, dict[str, Mark]] = {}
    for finding in results.findings:
        if finding.severity in _MARKED and finding.indicator and finding.measure:
            own = marks.setdefault(Key(finding.form, finding.indicator, finding.measure), {})
            before = own[finding.unit].severity if finding.unit in own else finding.severity
            own[finding.unit] = Mark(min(before, finding.severity, key=SEVERITIES.index))
    reasons = {decision.row: decision.because for decision in results.workspace.decided(results.owed.period)}
    for unit, submission in results.by_unit.items():
        for key, entry in submission.entries.odd.items():
            if entry.decision:
                reported = text_of_entry(entry) or "(để trống)"
                words = f"Đơn vị báo: {reported}. Điều chỉnh: {reasons.get(entry.decision, '')}"
                marks.setdefault(key, {})[unit] = Mark(decided=words)
    return marks
