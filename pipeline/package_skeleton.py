"""One workbook for all packages of a kind, open where they differ: each package is that workbook, filled.

What is written with the writer of workbooks once is written out in text for each unit; parts in which nothing is open
keep their packed bytes.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import MappingProxyType
from typing import Any

from pipeline.formulas import Formula
from pipeline.layout import a1
from pipeline.package import write_made
from pipeline.package_cells import OpenCells, Opened
from pipeline.package_made import Frame, Package, frame_of, made_all
from pipeline.package_values import Content
from pipeline.package_xml import Strings, controls_escaped, escaped, formula_cell, plain_cell
from pipeline.styles import foot
from pipeline.zip_parts import deflated

_STRINGS, _CORE, _BOOK = "xl/sharedStrings.xml", "docProps/core.xml", "xl/workbook.xml"
_SHEET_NAME = re.compile(r'<sheet name="([^"]*)"')
_OPEN = re.compile(r'<c r="([A-Z]+\d+)"((?: s="\d+")?)><v>0</v></c>')
_HIGH = re.compile(r'(<row r="(\d+)"[^>]*? ht=")([^"]*)(")')
_FOOT = re.compile(r"(?<=<oddFooter>).*(?=</oddFooter>)", re.DOTALL)
_TITLE = re.compile(r"(?<=<dc:title>).*(?=</dc:title>)", re.DOTALL)
_ITEM = re.compile(r"<si>.*?</si>", re.DOTALL)
_COUNTS = re.compile(r'count="(\d+)" uniqueCount="(\d+)"')
# A sheet packs in half the time that the usual level takes, and becomes a fifth larger.
_LEVEL = 4


@dataclass(frozen=True, slots=True)
class _Cells:
    """Open cells of one row: where they stand among the pieces, their tags up to the style, their formulas.

    ``still`` are the values with which the pieces show them already, ``...`` for a formula that is itself open. What
    one cell shows is in no package a whole number and in another a decimal, so equal values are written alike.
    """

    open: OpenCells
    places: tuple[int, ...]
    heads: tuple[str, ...]
    formulas: tuple[Formula, ...]
    still: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Height:
    """An open row, and where its height stands among the pieces."""

    high: Callable[[Package], float]
    place: int


@dataclass(frozen=True, slots=True)
class _Packed:
    """The body of a part: its text, what the packer has given out of it, the checksum."""

    body: bytes
    begun: bytes
    packer: Any
    crc: int


@dataclass(slots=True)
class _Part:
    """A part of which packages that follow each other often have the body in common; ``packed`` is that of the last."""

    path: str
    packed: _Packed | None = None


@dataclass(slots=True)
class _Sheet:
    """A sheet: its pieces, every second one open, the last of them the foot of its printed pages."""

    part: _Part
    pieces: list[bytes]
    cells: tuple[_Cells, ...]
    heights: tuple[_Height, ...]
    foot: int | None


Member = tuple[str, bytes, int, int]
"""A part: path, packed bytes, size unpacked, checksum."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The workbook of a kind: its parts in their order, of those that are open the paths alone.

    ``strings`` are the texts that every package of the kind has, each with its number, ``used`` how often.
    """

    frame: Frame
    members: tuple[Member | str, ...]
    sheets: Mapping[str, _Sheet]
    core: str
    strings: Mapping[str, int]
    strings_part: _Part
    strings_head: str
    strings_body: bytes
    used: int


def skeleton_of(blank: Content) -> Skeleton:
    """The workbook of the kind whose blank package this is."""
    frame, opened, file = frame_of(blank), dict[str, Opened](), BytesIO()
    package = made_all(frame, [blank])[0]
    write_made(file, package, opened)
    with zipfile.ZipFile(file) as book:
        texts = {name: book.read(name) for name in book.namelist()}
    names = _SHEET_NAME.findall(texts[_BOOK].decode())
    paths = {f"xl/worksheets/sheet{number}.xml": name for number, name in enumerate(names, start=1)}
    sheets = {
        path: _sheet(path, texts[path].decode(), opened[name], package)
        for path, name in paths.items()
        if name in opened
    }
    members = tuple(
        path if path in sheets or path in (_STRINGS, _CORE) else _member(path, content)
        for path, content in texts.items()
    )
    shared = texts[_STRINGS].decode()
    counts, strings = _COUNTS.search(shared), _ITEM.findall(shared)
    assert counts is not None
    assert len(strings) == int(counts[2])
    return Skeleton(
        frame,
        members,
        sheets,
        texts[_CORE].decode(),
        MappingProxyType({item: number for number, item in enumerate(strings)}),
        _Part(_STRINGS),
        shared.partition("<si>")[0],
        "".join(strings).encode(),
        int(counts[1]),
    )


def filled(skeleton: Skeleton, package: Package) -> bytes:
    """The file of one package."""
    strings = Strings(skeleton.strings)
    made = {path: _packed(sheet.part, *_filled(sheet, package, strings)) for path, sheet in skeleton.sheets.items()}
    made[_STRINGS] = _packed(skeleton.strings_part, *_all_strings(skeleton, strings))
    title = controls_escaped(escaped(package.content.title))
    made[_CORE] = _member(_CORE, _TITLE.sub(lambda _: title, skeleton.core).encode())
    return deflated(made[member] if isinstance(member, str) else member for member in skeleton.members)


def _all_strings(skeleton: Skeleton, strings: Strings) -> tuple[bytes, bytes]:
    """The texts of the kind, and behind them the package's own."""
    used, unique = skeleton.used + strings.uses, len(strings.kind) + len(strings.own)
    head = _COUNTS.sub(f'count="{used}" uniqueCount="{unique}"', skeleton.strings_head, count=1)
    return head.encode() + skeleton.strings_body, "".join([*strings.own, "</sst>"]).encode()


def _sheet(path: str, xml: str, opened: Opened, blank: Package) -> _Sheet:
    cells = {a1(one.row, column): (one, i) for one in opened.cells for i, column in enumerate(one.columns)}
    heights = {row + 1: height for row, height in opened.rows}
    found = [match for match in _OPEN.finditer(xml) if match[1] in cells]
    high = [match for match in _HIGH.finditer(xml) if int(match[2]) in heights]
    foot_at = _FOOT.search(xml)
    assert (len(found), len(high)) == (len(cells), len(heights))
    spans = [(match.span(), match) for match in found] + [(match.span(3), match) for match in high]
    if foot_at:
        spans.append((foot_at.span(), foot_at))
    pieces, at, places, tags = [], 0, {}, {}
    rows = []
    for (start, end), match in sorted(spans, key=lambda one: one[0]):
        pieces += [xml[at:start].encode(), b""]
        at, place = end, len(pieces) - 1
        if match.re is _OPEN:
            places[match[1]], tags[match[1]] = place, f'<c r="{match[1]}"{match[2]}'
        elif match.re is _HIGH:
            rows.append(_Height(heights[int(match[2])], place))
    pieces.append(xml[at:].encode())
    all_cells = tuple(_cells(one, places, tags, blank) for one in opened.cells)
    for one in all_cells:
        _show_still(one, pieces)
    return _Sheet(
        _Part(path),
        pieces,
        all_cells,
        tuple(rows),
        len(pieces) - 2 if foot_at else None,
    )


def _cells(one: OpenCells, places: Mapping[str, int], tags: Mapping[str, str], blank: Package) -> _Cells:
    names = [a1(one.row, column) for column in one.columns]
    fixed = tuple(map(_escaped, one.formulas))
    still: tuple[object, ...] = (None,) * len(names)
    if fixed:
        still = tuple(
            value if isinstance(own, str) else ... for own, value in zip(fixed, one.values(blank), strict=True)
        )
    return _Cells(one, tuple(places[name] for name in names), tuple(tags[name] for name in names), fixed, still)


def _show_still(cells: _Cells, pieces: list[bytes]) -> None:
    """Most cells of a package show what those of the blank one show: nothing, or that something is missing."""
    if not cells.formulas:
        for place, head in zip(cells.places, cells.heads, strict=True):
            pieces[place] = f"{head}/>".encode()
        return
    for place, head, formula, value in zip(cells.places, cells.heads, cells.formulas, cells.still, strict=True):
        if isinstance(formula, str):
            pieces[place] = formula_cell(head, formula, value).encode()


def _escaped(formula: Formula) -> Formula:
    """A formula as it stands in a sheet."""
    if isinstance(formula, str):
        return escaped(formula.removeprefix("="))
    first, *others = formula.pieces
    return replace(formula, pieces=tuple(map(escaped, (first.removeprefix("="), *others))))


def _filled(sheet: _Sheet, package: Package, strings: Strings) -> tuple[bytes, bytes]:
    """The sheet of one package up to the foot of its printed pages, and the rest."""
    pieces, constants = sheet.pieces.copy(), package.content.constants
    for cells in sheet.cells:
        values = cells.open.values(package)
        if values == cells.still:
            continue
        if not cells.formulas:
            for place, head, value in zip(cells.places, cells.heads, values, strict=True):
                pieces[place] = plain_cell(head, value, strings).encode()
            continue
        all_of_row = zip(cells.places, cells.heads, cells.formulas, values, cells.still, strict=True)
        for place, head, formula, value, still in all_of_row:
            if value != still:
                text = formula if isinstance(formula, str) else formula.text(constants)
                pieces[place] = formula_cell(head, text, value).encode()
    for row in sheet.heights:
        pixels = int(row.high(package) * 4 / 3 + 0.5)
        pieces[row.place] = f"{pixels * 0.75:.16g}".encode()
    if sheet.foot is None:
        return b"".join(pieces), b""
    pieces[sheet.foot] = controls_escaped(escaped(foot(package.content.footer))).encode()
    return b"".join(pieces[: sheet.foot]), b"".join(pieces[sheet.foot :])


def _packed(part: _Part, body: bytes, rest: bytes) -> Member:
    """A part as it stands in the file; a body that the package before had too is not packed again."""
    known = part.packed
    if known is None or known.body != body:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        known = part.packed = _Packed(body, packer.compress(body), packer, zlib.crc32(body))
    own = known.packer.copy()
    packed = known.begun + own.compress(rest) + own.flush()
    return part.path, packed, len(body) + len(rest), zlib.crc32(rest, known.crc)


def _member(path: str, content: bytes) -> Member:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
    return path, packer.compress(content) + packer.flush(), len(content), zlib.crc32(content)
