"""The word a person probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from schemas.text import NO_TEXT, Text


def near(word: str, choices: Iterable[str]) -> Text:
    """A question that offers the choice most like ``word``, after a space; empty when none is like it."""
    by_fold = {choice.casefold(): choice for choice in choices}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1)
    if not found:
        return NO_TEXT
    choice = by_fold[found[0]]
    return Text(f' Có phải "{choice}"?', f' Did you mean "{choice}"?')


def no_such(vi: str, en: str, name: object, known: Collection[str]) -> Text:
    """That there is no ``name`` of the kind that ``vi`` and ``en`` call it, and the known one most like it."""
    found = difflib.get_close_matches(str(name), known, n=1)
    return Text(
        f'{vi} "{name}" không có' + (f'; có phải là "{found[0]}"?' if found else ""),
        f'{en} "{name}" does not exist' + (f'; did you mean "{found[0]}"?' if found else ""),
    )
