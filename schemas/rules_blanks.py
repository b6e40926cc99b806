"""What a blank means in a rule: which numbers may stand for zero, and where a form may say so (:data:`Blanks`)."""

from __future__ import annotations

from schemas.edit import About, Blanks, Compare, Iff, Linear, Member, Operator, Ref, Rule, Unique, When, Within, refs_of
from schemas.rules_terms import Place, RuleError


def check_blanks(rules: tuple[Rule, ...], blanks: Blanks) -> None:
    """A policy for blanks must mean something in every instance of a rule. Raises :class:`RuleError`."""
    if blanks != "interval" and any(isinstance(rule, About | Unique | Member) for rule in rules):
        raise RuleError(
            "quy tắc về tỷ lệ % gõ tay (about) hay về cả cột (unique, in) không có blanks",
            "a rule on typed percentages (about) or on a whole column (unique, in) takes no blanks",
        )
    if blanks == "zero" and not all(_parts_of(rule) and _of_the_unit(rule) > 1 for rule in rules):
        raise RuleError(
            'blanks = "zero" cần một tổng của nhiều phần so với một tổng thể, tử số của một tỷ số, hoặc iff',
            'blanks = "zero" needs a sum of parts against one whole, the numerator of a quotient, or iff',
        )


def _parts_of(rule: Rule) -> frozenset[Ref]:
    match rule:
        case When():
            return rule.condition.parts | (_parts_of(rule.then) if isinstance(rule.then, Compare) else frozenset())
        case Compare() | Within() | Iff():
            return rule.parts
    return frozenset()


def _of_the_unit(rule: Rule) -> int:
    """How many numbers the unit itself reports; where it reports none of them nothing is ever said."""
    return sum(ref.kind in ("cell", "item", "sum", "count") for ref in refs_of(rule))


def parts_of_sum(left: Linear, operator: Operator, right: Linear, place: Place) -> frozenset[Ref]:
    """The numbers of the side that several make, where one makes the other: in a bound only if it was asked for."""
    several = next((a for a, b in ((left, right), (right, left)) if len(a.terms) > 1 and len(b.terms) == 1), None)
    if several is None:
        return frozenset()
    if place.blanks == "interval":
        return frozenset(ref for ref in several.refs if ref.kind == "cell") if operator == "==" else frozenset()
    return zero_parts(several.refs, place)


def zero_parts(refs: tuple[Ref, ...], place: Place) -> frozenset[Ref]:
    """Those of some numbers whose blank counts as zero: what the unit types itself, if the edit says so."""
    return frozenset(ref for ref in refs if ref.kind in ("cell", "item")) if place.blanks == "zero" else frozenset()
