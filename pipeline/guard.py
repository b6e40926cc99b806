"""What a returned file's bytes are, and whether the reader may open them.

The reader sizes its memory by the bounding box of a sheet's cells and inflates whatever a zip holds; one stray cell or
one crafted file can therefore end the whole process. Nothing gets to the reader that has not passed here.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple
from xml.parsers import expat

_MIB = 1024 * 1024
MAX_FILE = 64 * _MIB
MAX_PART = 64 * _MIB
MAX_TOTAL = 256 * _MIB
MAX_SHEETS = 200
MAX_CELLS = 2_000_000
MAX_TEXT = 2048 * _MIB
_ROWS, _COLUMNS = 1_048_576, 16_384
# The widest column (FZ) that any row of four digits may hold and still be within MAX_CELLS.
_WIDE = 182

_LOCAL, _ENTRY, _END, _LOCATOR = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x07"
_ENTRY_FIELDS = struct.Struct("<4s4xHH4xLLLHHH8xL")
_END_FIELDS = struct.Struct("<4xHHHHLL")
# A name given in an extra field would be read by one zip reader and not by another.
_EXTRA_NAME = 0x7075
_ROOT_RELS = "_rels/.rels"

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"avif")

# Cells written as every common program writes them, in a box that is small whatever else the sheet holds. Anything
# else, such as a second r attribute or no r at all, is left to the parser.
_ODD_CELL = re.compile(
    rb'<c(?! r="[A-F]?[A-Z][1-9][0-9]{0,3}"(?: s="[0-9]+")?(?: t="(?:s|n|str|b|inlineStr)")?/?>)(?=[\s/>])'
)
_PREFIXED = re.compile(rb":(?=c[\s/>]|sheetData)")
_START = re.compile(rb"(?:\xef\xbb\xbf)?<[?A-Za-z]")
_ENTITIES = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII)
_ROW = re.compile(r"[A-Za-z]{0,3}([0-9]{1,7})", re.ASCII)

_NO_PARAMS: Mapping[str, str | int] = MappingProxyType({})
_NO_ERRORS: Mapping[str, tuple[str, ...]] = MappingProxyType({})


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
    params: Mapping[str, str | int] = field(default_factory=lambda: _NO_PARAMS)
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: _NO_ERRORS)


class _Member(NamedTuple):
    flags: int
    method: int
    crc: int
    size: int
    offset: int


class _RefusedError(Exception):
    """A reason found deep inside."""

    def __init__(self, refusal: str, **params: str | int) -> None:
        super().__init__(refusal)
        self.refusal = refusal
        self.params = MappingProxyType(params)


def inspect(data: bytes) -> Inspection:
    """Say what ``data`` is and whether it is safe to read; never raises."""
    if not data.startswith(_LOCAL):
        return _not_zip(data)
    kind = "zip"
    try:
        if len(data) > MAX_FILE:
            raise _RefusedError("too-large", size=len(data) // _MIB)
        members = _directory(data)
        kind = _zip_kind(data, members)
        if kind in ("xlsb", "ods"):
            raise _RefusedError("old-format", kind=kind)
        if kind not in ("xlsx", "xlsm"):
            raise _RefusedError("not-a-workbook", kind=kind)
        return Inspection(kind, errors=_Package(data, members).scan())
    except _RefusedError as refused:
        return Inspection(kind, refused.refusal, refused.params)
    except (expat.ExpatError, struct.error, zlib.error, ValueError):
        return Inspection(kind, "damaged")


def _not_zip(data: bytes) -> Inspection:
    if not data:
        return Inspection("empty", "empty-file")
    kind = _plain_kind(data)
    params = MappingProxyType({"kind": kind})
    if kind != "ole":
        return Inspection(kind, "not-a-workbook", params)
    if "EncryptedPackage".encode("utf-16-le") in data:
        return Inspection(kind, "password")
    other = any(name.encode("utf-16-le") in data for name in ("WordDocument", "PowerPoint Document"))
    return Inspection(kind, "not-a-workbook" if other else "old-format", params)


def _plain_kind(data: bytes) -> str:
    head = data[:4096]
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
    text = _text(head)
    if any(tag in text.lower() for tag in ("<html", "<!doctype html", "<table", "<body")):
        return "html"
    return "csv" if text.strip() and not text.lstrip().startswith("<") else "unknown"


def _text(head: bytes) -> str:
    """The start of a file as text, or nothing when it is not text."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    text = head.decode("utf-8-sig", "replace")
    # Old Vietnamese encodings are text too, so only control characters tell that it is not.
    return "" if any(c < " " and c not in "\t\r\n\f" for c in text) else text


def _directory(data: bytes) -> dict[str, _Member]:
    """The members of a zip by their path, lower case; refused unless every reader must see the same ones."""
    end = data.rfind(_END)
    if end < 0 or _other_directory(data, end):
        raise _RefusedError("damaged")
    disk, start_disk, here, count, size, at = _END_FIELDS.unpack_from(data, end)
    whole = disk == start_disk == 0 and here == count and 0 < count < 0xFFFF and at + size == end
    if not whole or end + 22 > len(data) or data[end - 20 : end - 16] == _LOCATOR:
        raise _RefusedError("damaged")
    members: dict[str, _Member] = {}
    for _ in range(count):
        signature, flags, method, crc, packed, full, named, extra, comment, offset = _ENTRY_FIELDS.unpack_from(data, at)
        name = data[at + 46 : at + 46 + named].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        path = name.lower().replace("\\", "/")
        at += 46 + named + extra + comment
        odd = 0xFFFFFFFF in (packed, full, offset) or _renamed(data[at - extra - comment : at - comment])
        if signature != _ENTRY or at > end or odd or path in members:
            raise _RefusedError("damaged")
        members[path] = _Member(flags, method, crc, packed, offset)
    if at != end:
        raise _RefusedError("damaged")
    return members


def _other_directory(data: bytes, end: int) -> bool:
    """Whether something before the last end record could be taken for another one."""
    at = data.find(_END, 0, end)
    while at >= 0:
        if data[at + 4 : at + 6] == data[at + 6 : at + 8]:
            return True
        at = data.find(_END, at + 1, end)
    return False


def _renamed(extra: bytes) -> bool:
    at = 0
    while at + 4 <= len(extra):
        field_id, size = struct.unpack_from("<HH", extra, at)
        if field_id == _EXTRA_NAME:
            return True
        at += 4 + size
    return False


def _zip_kind(data: bytes, members: Iterable[str]) -> str:
    names = tuple(members)
    if "content.xml" in names or "mimetype" in names:
        return "ods" if b"opendocument.spreadsheet" in data[30:200] else "zip"
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if any(name.endswith("workbook.xml") or name.startswith("xl/") for name in names):
        return "xlsm" if any(name.endswith("vbaproject.bin") for name in names) else "xlsx"
    return "docx" if "word/document.xml" in names else "zip"


class _Package:
    """The parts of one workbook, inflated one at a time and never beyond the bounds."""

    def __init__(self, data: bytes, members: Mapping[str, _Member]) -> None:
        self._data = data
        self._members = members
        self._left = MAX_TOTAL

    def scan(self) -> Mapping[str, tuple[str, ...]]:
        """Look at every part that the reader opens; the error cells found, by sheet."""
        base, names, others = self._layout()
        texts = [self._read(part) for part in sorted(others)]
        longest = max((_longest(text) for text in texts), default=0)
        del texts
        left = self._left
        errors: dict[str, tuple[str, ...]] = {}
        folder = f"{base}worksheets/"
        unnamed = {p for p in self._members if p.startswith(folder) and p.endswith(".xml") and p.find("/_rels/") < 0}
        for part in [*names, *sorted(unnamed - names.keys())]:
            sheets = names.get(part, [part])
            found = _scan_sheet(part, self._inflate(part), sheets[0])
            errors.update({sheet: found for sheet in sheets if found})
        # The reader copies a shared text into every cell that shows it; twenty bytes hold no smaller such cell.
        if (left - self._left) // 20 * longest > MAX_TEXT:
            raise _RefusedError("too-large", size=MAX_TEXT // _MIB)
        return MappingProxyType(errors)

    def _layout(self) -> tuple[str, dict[str, list[str]], set[str]]:
        """The workbook's folder, its sheet parts with the names of the sheets, and the other parts that are read."""
        targets = _relations(self._read(_ROOT_RELS), "", "officedocument")
        bases = {target.rpartition("/")[0] for _, target in targets}
        if len(bases) != 1:
            raise _RefusedError("damaged")
        base = f"{bases.pop()}/".lstrip("/")
        listed = _elements(self._read(f"{base}workbook.xml"), "sheet")
        if not listed:
            raise _RefusedError("damaged")
        if len(listed) > MAX_SHEETS or sum("/worksheets/" in f"/{p}" for p in self._members) > 2 * MAX_SHEETS:
            raise _RefusedError("too-large", size=len(listed))
        related = self._read(f"{base}_rels/workbook.xml.rels")
        parts = dict(_relations(related, base, ""))
        names: dict[str, list[str]] = {}
        for sheet in listed:
            for key in {value for key, value in sheet.items() if _local(key) == "id"}:
                names.setdefault(parts.get(key, ""), []).append(sheet.get("name", ""))
        fixed = {f"{base}sharedstrings.xml", f"{base}styles.xml"}
        typed = {target for kind in ("sharedstrings", "styles") for _, target in _relations(related, base, kind)}
        return base, names, (fixed | typed) & self._members.keys()

    def _read(self, part: str) -> bytes:
        xml = self._inflate(part)
        if _ENTITIES.search(xml):
            raise _RefusedError("damaged")
        return xml

    def _inflate(self, part: str) -> bytes:
        member = self._members.get(part)
        if member is None or member.flags & 1 or member.method not in (0, 8):
            raise _RefusedError("damaged")
        data, at = self._data, member.offset
        named, extra = struct.unpack_from("<HH", data, at + 26)
        start = at + 30 + named + extra
        packed = memoryview(data)[start : start + member.size]
        if data[at : at + 4] != _LOCAL or len(packed) != member.size:
            raise _RefusedError("damaged")
        most = min(MAX_PART, self._left)
        # The directory's sizes can lie, so only the bytes that come out are counted.
        inflater = zlib.decompressobj(-15)
        content = inflater.decompress(packed, most + 1) if member.method else bytes(packed)
        if len(content) > most:
            raise _RefusedError("too-large", size=most // _MIB)
        if (member.method and not inflater.eof) or zlib.crc32(content) != member.crc:
            raise _RefusedError("damaged")
        self._left -= len(content)
        return content


def _longest(texts: bytes) -> int:
    """The size of the longest shared text, or of all of them when they are too few to matter."""
    return len(texts) if len(texts) < 4096 else max(map(len, texts.split(b"<si")))


def _local(name: str) -> str:
    return name.partition(":")[2] or name


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


def _relations(xml: bytes, base: str, kind: str) -> list[tuple[str, str]]:
    """Id and path, lower case, of the relationships whose type ends with something like ``kind``."""
    # Readers differ in whether a reference such as &#115; stands for its letter in a path.
    if b"&" in xml:
        raise _RefusedError("damaged")
    found = []
    for relation in _elements(xml, "Relationship"):
        target = relation.get("Target", "").lower()
        path = target[1:] if target.startswith("/") else base + target
        if kind in relation.get("Type", "").lower().rpartition("/")[2]:
            found.append((relation.get("Id", ""), path))
    return found


def _scan_sheet(part: str, xml: bytes, sheet: str) -> tuple[str, ...]:
    """The error cells of a sheet; refused when its cells reach too far."""
    first, last = xml.find(b"<sheetData"), xml.rfind(b"</sheetData")
    plain = 0 <= first < last and _START.match(xml) and not _PREFIXED.search(xml)
    if plain and not _ODD_CELL.search(xml, first, last):
        if _ENTITIES.search(xml, 0, first) or _ENTITIES.search(xml, last):
            raise _RefusedError("damaged")
        return ()
    if _ENTITIES.search(xml):
        raise _RefusedError("damaged")
    return _extent(part, xml, sheet).errors


def _extent(part: str, xml: bytes, sheet: str) -> Extent:
    """Where every cell of a sheet lies, as the reader counts: a cell without an address follows the one before."""
    cells = _Cells(sheet)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = cells.start
    parser.EndElementHandler = cells.end
    parser.Parse(xml, True)
    if cells.root == "worksheet" and not cells.done:
        raise _RefusedError("damaged")
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
            self._stray(address[:20] if address else f"{_letters(self.col)}{row}")
        here = (row, self.col)
        if row > self.deepest[0]:
            self.deepest = here
        if self.col > self.widest[1]:
            self.widest = here
        if self.deepest[0] * self.widest[1] > MAX_CELLS:
            row, col = self.widest if self.widest[1] > _WIDE else self.deepest
            self._stray(f"{_letters(col)}{row}")
        if attributes.get("t") == "e":
            self.errors.append(f"{_letters(self.col)}{row}")
        self.col += 1

    def _stray(self, cell: str) -> None:
        raise _RefusedError("stray-cell", sheet=self.sheet, cell=cell)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def _letters(column: int) -> str:
    text = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
