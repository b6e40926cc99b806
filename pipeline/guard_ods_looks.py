"""OpenDocument spreadsheets: what a cell tells of how it looks: a percentage, a formula, words in legacy fonts."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.guard_bounds import address
from pipeline.guard_ods_fonts import CellText
from pipeline.layout import UNREAD_SHEETS
from pipeline.looks import Area, Formula
from pipeline.looks_seen import Seen

# With how many decimals it is shown makes no difference to the value.
_PERCENT = "0%"
_OPEN = frozenset({"of:", "oooc:"})


def tells(cell: Mapping[str, str]) -> bool:
    """Whether a cell with these attributes shows more than its value."""
    return "table:formula" in cell or cell.get("office:value-type") == "percentage"


def note(seen: Seen, sheet: str, area: Area, cell: Mapping[str, str], words: CellText | None, *, lines: bool) -> None:
    """Note a cell with its attributes, repeated over an area.

    ``words`` are its words where its font matters; ``lines`` says that it has a line for words, if an empty one.
    """
    rows, cols = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    size, count = (words.size, words.count) if words else (0, 0)
    if sheet in UNREAD_SHEETS or not seen.has_room(len(rows) * len(cols), size, count):
        return
    places = [address(row, col) for row in rows for col in cols]
    if "table:formula" in cell:
        formula = Formula(_formula(cell["table:formula"]), cached=lines or "office:value-type" in cell)
        seen.formula(sheet, places, formula)
    if cell.get("office:value-type") == "percentage":
        seen.number(sheet, places, _PERCENT)
    if words:
        seen.text(sheet, places, words.runs())


def _formula(written: str) -> str:
    """A formula as LibreOffice shows it: OpenFormula writes [.A1], [.A1:.B2] and [$'Trang 2'.A1] for references."""
    language, _, formula = written.partition("=")
    if language not in _OPEN:
        return f"={formula or written}"
    # Every other piece stands between quotes.
    pieces = formula.split('"')
    for i in range(0, len(pieces), 2):
        pieces[i] = pieces[i].replace("[.", "").replace(":.", ":").replace("[", "").replace("]", "")
    return "=" + '"'.join(pieces)
