"""Who has sent, who was late, who must correct: one count for every output that says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.findings import SEVERITIES, Finding, Severity
from pipeline.messages import first_place, sentence
from pipeline.results import Results
from schemas.tree import Unit


@dataclass(frozen=True, slots=True)
class ReturnCounts:
    """The units of a period, counted. All but ``beside`` are among those that owe a package.

    ``received`` = ``on_time`` + ``late``; ``owed`` = ``received`` + ``missing``. ``to_correct`` are those of the
    received that must send again, ``unusable`` those of the missing of which a file came that counts for nothing: an
    empty package, a file that cannot be read or that was set aside. ``beside`` have sent and need not.
    """

    owed: int
    received: int
    on_time: int
    late: int
    to_correct: int
    missing: int
    unusable: int
    beside: int

    @property
    def rate(self) -> float | None:
        """Received of owed in points, from 0 to 100; ``None`` where nobody owes."""
        return 100 * self.received / self.owed if self.owed else None


@dataclass(frozen=True, slots=True)
class UnitState:
    """One unit that owes a package or has sent one.

    ``status`` is that of the file that counts, or ``missing``. ``contact`` is an e-mail address or a telephone number,
    empty where the register has none. ``days_late`` is 0 for whoever was in time, has not sent, or need not send.
    ``hard`` and ``soft`` count findings of the file that counts. ``first`` is the first thing to correct, or what is
    wrong with a file that came and cannot be used; empty where there is nothing.
    """

    unit: Unit
    status: str
    owes: bool
    contact: str
    received: date | None
    days_late: int
    hard: int
    soft: int
    first: str


def counts(results: Results) -> ReturnCounts:
    """How many units owe, have sent, were late, must correct; the same numbers for every output."""
    states = states_of_returns(results)
    owing = [one for one in states if one.owes]
    sent = [one for one in owing if one.received is not None]
    late = sum(one.days_late > 0 for one in sent)
    came = {submission.unit for submission in results.submissions}
    return ReturnCounts(
        owed=len(owing),
        received=len(sent),
        on_time=len(sent) - late,
        late=late,
        to_correct=sum(one.status == "rejected" for one in sent),
        missing=len(owing) - len(sent),
        unusable=sum(one.received is None and one.unit.code in came for one in owing),
        beside=len(states) - len(owing),
    )


def states_of_returns(results: Results) -> tuple[UnitState, ...]:
    """Every unit that owes a package or sent one that counts, in register order."""
    known = {*results.owed.owed, *results.by_unit}
    return tuple(state_of(results, unit) for unit in results.owed.tree.units if unit.code in known)


def state_of(results: Results, unit: Unit) -> UnitState:
    """The state of one unit's return."""
    owed, submission = results.owed, results.by_unit.get(unit.code)
    owes = unit.code in owed.owed
    late = (submission.received_day - owed.dates.due).days if submission and owes else 0
    mend = to_mend(results, unit.code)
    return UnitState(
        unit=unit,
        status=results.status_of(unit.code),
        owes=owes,
        contact=unit.email,
        received=submission.received_day if submission else None,
        days_late=max(0, late),
        hard=len(mend) if submission else 0,
        soft=len(_of_its_file(results, unit.code, "soft")) if submission else 0,
        first=first_thing(mend, results.lang),
    )


def to_mend(results: Results, code: str) -> list[Finding]:
    """The hard findings of the file that counts, or of those that cannot count where none does."""
    return _of_its_file(results, code, "hard")


def _of_its_file(results: Results, code: str, severity: Severity) -> list[Finding]:
    counting = results.by_unit.get(code)
    found = [finding for finding in results.findings_of(code) if finding.severity == severity and finding.file]
    return [finding for finding in found if counting is None or finding.file == counting.file]


def first_thing(findings: Iterable[Finding], lang: str) -> str:
    """Place and sentence of what comes first among a unit's findings; empty when there are none."""
    first = min(findings, key=lambda finding: SEVERITIES.index(finding.severity), default=None)
    if first is None:
        return ""
    place, words = first_place(first), sentence(first, lang)
    return f"{place}: {words}" if place else words
