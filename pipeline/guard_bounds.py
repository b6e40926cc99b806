"""The bounds within which a returned workbook may be read, and the reason where one breaks them."""

from __future__ import annotations

from types import MappingProxyType
from typing import NoReturn
from xml.parsers import expat

from pipeline.zip_parts import DamagedError

MIB = 1024 * 1024
MAX_FILE = 64 * MIB
MAX_PART = 64 * MIB
MAX_TOTAL = 256 * MIB
# Most returns are far below it; a larger one is inflated twice rather than held.
MAX_KEPT = 8 * MIB
MAX_SHEETS = 200
MAX_CELLS = 2_000_000
MAX_TEXT = 2048 * MIB
ROWS, COLUMNS = 1_048_576, 16_384
# The widest column (FZ) that may stand beside any row of four digits and still be within MAX_CELLS.
_WIDE = 182


class RefusedError(Exception):
    """A reason found deep inside."""

    def __init__(self, refusal: str, **params: str | int) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.params = MappingProxyType(params)


class Box:
    """The bounding box of the filled cells of one sheet, rows and columns from 1; refused when it grows too large."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.deepest = self.widest = (0, 0)

    def add(self, row: int, col: int, shown: str = "") -> None:
        """One more cell; ``shown`` is how it was addressed, where it was."""
        if not (0 < row <= ROWS and 0 < col <= COLUMNS):
            self._refuse(shown[:20] or address(row, col))
        if row > self.deepest[0]:
            self.deepest = (row, col)
        if col > self.widest[1]:
            self.widest = (row, col)
        if self.deepest[0] * self.widest[1] > MAX_CELLS:
            self._refuse(address(*(self.widest if self.widest[1] > _WIDE else self.deepest)))

    def _refuse(self, cell: str) -> NoReturn:
        raise RefusedError("stray-cell", sheet=self.sheet, cell=cell)


def column(letters: str) -> int:
    """The number of a column, from 1, by its letters."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def address(row: int, col: int) -> str:
    """The A1 address of a cell whose row and column count from 1."""
    letters = ""
    while col > 0:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def local(name: str) -> str:
    """The name of an element or attribute without its prefix."""
    return name.partition(":")[2] or name


def refuse_entities(xml: bytes, start: int, end: int) -> None:
    """Raise :class:`DamagedError` where this stretch declares an entity; readers differ in what they make of one."""
    if xml.find(b"<!DOCTYPE", start, end) >= 0 or xml.find(b"<!ENTITY", start, end) >= 0:
        raise DamagedError


def elements(xml: bytes, wanted: str) -> list[dict[str, str]]:
    """The attributes of every element of that local name."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == wanted:
            found.append(attributes)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.Parse(xml, True)
    return found
