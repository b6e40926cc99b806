"""Changes against a year ago that are unlike those of the other units, and large enough to matter.

After M. A. Hidiroglou and J.-M. Berthelot, "Statistical editing and imputation for periodic business surveys", *Survey
Methodology* 12 (1986), 73-83: a ratio is held against the median ratio of all units, on a scale that treats a rise as
it treats a fall, and by how far the others spread; what it does to the total decides whether it is worth a question.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.figures import Figures, Matrix
from pipeline.findings import Finding, Param
from pipeline.history import UnitFigures
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.reconcile_clones import evidence, fixed_before, own_cells
from pipeline.reconcile_sums import label_of
from pipeline.reconcile_usual import LEAST, LEAST_UNITS, MISPLACED, bound, mended, quantile
from pipeline.submission import Submission
from schemas.edit import refs_of
from schemas.form import Cell, Forms, Key
from schemas.near import fold
from schemas.period import Period, previous_stock, year_ago
from schemas.text import Text
from schemas.tree import LEVELS, Tree, Unit

# A third of what the others lead one to expect, or three times as much: in 0 to 1, as (now - due) / (now + due).
_LEAST_CHANGE = 0.5
# Below it a change is not worth a question.
_LEAST_OF_TOTAL = 0.01
# Of the unions of both days.
_NEW_OR_GONE = 0.05
_SHOWN = 5

_Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Base:
    """What changes are held against: a period, its figures, and the units whose scope is no longer what it was then.

    ``tree`` are the units of that time.
    """

    period: Period
    figures: UnitFigures
    other_scope: Collection[str] = frozenset()
    tree: Tree | None = None


def base_of(period: Period, earlier: UnitFigures, a_year_ago: UnitFigures) -> tuple[Period, UnitFigures]:
    """The period that figures are held against: a year ago, else the one before where it is as long."""
    then = previous_stock(period)
    if a_year_ago or then.kind != period.kind:
        return year_ago(period), a_year_ago
    return then, earlier


def other_scope(now: Tree, then: Tree) -> frozenset[str]:
    """The units of today whose figures are of other unions than then, or may be.

    These are new ones, those that have another sector or name, or by an alias the name of one that is gone (which it
    took in), those whose unions came from or went to another parent, and those of whose unions more than a twentieth
    were founded or dissolved. Another parent does not change what a union itself reports.
    """
    gone = {fold(name) for unit in then.units if unit.code not in now for name in (unit.name, unit.short_name)}
    return frozenset(unit.code for unit in now.units if _is_other(unit, now, then, gone))


def _is_other(unit: Unit, now: Tree, then: Tree, gone: Set[str]) -> bool:
    if unit.code not in then:
        return True
    before = then.unit(unit.code)
    if (unit.level, unit.sector, fold(unit.name)) != (before.level, before.sector, fold(before.name)):
        return True
    if gone and not gone.isdisjoint(map(fold, unit.aliases)):
        return True
    own, had = ({one.code for one in tree.descendants(unit.code)} for tree in (now, then))
    differ = own ^ had
    moved = any(code in now and code in then for code in differ)
    return moved or len(differ) > _NEW_OR_GONE * len(own | had)


def reconcile_changes(
    sent: Sequence[Submission], owed: Obligations, figures: Figures, base: Base | None, told: Sequence[Finding] = ()
) -> list[Finding]:
    """Figures whose change no other unit of the level shares: one finding for each unit and form.

    Silent where a figure is missing, where the unit is not what it was, where an edit of the form judges the change of
    the row, and where ``told`` says that the figure must be mended anyway or is misplaced or in another unit.
    """
    if base is None or not base.figures:
        return []
    cells = _compared(owed, base)
    left_out = {*base.other_scope, *(finding.unit for finding in told if finding.id in MISPLACED)}
    wrong = mended(told)
    findings: list[Finding] = []
    for level in LEVELS:
        own = [s for s in sent if owed.tree.unit(s.unit).level == level and s.unit not in left_out]
        own = [submission for submission in own if submission.unit in base.figures]
        if len(own) >= LEAST_UNITS and cells:
            findings += _of_level(own, owed.forms, figures, base, cells, wrong)
    return findings


def _compared(owed: Obligations, base: Base) -> list[Cell]:
    """The summed cells whose change no edit judges; running totals only against the same time of another year."""
    fixed, alike = fixed_before(owed.forms), base.period == year_ago(owed.period)
    judged = {
        (ref.form, ref.indicator)
        for form in owed.forms
        for table in form.tables
        for edit in table.edits
        for rule in edit.checks
        for ref in refs_of(rule)
        if ref.kind == "year_ago"
    }
    return [
        cell
        for cell in own_cells(owed.forms)
        if cell.rollup == "SUM"
        and cell.type in LEAST
        and cell.key not in fixed
        and cell.key[:2] not in judged
        and (alike or not cell.cumulative)
    ]


def _of_level(
    own: Sequence[Submission],
    forms: Forms,
    figures: Figures,
    base: Base,
    cells: Sequence[Cell],
    wrong: Collection[tuple[str, str, str]],
) -> Iterator[Finding]:
    columns = [figures.column[cell.key] for cell in cells]
    now = figures.values[np.ix_([figures.row[submission.unit] for submission in own], columns)]
    then = _matrix([base.figures[submission.unit] for submission in own], [cell.key for cell in cells])
    least = np.array([LEAST[cell.type] for cell in cells])
    unusual, weight = _unusual(now, then, least)
    for i in np.flatnonzero(unusual.any(axis=1)).tolist():
        by_form: dict[str, list[int]] = {}
        for k in np.flatnonzero(unusual[i]).tolist():
            if (own[i].unit, *own[i].place(cells[k].key)) not in wrong:
                by_form.setdefault(cells[k].key.form, []).append(k)
        for found in by_form.values():
            found.sort(key=lambda k: -weight[i, k])
            keys = [cells[k].key for k in found]
            yield _finding(own[i], forms, base.period, keys, then[i, found].tolist(), now[i, found].tolist())


def _matrix(rows: Sequence[Mapping[Key, float]], keys: Sequence[Key]) -> Matrix:
    return np.array([[row.get(key, np.nan) for key in keys] for row in rows], dtype=np.float64)


def _unusual(now: Matrix, then: Matrix, least: Matrix) -> tuple[_Flags, Matrix]:
    """The figures whose change is unlike the others', and what part of all figures of the cell each change makes.

    A unit that has nothing at both times tells nothing of the others.
    """
    active = ~np.isnan(now) & ~np.isnan(then) & ((now > 0) | (then > 0))
    both = active & (now > 0) & (then > 0)
    units = active.sum(axis=0)
    enough = (units >= LEAST_UNITS) & (2 * both.sum(axis=0) >= units)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.exp(quantile(np.where(both, np.log(now / then), np.nan), 0.5))
        due = ratio * then
        change = np.where(active, (now - due) / (now + due), np.nan)
        change = np.abs(change - quantile(change, 0.5))
        most = np.maximum(bound(quantile(change, 0.5), units), _LEAST_CHANGE)
        moved, total = np.abs(now - due), np.where(active, due, 0.0).sum(axis=0)
        matters = (moved >= least) & (moved >= _LEAST_OF_TOTAL * total)
        return enough & active & matters & (change > most), moved / total


def _finding(
    submission: Submission,
    forms: Forms,
    base: Period,
    keys: Sequence[Key],
    then: Sequence[float],
    now: Sequence[float],
) -> Finding:
    said = [
        Text(f"{label.vi} {number(a)} → {number(b)}", f"{label.en} {number(a, 'en')} → {number(b, 'en')}")
        for key, a, b in zip(keys[:_SHOWN], then, now, strict=False)
        for label in (label_of(forms.by_id[key.form], key),)
    ]
    more = " …" if len(keys) > _SHOWN else ""
    params: dict[str, Param] = {
        "count": len(keys),
        "name": Text(base.label("vi"), base.label("en")),
        "said": Text("; ".join(one.vi for one in said) + more, "; ".join(one.en for one in said) + more),
    }
    found = evidence("change-unusual", submission, keys, params)
    return replace(found, value=number(now[0]), expected=number(then[0]))
