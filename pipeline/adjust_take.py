"""Ticks of the list of proposals made into decisions: of each group one choice, of each choice all its cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.adjust_proposals import proposals
from pipeline.adjust_ticks import (
    Known,
    Sets,
    at,
    cell_of,
    decided_in,
    decision_of,
    figure_text,
    is_ticked,
    match,
    proposal_of,
)
from pipeline.proposals import TICK, Group, Listed, Taken
from pipeline.results import Results
from pipeline.workspace import Workspace
from schemas.csvrows import Row
from schemas.decisions import FILE
from schemas.period import Period
from schemas.text import Text


def take(results: Results, listed: Listed) -> Taken:
    """The decisions that the ticks make, and what is wrong with the others, by row.

    Nothing is taken of a set of cells with which anything is wrong.
    """
    forms, period = results.workspace.forms, results.owed.period
    first: dict[object, int] = {}
    for row in listed.rows:
        if is_ticked(row):
            first.setdefault(cell_of(row, forms), row.number)
    decided = decided_in(forms, results.workspace.decided(period))
    known = Known(results, listed.file, listed.common, decided, first, _sets_of(proposals(results)))
    found = [_of_group(known, rows) for rows in _groups(listed.rows)]
    return Taken(
        tuple(decision for one in found for decision in one.new),
        sum(one.already for one in found),
        tuple(fault for one in found for fault in one.faults),
    )


def outstanding(listed: Listed, workspace: Workspace, period: Period) -> list[int]:
    """The rows that are ticked and not decided as they say."""
    decided = decided_in(workspace.forms, workspace.decided(period))
    return [row.number for row in listed.rows if is_ticked(row) and not match(row, decided, workspace.forms).same]


def _groups(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each group in which anything is ticked."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.text("group"), []).append(row)
    return [group for group in groups.values() if any(is_ticked(row) for row in group)]


def _of_group(known: Known, rows: Sequence[Row]) -> Taken:
    """What comes of the ticks of a group."""
    ticked = [row for row in rows if is_ticked(row)]
    odd = [row for row in ticked if row.text("tick").casefold() != TICK]
    if odd:
        return _refused(*(_odd_tick(known, row) for row in odd))
    choices = {row.text("choice") for row in ticked}
    numbers = ", ".join(str(row.number) for row in ticked)
    if len(choices) > 1:
        return _refused(_several(known, ticked[0], numbers))
    own = [row for row in rows if row.text("choice") in choices]
    if str(len(ticked)) != ticked[0].text("size"):
        return _refused(_in_part(known, ticked[0], own))
    other = _decided_otherwise(known, rows, own)
    return _refused(other) if other else _of_choice(known, own)


def _refused(*faults: Text) -> Taken:
    return Taken((), 0, faults)


def _of_choice(known: Known, rows: Sequence[Row]) -> Taken:
    """The decisions of one choice, all of its rows being ticked."""
    open_rows = [row for row in rows if not match(row, known.decided, known.forms).same]
    made = [decision_of(known, row) for row in open_rows]
    faults = [fault for _, found in made for fault in found]
    if made and not faults and not _still_made(known, rows):
        faults.append(_gone(known, rows[0]))
    if faults and len(rows) > 1:
        faults.append(_whole(known, rows))
    if faults:
        return _refused(*faults)
    new = tuple(decision for decision, _ in made if decision is not None)
    return Taken(new, len(rows) - len(open_rows), ())


def _still_made(known: Known, rows: Sequence[Row]) -> bool:
    """Whether the proposal still is one: of the same file it is, of another one only if it is found again."""
    sent = known.results.by_unit[rows[0].text("unit")]
    return sent.sha256 == rows[0].text("sha256") or proposal_of(rows, known.forms) in known.current


def _sets_of(groups: Iterable[Group]) -> Sets:
    return frozenset(
        frozenset((group.unit, line.entry.key, figure_text(line.value)) for line in choice.lines)
        for group in groups
        for choice in group.choices
    )


def _decided_otherwise(known: Known, rows: Sequence[Row], own: Sequence[Row]) -> Text | None:
    """Another choice of the group stands in the decisions already: both together would change too much."""
    mine = {cell_of(row, known.forms) for row in own}
    for row in rows:
        found = match(row, known.decided, known.forms)
        if found.decision is not None and found.same and cell_of(row, known.forms) not in mine:
            number = found.decision.row
            return at(
                known.file,
                own[0],
                "tick",
                f"nhóm này đã được quyết định theo cách khác ({FILE}, dòng {number}). Bỏ dấu này, hoặc xóa dòng đó.",
                f"this group is decided in another way ({FILE}, row {number}). Take the tick away, or delete that row.",
            )
    return None


def _odd_tick(known: Known, row: Row) -> Text:
    said = row.text("tick")
    return at(
        known.file,
        row,
        "tick",
        f'"{said}" không phải dấu chọn. Ghi x để chọn, để trống nếu không.',
        f'"{said}" is no tick. Write x to take the row, or leave it blank.',
    )


def _several(known: Known, row: Row, numbers: str) -> Text:
    return at(
        known.file,
        row,
        "tick",
        f"nhóm này được chọn nhiều cách (dòng {numbers}), chỉ một cách có thể đúng. Chỉ giữ một cách.",
        f"several choices of this group are ticked (rows {numbers}) and only one can be right. Keep one.",
    )


def _in_part(known: Known, row: Row, own: Sequence[Row]) -> Text:
    numbers, size = ", ".join(str(one.number) for one in own), row.text("size")
    return at(
        known.file,
        row,
        "tick",
        f"cách này gồm {size} ô, phải chọn cả (dòng {numbers}) hoặc bỏ cả.",
        f"this choice is of {size} cells: tick all of them (rows {numbers}) or none.",
    )


def _whole(known: Known, rows: Sequence[Row]) -> Text:
    numbers = ", ".join(str(row.number) for row in rows)
    return at(
        known.file,
        rows[0],
        "tick",
        f"các ô của cách này đi cùng nhau, nên chưa ghi dòng nào trong các dòng {numbers}.",
        f"the cells of this choice go together, so that none of the rows {numbers} was taken.",
    )


def _gone(known: Known, row: Row) -> Text:
    return at(
        known.file,
        row,
        "tick",
        "đơn vị đã gửi tệp khác từ khi lập danh sách, và đề xuất này không còn. Bỏ dấu rồi lập lại danh sách.",
        "the unit has sent another file since, and this is proposed no more. Take the tick away and make a new list.",
    )
