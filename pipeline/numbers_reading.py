"""What a numeric cell may say: a figure, no figure, or a refusal with the guesses beside it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

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

# Excel keeps fifteen digits of a number and shows zeros for the rest.
LARGEST = 999_999_999_999_999


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


class Unread(str):
    """What stands in a cell whose value cannot be taken, as it is shown, and the id of the reason."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, shown: str, reason: str) -> Unread:
        """The words ``shown``, not read for that ``reason``."""
        unread = super().__new__(cls, shown)
        unread.reason = reason
        return unread


ERROR = Unread("#ERROR!", "error-value")
"""A cell that shows an error, whichever it is: the reader says "blank" of it."""

BLANK = Reading()
_set_value, _set_decimals, _set_note, _set_refusal, _set_guesses = (
    vars(Reading)[field.name].__set__ for field in fields(Reading)
)


def as_is(value: float, decimals: int | None = None) -> Reading:
    """The reading of a figure that needs no remark."""
    # Nearly every cell passes here; filling the slots directly takes half the time of __init__.
    reading = object.__new__(Reading)
    _set_value(reading, value)
    _set_decimals(reading, decimals)
    _set_note(reading, "")
    _set_refusal(reading, "")
    _set_guesses(reading, ())
    return reading


def candidates(reading: Reading) -> tuple[float, ...]:
    """What the cell says or may have meant, best first."""
    return reading.guesses if reading.value is None else (reading.value,)
