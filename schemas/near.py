"""The word a person probably meant."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from schemas.text import NO_TEXT, Text

_PLAIN_D = str.maketrans("đĐðÐ", "dDdD")
# A letter that is typed for a digit.
_ALIKE = str.maketrans("oli", "011")


# The few words of drop-downs stand in thousands of cells.
@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Words as they are compared: no marks, no capitals, single spaces; đ and the Icelandic ð are d."""
    bare = unicodedata.normalize("NFD", text.translate(_PLAIN_D))
    return " ".join("".join(letter for letter in bare if not unicodedata.combining(letter)).casefold().split())


def nearest(word: str, choices: Iterable[str]) -> str:
    """The choice most like ``word``; empty when none is like it."""
    by_fold = {fold(choice).translate(_ALIKE): choice for choice in choices}
    found = difflib.get_close_matches(fold(word).translate(_ALIKE), by_fold, n=1)
    return by_fold[found[0]] if found else ""


def near(word: str, choices: Iterable[str]) -> Text:
    """A question that offers the choice most like ``word``, after a space; empty when none is like it."""
    choice = nearest(word, choices)
    return Text(f' Có phải "{choice}"?', f' Did you mean "{choice}"?') if choice else NO_TEXT


def no_such(vi: str, en: str, name: object, known: Collection[str]) -> Text:
    """That there is no ``name`` of the kind that ``vi`` and ``en`` call it, and the known one most like it."""
    found = difflib.get_close_matches(str(name), known, n=1)
    return Text(
        f'{vi} "{name}" không có' + (f'; có phải là "{found[0]}"?' if found else ""),
        f'{en} "{name}" does not exist' + (f'; did you mean "{found[0]}"?' if found else ""),
    )
