"""``danh-sach-gui.xlsx`` beside a period's packages: who is sent what; and ``gui/CODE.zip`` for each upper union."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.dispatch import Sending, dispatch_list, dispatch_zips, sendings
from pipeline.dispatch_files import Column, Listing, Value, contact, file_link, write_list, write_zips, zip_link
from pipeline.obligations import Obligations
from pipeline.workspace import Workspace

_COLUMNS = (
    Column("TT", 5, centred=True),
    Column("Mã", 10),
    Column("Đơn vị", 28),
    Column("Cấp trên", 22),
    Column("Địa chỉ liên hệ", 27),
    Column("Tệp", 14),
    Column("Gói gửi cấp trên", 12),
    Column("Hạn gửi", 12, centred=True),
    Column("Các biểu phải nộp", 12),
    Column("Câu nhắn sẵn", 60),
)


def write_dispatch(workspace: Workspace, owed: Obligations) -> None:
    """Write the list of all units that owe a package, whichever of them were made in this run, and the zips."""
    listed = sendings(workspace, owed)
    packages = {one.unit.code: (one.file.name, one.file) for one in listed if one.file}
    zips = dispatch_zips(workspace, owed.period)
    write_zips(zips, owed.tree, packages, owed.dates.issued_on)
    path = dispatch_list(workspace, owed.period)
    listing = Listing(
        sheet="Danh sách gửi",
        title="DANH SÁCH GỬI BỘ BIỂU",
        agency=workspace.settings.agency,
        lines=_lines(owed, listed),
        columns=_COLUMNS,
        rows=[_row(owed, number, one, path.parent, zips) for number, one in enumerate(listed, start=1)],
        nobody="Kỳ này không có đơn vị nào phải gửi bộ biểu.",
    )
    write_list(path, owed, listing)


def _lines(owed: Obligations, listed: Sequence[Sending]) -> tuple[str, str]:
    dates = owed.dates
    unmade, unknown = sum(not one.file for one in listed), sum(not one.unit.email for one in listed)
    counts = [f"{len(listed)} đơn vị phải gửi"]
    if unmade:
        counts.append(f"{unmade} bộ biểu chưa lập")
    if unknown:
        counts.append(f"{unknown} đơn vị chưa có địa chỉ liên hệ (ghi thêm ở cột email của schemas/units.csv)")
    return (
        f"Ngày giao biểu {dates.issued_on:%d/%m/%Y}; ngày chốt số liệu {dates.cut_off:%d/%m/%Y}; "
        f"hạn gửi {dates.due:%d/%m/%Y}",
        "; ".join(counts),
    )


def _row(owed: Obligations, number: int, one: Sending, folder: Path, zips: Path) -> list[Value]:
    return [
        number,
        one.unit.code,
        one.unit.name,
        one.parent,
        contact(one.unit.email),
        file_link(one.file, folder),
        zip_link(one, zips, folder),
        owed.dates.due,
        ", ".join(form.id for form in owed.owed[one.unit.code]),
        one.sentence.vi,
    ]
