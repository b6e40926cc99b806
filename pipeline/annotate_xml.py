"""XML that is changed in a few places and left byte for byte as it is in all others.

Tags are found in the bytes, not by a parser, so only XML as spreadsheet programs write it is taken: UTF-8, the main
namespace without a prefix. Anything else is refused.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

MAIN = frozenset(
    {"http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"}
)

_ATTRIBUTES = rb"""((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>"""
_ATTRIBUTE = re.compile(rb"""\s([\w:.-]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")
_ANY = re.compile(rb"<(/?)([\w:.-]+)" + _ATTRIBUTES)
_PROLOG = re.compile(rb"""(?:\xef\xbb\xbf)?(?:<\?xml\s(?:[^>]*?encoding\s*=\s*["']([\w-]+)["'])?[^>]*\?>)?""")
_UTF8 = frozenset({b"utf-8", b"utf8", b"us-ascii"})
# What may hold "<" without being a tag.
_OPAQUE = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_BANG = re.compile(rb"<!")
_XML = "\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
_NOT_XML = re.compile(f"[^{_XML}]")
_SPECIAL = re.compile(f'[^{_XML}]|[&<>"]|_x')
# Excel reads such a sequence in a text as the character of that number.
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class AnnotateError(Exception):
    """The file cannot be changed in place with certainty; the text says why, for a log."""


Edit = tuple[int, int, bytes]
"""A stretch, and what is to stand there."""


class Tag(NamedTuple):
    """A start tag: where it begins and ends, its attributes as written, whether it is an element without content."""

    start: int
    end: int
    attributes: bytes
    empty: bool


class Document(NamedTuple):
    """One part: its bytes, the same with blanks for comments and the like, its root, and where the root closes."""

    xml: bytes
    masked: bytes
    root: Tag
    stop: int


def document(xml: bytes, name: str, namespaces: Collection[str] = MAIN) -> Document:
    """The part whose root is that element of one of these namespaces; raises :class:`AnnotateError`."""
    prolog = _PROLOG.match(xml)
    begin = prolog.end() if prolog else 0
    if prolog and prolog[1] and prolog[1].lower() not in _UTF8:
        raise AnnotateError(f"{name} is not UTF-8")
    masked = xml
    # A single byte that is not there is found out many times faster than two.
    if _BANG.search(xml, begin) or (xml.find(b"?", begin) >= 0 and xml.find(b"<?", begin) >= 0):
        masked = _OPAQUE.sub(lambda found: b" " * len(found[0]), xml)
    if masked is not xml and b"<!" in masked:
        raise AnnotateError(f"{name} declares a document type")
    at = masked.find(b"<", begin)
    roots = tags(masked, name, at, masked.find(b">", at) + 1)
    stop = masked.rfind(f"</{name}".encode())
    if not roots or roots[0].start != at or attribute(roots[0].attributes, "xmlns") not in namespaces:
        raise AnnotateError(f"no plain {name}")
    if stop < roots[0].end:
        raise AnnotateError(f"{name} does not close")
    return Document(xml, masked, roots[0], stop)


@lru_cache(maxsize=64)
def _pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(b"<" + name.encode() + b"(?:" + _ATTRIBUTES + rb"|[\s/>])")


@lru_cache(maxsize=64)
def _closing(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"</" + name.encode() + rb"\s*>")


def tags(masked: bytes, name: str, start: int, stop: int) -> list[Tag]:
    """The start tags of that name in a stretch; raises :class:`AnnotateError` where one is written in an odd way."""
    found = [Tag(one.start(), one.end(), one[1], bool(one[2])) for one in _pattern(name).finditer(masked, start, stop)]
    if [one for one in found if one.attributes is None]:
        raise AnnotateError(f"an odd {name}")
    return found


def only(masked: bytes, name: str, start: int, stop: int) -> Tag | None:
    """The one start tag of that name in a stretch; raises :class:`AnnotateError` where there are several."""
    found = tags(masked, name, start, stop)
    if len(found) > 1:
        raise AnnotateError(f"several {name}")
    return found[0] if found else None


def closing(masked: bytes, name: str, tag: Tag, stop: int) -> int:
    """Where the closing tag of an element begins that holds none of its own name; its end where it has no content."""
    if tag.empty:
        return tag.end
    found = _closing(name).search(masked, tag.end, stop)
    if not found:
        raise AnnotateError(f"{name} does not close")
    return found.start()


def ending(masked: bytes, name: str, tag: Tag, stop: int) -> int:
    """Where an element ends that holds none of its own name."""
    return tag.end if tag.empty else masked.index(b">", closing(masked, name, tag, stop)) + 1


def children(masked: bytes, start: int, stop: int) -> list[tuple[str, int, int]]:
    """The elements right in a stretch: name, and where each begins and ends."""
    found: list[tuple[str, int, int]] = []
    name, depth, begin = "", 0, 0
    for tag in _ANY.finditer(masked, start, stop):
        if not tag[1] and not depth:
            name, begin = tag[2].decode(), tag.start()
        depth += -1 if tag[1] else not tag[4]
        if depth < 0:
            raise AnnotateError("elements overlap")
        if not depth:
            found.append((name, begin, tag.end()))
    if depth:
        raise AnnotateError("an element does not close")
    return found


def attribute(attributes: bytes, name: str) -> str | None:
    """The value of an attribute of a start tag."""
    found = _named(name).search(attributes)
    return html.unescape((found[1] if found[1] is not None else found[2]).decode()) if found else None


@lru_cache(maxsize=64)
def _named(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"\s" + name.encode() + rb"""\s*=\s*(?:"([^"<]*)"|'([^'<]*)')""")


def written(attributes: bytes) -> dict[str, str]:
    """The attributes of a start tag."""
    return {
        found[1].decode(): html.unescape((found[2] if found[2] is not None else found[3]).decode())
        for found in _ATTRIBUTE.finditer(attributes)
    }


def as_written(tag: bytes) -> frozenset[tuple[bytes, bytes]]:
    """The attributes of a start tag, to be compared."""
    return frozenset((name, one or other) for name, one, other in _ATTRIBUTE.findall(tag))


def with_attribute(tag: bytes, name: str, value: str | int) -> bytes:
    """A start tag with another value of that attribute, or one more attribute."""
    plain = f' {name}="{value}"'.encode()
    for found in _ATTRIBUTE.finditer(tag):
        if found[1] == name.encode():
            return tag[: found.start()] + plain + tag[found.end() :]
    at = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:at].rstrip() + plain + tag[at:]


def without_attribute(tag: bytes, name: str) -> bytes:
    """A start tag without that attribute."""
    for found in _ATTRIBUTE.finditer(tag):
        if found[1] == name.encode():
            return tag[: found.start()] + tag[found.end() :]
    return tag


def spliced(xml: bytes, edits: Iterable[Edit]) -> bytes:
    """The bytes with each stretch replaced; of two insertions at one place the first given comes first."""
    pieces, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += [xml[at:start], new]
        at = end
    return b"".join([*pieces, xml[at:]])


def escaped(text: str) -> bytes:
    """A text as the content or an attribute of an element of a workbook, so that it is read as it is."""
    if not _SPECIAL.search(text):
        return text.encode()
    return quoted(_LOOKS_ESCAPED.sub("_x005F_", _NOT_XML.sub("", text.replace("\r\n", "\n"))))


def quoted(text: str) -> bytes:
    """A text between tags as :func:`plain_text` gave it."""
    return html.escape(text).replace("&#x27;", "'").encode()


def plain_text(content: bytes) -> str:
    """A text as it stands between tags, read."""
    return html.unescape(content.decode())
