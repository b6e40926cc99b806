"""The boxes in which the comments of one sheet are shown: an old drawing beside the sheet, of which Excel reads places.

Its words are put together and cut as bytes: the drawings that Excel writes are not always XML.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pipeline.annotate_sheet import Place, Sheet
from pipeline.annotate_xml import AnnotateError, only, spliced, tags, written
from pipeline.guard_bounds import COLUMNS, ROWS
from pipeline.styles import lines_needed

_NAMES = (
    b"urn:schemas-microsoft-com:vml",
    b"urn:schemas-microsoft-com:office:office",
    b"urn:schemas-microsoft-com:office:excel",
)
_EMPTY = (
    b'<xml xmlns:v="%s" xmlns:o="%s" xmlns:x="%s"><o:shapelayout v:ext="edit">'
    b'<o:idmap v:ext="edit" data="%%d"/></o:shapelayout></xml>' % _NAMES
)
_KIND = (
    b'<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe">'
    b'<v:stroke joinstyle="miter"/><v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>'
)
_BOX = (
    '<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;margin-left:80pt;margin-top:5pt;'
    'width:{width}pt;height:{height}pt;z-index:1;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">'
    '<v:fill color2="#ffffe1"/><v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
    '<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>'
    '<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{anchor}</x:Anchor>'
    "<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
)
_SHAPE = re.compile(rb"<v:shape\b.*?</v:shape\s*>", re.DOTALL)
_ROW = re.compile(rb"<x:Row>\s*([0-9]+)\s*</x:Row>")
_COLUMN = re.compile(rb"<x:Column>\s*([0-9]+)\s*</x:Column>")
_ANCHOR = re.compile(rb"<x:Anchor>([^<]*)</x:Anchor>")
_NUMBER = re.compile(rb'id="_x0000_s([0-9]{1,8})"')
_CLUSTERS = re.compile(rb'<o:idmap\b[^>]*?\bdata="([0-9, ]*)"')
_CLUSTER = 1024

# In pixels, for letters of 10 points: Excel counts in them where a box begins and ends.
_LINE, _MARGIN, _LOWEST, _HIGHEST = 17, 16, 60, 640
_WIDTHS = ((330, 46.0), (540, 78.0))
_TRUE = ("1", "true")


@dataclass(frozen=True, slots=True)
class Scale:
    """How wide and high the columns and rows of a sheet are, in pixels; counted from 0."""

    given: Sheet
    columns: tuple[tuple[int, int, int], ...]
    column: int
    row: int

    def width(self, at: int) -> int:
        """Of a column."""
        return next((width for first, last, width in self.columns if first <= at <= last), self.column)

    def height(self, at: int) -> int:
        """Of a row."""
        row = self.given.row(at + 1)
        said = written(row.tag.attributes) if row else {}
        if said.get("hidden") in _TRUE:
            return 0
        return round(float(said["ht"]) * 4 / 3) if "ht" in said else self.row


def scale(given: Sheet) -> Scale:
    """How wide and high the columns and rows of a sheet are."""
    masked, start, stop = given.part.masked, given.part.root.end, given.cells.start
    general = only(masked, "sheetFormatPr", start, stop)
    said = written(general.attributes) if general else {}
    columns = []
    for tag in tags(masked, "col", start, stop):
        one = written(tag.attributes)
        width = 0.0 if one.get("hidden") in _TRUE else float(one.get("width", 9.14))
        columns.append((int(one["min"]) - 1, int(one["max"]) - 1, round(7 * width)))
    usual = 0.0 if said.get("zeroHeight") in _TRUE else float(said.get("defaultRowHeight", 15))
    return Scale(given, tuple(columns), round(7 * float(said.get("defaultColWidth", 9.14))), round(usual * 4 / 3))


def boxes(
    vml: bytes | None,
    cluster: int,
    gone: Collection[Place],
    made: Mapping[Place, str],
    longer: Mapping[Place, str],
    sizes: Scale,
) -> bytes | None:
    """The drawing without the boxes of cells that lost their comment, with new ones, some enlarged.

    ``None`` where no box is left. ``cluster`` is a number from which a new drawing counts its boxes. Raises
    :class:`AnnotateError`.
    """
    vml = _EMPTY % cluster if vml is None else vml
    if b"</xml" not in vml or any(name not in vml for name in _NAMES) or b"<!ENTITY" in vml:
        raise AnnotateError("an odd drawing")
    edits = []
    for start, end, at in _notes(vml):
        if at in gone:
            edits.append((start, end, b""))
        elif at in longer:
            edits += _enlarged(vml, start, end, longer[at], sizes)
    drawn = spliced(vml, edits)
    if made:
        first = max([_first(drawn, cluster), *(int(number) for number in _NUMBER.findall(drawn))]) + 1
        kind = b"" if b'id="_x0000_t202"' in drawn else _KIND
        new = "".join(_box(number, at, made[at], sizes) for number, at in enumerate(sorted(made), start=first))
        stop = drawn.rindex(b"</xml")
        used = range(first // _CLUSTER, (first + len(made) - 1) // _CLUSTER + 1)
        drawn = spliced(drawn, [(stop, stop, kind + new.encode()), *_clusters(drawn, used)])
    return drawn if b"<x:ClientData" in drawn else None


def _notes(vml: bytes) -> Iterator[tuple[int, int, Place]]:
    for shape in _SHAPE.finditer(vml):
        row, column = _ROW.search(shape[0]), _COLUMN.search(shape[0])
        if b'ObjectType="Note"' in shape[0] and row and column:
            yield shape.start(), shape.end(), (int(row[1]) + 1, int(column[1]) + 1)


def _first(vml: bytes, cluster: int) -> int:
    said = _CLUSTERS.search(vml)
    numbers = [int(number) for number in said[1].split(b",") if number.strip()] if said else []
    return _CLUSTER * (numbers[0] if numbers else cluster)


def _clusters(vml: bytes, used: range) -> Iterator[tuple[int, int, bytes]]:
    said = _CLUSTERS.search(vml)
    if said:
        known = [int(number) for number in said[1].split(b",") if number.strip()]
        missing = [number for number in used if number not in known]
        if missing:
            yield said.start(1), said.end(1), ",".join(map(str, [*known, *missing])).encode()


def _box(number: int, at: Place, text: str, sizes: Scale) -> str:
    row, column = at[0] - 1, at[1] - 1
    width, height = _size(text)
    anchor = _anchor((column + 1, 15, max(row - 1, 0), 10 if row else 2), width, height, sizes)
    return _BOX.format(number=number, width=width * 0.75, height=height * 0.75, anchor=anchor, row=row, column=column)


def _size(text: str) -> tuple[int, int]:
    """The width and height that a text needs, in pixels; the wider box where the narrow one would be too high."""
    sizes = [(width, _LINE * lines_needed(text, letters) + _MARGIN) for width, letters in _WIDTHS]
    width, height = next((size for size in sizes if size[1] <= _HIGHEST // 2), sizes[-1])
    return width, min(max(height, _LOWEST), _HIGHEST)


def _anchor(start: tuple[int, int, int, int], width: int, height: int, sizes: Scale) -> str:
    """Where a box begins and ends: column, pixels within it, row, pixels within it, twice."""
    column, right, row, down = start
    column = min(column, COLUMNS - 1)
    last_column, within_column = column, right + width
    while within_column > (wide := sizes.width(last_column)) and last_column < COLUMNS - 1:
        within_column, last_column = within_column - wide, last_column + 1
    last_row, within_row = row, down + height
    while within_row > (high := sizes.height(last_row)) and last_row < min(row + 2000, ROWS - 1):
        within_row, last_row = within_row - high, last_row + 1
    places = (column, right, row, down, last_column, min(within_column, wide), last_row, min(within_row, high))
    return ", ".join(map(str, places))


def _enlarged(vml: bytes, start: int, end: int, text: str, sizes: Scale) -> Iterator[tuple[int, int, bytes]]:
    """A box grown to what its text needs; one that is large enough is left alone."""
    found = _ANCHOR.search(vml, start, end)
    numbers = [number.strip() for number in found[1].split(b",")] if found else []
    if not found or len(numbers) != 8 or not all(number.lstrip(b"-").isdigit() for number in numbers):
        return
    left, right, top, down, last_column, at_right, last_row, at_bottom = map(int, numbers)
    if not (0 <= left <= last_column < COLUMNS and 0 <= top <= last_row < ROWS and last_row - top < 2000):
        return
    width = sum(sizes.width(i) for i in range(left, last_column)) - right + at_right
    height = sum(sizes.height(i) for i in range(top, last_row)) - down + at_bottom
    wanted_width, wanted_height = _size(text)
    if width < wanted_width or height < wanted_height:
        start_at = left, max(right, 0), top, max(down, 0)
        anchor = _anchor(start_at, max(width, wanted_width), max(height, wanted_height), sizes)
        yield found.start(1), found.end(1), anchor.encode()
