"""One raw cell into an entry, and the finding where it was refused or read differently from how it was typed."""

from __future__ import annotations

from typing import cast

from pipeline.catalogue import CATALOGUE, KIND_NAMES, REFUSALS
from pipeline.findings import Finding, Param
from pipeline.messages import number
from pipeline.numbers import Kind, Reading, Unread, read_number, read_share, read_text
from pipeline.submission import Entry
from schemas.form import Cell


def read_entry(
    cell: Cell, sheet: str, address: str, raw: object, *, as_percent: bool = False
) -> tuple[Entry | None, Finding | None]:
    """What a filled cell says, whose number may be shown ``as_percent``; ``None`` for one that holds but blanks.

    A number is taken as it stands: whether its column admits it is judged for all units at once. Cells that the
    template works out or the issuer fills are evidence, compared later; they raise no finding here.
    """
    if not cell.is_number and not isinstance(raw, Unread):
        text = read_text(raw)
        return (Entry(cell.key, sheet, address, raw, None, text, own=cell.is_observed) if text else None), None
    whole = type(raw) is float and (cell.type == "average" or (cell.type != "percent" and raw.is_integer()))
    if whole and not as_percent:
        return Entry(cell.key, sheet, address, raw, cast(float, raw), own=cell.is_observed), None
    kind = cast(Kind, cell.type)
    if as_percent and isinstance(raw, float):
        reading, text = read_share(raw, kind), f"{number(round(100 * raw, 10))}%"
    else:
        reading = read_number(raw, kind, unit=cell.unit, threshold=cell.type == "percent" and cell.role == "input")
        text = "" if isinstance(raw, int | float) and not isinstance(raw, bool) else read_text(raw)
        if cell.type == "percent" and cell.role == "input" and isinstance(raw, float) and 0 < raw <= 1:
            reading = Reading(refusal="percent-or-share", guesses=(round(100 * raw, 10), raw))
    if reading.value is None and not reading.refusal and not reading.note:
        return None, None
    if reading.refusal in _COLUMN_REASONS and isinstance(raw, int | float) and not isinstance(raw, bool):
        return Entry(cell.key, sheet, address, raw, float(raw), own=cell.is_observed), None
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
    return entry, cell_finding(cell, entry, reading)


_COLUMN_REASONS = frozenset({"negative", "not-integer", "thousands-lost", "too-large"})


def cell_finding(cell: Cell, entry: Entry, reading: Reading) -> Finding:
    """The finding of one cell that was refused, or read differently from how it was typed."""
    reason = reading.refusal or reading.note
    finding_id = REFUSALS.get(reason, reason)
    params: dict[str, Param] = {"unit": cell.unit, "guess": " / ".join(number(guess) for guess in reading.guesses)}
    unclear = reason == "ambiguous-separator" and len(reading.guesses) < 2
    if reading.refusal:
        params["expected"] = KIND_NAMES.get(cell.type, "")
        if reason == "lost-comma" and reading.guesses:
            params["expected"] = reading.guesses[0]
    elif reading.value is not None:
        params["expected"] = reading.value
    return Finding(
        finding_id,
        CATALOGUE[finding_id].severity,
        form=cell.key.form,
        sheet=entry.sheet,
        cells=(entry.cell,),
        indicator=cell.key.indicator,
        measure=cell.key.measure,
        value=entry.shown,
        expected=str(params["guess"])
        if reading.refusal
        else (number(reading.value) if reading.value is not None else ""),
        say="separator-unclear" if unclear else "",
        params=params,
    )
