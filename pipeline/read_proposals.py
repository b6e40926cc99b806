"""The list of proposals as it came back from whoever decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.guard import inspect
from pipeline.proposals import CODES, COMMON, INPUTS, Listed
from pipeline.read_book import Rows, UnreadableError, open_book
from schemas.csvrows import Row, plain
from schemas.text import Text

_ASKED = (*INPUTS, *CODES)


def read_proposals(path: Path) -> Listed:
    """The rows of a list, ticked or not.

    Raises :class:`OutputError` where the file cannot be opened or is no such list.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise _no_list(path) from fault
    looked = inspect(data)
    if looked.refusal:
        raise _no_list(path)
    try:
        book = open_book(data, looked)
    except UnreadableError as fault:
        raise _no_list(path) from fault
    for sheet in book.sheets.values():
        listed = _listed(path.name, sheet.rows)
        if listed is not None:
            return listed
    raise _no_list(path)


def _listed(file: str, rows: Rows) -> Listed | None:
    """The rows below the codes; ``None`` where they do not stand on this sheet."""
    top = next((i for i, cells in enumerate(rows) if set(_ASKED) <= {plain(cell) for cell in cells}), None)
    if top is None:
        return None
    codes = [plain(cell) for cell in rows[top]]
    above = (_row(codes, number, cells) for number, cells in enumerate(rows[:top], start=1))
    common = next((row for row in above if row.text("group") == COMMON), Row(0, {}))
    below = (_row(codes, number, cells) for number, cells in enumerate(rows[top + 1 :], start=top + 2))
    return Listed(file, tuple(row for row in below if row.text("group") and row.text("unit")), common)


def _row(codes: Sequence[str], number: int, cells: Sequence[object]) -> Row:
    return Row(number, {code: cell for code, cell in zip(codes, cells, strict=False) if code})


def _no_list(path: Path) -> OutputError:
    return OutputError(
        Text(
            f"Không đọc được {path}: tệp hỏng hoặc không phải danh sách đề xuất do chương trình lập. "
            "Đổi tên hoặc xóa tệp đó rồi lập lại: tonghop propose.",
            f"Cannot read {path}: it is damaged or is no list of proposals made by the program. "
            "Rename or delete it and make it again: tonghop propose.",
        )
    )
