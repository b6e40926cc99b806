"""Packages of one kind: what they have in common, and that nothing of one unit is in it."""

from __future__ import annotations

from collections.abc import Container, Hashable, Iterable
from dataclasses import dataclass, replace

from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from schemas.edit import Ref, refs_of
from schemas.form import Form, Table
from schemas.targets import Target

# What is longer, or has no letter to show, the writer of workbooks has rules for.
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Kind:
    """A package of the kind without anything of a unit, and what tells kinds of one period apart."""

    blank: Content
    key: Hashable


def kind_of(content: Content, needed: Container[Ref]) -> Kind | None:
    """The kind of a package; nothing for one that is filled in or has something out of the ordinary.

    ``needed`` is what :func:`needed_refs` says of its forms. Two kinds have equal keys only if their blank packages are
    equal, provided that forms of the same id and level are.
    """
    if content.entries or content.plus or content.info or content.sources:
        return None
    listed = (value for rows in content.lists.values() for row in rows for value in row.values.values())
    if not all(map(_is_plain, (content.unit, content.unit_name, *listed))):
        return None
    # A comment's place hangs on how high the rows around it are, and those of a list are as high as its names need.
    if content.replaced and any(form.lists and len(form.tables) > 1 for form in content.forms):
        return None
    lists = {
        form.id: _blank_rows(table, content.lists[form.id])
        for form in content.forms
        for table in form.lists
        if form.id in content.lists
    }
    blank = replace(
        content,
        unit="",
        unit_name="",
        targets={code: _blank_target(content, one) for code, one in sorted(content.targets.items())},
        previous={},
        constants={ref: 0.0 for ref in content.constants if ref in needed},
        lists=lists,
    )
    return Kind(blank, _key(blank))


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()


def _blank_rows(table: Table, rows: Iterable[ListRow]) -> tuple[ListRow, ...]:
    """Only whether anything stands in a row: one in which nothing does has no height of its own."""
    return tuple(ListRow("", {table.measures[0].code: ""} if row.values else {}) for row in rows)


def needed_refs(forms: Iterable[Form]) -> frozenset[Ref]:
    """Every number that a link or an edit of these forms needs."""
    links = (ref for form in forms for cell in form.cells() if cell.link is not None for ref in cell.link.refs)
    rules = (rule for form in forms for table in form.tables for edit in table.edits for rule in edit.checks)
    return frozenset(links) | frozenset(ref for rule in rules for ref in refs_of(rule))


def _blank_target(content: Content, target: Target) -> Target:
    """A target as far as more than one cell shows it: its row names a threshold, a comment a decision."""
    if any(one.indicator == target.indicator for one in content.replaced):
        return target
    named = bool(target.base) or target.op == ">="
    value = target.value if named else 0.0
    return replace(target, unit="", decision="", issued_on=content.issued_on, value=value, row=0)


def _key(blank: Content) -> Hashable:
    return (
        (blank.level, blank.agency, blank.period, blank.period_label, blank.instruction),
        (blank.cut_off, blank.due, blank.issued_on, blank.estimate_to),
        tuple(form.id for form in blank.forms),
        (tuple(blank.targets.items()), blank.replaced),
        frozenset(blank.constants),
        tuple((form, tuple(bool(row.values) for row in rows)) for form, rows in blank.lists.items()),
    )
