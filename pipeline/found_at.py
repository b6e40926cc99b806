"""A finding at a place in a return: at one cell that was filled, or at the cells of some figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding, Param
from pipeline.submission import Entry, Submission
from schemas.form import Key


def at_entry(
    finding_id: str,
    entry: Entry,
    *,
    value: str = "",
    expected: str = "",
    say: str = "",
    params: Mapping[str, Param] | None = None,
) -> Finding:
    """A finding at a filled cell, as grave as the catalogue says; of whose return it is, it does not say."""
    return Finding(
        finding_id,
        CATALOGUE[say or finding_id].severity,
        form=entry.key.form,
        sheet=entry.sheet,
        cells=(entry.cell,) if entry.cell else (),
        indicator=entry.key.indicator,
        measure=entry.key.measure,
        value=value,
        expected=expected,
        say=say,
        params=params or {},
    )


def at_keys(
    finding_id: str,
    submission: Submission,
    keys: Iterable[Key],
    *,
    value: str = "",
    expected: str = "",
    say: str = "",
    params: Mapping[str, Param] | None = None,
) -> Finding:
    """A finding at these cells of a return, filled or not; form, row and column are those of the first."""
    keys = tuple(keys)
    sheet, cells = submission.places(keys)
    found = Finding(
        finding_id,
        CATALOGUE[say or finding_id].severity,
        form=keys[0].form,
        sheet=sheet,
        cells=cells,
        indicator=keys[0].indicator,
        measure=keys[0].measure,
        value=value,
        expected=expected,
        say=say,
        params=params or {},
    )
    return of_return(found, submission)


def of_return(finding: Finding, submission: Submission) -> Finding:
    """The finding with the unit, the period and the file of the return that it is about."""
    return replace(finding, unit=submission.unit, period=submission.period, file=submission.file)
