"""One cell of a list table into an entry: keys and words, dates, choices, Yes and No, figures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from pipeline.findings import Finding, Param
from pipeline.found_at import at_entry
from pipeline.numbers import ERROR, Unread, read_text
from pipeline.read_cells import read_entry
from pipeline.submission import Entry
from schemas.csvrows import parse_day
from schemas.form import NO, YES, Cell, Measure
from schemas.near import fold, near

_FLAGS: Mapping[str, str] = {
    **dict.fromkeys(("co", "x", "1", "true", "yes", "y", "c", "da", "da co", "roi", "dung", "✓", "✔"), YES),
    **dict.fromkeys(("khong", "khong co", "0", "false", "no", "n", "k", "ko", "chua", "chua co", "sai", "-"), NO),
}
# What units write into a date or a choice where there is none.
_NONE = frozenset({"khong", "khong co", "ko", "k", "chua", "chua co", "0"})
_NO_WORD = re.compile(r"[\W_]+")
_ERRORS = re.compile(r"#(?:ERROR!|DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!)|##+")
# Day first, as everybody here writes it; the ISO form is read as well.
_DAY = re.compile(r"(?:ngày )?([0-9]{1,2}) ?[./-] ?([0-9]{1,2}) ?[./-] ?([0-9]{4})", re.IGNORECASE)
# Day 0 of Excel's calendar as it counts from March 1900 on, and the years that a number may be a date of.
_DAY_ZERO = date(1899, 12, 30)
_SERIALS = range((date(1930, 1, 1) - _DAY_ZERO).days, (date(2100, 1, 1) - _DAY_ZERO).days)

Read = tuple[Entry | None, Finding | None]


def read_list_cell(
    cell: Cell, measure: Measure, sheet: str, address: str, raw: object, *, as_percent: bool = False
) -> Read:
    """What a filled cell says, whose number may be shown ``as_percent``; ``None`` for one that holds but blanks.

    A date is kept as ISO text, a choice as the option's own words, a flag as 1 or 0 with its words.
    """
    text = read_text(raw)
    if not text:
        return None, None
    if cell.is_number:
        entry, finding = read_entry(cell, sheet, address, raw, as_percent=as_percent)
        # A column of a list is in no unit of measure but its own words.
        return entry, finding and replace(finding, params={**finding.params, "unit": measure.label})
    if isinstance(raw, Unread) or _ERRORS.fullmatch(text):
        reason = raw.reason if isinstance(raw, Unread) else ERROR.reason
        entry = Entry(cell.key, sheet, address, raw, None, text, refusal=reason)
        return entry, at_entry(reason, entry, value=text)
    match measure.type:
        case "date":
            return _date(cell, sheet, address, raw)
        case "choice":
            return _choice(cell, measure, sheet, address, raw)
        case "flag":
            return _flag(cell, sheet, address, raw)
        case "key":
            return Entry(cell.key, sheet, address, raw, None, key_of(text)), None
    return read_entry(cell, sheet, address, raw)


def key_of(text: str) -> str:
    """A key as it is compared with others: composed letters, single spaces; none where the cell shows an error."""
    return "" if _ERRORS.fullmatch(text) else " ".join(unicodedata.normalize("NFC", text).split())


def _none(cell: Cell, sheet: str, address: str, raw: object) -> Read:
    """A mark that says there is none: the cell counts as blank."""
    entry = Entry(cell.key, sheet, address, raw, None, read_text(raw))
    return None, at_entry("placeholder", entry, value=entry.text)


def _is_none(text: str) -> bool:
    return fold(text) in _NONE or bool(_NO_WORD.fullmatch(text))


def _day(raw: object) -> date | None:
    if isinstance(raw, float) and raw.is_integer() and int(raw) in _SERIALS:
        return _DAY_ZERO + timedelta(days=int(raw))
    written = _DAY.fullmatch(" ".join(raw.split())) if isinstance(raw, str) else None
    try:
        return parse_day("/".join(written.groups()) if written else raw)
    except ValueError:
        return None


def _date(cell: Cell, sheet: str, address: str, raw: object) -> Read:
    text, day = read_text(raw), _day(raw)
    if _is_none(text):
        return _none(cell, sheet, address, raw)
    if day is None:
        entry = Entry(cell.key, sheet, address, raw, None, text, refusal="date-unclear")
        return entry, at_entry("date-unclear", entry, value=text)
    entry = Entry(cell.key, sheet, address, raw, None, day.isoformat())
    shown = f"{day:%d/%m/%Y}"
    if isinstance(raw, date | datetime):
        return entry, None
    return entry, at_entry("date-as-text", entry, value=text, expected=shown)


def _choice(cell: Cell, measure: Measure, sheet: str, address: str, raw: object) -> Read:
    text = read_text(raw)
    labels = [option.vi for option in measure.options]
    same = [label for label in labels if label == text] or [label for label in labels if fold(label) == fold(text)]
    if len(same) == 1:
        return Entry(cell.key, sheet, address, raw, None, same[0]), None
    if _is_none(text):
        return _none(cell, sheet, address, raw)
    entry = Entry(cell.key, sheet, address, raw, None, text, refusal="option-unknown")
    params: dict[str, Param] = {"known": "; ".join(labels), "near": near(text, labels)}
    return entry, at_entry("option-unknown", entry, value=text, params=params)


def _flag(cell: Cell, sheet: str, address: str, raw: object) -> Read:
    text = read_text(raw)
    said = _FLAGS.get(fold(text))
    if said is not None:
        entry = Entry(cell.key, sheet, address, raw, 1.0 if said == YES else 0.0, said)
        if fold(text) == fold(said):
            return entry, None
        return entry, at_entry("option-read", entry, value=text, expected=said)
    entry = Entry(cell.key, sheet, address, raw, None, text, refusal="option-unknown")
    params: dict[str, Param] = {"known": f"{YES}; {NO}", "near": near(text, (YES, NO))}
    return entry, at_entry("option-unknown", entry, value=text, params=params)
