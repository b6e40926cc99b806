"""Percentages that came back: never stored, always held against the counts at the precision they were printed with.

A percentage agrees when half-up rounding or truncation of the exact share gives it (:mod:`pipeline.percent`); those of
a partition make 100 within one unit of the last place for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pipeline.catalogue import CATALOGUE, KIND_NAMES, REFUSALS
from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.messages import number
from pipeline.percent import Habit, habit, half_up
from pipeline.reconcile import at_cells
from pipeline.submission import Entry, Submission
from pipeline.verdicts import Check, value_of
from schemas.edit import About, Quotient, Ref
from schemas.form import Cell, Forms, Key

_NOTES: Mapping[Habit, str] = {"truncated": "percent-truncated", "upward": "percent-upward"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """One printed percentage beside its exact share; ``trusted`` is what may stand for it in a sum."""

    cell: Cell
    entry: Entry
    exact: Fraction | None
    habit: Habit
    trusted: Decimal | None

    @property
    def by_formula(self) -> bool:
        """Whether the template's own formula shows this: a number, and just the one it works out."""
        if self.exact is None or self.entry.value is None or self.entry.text:
            return False
        return abs(Fraction(self.entry.value) - Fraction(half_up(self.exact, self.cell.decimals))) < Fraction(1, 10**6)


def reconcile_percentages(
    checks: Sequence[Check], submissions: Sequence[Submission], figures: Figures, forms: Forms
) -> list[Finding]:
    """Wrong percentages, a lost decimal comma, habits of rounding, and partitions that do not make 100."""
    shares = {rule.printed[0]: check for check in checks if isinstance(rule := check.rule, About) and rule.share}
    partitions = [check for check in checks if isinstance(check.rule, About) and check.rule.share is None]
    ratios = _ratios(shares, forms)
    findings: list[Finding] = []
    for submission in submissions:
        seen = {
            cell.key: _look(cell, submission.entries[cell.key], _exact(ratio, submission.unit, figures))
            for cell, ratio in ratios
            if cell.key in submission.entries and not _is_dash(submission.entries[cell.key])
        }
        for one in seen.values():
            findings += _one(one, shares.get(Ref("cell", *one.cell.key)), submission, forms)
        findings += _mixed(list(seen.values()), submission)
        for check in partitions:
            findings += _partition(check, seen, submission, figures, forms)
    return findings


def _ratios(shares: Mapping[Ref, Check], forms: Forms) -> list[tuple[Cell, Quotient]]:
    """The percentages with what they are shares of: those worked out, and those typed that an edit says it of."""
    found = []
    for cell in forms.cells.values():
        check = shares.get(Ref("cell", *cell.key))
        if cell.ratio is not None and cell.role == "computed":
            found.append((cell, cell.ratio))
        elif cell.role == "input" and check is not None and isinstance(check.rule, About) and check.rule.share:
            found.append((cell, check.rule.share))
    return found


def _is_dash(entry: Entry) -> bool:
    """A mark for "not worked out", which says nothing that could be wrong."""
    return entry.value == 0 and bool(entry.text) and not any(letter.isdigit() for letter in entry.text)


def _look(cell: Cell, entry: Entry, exact: Fraction | None) -> _Seen:
    if entry.value is None or exact is None:
        trusted = half_up(exact, cell.decimals) if exact is not None and entry.refusal else None
        return _Seen(cell, entry, exact, "none", trusted)
    how = habit(entry.value, entry.decimals, exact)
    fits = Decimal(repr(entry.value)) if how != "none" else half_up(exact, cell.decimals)
    return _Seen(cell, entry, exact, how, fits)


def _exact(ratio: Quotient, unit: str, figures: Figures) -> Fraction | None:
    values: dict[Ref, float] = {}
    for ref in ratio.numerator.refs + ratio.denominator.refs:
        figure = figures.of(unit, Key(ref.form, ref.indicator, ref.measure))
        if figure is None:
            return None
        values[ref] = figure
    whole = value_of(ratio.denominator, values)
    return 100 * value_of(ratio.numerator, values) / whole if whole else None


def _one(seen: _Seen, check: Check | None, submission: Submission, forms: Forms) -> Iterator[Finding]:
    entry = seen.entry
    if entry.refusal:
        # Why a typed figure was refused was said when it was read.
        if seen.cell.role == "computed":
            yield _refused(seen, submission)
        return
    if seen.exact is None or entry.value is None:
        return
    expected = number(float(half_up(seen.exact, seen.cell.decimals)), decimals=seen.cell.decimals)
    if seen.habit in _NOTES:
        exact = half_up(seen.exact, entry.decimals or 0)
        rounded = number(float(exact), decimals=entry.decimals or 0)
        yield _note(_NOTES[seen.habit], [seen], submission, _shown(entry), rounded)
    elif seen.habit == "none" and habit(entry.value * 100, _shifted(entry.decimals), seen.exact) != "none":
        meant = number(round(entry.value * 100, 6))
        yield _note("percent-as-fraction", [seen], submission, _shown(entry), meant)
    elif seen.habit == "none" and check is not None:
        params = {"value": _shown(entry)}
        wrong = at_cells(check, submission, forms, say="percent-wrong", value=entry.shown, expected=expected)
        first = (entry.cell, *(cell for cell in wrong.cells if cell != entry.cell))
        yield replace(wrong, cells=first, params={**wrong.params, **params})


def _shifted(decimals: int | None) -> int | None:
    return None if decimals is None else max(0, decimals - 2)


def _shown(entry: Entry) -> str:
    """The percentage as printed, without its sign."""
    return entry.shown.replace("%", "").strip()


def _refused(seen: _Seen, submission: Submission) -> Finding:
    """A percentage that cannot be read; the counts say what it should be."""
    reason = REFUSALS.get(seen.entry.refusal, seen.entry.refusal)
    guess = " / ".join(number(guess) for guess in seen.entry.guesses)
    expected = (
        number(float(half_up(seen.exact, seen.cell.decimals)), decimals=seen.cell.decimals)
        if seen.exact is not None
        else guess
    )
    params: dict[str, Param] = {"guess": guess, "unit": "%"}
    if reason == "cell-type":
        params["expected"] = KIND_NAMES["percent"]
    finding = _note(reason, [seen], submission, seen.entry.shown, expected)
    return replace(finding, params=params)


def _note(
    finding_id: str,
    seen: Sequence[_Seen],
    submission: Submission,
    value: str,
    expected: str,
    params: Mapping[str, Param] | None = None,
) -> Finding:
    first = seen[0]
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        unit=submission.unit,
        period=submission.period,
        form=first.cell.key.form,
        file=submission.file,
        sheet=first.entry.sheet,
        cells=tuple(one.entry.cell for one in seen),
        indicator=first.cell.key.indicator,
        measure=first.cell.key.measure,
        value=value,
        expected=expected,
        params=params or {},
    )


def _mixed(seen: Sequence[_Seen], submission: Submission) -> Iterator[Finding]:
    """Two habits in one form: some figures only truncation explains, others only rounding."""
    for form in dict.fromkeys(one.cell.key.form for one in seen):
        here = [one for one in seen if one.cell.key.form == form]
        truncated = [one for one in here if one.habit == "truncated"]
        rounded = [one for one in here if one.habit == "half-up" and not one.by_formula]
        if truncated and rounded:
            params = {
                "truncated": ", ".join(f"{_shown(one.entry)} ({one.entry.cell})" for one in truncated),
                "rounded": ", ".join(f"{_shown(one.entry)} ({one.entry.cell})" for one in rounded),
            }
            shown = ", ".join(_shown(one.entry) for one in rounded)
            yield _note("percent-mixed", [*rounded, *truncated], submission, shown, "", params)


def _partition(
    check: Check, seen: Mapping[Key, _Seen], submission: Submission, figures: Figures, forms: Forms
) -> Iterator[Finding]:
    """The percentages of a partition; one that was refused or wrong is replaced by what the counts give."""
    assert isinstance(check.rule, About)
    keys = [Key(ref.form, ref.indicator, ref.measure) for ref in check.rule.printed]
    here = [seen[key] for key in keys if key in seen]
    for key in keys:
        ratio = forms.cells[key].ratio
        if key not in seen and ratio is not None and _exact(ratio, submission.unit, figures):
            return
    if len(here) < 2 or all(one.by_formula for one in here) or any(one.trusted is None for one in here):
        return
    made = sum((one.trusted for one in here if one.trusted is not None), Decimal(0))
    tolerance = sum((Decimal(1).scaleb(-_decimals(one)) for one in here), Decimal(0))
    if made == 100:
        return
    shown = " + ".join(number(float(one.trusted or 0)) for one in here) + f" = {number(float(made))}"
    off = abs(made - 100) > tolerance
    finding = at_cells(
        check,
        submission,
        forms,
        finding_id="" if off else "percent-sum",
        severity=None if off else "info",
        say="percent-sum-wrong" if off else "percent-sum",
        value=shown,
        expected="100",
    )
    yield replace(finding, cells=tuple(one.entry.cell for one in here))


def _decimals(one: _Seen) -> int:
    if one.entry.refusal or one.habit == "none":
        return one.cell.decimals
    return one.entry.decimals if one.entry.decimals is not None else 6
