"""A package with all that its formulas show, before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.layout import SheetPlan, plan
from pipeline.package_lines import MadeList, made_lists
from pipeline.package_rules import Live, Rules, live_rules, rules_of
from pipeline.package_values import Content, Outline, Values, known_numbers, outline_of, worked_out
from schemas.form import Key


@dataclass(frozen=True, slots=True)
class Frame:
    """What packages have in common whose forms, level, lines of lists, targets and constants have the same names."""

    plans: Mapping[str, SheetPlan]
    outline: Outline
    rules: Rules


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


def frame_of(content: Content) -> Frame:
    """The frame of the package that this content makes."""
    plans = MappingProxyType({form.id: plan(form, content.row_ids) for form in content.forms})
    return Frame(plans, outline_of(content), rules_of(content, plans))


def made(content: Content) -> Package:
    """The package that this content makes."""
    return made_all(frame_of(content), [content])[0]


def made_all(frame: Frame, contents: Sequence[Content]) -> list[Package]:
    """The packages that these contents make, all of one frame; quicker than one after the other."""
    outline = frame.outline
    lists = [made_lists(content.forms, content.lists) for content in contents]
    values = [worked_out(outline, content, own) for content, own in zip(contents, lists, strict=True)]
    known = [known_numbers(outline, *of_one) for of_one in zip(contents, values, lists, strict=True)]
    live = live_rules(frame.rules, list(zip(contents, known, strict=True)))
    return [
        Package(content, frame.plans, own, shown, numbers, outline.linked, verdicts)
        for content, own, shown, numbers, verdicts in zip(contents, lists, values, known, live, strict=True)
    ]
