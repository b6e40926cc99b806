"""What goes into a package, and every figure that its formulas must show before anyone recalculates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from pipeline.formulas import OWN, key_of
from pipeline.package_lines import ListRow, MadeList
from pipeline.percent import half_up
from pipeline.verdicts import value_of
from schemas.edit import Linear, Ref
from schemas.form import Cell, Form, Key
from schemas.order import in_order
from schemas.targets import Target, verdict

Values = Mapping[Key, float | str]


@dataclass(frozen=True, slots=True)
class Source:
    """The return of one unit from which a package was built; no file where it sent none."""

    unit: str
    name: str
    status: str
    file: str = ""
    received: date | None = None
    figures: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a package shows.

    ``entries`` are the unit's figures and texts as typed: a number, or text where the unit typed text, which no formula
    counts; ``lists`` are the rows of its lists, by form; ``plus`` leads from a total to the one part that the unit has
    yet to fill in. ``constants`` are the numbers known at issue that checks and links need: last period's figures and
    register counts. ``sources`` are empty but for a package that was built from others.
    """

    unit: str
    unit_name: str
    level: str
    agency: str
    period: str
    period_label: str
    cut_off: date
    due: date
    issued_on: date
    forms: tuple[Form, ...]
    estimate_to: date | None = None
    instruction: str = ""
    targets: Mapping[str, Target] = field(default_factory=dict)
    replaced: tuple[Target, ...] = ()
    previous: Mapping[Key, float] = field(default_factory=dict)
    constants: Mapping[Ref, float] = field(default_factory=dict)
    entries: Mapping[Key, float | str] = field(default_factory=dict)
    lists: Mapping[str, tuple[ListRow, ...]] = field(default_factory=dict)
    plus: Mapping[Key, Key] = field(default_factory=dict)
    info: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()

    @property
    def row_ids(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of the rows of each list, by form."""
        return {form: tuple(row.id for row in rows) for form, rows in self.lists.items()}

    @property
    def title(self) -> str:
        """The document's title."""
        return f"{self.unit} {self.period}".strip()

    @property
    def heading(self) -> str:
        """Whose package it is, as every page says."""
        return f"{self.unit} – {self.unit_name}"

    @property
    def footer(self) -> str:
        """What stands at the foot of every printed page; ``&`` would start a code there."""
        return f"{self.unit_name} – số liệu đến {self.cut_off:%d/%m/%Y}".replace("&", "và")


@dataclass(frozen=True, slots=True)
class _Sum:
    """A cell that comes from others; ``own`` are the numbers that stand in the package, by their keys.

    ``parts`` are the cells of which one must be known, where there are any; ``whole`` is all else, every one needed.
    """

    key: Key
    source: Linear
    own: tuple[tuple[Ref, Key], ...]
    parts: frozenset[Key]
    whole: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """What a package works out, as far as that hangs on which numbers are known and not on the numbers.

    ``cells`` are those of the unit's level, ``linked`` the input cells among them that come filled with a formula,
    ``sums`` are the linked and derived cells, each after those it needs, ``percentages`` come with the cells they need.
    """

    cells: tuple[Cell, ...]
    linked: frozenset[Key]
    sums: tuple[_Sum, ...]
    percentages: tuple[tuple[Cell, frozenset[Key]], ...]
    judged: tuple[Cell, ...]
    given: tuple[Cell, ...]


def outline_of(content: Content) -> Outline:
    """What a package with these forms, targets and constants works out."""
    cells, linked = tuple(_asked(content)), linked_cells(content)
    made = ((cell.key, cell.derived or (cell.link if cell.key in linked else None)) for cell in in_order(cells))
    return Outline(
        cells,
        linked,
        tuple(_sum_of(key, source) for key, source in made if source is not None),
        tuple((cell, _needed(cell)) for cell in cells if cell.role == "computed"),
        tuple(cell for cell in cells if cell.role != "computed" and cell.judges is not None),
        tuple(cell for cell in cells if cell.role == "issuer"),
    )


def worked_out(outline: Outline, content: Content, lists: Mapping[str, MadeList]) -> Values:
    """What every formula of the package shows: totals of lists, links, derived totals, percentages, verdicts.

    A cell that was typed over has no formula any more.
    """
    totals = {key: made for one in lists.values() for key, made in one.totals.items()}
    shown: dict[Key, float | str] = {**totals}
    known = _inputs(outline, content) | totals
    entries, targets = content.entries, content.targets
    for one in outline.sums:
        if one.key not in entries and (made := _made(one, known, content.constants)) is not None:
            shown[one.key] = known[one.key] = made
    for cell, needed in outline.percentages:
        if needed <= known.keys() and cell.key not in entries and (percentage := _percentage(cell, known)) is not None:
            shown[cell.key] = percentage
    for cell in outline.judged:
        if cell.key in entries or cell.judges is None or cell.key.indicator not in targets:
            continue
        if (actual := known.get(cell.judges[0])) is not None:
            shown[cell.key] = verdict(targets[cell.key.indicator], actual)
    return MappingProxyType(shown)


def known_numbers(
    outline: Outline, content: Content, values: Values, lists: Mapping[str, MadeList]
) -> Mapping[Key, float]:
    """Every number of the package that checks go by: reported, given by the issuer, linked and derived.

    What a list makes is known only where none of its lines could still change it.
    """
    # Only what a list makes has no row.
    numbers = {key: value for key, value in values.items() if isinstance(value, float | int) and key.indicator}
    certain = {key: made for one in lists.values() for key, made in one.certain.items()}
    return _inputs(outline, content) | numbers | certain


def linked_cells(content: Content) -> frozenset[Key]:
    """The input cells that come filled with a formula: all that it needs is in the package or known at issue."""
    here = {cell.key for form in content.forms for cell in form.cells()}
    links = [(cell.key, cell.link.refs) for cell in _asked(content) if cell.link is not None]
    return frozenset(
        key
        for key, refs in links
        if all(key_of(ref) in here if ref.kind in OWN else ref in content.constants for ref in refs)
    )


def _sum_of(key: Key, source: Linear) -> _Sum:
    refs = source.refs
    return _Sum(
        key,
        source,
        tuple((ref, key_of(ref)) for ref in refs if ref.kind in OWN),
        frozenset(key_of(ref) for ref in refs if ref.kind == "cell"),
        tuple(ref for ref in refs if ref.kind != "cell"),
    )


def _made(one: _Sum, known: Mapping[Key, float], constants: Mapping[Ref, float]) -> float | None:
    """What a derived or linked cell comes to; all that is no cell must be known, and one of the cells if it has any."""
    if one.parts and known.keys().isdisjoint(one.parts):
        return None
    numbers = {ref: known[key] for ref, key in one.own if key in known}
    numbers |= {ref: constants[ref] for ref in one.whole if ref in constants}
    if any(ref not in numbers for ref in one.whole):
        return None
    return float(value_of(one.source, numbers))


def _asked(content: Content) -> list[Cell]:
    """The cells of the unit's level; nothing stands in the others."""
    return [cell for form in content.forms for cell in form.cells() if content.level in cell.levels]


def _inputs(outline: Outline, content: Content) -> dict[Key, float]:
    entered = content.entries
    known = {
        cell.key: float(entry)
        for cell in (outline.cells if entered else ())
        if cell.role != "issuer" and isinstance(entry := entered.get(cell.key), int | float)
    }
    for cell in outline.given:
        if cell.key.indicator in content.targets:
            known[cell.key] = content.targets[cell.key.indicator].value
    parts = {key: known[part] for key, part in content.plus.items() if key in known and part in known}
    return known | {key: known[key] + part for key, part in parts.items()}


def _sum(linear: Linear, known: Mapping[Key, float]) -> Fraction:
    return value_of(linear, {ref: known[key_of(ref)] for ref in linear.refs if key_of(ref) in known})


def _needed(cell: Cell) -> frozenset[Key]:
    """The cells of which a percentage needs every one."""
    assert cell.ratio is not None
    return frozenset(map(key_of, cell.ratio.numerator.refs + cell.ratio.denominator.refs))


def _percentage(cell: Cell, known: Mapping[Key, float]) -> float | None:
    """A share in points, of numbers that are all known; nothing where the whole is nothing."""
    assert cell.ratio is not None
    whole = _sum(cell.ratio.denominator, known)
    if not whole:
        return None
    return float(half_up(100 * _sum(cell.ratio.numerator, known) / whole, cell.decimals))
