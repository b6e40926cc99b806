"""What a returned file's bytes are, and whether the reader may open them.

The reader sizes its memory by the bounding box of a sheet's cells and inflates whatever a zip holds; one stray cell or
one crafted file can therefore end the whole process. Nothing gets to the reader that has not passed here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from pipeline.zip_parts import LOCAL, DamagedError, Member, Parts, TooLargeError, directory

_MIB = 1024 * 1024
MAX_FILE = 64 * _MIB
MAX_PART = 64 * _MIB
MAX_TOTAL = 256 * _MIB
MAX_SHEETS = 200
MAX_CELLS = 2_000_000
MAX_TEXT = 2048 * _MIB
_ROWS, _COLUMNS = 1_048_576, 16_384
# The widest column (FZ) that may stand beside any row of four digits and still be within MAX_CELLS.
_WIDE = 182
# No cell that shows a shared text takes fewer bytes.
_SMALLEST_CELL = 20

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"avif")

# A cell not written as every common program writes one, inside a box that is small whatever the sheet holds; a second
# r attribute, or none, is odd too. Odd cells are left to the parser.
_ODD_CELL = re.compile(
    rb'<c(?! r="[A-F]?[A-Z][1-9][0-9]{0,3}+"'
    rb'(?: s="[0-9]++"(?:/?+>| t="(?:s|n|str|b|inlineStr)">)|/?+>| t="(?:s|n|str|b|inlineStr)">))'
)
_PREFIXED_CELL = re.compile(rb":c[\s/>]")
_START = re.compile(rb"(?:\xef\xbb\xbf)?<[?A-Za-z]")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII)
_ROW = re.compile(r"[A-Za-z]{0,3}([0-9]{1,7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the cells of one sheet part reach, counted from 1, and which of them hold an error value."""

    part: str
    last_row: int
    last_col: int
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file is by its bytes; ``refusal`` names why it must not be read, and is empty when it may be.

    ``params`` are what the sentence of the refusal needs. ``errors`` are the addresses of the cells that hold an error
    value, by the name of their sheet; sheets without any are left out.
    """

    kind: str
    refusal: str = ""
    params: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


class _RefusedError(Exception):
    """A reason found deep inside."""

    def __init__(self, refusal: str, **params: str | int) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.params = MappingProxyType(params)


def inspect(data: bytes) -> Inspection:
    """Say what ``data`` is and whether it is safe to read; never raises."""
    if not data.startswith(LOCAL):
        return _not_zip(data)
    if len(data) > MAX_FILE:
        return Inspection("zip", "too-large", MappingProxyType({"size": MAX_FILE // _MIB}))
    kind = "zip"
    try:
        members = directory(data)
        kind = _zip_kind(data, members.keys())
        if kind in ("xlsx", "xlsm"):
            return Inspection(kind, errors=_scan(data, members))
        raise _RefusedError("old-format" if kind in ("xlsb", "ods") else "not-a-workbook", kind=kind)
    except _RefusedError as refused:
        return Inspection(kind, refused.refusal, refused.params)
    except TooLargeError as large:
        return Inspection(kind, "too-large", MappingProxyType({"size": large.bound // _MIB}))
    except (DamagedError, expat.ExpatError):
        # A letter, or a bundle of files, whose directory is not as strict as a workbook's must be is still no workbook.
        if kind == "zip" and b"xl/workbook" not in data and b"PK\x05\x06" in data:
            kind = "docx" if b"word/document.xml" in data else "zip"
            return Inspection(kind, "not-a-workbook", MappingProxyType({"kind": kind}))
        return Inspection(kind, "damaged")


def _not_zip(data: bytes) -> Inspection:
    if not data:
        return Inspection("empty", "empty-file")
    kind = _plain_kind(data[:4096])
    params = MappingProxyType({"kind": kind})
    if kind != "ole":
        return Inspection(kind, "not-a-workbook", params)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Inspection(kind, "password")
    other = any(name.encode("utf-16-le") in data for name in ("WordDocument", "PowerPoint Document"))
    return Inspection(kind, "not-a-workbook" if other else "old-format", params)


def _plain_kind(head: bytes) -> str:
    if head.startswith(_OLE):
        return "ole"
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF:
        return "image"
    if head.startswith(b"PK"):
        return "zip"
    text = _text(head).strip().lower()
    if any(tag in text for tag in ("<html", "<!doctype html", "<table", "<body")):
        return "html"
    return "csv" if text and not text.startswith("<") else "unknown"


def _text(head: bytes) -> str:
    """The start of a file as text, or nothing when it is not text."""
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    # Old Vietnamese encodings are text too, so only control characters tell that it is not.
    return "" if any(c < " " and c not in "\t\r\n\f" for c in text) else text


def _zip_kind(data: bytes, names: Collection[str]) -> str:
    # The reader falls back to the other formats when a workbook fails, so a zip that is both is taken as the other.
    if "content.xml" in names or "mimetype" in names:
        return "ods" if b"opendocument.spreadsheet" in data[30:200] else "zip"
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if any(name.endswith("workbook.xml") or name.startswith("xl/") for name in names):
        return "xlsm" if any(name.endswith("vbaproject.bin") for name in names) else "xlsx"
    return "docx" if "word/document.xml" in names else "zip"


class _Layout(NamedTuple):
    """The parts of a workbook that the reader opens: sheet parts with the names of their sheets, and the others."""

    sheets: Mapping[str, list[str]]
    others: Collection[str]


def _scan(data: bytes, members: Mapping[str, Member]) -> Mapping[str, tuple[str, ...]]:
    """Look at every part that the reader opens; the error cells found, by sheet."""
    parts = Parts(data, members, MAX_PART, MAX_TOTAL)
    layout = _layout(parts, members.keys())
    before = parts.inflated
    errors: dict[str, tuple[str, ...]] = {}
    for part, names in layout.sheets.items():
        found = _sheet_errors(part, parts.inflate(part), names[0])
        errors.update({name: found for name in names if found})
    cells = (parts.inflated - before) // _SMALLEST_CELL
    for part in layout.others:
        xml = _read(parts, part)
        # The reader copies a shared text into every cell that shows it.
        if cells * len(xml) > MAX_TEXT and cells * max(map(len, xml.split(b"<si"))) > MAX_TEXT:
            raise TooLargeError(MAX_TEXT)
    return MappingProxyType(errors)


def _layout(parts: Parts, paths: Collection[str]) -> _Layout:
    bases = {
        path.rpartition("/")[0] for _, kind, path in _relations(parts, "_rels/.rels", "") if kind == "officedocument"
    }
    if len(bases) != 1:
        raise DamagedError
    base = f"{bases.pop()}/".lstrip("/")
    listed = _elements(_read(parts, f"{base}workbook.xml"), "sheet")
    if not listed:
        raise DamagedError
    relations = _relations(parts, f"{base}_rels/workbook.xml.rels", base)
    by_id = {key: path for key, _, path in relations}
    sheets: dict[str, list[str]] = {}
    for sheet in listed:
        for key in {value for name, value in sheet.items() if _local(name) == "id"} or {""}:
            sheets.setdefault(by_id.get(key, ""), []).append(sheet.get("name", ""))
    for path in paths:
        if path.startswith(f"{base}worksheets/") and path.endswith(".xml"):
            sheets.setdefault(path, [path])
    if max(len(listed), len(sheets)) > MAX_SHEETS:
        raise _RefusedError("too-large", size=len(listed))
    others = {path for _, kind, path in relations if kind in ("sharedstrings", "styles")}
    others |= {f"{base}sharedstrings.xml", f"{base}styles.xml"}
    return _Layout(sheets, sorted(others.intersection(paths)))


def _relations(parts: Parts, part: str, base: str) -> list[tuple[str, str, str]]:
    """Id, kind and path, these two lower case, of each relationship."""
    xml = _read(parts, part)
    # Readers differ in whether a reference such as &#115; stands for its letter in a path.
    if b"&" in xml:
        raise DamagedError
    found = []
    for relation in _elements(xml, "Relationship"):
        target = relation.get("Target", "").lower()
        path = target[1:] if target.startswith("/") else base + target
        found.append((relation.get("Id", ""), relation.get("Type", "").lower().rpartition("/")[2], path))
    return found


def _read(parts: Parts, part: str) -> bytes:
    xml = parts.inflate(part)
    _refuse_entities(xml, 0, len(xml))
    return xml


def _refuse_entities(xml: bytes, start: int, end: int) -> None:
    if xml.find(b"<!DOCTYPE", start, end) >= 0 or xml.find(b"<!ENTITY", start, end) >= 0:
        raise DamagedError


def _elements(xml: bytes, wanted: str) -> list[dict[str, str]]:
    """The attributes of every element of that local name."""
    found: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == wanted:
            found.append(attributes)

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.Parse(xml, True)
    return found


def _local(name: str) -> str:
    return name.partition(":")[2] or name


def _sheet_errors(part: str, xml: bytes, sheet: str) -> tuple[str, ...]:
    """The error cells of a sheet; refused when its cells reach too far."""
    first, last = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    if not (0 <= first < last):
        first = last = len(xml)
    _refuse_entities(xml, 0, first)
    _refuse_entities(xml, last, len(xml))
    if first < last and _is_plain(xml, first, last):
        return ()
    _refuse_entities(xml, first, last)
    return _extent(part, xml, sheet).errors


def _is_plain(xml: bytes, first: int, last: int) -> bool:
    """Whether no cell can be wrong, told from the bytes alone: a tag that the reader sees is there as such bytes."""
    renamed = xml.find(b":sheetData", 0, first) >= 0 or xml.find(b":sheetData", last) >= 0
    if renamed or not _START.match(xml) or _PREFIXED_CELL.search(xml, first, last):
        return False
    return _ODD_CELL.search(xml, first, last) is None


def _extent(part: str, xml: bytes, sheet: str) -> Extent:
    """Where every cell of a sheet lies, as the reader counts: a cell without an address follows the one before."""
    cells = _Cells(sheet)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.Parse(xml, True)
    if cells.root == "worksheet" and not cells.done:
        raise DamagedError
    return Extent(part, cells.deepest[0], cells.widest[1], tuple(cells.errors))


class _Cells:
    """Follows the cells of one sheet; rows and columns count from 1."""

    def __init__(self, sheet: str) -> None:
        self.sheet = sheet
        self.root = ""
        self.row = self.col = 1
        self.deepest = self.widest = (0, 0)
        self.errors: list[str] = []
        self.done = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        self.root = self.root or local
        if self.done:
            return
        if local == "c":
            self._cell(attributes)
        elif local == "row" and "r" in attributes:
            match = _ROW.fullmatch(attributes["r"])
            self.row = int(match[1]) if match else 0

    def end(self, name: str) -> None:
        local = _local(name)
        if local == "row":
            self.row, self.col = self.row + 1, 1
        elif local == "sheetData":
            self.done = True

    def _cell(self, attributes: dict[str, str]) -> None:
        row, address = self.row, attributes.get("r")
        if address is not None:
            match = _ADDRESS.fullmatch(address)
            row, self.col = (int(match[2]), _column(match[1])) if match else (0, 0)
        if not (0 < row <= _ROWS and 0 < self.col <= _COLUMNS):
            self._refuse(address[:20] if address else _a1(row, self.col))
        if row > self.deepest[0]:
            self.deepest = (row, self.col)
        if self.col > self.widest[1]:
            self.widest = (row, self.col)
        if self.deepest[0] * self.widest[1] > MAX_CELLS:
            self._refuse(_a1(*(self.widest if self.widest[1] > _WIDE else self.deepest)))
        if attributes.get("t") == "e":
            self.errors.append(_a1(row, self.col))
        self.col += 1

    def _refuse(self, cell: str) -> NoReturn:
        raise _RefusedError("stray-cell", sheet=self.sheet, cell=cell)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _a1(row: int, column: int) -> str:
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
