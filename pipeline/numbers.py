"""What a cell says: a raw value as a number of a given kind, or as text.

A figure is taken only when it can mean one thing. What could mean two is refused, with the
guesses beside it for a person to choose from; a guess is never applied here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from decimal import Context, Decimal
from typing import Literal, NamedTuple

Kind = Literal["count", "money", "percent", "average"]

NOTES = ("zero-mark", "counted-elsewhere", "placeholder", "read-as", "scaled-text", "unit-dropped")
REFUSALS = (
    "ambiguous-separator",
    "approximate",
    "cell-type",
    "date",
    "error-value",
    "fraction",
    "letter-digit",
    "lost-comma",
    "negative",
    "not-integer",
    "scaled-count",
    "thousands-lost",
    "too-large",
    "unit-differs",
)

# Above 2**53 a float no longer holds every whole number; this stays just below.
LARGEST = 9_000_000_000_000_000

_LONGEST = 200
_WHOLE = ("count", "money")
# Enough digits for any text of _LONGEST characters, so that no product is ever rounded.
_EXACT = Context(prec=2 * _LONGEST)

_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_OUTER = _INVISIBLE + "".join(filter(str.isspace, map(chr, range(0x3001))))
_LOOKALIKES = str.maketrans(
    dict.fromkeys(_INVISIBLE, "")
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("\u2044\u2215", "/")
    | {"Ð": "Đ", "ð": "đ", "\u2019": "'"}
)
_LETTERS_AS_DIGITS = str.maketrans("OoIl", "0011")

_ZERO_WORDS = {"khong", "khong co", "k", "ko"}
_MONEY_WORDS = {"d", "dong", "vnd", "₫", "dong viet nam"}
_PERCENT_WORDS = {"%", "phan tram"}
_SCALES = {"nghin": 10**3, "ngan": 10**3, "trieu": 10**6, "ty": 10**9, "ti": 10**9}

# A line break or tab between digits parts two figures; it must not join them as a space does.
_TWO_LINES = re.compile(r"(?<=\d)[^\S\n]*[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]\s*(?=\d)")
_PLACEHOLDER = re.compile(r"[._ ]{2,}")
_ERROR = re.compile(r"#[A-Z/0-9_]+[!?]?|#+", re.I)
_AMOUNT = re.compile(r"(\d(?:[\d., ]*\d)?) ?(.*)", re.S)
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?![ \d])")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
_VIETNAMESE = re.compile(r"(\d{1,3}(?:\.\d{3})+),(\d+)")
_AMERICAN = re.compile(r"(\d{1,3}(?:,\d{3})+)\.(\d+)")
_TWO_READINGS = re.compile(r"(\d{1,3}(?:\.\d{3})+)\.(\d{1,2})")
_ONE_MARK = re.compile(r"(\d+)([.,])(\d+)")
_SCALED = re.compile(r"(nghin|ngan|trieu|ty|ti)(?: (\D*))?")
_UNIT_WORD = re.compile(r"%|[a-z₫^][a-z ./^]*(?:(?<=m)[23]|(?<=m\^)[23])?")
_FRACTION = re.compile(r"(\d[\d.]*) ?/ ?(\d[\d.]*)(?: ?[^\W\d_][^\d]*)?")
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{4}|\d{4}([./-])\d{1,2}\2\d{1,2}(?:[ T][\d:.]+)?")
_APPROXIMATE = re.compile(
    r"\b(?:gan|tren|hon|khoang|duoi|xap xi|hang|uoc|it nhat|toi thieu|toi da|tro len|tro xuong)\b"
    r"|\btu \d|\d\D*\bden\b\D*\d|[~≈±<>≤≥]|\d\D{0,20}-\D{0,3}\d"
)
_NEGATIVE = re.compile(r"- ?(\d.*)|\( ?(\d[^()]*)\)")
_MISTYPED = re.compile(r"([\dOoIl.,]+)((?: ?%| ).*)?")
_REACHED = re.compile(r"dat ?:? ?(\d.*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a numeric cell says.

    ``value`` is ``None`` when the cell is blank, says that it holds no figure, or is refused.
    ``decimals`` (percent only) are those printed; ``None`` is full precision. ``note`` is the id of
    how it was read, ``""`` as typed; ``refusal`` the id of why it was not. ``guesses`` are what a
    refused cell may have meant, best first.
    """

    value: float | None = None
    decimals: int | None = None
    note: str = ""
    refusal: str = ""
    guesses: tuple[float, ...] = ()


_BLANK = Reading()
_set_value, _set_decimals, _set_note, _set_refusal, _set_guesses = (
    vars(Reading)[field.name].__set__ for field in fields(Reading)
)


class _Parsed(NamedTuple):
    """A run of digits and marks: the amount, or why there is none."""

    amount: Decimal | None = None
    decimals: int = 0
    note: str = ""
    refusal: str = ""
    guesses: tuple[Decimal, ...] = ()


def read_number(raw: object, kind: Kind, *, unit: str = "", threshold: bool = False) -> Reading:
    """The number of ``kind`` that the cell value ``raw`` stands for.

    ``unit`` is the row's unit of measure; a figure that carries another one is refused. ``threshold``
    marks the result of a threshold target, where "Đạt 100%" is a figure.
    """
    if type(raw) is float and 0 <= raw <= LARGEST and (kind == "average" or (kind != "percent" and raw.is_integer())):
        return _as_is(raw + 0.0)  # turns -0.0 into 0.0
    if raw is None:
        return _BLANK
    if isinstance(raw, str):
        return _of_text(raw, kind, unit, threshold) if raw else _BLANK
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _of_float(raw, kind)
    if isinstance(raw, (dt.date, dt.time, dt.timedelta)):
        return Reading(refusal="date")
    return Reading(refusal="cell-type")


def read_text(raw: object) -> str:
    """A text cell as a person sees it: text untouched inside, whole numbers without ".0", dates dd/mm/yyyy."""
    if isinstance(raw, str):
        return raw.strip(_OUTER)
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return str(raw).upper()
    if isinstance(raw, float) and raw.is_integer() and abs(raw) <= LARGEST:
        return str(int(raw))
    if isinstance(raw, dt.datetime) and raw.time() != dt.time():
        return f"{read_text(raw.date())} {raw:%H:%M}"
    if isinstance(raw, dt.date):
        return f"{raw.day:02}/{raw.month:02}/{raw.year:04}"
    if isinstance(raw, dt.time):
        return f"{raw:%H:%M}"
    return str(raw)


def _as_is(value: float) -> Reading:
    # Nearly every cell passes here; filling the slots directly takes half the time of __init__.
    reading = object.__new__(Reading)
    _set_value(reading, value)
    _set_decimals(reading, None)
    _set_note(reading, "")
    _set_refusal(reading, "")
    _set_guesses(reading, ())
    return reading


def _of_float(raw: float, kind: Kind) -> Reading:
    if raw != raw or raw in (float("inf"), float("-inf")):
        return Reading(refusal="error-value")
    if abs(raw) > LARGEST:
        return Reading(refusal="too-large")
    value = float(raw)
    if value < 0:
        return Reading(refusal="negative", guesses=(-value,))
    if kind == "percent":
        return Reading(value + 0.0, _decimals(value))
    if kind == "average" or value.is_integer():
        return _as_is(value + 0.0)
    # Excel shows 15 digits: a sum that it shows as 3 may be stored as 3.0000000000000004.
    shown = float(f"{value:.15g}")
    if shown.is_integer():
        return Reading(shown, note="read-as")
    thousandfold = round(shown * 1000, 6)
    if thousandfold.is_integer() and 0 < thousandfold <= LARGEST:
        return Reading(refusal="thousands-lost", guesses=(thousandfold,))
    return Reading(refusal="not-integer")


def _decimals(value: float) -> int | None:
    text = repr(value)
    text = f"{Decimal(text):f}" if "e" in text else text
    decimals = 0 if text.endswith(".0") else len(text) - text.find(".") - 1
    return decimals if decimals <= 6 else None


def _of_text(raw: str, kind: Kind, unit: str, threshold: bool) -> Reading:
    stripped = raw.strip(_OUTER)
    if len(stripped) > _LONGEST:
        return Reading(refusal="cell-type")
    text, altered = _normal(stripped)
    if not text:
        return _BLANK
    folded = _fold(text)
    mark = _of_mark(folded)
    if mark is not None:
        return mark
    if threshold:
        reached = _REACHED.fullmatch(folded)
        text = reached[1] if reached else text
        kind = "percent" if text.endswith("%") else kind
    reading = _of_words(text, kind, unit)
    return _noted(reading) if altered else reading


def _noted(reading: Reading) -> Reading:
    return reading if reading.value is None or reading.note else replace(reading, note="read-as")


def _normal(text: str) -> tuple[str, bool]:
    """The text in plain characters and single spaces, and whether it took more than that."""
    if text.isascii():
        plain = text
    else:
        text = unicodedata.normalize("NFC", text.translate(_LOOKALIKES))
        plain = unicodedata.normalize("NFKC", "".join(map(_plain_character, text)))
    squeezed = " ".join(_TWO_LINES.sub(";", plain).split())
    altered = plain.split() != text.split()
    if squeezed[:1] == "'" and squeezed[1:2].isdigit():
        squeezed = squeezed[1:]
    return squeezed, altered


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    # NFKC alone would make 102 of "10²" and 11/2 of "1½".
    return "^" + character if category == "No" else character


def _fold(text: str) -> str:
    """Words without case and marks, to compare by."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    return "".join(character for character in bare if not unicodedata.combining(character))


def _of_mark(folded: str) -> Reading | None:
    """The reading of a mark that stands for a whole cell; ``None`` when it is none."""
    if _PLACEHOLDER.fullmatch(folded):
        return Reading(note="placeholder")
    if folded.rstrip(" .") in _ZERO_WORDS or not folded.strip("- "):
        return Reading(0.0, note="zero-mark")
    if folded in ("x", "×"):
        return Reading(note="counted-elsewhere")
    if _ERROR.fullmatch(folded):
        return Reading(refusal="error-value")
    return None


def _of_words(text: str, kind: Kind, unit: str) -> Reading:
    """A figure that may stand among signs, letters and words."""
    if text[0] == "+" and text[1:].lstrip()[:1].isdigit():
        return _noted(_of_words(text[1:].lstrip(), kind, unit))
    if _DATE.fullmatch(text):
        return Reading(refusal="date")
    amount = _AMOUNT.fullmatch(text)
    found = _of_amount(amount[1], _unit_key(amount[2]), kind, _unit_key(unit)) if amount else None
    if found is not None:
        return found
    fraction = _FRACTION.fullmatch(text)
    if fraction:
        return Reading(refusal="fraction", guesses=_fraction_guesses(fraction[1], fraction[2], kind))
    if _APPROXIMATE.search(_fold(text)):
        return Reading(refusal="approximate")
    negative = _NEGATIVE.fullmatch(text)
    if negative:
        reading = _of_words((negative[1] or negative[2]).rstrip(), kind, unit)
        return reading if reading.value is None else Reading(refusal="negative", guesses=(reading.value,))
    mistyped = _MISTYPED.fullmatch(text)
    if mistyped and any(map(str.isdigit, mistyped[1])) and any(map(str.isalpha, mistyped[1])):
        reading = _of_words(mistyped[1].translate(_LETTERS_AS_DIGITS) + (mistyped[2] or ""), kind, unit)
        return Reading(refusal="letter-digit", guesses=_meant(reading))
    if amount and _UNIT_WORD.fullmatch(_fold(amount[2])):
        # Another unit says how many things only where things are counted: 500 USD are not 500 đồng.
        counted = kind == "count" and amount[2] != "%"
        meant = _meant(_finish(_parse(amount[1], kind), kind)) if counted else ()
        return Reading(refusal="unit-differs", guesses=meant)
    return Reading(refusal="cell-type")


def _of_amount(body: str, tail: str, kind: Kind, unit: str) -> Reading | None:
    """A figure with nothing, its unit or a scale word behind it; ``None`` when something else follows."""
    if not tail:
        return _finish(_parse(body, kind), kind)
    if tail.strip(".,") == "":
        return Reading(refusal="ambiguous-separator", guesses=_meant(_finish(_parse(body, kind), kind)))
    if kind == "percent" and tail in _PERCENT_WORDS:
        return _finish(_parse(body, kind), kind)
    in_money = kind in ("money", "average") and _is_money(unit)
    bare = tail.replace("^", "")
    if (unit and bare == unit.replace("^", "")) or (in_money and bare in _MONEY_WORDS):
        reading = _finish(_parse(body, kind), kind)
        note = "read-as" if tail[0] == "^" else reading.note or "unit-dropped"
        return reading if reading.value is None else replace(reading, note=note)
    scaled = _SCALED.fullmatch(tail)
    if scaled is None:
        return None
    rest = scaled[2] or ""
    other = Reading(refusal="unit-differs")
    if kind == "percent" or not (rest in ("", unit) or rest in _MONEY_WORDS):
        return other
    whole: Kind = kind if in_money else "money"
    reading = _finish(_parse(body, "average"), whole, Decimal(_SCALES[scaled[1]]), "scaled-text")
    if in_money:
        return reading
    return Reading(refusal="scaled-count", guesses=_meant(reading)) if kind == "count" else other


def _is_money(unit: str) -> bool:
    # A row in "triệu đồng" is not in đồng: scaling its cells again would be wrong by a million.
    return unit == "" or unit in _MONEY_WORDS or unit.startswith(("dong/", "d/", "vnd/"))


def _unit_key(unit: str) -> str:
    words = _fold(unit.translate(_LOOKALIKES)).strip()
    words = words if not words.strip(".,") else words.rstrip(" .")
    # A common misspelling of suất.
    return "suat" if words == "xuat" else words


def _fraction_guesses(part: str, whole: str, kind: Kind) -> tuple[float, ...]:
    numerator, denominator = (_parse(text, "count").amount for text in (part, whole))
    if numerator is None:
        return ()
    if kind == "percent" and denominator:
        return _floats((_EXACT.divide(numerator * 100, denominator), numerator))
    return _floats((numerator,))


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


def _meant(reading: Reading) -> tuple[float, ...]:
    return reading.guesses if reading.value is None else (reading.value,)


def _floats(guesses: Iterable[Decimal]) -> tuple[float, ...]:
    return tuple(float(guess) for guess in guesses if guess <= LARGEST)
