"""What the list of proposals admits in its open cells, and which of them it colours while it is filled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from pipeline.layout import a1, column_letters
from pipeline.proposals import TICK
from pipeline.styles import MARKS
from schemas.text import Text

_FIRST_DAY = date(2000, 1, 1)
_ONLY_TICK = Text("Ghi x, hoặc để trống.", "Write x, or leave it blank.")
_FIGURE = Text("Ghi một số từ 0 trở lên.", "Write a number of 0 or more.")
_WHOLE = Text("Ghi một số nguyên từ 0 trở lên.", "Write a whole number of 0 or more.")
_DAY = Text("Ghi ngày, ví dụ 10/12/2020.", "Write a day, for example 10/12/2020.")


def admit(sheet: Worksheet, row: int, at: Mapping[str, int], lang: str, *, whole: bool) -> None:
    """A tick chosen from a list, a figure, a day; anything may be pasted, so that all of it is read with care."""
    figure = {"validate": "integer" if whole else "decimal", "criteria": ">=", "value": 0}
    tick = {"validate": "list", "source": [TICK]}
    for column, asked, words in (
        ("tick", tick, _ONLY_TICK),
        ("decided", figure, _WHOLE if whole else _FIGURE),
        ("when", {"validate": "date", "criteria": ">=", "value": _FIRST_DAY}, _DAY),
    ):
        sheet.data_validation(row, at[column], row, at[column], {**asked, "error_message": words.of(lang)})


def colour(book: Workbook, sheet: Worksheet, rows: tuple[int, int], common: int, at: Mapping[str, int]) -> None:
    """Red where ticks of a group do not go together, yellow where a ticked row still lacks something, green ticks."""
    first, last = rows

    def column(name: str) -> str:
        letters = column_letters(at[name])
        return f"${letters}${first + 1}:${letters}${last + 1}"

    def here(name: str) -> str:
        return f"${a1(first, at[name])}"

    ticked = f'{here("tick")}="{TICK}"'
    alike = f'{column("tick")},"{TICK}",{column("group")},{here("group")},{column("choice")}'
    other, own = f'COUNTIFS({alike},"<>"&{here("choice")})', f"COUNTIFS({alike},{here('choice')})"
    wrong = f"=AND({ticked},OR({other}>0,{own}<>VALUE({here('size')})))"
    marks = {name: book.add_format({"bg_color": shade}) for name, shade in MARKS.items()}
    marks["done"] = book.add_format({"bg_color": "#D5F0D5"})

    def mark(name: str, formula: str, shade: str) -> None:
        rule = {"type": "formula", "criteria": formula, "format": marks[shade]}
        sheet.conditional_format(first, at[name], last, at[name], rule)

    mark("tick", wrong, "hard")
    mark("tick", f"={ticked}", "done")
    for name in ("decided", "reason"):
        mark(name, f'=AND({ticked},{here(name)}="")', "soft")
    for name in ("who", "when"):
        shared = f"${column_letters(at[name])}${common + 1}"
        mark(name, f'=AND({ticked},{here(name)}="",{shared}="")', "soft")
