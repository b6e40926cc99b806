"""OpenDocument spreadsheets: the fonts of cells and words, by their styles, and the text of a cell as it is shown.

Only a file that names a font from before Unicode is looked at so closely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from xml.parsers import expat

from pipeline.legacy_text import encoding_of
from pipeline.looks_seen import MOST_LETTERS, Run

_BODY = b"<office:body"
_LEGACY = re.compile(rb"""(?i)["';](?:\.vn|vni-)""")
_CELL, _WORDS = "table-cell", "text"
# A style stands on others; what goes deeper goes round in a circle.
_DEEPEST = 20
_BREAKS = {"text:tab": "\t", "text:line-break": "\n"}

_Style = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Fonts:
    """The names of fonts as the styles give them; a style is its family and its name."""

    faces: dict[str, str] = field(default_factory=dict)
    own: dict[_Style, str] = field(default_factory=dict)
    parents: dict[_Style, str] = field(default_factory=dict)

    def of_cell(self, style: str) -> str:
        """The font of a cell of this style."""
        return self._of(_CELL, style) or self._family(self.own.get((_CELL, ""), ""))

    def of_words(self, style: str) -> str:
        """The font that a style of words has of its own; empty where it leaves that of the cell."""
        return self._of(_WORDS, style)

    def _of(self, family: str, style: str) -> str:
        for _ in range(_DEEPEST):
            if (family, style) in self.own:
                return self._family(self.own[family, style])
            style = self.parents.get((family, style), "")
            if not style:
                break
        return ""

    def _family(self, face: str) -> str:
        return self.faces.get(face, face).strip("'\" ")


def legacy_fonts(content: bytes, styles: bytes) -> Fonts | None:
    """The fonts of a file, by its content and its styles; ``None`` where none of them is from before Unicode.

    Neither declares an entity.
    """
    head = content[: max(content.find(_BODY), 0)]
    if not _LEGACY.search(head) and not _LEGACY.search(styles):
        return None
    fonts = Fonts()
    with suppress(expat.ExpatError):
        _follow(styles, fonts)
    _follow(head, fonts)
    return fonts


def _follow(xml: bytes, fonts: Fonts) -> None:
    styles = _Styles(fonts)
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = styles.start
    parser.EndElementHandler = styles.end
    parser.Parse(xml, False)


class _Styles:
    """Follows the styles of a part; of two of one name the later part's counts."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._style: _Style | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style:font-face":
            self._fonts.faces[attributes.get("style:name", "")] = attributes.get("svg:font-family", "")
        elif name in ("style:style", "style:default-style"):
            self._style = (attributes.get("style:family", ""), attributes.get("style:name", ""))
            self._fonts.parents[self._style] = attributes.get("style:parent-style-name", "")
        elif name == "style:text-properties" and self._style:
            font = attributes.get("style:font-name") or attributes.get("fo:font-family")
            if font:
                self._fonts.own[self._style] = font

    def end(self, name: str) -> None:
        if name in ("style:style", "style:default-style"):
            self._style = None


class CellText:
    """Follows the words of one cell, as the reader puts them together.

    ``size`` and ``count`` are how many letters and runs there were, ``legacy`` that one of these is in a legacy font.
    """

    def __init__(self, fonts: Fonts, style: str, whole: str | None) -> None:
        """The cell has this style, and as an attribute perhaps its whole text."""
        self._styles = fonts
        self._fonts = [fonts.of_cell(style)]
        self._runs: list[Run] = []
        self._lines = self._open = 0
        self._whole = whole is not None
        self.size = self.count = 0
        self.legacy = False
        if whole:
            self._add(whole)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element inside the cell."""
        if name == "text:span":
            style = attributes.get("text:style-name", "")
            self._fonts.append(self._styles.of_words(style) or self._fonts[-1])
        elif name == "text:p":
            self._open += 1
            self.text("\n" if self._lines else "")
            self._lines += 1
        elif name == "text:s":
            self.text(" " * min(int(attributes.get("text:c", "1")[:9]), MOST_LETTERS))
        elif name in _BREAKS:
            self.text(_BREAKS[name])

    def text(self, text: str) -> None:
        """Words inside the cell; what stands between its lines is none of them."""
        if text and self._open and not self._whole:
            self._add(text)

    def _add(self, text: str) -> None:
        self.size, self.count = self.size + len(text), self.count + 1
        self.legacy = self.legacy or encoding_of(self._fonts[-1]) is not None
        # More than is looked at anyhow need not be kept.
        if self.size <= MOST_LETTERS:
            self._runs.append((text, self._fonts[-1]))

    def end(self, name: str) -> None:
        """The end of an element inside the cell."""
        if name == "text:span":
            self._fonts.pop()
        elif name == "text:p":
            self._open -= 1

    def runs(self) -> Sequence[Run]:
        """The words."""
        return self._runs
