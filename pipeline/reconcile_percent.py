"""Percentages that came back: never stored, always held against the counts at the precision they were printed with.

A percentage agrees when a habit of rounding prints the exact share so (:mod:`pipeline.percent`). Which habit a unit has
is inferred from all that it typed in a form; only what this one does not explain is spoken of. Those of a partition
agree when the interval of their sum contains 100 (:mod:`pipeline.percent_interval`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from pipeline.catalogue import KIND_NAMES, REFUSALS
from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.messages import number
from pipeline.percent import explaining, is_upward
from pipeline.reconcile import at_cells
from pipeline.reconcile_percent_habit import habit_notes, habits_of
from pipeline.reconcile_percent_seen import FULL_PRECISION, Percentages, Seen, ShareOf, look, note, share_of
from pipeline.reconcile_percent_sum import sum_finding
from pipeline.submission import Entry, Submission
from pipeline.verdicts import Check
from schemas.edit import About
from schemas.form import Forms, Key, key_of

# By how many places a lost comma makes a percentage too large, and a share is too small for one.
_LOST = (1, 2)
_SHARE = -2


def reconcile_percentages(
    checks: Sequence[Check], submissions: Sequence[Submission], figures: Figures, forms: Forms
) -> list[Finding]:
    """Wrong percentages, lost decimal commas, what a unit's habit does not explain, partitions that do not make 100."""
    about = [(check, check.rule) for check in checks if isinstance(check.rule, About)]
    alone = {key_of(rule.printed[0]): check for check, rule in about if rule.share and len(rule.printed) == 1}
    sums = [(check, rule) for check, rule in about if not rule.share or len(rule.printed) > 1]
    shares = _shares(alone, figures, forms)
    for _, rule in sums:
        shares |= {key: _always(None) for key in map(key_of, rule.printed) if key in forms.cells and key not in shares}
    wholes = [(check, share_of(rule.share, figures) if rule.share else _always(Fraction(100))) for check, rule in sums]
    findings: list[Finding] = []
    for submission in submissions:
        here = _percentages(shares, submission, forms)
        for key, one in here.seen.items():
            findings += _one(one, alone.get(key), submission, forms)
        for form, habits in here.habits.items():
            findings += habit_notes([one for key, one in here.seen.items() if key.form == form], habits[0], submission)
        for check, whole_of in wholes:
            whole = whole_of(submission.unit)
            if whole is not None and (finding := sum_finding(check, whole, here, forms)):
                findings.append(finding)
    return findings


def _always(exact: Fraction | None) -> ShareOf:
    return lambda _: exact


def _shares(alone: Mapping[Key, Check], figures: Figures, forms: Forms) -> dict[Key, ShareOf]:
    """The percentages with what they are shares of: those worked out, and those typed that an edit says it of."""
    found = {}
    for key, cell in forms.cells.items():
        rule = alone[key].rule if key in alone else None
        if cell.ratio is not None and cell.role == "computed":
            found[key] = share_of(cell.ratio, figures)
        elif cell.role == "input" and isinstance(rule, About) and rule.share:
            found[key] = share_of(rule.share, figures)
    return found


def _percentages(shares: Mapping[Key, ShareOf], submission: Submission, forms: Forms) -> Percentages:
    seen: dict[Key, Seen] = {}
    by_form: dict[str, list[Seen]] = {}
    for key, share in shares.items():
        entry = submission.entries.get(key)
        if entry is not None and not _is_dash(entry):
            seen[key] = one = look(forms.cells[key], entry, share(submission.unit))
            by_form.setdefault(key.form, []).append(one)
    return Percentages(submission, seen, {form: habits_of(here) for form, here in by_form.items()}, shares)


def _is_dash(entry: Entry) -> bool:
    """A mark for "not worked out", which says nothing that could be wrong."""
    return entry.value == 0 and bool(entry.text) and not any(letter.isdigit() for letter in entry.text)


def _one(seen: Seen, check: Check | None, submission: Submission, forms: Forms) -> Iterator[Finding]:
    if seen.entry.refusal:
        # Why a typed figure was refused was said when it was read.
        if seen.cell.role == "computed":
            yield _refused(seen, submission)
    elif not seen.is_held:
        yield from _wrong(seen, check, submission, forms)


def _wrong(seen: Seen, check: Check | None, submission: Submission, forms: Forms) -> Iterator[Finding]:
    """What no habit explains: a share for a percentage, a comma that was lost, or simply another number."""
    entry, exact = seen.entry, seen.exact
    if entry.value is None or exact is None:
        return
    if _is_share(seen, exact):
        yield note("percent-as-fraction", [seen], submission, seen.words, number(round(entry.value * 100, 6)))
    elif check is not None and _lost_comma(seen, exact):
        severity = check.edit.severity
        yield note("lost-comma", [seen], submission, entry.shown, seen.half_up(), severity=severity)
    elif check is not None:
        wrong = at_cells(check, submission, forms, say="percent-wrong", value=entry.shown, expected=seen.half_up())
        first = (entry.cell, *(cell for cell in wrong.cells if cell != entry.cell))
        yield replace(wrong, cells=first, params={**wrong.params, "value": seen.words})


def _is_share(seen: Seen, exact: Fraction) -> bool:
    """Whether the number is right as a share of one."""
    if seen.shown is None:
        return abs(Fraction(seen.entry.value or 0) * 100 - exact) < FULL_PRECISION
    meant = seen.shown.moved(_SHARE)
    return bool(explaining(meant, exact)) or is_upward(meant, exact)


def _lost_comma(seen: Seen, exact: Fraction) -> bool:
    """Whether the digits are right with a comma, which can stand in one place only; however they were rounded."""
    if seen.shown is None or seen.shown.decimals:
        return False
    return sum(bool(explaining(seen.shown.moved(places), exact)) for places in _LOST) == 1


def _refused(seen: Seen, submission: Submission) -> Finding:
    """A percentage that cannot be read; the counts say what it should be."""
    reason = REFUSALS.get(seen.entry.refusal, seen.entry.refusal)
    guess = " / ".join(number(guess) for guess in seen.entry.guesses)
    params: dict[str, Param] = {"guess": guess, "unit": "%"}
    if reason == "cell-type":
        params["expected"] = KIND_NAMES["percent"]
    expected = guess if seen.exact is None else seen.half_up()
    return note(reason, [seen], submission, seen.entry.shown, expected, params=params)
