"""Words in the two languages of the program."""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGES = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Vietnamese and in English."""

    vi: str
    en: str

    def of(self, lang: str) -> str:
        """The words in ``lang``; Vietnamese for anything but ``en``."""
        return self.en if lang == "en" else self.vi


NO_TEXT = Text("", "")
