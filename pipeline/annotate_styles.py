"""The styles of a workbook, grown by what marks need: styles that are another one in all but the fill.

A fill is told by a word such as ``none`` or ``solid_rFFFFF8DC_i64``, which can be a part of a defined name: the kind of
pattern, then its two colours, each given as red, green and blue, a number of the theme with a tint, or an old index.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import NamedTuple

from pipeline.annotate_xml import (
    AnnotateError,
    Document,
    Tag,
    as_written,
    attribute,
    closing,
    document,
    ending,
    only,
    spliced,
    tags,
    written,
)
from pipeline.annotate_xml import with_attribute as with_

_MOST = 64_000
_FILL_ID = "fillId"
_NO_FILL = (b"applyFill", b"0")
# What changes nothing of a style when it is said.
_IMPLIED = frozenset({(b"applyFill", b"1"), (b"applyFill", b"true"), (b"fillId", b"0")})
_PATTERN = re.compile(rb"<patternFill\b([^>]*?)(?:/>|>(.*?)</patternFill>)", re.DOTALL)
_COLOUR = re.compile(rb"<(fgColor|bgColor)\b([^>]*)>")
_WORD = re.compile(r"(?P<pattern>[A-Za-z]+[0-9]*)(?:_(?P<front>[a-z][0-9A-Za-z]*)_(?P<back>[a-z][0-9A-Za-z]*))?")
_CODED = re.compile(r"(?P<kind>[rtiax])(?P<value>[0-9A-F]*)(?:v(?P<tint>m?[0-9]+(?:d[0-9]+)?(?:e[mp]?[0-9]+)?))?")
_TINT_SIGNS = str.maketrans("-+.E", "mpde")
_CODED_SIGNS = str.maketrans("mpde", "-+.E")
_KINDS = {"rgb": "r", "theme": "t", "indexed": "i", "auto": "a"}
_NONE = "none"
_Look = tuple[frozenset[tuple[bytes, bytes]], bytes]


class _Section(NamedTuple):
    """A list in the styles part: its start tag, where it closes, and the bytes of each of its elements."""

    tag: Tag
    stop: int
    elements: list[bytes]


class Styles:
    """The styles of one workbook while it is annotated."""

    def __init__(self, xml: bytes) -> None:
        self._document = document(xml, "styleSheet")
        self._sections = {
            name: _section(self._document, name, one)
            for name, one in (("fonts", "font"), ("fills", "fill"), ("borders", "border"), ("cellXfs", "xf"))
        }
        self._before = {name: len(section.elements) for name, section in self._sections.items()}
        self._fills = [fill_word(element) for element in self._sections["fills"].elements]
        self._looks: dict[_Look, int] = {}
        self._seen = 0

    def fill(self, style: int) -> str | None:
        """The fill of a style; ``None`` where no word tells it."""
        number = attribute(_opening(self._xf(style)), _FILL_ID) or "0"
        return self._fills[int(number)] if number.isdigit() and int(number) < len(self._fills) else None

    def filled(self, style: int, fill: str) -> int:
        """The style that is this one with another fill."""
        xf = self._xf(style)
        opening = _opening(xf)
        new = with_(with_(opening, _FILL_ID, self._fill_id(fill)), "applyFill", 1)
        return self._style(new + xf[len(opening) :])

    def styles_with(self, fills: Collection[str]) -> frozenset[int]:
        """The styles that have one of these fills, told by their words' first two parts."""
        wanted = {_front(fill) for fill in fills}
        numbers = {str(i).encode() for i, fill in enumerate(self._fills) if fill and _front(fill) in wanted}
        if not numbers:
            return frozenset()
        found = (re.search(rb'\sfillId\s*=\s*["\']([0-9]+)', _opening(xf)) for xf in self._sections["cellXfs"].elements)
        return frozenset(i for i, number in enumerate(found) if number and number[1] in numbers)

    def likely_fill(self, style: int, not_these: Collection[str]) -> str:
        """The fill of the one style that differs from this one by its fill alone; none where there is no such one."""
        marked = {_front(fill) for fill in not_these}
        found = set()
        for other in self._alike.get(_but_fill(self._xf(style)), ()):
            fill = self.fill(other)
            if fill and _front(fill) not in marked:
                found.add(fill)
        return found.pop() if len(found) == 1 else _NONE

    @cached_property
    def _alike(self) -> Mapping[_Look, list[int]]:
        """The styles of the file by all but their fill."""
        alike: dict[_Look, list[int]] = {}
        for number, xf in enumerate(self._sections["cellXfs"].elements[: self._before["cellXfs"]]):
            alike.setdefault(_but_fill(xf), []).append(number)
        return alike

    def style(self, *, font: bytes, fill: str = _NONE, border: bytes = b"<border/>", alignment: bytes = b"") -> int:
        """A style made of these elements."""
        numbers = self._element("fonts", font), self._fill_id(fill), self._element("borders", border)
        ids = b'fontId="%d" fillId="%d" borderId="%d"' % numbers
        opening = b'<xf numFmtId="0" %s xfId="0" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">' % ids
        return self._style(opening + alignment + b"</xf>")

    @property
    def grown(self) -> bool:
        """Whether anything was added."""
        return any(len(section.elements) > self._before[name] for name, section in self._sections.items())

    def xml(self) -> bytes:
        """The part with all that was added."""
        edits = []
        for name, (tag, stop, elements) in self._sections.items():
            new = b"".join(elements[self._before[name] :])
            if new:
                opening = with_(self._document.xml[tag.start : tag.end], "count", len(elements))
                edits += [(tag.start, tag.end, opening), (stop, stop, new)]
        return spliced(self._document.xml, edits)

    def _xf(self, style: int) -> bytes:
        elements = self._sections["cellXfs"].elements
        if style >= len(elements):
            raise AnnotateError("a cell has a style that is not there")
        return elements[style]

    def _style(self, xf: bytes) -> int:
        elements = self._sections["cellXfs"].elements
        for i in range(self._seen, len(elements)):
            self._looks.setdefault(_look(elements[i]), i)
        self._seen = len(elements)
        known = self._looks.get(_look(xf))
        if known is not None:
            return known
        if len(elements) >= _MOST:
            raise AnnotateError("too many styles")
        elements.append(xf)
        return len(elements) - 1

    def _fill_id(self, fill: str) -> int:
        if fill not in self._fills:
            self._sections["fills"].elements.append(fill_xml(fill))
            self._fills.append(fill)
        return self._fills.index(fill)

    def _element(self, name: str, element: bytes) -> int:
        elements = self._sections[name].elements
        if element not in elements:
            elements.append(element)
        return elements.index(element)


def solid(colour: str) -> str:
    """The word for a fill of one colour, given as ``#RRGGBB``."""
    return f"solid_rFF{colour.lstrip('#').upper()}_i64"


def fill_word(element: bytes) -> str | None:
    """The word for a fill; ``None`` for one that runs from colour to colour or is written in an odd way."""
    found = _PATTERN.search(element)
    if not found:
        return None
    pattern = attribute(b" " + found[1], "patternType") or _NONE
    if pattern == _NONE:
        return _NONE
    colours = {name: _coded(attributes) for name, attributes in _COLOUR.findall(found[2] or b"")}
    word = f"{pattern}_{colours.get(b'fgColor', 'x')}_{colours.get(b'bgColor', 'x')}"
    return word if is_fill(word) else None


def is_fill(word: str) -> bool:
    """Whether this is the word for a fill."""
    found = _WORD.fullmatch(word)
    return found is not None and all(_CODED.fullmatch(part) for part in (found["front"], found["back"]) if part)


def fill_xml(word: str) -> bytes:
    """The fill that a word tells."""
    found = _WORD.fullmatch(word)
    if not found:
        raise AnnotateError("no fill")
    inner = _colour("fgColor", found["front"]) + _colour("bgColor", found["back"])
    return f'<fill><patternFill patternType="{found["pattern"]}">{inner}</patternFill></fill>'.encode()


def _front(word: str) -> str:
    """What is seen of a solid fill, without the opacity; any other fill as it is."""
    found = _WORD.fullmatch(word)
    if found and found["pattern"] == "solid" and len(found["front"] or "") == 9 and found["front"].startswith("r"):
        return f"solid_{found['front'][3:].upper()}"
    return word


def _coded(attributes: bytes) -> str:
    said = written(b" " + attributes.rstrip(b"/"))
    kind = next((name for name in _KINDS if name in said), "")
    if not kind:
        return "x"
    value = "" if kind == "auto" else said[kind].upper()
    tint = said.get("tint", "").upper().translate(_TINT_SIGNS)
    return f"{_KINDS[kind]}{value}" + (f"v{tint}" if tint else "")


def _colour(name: str, coded: str | None) -> str:
    found = _CODED.fullmatch(coded or "x")
    if not found or found["kind"] == "x":
        return ""
    kind = next(name for name, letter in _KINDS.items() if letter == found["kind"])
    tint = f' tint="{found["tint"].translate(_CODED_SIGNS)}"' if found["tint"] else ""
    return f'<{name} {kind}="{found["value"] or 1}"{tint}/>'


def _opening(xf: bytes) -> bytes:
    return xf[: xf.index(b">") + 1]


def _look(xf: bytes) -> _Look:
    """What tells a style from others."""
    opening = _opening(xf)
    inner = b"" if opening.endswith(b"/>") else xf[len(opening) : xf.rindex(b"</")]
    said = as_written(opening) - _IMPLIED
    return (said if any(name == b"fillId" for name, _ in said) else said - {_NO_FILL}), inner


def _but_fill(xf: bytes) -> _Look:
    attributes, inner = _look(xf)
    return frozenset(one for one in attributes if one[0] != b"fillId"), inner


def _section(part: Document, name: str, one: str) -> _Section:
    tag = only(part.masked, name, part.root.end, part.stop)
    if tag is None or tag.empty:
        raise AnnotateError(f"no {name}")
    stop = closing(part.masked, name, tag, part.stop)
    found = tags(part.masked, one, tag.end, stop)
    elements = []
    for i, element in enumerate(found):
        end = ending(part.masked, one, element, stop)
        if i + 1 < len(found) and end > found[i + 1].start:
            raise AnnotateError(f"a {one} within another")
        elements.append(part.xml[element.start : end])
    return _Section(tag, stop, elements)
