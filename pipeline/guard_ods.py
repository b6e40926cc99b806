"""OpenDocument spreadsheets: how far the filled cells of each table reach, before a reader expands what is repeated.

A row or a cell is written once and said to be repeated; at the end of a sheet thousands of empty ones are usual. Only
those that hold something count. A cell counts unless it is certainly empty, so what passes here is never larger.
"""

from __future__ import annotations

from xml.parsers import expat

from pipeline.guard_bounds import COLUMNS, MAX_SHEETS, MAX_TEXT, ROWS, Box, RefusedError, address, refuse_entities
from pipeline.guard_scanned import Scanned, packed
from pipeline.zip_parts import DamagedError, Parts, TooLargeError

_MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})
# What an empty cell may bear; any other attribute makes it count.
_SAYS_NOTHING = frozenset(
    {
        "table:style-name",
        "table:content-validation-name",
        "table:number-columns-repeated",
        "table:number-columns-spanned",
        "table:number-rows-spanned",
        "table:protect",
        "table:protected",
        "xml:id",
    }
)


def scan_ods(parts: Parts) -> Scanned:
    """The error cells by sheet, and a package of nothing but the content."""
    if not parts.inflate("mimetype").startswith(_MIMETYPE):
        raise RefusedError("not-a-workbook", kind="odt")
    manifest = parts.inflate("meta-inf/manifest.xml")
    if b"encryption-data" in manifest:
        raise RefusedError("password")
    content = parts.inflate("content.xml")
    refuse_entities(content, 0, len(content))
    tables = _Tables()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = tables.start
    parser.EndElementHandler = tables.end
    parser.CharacterDataHandler = tables.text
    parser.Parse(content, True)
    clean = packed({"mimetype": _MIMETYPE, "META-INF/manifest.xml": _MANIFEST, "content.xml": content})
    return Scanned({name: tuple(found) for name, found in tables.errors.items() if found}, clean)


class _Tables:
    """Follows the cells of every table; rows and columns count from 1."""

    def __init__(self) -> None:
        self.box: Box | None = None
        self.sheets = 0
        self.row = self.row_repeat = self.col = 0
        self.in_row = False
        self.cell: tuple[int, bool, bool] | None = None
        self.shown = self.all_shown = 0
        self.errors: dict[str, list[str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._table(attributes)
        elif self.box is None:
            return
        elif name == "table:table-row":
            if self.in_row:
                raise DamagedError
            self.in_row, self.col = True, 0
            # A reader that counts rows as they are written counts one for a row repeated no time.
            self.row_repeat = max(1, _repeat(attributes.get("table:number-rows-repeated", "1"), ROWS))
        elif name in _CELLS:
            if not self.in_row or self.cell:
                raise DamagedError
            repeat = max(1, _repeat(attributes.get("table:number-columns-repeated", "1"), COLUMNS))
            wrong = attributes.get("calcext:value-type") == "error"
            self.cell = (repeat, bool(attributes.keys() - _SAYS_NOTHING), wrong)
            self.shown = sum(map(len, attributes.values()))
        elif self.cell:
            self.cell = (self.cell[0], True, self.cell[2])
            self.shown += 1 + (_repeat(attributes.get("text:c", "1"), MAX_TEXT) if name == "text:s" else 0)

    def text(self, text: str) -> None:
        """Words inside a cell."""
        self.shown += len(text)

    def end(self, name: str) -> None:
        if name == "table:table":
            self.box = None
        elif name == "table:table-row" and self.in_row:
            self.row, self.in_row = self.row + self.row_repeat, False
        elif name in _CELLS and self.cell:
            self._cell(*self.cell)
            self.cell = None

    def _table(self, attributes: dict[str, str]) -> None:
        if self.box is not None:
            raise DamagedError
        self.sheets += 1
        if self.sheets > MAX_SHEETS:
            raise RefusedError("too-large", size=MAX_SHEETS)
        self.box = Box(attributes.get("table:name", ""))
        self.row = self.col = 0

    def _cell(self, repeat: int, filled: bool, wrong: bool) -> None:
        first = self.col + 1
        self.col += repeat
        if not filled or self.box is None:
            return
        # Where the cell itself stands is said before where its repetition ends.
        self.box.add(self.row + 1, first)
        self.box.add(self.row + self.row_repeat, self.col)
        self.all_shown += self.shown * repeat * self.row_repeat
        if self.all_shown > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
        if wrong:
            found = self.errors.setdefault(self.box.sheet, [])
            rows = range(self.row + 1, self.row + self.row_repeat + 1)
            found += [address(row, col) for row in rows for col in range(first, self.col + 1)]


def _repeat(written: str, most: int) -> int:
    """A number of repetitions; more than can be are as many as can be and one, which is too many anywhere."""
    if not (written.isascii() and written.isdigit()):
        raise DamagedError
    return min(int(written[:12]), most + 1)
