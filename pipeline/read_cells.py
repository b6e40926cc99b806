"""One raw cell into an entry, and the finding where it was refused or read differently from how it was typed."""

from __future__ import annotations

from typing import cast

from pipeline.catalogue import KIND_NAMES, REFUSALS
from pipeline.findings import Finding, Param
from pipeline.found_at import at_entry
from pipeline.messages import number
from pipeline.numbers import (
    Kind,
    Reading,
    Unread,
    date_fractions,
    date_numbers,
    has_percent_sign,
    read_number,
    read_share,
    read_text,
)
from pipeline.submission import Entry
from schemas.form import Cell
from schemas.text import Text

WHOLE = frozenset({"count", "money"})
# Why a plain number may not be taken; that is judged for all units at once.
_COLUMN_REASONS = frozenset({"negative", "not-integer", "thousands-lost", "too-large"})


def read_entry(
    cell: Cell, sheet: str, address: str, raw: object, *, as_percent: bool = False
) -> tuple[Entry | None, Finding | None]:
    """What a filled cell says, whose number may be shown ``as_percent``; ``None`` for one that holds but blanks.

    A number is taken as it stands: whether its column admits it is judged for all units at once. Cells that the
    template works out or the issuer fills are evidence, compared later; they raise no finding here.
    """
    if type(raw) is float and not as_percent and (cell.type == "average" or (cell.type in WHOLE and raw.is_integer())):
        return Entry(cell.key, sheet, address, raw, raw, own=cell.is_observed), None
    if not cell.is_number and not isinstance(raw, Unread):
        text = read_text(raw)
        return (Entry(cell.key, sheet, address, raw, None, text, own=cell.is_observed) if text else None), None
    reading, text, figure = _read(cell, raw, as_percent)
    if reading.value is None and not reading.refusal and not reading.note:
        return None, None
    if reading.refusal in _COLUMN_REASONS and figure is not None:
        return Entry(cell.key, sheet, address, raw, figure, text, own=cell.is_observed), None
    entry = Entry(
        cell.key,
        sheet,
        address,
        raw,
        reading.value,
        text,
        reading.decimals,
        reading.refusal,
        reading.guesses,
        own=cell.is_observed,
    )
    if not cell.is_observed or not (reading.refusal or reading.note):
        return entry, None
    return entry, _finding(cell, entry, reading)


def is_taken(cell: Cell) -> bool:
    """Whether a whole number is taken as it stands there."""
    return cell.type == "average" or cell.type in WHOLE


def _read(cell: Cell, raw: object, as_percent: bool) -> tuple[Reading, str, float | None]:
    """The reading of a cell, its words where it shows more than a plain figure, and the number that it holds."""
    kind = cast(Kind, cell.type)
    typed_percent = cell.type == "percent" and cell.role == "input"
    if as_percent and isinstance(raw, float):
        shown = round(100 * raw, 10)
        return read_share(raw, kind), f"{number(shown)}%", shown
    reading = read_number(raw, kind, unit=cell.unit, threshold=typed_percent)
    if typed_percent and reading.value is not None and _may_be_share(raw, reading.value):
        reading = Reading(refusal="percent-or-share", guesses=(round(100 * reading.value, 10), reading.value))
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        # Words only where there will be no value: what is taken is shown as the figure that it is.
        taken = not reading.refusal or reading.refusal in _COLUMN_REASONS
        return reading, "" if taken else number(raw), float(raw)
    return reading, read_text(raw), None


def _may_be_share(raw: object, value: float) -> bool:
    """Whether a typed percentage may be in points or a share of one: 0,27 is 0,27 % or 27 %."""
    return 0 < value <= 1 and not (isinstance(raw, str) and has_percent_sign(raw))


def _finding(cell: Cell, entry: Entry, reading: Reading) -> Finding:
    """The finding of one cell that was refused, or read differently from how it was typed."""
    reason = reading.refusal or reading.note
    finding_id = REFUSALS.get(reason, reason)
    meant = " / ".join(number(guess) for guess in reading.guesses)
    params: dict[str, Param] = {"unit": cell.unit, "guess": meant}
    expected: str = meant
    if reading.refusal:
        params["expected"] = KIND_NAMES.get(cell.type, "")
        if reason == "lost-comma" and reading.guesses:
            params["expected"] = reading.guesses[0]
        if reason == "date":
            dates = [_dates(entry.raw, reading, cast(Kind, cell.type), lang) for lang in ("vi", "en")]
            params["guess"] = Text(" hoặc ".join(dates[0]), " or ".join(dates[1]))
            expected = "; ".join(dates[0])
    elif reading.value is not None:
        params["expected"] = reading.value
        expected = number(reading.value)
    say = _say(reason, entry, reading)
    return at_entry(finding_id, entry, value=entry.shown, expected=expected, say=say, params=params)


def _dates(raw: object, reading: Reading, kind: Kind, lang: str) -> list[str]:
    """What may have been typed where there is a date now."""
    fractions = date_fractions(raw)
    numbers = date_numbers(raw, kind) if fractions else reading.guesses
    return [*fractions, *(number(guess, lang) for guess in numbers)]


def _say(reason: str, entry: Entry, reading: Reading) -> str:
    """The words for a reason that comes in several kinds; none where it has but one."""
    if reason == "ambiguous-separator" and len(reading.guesses) < 2:
        return "separator-unclear"
    if reason == "date" and reading.guesses:
        return "date-fraction" if date_fractions(entry.raw) else "date-number"
    if reason == "unit-differs" and isinstance(entry.raw, float):
        return "shown-in-percent"
    return ""
