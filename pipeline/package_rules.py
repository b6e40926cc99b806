"""Which rules a package shows live, where they stand, and what they say of its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from types import MappingProxyType

import numpy as np

from pipeline.formulas import OWN, Plans, key_of
from pipeline.package_values import Content
from pipeline.verdicts import Check, Numbers, Verdict, judge, needed
from schemas.edit import Compare, Edit, Iff, Ref, RefKind, When, Within, refs_of
from schemas.form import Cell, Key, Table

RowName = tuple[str, str]
"""A row of a matrix: its form and its code."""

Pattern = tuple[str, int, tuple[tuple[RefKind, str], ...]]
"""What a relation has in common with the same one in other rows: the edit, which of its relations, the measures."""

Number = Callable[[Ref], float]

# An edit with no more instances than these stands on the check sheet, each instance by itself.
_FEW = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A live check and its verdict; ``pattern`` is there for one that holds in each row."""

    check: Check
    verdict: Verdict
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class _OfRow:
    """A check that holds in each row, in one row."""

    row: RowName
    pattern: Pattern
    check: Check


@dataclass(frozen=True, slots=True)
class Live:
    """The live rules with their verdicts.

    ``lines`` stand on the check sheet. ``of_rows`` are relations that hold for each row of a table: there are hundreds
    of them, so they stand beside their rows, and the check sheet counts the rows that fail.
    """

    lines: tuple[Judged, ...]
    of_rows: Mapping[RowName, tuple[Judged, ...]]
    numbers: Numbers

    def says(self, row: RowName) -> str:
        """What stands beside a row: the first of its relations that fails."""
        judged = self.of_rows.get(row, ())
        return next((one.check.edit.label.vi for one in judged if one.verdict == Verdict.FAIL), "")


def live_rules(content: Content, plans: Plans, known: Mapping[Key, float]) -> Live:
    """The rules that can be live in this package, judged by the numbers known in it."""

    def number(ref: Ref) -> float:
        return known.get(key_of(ref), np.nan) if ref.kind in OWN else content.constants.get(ref, np.nan)

    cells = [cell for form in content.forms for cell in form.cells()]
    fillable = {cell.key for cell in cells if _is_fillable(cell, plans, content)}
    lines: list[Judged] = []
    of_rows: dict[RowName, list[Judged]] = {}
    for form in content.forms:
        for table in form.tables:
            single: list[Check] = []
            by_row: list[_OfRow] = []
            for edit in _edits(table):
                checks = [(Check(edit, rule, form.id, table.id), refs_of(rule)) for rule in edit.checks]
                live = [_can_be_live(refs, fillable, content.constants) for _, refs in checks]
                if _is_of_each_row(edit, [refs for _, refs in checks]):
                    by_row += compress(_of_rows(checks), live)
                else:
                    single += compress((check for check, _ in checks), live)
            lines += _judged(single, number)
            for row, judged in _judged_by_row(by_row, number):
                of_rows.setdefault(row, []).append(judged)
    rows = {row: tuple(found) for row, found in of_rows.items()}
    return Live(tuple(lines), MappingProxyType(rows), _numbers([one.check for one in lines], number))


def _can_be_live(refs: Iterable[Ref], fillable: Container[Key], constants: Container[Ref]) -> bool:
    """Whether all these numbers are in this package or known at issue, and at least one is in it."""
    own = [ref.kind in OWN for ref in refs]
    return any(own) and all(
        key_of(ref) in fillable if here else ref in constants for ref, here in zip(refs, own, strict=True)
    )


def _edits(table: Table) -> Iterator[Edit]:
    """Every hard relation, and the soft ones that are a single relation; a soft one for each row would bury them."""
    for edit in table.edits:
        relations = all(isinstance(rule, Compare | Within | Iff | When) for rule in edit.checks)
        if relations and (edit.severity == "hard" or len(edit.checks) <= _FEW):
            yield edit


def _is_fillable(cell: Cell, plans: Plans, content: Content) -> bool:
    """Whether a number can stand there: what the unit's level fills, and a target that there is."""
    if cell.key not in plans[cell.key.form].places or content.level not in cell.levels:
        return False
    return cell.role != "issuer" or cell.key.indicator in content.targets


def _is_of_each_row(edit: Edit, instances: Sequence[Sequence[Ref]]) -> bool:
    """Whether it is about the measures of one row, in each of many rows."""
    rows = [{(ref.form, ref.indicator) for ref in refs} for refs in instances]
    single = all(len(row) == 1 for row in rows) and all(refs[0].indicator for refs in instances)
    return single and edit.severity == "hard" and len(set().union(*rows)) > _FEW


def _of_rows(checks: Sequence[tuple[Check, Sequence[Ref]]]) -> Iterator[_OfRow]:
    """An edit says as many things of one row as of the next, in the same order."""
    seen: Counter[RowName] = Counter()
    for check, refs in checks:
        row = refs[0].form, refs[0].indicator
        yield _OfRow(row, (check.edit.id, seen[row], tuple((ref.kind, ref.measure) for ref in refs)), check)
        seen[row] += 1


def _numbers(checks: Sequence[Check], number: Number) -> Numbers:
    refs = needed(checks)
    values = np.array([[number(ref) for ref in refs]], dtype=np.float64)
    return Numbers(MappingProxyType({ref: j for j, ref in enumerate(refs)}), values)


def _judged(checks: Sequence[Check], number: Number) -> Iterator[Judged]:
    if checks:
        verdicts = judge([check.rule for check in checks], _numbers(checks, number))[0]
        yield from (Judged(check, Verdict(verdict)) for check, verdict in zip(checks, verdicts, strict=True))


def _judged_by_row(checks: Sequence[_OfRow], number: Number) -> Iterator[tuple[RowName, Judged]]:
    """The same relation in every row is one rule and a row of numbers each, as units are judged side by side."""
    if not checks:
        return
    rows = {row: i for i, row in enumerate(dict.fromkeys(one.row for one in checks))}
    rules = {one.pattern: one.check.rule for one in checks}
    kinds = list(dict.fromkeys(kind for pattern in rules for kind in pattern[2]))
    columns = {ref: kinds.index((ref.kind, ref.measure)) for rule in rules.values() for ref in refs_of(rule)}
    values = [[number(Ref(kind, *row, measure)) for kind, measure in kinds] for row in rows]
    verdicts = judge(list(rules.values()), Numbers(MappingProxyType(columns), np.array(values, dtype=np.float64)))
    order = {pattern: j for j, pattern in enumerate(rules)}
    for one in checks:
        verdict = Verdict(verdicts[rows[one.row], order[one.pattern]])
        yield one.row, Judged(one.check, verdict, one.pattern)
