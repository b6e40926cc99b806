"""What the bytes of a workbook tell, at next to no cost, of whether its cells differ from those of a package.

They decide whether a file is looked at closely, which takes as long as reading a hundred others.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pipeline.guard_bounds import column
from pipeline.guard_same import once_for_same
from pipeline.legacy_text import encoding_of
from pipeline.looks import plain_format

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})(?::\$?([A-Z]{1,3})\$?([0-9]{1,7}))?")
_COVERED = re.compile(rb'<(?:\w+:)?dataValidation [^>]*?sqref="([^"]*)"|<xm:sqref>([^<]*)<')
_FORMAT = re.compile(rb'<numFmt numFmtId="([0-9]+)" formatCode="([^"]*)"')
_FORMAT_USED = re.compile(rb'numFmtId="([0-9]+)"')
_FONT = re.compile(rb'<(?:name|rFont) val="([^"]*)"')
# General, whole numbers, two decimals, thousands, a day, text: what packages use, by Excel's own numbers for them.
_USUAL_IDS = frozenset({b"0", b"1", b"2", b"3", b"14", b"49"})
_USUAL = re.compile(r"General%?|@|0(\.0+)?|#,##0(;-#,##0;0)?|dd/mm/yyyy")


@dataclass(frozen=True, slots=True)
class Traits:
    """What can be told of a workbook without reading it.

    ``formulas``, ``validated`` and ``merged`` are, by sheet, how many cells hold a formula, how many a validation
    covers, and how often cells are merged.
    ``uncalculated`` says that a formula has no value, ``restyled`` that a cell may have a number format that no package
    uses, or text in a font from before Unicode.
    """

    formulas: Mapping[str, int] = field(default_factory=dict)
    validated: Mapping[str, int] = field(default_factory=dict)
    merged: Mapping[str, int] = field(default_factory=dict)
    uncalculated: bool = False
    restyled: bool = False


def formulas(xml: bytes) -> tuple[int, bool]:
    """How many cells of a sheet hold a formula of their own, and whether one of them has no value."""
    behind = xml.split(b"</f>")[1:]
    return len(behind), not all(rest.startswith(b"<v>") for rest in behind)


def validated(xml: bytes) -> int:
    """How many cells of a sheet a validation covers."""
    begin = xml.rfind(b"</sheetData")
    found = _COVERED.findall(xml, max(begin, 0)) if xml.find(b"ataValidation", max(begin, 0)) >= 0 else ()
    return covered(" ".join((plain or extended).decode("ascii", "replace") for plain, extended in found))


def merged(xml: bytes) -> int:
    """How often cells of a sheet are merged."""
    return xml.count(b"<mergeCell ", max(xml.rfind(b"</sheetData"), 0))


# Packages of one kind say the same thousands of times.
@lru_cache(maxsize=512)
def covered(areas: str) -> int:
    """How many cells these areas hold: addresses such as ``E10:F12``, separated by spaces."""
    return sum(
        (column(right or left) - column(left) + 1) * (int(bottom or top) - int(top) + 1)
        for left, top, right, bottom in _AREA.findall(areas)
    )


@once_for_same
def formats_changed(styles: bytes) -> bool:
    """Whether cells may have a number format that no package uses."""
    begin, end = styles.find(b"<cellXfs"), styles.find(b"</cellXfs>")
    own = dict(_FORMAT.findall(styles))
    if not 0 <= begin < end or len(own) != styles.count(b"<numFmt "):
        return True
    used = set(_FORMAT_USED.findall(styles, begin, end)) - (_USUAL_IDS - own.keys())
    codes = (html.unescape(own.get(number, b"?").decode("utf-8", "replace")) for number in used)
    return not all(_USUAL.fullmatch(plain_format(code)) for code in codes)


def has_legacy_font(part: bytes) -> bool:
    """Whether a part, styles or texts with fonts of their own, names a font from before Unicode."""
    # Texts seldom have fonts of their own; to look for one word takes no time.
    if b"rFont" not in part and b"<name " not in part:
        return False
    return any(encoding_of(name.decode("utf-8", "replace")) for name in set(_FONT.findall(part)))
