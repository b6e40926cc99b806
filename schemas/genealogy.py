"""What must hold among the rows of the register for them to be one tree on every day."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from schemas.csvrows import place
from schemas.near import near
from schemas.text import Text
from schemas.tree import Unit

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit and where it stands in the file."""

    unit: Unit
    source: str
    row: int

    def at(self, column: str) -> Text:
        """The place of one of its cells, in words."""
        return place(self.source, self.row, column)


def check_codes(placed: Sequence[Placed]) -> list[Text]:
    """A fault for each row whose code an earlier row holds at the same time."""
    faults = []
    # Windows takes lc-01.xlsx and LC-01.xlsx for the same file.
    for rows in _grouped((found.unit.code.casefold(), found) for found in placed).values():
        for index, later in enumerate(rows):
            earlier = _beside(later, rows[:index])
            if earlier is None:
                continue
            at, code = later.at("code"), later.unit.code
            faults.append(
                Text(
                    f'{at.vi}: mã "{code}" đã dùng ở dòng {earlier.row} trong cùng thời gian. '
                    "Đổi mã, hoặc ghi valid_to ở dòng cũ trước valid_from của dòng mới.",
                    f'{at.en}: row {earlier.row} holds code "{code}" at the same time. '
                    "Change the code, or end the old row (valid_to) before the new one begins.",
                )
            )
    return faults


def check_provinces(placed: Sequence[Placed], unread: Collection[str], source: str) -> list[Text]:
    """A fault when there is no province, for each one beside another, and for each one below another unit.

    ``unread`` are the codes of rows with faults of their own: the province may be among them.
    """
    provinces = [found for found in placed if found.unit.level == "province"]
    faults = []
    if not provinces and not unread:
        faults.append(
            Text(
                f"{source}: không có đơn vị cấp tỉnh. Ghi level là province cho đúng một đơn vị.",
                f"{source}: there is no province. Give exactly one unit the level province.",
            )
        )
    for index, later in enumerate(provinces):
        others = [found for found in provinces[:index] if found.unit.code != later.unit.code]
        if earlier := _beside(later, others):
            at = later.at("level")
            faults.append(
                Text(
                    f"{at.vi}: đơn vị cấp tỉnh thứ hai, đã có ở dòng {earlier.row}. Chỉ để lại một.",
                    f"{at.en}: a second province, the first stands in row {earlier.row}. Keep one.",
                )
            )
        if above := later.unit.parent:
            at = later.at("parent")
            faults.append(
                Text(
                    f'{at.vi}: đơn vị cấp tỉnh không có cấp trên, nhưng ghi "{above}". Để trống ô này.',
                    f'{at.en}: the province has no parent, but "{above}" stands here. Leave it blank.',
                )
            )
    return faults


def check_parents(placed: Sequence[Placed], unread: Collection[str]) -> list[Text]:
    """A fault for each unit without a parent on some of its days, and for each ring of parents.

    Children of rows with faults of their own (``unread``) are not judged.
    """
    by_code = _grouped((found.unit.code, found.unit) for found in placed)
    faults = []
    rings: set[frozenset[str]] = set()
    for found in placed:
        unit, at = found.unit, found.at("parent")
        if unit.level == "province" or unit.parent in unread:
            continue
        if unit.parent not in by_code:
            faults.append(_no_parent(at, unit.parent, by_code))
            continue
        if orphaned := _first_day_without(unit, by_code[unit.parent]):
            faults.append(_orphaned(at, unit.parent, orphaned))
        ring = _ring(unit, by_code, unit.valid_from, unit.last_day, ())
        if ring and frozenset(ring) not in rings:
            rings.add(frozenset(ring))
            faults.append(_in_a_ring(at, " → ".join((*ring, ring[0]))))
    return faults


def _beside(later: Placed, earlier: Iterable[Placed]) -> Placed | None:
    """The first of ``earlier`` that is valid on some day together with ``later``."""
    one = later.unit
    return next(
        (row for row in earlier if one.valid_from <= row.unit.last_day and row.unit.valid_from <= one.last_day),
        None,
    )


def _first_day_without(unit: Unit, parents: Iterable[Unit]) -> date | None:
    """The first day of ``unit`` on which none of its parent's rows is valid."""
    day = unit.valid_from
    for parent in sorted(parents, key=lambda parent: parent.valid_from):
        if parent.valid_from <= day <= parent.last_day:
            if parent.last_day >= unit.last_day:
                return None
            day = parent.last_day + timedelta(days=1)
    return day


def _ring(
    unit: Unit, by_code: Mapping[str, Sequence[Unit]], since: date, until: date, below: tuple[str, ...]
) -> tuple[str, ...]:
    """The codes from a unit up to itself again, all valid on one day; empty when the way up ends."""
    if unit.code in below:
        return below[below.index(unit.code) :]
    for parent in by_code.get(unit.parent, ()):
        first, last = max(since, parent.valid_from), min(until, parent.last_day)
        if first <= last and (ring := _ring(parent, by_code, first, last, (*below, unit.code))):
            return ring
    return ()


def _no_parent(at: Text, parent: str, codes: Iterable[str]) -> Text:
    if not parent:
        return Text(
            f"{at.vi}: để trống. Ghi mã của đơn vị cấp trên; chỉ cấp tỉnh không có cấp trên.",
            f"{at.en}: is blank. Write the code of the unit above; only the province has none.",
        )
    hint = near(parent, codes)
    return Text(
        f'{at.vi}: không có đơn vị nào mang mã "{parent}". Sửa mã, hoặc thêm dòng cho đơn vị đó.{hint.vi}',
        f'{at.en}: no unit has the code "{parent}". Mend the code, or add a row for that unit.{hint.en}',
    )


def _orphaned(at: Text, parent: str, day: date) -> Text:
    return Text(
        f'{at.vi}: "{parent}" không có hiệu lực ngày {day:%d/%m/%Y}, khi đơn vị này còn hoạt động. '
        "Sửa valid_from, valid_to của một trong hai, hoặc thêm dòng với cấp trên mới.",
        f'{at.en}: "{parent}" is not valid on {day}, while this unit is. '
        "Mend valid_from or valid_to of one of the two, or add a row with the new parent.",
    )


def _in_a_ring(at: Text, way: str) -> Text:
    return Text(
        f"{at.vi}: cấp trên đi vòng: {way}. Sửa cột parent để đường đi kết thúc ở cấp tỉnh.",
        f"{at.en}: the parents run in a ring: {way}. Mend parent so that the way ends at the province.",
    )


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for key, member in pairs:
        groups.setdefault(key, []).append(member)
    return groups
