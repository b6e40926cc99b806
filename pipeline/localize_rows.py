"""Which cells in the rows of lists could be wrong: where a row fails, and where a row explains what a column lacks.

A row is localized by itself, by the edits on its own cells. Most of those are orders (``so_nu <= so_dv``), which any of
many figures would mend; one of them is named where something else speaks for it: the return of the unit that the row
names, or a slip of the hand that leads to nearly the figure of the period before. What a column makes names no row. A
row explains the gap to another form only where one of those says the same, or where the same figure mends an edit that
fails in the row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from pipeline.findings import Finding, Param
from pipeline.list_sums import Held
from pipeline.localize import Fault, Limits, Suspect, SuspectSet, localize
from pipeline.localize_list import Listed, is_near
from pipeline.localize_named import Named, Told, at_cells, findings_of, in_order, named
from pipeline.localize_rules import Given, exact, systems_of
from pipeline.localize_slips import ORDER, slip, slips_from
from pipeline.localize_system import Number, System, failing, ids_of
from schemas.edit import Ref, refs_of
from schemas.form import Key, key_of
from schemas.text import Text

# Rows of a list that are looked at, and what is listed of each: who is told of more is told nothing.
_MOST_ROWS = 40
_MOST_SETS = 3
_LIMITS = Limits(sets=20, work=750_000)

Localized = tuple[tuple[System, tuple[Fault, ...]], ...]


@dataclass(frozen=True, slots=True)
class InRows:
    """What was found in the rows of a return.

    ``explaining`` are the rows that explain a gap, ``settled`` the columns whose gap it is, ``about`` the edits that
    fail by it.
    """

    explaining: tuple[Finding, ...] = ()
    findings: tuple[Finding, ...] = ()
    settled: frozenset[Key] = frozenset()
    about: frozenset[tuple[str, Key]] = frozenset()


def suspects_in_rows(lists: Iterator[Listed], fault: int) -> InRows:
    """The sets of cells for each row that fails, and the rows that explain a gap; faults are counted from ``fault``."""
    explaining: list[Finding] = []
    findings: list[Finding] = []
    settled: set[Key] = set()
    about: set[tuple[str, Key]] = set()
    for one in lists:
        done: set[int] = set()
        for held, candidates in _explaining(one):
            told = _told(one, held, candidates, fault)
            sets = in_order((named_ for _, named_ in candidates), {})
            explaining += findings_of(sets, told, one.submission, _MOST_SETS)
            settled.add(key_of(held[0].column))
            about |= {(held_.check.edit.id, _first(held_)) for held_ in held}
            done |= {i for i, _ in candidates} if len(candidates) == 1 else set()
            fault += 1
        rows = [i for i in one.failing if i not in done]
        found, fault = _of_rows(one, rows, fault)
        findings += found
    return InRows(tuple(explaining), tuple(findings), frozenset(settled), frozenset(about))


# --- a row that explains what a column makes too much or too little


def _explaining(one: Listed) -> Iterator[tuple[list[Held], list[tuple[int, Named]]]]:
    """The columns whose gap a slip in one of a few rows explains, and those rows."""
    columns: dict[str, list[Held]] = {}
    for held in one.held:
        if held.column.kind == "sum" and held.check.edit.severity == "hard":
            columns.setdefault(held.column.measure, []).append(held)
    for measure, several in columns.items():
        if len({held.gap for held in several}) > 1:
            continue
        ids = ", ".join(dict.fromkeys(held.check.edit.id for held in several))
        scored = [found for i in range(len(one.rows.items)) if (found := _slipped(one, i, measure, several[0].gap))]
        best = max((score for score, *_ in scored), default=0)
        rows = [(i, replace(named_, confirmed=_with_sum(named_, ids))) for score, i, named_ in scored if score == best]
        if 0 < len(rows) <= _MOST_SETS:
            yield several, rows


def _with_sum(found: Named, ids: str) -> tuple[Text, ...]:
    return (*found.confirmed, Text(f"cột cộng khớp {ids}", f"the column then meets {ids}"))


def _slipped(one: Listed, i: int, measure: str, gap: float) -> tuple[int, int, Named] | None:
    """How much speaks for it that a row holds the gap, and the row with the figure that it should have."""
    item = one.rows.items[i]
    entry = item.entries.get(measure)
    if entry is None or entry.value is None or entry.decision or not item.counted or item.closed:
        return None
    reported, meant = entry.value, entry.value - gap
    if meant < 0 or meant % 1 or reported % 1:
        return None
    known = one.speaks_for(item, measure, meant, reported)
    fails = i in one.failing
    slipped = bool(slip(int(reported), int(meant)))
    # What mends the row and the column at once needs no slip to be believed.
    backed = fails or (known and (slipped or one.own(item, measure) == meant))
    if not backed or not one.holds(i, measure, meant):
        return None
    if fails:
        ids = ", ".join(dict.fromkeys(check.edit.id for check in one.failed(i)))
        known.append(Text(f"dòng ấy khớp {ids}", f"the row then meets {ids}"))
    cell = Suspect(one.ref(item, measure), exact(reported), exact(meant), exact(meant), exact(meant))
    return len(known) + slipped, i, named(SuspectSet((cell,), 1), tuple(known))


def _told(one: Listed, held: Sequence[Held], rows: Sequence[tuple[int, Named]], fault: int) -> Told:
    failed = [check for i, _ in rows[:1] for check in one.failed(i)] if len(rows) == 1 else []
    about = {(held_.check.edit.id, _first(held_)) for held_ in held}
    if failed:
        about |= one.about(rows[0][0], failed)
    edits = dict.fromkeys((*(held_.check.edit.id for held_ in held), *(check.edit.id for check in failed)))
    return Told(fault, tuple(edits), frozenset(about))


def _first(held: Held) -> Key:
    return key_of(refs_of(held.check.rule)[0])


# --- rows that fail by themselves


def _of_rows(one: Listed, rows: Sequence[int], fault: int) -> tuple[list[Finding], int]:
    findings: list[Finding] = []
    seen: dict[tuple[object, ...], Localized] = {}
    for i in rows[:_MOST_ROWS]:
        given = _given(one, i)
        pattern = (*given.values.items(), frozenset(given.fixed))
        if pattern not in seen:
            systems = systems_of(one.edits, given)
            seen[pattern] = tuple((system, localize(system, _LIMITS)) for system in systems)
        for system, faults in seen[pattern]:
            for found in faults:
                findings += _of_fault(one, i, system, found, fault)
                fault += 1
    if len(rows) > _MOST_ROWS:
        findings.append(_others(one, rows[_MOST_ROWS:]))
    return findings, fault


def _given(one: Listed, i: int) -> Given:
    entries = one.rows.items[i].entries
    refs = one.rows.numbers.column
    fixed = {ref for ref in refs if ref.kind == "item" and ref.measure in entries and entries[ref.measure].decision}
    printed = {ref: entries[ref.measure].decimals for ref in refs if ref.kind == "item" and ref.measure in entries}
    return Given(
        {ref: exact(value) for ref, value in one.rows.known(i).items()},
        fixed=fixed,
        decimals={ref: decimals for ref, decimals in printed.items() if decimals},
    )


def _of_fault(one: Listed, i: int, system: System, fault: Fault, order: int) -> Iterator[Finding]:
    item = one.rows.items[i]
    checks = [check for check in one.failed(i) if check.edit.id in fault.edits]
    days = frozenset(Key(one.form, item.id, code) for code in one.days)
    told = Told(order, fault.edits, one.about(i, checks), days)
    found = [*_exchanged(one, i, system, fault), *(_backed(one, i, system, set_) for set_ in fault.sets)]
    found += _blanked(one, system, fault)
    before = {
        key._replace(indicator=item.id): value
        for measure in one.table.columns
        if (value := one.before.get(key := Key(one.form, item.key, measure))) is not None and item.counted
    }
    sets = in_order((_in_row(one, i, set_) for set_ in found), before)
    yield from findings_of(sets, told, one.submission, _MOST_SETS)
    if not sets:
        codes = dict.fromkeys(ref.measure for check in checks for ref in refs_of(check.rule))
        cells = tuple(item.entries[code].cell for code in codes if code in item.entries)
        unknown = at_cells(one.submission, item.sheet, cells, "suspect-unknown", {"edits": ", ".join(fault.edits)})
        yield replace(unknown, form=one.form, indicator=item.id)


def _in_row(one: Listed, i: int, found: Named) -> Named:
    """The same with the cells of this row, not of any."""
    item = one.rows.items[i]
    cells = tuple(replace(cell, id=one.ref(item, _measure(cell))) for cell in found.found.cells)
    return replace(found, found=replace(found.found, cells=cells))


def _measure(cell: Suspect) -> str:
    assert isinstance(cell.id, Ref)
    return cell.id.measure


def _backed(one: Listed, i: int, system: System, found: SuspectSet) -> Named:
    """A set with the one figure for which something else speaks, where there is such a figure."""
    item = one.rows.items[i]
    if len(found.cells) == 1 and _measure(found.cells[0]) not in one.days:
        [cell] = found.cells
        if isinstance(cell.reported, int):
            for value in _candidates(one, i, cell):
                known = one.speaks_for(item, _measure(cell), float(value), float(cell.reported))
                if known and not failing(system, {**system.reported, cell.id: value}):
                    certain = replace(cell, example=value, low=value, high=value)
                    return named(replace(found, cells=(certain,)), tuple(known))
    return named(found)


def _candidates(one: Listed, i: int, cell: Suspect) -> Iterator[Number]:
    """What the unit itself reports, then the likeliest slip that leads to nearly the figure of the period before."""
    item, measure = one.rows.items[i], _measure(cell)
    own, before = one.own(item, measure), one.earlier(item, measure)
    within = (cell.low or 0, cell.high if cell.high is not None else 0)
    if own is not None and within[0] <= own <= within[1]:
        yield exact(own)
    if before and isinstance(cell.reported, int):
        meant = [value for value in slips_from(cell.reported) if within[0] <= value <= within[1]]
        likely = [
            (ORDER.index(slip(cell.reported, value)), abs(value - before), value)
            for value in meant
            if is_near(value, before)
        ]
        yield from (value for *_, value in sorted(likely)[:1])


def _exchanged(one: Listed, i: int, system: System, fault: Fault) -> Iterator[Named]:
    """Two cells of the row that hold each other's figure, where something else speaks for both."""
    item, reported = one.rows.items[i], system.reported
    for first, second in combinations([ref for ref in _own(system, fault) if ref.measure not in one.days], 2):
        a, b = reported[first], reported[second]
        if a is None or b is None or a == b or failing(system, {**reported, first: b, second: a}):
            continue
        swap = ((first, a, b), (second, b, a))
        known = [one.speaks_for(item, ref.measure, float(meant), float(typed)) for ref, typed, meant in swap]
        if all(known):
            cells = tuple(Suspect(ref, typed, meant, meant, meant) for ref, typed, meant in swap)
            yield named(SuspectSet(cells, 2), tuple(dict.fromkeys(text for some in known for text in some)))


def _own(system: System, fault: Fault) -> list[Ref]:
    """The cells of the row that the failed edits of a fault name and that may be wrong."""
    ids = {id_ for one in fault.failing for id_ in ids_of(one.rule)}
    found = (variable.id for variable in system.variables if variable.id in ids and not variable.fixed)
    return [ref for ref in found if isinstance(ref, Ref) and ref.kind == "item"]


def _blanked(one: Listed, system: System, fault: Fault) -> Iterator[Named]:
    """A date that should not be there at all; the search never leaves out what no edit asks to be blank."""
    sole, reported = {set_.cells[0].id for set_ in fault.sets if len(set_.cells) == 1}, system.reported
    for ref in _own(system, fault):
        if ref.measure not in one.days or ref in sole or reported[ref] is None:
            continue
        if not failing(system, {**reported, ref: None}):
            yield named(SuspectSet((Suspect(ref, reported[ref], None, None, None),), 1))


def _others(one: Listed, rows: Sequence[int]) -> Finding:
    """That more rows fail than are looked at."""
    items = [one.rows.items[i] for i in rows]
    places = [item.entries[one.table.key].cell for item in items if one.table.key in item.entries]
    edits = ", ".join(dict.fromkeys(check.edit.id for i in rows for check in one.failed(i)))
    params: dict[str, Param] = {"edits": edits, "count": len(rows), "have": _MOST_ROWS}
    found = at_cells(one.submission, items[0].sheet, tuple(places), "suspect-unknown", params)
    return replace(found, form=one.form, measure=one.table.key, say="suspect-unknown-rows")
