"""Up the unit tree: a parent's figure against its children's, and who has sent, late, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding, Param
from pipeline.found_at import of_return
from pipeline.history import UnitFigures
from pipeline.layout import CUT_OFF_CODE, INFO_SHEET
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.package_meta import package_version
from pipeline.reconcile_gaps import Who, by_cell, by_members, either, explain
from pipeline.reconcile_sums import Sums, label_of, sums_of
from pipeline.rollup import Rollup
from pipeline.submission import Submission
from schemas.csvrows import parse_day
from schemas.form import Form, Forms
from schemas.period import Period, previous_stock, year_ago
from schemas.text import NO_TEXT, Text
from schemas.tree import Unit

_MOST_NAMES = 8
_NOT_ADDED = Text(
    "; số báo cáo đúng bằng tổng ấy: phần cấp mình chưa được cộng vào",
    "; what it reports is just that sum: its own part was left out",
)
_PERHAPS = {
    "missed": Text("có thể chưa được cộng vào", "left out perhaps"),
    "twice": Text("có thể đã bị cộng hai lần", "counted twice perhaps"),
}


def reconcile_levels(
    rollup: Rollup, submissions: Sequence[Submission], owed: Obligations, forms: Forms
) -> list[Finding]:
    """Declared against built, for every parent that sent a return and whose children did.

    A gap is certain when every child that owes the cell has it, or when the children make more than the parent says;
    otherwise the missing children may fill it. Each gap names the child, or the two, whose figure it is; who explains
    several gaps is named once more for all of them.
    """
    findings: list[Finding] = []
    for sums in sums_of(rollup, submissions, owed):
        why = {"missed": _explained(sums, sums.exceeded), "twice": _explained(sums, sums.short)}
        for k in np.flatnonzero(sums.exceeded | sums.short).tolist():
            who = next(((how, found[k]) for how, found in why.items() if k in found), None)
            findings.append(_gap(sums, k, "children-differ", forms, {"reason": _reason(sums, k, who, owed)}))
        for how, found in why.items():
            findings += _of_several(sums, how, found)
    return findings


def _explained(sums: Sums, at: npt.NDArray[np.bool_]) -> dict[int, tuple[Who, ...]]:
    """Those whose figure is the gap, for each of these cells that has any."""
    cells = np.flatnonzero(at).tolist()
    gaps = np.abs(sums.built - sums.rest)[cells].tolist()
    return {cells[k]: who for k, who in by_cell(explain(gaps, sums.figures[:, cells])).items()}


def _gap(sums: Sums, k: int, finding_id: str, forms: Forms, params: Mapping[str, Param]) -> Finding:
    cell, own = sums.cells[k], float(np.nan_to_num(sums.own[k]))
    sheet, cells = sums.submission.places(at for at in (cell.key, cell.own) if at is not None)
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        unit=sums.submission.unit,
        period=sums.submission.period,
        form=cell.key.form,
        file=sums.submission.file,
        sheet=sheet,
        cells=cells,
        indicator=cell.key.indicator,
        measure=cell.key.measure,
        value=number(float(sums.declared[k])),
        expected=number(float(sums.built[k])),
        say=f"{finding_id}-own" if own > 0 else "",
        params={
            "label": label_of(forms.by_id[cell.key.form], cell.key),
            "have": sums.have(k),
            "own": own,
            "gap": number(float(abs(sums.built[k] - sums.rest[k]))),
            **params,
        },
    )


def _reason(sums: Sums, k: int, who: tuple[str, tuple[Who, ...]] | None, owed: Obligations) -> Text:
    """Why a gap may be there, as far as the figures tell."""
    said = NO_TEXT
    if sums.own[k] > 0 and sums.declared[k] == sums.built[k]:
        said = _NOT_ADDED
    elif who is not None:
        how, names = _PERHAPS[who[0]], either(who[1], sums.names)
        said = Text(
            f"; lệch đúng bằng số của {names.vi}, {how.vi}", f"; the gap is just the figure of {names.en}, {how.en}"
        )
    missing = len(sums.missing(k, owed))
    if missing:
        said = Text(f"{said.vi}; còn {missing} đơn vị chưa có số", f"{said.en}; {missing} have no figure yet")
    return said


def _of_several(sums: Sums, how: str, explained: Mapping[int, tuple[Who, ...]]) -> Iterator[Finding]:
    """Who explains the gaps of several cells: one note at all of them."""
    for who, cells in by_members(explained).items():
        if len(cells) > 1:
            keys = [sums.cells[k].key for k in cells]
            sheet, places = sums.submission.places(keys)
            yield Finding(
                "gap-explained",
                CATALOGUE[f"gap-explained-{how}"].severity,
                unit=sums.submission.unit,
                period=sums.submission.period,
                form=keys[0].form,
                file=sums.submission.file,
                sheet=sheet,
                cells=places,
                indicator=keys[0].indicator,
                measure=keys[0].measure,
                say=f"gap-explained-{how}",
                params={"count": len(keys), "names": either(who, sums.names)},
            )


def open_gaps(
    rollup: Rollup,
    submissions: Sequence[Submission],
    owed: Obligations,
    forms: Forms,
    earlier: UnitFigures,
    then: UnitFigures,
) -> Iterator[Finding]:
    """What the children without a figure may make up of a parent's: who they are, and what they had the last time.

    One note for each parent, on the first cell of its return that waits for them. ``earlier`` are the figures of the
    period before, ``then`` those of a year ago.
    """
    for sums in sums_of(rollup, submissions, owed):
        waiting = np.flatnonzero(sums.open).tolist()
        if not waiting:
            continue
        cell, missing = sums.cells[waiting[0]], sums.missing(waiting[0], owed)
        base = previous_stock(owed.period)
        known = earlier
        if cell.cumulative or base.kind != owed.period.kind:
            base, known = year_ago(owed.period), then
        had = {child.code: value for child in missing if (value := known.get(child.code, {}).get(cell.key)) is not None}
        gap = float(sums.rest[waiting[0]] - sums.built[waiting[0]])
        params: dict[str, Param] = {
            "count": len(missing),
            "names": _with_figures(missing, had),
            "reason": _estimate(gap, missing, had, base),
        }
        yield _gap(sums, waiting[0], "gap-open", forms, params)


def _with_figures(units: Sequence[Unit], had: Mapping[str, float]) -> str:
    """Units, each with the figure that it had."""
    figures = {code: f" {number(value)}" for code, value in had.items()}
    named = ", ".join(f"{unit.code} ({unit.short_name}){figures.get(unit.code, '')}" for unit in units[:_MOST_NAMES])
    return named + (" …" if len(units) > _MOST_NAMES else "")


def _estimate(gap: float, missing: Sequence[Unit], had: Mapping[str, float], base: Period) -> Text:
    """What the missing units had the last time, and what that leaves; nothing where none of them had anything."""
    if not had:
        return NO_TEXT
    made = sum(had.values())
    vi, en = (f"{made_}" for made_ in (number(made), number(made, "en")))
    said = Text(f"; kỳ {base} các đơn vị ấy có {vi}", f"; in {base} they had {en}")
    if len(had) < len(missing) or made == gap:
        return said
    left, more = abs(gap - made), gap > made
    return Text(
        f"{said.vi}, {'còn' if more else 'vượt'} {number(left)}{' chưa rõ' if more else ''}",
        f"{said.en}, {number(left, 'en')} {'less' if more else 'more'} than that",
    )


def reconcile_returns(submissions: Sequence[Submission], owed: Obligations) -> list[Finding]:
    """Who has not sent, who was late, and whose package is of another version."""
    by_unit = {submission.unit: submission for submission in submissions}
    due = f"{owed.dates.due:%d/%m/%Y}"
    findings: list[Finding] = []
    for unit in owed.tree.units:
        submission = by_unit.get(unit.code)
        if submission is None:
            if unit.code in owed.owed:
                findings.append(Finding("not-received", "info", unit=unit.code, period=str(owed.period), expected=due))
            continue
        day = submission.received_day
        if unit.code in owed.owed and day > owed.dates.due:
            findings.append(_about_file("late", submission, f"{day:%d/%m/%Y}", due))
        findings += _versions(submission, owed.forms_of(unit))
        findings += _cut_off(submission, owed.dates.cut_off)
    return findings


def _versions(submission: Submission, forms: Sequence[Form]) -> Iterator[Finding]:
    """The forms of which the package holds another version than today's, and those that it was issued without.

    Neither is the unit's doing: what it filled in is read, and its annotated return is the package of today.
    """
    said = submission.versions
    other = [form for form in forms if said.get(form.id, form.version) != form.version]
    if other:
        stated = "; ".join(f"{form.id} {said[form.id]}" for form in other)
        yield _about_file("version-differs", submission, stated, package_version(other))
    for form in forms:
        if form.id not in said and form.id not in submission.tables:
            yield replace(_about_file("form-not-issued", submission, "", package_version([form])), form=form.id)


def _cut_off(submission: Submission, cut_off: date) -> Iterator[Finding]:
    """A unit that says of another day that its figures are as of it."""
    said = submission.info.get(CUT_OFF_CODE, "")
    try:
        day = parse_day(said)
    except ValueError:
        return
    if day != cut_off:
        finding = _about_file("cut-off-differs", submission, f"{day:%d/%m/%Y}", f"{cut_off:%d/%m/%Y}")
        yield replace(finding, sheet=INFO_SHEET, cells=(submission.info_at[CUT_OFF_CODE],))


def _about_file(finding_id: str, submission: Submission, value: str, expected: str) -> Finding:
    found = Finding(finding_id, CATALOGUE[finding_id].severity, value=value, expected=expected)
    return of_return(found, submission)
