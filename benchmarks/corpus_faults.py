"""Mistakes as units make them, drawn by a seeded generator, one to a package."""

from __future__ import annotations

import random
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import NamedTuple

from pipeline.layout import SheetPlan, a1
from pipeline.package_values import Content
from pipeline.zip_parts import deflated
from schemas.form import Cell, Key

_MONEY = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")
# Behind the first page and the page of checks.
_FIRST_FORM = 3
_LEAST = 10


class Fault(NamedTuple):
    """A mistake: of what kind, in which cell, what stood there before and what stands there now."""

    kind: str
    key: Key
    was: float
    now: float | str


def with_fault(content: Content, chance: random.Random) -> tuple[Content, Fault]:
    """The package with one mistake; a percentage typed over a formula comes into the file by :func:`overtyped`."""
    cells = {cell.key: cell for form in content.forms for cell in form.cells()}
    kinds = [kind for kind in _KINDS if kind != "percentage" or _MEMBERS in content.entries]
    kind = chance.choice(kinds)
    key = chance.choice([key for key, value in content.entries.items() if _fits(kind, cells.get(key), value)])
    was = float(content.entries[key])
    if kind == "percentage":
        whole = float(content.entries[_MEMBERS])
        now = round(100 * was / whole + chance.choice((-7.5, -3, 4, 6.5)), 2)
        return content, Fault(kind, key._replace(measure="ty_le"), round(100 * was / whole, 2), now)
    wrong = _KINDS[kind](was, chance)
    entries = {other: value for other, value in content.entries.items() if other != key}
    if wrong != "":
        entries[key] = wrong
    return replace(content, entries=entries), Fault(kind, key, was, wrong)


_MEMBERS = Key("B01", "sl_doan_vien", "tong")


def _fits(kind: str, cell: Cell | None, value: float | str) -> bool:
    if cell is None or cell.type not in ("count", "money") or not isinstance(value, float) or value < _LEAST:
        return False
    if kind == "percentage":
        # The women's share is of women; the rows of a total's own kind have none.
        return cell.key.form == "B01" and cell.key.indicator.startswith(("cl_hv_", "cl_cm_")) and value >= _LEAST
    return cell.key.measure in ("tong", "ky_nay", "so_suat", "so_tien")


def _swapped(value: float, chance: random.Random) -> float:
    """Two neighbouring digits swapped, or another last digit where all are the same."""
    digits = str(int(value))
    ways = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]]
    if not ways:
        return value + 1
    at = chance.choice(ways)
    return float(digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :])


def _tenfold(value: float, _chance: random.Random) -> float:
    return value * 10


def _text(value: float, chance: random.Random) -> str:
    """A figure that is no number to Excel."""
    digits = str(int(value))
    return chance.choice((f"khoảng {digits}", f"{digits} người", _MONEY.sub(".", digits) + " (ước)", "đang cập nhật"))


def _blank(_value: float, _chance: random.Random) -> str:
    return ""


_KINDS: dict[str, Callable[[float, random.Random], float | str]] = {
    "digits swapped": _swapped,
    "ten times": _tenfold,
    "text": _text,
    "percentage": _tenfold,
    "blank": _blank,
}


def overtyped(data: bytes, content: Content, plans: dict[str, SheetPlan], fault: Fault) -> bytes:
    """The file with a number typed over a formula."""
    number = _FIRST_FORM + [form.id for form in content.forms].index(fault.key.form)
    cell = a1(*plans[fault.key.form].places[fault.key])
    return retyped(data, f"xl/worksheets/sheet{number}.xml", cell, fault.now)


def retyped(data: bytes, path: str, cell: str, number: object) -> bytes:
    """The file with another number in a cell; the other parts keep their packed bytes."""
    members = []
    with zipfile.ZipFile(BytesIO(data)) as book:
        for info in book.infolist():
            named, more = struct.unpack_from("<HH", data, info.header_offset + 26)
            begin = info.header_offset + 30 + named + more
            packed, size, crc = data[begin : begin + info.compress_size], info.file_size, info.CRC
            if info.filename == path:
                tag = re.compile(rf'(<c r="{cell}"(?: s="\d+")?)[^>]*>(?:<f>.*?</f>)?<v>.*?</c>'.encode())
                xml, count = tag.subn(rb"\1><v>" + f"{number}".encode() + b"</v></c>", book.read(path))
                assert count == 1
                packer = zlib.compressobj(4, zlib.DEFLATED, -15)
                packed, size, crc = packer.compress(xml) + packer.flush(), len(xml), zlib.crc32(xml)
            members.append((info.filename, packed, size, crc))
    return deflated(members)
