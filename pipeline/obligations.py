"""Who owes what for a period: the tree valid at its cut-off, the senders, the targets in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipeline.findings import Finding
from pipeline.workspace import Workspace
from schemas.errors import DefinitionError
from schemas.form import Cell, Form, Forms, Key
from schemas.period import Period
from schemas.scope import scoped
from schemas.settings import PeriodSettings
from schemas.targets import Target, check_targets, in_force, superseded
from schemas.text import Text
from schemas.tree import Tree, Unit


@dataclass(frozen=True, slots=True)
class Obligations:
    """Everything a period asks of its units. ``forms`` are those of its kind, with the rows that it asks.

    ``replaced`` are the targets of each unit that a later decision replaced.
    """

    period: Period
    dates: PeriodSettings
    forms: Forms
    tree: Tree
    senders: tuple[str, ...]
    owed: Mapping[str, tuple[Form, ...]]
    targets: Mapping[str, Mapping[str, Target]]
    replaced: Mapping[str, tuple[Target, ...]]

    def forms_of(self, unit: Unit) -> tuple[Form, ...]:
        """The forms in a unit's package, whether or not it is among the senders."""
        return self.forms.owed(self.period.kind, unit.level, has_target=unit.code in self.targets)

    def owes(self, unit: Unit, cell: Cell) -> bool:
        """Whether a unit, being among the senders, must report this cell."""
        return (
            unit.code in self.owed
            and unit.level in cell.levels
            and any(form.id == cell.key.form for form in self.owed[unit.code])
        )


def obligations(workspace: Workspace, period: Period) -> Obligations:
    """Who owes what. Raises :class:`DefinitionError` when the period or the province is not set up."""
    dates = workspace.settings.of(period)
    tree = workspace.register.at(dates.cut_off)
    if tree.province.code != workspace.settings.province:
        code = workspace.settings.province
        raise DefinitionError(
            Text(
                f'tonghop.toml, province: "{code}" không phải đơn vị cấp tỉnh trong units.csv ({tree.province.code}).',
                f'tonghop.toml, province: "{code}" is not the province in units.csv ({tree.province.code}).',
            )
        )
    senders = workspace.settings.senders_of(period)
    targets, replaced = _targets_by_unit(workspace, period, dates)
    plain = Obligations(period, dates, scoped(workspace.forms, period.kind), tree, senders, {}, targets, replaced)
    asked = {unit.code: plain.forms_of(unit) for unit in tree.units if unit.level in senders}
    return replace(plain, owed=MappingProxyType({unit: forms for unit, forms in asked.items() if forms}))


def _targets_by_unit(
    workspace: Workspace, period: Period, dates: PeriodSettings
) -> tuple[Mapping[str, Mapping[str, Target]], Mapping[str, tuple[Target, ...]]]:
    """The targets in force, and those that they replaced."""
    by_unit: dict[str, list[Target]] = {}
    for target in workspace.targets:
        by_unit.setdefault(target.unit, []).append(target)
    found = {unit: in_force(own, unit, period, dates.cut_off) for unit, own in by_unit.items()}
    given = MappingProxyType({unit: targets for unit, targets in found.items() if targets})
    replaced = {unit: superseded(by_unit[unit], unit, period, dates.cut_off) for unit in given}
    return given, MappingProxyType({unit: old for unit, old in replaced.items() if old})


def target_figures(owed: Obligations) -> dict[tuple[str, Key], float]:
    """The targets in force as figures of the issuer's cells."""
    issued = {cell.key.indicator: cell.key for cell in owed.forms.cells.values() if cell.role == "issuer"}
    return {
        (unit, issued[indicator]): target.value
        for unit, targets in owed.targets.items()
        for indicator, target in targets.items()
        if indicator in issued
    }


def target_faults(workspace: Workspace) -> Iterator[Finding]:
    """Targets for a unit or an indicator that does not exist; each names its row."""
    indicators = {cell.key.indicator for cell in workspace.forms.cells.values() if cell.role == "issuer"}
    for fault in check_targets(workspace.targets, workspace.register.codes, indicators):
        yield Finding("target-unknown", "hard", file="schemas/targets.csv", params={"fault": fault})
