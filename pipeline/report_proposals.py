"""What the command says of a list of proposals, and of what came of its ticks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.proposals import Group, Taken
from schemas.decisions import FILE
from schemas.period import Period
from schemas.text import Text


def proposals_report(path: Path, groups: Sequence[Group], period: Period) -> Iterator[Text]:
    """Where the list stands, how much is in it, what to do with it."""
    if not groups:
        yield Text(f"Không có đề xuất nào cho kỳ {period}.", f"Nothing is proposed for {period}.")
        return
    choices = [choice for group in groups for choice in group.choices]
    units, closed = len({group.unit for group in groups}), sum(choice.locked is not None for choice in choices)
    yield Text(
        f"Đề xuất: {len(groups)} chỗ của {units} đơn vị, {len(choices)} cách giải thích"
        + (f" ({closed} cách chỉ đơn vị sửa được)." if closed else "."),
        f"Proposals: {len(groups)} faults of {units} units, {len(choices)} explanations"
        + (f" ({closed} that only the unit can mend)." if closed else "."),
    )
    yield Text("Chưa số nào bị đổi. Mở tệp sau, đánh dấu x vào dòng được duyệt, lưu và đóng:", _OPEN)
    yield Text(f"  {path}", f"  {path}")
    yield Text(
        f"Rồi chạy: tonghop propose --take --period {period}", f"Then run: tonghop propose --take --period {period}"
    )


_OPEN = "No figure has changed. Open this file, mark what is approved with x, save and close it:"


def taken_report(taken: Taken, period: Period) -> Iterator[Text]:
    """How many decisions were put down, what was not taken and why, what to do next."""
    yield Text(
        f"Đã ghi thêm {len(taken.new)} quyết định vào {FILE}; {taken.already} đã có từ trước.",
        f"Added {len(taken.new)} decisions to {FILE}; {taken.already} stood there already.",
    )
    if taken.faults:
        yield Text(f"Chưa ghi được ({len(taken.faults)} chỗ):", f"Not taken ({len(taken.faults)} faults):")
        yield from (Text(f"  {fault.vi}", f"  {fault.en}") for fault in taken.faults)
    elif not taken.new and not taken.already:
        yield Text("Danh sách chưa có dòng nào được chọn.", "No row of the list is ticked.")
    if taken.new:
        yield Text(
            f"Tổng hợp lại để áp dụng: tonghop consolidate --period {period}",
            f"Consolidate to apply them: tonghop consolidate --period {period}",
        )
