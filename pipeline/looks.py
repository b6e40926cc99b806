"""What the cells of a workbook show that their plain values do not tell: formulas, number formats, fonts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

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
        return "[" in re.sub(r'"[^"]*"', "", self.text)


@dataclass(frozen=True, slots=True)
class Looks:
    """What was found of the cells of a workbook, by sheet and address; of what was not looked at there is ``None``.

    ``formats`` are the number formats of the cells as Excel writes them, General left out. ``words`` are the texts in
    fonts from before Unicode as they are shown; ``unclear`` the cells whose text in such a font is kept as it was,
    ``fonts`` the names of those fonts. ``validated`` are the cells that a validation covers.
    """

    formulas: Mapping[str, Mapping[str, Formula]] | None = None
    formats: Mapping[str, Mapping[str, str]] | None = None
    validated: Mapping[str, Collection[str]] | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unclear: Mapping[str, Collection[str]] = field(default_factory=dict)
    fonts: Collection[str] = ()


NOTHING = Looks()


def is_percent(number_format: str) -> bool:
    """Whether such a format shows a hundred times the value; a % that is only written behind it does not."""
    return "%" in _LITERAL.sub("", number_format)


def plain_format(number_format: str) -> str:
    """A format as it is compared with another: programs differ in how they mark what is written as it is."""
    return re.sub(r'["\\]', "", number_format)
