"""A package with all that its formulas show, before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.layout import SheetPlan, plan
from pipeline.package_lines import MadeList, made_lists
from pipeline.package_rules import Live, live_rules
from pipeline.package_values import Content, Values, known_numbers, linked_cells, worked_out
from schemas.form import Key


@dataclass(frozen=True, slots=True)
class Package:
    """What goes into a package, where it stands, and all that its formulas show.

    ``linked`` are the input cells that come filled with a formula.
    """

    content: Content
    plans: Mapping[str, SheetPlan]
    lists: Mapping[str, MadeList]
    values: Values
    known: Mapping[Key, float]
    linked: frozenset[Key]
    live: Live


def made(content: Content) -> Package:
    """The package that this content makes."""
    plans = MappingProxyType({form.id: plan(form, content.row_ids) for form in content.forms})
    lists = made_lists(content.forms, content.lists)
    values = worked_out(content, lists)
    known = known_numbers(content, values, lists)
    return Package(content, plans, lists, values, known, linked_cells(content), live_rules(content, plans, known))
