"""Figures for units that nobody has: each grassroots union's own, and what an upper union adds up from its children."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline import demo_activity
from pipeline.contents import content_of, register_counts
from pipeline.demo_activity import invent_activity, invent_list
from pipeline.demo_figures import Entries, invent
from pipeline.obligations import Obligations
from pipeline.package_lines import ListRow
from pipeline.package_made import made
from pipeline.package_values import Content
from pipeline.workspace import Workspace
from schemas.form import Cell, Form, Key
from schemas.targets import Target
from schemas.tree import Unit

_STANDARD, LIKE = ("B01", "B02", "B03", "B04"), "B02"
_FILLED_BY = {"nguoi_lap": "(minh họa)", "so_dt": "(minh họa)"}
_LIST = {"so_ld": "sl_cnvcld", "so_dv": "sl_doan_vien", "so_nu": "sl_dv_nu"}
_MEMBERS = Key("B01", "sl_doan_vien", "tong")
_REACHED, _BUDGET = Key("B03", "ct_16", "thuc_hien"), Key("B02", "tc_dutoan", "ky_nay")
_INCOME = (Key("B02", "tc_thu_kpcd", "ky_nay"), Key("B02", "tc_thu_dpcd", "ky_nay"))
# A target lies a little below what was done, so that no finding says it is far off.
_ABOVE_TARGET = 1.15


def keep_cells() -> None:
    """The sample's figures ask for a form's cells again and again; found once they cost a third."""
    known: dict[int, tuple[Form, Mapping[Key, Cell]]] = {}

    def cells(form: Form) -> Mapping[Key, Cell]:
        if id(form) not in known:
            known[id(form)] = form, {cell.key: cell for cell in form.cells()}
        return known[id(form)][1]

    demo_activity._cells = cells


def blank_of(workspace: Workspace, owed: Obligations, unit: Unit) -> Content:
    """The package of a unit as it was issued."""
    return content_of(workspace, owed, unit, {}, {})


def grassroots(blank: Content, unit: Unit, order: int) -> Content:
    """The filled package of a union of middling size; ``blank`` may be any grassroots union's."""
    own = replace(blank, unit=unit.code, unit_name=unit.name, info=_FILLED_BY)
    chance = random.Random(f"{unit.code} {own.period} hoạt động")
    entries = invent(own, 60 + 7 * (order % 19) + chance.randrange(7), {}) if _has(own, "B01") else {}
    unions = {"grassroots": 1, unit.sector_group: 1}
    entries |= invent_activity(chance, own, unions, entries, {})
    return replace(own, entries=_repeated(own, entries))


def upper(
    blank: Content, owed: Obligations, unit: Unit, children: Sequence[Content]
) -> tuple[Content, dict[str, Target]]:
    """The filled package of an upper union whose children sent these, and its targets, which fit its figures."""
    chance = random.Random(f"{unit.code} {blank.period} hoạt động")
    sums = _sums(children)
    counts = register_counts(owed.tree, unit)
    own = replace(blank, info=_FILLED_BY)
    entries = invent(own, int(sums.get(_MEMBERS, 100)), counts)
    entries |= invent_activity(chance, own, counts, entries, {})
    entries = _added(blank, _repeated(own, entries), sums)
    reported = {child.unit: child.entries for child in children}
    lists = {form: _listed(own, form, entries, reported) for form in own.lists}
    content = replace(own, entries=entries, lists=lists)
    return _aimed(content)


def _repeated(content: Content, entries: Entries) -> Entries:
    """With the figures of forms that are only there to make the package larger."""
    more = [form.id for form in content.forms if form.id not in _STANDARD]
    like = [(key, value) for key, value in entries.items() if key.form == LIKE]
    return entries | {key._replace(form=form): value for form in more for key, value in like}


def _has(content: Content, form: str) -> bool:
    return any(one.id == form for one in content.forms)


def _sums(children: Sequence[Content]) -> dict[Key, float]:
    sums: dict[Key, float] = {}
    for child in children:
        for key, value in child.entries.items():
            if isinstance(value, float):
                sums[key] = sums.get(key, 0.0) + value
    return sums


def _added(blank: Content, entries: Entries, sums: Mapping[Key, float]) -> Entries:
    """The union's figures: its children's and its own part, where a figure has children."""
    found = dict(entries)
    cells = [cell for form in blank.forms if not form.lists for cell in form.cells()]
    for cell in cells:
        if cell.role == "input" and cell.children != "apart" and cell.key in sums:
            part = found.get(cell.own, 0.0) if cell.own is not None else 0.0
            found[cell.key] = sums[cell.key] + float(part)
    for cell in cells:
        now = cell.key._replace(measure="ky_nay")
        if cell.key.measure == "uoc_nam" and cell.key in found and now in found:
            found[cell.key] = found[now]
    return found


def _listed(
    content: Content, form: str, entries: Entries, reported: Mapping[str, Mapping[Key, float | str]]
) -> tuple[ListRow, ...]:
    """A row for each child, with what it reports itself."""
    rows = invent_list(content, form, entries, on_software=None)
    return tuple(
        replace(
            row,
            values={
                **row.values,
                **{code: reported[row.id][Key("B01", indicator, "tong")] for code, indicator in _LIST.items()},
            },
        )
        for row in rows
    )


def _aimed(content: Content) -> tuple[Content, dict[str, Target]]:
    """The package with targets that fit what was done, and what the forms ask to be equal made so."""
    known, entries = made(content).known, dict(content.entries)
    targets = dict(content.targets)
    budget, income = known.get(_BUDGET), sum(known.get(key, 0.0) for key in _INCOME)
    for measure in ("thuc_hien", "uoc_nam"):
        if budget and _REACHED._replace(measure=measure) in entries:
            entries[_REACHED._replace(measure=measure)] = round(100 * income / budget, 2)
    for form in content.forms:
        for cell in form.cells():
            target = targets.get(cell.key.indicator)
            if cell.key.measure != "thuc_hien" or target is None or cell.type == "percent":
                continue
            value = float(round(known.get(cell.key, 0.0) / _ABOVE_TARGET))
            targets[cell.key.indicator] = replace(target, value=value)
    return replace(content, entries=entries, targets=targets), targets
