"""Targets: what a decision asks a unit to reach in a period."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from schemas.csvrows import Row, day_in, number_in, period_in, place, read_csv, table
from schemas.errors import DefinitionError
from schemas.near import near
from schemas.period import Period
from schemas.text import Text

Op = Literal["=", ">="]

COLUMNS = ("unit", "period", "indicator", "op", "value", "base", "decision", "issued_on")
_NO_TARGET = Text("; không giao thì ghi 0", "; write 0 for no target")
_OPS: dict[str, Op] = {"=": "=", ">=": ">=", "≥": ">="}


@dataclass(frozen=True, slots=True)
class Target:
    """One target: a number to reach (``=``), or a percentage of ``base`` to reach at least (``>=``, in points).

    ``row`` is where it stands in its file.
    """

    unit: str
    period: Period
    indicator: str
    op: Op
    value: float
    base: str
    decision: str
    issued_on: date
    row: int


def load_targets(path: Path) -> tuple[Target, ...]:
    """Read a csv of targets. Raises ``DefinitionError`` with every fault of the file at once."""
    return parse_targets(read_csv(path), path.name)


def parse_targets(rows: Iterable[Sequence[object]], source: str) -> tuple[Target, ...]:
    """The targets in ``rows``, which begin with the first row of the sheet called ``source`` in messages.

    Cells may be text, numbers or dates. Raises ``DefinitionError`` with every fault at once.
    """
    below, faults = table(rows, COLUMNS, source)
    found = []
    for row in below:
        target = _target(row, source, faults)
        if target:
            found.append(target)
    faults += _check_twice(found, source)
    if faults:
        raise DefinitionError(*faults)
    return tuple(found)


def in_force(targets: Iterable[Target], unit: str, period: Period, cut_off: date) -> dict[str, Target]:
    """The target that counts for each indicator: of the latest decision issued on or before ``cut_off``.

    Where a half year has no target of its own, the year's counts.
    """
    of_unit = [target for target in targets if target.unit == unit and target.issued_on <= cut_off]
    counts: dict[str, Target] = {}
    if period.kind == "half-year":
        counts = _latest(of_unit, Period(period.year, "year", 1))
    return counts | _latest(of_unit, period)


def superseded(targets: Iterable[Target], unit: str, period: Period, cut_off: date) -> tuple[Target, ...]:
    """The targets that a later decision, issued on or before ``cut_off``, replaced; in file order."""
    listed = tuple(targets)
    counts = {(target.period, target.indicator): target for target in in_force(listed, unit, period, cut_off).values()}
    return tuple(
        target
        for target in listed
        if target.unit == unit
        and (winner := counts.get((target.period, target.indicator)))
        and target.issued_on < winner.issued_on
    )


def verdict(target: Target, actual: float) -> str:
    """What the form says of ``actual``: ``Vượt``, ``Đạt``, ``Không đạt``, or ``Không giao`` for a target of 0.

    A threshold (``>=``) is reached or not; only a number can be exceeded.
    """
    if target.value == 0:
        return "Không giao"
    if target.op == "=" and actual > target.value:
        return "Vượt"
    return "Đạt" if actual >= target.value else "Không đạt"


def check_targets(
    targets: Iterable[Target], units: Collection[str], indicators: Collection[str], source: str = "targets.csv"
) -> list[Text]:
    """A fault for each target of a unit or an indicator that is not known, with the nearest one that is."""
    faults = []
    for target in targets:
        if target.unit not in units:
            at, hint = place(source, target.row, "unit"), near(target.unit, units)
            faults.append(
                Text(
                    f'{at.vi}: "{target.unit}" không có trong danh sách đơn vị. Sửa mã đơn vị.{hint.vi}',
                    f'{at.en}: "{target.unit}" is not in the register. Mend the code.{hint.en}',
                )
            )
        if target.indicator not in indicators:
            at, hint = place(source, target.row, "indicator"), near(target.indicator, indicators)
            faults.append(
                Text(
                    f'{at.vi}: "{target.indicator}" không phải chỉ tiêu giao được. Sửa mã chỉ tiêu.{hint.vi}',
                    f'{at.en}: "{target.indicator}" takes no target. Mend the code.{hint.en}',
                )
            )
    return faults


def _latest(targets: Iterable[Target], period: Period) -> dict[str, Target]:
    latest: dict[str, Target] = {}
    for target in targets:
        before = latest.get(target.indicator)
        if target.period == period and (before is None or target.issued_on > before.issued_on):
            latest[target.indicator] = target
    return latest


def _target(row: Row, source: str, faults: list[Text]) -> Target | None:
    """The target in a row; its faults go to ``faults``, and then there is none."""
    period = period_in(row, "period", source, faults)
    value = number_in(row, "value", source, faults, _NO_TARGET)
    issued_on = day_in(row, "issued_on", source, faults)
    op = _OPS.get(row.text("op"))
    if op is None:
        at, word = place(source, row.number, "op"), row.text("op")
        faults.append(
            Text(
                f'{at.vi}: "{word}" không dùng được. Ghi = nếu giao một số, >= nếu giao từ mức đó trở lên.',
                f'{at.en}: "{word}" is not known. Write = for a number to reach, >= for a least level.',
            )
        )
    blank = [column for column in ("unit", "indicator", "decision") if not row.text(column)]
    for column in blank:
        at = place(source, row.number, column)
        faults.append(Text(f"{at.vi}: để trống. Điền ô này.", f"{at.en}: is blank. Fill it in."))
    if blank or op is None or period is None or value is None or issued_on is None:
        return None
    unit, indicator = row.text("unit"), row.text("indicator")
    base, decision = row.text("base"), row.text("decision")
    return Target(unit, period, indicator, op, value, base, decision, issued_on, row.number)


def _check_twice(targets: Iterable[Target], source: str) -> list[Text]:
    """A fault for each target that another of the same day contradicts or repeats: neither is the later."""
    faults = []
    first: dict[tuple[str, Period, str, date], int] = {}
    for target in targets:
        key = (target.unit, target.period, target.indicator, target.issued_on)
        earlier = first.setdefault(key, target.row)
        if earlier != target.row:
            at = place(source, target.row, "indicator")
            faults.append(
                Text(
                    f'{at.vi}: "{target.indicator}" của {target.unit} đã giao ở dòng {earlier} cùng ngày ban hành. '
                    "Chỉ để lại một dòng.",
                    f'{at.en}: row {earlier} gives {target.unit} "{target.indicator}" on the same day. '
                    "Keep one of the two rows.",
                )
            )
    return faults
