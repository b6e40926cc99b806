"""Whole numbers that are days: "8/10", typed into a cell that is formatted as a number, is stored and shown as 44.112.

Such a number may be right; that it lies among some seven hundred of all numbers is a reason to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from pipeline.findings import Finding, Param
from pipeline.found_at import at_entry, of_return
from pipeline.messages import number
from pipeline.numbers import date_fractions
from pipeline.submission import Entry, Submission
from schemas.form import Cell, Forms
from schemas.text import Text

_ID = "date-as-number"
# Excel's day 0, as it counts from March 1900 on.
_DAY_ZERO = date(1899, 12, 30)
# An amount is seldom typed as a fraction, and one this small is asked about as it is.
_KINDS = ("count", "percent")


def days_as_numbers(submissions: Sequence[Submission], forms: Forms) -> list[Finding]:
    """The figures that are days of the year in which a file was received, or of the year before.

    A program that takes a fraction for a day takes the year in which it is typed.
    """
    findings = []
    for submission in submissions:
        year = submission.received_day.year
        first, end = _serial(date(year - 1, 1, 1)), _serial(date(year + 1, 1, 1))
        for cell, entry in _figures(submission, forms, (first, end)):
            if entry.value is None or not first <= entry.value < end or not entry.value.is_integer():
                continue
            if cell.type in _KINDS and not entry.text and not entry.decision:
                findings.append(_finding(entry, entry.value, submission))
    return findings


def _figures(submission: Submission, forms: Forms, between: tuple[int, int]) -> Iterator[tuple[Cell, Entry]]:
    """What the unit itself wrote, of plain numbers those between these alone."""
    numbers, _, odd = submission.entries.content
    plainly = np.flatnonzero((numbers >= between[0]) & (numbers < between[1])).tolist()
    for key in submission.entries.keys_at(np.array(sorted({*plainly, *odd}), dtype=np.intp)):
        if (entry := submission.entries[key]).own:
            yield forms.cells[key], entry
    for form, items in submission.items.items():
        columns = {code: cell for table in forms.by_id[form].lists for code, cell in table.columns.items()}
        for item in items:
            for measure, entry in item.entries.items():
                if item.counted:
                    yield columns[measure], entry


def _serial(day: date) -> int:
    return (day - _DAY_ZERO).days


def _finding(entry: Entry, value: float, submission: Submission) -> Finding:
    day = _DAY_ZERO + timedelta(days=int(value))
    fractions = date_fractions(day)
    guess = Text(" hoặc ".join(fractions), " or ".join(fractions))
    params: dict[str, Param] = {"name": f"{day:%d/%m/%Y}", "guess": guess}
    found = at_entry(_ID, entry, value=number(value), expected="; ".join(fractions), params=params)
    return of_return(found, submission)
