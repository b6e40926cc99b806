"""What goes into the package of one unit for one period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from pipeline.history import UnitFigures
from pipeline.obligations import Obligations
from pipeline.package_lines import ListRow
from pipeline.package_values import Content
from pipeline.workspace import Workspace
from schemas.edit import Ref, RefKind
from schemas.form import Key, Prefill, Table
from schemas.period import previous_cumulative
from schemas.scope import of_level
from schemas.tree import SECTOR_GROUPS, SECTOR_NAMES, Tree, Unit


def content_of(
    workspace: Workspace, owed: Obligations, unit: Unit, earlier: UnitFigures, year_ago: UnitFigures
) -> Content:
    """The blank package of a unit: forms by its level, targets in force, last period's figures beside the input.

    A list comes with a row for each unit right below, as the register has it.
    """
    forms = tuple(of_level(form, unit.level) for form in owed.forms_of(unit))
    children = owed.tree.children(unit.code)
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
        forms=forms,
        estimate_to=owed.dates.estimated_to,
        instruction=owed.dates.instruction,
        targets=owed.targets.get(unit.code, {}),
        replaced=owed.replaced.get(unit.code, ()),
        previous=_previous(owed, earlier.get(unit.code, {})),
        constants=constants_of(owed, unit, earlier, year_ago),
        lists={form.id: _registered(table, children) for form in forms for table in form.lists},
    )


def _registered(table: Table, units: Sequence[Unit]) -> tuple[ListRow, ...]:
    """A row for each unit, with what the register knows of it."""
    known = [(measure.code, measure.prefill) for measure in table.measures if measure.prefill]
    rows = ({code: words for code, prefill in known if (words := _known(unit, prefill))} for unit in units)
    return tuple(ListRow(unit.code, values) for unit, values in zip(units, rows, strict=True))


def _known(unit: Unit, prefill: Prefill) -> str:
    match prefill:
        case "code":
            return unit.code
        case "name":
            return unit.name
        case "sector":
            return SECTOR_NAMES[unit.sector].vi if unit.sector in SECTOR_NAMES else ""
        case "territory":
            return unit.territory
    return ""


def constants_of(
    owed: Obligations,
    unit: Unit,
    earlier: UnitFigures,
    year_ago: UnitFigures,
    begun: Mapping[Ref, float] | None = None,
) -> Mapping[Ref, float]:
    """The numbers that edits and links need and that are known before the unit answers.

    Whoever asks for many units works out once what has ``begun`` for all of them.
    """
    constants: dict[Ref, float] = {}
    for group, count in register_counts(owed.tree, unit).items():
        constants[Ref("register", "", group, "")] = float(count)
    cells = owed.forms.cells
    before, then = earlier.get(unit.code, {}), year_ago.get(unit.code, {})
    constants |= {_ref("prev", key): value for key, value in before.items() if key in cells}
    constants |= begun_of(owed) if begun is None else begun
    constants |= {_ref("year_ago", key): value for key, value in then.items() if key in cells}
    return constants


def begun_of(owed: Obligations) -> Mapping[Ref, float]:
    """Before the first period of a year a running total is 0; its previous period is never in another year."""
    if previous_cumulative(owed.period) is not None:
        return {}
    return {_ref("prev", key): 0.0 for key, cell in owed.forms.cells.items() if cell.cumulative}


@cache
def _ref(kind: RefKind, key: Key) -> Ref:
    """Made once for all units: there are as many as a form has cells."""
    return Ref(kind, *key)


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


def _previous(owed: Obligations, before: Mapping[Key, float]) -> Mapping[Key, float]:
    """What stands beside the input cells: of a running total nothing where the year begins."""
    if previous_cumulative(owed.period) is not None:
        return before
    cells = owed.forms.cells
    return {key: value for key, value in before.items() if key in cells and not cells[key].cumulative}
