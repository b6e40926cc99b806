"""How the cells of an Excel 97–2003 workbook look, by xlrd: number formats, and text in fonts from before Unicode."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.guard_bounds import MIB, address
from pipeline.guard_ole import book_stream
from pipeline.layout import UNREAD_SHEETS
from pipeline.legacy_text import encoding_of
from pipeline.looks import NOTHING, Looks
from pipeline.looks_seen import Seen, runs_of

# What xlrd takes a second for; a package is a tenth of it. xlrd makes every row down to the last filled one.
_MOST = 2 * MIB
_MOST_STEPS = 8_000_000
_A_ROW = 10
_FIRST_IN_UNICODE = 80


def looks_of_xls(clean: bytes) -> Looks:
    """The number formats of the filled cells, and what stands in legacy fonts; nothing where xlrd cannot look.

    ``clean`` is what the guard made of the file (:attr:`pipeline.guard.Inspection.clean`), never the file itself. Of
    formulas nothing is known: the file does not tell one that has no value yet from one that gives zero or nothing.
    """
    import xlrd

    try:
        stream = book_stream(clean)
        if len(stream) > _MOST:
            return NOTHING
        # What xlrd thinks of the file is not for the screen of whoever consolidates.
        with Path(os.devnull).open("w", encoding="utf-8", errors="replace") as nowhere:
            options = {"formatting_info": True, "on_demand": True, "ragged_rows": True, "logfile": nowhere}
            return _looks(xlrd.open_workbook(file_contents=stream, **options))
    # It was not made for damaged files. The values were read anyhow, by a reader that was.
    except Exception:
        return NOTHING


def _looks(book: Any) -> Looks:
    codes = [_code(book, style) for style in book.xf_list]
    old = any(encoding_of(font.name) for font in book.font_list)
    seen = Seen()
    steps = 0
    for at, written in enumerate(book.sheet_names()):
        name = written.replace("\0", "")
        if name in UNREAD_SHEETS:
            continue
        sheet = book.sheet_by_index(at)
        steps += sheet.nrows * (sheet.ncols + _A_ROW)
        if steps > _MOST_STEPS:
            return NOTHING
        _look(sheet, name, codes, seen)
        if old and not _read(book, sheet, name, seen):
            return NOTHING
        book.unload_sheet(at)
    return seen.looks()


def _code(book: Any, style: Any) -> str:
    """The number format of a style; nothing for General, and for those of other countries that xlrd does not know."""
    known = book.format_map.get(style.format_key)
    code = str(known.format_str or "") if known else ""
    return "" if code.casefold() == "general" else code


def _look(sheet: Any, name: str, codes: Sequence[str], seen: Seen) -> None:
    """Note the formats of numbers and dates."""
    from xlrd import XL_CELL_DATE, XL_CELL_NUMBER

    for row in range(sheet.nrows):
        for col, kind in enumerate(sheet.row_types(row)):
            if kind in (XL_CELL_NUMBER, XL_CELL_DATE):
                code = codes[sheet.cell_xf_index(row, col)]
                if code and seen.has_room():
                    seen.number(name, (address(row + 1, col + 1),), code)


def _read(book: Any, sheet: Any, name: str, seen: Seen) -> bool:
    """Note the texts; whether there was room for all of them."""
    from xlrd import XL_CELL_TEXT

    fonts = [font.name for font in book.font_list]
    for row in range(sheet.nrows):
        for col, kind in enumerate(sheet.row_types(row)):
            if kind == XL_CELL_TEXT:
                text, begun = sheet.cell_value(row, col), sheet.rich_text_runlist_map.get((row, col), ())
                if not seen.has_room(letters=len(text), runs=len(begun)):
                    return False
                if book.biff_version < _FIRST_IN_UNICODE:
                    # Whatever the code page of the machine was, a legacy font draws the bytes.
                    text = text.encode(book.encoding).decode("cp1252", "replace")
                font = book.xf_list[sheet.cell_xf_index(row, col)].font_index
                seen.text(name, (address(row + 1, col + 1),), runs_of(text, [(0, font), *begun], fonts))
    return True
