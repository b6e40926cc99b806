"""How a wrong figure may have come about: the slip of the hand that leads from what should stand there to what does.

The slips of typing are those of Scholtus (*Automatic correction of simple typing errors in numerical data with balance
edits*, Statistics Netherlands 2009): two neighbouring digits interchanged, a digit added, left out or replaced; that is
a distance of one in the sense of Damerau (*Communications of the ACM* 7, 1964). Added are the slips that reports show:
noughts too many or too few, figures of two cells exchanged, a blank.
"""

from __future__ import annotations

from typing import Literal

from schemas.text import Text

Slip = Literal[
    "exchanged-cells",
    "blank",
    "exchanged-digits",
    "noughts",
    "doubled-digit",
    "added-digit",
    "missing-digit",
    "other-digit",
    "rounded",
    "",
]

SLIPS: dict[Slip, Text] = {
    "exchanged-cells": Text("đổi chỗ hai ô cho nhau", "the figures of two cells exchanged"),
    "blank": Text("bỏ trống", "left blank"),
    "exchanged-digits": Text("đảo hai chữ số", "two digits exchanged"),
    "noughts": Text("thừa hoặc thiếu số 0", "noughts too many or too few"),
    "doubled-digit": Text("gõ một chữ số hai lần", "a digit typed twice"),
    "added-digit": Text("thừa một chữ số", "a digit too many"),
    "missing-digit": Text("thiếu một chữ số", "a digit left out"),
    "other-digit": Text("gõ nhầm một chữ số", "one digit wrong"),
    "rounded": Text("làm tròn", "rounded"),
    "": Text("", ""),
}
"""The slips in words, the likelier first: of two explanations the one that stands higher is given first."""

ORDER: tuple[Slip, ...] = tuple(SLIPS)
# A figure of one digit is a slip of any other.
_FEWEST_DIGITS = 2
_MOST_NOUGHTS = 6
_FEWEST_ROUNDED = 3


def slip(reported: int | None, proposed: int) -> Slip:
    """The slip that leads from ``proposed``, which should stand there, to what was ``reported``; ``""`` for none."""
    if reported is None:
        return "blank"
    if reported == proposed or reported < 0 or proposed < 0:
        return ""
    typed, meant = str(reported), str(proposed)
    if _is_noughts(typed, meant):
        return "noughts"
    if max(len(typed), len(meant)) < _FEWEST_DIGITS:
        return ""
    if len(typed) == len(meant):
        return _same_length(typed, meant)
    if len(typed) == len(meant) + 1 and _one_less(meant, typed):
        return "doubled-digit" if _is_doubled(typed, meant) else "added-digit"
    if len(typed) == len(meant) - 1 and _one_less(typed, meant):
        return "missing-digit"
    return ""


def are_exchanged(reported: tuple[int | None, int | None], proposed: tuple[int, int]) -> bool:
    """Whether each of two cells should hold what the other does."""
    return reported[0] != reported[1] and (reported[1], reported[0]) == proposed


def _is_noughts(typed: str, meant: str) -> bool:
    """One of the two is the other with noughts behind it."""
    short, long = sorted((typed, meant), key=len)
    more = len(long) - len(short)
    return 0 < more <= _MOST_NOUGHTS and short != "0" and long == short + "0" * more


def _same_length(typed: str, meant: str) -> Slip:
    differ = [i for i, (one, other) in enumerate(zip(typed, meant, strict=True)) if one != other]
    if len(differ) == 1:
        return "other-digit"
    first, last = differ[0], differ[-1]
    if len(differ) == 2 and last == first + 1 and typed[first] == meant[last] and typed[last] == meant[first]:
        return "exchanged-digits"
    return "rounded" if _is_rounded(typed, meant) else ""


def _one_less(short: str, long: str) -> bool:
    """Whether leaving out one digit of the longer makes the shorter."""
    at = next((i for i, digit in enumerate(short) if digit != long[i]), len(short))
    return short[at:] == long[at + 1 :]


def _is_doubled(typed: str, meant: str) -> bool:
    at = next((i for i, digit in enumerate(meant) if digit != typed[i]), len(meant))
    return at > 0 and typed[at] == typed[at - 1]


def _is_rounded(typed: str, meant: str) -> bool:
    """Whether the reported figure is the other rounded to tens, hundreds, thousands …"""
    noughts = len(typed) - len(typed.rstrip("0"))
    unit = 10**noughts
    return noughts > 0 and len(typed) >= _FEWEST_ROUNDED and abs(int(typed) - int(meant)) * 2 <= unit


def slips_from(reported: int) -> set[int]:
    """Every figure from which one slip of typing or of noughts leads to what was reported."""
    typed = str(reported)
    found = {reported * 10**k for k in range(1, _MOST_NOUGHTS + 1)} if reported else set()
    for i, digit in enumerate(typed):
        rest = typed[i + 1 :]
        found |= {int(typed[:i] + other + rest) for other in "0123456789"}
        found |= {int(typed[:i] + other + digit + rest) for other in "0123456789"}
        found |= {int(typed + other) for other in "0123456789"}
        if rest:
            found |= {int(typed[:i] + rest), int(typed[:i] + rest[0] + digit + rest[1:])}
    while reported and reported % 10 == 0:
        reported //= 10
        found.add(reported)
    # A figure does not begin with a nought.
    return {meant for meant in found if slip(int(typed), meant)}
