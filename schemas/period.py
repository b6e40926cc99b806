"""The time a report is about: a year, a half year or a quarter."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from schemas.errors import DefinitionError
from schemas.text import Text

PeriodKind = Literal["year", "half-year", "quarter"]

_WRITTEN = re.compile(r"((?:19|20)[0-9]{2})(?:-(?:S([12])|Q([1-4])))?")
_MONTHS: dict[PeriodKind, int] = {"year": 12, "half-year": 6, "quarter": 3}
_ROMAN = ("I", "II", "III", "IV")
_ORDINAL = ("first", "second", "third", "fourth")


@dataclass(frozen=True, slots=True)
class Period:
    """A reporting period. ``number`` counts from 1 within the year, and is 1 for the year itself."""

    year: int
    kind: PeriodKind
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 12 // _MONTHS[self.kind]:
            raise ValueError(f"a {self.kind} has no number {self.number}")

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period written as ``2020``, ``2020-S1`` or ``2023-Q3``.

        Raises ``DefinitionError`` for anything else.
        """
        found = _WRITTEN.fullmatch(text.strip().upper())
        if not found:
            raise DefinitionError(
                Text(
                    f'"{text}" không phải là kỳ báo cáo. Ghi năm như 2020, 6 tháng như 2020-S1, quý như 2023-Q3.',
                    f'"{text}" is not a period. Write a year as 2020, a half year as 2020-S1, a quarter as 2023-Q3.',
                )
            )
        year, half, quarter = found.groups()
        if half:
            return cls(int(year), "half-year", int(half))
        if quarter:
            return cls(int(year), "quarter", int(quarter))
        return cls(int(year), "year", 1)

    def __str__(self) -> str:
        if self.kind == "year":
            return str(self.year)
        return f"{self.year}-{'S' if self.kind == 'half-year' else 'Q'}{self.number}"

    @property
    def first_day(self) -> date:
        """The day the period begins."""
        return date(self.year, _MONTHS[self.kind] * (self.number - 1) + 1, 1)

    @property
    def last_day(self) -> date:
        """The day the period ends; the cut-off of its report may be earlier."""
        month = _MONTHS[self.kind] * self.number
        return date(self.year, month, calendar.monthrange(self.year, month)[1])

    def label(self, lang: str) -> str:
        """The period in words; Vietnamese for anything but ``en``."""
        if self.kind == "year":
            words = Text(f"năm {self.year}", f"the year {self.year}")
        elif self.kind == "quarter":
            words = Text(
                f"quý {_ROMAN[self.number - 1]} năm {self.year}",
                f"the {_ORDINAL[self.number - 1]} quarter of {self.year}",
            )
        else:
            words = Text(
                f"6 tháng {('đầu', 'cuối')[self.number - 1]} năm {self.year}",
                f"the {_ORDINAL[self.number - 1]} half of {self.year}",
            )
        return words.of(lang)


def previous_stock(period: Period) -> Period:
    """The period whose closing stock is the opening stock of ``period``.

    A year and a first half year open with what the year before closed with; a second half year with what
    the first closed with; a quarter with what the quarter before closed with.
    """
    if period.kind == "quarter" and period.number == 1:
        return Period(period.year - 1, "quarter", 4)
    if period.number > 1:
        return Period(period.year, period.kind, period.number - 1)
    return Period(period.year - 1, "year", 1)


def previous_cumulative(period: Period) -> Period | None:
    """The period before in the same year, whose running total goes on; none for the first of a year."""
    return Period(period.year, period.kind, period.number - 1) if period.number > 1 else None


def year_ago(period: Period) -> Period:
    """The same period a year before."""
    return Period(period.year - 1, period.kind, period.number)
