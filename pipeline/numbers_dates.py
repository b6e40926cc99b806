"""A date or a time in a numeric cell: the fraction that was typed there, or the number that its format shows so.

Neither is ever taken: what was typed is gone, and only guesses are left.
"""

from __future__ import annotations

import datetime as dt

from pipeline.numbers_digits import read_fraction
from pipeline.numbers_reading import Kind, Reading

Moment = dt.date | dt.time | dt.timedelta

# A program that takes "8/10" for a date takes the year from its clock.
_TYPED = range(2000, 2100)
# Where the second number is no day it is taken for a year: "4/30" becomes April 1930, "8/25" August 2025, and the
# last year of two digits is 2029.
_YEARS = range(1930, 2030)
# Excel counts a 29 February 1900; from March on its days begin one day earlier.
_FIRST_RIGHT = dt.date(1900, 3, 1)
_DAY = dt.timedelta(days=1)
# Figures have few decimals, and readers round to a thousandth of a second; 8:10 is no figure.
_DECIMALS, _EXACTLY = 4, 1e-7


def read_date(raw: Moment, kind: Kind) -> Reading:
    """The refusal of a date or a time, with what may have been meant."""
    meant = [read_fraction(str(part), str(whole), kind).guesses for part, whole in _fractions(raw)]
    found = dict.fromkeys(guess for guesses in (*meant, date_numbers(raw, kind)) for guess in guesses)
    return Reading(refusal="date", guesses=tuple(found))


def date_fractions(raw: object) -> tuple[str, ...]:
    """What a program may have turned into this date, such as "8/10", the likelier first."""
    return tuple(f"{part}/{whole}" for part, whole in _fractions(raw))


def _fractions(raw: object) -> list[tuple[int, int]]:
    """Day and month either way, as the language of the program had it; a part is seldom above its whole."""
    if not isinstance(raw, dt.date) or (isinstance(raw, dt.datetime) and raw.time() != dt.time()):
        return []
    pairs = []
    if raw.year in _TYPED:
        pairs += sorted({(raw.day, raw.month), (raw.month, raw.day)})
    if raw.day == 1 and raw.year in _YEARS and raw.year % 100 > 12:
        pairs.append((raw.month, raw.year % 100))
    return pairs


def date_numbers(raw: object, kind: Kind) -> tuple[float, ...]:
    """The figures of ``kind`` that a cell formatted as a date or a time shows so; none for a day of these years."""
    if isinstance(raw, dt.date) and raw.year in _TYPED:
        return ()
    found: tuple[float, ...] = ()
    for days in _serials(raw):
        value = round(days, _DECIMALS)
        plain = value >= 0 and abs(value - days) < _EXACTLY
        if plain and (kind in ("percent", "average") or value.is_integer()):
            found += (round(100 * value, 10), value) if kind == "percent" and 0 < value <= 1 else (value,)
    return found


def _serials(raw: object) -> tuple[float, ...]:
    """The numbers, in days, that are shown as this moment."""
    if isinstance(raw, dt.timedelta):
        return (raw / _DAY,)
    if isinstance(raw, dt.time):
        return (_part(raw),)
    if not isinstance(raw, dt.date):
        return ()
    moment = raw if isinstance(raw, dt.datetime) else dt.datetime.combine(raw, dt.time())
    days = (moment.date() - dt.date(1899, 12, 30)).days + _part(moment.time())
    if moment.date() >= _FIRST_RIGHT:
        return (days,)
    # Both the 28th and the 29th are read as the 28th.
    return (days - 1, days) if moment.date() + _DAY == _FIRST_RIGHT else (days - 1,)


def _part(time: dt.time) -> float:
    return dt.timedelta(hours=time.hour, minutes=time.minute, seconds=time.second, microseconds=time.microsecond) / _DAY
