"""What is wrong with a form file: collected with the place of each fault, so that all can be mended at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from schemas.near import no_such
from schemas.text import Text


@dataclass(slots=True)
class Faults:
    """What is wrong so far; ``at`` says where the loader stands."""

    file: str
    at: str = ""
    found: list[Text] = field(default_factory=list)

    def add(self, vi: str, en: str) -> None:
        """A fault of where the loader stands."""
        place = f"{self.file}, {self.at}" if self.at else self.file
        self.found.append(Text(*(f"{place}: {words}" + ("" if words.endswith("?") else ".") for words in (vi, en))))

    def unknown(self, vi: str, en: str, name: object, known: Collection[str]) -> None:
        """There is no ``name`` of the kind that ``vi`` and ``en`` call it."""
        fault = no_such(vi, en, name, known)
        self.add(fault.vi, fault.en)

    def only(self, vi: str, en: str, names: Iterable[object], known: Collection[str]) -> None:
        """Each of ``names`` must be known."""
        for name in names:
            if name not in known:
                self.unknown(vi, en, name, known)

    def distinct(self, codes: list[str]) -> None:
        """Each code may stand once."""
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            self.add(f'mã "{code}" có hai lần', f'code "{code}" stands twice')
