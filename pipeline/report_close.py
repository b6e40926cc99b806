"""What is said of a closing: who closed or reopened a period, and what came since and has no effect."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.closing import log_of
from pipeline.messages import message
from pipeline.results import Results
from pipeline.state_of_returns import counts
from schemas.closing import Event, closing_folder
from schemas.period import Period
from schemas.text import NO_TEXT, Text

_MOST = 20


def closing_lines(results: Results) -> Iterator[Text]:
    """Every closing and reopening of a period so far, and what came after the one in force."""
    period = results.owed.period
    for event in log_of(results.workspace.root, period):
        yield _line(period, event)
    if results.closed is None:
        return
    notes = results.closed.notes
    if notes:
        yield Text(
            f"Đến sau khi chốt, không tính ({len(notes)}):", f"Came after the closing, without effect ({len(notes)}):"
        )
    for note in notes[:_MOST]:
        yield Text(f"  {message(note, 'vi')}", f"  {message(note, 'en')}")
    if len(notes) > _MOST:
        more = len(notes) - _MOST
        yield Text(f"  … và {more} nữa", f"  … and {more} more")


def close_report(results: Results, fresh: bool) -> Iterator[Text]:
    """What was closed, with what still open; or that it had been closed before."""
    closed, period, state = results.closed, results.owed.period, counts(results)
    assert closed is not None
    event = closed.event
    if not fresh:
        yield Text(
            f"Kỳ {period} đã chốt từ trước; không có gì thay đổi. Muốn tính thêm thì mở lại: "
            f"tonghop close --period {period} --reopen.",
            f"Period {period} had been closed before; nothing has changed. To count more, reopen it: "
            f"tonghop close --period {period} --reopen.",
        )
        return
    folder = closing_folder(period, event.number)
    yield Text(
        f"Đã chốt kỳ {period}. Danh sách tệp và mã SHA-256: {folder}/inputs.csv; giữ cả thư mục closed khi sao lưu.",
        f"Closed period {period}. Files and their SHA-256: {folder}/inputs.csv; keep the folder closed in backups.",
    )
    if state.missing or state.to_correct:
        yield Text(
            f"Lúc chốt còn {state.missing} đơn vị chưa nộp, {state.to_correct} đơn vị phải sửa; "
            "số liệu của các đơn vị ấy chốt như đang có.",
            f"At the closing {state.missing} units had not sent and {state.to_correct} had to correct; their figures "
            "are closed as they stand.",
        )


def reopen_report(period: Period, event: Event) -> Iterator[Text]:
    """That a period is open again, and what to do next."""
    yield _line(period, event)
    yield Text(
        f"Các tệp trong output/{period} vẫn là bản đã chốt; chạy tonghop consolidate --period {period} để tính lại.",
        f"The files in output/{period} are still the closed ones; run tonghop consolidate --period {period} next.",
    )


def _line(period: Period, event: Event) -> Text:
    why = Text(f": {event.reason}", f": {event.reason}") if event.reason else NO_TEXT
    if event.action == "close":
        return Text(
            f"Kỳ {period} ĐÃ CHỐT lần {event.number} ngày {event.when:%d/%m/%Y}, người chốt: {event.who}{why.vi}",
            f"Period {period} CLOSED ({event.number}) on {event.when} by {event.who}{why.en}",
        )
    return Text(
        f"Kỳ {period} đã mở lại ngày {event.when:%d/%m/%Y}, người mở: {event.who}{why.vi}",
        f"Period {period} reopened on {event.when} by {event.who}{why.en}",
    )
