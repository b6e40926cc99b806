"""Closing a period after it was signed, and opening it again; both are written down and never undone in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.closing import (
    at_closing,
    broken,
    closing_in_force,
    discard,
    ensure_whole,
    hash_of,
    keep_definitions,
    keep_inputs,
    log_of,
    record,
)
from pipeline.errors import ClosingError
from pipeline.files import ensure_free, lock
from pipeline.publish import ensure_publishable, publish
from pipeline.read_files import paths, relative
from pipeline.results import Progress, Results
from pipeline.run import consolidate
from pipeline.run_frozen import ensure_unbroken, figures_sha256, program
from pipeline.state_of_returns import counts
from pipeline.stores import shown
from pipeline.submission import VIETNAM
from pipeline.workspace import Workspace, definition_files
from pipeline.write import output_files, returns_folder, write_results
from schemas.closing import INPUTS_FILE, Event, Frozen, Input, InputKind, closing_folder, in_force
from schemas.csvrows import plain
from schemas.period import Period, previous_stock, year_ago
from schemas.text import Text

LONGEST_NAME = 80


def close_period(
    workspace: Workspace, period: Period, who: str, note: str, on: date | None, lang: str, progress: Progress
) -> tuple[Results, bool]:
    """The results as they are signed, and whether this closed the period."""
    root, named = workspace.root, _name(who)
    with lock(root / ".tonghop"):
        ensure_free([*output_files(workspace, period).values(), *returns_folder(workspace, period).glob("*.xlsx")])
        ensure_publishable(workspace)
        if closing_in_force(root, period) is not None:
            results = consolidate(workspace, period, progress=progress, write=False)
            write_results(results, progress)
            publish(workspace, period, progress)
            return results, False
        _ensure_here(workspace, period)
        number = 1 + max((event.number for event in log_of(root, period)), default=0)
        event = Event("close", number, on or _today(), named, plain(note), lang, program())
        try:
            event, results = _frozen_now(root, period, event, progress)
            record(root, period, event)
        except BaseException:
            discard(root, period, number)
            raise
        write_results(results, progress)
        publish(workspace, period, progress)
        return results, True


def _ensure_here(workspace: Workspace, period: Period) -> None:
    """Raise :class:`ClosingError` where returns come in elsewhere: who signs must keep what the figures rest on."""
    if workspace.elsewhere:
        raise ClosingError(
            Text(
                f"Chưa chốt được kỳ {period}: bộ biểu nằm ở {shown(workspace.elsewhere)}, mà số đã ký phải giữ được "
                f"tệp gốc. Chép các tệp về inbox/{period} của thư mục làm việc (giữ giờ sửa tệp), thêm dấu # trước "
                "dòng inbox trong tonghop.toml, rồi chốt lại.",
                f"Period {period} cannot be closed: its returns lie at {shown(workspace.elsewhere)}, while signed "
                f"figures must keep their files. Copy them to inbox/{period} of the workspace (keep their times), "
                "put a # before the line inbox in tonghop.toml, and close again.",
            )
        )


def _frozen_now(root: Path, period: Period, event: Event, progress: Progress) -> tuple[Event, Results]:
    """All inputs kept as they are now, and what they make; nothing is in force before the log says so."""
    definitions = keep_definitions(root, period, event.number, definition_files(root))
    bare = Frozen(period, event, tuple(definitions))
    workspace = at_closing(root, bare)
    frozen = replace(bare, inputs=(*definitions, *_inputs(workspace, period)))
    ensure_unbroken(root, frozen)
    results = consolidate(replace(workspace, frozen=frozen), period, lang=event.lang, progress=progress, write=False)
    state = counts(results)
    if not state.received and not state.beside:
        raise ClosingError(
            Text(
                f"Kỳ {period} chưa có bộ biểu nào được tính, nên chưa có gì để chốt. Xem lại --period.",
                f"No return counts for {period} yet, so that there is nothing to close. Look at --period again.",
            )
        )
    # What was altered while it was read is not what was signed.
    ensure_whole([*broken(root, period, frozen.inputs)])
    figures = figures_sha256(results)
    # Right before its row in the log: where the machine stops between the two, a person has to say which holds.
    sha256 = keep_inputs(root, period, event.number, frozen.inputs)
    signed = replace(event, inputs_sha256=sha256, figures_sha256=figures)
    assert results.closed is not None
    return signed, replace(results, closed=replace(results.closed, event=signed))


def reopen_period(workspace: Workspace, period: Period, who: str, reason: str, on: date | None) -> Event:
    """The event that ends the closing in force. Raises :class:`ClosingError` where there is none."""
    root, named, why = workspace.root, _name(who), plain(reason)
    if not why:
        raise ClosingError(Text("Ghi lý do mở lại: --reason LÝ_DO.", "Say why the period is reopened: --reason TEXT."))
    with lock(root / ".tonghop"):
        closed = in_force(log_of(root, period))
        if closed is None:
            raise ClosingError(
                Text(f"Kỳ {period} chưa chốt nên không có gì để mở lại.", f"Period {period} is not closed.")
            )
        event = Event("reopen", closed.number, on or _today(), named, why)
        record(root, period, event)
    return event


def _inputs(workspace: Workspace, period: Period) -> Iterator[Input]:
    """What came back for a period, and what its figures are held against."""
    yield from _returns(workspace, period)
    for earlier in dict.fromkeys((previous_stock(period), year_ago(period))):
        closed = closing_in_force(workspace.root, earlier)
        if closed is not None:
            yield _file(
                workspace.root, workspace.root / closing_folder(earlier, closed.event.number) / INPUTS_FILE, "closing"
            )
            continue
        yield from _returns(workspace, earlier)
        if workspace.history(earlier).is_file():
            yield _file(workspace.root, workspace.history(earlier), "history")


def _returns(workspace: Workspace, period: Period) -> Iterator[Input]:
    for path in paths(workspace.inbox(period)):
        received = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
        if path.is_dir():
            yield Input("return", relative(path, workspace.root), "", 0, received)
        else:
            yield replace(_file(workspace.root, path, "return"), received_at=received)


def _file(root: Path, path: Path, kind: InputKind) -> Input:
    sha256 = hash_of(path)
    if not sha256:
        raise ClosingError(
            Text(
                f"Không đọc được {path}, nên chưa chốt được. Đóng tệp trong Excel rồi chạy lại.",
                f"{path} cannot be read, so that nothing was closed. Close it in Excel and run again.",
            )
        )
    return Input(kind, relative(path, root), sha256, path.stat().st_size)


def _name(who: str) -> str:
    """A name as it is printed at the foot of every page. Raises :class:`ClosingError` where it does not fit there."""
    name = plain(who)
    if name and len(name) <= LONGEST_NAME and name.isprintable():
        return name
    raise ClosingError(
        Text(
            f"Ghi tên người chốt hay mở lại bằng --by, không quá {LONGEST_NAME} chữ.",
            f"Say who closes or reopens with --by, in at most {LONGEST_NAME} characters.",
        )
    )


def _today() -> date:
    return datetime.now(VIETNAM).date()
