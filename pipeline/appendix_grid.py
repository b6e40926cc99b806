"""What an appendix of the report is, whatever file it ends up in: its title, its tables, what is said below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from pipeline.messages import number

Kind = Literal["no", "text", "number", "figure", "note"]
Mark = Literal["*", "**"]

PORTRAIT, LANDSCAPE = 165.0, 252.0
"""How wide, in millimetres, a table may be on A4 inside the margins of official documents."""

NO_WIDTH, UNIT_WIDTH = 11.0, 17.0
_LEAST_TEXT = 52.0
# A column of words wider than this part of the page leaves the rest to the numbers.
_MOST_TEXT = 0.42
_LEAST_NUMBER, _DIGIT, _SEPARATOR, _CAPITAL, _MARGINS = 16.0, 2.12, 1.06, 2.9, 4.2


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, what it holds, and its width in millimetres; 0 takes what the others leave.

    A ``number`` stands right, a ``figure`` in the middle, where words may stand as well.
    """

    head: str
    kind: Kind
    width: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; a missing figure is ``None``. ``marks`` say what the notes below the table explain.

    ``decimals`` are those of its numbers, by column where they are not whole.
    """

    values: tuple[float | str | None, ...]
    indent: int = 0
    bold: bool = False
    decimals: tuple[int, ...] = ()
    marks: frozenset[Mark] = frozenset()

    def decimals_of(self, column: int) -> int:
        """The decimals of the number in a column."""
        return self.decimals[column] if self.decimals else 0


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of an appendix, with a title of its own where there are several."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    title: str = ""

    @property
    def width(self) -> float:
        """The millimetres it takes at least."""
        return sum(column.width or _LEAST_TEXT for column in self.columns)


@dataclass(frozen=True, slots=True)
class Appendix:
    """One appendix; ``number`` is its Roman numeral, empty where it is the only one.

    ``stated`` says as of when its figures are and how many units stand behind them.
    """

    title: str
    stated: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...] = field(default=())
    number: str = ""

    @property
    def heading(self) -> str:
        """``Phụ lục I``, or ``Phụ lục`` where it is the only one."""
        return f"Phụ lục {self.number}".rstrip()

    @property
    def landscape(self) -> bool:
        """Whether one of its tables is too wide for an upright page."""
        return any(grid.width > PORTRAIT for grid in self.grids)

    @property
    def room(self) -> float:
        """The millimetres between the margins of its pages."""
        return LANDSCAPE if self.landscape else PORTRAIT


def numbered(appendices: Sequence[Appendix]) -> tuple[Appendix, ...]:
    """Two or more are told apart by Roman numerals; the only one has no number."""
    if len(appendices) < 2:
        return tuple(appendices)
    return tuple(replace(one, number=_roman(i)) for i, one in enumerate(appendices, start=1))


def _roman(value: int) -> str:
    made = ""
    for worth, sign in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        made += sign * (value // worth)
        value %= worth
    return made


def is_bold(line: Line, column: int) -> bool:
    """Whether a value stands bold: the words of a bold line, all of it where it has no number, as a total has none."""
    return line.bold and (column < 2 or not line.values[0])


def widths(grid: Grid, room: float) -> list[float]:
    """The width of each column, in millimetres, so that the table fills the room."""
    rest = room - sum(column.width for column in grid.columns)
    counted = [column for column in grid.columns if column.kind in ("number", "figure")]
    words = [value for line in grid.lines for value in line.values[1:2] if isinstance(value, str)]
    needed = min(_MOST_TEXT * room, max((_width(text) for text in words), default=0.0) + 2 * _MARGINS)
    more = max(0.0, rest - max(needed, _LEAST_TEXT)) / len(counted) if counted else 0.0
    text = rest - more * len(counted)
    return [column.width + more if column in counted else column.width or text for column in grid.columns]


def number_width(values: Sequence[float | None], head: str, decimals: int = 0) -> float:
    """What a column of these numbers takes below its head, in millimetres; counted, for the font may not be at hand."""
    shown = [number(value, "vi", decimals) for value in values if value is not None]
    widest = max(_width(text) for text in (*shown, *head.split()))
    return max(_LEAST_NUMBER, round(widest + _MARGINS, 1))


def _width(text: str) -> float:
    return sum(_SEPARATOR if sign in ",." else _CAPITAL if sign.isupper() else _DIGIT for sign in text)
