"""Why a list and another form differ: the row, or the unit without a row, whose figure is the whole difference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.catalogue import CATALOGUE
from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.list_sums import Held, held_by_unit
from pipeline.obligations import Obligations
from pipeline.reconcile_gaps import Who, by_cell, by_members, either, explain
from pipeline.submission import Item, Submission
from pipeline.verdicts import Judged
from schemas.edit import refs_of
from schemas.form import Key, Table
from schemas.text import NO_TEXT, Text

_MOST_NAMES = 8
_TWICE = Text("; hai dòng ấy ghi giống hệt nhau", "; those two rows are just alike")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A row of the list, or a unit of the register without one, and its figures by measure."""

    name: str
    figures: Mapping[str, float]
    item: Item | None = None


def reconcile_list_gaps(
    judged: Judged, submissions: Sequence[Submission], owed: Obligations, figures: Figures
) -> list[Finding]:
    """What explains the gaps between each unit's lists and its other forms, where a row or a unit does.

    ``figures`` are those that the units themselves reported.
    """
    held, row = held_by_unit(judged), {unit: i for i, unit in enumerate(judged.units)}
    findings: list[Finding] = []
    for submission in submissions:
        gaps = held(row[submission.unit])
        for form in dict.fromkeys(one.column.form for one in gaps):
            for table in owed.forms.by_id[form].lists:
                own = [
                    one for one in gaps if one.gap and one.column.form == form and one.column.measure in table.columns
                ]
                findings += _of_table(table, own, submission, owed, figures)
    return findings


def _of_table(
    table: Table, held: Sequence[Held], submission: Submission, owed: Obligations, figures: Figures
) -> Iterator[Finding]:
    items = submission.items.get(held[0].column.form, ()) if held else ()
    for one in held:
        if one.column.kind == "count" and one.column.measure == table.key:
            yield from _of_count(one, items, submission, owed)
    sums = [one for one in held if one.column.kind == "sum"]
    more, less = [one for one in sums if one.gap > 0], [one for one in sums if one.gap < 0]
    rows = [_of_item(item, owed) for item in items if item.counted and not item.closed]
    for who, own in _explained(more, rows):
        yield _finding("gap-row-more", table, own, submission, who, rows)
    absent, settled = _absent(table, items, submission.unit, owed, figures) if less else [], set()
    for who, own in _explained(less, absent):
        settled |= set(own)
        yield _finding("gap-not-listed", table, own, submission, who, absent)
    for who, own in _explained([one for one in less if one not in settled], rows):
        yield _finding("gap-row-less", table, own, submission, who, rows)


def _of_count(held: Held, items: Sequence[Item], submission: Submission, owed: Obligations) -> Iterator[Finding]:
    """So many rows too few, and as many units without a row, or rows of units that are gone; or rows of strangers."""
    below = {unit.code: unit.short_name for unit in owed.tree.descendants(submission.unit)}
    children = {child.code: child.short_name for child in owed.tree.children(submission.unit)}
    keys = {item.key for item in items}
    rows = [item for item in items if item.counted]
    kinds = {
        "gap-without-row": {code: name for code, name in children.items() if code not in keys},
        "gap-closed": {item.key: below.get(item.key, "") for item in rows if item.closed},
        "gap-strangers": {item.key: "" for item in rows if not item.closed and item.key not in below},
    }
    for say, units in kinds.items():
        if len(units) == (held.gap if say == "gap-strangers" else -held.gap):
            named = [f"{code} ({name})" if name else code for code, name in units.items()]
            names = ", ".join(named[:_MOST_NAMES]) + (" …" if len(named) > _MOST_NAMES else "")
            yield _at(say, [held], submission, (), {"count": len(units), "names": names})
            return


def _explained(held: Sequence[Held], candidates: Sequence[_Candidate]) -> Iterator[tuple[tuple[Who, ...], list[Held]]]:
    """Those whose figures are the gaps, and whose they are."""
    if held and candidates:
        measures = [one.column.measure for one in held]
        values = [[one.figures.get(code, np.nan) for code in measures] for one in candidates]
        matches = explain([abs(one.gap) for one in held], np.array(values, dtype=np.float64))
        for who, cells in by_members(by_cell(matches)).items():
            yield who, [held[k] for k in cells]


def _of_item(item: Item, owed: Obligations) -> _Candidate:
    name = f" ({owed.tree.unit(item.key).short_name})" if item.key in owed.tree else ""
    figures = {code: entry.value for code, entry in item.entries.items() if entry.value is not None}
    return _Candidate(f"{item.id}{name}", figures, item)


def _absent(table: Table, items: Sequence[Item], unit: str, owed: Obligations, figures: Figures) -> list[_Candidate]:
    """The children without a row, with what they reported themselves."""
    listed = {item.key for item in items}
    children = [child for child in owed.tree.children(unit) if child.code not in listed]
    asked = {code: cell.child for code, cell in table.columns.items() if cell.child is not None}
    return [
        _Candidate(
            f"{child.code} ({child.short_name})",
            {code: value for code, key in asked.items() if (value := figures.of(child.code, key)) is not None},
        )
        for child in children
    ]


def _finding(
    say: str,
    table: Table,
    held: Sequence[Held],
    submission: Submission,
    who: Sequence[Who],
    candidates: Sequence[_Candidate],
) -> Finding:
    labels = [table.measure(one.column.measure).label for one in held]
    found = [candidates[i] for members in who for i in members]
    params: dict[str, Param] = {
        "names": either(who, [one.name for one in candidates]),
        "label": Text(", ".join(label.vi for label in labels), ", ".join(label.en for label in labels)),
        "reason": _TWICE if _alike(found) else NO_TEXT,
    }
    return _at(say, held, submission, [one.item for one in found if one.item is not None], params)


def _alike(found: Sequence[_Candidate]) -> bool:
    """Whether two rows have the same figures all over."""
    return (
        len(found) == 2
        and found[0].item is not None
        and found[0].figures == found[1].figures
        and len(set(found[0].figures.values())) > 1
    )


def _at(
    say: str, held: Sequence[Held], submission: Submission, items: Sequence[Item], params: Mapping[str, Param]
) -> Finding:
    """A note at the cells that are held against each other, and at those of the rows."""
    column = held[0].column
    refs = dict.fromkeys(ref for one in held for ref in refs_of(one.check.rule))
    sheet, cells = submission.places(Key(ref.form, ref.indicator, ref.measure) for ref in refs)
    entries = [item.entries[one.column.measure] for item in items for one in held if one.column.measure in item.entries]
    others = dict.fromkeys(ref.form for ref in refs if ref.kind == "cell")
    return Finding(
        "gap-explained",
        CATALOGUE[say].severity,
        unit=submission.unit,
        period=submission.period,
        form=column.form,
        file=submission.file,
        sheet=sheet,
        cells=(*cells, *(e.cell if e.sheet == sheet else f"{e.sheet}!{e.cell}" for e in entries)),
        indicator=items[0].id if items else "",
        measure=column.measure,
        say=say,
        params={"table": ", ".join(others), **params},
    )
