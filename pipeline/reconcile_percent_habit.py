"""How a unit rounds, inferred from all the percentages that it typed in a form; what that does not explain is noted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pipeline.findings import Finding, Param
from pipeline.messages import Shown
from pipeline.percent import Habit, likeliest
from pipeline.reconcile_percent_seen import Seen, note
from pipeline.submission import Submission
from schemas.text import Text

HABIT_NAMES: Mapping[Habit, Text] = MappingProxyType(
    {
        "half-up": Text("làm tròn", "by rounding"),
        "half-even": Text("làm tròn 5 về số chẵn", "by rounding halves to even"),
        "truncated": Text("cắt bớt", "by truncation"),
    }
)


def habits_of(seen: Sequence[Seen]) -> tuple[Habit, ...]:
    """The habits that explain the most of a form's percentages, the usual one first; formulas say nothing of a unit."""
    return likeliest(one.habits for one in seen if one.habits and not one.by_formula)


def habit_notes(seen: Sequence[Seen], usual: Habit, submission: Submission) -> Iterator[Finding]:
    """One form's notes: what is cut off, what is rounded upward, what is rounded where the form cuts off.

    A form that only rounds is not spoken of; one that only cuts off is told so once.
    """
    typed = [one for one in seen if one.habits and not one.by_formula]
    odd = [one for one in typed if usual not in one.habits]
    if usual == "truncated":
        cut = [one for one in typed if "half-up" not in one.habits]
        yield from _rounded_otherwise("percent-truncated", cut, submission)
    else:
        cut = [one for one in odd if "truncated" in one.habits]
        yield from _rounded_otherwise("percent-truncated", cut, submission, say="percent-truncated-some")
    yield from _rounded_otherwise("percent-upward", [one for one in seen if one.upward], submission)
    mixed = [one for one in odd if "truncated" not in one.habits]
    if mixed:
        own = [one for one in typed if usual in one.habits and "half-up" not in one.habits]
        yield _mixed(mixed, own, usual, submission)


def _rounded_otherwise(
    finding_id: str, seen: Sequence[Seen], submission: Submission, *, say: str = ""
) -> Iterator[Finding]:
    if seen:
        value = "; ".join(one.words for one in seen)
        expected = [one.half_up(one.shown.decimals if one.shown else None) for one in seen]
        yield note(finding_id, seen, submission, value, _joined(expected), say=say)


def _mixed(mixed: Sequence[Seen], own: Sequence[Seen], usual: Habit, submission: Submission) -> Finding:
    """No single habit explains a form: what its usual one does not, beside what only that one does."""
    params: dict[str, Param] = {"usual": _at_cells(own), "habit": HABIT_NAMES[usual], "rounded": _at_cells(mixed)}
    return note("percent-mixed", mixed, submission, "; ".join(one.words for one in mixed), "", params=params)


def _at_cells(seen: Sequence[Seen]) -> str:
    return ", ".join(f"{one.words} ({one.entry.cell})" for one in seen)


def _joined(numbers: Sequence[Shown]) -> Shown:
    """Several numbers in one text, which still knows their plain digits."""
    found = Shown("; ".join(numbers))
    found.plain = "; ".join(one.plain for one in numbers)
    return found
