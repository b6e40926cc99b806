"""What goes into the package of one unit for one period."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.history import UnitFigures
from pipeline.obligations import Obligations, forms_for
from pipeline.package_values import Content
from pipeline.workspace import Workspace
from schemas.edit import Ref
from schemas.form import Forms
from schemas.tree import SECTOR_GROUPS, Tree, Unit


def content_of(
    workspace: Workspace, owed: Obligations, unit: Unit, earlier: UnitFigures, year_ago: UnitFigures
) -> Content:
    """The blank package of a unit: forms by its level, targets in force, last period's figures beside the input."""
    return Content(
        unit=unit.code,
        unit_name=unit.name,
        level=unit.level,
        agency=workspace.settings.agency,
        period=str(owed.period),
        period_label=_capital(owed.period.label("vi")),
        cut_off=owed.dates.cut_off,
        due=owed.dates.due,
        issued_on=owed.dates.issued_on,
        forms=forms_for(workspace, owed.period, unit, owed.targets),
        targets=owed.targets.get(unit.code, {}),
        previous=earlier.get(unit.code, {}),
        constants=constants_of(workspace.forms, owed.tree, unit, earlier, year_ago),
    )


def constants_of(
    forms: Forms, tree: Tree, unit: Unit, earlier: UnitFigures, year_ago: UnitFigures
) -> Mapping[Ref, float]:
    """The numbers that edits need and that are known before the unit answers."""
    constants: dict[Ref, float] = {}
    for group, count in register_counts(tree, unit).items():
        constants[Ref("register", "", group, "")] = float(count)
    before, then = earlier.get(unit.code, {}), year_ago.get(unit.code, {})
    constants |= {Ref("prev", *key): value for key, value in before.items() if key in forms.cells}
    constants |= {Ref("year_ago", *key): value for key, value in then.items() if key in forms.cells}
    return constants


def register_counts(tree: Tree, unit: Unit) -> dict[str, int]:
    """How many unions of each group the register has below a unit; empty for one that can have none."""
    if unit.level == "grassroots":
        return {}
    below = [other for other in tree.descendants(unit.code) if other.level == "grassroots"]
    counts = {"grassroots": len(below), "children": len(tree.children(unit.code))}
    for group in dict.fromkeys(SECTOR_GROUPS.values()):
        counts[group] = sum(other.sector_group == group for other in below)
    return counts


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
