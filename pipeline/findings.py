"""The one record for every fault, doubt and note."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipeline.suspects import SetOfCells
from schemas.text import Text

Severity = Literal["hard", "soft", "info"]
Param = Text | str | int | float

SEVERITIES: tuple[Severity, ...] = ("hard", "soft", "info")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, doubt or note, and where it stands.

    ``id`` never changes its meaning. ``say`` names the entry of the message catalogue that words it
    (the id itself unless many ids share one wording, as failed edits do); ``params`` are what the
    wording needs. ``cells`` are A1 addresses on ``sheet``; one on another sheet is ``SHEET!A1``.
    ``value`` is what stood there, ``expected`` what should, both as a person would read them; ``suspects`` is the
    same of several cells as data. ``impact`` is what part of a figure of the province's it could move, 1 at most, and
    ``None`` where that is not known.
    """

    id: str
    severity: Severity
    unit: str = ""
    period: str = ""
    form: str = ""
    file: str = ""
    sheet: str = ""
    cells: tuple[str, ...] = ()
    indicator: str = ""
    measure: str = ""
    value: str = ""
    expected: str = ""
    say: str = ""
    params: Mapping[str, Param] = field(default_factory=dict)
    suspects: SetOfCells | None = None
    impact: float | None = None


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest severity among ``findings``; ``None`` when there are none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in SEVERITIES if severity in found), None)
