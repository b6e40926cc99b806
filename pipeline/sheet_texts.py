"""What the bytes of a workbook of Excel say of its cells without a parser: texts, places, how numbers are shown.

Each function tells what it is sure of and ``None``, or nothing, of what is not written as every common program does.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from math import inf, isfinite
from typing import Literal, NamedTuple
from xml.parsers import expat

from pipeline.guard_bounds import column
from pipeline.guard_same import once_for_same

Shown = Literal["number", "day", ""]

_CELL = re.compile(rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?/?>')
_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml [^<>]*\?>)?\s*<sst(?: [^<>]*)?>\s*")
_TEXT = re.compile(rb'<t( xml:space="preserve")?>([^<]*)</t></si>\s*')
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[Ee][+-]?[0-9]+)?")
_ESCAPE = re.compile(rb"_x[0-9A-Fa-f]{4}_")
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)")
# Blanks around a text that does not ask to keep them.
_BLANKS = b" \t\n\r"
# No figure has more digits; what has is left to the parser.
_MOST_DIGITS = 30
# Numbers by Excel's own numbers for their formats: general, digits, thousands, percent, exponents, text.
_NUMBERS = frozenset(map(str, (0, 1, 2, 3, 4, 9, 10, 11, 37, 38, 39, 40, 48, 49)))
_DAY = "14"
_AS_NUMBER = re.compile(r'General(?:"?%"?)?|@|0(?:\.0+)?%?|#,##0(?:\.0+)?(?:;-#,##0;0)?')
_AS_DAY = re.compile(r"dd/mm/yyyy")
# Excel counts a day that never was, the 29 February 1900, as the sixtieth.
_BEFORE_FIRST, _FIRST, _LAST = date(1899, 12, 30), 61, 2_958_465


class Place(NamedTuple):
    """A cell: its row and column from 0, the number of its style, and its type, empty for a number."""

    row: int
    column: int
    style: int
    type: str


@once_for_same
def places_of(bare: bytes) -> tuple[Place, ...] | None:
    """Where the cells of a sheet stand, in their order, row by row."""
    found = _CELL.findall(bare)
    if len(found) != bare.count(b"<c "):
        return None
    places = tuple(
        Place(int(row) - 1, column(letters.decode()) - 1, int(style or 0), kind.decode().removeprefix("n"))
        for letters, row, style, kind in found
    )
    ordered = all(one[:2] < other[:2] for one, other in pairwise(places))
    return places if ordered else None


def texts_of(part: bytes) -> list[bytes] | None:
    """The shared texts as they are written, each up to where the next begins; only where all of them can be told."""
    first, *texts = part.split(b"<si>")
    if texts:
        texts[-1], end, behind = texts[-1].partition(b"</sst>")
        if not _BEGIN.fullmatch(first) or not end or behind.strip() or None in map(said, texts):
            return None
    return texts


def text_number(value: bytes, texts: int) -> int | None:
    """The number of one of so many shared texts."""
    at = int(value) if value.isdigit() and len(value) <= _MOST_DIGITS else texts
    return at if at < texts else None


@lru_cache(maxsize=32_768)
def said(text: bytes) -> str | None:
    """What a shared text says that has one font."""
    found = _TEXT.fullmatch(text)
    if found is None or (not found[1] and found[2].strip(_BLANKS) != found[2]):
        return None
    return words(found[2])


def words(content: bytes) -> str | None:
    """What stands between two tags."""
    # An escape such as _x000D_ stands for a character that XML cannot hold.
    if _ESCAPE.search(content) or b"\r" in content or (b"&" in content and _REFERENCE.search(content)):
        return None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return html.unescape(text) if "&" in text else text


def number(content: bytes) -> float | None:
    """The number that stands there."""
    usual = len(content) <= _MOST_DIGITS and (content.isdigit() or _NUMBER.fullmatch(content))
    found = float(content) if usual else inf
    return found if isfinite(found) else None


@once_for_same
def shown_as(styles: bytes) -> Sequence[Shown]:
    """What a number is shown as in cells of each style; nothing where the styles cannot be read."""
    formats: dict[str, str] = {}
    found: list[Shown] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        inside.append(name)
        if name == "numFmt":
            formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif inside[-2:] == ["cellXfs", "xf"]:
            found.append(_shown(attributes.get("numFmtId", ""), formats))

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: inside.pop()
    try:
        parser.Parse(styles, True)
    except expat.ExpatError:
        return ()
    return tuple(found)


def _shown(number: str, formats: Mapping[str, str]) -> Shown:
    if number in formats:
        code = formats[number]
        return "number" if _AS_NUMBER.fullmatch(code) else "day" if _AS_DAY.fullmatch(code) else ""
    return "number" if number in _NUMBERS else "day" if number == _DAY else ""


def day(serial: float) -> date | None:
    """The day that Excel stores as this number; ``None`` for what is no whole day since March 1900."""
    whole = _FIRST <= serial <= _LAST and serial.is_integer()
    return _BEFORE_FIRST + timedelta(days=int(serial)) if whole else None
