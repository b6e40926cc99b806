"""The sets of cells that could explain a fault as findings: the likeliest first, each with what speaks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding, Param
from pipeline.found_at import of_return
from pipeline.localize import Suspect, SuspectSet
from pipeline.localize_slips import ORDER, SLIPS, Slip, are_exchanged, slip
from pipeline.localize_system import LARGEST, Number
from pipeline.messages import number
from pipeline.submission import Submission
from pipeline.suspects import Meant, SetOfCells
from schemas.edit import Ref
from schemas.form import Key, key_of
from schemas.text import NO_TEXT, Text

# No sum of figures comes near what a cell can hold: so great a bound is none.
_ENDLESS = LARGEST // 2
_BLANK = Text("để trống", "blank")
# Nearly every gap of one digit is some figure's one wrong digit, or what it was rounded by.
_CLEAR: frozenset[Slip] = frozenset(
    {"exchanged-cells", "exchanged-digits", "noughts", "doubled-digit", "added-digit", "missing-digit"}
)


@dataclass(frozen=True, slots=True)
class Named:
    """A set of cells, the slip of each of them, and what else is known that confirms it."""

    found: SuspectSet
    slips: tuple[Slip, ...]
    confirmed: tuple[Text, ...] = ()

    @property
    def unlikely(self) -> int:
        """Less is likelier."""
        return -1 if self.confirmed else max(ORDER.index(name) for name in self.slips)

    @property
    def clear(self) -> bool:
        """Whether it explains the fault as chance seldom does."""
        return bool(self.confirmed) or _CLEAR.issuperset(self.slips)


@dataclass(frozen=True, slots=True)
class Told:
    """Of which fault of a return it is told, which edits it fails, and where their findings stand.

    ``days`` are the cells that hold dates. A fault is ``beaten`` where something likelier explains all of it.
    """

    fault: int
    edits: tuple[str, ...]
    about: frozenset[tuple[str, Key]]
    days: Collection[Key] = ()
    beaten: bool = False


def named(found: SuspectSet, confirmed: tuple[Text, ...] = ()) -> Named:
    """A set with the slip of each cell; two cells may hold each other's figure."""
    # Where several figures would do, none of them is what was meant.
    figures = [(_whole(cell.reported), _whole(cell.value)) for cell in found.cells]
    if len(figures) == 2:
        (first, one), (second, other) = figures
        if one is not None and other is not None and are_exchanged((first, second), (one, other)):
            return Named(found, ("exchanged-cells", "exchanged-cells"), confirmed)
    slips = tuple(slip(reported, meant) if meant is not None else "" for reported, meant in figures)
    return Named(found, slips, confirmed)


def _whole(value: Number | None) -> int | None:
    return int(value) if value is not None and value == int(value) else None


def in_order(sets: Iterable[Named], before: Mapping[Key, float]) -> list[Named]:
    """The likeliest first: what is confirmed, then by the slip, then by what stood there the period before."""
    return sorted(sets, key=lambda one: (one.unlikely, _from_before(one.found, before)))


def _from_before(found: SuspectSet, before: Mapping[Key, float]) -> float:
    """How far the proposals lie from what stood there the period before, the reported figures taken as the measure."""
    far = 0.0
    for cell in found.cells:
        earlier, meant = before.get(id_of(cell)), _proposed(cell)
        if earlier is None or meant is None or cell.reported is None:
            continue
        far += abs(float(meant) - earlier) - abs(float(cell.reported) - earlier)
    return far


def findings_of(sets: Sequence[Named], told: Told, submission: Submission, most: int) -> Iterator[Finding]:
    """A finding for each set, which are in order; so many at most."""
    first = sets[0] if sets and sets[0].clear else None
    for rank, one in enumerate(sets[:most], start=1):
        cells = tuple(_meant(cell, told.days) for cell in one.found.cells)
        tied = not told.beaten and (first is None or one.unlikely == first.unlikely)
        as_data = SetOfCells(told.fault, rank, cells, told.edits, tied, told.about)
        yield replace(_finding(one, told, submission, len(sets) - 1), suspects=as_data)


def at_cells(
    submission: Submission, sheet: str, cells: tuple[str, ...], finding_id: str, params: Mapping[str, Param]
) -> Finding:
    """A finding at these cells."""
    found = Finding(finding_id, CATALOGUE[finding_id].severity, sheet=sheet, cells=cells, params=params)
    return of_return(found, submission)


def id_of(cell: Suspect) -> Key:
    """The address of a suspect cell."""
    assert isinstance(cell.id, Ref)
    return key_of(cell.id)


def _finding(one: Named, told: Told, submission: Submission, others: int) -> Finding:
    found, days = one.found, told.days
    sheet, cells = submission.places(id_of(cell) for cell in found.cells)
    # A slip explains a set only where each of its cells has one.
    slips = (SLIPS[name] for name in one.slips) if all(one.slips) else ()
    why = list(dict.fromkeys((*slips, *one.confirmed)))
    reason = Text("; ".join(text.vi for text in why), "; ".join(text.en for text in why))
    params: dict[str, Param] = {
        "assign": "; ".join(_assigned(cell, submission, days) for cell in found.cells),
        "edits": ", ".join(told.edits),
        "slip": Text(f" ({reason.vi})" if why else "", f" ({reason.en})" if why else ""),
        "others": _others(others),
    }
    shown = ", ".join(
        _shown(cell.reported, id_of(cell) in days) if cell.reported is not None else "–" for cell in found.cells
    )
    meant = [_range(cell, days) for cell in found.cells]
    if not all(meant):
        said = [(words or _BLANK.vi, words or _BLANK.en) for words in meant]
        params["expected"] = Text(", ".join(vi for vi, _ in said), ", ".join(en for _, en in said))
    finding = at_cells(submission, sheet, cells, "suspect", params)
    first = id_of(found.cells[0])
    return replace(
        finding,
        form=first.form,
        indicator=first.indicator,
        measure=first.measure,
        value=shown,
        expected=", ".join(words or "–" for words in meant),
    )


def _meant(cell: Suspect, days: Collection[Key]) -> Meant:
    key = id_of(cell)
    if key in days:
        return Meant(key, None, _range(cell, days))
    return Meant(key, None if cell.value is None else float(cell.value), _range(cell, days), _by(cell))


def _by(cell: Suspect) -> float:
    """How far the nearest figure that would do is from what was reported."""
    reported = float(cell.reported or 0)
    if cell.low is None or cell.high is None:
        return abs(reported)
    return abs(min(max(reported, float(cell.low)), float(cell.high)) - reported)


def _others(count: int) -> Text:
    if not count:
        return NO_TEXT
    many = "explanations" if count > 1 else "explanation"
    return Text(f"; còn {count} cách giải thích khác", f"; {count} other {many}")


def _proposed(cell: Suspect) -> Number | None:
    """The figure that would mend; of several the one that was found first."""
    return cell.value if cell.value is not None else cell.example


def _assigned(cell: Suspect, submission: Submission, days: Collection[Key]) -> str:
    """The proposal for programs: the cell and the figure in plain digits, or the day as in ISO 8601."""
    sheet, address = submission.place(id_of(cell))
    meant = _proposed(cell)
    if id_of(cell) in days:
        return f"{sheet}!{address}={_day(meant).isoformat() if meant else ''}"
    return f"{sheet}!{address}={'' if meant is None else number(float(meant)).plain}"


def _range(cell: Suspect, days: Collection[Key]) -> str:
    """The figure that would mend, or those between which it lies; nothing where the cell is to be emptied."""
    a_day = id_of(cell) in days
    if cell.value is not None or cell.low is None or cell.high is None:
        meant = _proposed(cell)
        return "" if meant is None else _shown(meant, a_day)
    least, most = _shown(cell.low, a_day), _shown(min(cell.high, _ENDLESS) if a_day else cell.high, a_day)
    if cell.high > _ENDLESS:
        return f"≥ {least}"
    return f"{least}–{most}" if cell.low else f"≤ {most}"


def _shown(value: Number, a_day: bool) -> str:
    """A figure as a person writes it; a day that is none is no day at all."""
    if not a_day:
        return number(float(value))
    return f"{_day(value):%d/%m/%Y}" if 1 <= value <= date.max.toordinal() else ""


def _day(value: Number) -> date:
    return date.fromordinal(int(value))
