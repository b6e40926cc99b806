"""The mistakes that the demo plants, each with the finding that must name it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.demo_figures import Entries
from pipeline.findings import Finding
from pipeline.init import EXAMPLES
from schemas.form import Key
from schemas.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One planted mistake: in whose file, at which cell, what it is, and the id of the finding it must raise.

    ``writes`` is what the mistake puts into the return; the faults of the real report put in nothing, they are in it.
    A fault of a whole file has no ``key``.
    """

    unit: str
    key: Key | None
    finding: str
    what: Text
    writes: Mapping[Key, float | str]
    file: str = ""


def listed_faults() -> list[Fault]:
    """The mistakes at a fixed cell with a fixed value."""
    raw = tomllib.loads((EXAMPLES / "planted.toml").read_text(encoding="utf-8"))
    faults = []
    for one in raw["fault"]:
        key = Key(*one["cell"].split("."))
        writes = {key: one["value"]} if "value" in one else {}
        faults.append(Fault(one["unit"], key, one["finding"], Text(one["vi"], one["en"]), writes))
    return faults


def computed_faults(unit: str, entries: Entries) -> list[Fault]:
    """Mistakes made from the unit's own figures."""
    women, schooled, theory, unions = (
        Key("B01", code, "tong") for code in ("sl_dv_nu", "cl_hv_thcs", "cl_ll_tc", "sl_cdcs")
    )
    if unit == "LC-01":
        what = Text("số nữ đảo hai chữ số", "two digits of the women exchanged")
        return [Fault(unit, women, "B01-E01", what, {women: _swapped(entries[women])})]
    if unit == "LC-05":
        what = Text("trung học cơ sở thừa 10 người", "ten too many in lower secondary")
        return [Fault(unit, schooled, "B01-E02", what, {schooled: float(entries[schooled]) + 10})]
    if unit == "LC-06":
        members = theory._replace(measure="nu")
        over = Text(
            "nữ có trung cấp lý luận nhiều hơn tổng số 5 người", "five more women than all with intermediate theory"
        )
        more = {key: float(entries[key]) + 2 for key in (unions, unions._replace(indicator="sl_cdcs_hcsn"))}
        what = Text("số CĐCS nhiều hơn danh bạ 2", "two unions more than the register")
        return [
            Fault(unit, members, "B01-E10", over, {members: float(entries[theory]) + 5}),
            Fault(unit, unions, "B01-S04", what, more),
        ]
    return []


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
    if fault.key is not None:
        shown = (cell if "!" in cell else f"{finding.sheet}!{cell}" for cell in finding.cells)
        return finding.unit == fault.unit and address in shown
    return finding.file.endswith(fault.file) if fault.file else finding.unit == fault.unit


def found(fault: Fault, address: str, findings: Sequence[Finding]) -> bool:
    """Whether the run named this mistake."""
    return any(names(finding, fault, address) for finding in findings)
