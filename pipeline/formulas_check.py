"""Edits as Excel formulas that say live what the program says when the package comes back."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from pipeline.formulas import NotInPackage, Sight, count, linear, text
from schemas.edit import Compare, Iff, IsBlank, Linear, Ref, Rule, When, Within, refs_of

MATCHED, MISMATCHED, UNDECIDED = "Khớp", "KHÔNG KHỚP", "Chưa đủ số liệu"

Helpers = tuple[str, str, str, str, str]


def check_parts(sight: Sight, rule: Compare) -> Helpers:
    """The five helper formulas of a live linear check.

    What is known of left − right; blanks that could raise it; blanks that could lower it; blanks that may not stand for
    zero; how many numbers are there at all.
    """
    residual = rule.residual
    blanks = []
    for chosen in blank_refs(rule):
        filled, needed = count(sight, chosen)
        blanks.append(f"={needed}-{filled}")
    filled, _ = count(sight, residual.refs)
    return f"={linear(sight, residual)}", blanks[0], blanks[1], blanks[2], f"={filled}"


def blank_refs(rule: Compare) -> tuple[list[Ref], list[Ref], list[Ref]]:
    """The numbers a blank of which could raise left − right, those that could lower it, those that are no parts.

    Unless a blank is an unknown number from zero up, one that is no part leaves everything open.
    """
    terms = rule.residual.terms
    whole = [ref for _, ref in terms if ref not in rule.parts]
    if rule.blanks != "interval":
        return whole, whole, whole
    return [ref for weight, ref in terms if weight > 0], [ref for weight, ref in terms if weight < 0], whole


def check_verdict(rule: Compare, known: str, rise: str, fall: str, whole: str, filled: str) -> str:
    """The live verdict, from the addresses of the five helper cells."""
    return f"={_relation(rule, (known, rise, fall, whole, filled))}"


def verdict(sight: Sight, rule: Rule) -> str:
    """The live verdict in one expression, without helper cells. A rule on percentages or on columns has none."""
    match rule:
        case Compare():
            return _relation(rule, _inline(sight, rule), missing=_missing(sight))
        case Within():
            return _range(sight, rule)
        case Iff():
            left, right = (linear(sight, _single(side.ref)) for side in (rule.left, rule.right))
            return _decided(sight, rule, _undecided(sight, rule), f"({left}>0)=({right}>0)")
        case When():
            # Where the condition fails, the rule asks nothing.
            then = _then(sight, rule.then)
            return _relation(rule.condition, _inline(sight, rule.condition), then, f'"{MATCHED}"', _missing(sight))
    raise NotInPackage(rule)


def first_failing(verdicts: Iterable[tuple[str, str]], otherwise: str) -> str:
    """The label of the first verdict that says so, in one expression, else what ``otherwise`` comes to."""
    parts = [f'IF({verdict}="{MISMATCHED}",{text(label)},' for label, verdict in verdicts]
    return f"{''.join(parts)}{otherwise}{')' * len(parts)}"


def rows_verdict(failing: str, filled: str) -> str:
    """The live verdict of a table whose rows are checked each by itself, from the addresses of the two counts."""
    return f'=IF({failing}>0,"{MISMATCHED}",IF({filled}>0,"{MATCHED}","{UNDECIDED}"))'


def _relation(
    rule: Compare,
    helpers: Helpers,
    passed: str = f'"{MATCHED}"',
    failed: str = f'"{MISMATCHED}"',
    missing: str = f'"{MISMATCHED}"',
) -> str:
    """What a linear check says, or whatever is to be said instead."""
    known, rise, fall, whole, filled = helpers
    if rule.operator == "==":
        fails = f"OR(AND({known}>0,{fall}=0),AND({known}<0,{rise}=0))"
        passes = f"AND({known}=0,OR(AND({rise}=0,{fall}=0),{whole}=0))"
    elif rule.operator == "<=":
        fails, passes = f"AND({known}>0,{fall}=0)", f"AND({known}<=0,{rise}=0)"
    else:
        fails, passes = f"AND({known}<0,{rise}=0)", f"AND({known}>=0,{fall}=0)"
    nothing = f"{whole}>0,{missing}" if rule.blanks == "require" else f'{filled}=0,"{UNDECIDED}"'
    return f'IF({nothing},IF({fails},{failed},IF({passes},{passed},"{UNDECIDED}")))'


def _inline(sight: Sight, rule: Compare) -> Helpers:
    known, rise, fall, whole, filled = (f"({part.removeprefix('=')})" for part in check_parts(sight, rule))
    return known, rise, fall, whole, filled


def _then(sight: Sight, then: Compare | IsBlank) -> str:
    if isinstance(then, Compare):
        return verdict(sight, then)
    filled, _ = count(sight, (then.ref,))
    return f'IF({filled}=0,"{MATCHED}","{MISMATCHED}")'


def _range(sight: Sight, rule: Within) -> str:
    """A quotient that must stay in a range."""
    quotient = rule.quotient
    top, whole = linear(sight, quotient.numerator), linear(sight, quotient.denominator)
    bounds = []
    # Both sides by the bound's denominator: whole numbers compare exactly.
    if rule.low is not None:
        bounds.append(f"{rule.low.denominator}*({top})>={rule.low.numerator}*({whole})")
    if rule.high is not None:
        bounds.append(f"{rule.high.denominator}*({top})<={rule.high.numerator}*({whole})")
    unknown = f"OR({_undecided(sight, rule)},{whole}<=0)"
    return _decided(sight, rule, unknown, f"AND({','.join(bounds)})")


def _undecided(sight: Sight, rule: Within | Iff) -> str:
    """Where a number is missing that is no part; where blanks count as zero, also where there is none at all."""
    filled, needed = count(sight, [ref for ref in refs_of(rule) if ref not in rule.parts])
    missing = f"{filled}<{needed}"
    return f"OR({missing},{count(sight, refs_of(rule))[0]}=0)" if rule.parts else missing


def _decided(sight: Sight, rule: Within | Iff, unknown: str, passes: str) -> str:
    decided = f'IF({unknown},"{UNDECIDED}",IF({passes},"{MATCHED}","{MISMATCHED}"))'
    if rule.blanks != "require":
        return decided
    filled, needed = count(sight, refs_of(rule))
    return f"IF({filled}<{needed},{_missing(sight)},{decided})"


def _missing(sight: Sight) -> str:
    """What is said where a number is required and missing."""
    return f'IF({sight.excused},"{UNDECIDED}","{MISMATCHED}")' if sight.excused else f'"{MISMATCHED}"'


def _single(ref: Ref) -> Linear:
    return Linear(((Fraction(1), ref),))
