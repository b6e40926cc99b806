"""Markup for the page: every text is escaped where it goes in, every link leads to a file beside the page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from urllib.parse import quote

from pipeline.messages import number
from pipeline.percent import half_up
from pipeline.results import Results
from schemas.form import Cell, Key, Measure

_VOID = frozenset({"meta", "input"})
# One e-mail address or telephone number among whatever else stands there.
_CONTACT = re.compile(
    r"(?P<mail>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)|(?P<phone>(?<![\w+])(?:\+|0)[0-9][0-9 .-]{6,15}[0-9](?!\w))"
)
# A cell may hold 40,000 characters; whoever needs them all has the workbooks.
_LONGEST = 500


class Html(str):
    """Markup. Any other ``str`` is text, and is escaped when it is put into markup."""

    __slots__ = ()


def tag(name: str, /, *inside: str, **attributes: str | bool) -> Html:
    """An element. ``class_`` is the attribute ``class``, ``data_words`` is ``data-words``; ``False`` leaves one out."""
    said = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not False and isinstance(value, str | bool)
    )
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{said}>{joined(inside)}{end}")


def joined(parts: Iterable[str], between: str = "") -> Html:
    """Parts one after another, text among them escaped."""
    return Html(escape(between).join(part if isinstance(part, Html) else escape(part) for part in parts))


def cut(words: str, longest: int = _LONGEST) -> str:
    """A text that is not longer than a page bears, and shows where it was cut."""
    return words if len(words) <= longest else f"{words[:longest].rstrip()} …"


def capital(words: str) -> str:
    """The words as a sentence begins."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown, in which language, and the folder in which the page stands."""

    results: Results
    folder: Path

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.results.lang

    def say(self, vi: str, en: str) -> str:
        """The words in the page's language."""
        return en if self.lang == "en" else vi

    def figure(self, value: float | None, cell: Cell) -> str:
        """A figure as its kind is printed; empty where there is none."""
        return "" if value is None else number(value, self.lang, 2 if cell.type == "percent" else 0)

    def points(self, value: float, decimals: int = 1) -> str:
        """A percentage, given in points, rounded half up."""
        rounded = float(half_up(Fraction(value).limit_denominator(10**9), decimals))
        return number(rounded, self.lang, decimals) + self.say("\u00a0%", "%")

    def signed(self, value: float, shown: str) -> str:
        """A change, with its sign."""
        return f"+{shown}" if value > 0 else f"−{shown.removeprefix('-')}" if value < 0 else shown

    def name(self, code: str) -> str:
        """A unit's name, or what was given for its code where there is no such unit."""
        tree = self.results.owed.tree
        return tree.unit(code).name if code in tree else code

    def label(self, key: Key) -> str:
        """What a cell asks: its row, or its column in a list, where there are no rows."""
        form = self.results.owed.forms.by_id[key.form]
        if key.indicator:
            return form.indicator(key.indicator).label.of(self.lang)
        return self.measure(key).label.of(self.lang)

    def measure(self, key: Key) -> Measure:
        """The column of a cell."""
        table = self.results.owed.forms.cells[key].table
        return next(t for t in self.results.owed.forms.by_id[key.form].tables if t.id == table).measure(key.measure)

    def link(self, file: Path, shown: str = "") -> Html:
        """A link to a file or folder, from where the page stands."""
        there = Path(os.path.relpath(file, self.folder)).as_posix()
        # A name in the inbox may hold what no other encoding than the file system's can say.
        return tag("a", cut(shown or file.name, 120), href=quote(os.fsencode(there)))

    def sent(self, file: str) -> Html:
        """A link to a file of the inbox, its name where that is elsewhere; of what an archive holds to the archive."""
        if self.results.workspace.elsewhere:
            return tag("span", cut(file.rsplit("/", 1)[-1], 120))
        inside = file.lower().find(".zip/")
        there = file if inside < 0 else file[: inside + 4]
        return self.link(self.results.workspace.root / there, file.rsplit("/", 1)[-1])


def contacts(said: str, **written: str) -> Html:
    """Words in which addresses and telephone numbers can be pressed; ``written`` is what a mail begins with."""
    return joined(_contacts(cut(said, 200), written))


def _contacts(said: str, written: dict[str, str]) -> Iterator[str]:
    at = 0
    for found in _CONTACT.finditer(said):
        yield said[at : found.start()]
        at = found.end()
        if found["mail"]:
            asked = "&".join(f"{key}={quote(words, safe='')}" for key, words in written.items() if words)
            yield tag("a", found[0], href=f"mailto:{found[0]}" + (f"?{asked}" if asked else ""))
        else:
            yield tag("a", found[0], href="tel:" + re.sub(r"[ .-]", "", found[0]))
    yield said[at:]
