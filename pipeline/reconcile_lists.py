"""The rows of lists: each by itself, against one another, against the register and against the units they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.catalogue import CATALOGUE
from pipeline.figures import Figures
from pipeline.findings import Finding, Param
from pipeline.history import UnitFigures
from pipeline.list_rows import judge_rows
from pipeline.messages import number
from pipeline.obligations import Obligations
from pipeline.reconcile import Said, rule_in_words, with_zeros
from pipeline.submission import Item, Submission
from pipeline.verdicts import Check, Verdict, checks_of, missing_of
from schemas.edit import Member, Ref, Unique, refs_of
from schemas.form import Key, Table
from schemas.near import fold, nearest
from schemas.text import NO_TEXT, Text

_MOST_NAMES = 8


def reconcile_lists(
    submissions: Sequence[Submission],
    owed: Obligations,
    figures: Figures,
    earlier: UnitFigures,
    year_ago: UnitFigures,
) -> list[Finding]:
    """What fails in the rows of each unit's lists. ``figures`` are those that the units themselves reported."""
    findings: list[Finding] = []
    checks = checks_of(owed.forms, of_rows=True)
    for submission in submissions:
        before, then = earlier.get(submission.unit, {}), year_ago.get(submission.unit, {})
        unit = owed.tree.unit(submission.unit)
        for form in owed.forms_of(unit):
            items = submission.items.get(form.id, ())
            for table in form.lists:
                own = [check for check in checks if check.table == table.id and check.edit.asks(unit.level)]
                found: list[Finding] = []
                if items:
                    found += _of_columns(own, table, items, owed, submission)
                    found += _of_rows(own, table, items, before, then)
                    found += _against_children(table, items, owed, figures)
                else:
                    found += _empty(own, form.id, table, owed, submission)
                findings += [_named(finding, submission, form.id) for finding in found]
    return findings


def _empty(
    checks: Sequence[Check], form: str, table: Table, owed: Obligations, submission: Submission
) -> Iterator[Finding]:
    """A list that came back without a row, though the register has units that belong into it."""
    sheet, cell = submission.place(Key(form, "", table.key))
    for check in checks if cell else ():
        if isinstance(check.rule, Member) and check.rule.column.measure == table.key:
            known = _group(check.rule.group, owed, submission.unit)
            if known:
                severity, params = CATALOGUE["list-empty"].severity, {"count": len(known)}
                yield Finding("list-empty", severity, sheet=sheet, cells=(cell,), measure=table.key, params=params)


def _named(finding: Finding, submission: Submission, form: str) -> Finding:
    return replace(finding, unit=submission.unit, period=submission.period, file=submission.file, form=form)


def _of_columns(
    checks: Sequence[Check], table: Table, items: Sequence[Item], owed: Obligations, submission: Submission
) -> Iterator[Finding]:
    for check in checks:
        if isinstance(check.rule, Unique):
            yield from _twice(check, check.rule.column.measure, table, items)
        elif isinstance(check.rule, Member):
            yield from _strangers(check, check.rule, table, items, owed, submission)


def _twice(check: Check, column: str, table: Table, items: Sequence[Item]) -> Iterator[Finding]:
    """What stands in several rows of a column: one finding at all of them.

    A key may stand once at all, for only its first row counts; what else is to stand once, once in the rows that count.
    """
    rows: dict[str, list[Item]] = {}
    for item in items:
        of_key = column == table.key
        words = item.key.casefold() if of_key else fold(_words(item, column))
        if words and (of_key or (item.counted and not item.closed)):
            rows.setdefault(words, []).append(item)
    for same in rows.values():
        if len(same) > 1:
            params: dict[str, Param] = {"count": len(same), "label": table.measure(column).label}
            say = "key-twice" if column == table.key else "value-twice"
            yield _finding(check, same, column, say, _words(same[0], column), params)


def _words(item: Item, column: str) -> str:
    return item.entries[column].text if column in item.entries else ""


def _strangers(
    check: Check, rule: Member, table: Table, items: Sequence[Item], owed: Obligations, submission: Submission
) -> Iterator[Finding]:
    """Codes that the register does not have below the unit, and units of the register that the list lacks.

    A union that was dissolved or moved on is not below the unit any more. One that a wrong code may have meant is named
    there.
    """
    known = _group(rule.group, owed, submission.unit)
    column, named = rule.column.measure, next((one.code for one in table.measures if one.prefill == "name"), "")
    free = dict(known)
    for item in items:
        free.pop(_words(item, column), None)
    lacking = dict(free)
    for item in items:
        code = _words(item, column)
        if code and item.counted and not item.closed and code not in known:
            meant = _meant(code, _words(item, named), free)
            lacking.pop(meant, None)
            shown = f'"{meant}" ({known[meant]})' if meant else ""
            near = Text(f" Có phải {shown}?", f" Did you mean {shown}?") if meant else NO_TEXT
            yield _finding(check, [item], column, "not-registered", code, {"near": near})
    if lacking and column == table.key:
        sheet, cell = submission.place(Key(rule.column.form, "", column))
        yield _lacks(lacking, len(known), column, sheet, cell)


def _lacks(lacking: Mapping[str, str], known: int, column: str, sheet: str, cell: str) -> Finding:
    names = ", ".join(f"{code} {name}" for code, name in list(lacking.items())[:_MOST_NAMES])
    return Finding(
        "list-lacks",
        CATALOGUE["list-lacks"].severity,
        sheet=sheet,
        cells=(cell,) if cell else (),
        measure=column,
        value=number(float(known - len(lacking))),
        expected=number(float(known)),
        params={"count": len(lacking), "names": names + (" …" if len(lacking) > _MOST_NAMES else "")},
    )


def _group(group: str, owed: Obligations, unit: str) -> Mapping[str, str]:
    """The codes and names of the units of a group of the register, below a unit."""
    tree = owed.tree
    if group == "children":
        return {child.code: child.name for child in tree.children(unit)}
    below = [other for other in tree.descendants(unit) if other.level == "grassroots"]
    return {other.code: other.name for other in below if group in ("grassroots", other.sector_group)}


def _meant(code: str, name: str, free: Mapping[str, str]) -> str:
    """The unit that a wrong code means: the one of the row's name, else the one whose code is most like it."""
    same = [other for other, words in free.items() if name and fold(words) == fold(name)]
    return same[0] if len(same) == 1 else nearest(code, free)


def _of_rows(
    checks: Sequence[Check],
    table: Table,
    items: Sequence[Item],
    earlier: Mapping[Key, float],
    year_ago: Mapping[Key, float],
) -> Iterator[Finding]:
    """Relations that hold in each row: a finding a row for a hard edit, one for all rows for a soft one."""
    judged = judge_rows(checks, items, earlier, year_ago)
    for j, check in enumerate(judged.checks):
        failed = np.flatnonzero(judged.verdicts[:, j] == Verdict.FAIL).tolist()
        together = check.edit.severity == "soft" and len(failed) > 1
        for rows in [failed] if together else [[i] for i in failed]:
            said = _in_words(check, table, judged.known(rows[0]), items[rows[0]], len(rows))
            found = [items[i] for i in rows]
            yield _at_rows(check, found, said)


def _in_words(check: Check, table: Table, known: Mapping[Ref, float], item: Item, rows: int) -> Said:
    """Dates are not shown as the numbers they are compared by; of several rows only how many they are."""
    if rows > 1:
        return Said("edit-rows", params={"count": rows})
    missing = () if item.closed else missing_of(check.rule, known)
    if missing:
        labels = [table.measure(ref.measure).label for ref in missing]
        words = Text("; ".join(label.vi for label in labels), "; ".join(label.en for label in labels))
        return Said("edit-missing", params={"missing": words})
    dates = {measure.code for measure in table.measures if measure.type == "date"}
    if any(ref.measure in dates for ref in refs_of(check.rule)):
        return Said("edit-rule")
    return rule_in_words(check.rule, with_zeros(check.rule, known))


def _against_children(table: Table, items: Sequence[Item], owed: Obligations, figures: Figures) -> Iterator[Finding]:
    """A row's figure against the one that the unit it names reported itself."""
    for item in items:
        for measure, cell in table.columns.items():
            own = figures.of(item.key, cell.child) if cell.child is not None and item.counted else None
            entry = item.entries.get(measure)
            if own is None or entry is None or entry.value is None or entry.value == own:
                continue
            name = owed.tree.unit(item.key).name
            params: dict[str, Param] = {"label": table.measure(measure).label, "name": name}
            yield Finding(
                "list-child-differs",
                CATALOGUE["list-child-differs"].severity,
                sheet=item.sheet,
                cells=(entry.cell,),
                indicator=item.id,
                measure=measure,
                value=number(entry.value),
                expected=number(own),
                params=params,
            )


def _at_rows(check: Check, items: Sequence[Item], said: Said) -> Finding:
    """A finding at the cells of the rows that an edit speaks of."""
    measures = list(dict.fromkeys(ref.measure for ref in refs_of(check.rule)))
    label = check.edit.label
    if len(items) == 1:
        label = Text(f"{label.vi} ({items[0].id})", f"{label.en} ({items[0].id})")
    return Finding(
        check.edit.id,
        check.edit.severity,
        sheet=items[0].sheet,
        cells=tuple(item.entries[code].cell for item in items for code in measures if code in item.entries),
        indicator=items[0].id,
        measure=measures[0],
        value=said.value,
        expected=said.expected,
        say=said.say,
        params={"label": label, **said.params},
    )


def _finding(
    check: Check, items: Sequence[Item], column: str, say: str, value: str, params: Mapping[str, Param]
) -> Finding:
    """A finding at one column of some rows."""
    cells = tuple(item.entries[column].cell for item in items if column in item.entries)
    return Finding(
        check.edit.id,
        check.edit.severity,
        sheet=items[0].sheet,
        cells=cells,
        indicator=items[0].id,
        measure=column,
        value=value,
        say=say,
        params={"label": check.edit.label, **params},
    )
