"""Text in a numeric cell: a mark that stands for a whole cell, or a figure among signs, letters and words."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from pipeline.numbers_digits import LONGEST, read_digits, read_fraction, read_scaled
from pipeline.numbers_reading import BLANK, Kind, Reading, candidates

_INVISIBLE = "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
OUTER = _INVISIBLE + "".join(filter(str.isspace, map(chr, range(0x3001))))
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


def read_words(raw: str, kind: Kind, unit: str, threshold: bool) -> Reading:
    """The number of ``kind`` that a text stands for, as in ``read_number``."""
    stripped = raw.strip(OUTER)
    if len(stripped) > LONGEST:
        return Reading(refusal="cell-type")
    text, altered = _normal(stripped)
    if not text:
        return BLANK
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


def has_percent_sign(text: str) -> bool:
    """Whether a text says that its figure is in percent."""
    folded = _fold(_normal(text)[0])
    return any(word in folded for word in _PERCENT_WORDS)


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
        return read_fraction(fraction[1], fraction[2], kind)
    if _APPROXIMATE.search(_fold(text)):
        return Reading(refusal="approximate")
    negative = _NEGATIVE.fullmatch(text)
    if negative:
        reading = _of_words((negative[1] or negative[2]).rstrip(), kind, unit)
        return reading if reading.value is None else Reading(refusal="negative", guesses=(reading.value,))
    mistyped = _MISTYPED.fullmatch(text)
    if mistyped and any(map(str.isdigit, mistyped[1])) and any(map(str.isalpha, mistyped[1])):
        reading = _of_words(mistyped[1].translate(_LETTERS_AS_DIGITS) + (mistyped[2] or ""), kind, unit)
        return Reading(refusal="letter-digit", guesses=candidates(reading))
    if amount and _UNIT_WORD.fullmatch(_fold(amount[2])):
        # Another unit says how many things only where things are counted: 500 USD are not 500 đồng.
        counted = kind == "count" and amount[2] != "%"
        meant = candidates(read_digits(amount[1], kind)) if counted else ()
        return Reading(refusal="unit-differs", guesses=meant)
    return Reading(refusal="cell-type")


def _of_amount(body: str, tail: str, kind: Kind, unit: str) -> Reading | None:
    """A figure with nothing, its unit or a scale word behind it; ``None`` when something else follows."""
    if not tail:
        return read_digits(body, kind)
    if tail.strip(".,") == "":
        return Reading(refusal="ambiguous-separator", guesses=candidates(read_digits(body, kind)))
    if kind == "percent" and tail in _PERCENT_WORDS:
        return read_digits(body, kind)
    in_money = kind in ("money", "average") and _is_money(unit)
    bare = tail.replace("^", "")
    if (unit and bare == unit.replace("^", "")) or (in_money and bare in _MONEY_WORDS):
        reading = read_digits(body, kind)
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
    reading = read_scaled(body, whole, _SCALES[scaled[1]])
    if in_money:
        return reading
    return Reading(refusal="scaled-count", guesses=candidates(reading)) if kind == "count" else other


def _is_money(unit: str) -> bool:
    # A row in "triệu đồng" is not in đồng: scaling its cells again would be wrong by a million.
    return unit == "" or unit in _MONEY_WORDS or unit.startswith(("dong/", "d/", "vnd/"))


def _unit_key(unit: str) -> str:
    words = _fold(unit.translate(_LOOKALIKES)).strip()
    words = words if not words.strip(".,") else words.rstrip(" .")
    # A common misspelling of suất.
    return "suat" if words == "xuat" else words
