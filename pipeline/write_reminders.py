"""``don-doc-P.xlsx``: who has not sent or must correct; ``don-doc/CODE.zip``: what to send them, by upper union."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.dispatch import Reminder, reminders
from pipeline.dispatch_files import Column, Listing, Shown, Value, contact, file_link, write_list, write_zips, zip_link
from pipeline.results import STATUS_NAMES, Results
from pipeline.write_state import STATUS_COLOURS

_COLUMNS = (
    Column("TT", 5, centred=True),
    Column("Mã", 9),
    Column("Đơn vị", 22),
    Column("Cấp trên", 17),
    Column("Địa chỉ liên hệ", 23),
    Column("Tình trạng", 10),
    Column("Hạn gửi", 11, centred=True),
    Column("Quá hạn (ngày)", 8, centred=True),
    Column("Tệp gửi kèm", 12),
    Column("Gói gửi cấp trên", 11),
    Column("Chỗ phải sửa", 8, centred=True),
    Column("Việc đầu tiên cần làm", 28),
    Column("Câu nhắn sẵn", 50),
)
_NOBODY = "Không có đơn vị nào cần đôn đốc: các đơn vị đã gửi đủ và không còn chỗ phải sửa."
_CLOSED = "Kỳ đã chốt nên không đôn đốc nữa. Ai chưa gửi, ai còn chỗ phải sửa: xem trang Tình hình nộp."
_FOLDERS = {"missing": "chua-gui", "rejected": "phai-sua"}


def write_reminders(path: Path, zips: Path, results: Results) -> None:
    """Write the list, and the zips into their folder; the annotated packages must have been written before."""
    owed, listed = results.owed, reminders(results)
    files = {
        one.sending.unit.code: (f"{_FOLDERS[one.status]}/{one.sending.file.name}", one.sending.file)
        for one in listed
        if one.sending.file
    }
    write_zips(zips, owed.tree, files, owed.dates.issued_on)
    listing = Listing(
        sheet="Cần đôn đốc",
        title="ĐƠN VỊ CẦN ĐÔN ĐỐC",
        agency=results.workspace.settings.agency,
        lines=_lines(results, listed),
        columns=_COLUMNS,
        rows=[_row(results, number, one, path.parent, zips) for number, one in enumerate(listed, start=1)],
        nobody=_NOBODY if results.closed is None else _CLOSED,
    )
    write_list(path, owed, listing)


def _lines(results: Results, listed: Sequence[Reminder]) -> tuple[str, str]:
    dates = results.owed.dates
    if results.closed is not None:
        return f"Hạn gửi {dates.due:%d/%m/%Y}; ngày chốt số liệu {dates.cut_off:%d/%m/%Y}", results.closed.words.vi
    missing, rejected = (sum(one.status == status for one in listed) for status in ("missing", "rejected"))
    return (
        f"Hạn gửi {dates.due:%d/%m/%Y}; ngày chốt số liệu {dates.cut_off:%d/%m/%Y}",
        f"{missing} đơn vị chưa gửi; {rejected} đơn vị phải sửa, gửi lại",
    )


def _row(results: Results, number: int, one: Reminder, folder: Path, zips: Path) -> list[Value]:
    unit, file = one.sending.unit, one.sending.file
    return [
        number,
        unit.code,
        unit.name,
        one.sending.parent,
        contact(unit.email),
        Shown(STATUS_NAMES[one.status].vi, colour=STATUS_COLOURS[one.status]),
        results.owed.dates.due if unit.code in results.owed.owed else None,
        one.days_late or None,
        file_link(file, folder),
        zip_link(one.sending, zips, folder),
        one.places or None,
        one.first,
        one.sending.sentence.of(results.lang),
    ]
