"""Which rules a package shows live, where they stand, and what they say of its figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from math import isnan, nan
from types import MappingProxyType

import numpy as np

from pipeline.formulas import OWN, Plans, key_of
from pipeline.package_values import Content
from pipeline.verdicts import Check, Numbers, Verdict, judge, needed
from schemas.edit import Compare, Edit, Iff, Ref, RefKind, Rule, When, Within, refs_of
from schemas.form import Cell, Key, Table

RowName = tuple[str, str]
"""A row of a matrix: its form and its code."""

Pattern = tuple[str, int, tuple[tuple[RefKind, str], ...]]
"""What a relation has in common with the same one in other rows: the edit, which of its relations, the measures."""

Name = Key | Ref
"""How a number is found: one that stands in the package by its cell, one known at issue by its ref."""

# An edit with no more instances than these stands on the check sheet, each instance by itself.
_FEW = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """A live check and its verdict."""

    check: Check
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class OfRow:
    """A check that holds in each row, in one row."""

    row: RowName
    pattern: Pattern
    check: Check


@dataclass(frozen=True, slots=True)
class _Table:
    """The relations of the rows of one table: a relation is one rule, and each row has its numbers for it.

    So rows are judged side by side, as units are.
    """

    rows: Mapping[RowName, int]
    names: tuple[tuple[Name, ...], ...]
    rules: Mapping[Pattern, Rule]
    columns: Mapping[Ref, int]
    checks: tuple[OfRow, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that can be live in a package, before anything is known of its numbers."""

    lines: tuple[Check, ...]
    of_rows: Mapping[RowName, tuple[OfRow, ...]]
    refs: tuple[Ref, ...]
    tables: tuple[_Table, ...]


@dataclass(frozen=True, slots=True)
class Live:
    """The live rules with their verdicts.

    ``lines`` stand on the check sheet. ``of_rows`` are relations that hold for each row of a table: there are hundreds
    of them, so they stand beside their rows, and the check sheet counts the rows that fail. ``failing`` is the first of
    its relations that fails in a row, ``known`` are the numbers that the lines go by.
    """

    lines: tuple[Judged, ...]
    of_rows: Mapping[RowName, tuple[OfRow, ...]]
    failing: Mapping[RowName, OfRow]
    known: Mapping[Ref, float]

    def says(self, row: RowName) -> str:
        """What stands beside a row: the first of its relations that fails."""
        return self.failing[row].check.edit.label.vi if row in self.failing else ""


def rules_of(content: Content, plans: Plans) -> Rules:
    """The rules that can be live in a package with these forms, targets and constants."""
    cells = [cell for form in content.forms for cell in form.cells()]
    fillable = {cell.key for cell in cells if _is_fillable(cell, plans, content)}
    lines: list[Check] = []
    tables: list[_Table] = []
    of_rows: dict[RowName, list[OfRow]] = {}
    for form in content.forms:
        for table in form.tables:
            by_row: list[OfRow] = []
            for edit in _edits(table):
                checks = [(Check(edit, rule, form.id, table.id), refs_of(rule)) for rule in edit.checks]
                live = [_can_be_live(refs, fillable, content.constants) for _, refs in checks]
                if _is_of_each_row(edit, [refs for _, refs in checks]):
                    by_row += compress(_of_rows(checks), live)
                else:
                    lines += compress((check for check, _ in checks), live)
            if by_row:
                tables.append(_table(by_row))
            for one in by_row:
                of_rows.setdefault(one.row, []).append(one)
    rows = {row: tuple(found) for row, found in of_rows.items()}
    return Rules(tuple(lines), MappingProxyType(rows), needed(lines), tuple(tables))


def live_rules(rules: Rules, packages: Sequence[tuple[Content, Mapping[Key, float]]]) -> list[Live]:
    """What the rules say of each of these packages, by the numbers known in it; all are judged at once."""
    numbers: list[dict[Name, float]] = [dict(chain(known.items(), one.constants.items())) for one, known in packages]
    names = [_name(ref) for ref in rules.refs]
    values = np.array([[number.get(name, nan) for name in names] for number in numbers], dtype=np.float64)
    columns = MappingProxyType({ref: j for j, ref in enumerate(rules.refs)})
    verdicts = judge([check.rule for check in rules.lines], Numbers(columns, values)) if rules.lines else None
    failing: list[dict[RowName, OfRow]] = [{} for _ in numbers]
    for table in rules.tables:
        for i, one in _failing(table, numbers):
            failing[i].setdefault(one.row, one)
    judged = [{int(verdict): Judged(check, verdict) for verdict in Verdict} for check in rules.lines]
    found = []
    for i, row in enumerate(values):
        said = () if verdicts is None else verdicts[i].tolist()
        lines = tuple(of_check[verdict] for of_check, verdict in zip(judged, said, strict=True))
        known = {ref: value for ref, value in zip(rules.refs, row.tolist(), strict=True) if not isnan(value)}
        found.append(Live(lines, rules.of_rows, failing[i], known))
    return found


def _name(ref: Ref) -> Name:
    return key_of(ref) if ref.kind in OWN else ref


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


def _of_rows(checks: Sequence[tuple[Check, Sequence[Ref]]]) -> Iterator[OfRow]:
    """An edit says as many things of one row as of the next, in the same order."""
    seen: Counter[RowName] = Counter()
    for check, refs in checks:
        row = refs[0].form, refs[0].indicator
        yield OfRow(row, (check.edit.id, seen[row], tuple((ref.kind, ref.measure) for ref in refs)), check)
        seen[row] += 1


def _table(checks: Sequence[OfRow]) -> _Table:
    """The same relation in every row is one rule and a row of numbers each."""
    rows = {row: i for i, row in enumerate(dict.fromkeys(one.row for one in checks))}
    rules = {one.pattern: one.check.rule for one in checks}
    kinds = tuple(dict.fromkeys(kind for pattern in rules for kind in pattern[2]))
    columns = {ref: kinds.index((ref.kind, ref.measure)) for rule in rules.values() for ref in refs_of(rule)}
    names = tuple(tuple(_name(Ref(kind, *row, measure)) for kind, measure in kinds) for row in rows)
    return _Table(MappingProxyType(rows), names, MappingProxyType(rules), MappingProxyType(columns), tuple(checks))


def _failing(table: _Table, numbers: Sequence[Mapping[Name, float]]) -> Iterator[tuple[int, OfRow]]:
    """What fails, with the position of the package, in the order of the relations."""
    values = [[number.get(name, nan) for name in names] for number in numbers for names in table.names]
    found = judge(list(table.rules.values()), Numbers(table.columns, np.array(values, dtype=np.float64)))
    fails = (found == Verdict.FAIL).reshape(len(numbers), len(table.rows), len(table.rules))
    order = {pattern: j for j, pattern in enumerate(table.rules)}
    for i in np.flatnonzero(fails.any(axis=(1, 2))).tolist():
        yield from ((i, one) for one in table.checks if fails[i, table.rows[one.row], order[one.pattern]])
