"""Digits with their dots and commas: the amount that they write, where it can be only one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal
from typing import NamedTuple

from pipeline.numbers_reading import LARGEST, Kind, Reading

LONGEST = 200
_WHOLE = ("count", "money")
# Enough digits for any text of LONGEST characters, so that no product is ever rounded.
_EXACT = Context(prec=2 * LONGEST)

_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?![ \d])")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
_VIETNAMESE = re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d+)")
_AMERICAN = re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d+)")
_TWO_READINGS = re.compile(r"(\d{1,3}(?:\.\d{3})+)\.(\d{1,2})")
_ONE_MARK = re.compile(r"(\d+)([.,])(\d+)")


def read_digits(body: str, kind: Kind) -> Reading:
    """A figure as it is written."""
    return _finish(_parse(body, kind), kind)


def read_scaled(body: str, kind: Kind, scale: int) -> Reading:
    """A figure before a word such as "triệu", which stands for ``scale``; "1,5" is then no slip for a whole number."""
    return _finish(_parse(body, "average"), kind, Decimal(scale), "scaled-text")


def read_fraction(part: str, whole: str, kind: Kind) -> Reading:
    """A fraction is never taken; it may stand for its share in percent, or for the part alone."""
    numerator, denominator = (_parse(text, "count").amount for text in (part, whole))
    if numerator is None:
        guesses: tuple[Decimal, ...] = ()
    elif kind == "percent" and denominator:
        guesses = (_EXACT.divide(numerator * 100, denominator), numerator)
    else:
        guesses = (numerator,)
    return Reading(refusal="fraction", guesses=_floats(guesses))


class _Parsed(NamedTuple):
    """A run of digits and marks: the amount, or why there is none."""

    amount: Decimal | None = None
    decimals: int = 0
    note: str = ""
    refusal: str = ""
    guesses: tuple[Decimal, ...] = ()


def _parse(body: str, kind: Kind) -> _Parsed:
    """Digits with their marks, read as the Vietnamese write them: dots group, a comma parts decimals."""
    body = _SPACED.sub(lambda groups: groups[0].replace(" ", ""), body, count=1)
    if body.isdigit():
        return _plain_digits(body, kind)
    if _DOT_GROUPS.fullmatch(body):
        joined = Decimal(body.replace(".", ""))
        if body.split(".")[0].strip("0") or not joined:
            return _Parsed(joined)
        return _Parsed(refusal="ambiguous-separator", guesses=(joined,))
    for pattern, note in ((_VIETNAMESE, ""), (_AMERICAN, "read-as")):
        both = pattern.fullmatch(body)
        if both:
            return _both_marks(re.sub("[.,]", "", both[1]), both[2], note)
    single = _ONE_MARK.fullmatch(body)
    if single:
        return _one_mark(single[1], single[2], single[3], kind)
    if _COMMA_GROUPS.fullmatch(body):
        return _Parsed(refusal="ambiguous-separator", guesses=(Decimal(body.replace(",", "")),))
    unclear = _TWO_READINGS.fullmatch(body)
    if unclear and kind not in _WHOLE:
        guess = Decimal(f"{unclear[1].replace('.', '')}.{unclear[2]}")
        return _Parsed(refusal="ambiguous-separator", guesses=(guess,))
    return _Parsed(refusal="ambiguous-separator")


def _plain_digits(body: str, kind: Kind) -> _Parsed:
    value = Decimal(body)
    if kind != "percent" or body[0] != "0" or not value:
        return _Parsed(value)
    small = Decimal(f"0.{body[1:]}")
    if len(body) == 1:
        return _Parsed(value)
    # Writing 08 for 8 is the official habit; 027 is nobody's.
    return _Parsed(refusal="lost-comma", guesses=(value, small) if len(body) == 2 else (small, value))


def _both_marks(whole: str, tail: str, note: str) -> _Parsed:
    amount = Decimal(f"{whole}.{tail}")
    if len(tail) == 3:
        # "1.387,500" may be a slip of the finger in 1.387.500.
        return _Parsed(refusal="ambiguous-separator", guesses=(Decimal(whole + tail), amount))
    return _Parsed(amount, len(tail), note)


def _one_mark(head: str, mark: str, tail: str, kind: Kind) -> _Parsed:
    decimal, joined = Decimal(f"{head}.{tail}"), Decimal(head + tail)
    if len(tail) == 3 and (mark == "." or len(head) <= 3 or kind in _WHOLE):
        grouped = mark == "." and len(head) <= 3 and head.strip("0")
        if (grouped and kind in _WHOLE) or not joined:
            return _Parsed(joined)
        if kind != "percent":
            return _Parsed(refusal="ambiguous-separator", guesses=(joined, decimal))
        other = joined if head.strip("0") else decimal * 100
        return _Parsed(refusal="ambiguous-separator", guesses=(decimal, other))
    if mark == "." and len(tail) > 3:
        return _Parsed(refusal="ambiguous-separator", guesses=() if kind in _WHOLE else (decimal,))
    if kind in _WHOLE:
        return _Parsed(refusal="not-integer", guesses=() if tail.strip("0") else (Decimal(head),))
    return _Parsed(decimal, len(tail), "read-as" if mark == "." and kind == "average" else "")


def _finish(parsed: _Parsed, kind: Kind, scale: Decimal = Decimal(1), note: str = "") -> Reading:
    if parsed.amount is None:
        guesses = _floats(_EXACT.multiply(guess, scale) for guess in parsed.guesses)
        return Reading(refusal=parsed.refusal, guesses=guesses)
    amount = _EXACT.multiply(parsed.amount, scale)
    if amount > LARGEST:
        return Reading(refusal="too-large")
    if kind in _WHOLE and amount != amount.to_integral_value():
        return Reading(refusal="not-integer")
    return Reading(float(amount), parsed.decimals if kind == "percent" else None, note or parsed.note)


def _floats(guesses: Iterable[Decimal]) -> tuple[float, ...]:
    return tuple(float(guess) for guess in guesses if guess <= LARGEST)
