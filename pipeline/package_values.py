"""What goes into a package, and every figure that its formulas must show before anyone recalculates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType

from pipeline.findings import Finding, Severity
from pipeline.percent import half_up
from pipeline.verdicts import value_of
from schemas.edit import Linear, Ref
from schemas.form import Cell, Form, Key
from schemas.targets import Target, verdict

Values = Mapping[Key, float | str]


@dataclass(frozen=True, slots=True)
class Mark:
    """A cell to colour, and what its comment says."""

    severity: Severity
    comment: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything a package shows.

    ``entries`` are the unit's figures and texts as typed: a number, or text where the unit typed text, which no formula
    counts. ``constants`` are the numbers known at issue that checks need: last period's figures and
    register counts. ``marks`` and ``findings`` are empty but for a package that goes back with its faults.
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
    targets: Mapping[str, Target] = field(default_factory=dict)
    previous: Mapping[Key, float] = field(default_factory=dict)
    constants: Mapping[Ref, float] = field(default_factory=dict)
    entries: Mapping[Key, float | str] = field(default_factory=dict)
    info: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[Key, Mark] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    lang: str = "vi"

    @property
    def title(self) -> str:
        """The document's title."""
        return f"{self.unit} {self.period}".strip()

    @property
    def footer(self) -> str:
        """What stands at the foot of every printed page; ``&`` would start a code there."""
        return f"{self.unit_name} – số liệu đến {self.cut_off:%d/%m/%Y}".replace("&", "và")


def worked_out(content: Content) -> Values:
    """What every formula of the package shows: links, derived totals, percentages, verdicts.

    A cell that was typed over has no formula any more.
    """
    everything = [cell for form in content.forms for cell in form.cells()]
    known = _inputs(content, everything)
    shown: dict[Key, float | str] = {}
    cells = [cell for cell in everything if cell.key not in content.entries]
    for cell in cells:
        if cell.link in known and cell.link is not None:
            shown[cell.key] = known[cell.key] = known[cell.link]
    for cell in cells:
        if cell.derived is not None and any(_key(ref) in known for ref in cell.derived.refs):
            shown[cell.key] = known[cell.key] = float(_sum(cell.derived, known))
    for cell in cells:
        if cell.role == "computed":
            percentage = _percentage(cell, known)
            if percentage is not None:
                shown[cell.key] = percentage
        elif cell.judges is not None and cell.key.indicator in content.targets:
            actual = known.get(cell.judges[0])
            if actual is not None:
                shown[cell.key] = verdict(content.targets[cell.key.indicator], actual)
    return MappingProxyType(shown)


def known_numbers(content: Content, values: Values) -> Mapping[Key, float]:
    """Every number of the package: reported, given by the issuer, and of ``values`` what is linked and derived."""
    cells = [cell for form in content.forms for cell in form.cells()]
    return _inputs(content, cells) | {key: value for key, value in values.items() if isinstance(value, float | int)}


def _inputs(content: Content, cells: list[Cell]) -> dict[Key, float]:
    known = {
        cell.key: float(entry)
        for cell in cells
        if cell.role != "issuer" and isinstance(entry := content.entries.get(cell.key), int | float)
    }
    for cell in cells:
        if cell.role == "issuer" and cell.key.indicator in content.targets:
            known[cell.key] = content.targets[cell.key.indicator].value
    return known


def _key(ref: Ref) -> Key:
    return Key(ref.form, ref.indicator, ref.measure)


def _sum(linear: Linear, known: Mapping[Key, float]) -> Fraction:
    return value_of(linear, {ref: known[_key(ref)] for ref in linear.refs if _key(ref) in known})


def _percentage(cell: Cell, known: Mapping[Key, float]) -> float | None:
    assert cell.ratio is not None
    refs = cell.ratio.numerator.refs + cell.ratio.denominator.refs
    if any(_key(ref) not in known for ref in refs):
        return None
    whole = _sum(cell.ratio.denominator, known)
    if not whole:
        return None
    return float(half_up(100 * _sum(cell.ratio.numerator, known) / whole, cell.decimals))
