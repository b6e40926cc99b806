"""The mistakes that the demo plants, each with the finding that must name it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.findings import Finding
from pipeline.init import EXAMPLES
from pipeline.package_values import Content
from schemas.form import Key
from schemas.text import Text

_YEAR = "2020"


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted mistake: in whose file, at which cell, what it is, and the id of the finding it must raise.

    ``writes`` is what the mistake puts into the return, ``info`` what it puts on the first page; the faults of the real
    reports put in nothing, they are in it. A fault of a whole file has no ``key``; ``at`` is a place that no cell of a
    form is.
    """

    unit: str
    key: Key | None
    finding: str
    what: Text
    writes: Mapping[Key, float | str]
    file: str = ""
    period: str = _YEAR
    at: str = ""
    info: Mapping[str, str] = field(default_factory=dict)


def listed_faults() -> list[Fault]:
    """The mistakes at a fixed cell with a fixed value, and those of whole files."""
    raw = tomllib.loads((EXAMPLES / "planted.toml").read_text(encoding="utf-8"))
    faults = []
    for one in raw["fault"]:
        key = Key(*one["cell"].split(".")) if "cell" in one else None
        writes = {key: one["value"]} if key is not None and "value" in one else {}
        writes |= {Key(*cell.split(".")): value for cell, value in one.get("writes", {}).items()}
        what = Text(one["vi"], one["en"])
        more = {name: one[name] for name in ("file", "period", "at", "info") if name in one}
        faults.append(Fault(one["unit"], key, one["finding"], what, writes, **more))
    return faults


def computed_faults(content: Content) -> list[Fault]:
    """Mistakes made from the unit's own figures."""
    made = _MADE.get((content.unit, content.period), ())
    return [one for make in made for one in make(content.unit, dict(content.entries))]


def _women_swapped(unit: str, entries: Mapping[Key, float | str]) -> list[Fault]:
    women = Key("B01", "sl_dv_nu", "tong")
    what = Text("số nữ đảo hai chữ số", "two digits of the women exchanged")
    return [Fault(unit, women, "B01-E01", what, {women: _swapped(entries[women])})]


def _ten_too_many(unit: str, entries: Mapping[Key, float | str]) -> list[Fault]:
    schooled = Key("B01", "cl_hv_thcs", "tong")
    what = Text("trung học cơ sở thừa 10 người", "ten too many in lower secondary")
    return [Fault(unit, schooled, "B01-E02", what, {schooled: float(entries[schooled]) + 10})]


def _more_women_than_all(unit: str, entries: Mapping[Key, float | str]) -> list[Fault]:
    theory, unions = Key("B01", "cl_ll_tc", "tong"), Key("B01", "sl_cdcs", "tong")
    women = theory._replace(measure="nu")
    over = Text(
        "nữ có trung cấp lý luận nhiều hơn tổng số 5 người", "five more women than all with intermediate theory"
    )
    more = {key: float(entries[key]) + 2 for key in (unions, unions._replace(indicator="sl_cdcs_hcsn"))}
    what = Text("số CĐCS nhiều hơn danh bạ 2", "two unions more than the register")
    return [
        Fault(unit, women, "B01-E10", over, {women: float(entries[theory]) + 5}),
        Fault(unit, unions, "B01-S04", what, more),
    ]


_MADE = {
    ("LC-01", _YEAR): (_women_swapped,),
    ("LC-05", _YEAR): (_ten_too_many,),
    ("LC-06", _YEAR): (_more_women_than_all,),
}


def _swapped(value: float | str) -> float:
    """The last two different neighbouring digits exchanged."""
    digits = list(str(int(float(value))))
    for i in range(len(digits) - 1, 0, -1):
        if digits[i] != digits[i - 1]:
            digits[i], digits[i - 1] = digits[i - 1], digits[i]
            break
    return float("".join(digits))


def names(finding: Finding, fault: Fault, address: str) -> bool:
    """Whether a finding names this mistake: the right id, in the right file or at the right cell."""
    if finding.id != fault.finding:
        return False
    if address:
        shown = (cell if "!" in cell else f"{finding.sheet}!{cell}" for cell in finding.cells)
        return finding.unit == fault.unit and address in shown
    return finding.file.endswith(fault.file) if fault.file else finding.unit == fault.unit


def found(fault: Fault, address: str, findings: Sequence[Finding]) -> bool:
    """Whether the run named this mistake."""
    return any(names(finding, fault, address) for finding in findings)
