"""What a file is by its bytes, whatever its name says."""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Collection
from zipfile import BadZipFile, ZipFile

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_HEIF = (b"heic", b"heix", b"mif1", b"msf1", b"avif")
_ARCHIVES = {b"Rar!\x1a\x07": "rar", b"7z\xbc\xaf\x27\x1c": "7z"}
# The first record of Excel 2 to 4, which came without a compound file around it.
_OLD_EXCEL = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_MAIL = re.compile(r"[a-z][a-z0-9-]+:[ \t]")
_MAIL_SENDER = re.compile(r"^(?:from|return-path|received):", re.M)
# The parts of a zip that tell an office document that is no workbook.
_DOCUMENTS = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx"}


def plain_kind(head: bytes) -> str:
    """The kind of a file that is no zip of parts, by its first bytes."""
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
    for start, kind in _ARCHIVES.items():
        if head.startswith(start):
            return kind
    if head.startswith(_OLD_EXCEL):
        return "xl4"
    if head.startswith(b"{\\rtf"):
        return "rtf"
    return _text_kind(_text(head).strip().lower())


def _text_kind(text: str) -> str:
    if _MAIL.match(text) and _MAIL_SENDER.search(text):
        return "mail"
    if "urn:schemas-microsoft-com:office:spreadsheet" in text:
        return "xml2003"
    if any(tag in text for tag in ("<html", "<!doctype html", "<table", "<body")):
        return "html"
    return "csv" if text and not text.startswith("<") else "unknown"


def _text(head: bytes) -> str:
    """The start of a file as text, or nothing when it is not text."""
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if utf16 else "utf-8-sig", "replace")
    # Old Vietnamese encodings are text too, so only control characters tell that it is not.
    return "" if any(c < " " and c not in "\t\r\n\f" for c in text) else text


def zip_kind(data: bytes, names: Collection[str]) -> str:
    """The kind of a zip, by the paths of its parts in lower case."""
    # The reader falls back to the other formats when a workbook fails, so a zip that is both is taken as the other.
    if "content.xml" in names or "mimetype" in names:
        head = data[30:200]
        if b"opendocument." in head:
            return "ods" if b"opendocument.spreadsheet" in head else "odt"
        # A program that packs the type as it packs everything else leaves it to be looked at later.
        return "ods" if {"content.xml", "mimetype", "meta-inf/manifest.xml"} <= set(names) else "zip"
    if any(name.endswith("workbook.bin") for name in names):
        return "xlsb"
    if any(name.endswith("workbook.xml") or name.startswith("xl/") for name in names):
        return "xlsm" if has_macros(names) else "xlsx"
    return next((kind for part, kind in _DOCUMENTS.items() if part in names), "zip")


def has_macros(names: Collection[str]) -> bool:
    """Whether a zip holds macros."""
    return any(name.endswith("vbaproject.bin") for name in names)


def loose_zip_kind(data: bytes) -> str:
    """The kind of a zip whose directory is not as strict as a workbook's must be; nothing for a workbook.

    An archive that holds files as they are, not deflated, holds their directories too.
    """
    try:
        with ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower().replace("\\", "/") for name in archive.namelist()]
    except (BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        return ""
    kind = zip_kind(data, names)
    return kind if kind in ("zip", *_DOCUMENTS.values()) else ""
