"""Proposals listed to be decided on, and the ticks of that list put down as decisions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline.adjust_proposals import proposals
from pipeline.adjust_take import outstanding, take
from pipeline.closing import closing_in_force
from pipeline.errors import ClosingError, OutputError
from pipeline.files import ensure_free, lock, put_bytes
from pipeline.proposals import Group, Taken, proposals_file
from pipeline.read_proposals import read_proposals
from pipeline.results import Progress
from pipeline.run import consolidate
from pipeline.workspace import Workspace
from pipeline.write_proposals import write_proposals
from schemas.decisions import FILE, load_decisions
from schemas.decisions_added import with_decisions
from schemas.period import Period
from schemas.text import Text

_MOST_ROWS = 10


def make_list(workspace: Workspace, period: Period, lang: str, progress: Progress) -> tuple[Path, tuple[Group, ...]]:
    """Write the list of what may be decided on; its path and what is in it.

    Raises :class:`OutputError` where the list is open in Excel, or holds ticks that have not been taken: they would be
    lost; and :class:`ClosingError` for a period that is closed.
    """
    path = proposals_file(workspace, period)
    with lock(workspace.root / ".tonghop"):
        _ensure_open(workspace, period)
        ensure_free([path])
        place = _fresh(workspace)
        if path.exists():
            _keep_ticks(place, period, path)
        results = consolidate(place, period, lang=lang, progress=progress, write=False)
        groups = proposals(results)
        write_proposals(path, results, groups)
    return path, groups


def take_ticked(workspace: Workspace, period: Period, lang: str, progress: Progress) -> Taken:
    """Put the ticks of the list down in ``decisions.csv``, below what is there; what cannot be taken is told.

    Raises :class:`OutputError` where there is no list, or one of the two files is open in Excel, and
    :class:`ClosingError` for a period that is closed.
    """
    path, decisions = proposals_file(workspace, period), workspace.root / FILE
    if not path.is_file():
        raise OutputError(
            Text(
                f"Chưa có danh sách {path}. Lập trước: tonghop propose --period {period}",
                f"There is no list {path}. Make it first: tonghop propose --period {period}",
            )
        )
    with lock(workspace.root / ".tonghop"):
        _ensure_open(workspace, period)
        # Excel holds what it has open, and what was ticked last may not be saved yet.
        ensure_free([path, decisions])
        listed, place = read_proposals(path), _fresh(workspace)
        taken = take(consolidate(place, period, lang=lang, progress=progress, write=False), listed)
        if taken.new:
            data = with_decisions(decisions.read_bytes() if decisions.is_file() else b"", taken.new)
            put_bytes(decisions, data)
    return taken


def _ensure_open(workspace: Workspace, period: Period) -> None:
    """Raise :class:`ClosingError` for a period that is closed: no decision changes what was signed."""
    if closing_in_force(workspace.root, period) is not None:
        raise ClosingError(
            Text(
                f"Kỳ {period} đã chốt: quyết định mới không đổi số đã ký. Muốn điều chỉnh thì mở lại kỳ: "
                f"tonghop close --reopen --period {period}",
                f"Period {period} is closed: no new decision changes what was signed. To adjust it, reopen it: "
                f"tonghop close --reopen --period {period}",
            )
        )


def _fresh(workspace: Workspace) -> Workspace:
    """The workspace with the decisions as they stand while nobody else writes."""
    return replace(workspace, decisions=load_decisions(workspace.root / FILE))


def _keep_ticks(workspace: Workspace, period: Period, path: Path) -> None:
    """Raise :class:`OutputError` while ticks would be lost by a new list."""
    rows = outstanding(read_proposals(path), workspace, period)
    if not rows:
        return
    named = ", ".join(str(row) for row in rows[:_MOST_ROWS]) + (", …" if len(rows) > _MOST_ROWS else "")
    raise OutputError(
        Text(
            f"{path} có {len(rows)} dòng đã đánh dấu mà chưa ghi vào {FILE} (dòng {named}), nên chưa lập lại danh "
            f"sách. Ghi: tonghop propose --take --period {period}; hoặc bỏ dấu ở các dòng đó rồi chạy lại.",
            f"{path} has {len(rows)} ticked rows that are not in {FILE} yet (rows {named}), so that no new list is "
            f"made. Take them: tonghop propose --take --period {period}; or take the ticks away and run again.",
        )
    )
