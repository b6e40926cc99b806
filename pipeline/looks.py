"""What the cells of a workbook show that their plain values do not tell: formulas, number formats, fonts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.form import Cell

_COUNT = "#,##0"
# As many decimals as there are: a format such as 0.## leaves a lone decimal mark behind a whole number.
_AS_IT_IS = "General"
# Another workbook: its number before the name of a sheet, in Excel; its address, in LibreOffice. A column of a named
# table stands in such brackets too, behind the table's name.
_EXTERNAL = re.compile(r"(?<![\w.\]])\[[0-9]+\]|'file:")
_WORDS = re.compile(r'"[^"]*"')
# What stands in a number format as it is written, and no sign of the format: words in quotes, a character after a
# backslash, one whose room is left or filled, and what is said of colours, conditions and languages.
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of a cell, with its ``=``; not ``cached`` where the file holds no value for it."""

    text: str
    cached: bool

    @property
    def external(self) -> bool:
        """Whether it takes its value from another workbook."""
        return bool(_EXTERNAL.search(_WORDS.sub("", self.text)))


class Area(NamedTuple):
    """A block of cells; rows and columns count from 1, the last ones are within."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found of the cells of a workbook, by sheet and address; of what was not looked at there is ``None``.

    ``formats`` are the number formats of the cells as Excel writes them, General left out. ``words`` are the texts in
    fonts from before Unicode as they are shown; ``unclear`` the cells whose text in such a font is kept as it was,
    ``fonts`` the names of those fonts. ``validated`` are the blocks of cells that a validation covers,
    ``merged`` those that were made one. ``unseen`` is why not all that there was a reason for could be looked at.
    """

    formulas: Mapping[str, Mapping[str, Formula]] | None = None
    formats: Mapping[str, Mapping[str, str]] | None = None
    validated: Mapping[str, Collection[Area]] | None = None
    merged: Mapping[str, Collection[Area]] | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unclear: Mapping[str, Collection[str]] = field(default_factory=dict)
    fonts: Collection[str] = ()
    unseen: str = ""


NOTHING = Looks()


def number_format(cell_type: str, decimals: int = 0) -> str:
    """The number format of a figure; separators follow the reader's own Excel."""
    if cell_type == "percent":
        return "0." + "0" * decimals if decimals else _AS_IT_IS
    return _COUNT


def issued_format(cell: Cell) -> str:
    """The number format that a cell has in a package."""
    if cell.role == "issuer" and cell.type == "percent":
        return f'{_AS_IT_IS}"%"'
    return number_format(cell.type, cell.decimals if cell.role == "computed" else 0)


def is_percent(number_format: str) -> bool:
    """Whether such a format shows a hundred times the value; a % that is only written behind it does not."""
    return "%" in _LITERAL.sub("", number_format)


def plain_format(number_format: str) -> str:
    """A format as it is compared with another: programs differ in how they mark what is written as it is."""
    return re.sub(r'["\\]', "", number_format)
