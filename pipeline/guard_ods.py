"""OpenDocument spreadsheets: how far the filled cells of each table reach, before a reader expands what is repeated.

A row or a cell is written once and said to be repeated; at the end of a sheet thousands of empty ones are usual. Only
those that hold something count. A cell counts unless it is certainly empty, so what passes here is never larger.
How the cells look is noted on the way.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from xml.parsers import expat

from pipeline.guard_bounds import (
    COLUMNS,
    MAX_CELLS,
    MAX_SHEETS,
    MAX_TEXT,
    MIB,
    ROWS,
    Box,
    RefusedError,
    address,
    refuse_entities,
)
from pipeline.guard_ods_fonts import CellText, Fonts, legacy_fonts
from pipeline.guard_ods_looks import note, tells
from pipeline.guard_scanned import Scanned, packed
from pipeline.looks import Area
from pipeline.looks_seen import Seen
from pipeline.zip_parts import DamagedError, Parts, TooLargeError

_MIMETYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_MANIFEST = b'<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})
_ASIDE = ("office:annotation", "draw:")
_MOST_STYLES = 8 * MIB
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
    """The error cells by sheet, a package of nothing but the content, and how the cells look."""
    if not parts.inflate("mimetype").startswith(_MIMETYPE):
        raise RefusedError("not-a-workbook", kind="odt")
    manifest = parts.inflate("meta-inf/manifest.xml")
    if b"encryption-data" in manifest:
        raise RefusedError("password")
    content = parts.inflate("content.xml")
    refuse_entities(content, 0, len(content))
    tables = _Tables(legacy_fonts(content, _styles(parts)))
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = tables.start
    parser.EndElementHandler = tables.end
    parser.CharacterDataHandler = tables.text
    parser.Parse(content, True)
    clean = partial(packed, {"mimetype": _MIMETYPE, "META-INF/manifest.xml": _MANIFEST, "content.xml": content})
    errors = {name: tuple(found) for name, found in tables.errors.items() if found}
    return Scanned(errors, clean, tables.seen.looks())


def _styles(parts: Parts) -> bytes:
    """The styles that have names; the reader does without them, and so whatever is wrong with them is no fault."""
    try:
        styles = parts.inflate("styles.xml") if "styles.xml" in parts.paths else b""
        refuse_entities(styles, 0, len(styles))
    except (DamagedError, TooLargeError):
        return b""
    return styles if len(styles) <= _MOST_STYLES else b""


class _Tables:
    """Follows the cells of every table; rows and columns count from 1."""

    def __init__(self, fonts: Fonts | None) -> None:
        self.box: Box | None = None
        self.sheets = 0
        self.row = self.row_repeat = self.col = self.repeat = 0
        self.in_row = self.filled = self.lines = False
        self.cell: dict[str, str] | None = None
        self.shown = self.all_shown = self.aside = 0
        self.errors: dict[str, list[str]] = {}
        self.wrong = 0
        self.seen = Seen()
        self.fonts = fonts
        self.words: CellText | None = None
        self.columns: list[tuple[int, str]] = []
        self.row_style = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self._table(attributes)
        elif self.box is None:
            return
        elif name == "table:table-row":
            if self.in_row:
                raise DamagedError
            self.in_row, self.col = True, 0
            self.row_style = attributes.get("table:default-cell-style-name", "")
            # A reader that counts rows as they are written counts one for a row repeated no time.
            self.row_repeat = max(1, _repeat(attributes.get("table:number-rows-repeated", "1"), ROWS))
        elif name in _CELLS:
            if not self.in_row or self.cell is not None:
                raise DamagedError
            self.repeat = max(1, _repeat(attributes.get("table:number-columns-repeated", "1"), COLUMNS))
            self.cell, self.filled = attributes, bool(attributes.keys() - _SAYS_NOTHING)
            self.lines, self.aside = False, 0
            self.shown = sum(map(len, attributes.values()))
            if self.fonts is not None:
                self.words = self._words(self.fonts, attributes)
        elif self.cell is not None:
            self._inside(name, attributes)
        elif name == "table:table-column":
            self._column(attributes)

    def _inside(self, name: str, attributes: dict[str, str]) -> None:
        """An element in a cell; a remark on it, or a drawing, is none of its words."""
        self.filled = True
        self.shown += 1 + (_repeat(attributes.get("text:c", "1"), MAX_TEXT) if name == "text:s" else 0)
        if self.aside or name.startswith(_ASIDE):
            self.aside += 1
            return
        self.lines = self.lines or name == "text:p"
        if self.words:
            self.words.start(name, attributes)

    def text(self, text: str) -> None:
        """Words inside a cell."""
        self.shown += len(text)
        if self.words and not self.aside:
            self.words.text(text)

    def end(self, name: str) -> None:
        if name == "table:table":
            self.box = None
        elif name == "table:table-row" and self.in_row:
            self.row, self.in_row = self.row + self.row_repeat, False
        elif name in _CELLS and self.cell is not None:
            self._cell(self.cell)
            self.cell = self.words = None
        elif self.aside:
            self.aside -= 1
        elif self.words:
            self.words.end(name)

    def _table(self, attributes: dict[str, str]) -> None:
        if self.box is not None:
            raise DamagedError
        self.sheets += 1
        if self.sheets > MAX_SHEETS:
            raise RefusedError("too-large", size=MAX_SHEETS)
        self.box = Box(attributes.get("table:name", ""))
        self.seen.sheet(self.box.sheet)
        self.row = self.col = 0
        self.columns = []

    def _column(self, attributes: dict[str, str]) -> None:
        last = self.columns[-1][0] if self.columns else 0
        last += _repeat(attributes.get("table:number-columns-repeated", "1"), COLUMNS)
        self.columns.append((last, attributes.get("table:default-cell-style-name", "")))

    def _words(self, fonts: Fonts, attributes: dict[str, str]) -> CellText | None:
        """What follows the words of a cell."""
        if attributes.get("office:value-type", "string") != "string":
            return None
        style = attributes.get("table:style-name") or self.row_style
        if not style:
            at = bisect_left(self.columns, (self.col + 1, ""))
            style = self.columns[at][1] if at < len(self.columns) else ""
        return CellText(fonts, style, attributes.get("office:string-value"))

    def _cell(self, attributes: dict[str, str]) -> None:
        first = self.col + 1
        self.col += self.repeat
        if not self.filled or self.box is None:
            return
        # Where the cell itself stands is said before where its repetition ends.
        self.box.add(self.row + 1, first)
        self.box.add(self.row + self.row_repeat, self.col)
        self.all_shown += self.shown * self.repeat * self.row_repeat
        if self.all_shown > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
        wrong = attributes.get("calcext:value-type") == "error"
        words = self.words if self.words and self.words.legacy else None
        if not (wrong or words or tells(attributes)):
            return
        area = Area(self.row + 1, first, self.row + self.row_repeat, self.col)
        if wrong:
            self._wrong(self.box.sheet, area)
        note(self.seen, self.box.sheet, area, attributes, words, lines=self.lines)

    def _wrong(self, sheet: str, area: Area) -> None:
        rows, cols = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
        self.wrong += len(rows) * len(cols)
        if self.wrong > MAX_CELLS:
            raise TooLargeError(MAX_TEXT)
        self.errors.setdefault(sheet, []).extend(address(row, col) for row in rows for col in cols)


def _repeat(written: str, most: int) -> int:
    """A number of repetitions; more than can be are as many as can be and one, which is too many anywhere."""
    if not (written.isascii() and written.isdigit()):
        raise DamagedError
    return min(int(written[:12]), most + 1)
