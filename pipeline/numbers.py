"""What a cell says: a raw value as a number of a given kind, or as text.

A figure is taken only when it can mean one thing. What could mean two is refused, with the
guesses beside it for a person to choose from; a guess is never applied here.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pipeline.numbers_dates import date_fractions, date_numbers, read_date
from pipeline.numbers_reading import BLANK, ERROR, LARGEST, NOTES, REFUSALS, Kind, Reading, Unread, as_is
from pipeline.numbers_text import OUTER, has_percent_sign, read_words

__all__ = [
    "ERROR",
    "LARGEST",
    "NOTES",
    "REFUSALS",
    "Kind",
    "Reading",
    "Unread",
    "date_fractions",
    "date_numbers",
    "has_percent_sign",
    "read_number",
    "read_share",
    "read_text",
]


def read_number(raw: object, kind: Kind, *, unit: str = "", threshold: bool = False) -> Reading:
    """The number of ``kind`` that the cell value ``raw`` stands for.

    ``unit`` is the row's unit of measure; a figure that carries another one is refused. ``threshold``
    marks the result of a threshold target, where "Đạt 100%" is a figure.
    """
    if type(raw) is float and 0 <= raw <= LARGEST and (kind == "average" or (kind != "percent" and raw.is_integer())):
        return as_is(raw + 0.0)  # turns -0.0 into 0.0
    if raw is None:
        return BLANK
    if isinstance(raw, Unread):
        return Reading(refusal=raw.reason)
    if isinstance(raw, str):
        return read_words(raw, kind, unit, threshold) if raw else BLANK
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return _of_float(raw, kind)
    if isinstance(raw, (dt.date, dt.time, dt.timedelta)):
        return read_date(raw, kind)
    return Reading(refusal="cell-type")


def read_share(raw: float, kind: Kind) -> Reading:
    """The number of ``kind`` in a cell that is shown as a percentage: 0.391 shows 39.1 %.

    A figure of any other kind that is shown in percent is none: it may be what is shown, or what is stored.
    """
    shown = round(100 * raw, 10)
    if kind == "percent":
        return _of_float(shown, kind)
    meant = {value: None for value in (shown, raw) if 0 <= value <= LARGEST and value.is_integer()}
    return Reading(refusal="unit-differs", guesses=tuple(meant))


def read_text(raw: object) -> str:
    """A text cell as a person sees it: text untouched inside, whole numbers without ".0", dates dd/mm/yyyy."""
    if isinstance(raw, str):
        return raw.strip(OUTER)
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
    if isinstance(raw, dt.timedelta):
        seconds = round(abs(raw).total_seconds())
        sign = "-" if raw < dt.timedelta() else ""
        return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(raw)


def _of_float(raw: float, kind: Kind) -> Reading:
    if raw != raw or raw in (float("inf"), float("-inf")):
        return Reading(refusal="error-value")
    if abs(raw) > LARGEST:
        return Reading(refusal="too-large")
    value = float(raw)
    if value < 0:
        return Reading(refusal="negative", guesses=(-value,))
    if kind == "percent":
        return as_is(value + 0.0, _decimals(value))
    if kind == "average" or value.is_integer():
        return as_is(value + 0.0)
    # Excel shows 15 digits: a sum that it shows as 3 may be stored as 3.0000000000000004.
    shown = float(f"{value:.15g}")
    if shown.is_integer():
        return Reading(shown, note="read-as")
    thousandfold = round(shown * 1000, 6)
    # Thousands never begin with 0: what is below 1 is a share, or a time of day.
    if value > 1 and thousandfold.is_integer() and thousandfold <= LARGEST:
        return Reading(refusal="thousands-lost", guesses=(thousandfold,))
    return Reading(refusal="not-integer")


def _decimals(value: float) -> int | None:
    text = repr(value)
    text = f"{Decimal(text):f}" if "e" in text else text
    decimals = 0 if text.endswith(".0") else len(text) - text.find(".") - 1
    return decimals if decimals <= 6 else None
