"""Everything one run found out, for whoever writes it down or asks for it in Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from pipeline.doubts import Doubt
from pipeline.findings import Finding, Severity, worst
from pipeline.history import UnitFigures
from pipeline.obligations import Obligations
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.closing import Event
from schemas.period import Period
from schemas.text import Text

if TYPE_CHECKING:
    import pandas as pd

Progress = Callable[[Text, int, int], None]
"""Told the name of a step, how far it is, and how far it goes."""

STATUS_NAMES: Mapping[str, Text] = {
    "accepted": Text("Đã nhận", "accepted"),
    "queried": Text("Đã nhận, có chỗ xem lại", "queried"),
    "rejected": Text("Phải sửa, gửi lại", "rejected"),
    "superseded": Text("Đã thay bằng bản sau", "superseded"),
    "quarantined": Text("Không đọc được", "quarantined"),
    "set-aside": Text("Để riêng", "set aside"),
    "missing": Text("Chưa gửi", "missing"),
    "not-owed": Text("Không phải gửi", "not owed"),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A mistake put into a sample on purpose, the id of the finding that must name it, and whether it did."""

    unit: str
    period: str
    where: str
    what: Text
    finding: str
    found: bool


@dataclass(frozen=True, slots=True)
class EditCount:
    """How many units passed an edit, failed it, or could not be judged; of those ``unreported`` gave no figure."""

    id: str
    label: Text
    severity: Severity
    passed: int
    failed: int
    unknown: int
    unreported: int = 0


@dataclass(frozen=True, slots=True)
class Past:
    """The figures of an earlier period up the tree of its own day."""

    period: Period
    rollup: Rollup


@dataclass(frozen=True, slots=True)
class Closed:
    """The closing that a run rests on; ``later`` and ``notes`` are files and changes that came since, for nothing."""

    event: Event
    later: tuple[Submission, ...] = ()
    notes: tuple[Finding, ...] = ()

    @property
    def words(self) -> Text:
        """When it was closed, and by whom."""
        event = self.event
        return Text(
            f"ĐÃ CHỐT ngày {event.when:%d/%m/%Y}, người chốt: {event.who}", f"CLOSED on {event.when} by {event.who}"
        )


@dataclass(frozen=True)
class Results:
    """The outcome of a run.

    ``submissions`` are all files in the order of their paths, with their final status; ``doubts`` the returns in which
    something could move a figure of the province, those that could move most first; ``past`` is the period that figures
    are held against, where anything is known of it; ``closed`` is ``None`` while the period is open.
    """

    workspace: Workspace
    owed: Obligations
    submissions: tuple[Submission, ...]
    findings: tuple[Finding, ...]
    rollup: Rollup
    edits: tuple[EditCount, ...]
    earlier: UnitFigures
    year_ago: UnitFigures
    lang: str = "vi"
    only_accepted: bool = False
    doubts: tuple[Doubt, ...] = ()
    past: Past | None = None
    closed: Closed | None = None

    @property
    def worst(self) -> Severity | None:
        """The gravest severity found."""
        return worst(self.findings)

    @property
    def as_of(self) -> str:
        """As of when the figures are, whether those of units that must send again are left out, and who closed them."""
        left_out = "; CHỈ TÍNH đơn vị không còn chỗ phải sửa" if self.only_accepted else ""
        closed = f"; {self.closed.words.vi}" if self.closed else ""
        return f"số liệu tính đến ngày {self.owed.dates.cut_off:%d/%m/%Y}{left_out}{closed}"

    @cached_property
    def by_unit(self) -> Mapping[str, Submission]:
        """The submission that counts for each unit that has one."""
        counted = {s.unit: s for s in self.submissions if s.status in ("accepted", "queried", "rejected")}
        return MappingProxyType(counted)

    def findings_of(self, unit: str) -> tuple[Finding, ...]:
        """The findings of one unit, in their order."""
        return self._found.get(unit, ())

    @cached_property
    def _found(self) -> Mapping[str, tuple[Finding, ...]]:
        """The findings of each unit that has any."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.unit, []).append(finding)
        return {unit: tuple(findings) for unit, findings in found.items()}

    def status_of(self, unit: str) -> str:
        """The status of a unit: that of its return, ``missing``, or ``not-owed``."""
        submission = self.by_unit.get(unit)
        if submission is not None:
            return submission.status
        return "missing" if unit in self.owed.owed else "not-owed"

    def frame(self, name: str) -> pd.DataFrame:
        """``observations``, ``findings``, ``submissions`` or ``rollup`` as the CSV file of that name holds it."""
        import pandas as pd

        from pipeline.rows import COLUMNS, rows_of

        return pd.DataFrame(rows_of(self, name), columns=list(COLUMNS[name]))
