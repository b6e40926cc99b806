"""Where each cell of a sheet of Excel lies, as the reader counts, told by a parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.parsers import expat

from pipeline.guard_bounds import Box, address, column, local
from pipeline.looks import Formula
from pipeline.zip_parts import DamagedError

_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII)
_ROW = re.compile(r"[A-Za-z]{0,3}([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the cells of one sheet part reach, counted from 1, and which of them hold an error value."""

    part: str
    last_row: int
    last_col: int
    errors: tuple[str, ...]


def extent(part: str, xml: bytes, sheet: str) -> Extent:
    """Where every cell of a sheet lies, as the reader counts: a cell without an address follows the one before."""
    cells = _Cells(sheet)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.Parse(xml, True)
    if cells.root == "worksheet" and not cells.done:
        raise DamagedError
    return Extent(part, cells.box.deepest[0], cells.box.widest[1], tuple(cells.errors))


def formulas(xml: bytes, sheet: str) -> dict[str, Formula]:
    """The formulas of a sheet by address; one that is filled down from another cell is told as that one.

    Raises as :func:`extent`, and :class:`xml.parsers.expat.ExpatError`.
    """
    found = _Formulas(sheet)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = found.start
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.Parse(xml, True)
    return found.formulas


class _Cells:
    """Follows the cells of one sheet; rows and columns count from 1."""

    def __init__(self, sheet: str) -> None:
        self.box = Box(sheet)
        self.root = ""
        self.row = self.col = 1
        self.at = (0, 0)
        self.errors: list[str] = []
        self.done = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        plain = local(name)
        self.root = self.root or plain
        if self.done:
            return
        if plain == "c":
            self._cell(attributes)
        elif plain == "row" and "r" in attributes:
            match = _ROW.fullmatch(attributes["r"])
            self.row = int(match[1]) if match else 0

    def end(self, name: str) -> None:
        plain = local(name)
        if plain == "row":
            self.row, self.col = self.row + 1, 1
        elif plain == "sheetData":
            self.done = True

    def _cell(self, attributes: dict[str, str]) -> None:
        row, written = self.row, attributes.get("r")
        if written is not None:
            match = _ADDRESS.fullmatch(written)
            row, self.col = (int(match[2]), column(match[1])) if match else (0, 0)
        self.at = (row, self.col)
        self.box.add(row, self.col, written or "")
        if attributes.get("t") == "e":
            self.errors.append(address(row, self.col))
        self.col += 1


class _Formulas:
    """Collects the formulas of one sheet, and whether a value stands beside each."""

    def __init__(self, sheet: str) -> None:
        self.cells = _Cells(sheet)
        self.formulas: dict[str, Formula] = {}
        self.first: dict[str, str] = {}
        self.inside = self.kind = self.shared = self.value = ""
        self.formula: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.cells.start(name, attributes)
        self.inside = plain = local(name)
        if plain == "c":
            self.formula, self.kind, self.shared, self.value = None, attributes.get("t", ""), "", ""
        elif plain == "f":
            self.formula, self.shared = "", attributes.get("si", "")

    def text(self, text: str) -> None:
        if self.inside == "f" and self.formula is not None:
            self.formula += text
        elif self.inside == "v":
            self.value += text

    def end(self, name: str) -> None:
        self.inside = ""
        if local(name) == "c" and self.formula is not None:
            written = self.formula or self.first.get(self.shared, "")
            self.first.setdefault(self.shared, written)
            # An empty text is a value, a number of no digits is none.
            self.formulas[address(*self.cells.at)] = Formula(f"={written}", bool(self.value) or self.kind == "str")
            self.formula = None
        self.cells.end(name)
