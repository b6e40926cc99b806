"""What is seen of the cells of a workbook as they go by, whichever old format it came in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from pipeline.layout import UNREAD_SHEETS
from pipeline.legacy_text import decoded, encoding_of
from pipeline.looks import NOTHING, Formula, Looks

# A package has some thousands of cells; more are cells repeated without end.
_MOST_CELLS = 200_000
# What is decoded in half a second; a run takes as long as some letters.
MOST_LETTERS = 2_000_000
_A_RUN = 10

Run = tuple[str, str]
"""A piece of a text, and the name of its font."""


def runs_of(text: str, begun: Sequence[tuple[int, int]], fonts: Sequence[str]) -> Sequence[Run]:
    """The pieces of a text; ``begun`` are where they begin, in units of two bytes, and the numbers of their fonts."""
    units = text.encode("utf-16-le", "surrogatepass")
    ends = pairwise([*sorted(begun, key=itemgetter(0)), (len(units), 0)])
    pieces = [
        (units[2 * at : 2 * end].decode("utf-16-le", "surrogatepass"), fonts[font]) for (at, font), (end, _) in ends
    ]
    return [(piece, font) for piece, font in pieces if piece]


class Seen:
    """What was seen so far, by sheet and address; nothing in the end where there was too much."""

    def __init__(self) -> None:
        self._formulas: dict[str, dict[str, Formula]] | None = None
        self._formats: dict[str, dict[str, str]] = {}
        self._words: dict[str, dict[str, str]] = {}
        self._unclear: dict[str, list[str]] = {}
        self._fonts: set[str] = set()
        self._cells = self._letters = 0

    def has_room(self, cells: int = 1, letters: int = 0, runs: int = 0) -> bool:
        """Whether that much more may be noted; asked before the work is done, and each time it is."""
        self._cells += cells
        self._letters += letters + runs * _A_RUN
        return self._cells <= _MOST_CELLS and self._letters <= MOST_LETTERS

    def sheet(self, name: str) -> None:
        """A sheet, where formulas are seen at all; those that hold no figures are not looked at."""
        self._formulas = self._formulas or {}
        if name not in UNREAD_SHEETS:
            self._formulas.setdefault(name, {})

    def formula(self, sheet: str, places: Sequence[str], formula: Formula) -> None:
        """The formula of these cells."""
        if self._formulas is not None and sheet in self._formulas:
            self._formulas[sheet].update(dict.fromkeys(places, formula))

    def number(self, sheet: str, places: Sequence[str], code: str) -> None:
        """The number format of these cells."""
        self._formats.setdefault(sheet, {}).update(dict.fromkeys(places, code))

    def text(self, sheet: str, places: Sequence[str], runs: Sequence[Run]) -> None:
        """The text of these cells. A letter may begin in one run and end in the next, if both are of one encoding."""
        fonts = {font for _, font in runs if encoding_of(font)}
        if not fonts:
            return
        self._fonts |= fonts
        alike = groupby(runs, lambda run: encoding_of(run[1]))
        read = [decoded("".join(text for text, _ in (first, *rest)), first[1]) for _, (first, *rest) in alike]
        if all(one.certain for one in read):
            self._words.setdefault(sheet, {}).update(dict.fromkeys(places, "".join(one.text for one in read)))
        else:
            self._unclear.setdefault(sheet, []).extend(places)

    def looks(self) -> Looks:
        """All of it."""
        if not self.has_room(0):
            return NOTHING
        return Looks(
            formulas=self._formulas,
            formats=self._formats,
            words=self._words,
            unclear=self._unclear,
            fonts=sorted(self._fonts),
        )
