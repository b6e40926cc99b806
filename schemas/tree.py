"""Reporting units, the register that dates them, and the tree they form on a day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal, get_args

from schemas.errors import DefinitionError
from schemas.text import Text

Level = Literal["province", "upper", "grassroots"]
LEVELS: tuple[Level, ...] = get_args(Level)

SECTOR_GROUPS: Mapping[str, str] = MappingProxyType(
    {"hcsn": "hcsn", "dvsn": "hcsn", "dnnn": "dnnn", "dn_nnn": "nnn", "htx": "nnn", "nghiep_doan": "nnn"}
)
SECTOR_NAMES: Mapping[str, Text] = MappingProxyType(
    {
        "hcsn": Text("Hành chính, sự nghiệp 100% ngân sách", "Administration, wholly paid by the budget"),
        "dvsn": Text("Đơn vị sự nghiệp tự chủ", "Self-financing public service"),
        "dnnn": Text("Doanh nghiệp nhà nước", "State enterprise"),
        "dn_nnn": Text("Doanh nghiệp ngoài nhà nước", "Non-state enterprise"),
        "htx": Text("Hợp tác xã", "Co-operative"),
        "nghiep_doan": Text("Nghiệp đoàn", "Trade guild"),
    }
)


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of the register: a unit as it was from ``valid_from`` to ``valid_to``, both days included.

    ``valid_to`` is ``None`` while the unit lives on. ``parent`` is empty for the province, ``sector``
    (a key of ``SECTOR_GROUPS``) for whoever has none.
    """

    code: str
    name: str
    short_name: str
    level: Level
    parent: str
    sector: str
    territory: str
    valid_from: date
    valid_to: date | None
    email: str
    aliases: tuple[str, ...]

    @property
    def sector_group(self) -> str:
        """``hcsn``, ``dnnn`` or ``nnn``; empty when the sector is not known."""
        return SECTOR_GROUPS.get(self.sector, "")

    @property
    def last_day(self) -> date:
        """The last day this row holds; the end of time while it is open."""
        return self.valid_to or date.max


@dataclass(frozen=True, slots=True)
class Tree:
    """The units valid on ``day``, in register order, every one below the province."""

    day: date
    units: tuple[Unit, ...]
    province: Unit
    order: Mapping[str, int]
    _children: Mapping[str, tuple[Unit, ...]]

    def __contains__(self, code: object) -> bool:
        return code in self.order

    def unit(self, code: str) -> Unit:
        """The unit with this code; ``KeyError`` when none is valid on the day."""
        return self.units[self.order[code]]

    def parent(self, code: str) -> Unit | None:
        """The unit above; ``None`` for the province. ``KeyError`` as in ``unit``."""
        above = self.unit(code).parent
        return self.unit(above) if above else None

    def children(self, code: str) -> tuple[Unit, ...]:
        """The units right below, in register order."""
        return self._children.get(code, ())

    def depth_first(self) -> tuple[Unit, ...]:
        """Every unit, children before their parent, brothers in register order."""
        return tuple(reversed(self._down(self.province)))

    def descendants(self, code: str) -> tuple[Unit, ...]:
        """Every unit below, at any depth, in register order. ``KeyError`` as in ``unit``."""
        below = self._down(self.unit(code))[1:]
        return tuple(sorted(below, key=lambda unit: self.order[unit.code]))

    def of_level(self, level: Level) -> tuple[Unit, ...]:
        """The units of a level, in register order."""
        return tuple(unit for unit in self.units if unit.level == level)

    def _down(self, top: Unit) -> list[Unit]:
        """``top`` and all below it, parents first, the last brother first."""
        seen, waiting = [], [top]
        while waiting:
            seen.append(waiting.pop())
            waiting += self.children(seen[-1].code)
        return seen


@dataclass(frozen=True, slots=True)
class Register:
    """Every unit there was, is or will be, in file order; a code stands once for each stretch of time."""

    units: tuple[Unit, ...]

    @property
    def codes(self) -> frozenset[str]:
        """Every code that was ever valid."""
        return frozenset(unit.code for unit in self.units)

    def at(self, day: date) -> Tree:
        """The tree on ``day``; ``DefinitionError`` when no province is valid then."""
        units = tuple(unit for unit in self.units if unit.valid_from <= day <= unit.last_day)
        province = next((unit for unit in units if unit.level == "province"), None)
        if province is None:
            raise DefinitionError(
                Text(
                    f"units.csv: ngày {day:%d/%m/%Y} không có đơn vị cấp tỉnh (province) nào còn hiệu lực. "
                    "Sửa valid_from, valid_to của đơn vị cấp tỉnh, hoặc ngày chốt số liệu của kỳ.",
                    f"units.csv: no province is valid on {day.isoformat()}. "
                    "Mend valid_from and valid_to of the province, or the cut-off of the period.",
                )
            )
        children: dict[str, list[Unit]] = {}
        for unit in units:
            children.setdefault(unit.parent, []).append(unit)
        order = {unit.code: position for position, unit in enumerate(units)}
        return Tree(day, units, province, order, {code: tuple(below) for code, below in children.items()})
