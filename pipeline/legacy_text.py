"""Vietnamese text from before Unicode: what a cell in an ABC or a VNI font shows.

Such a cell holds the Windows-1252 characters of its bytes; its font alone draws them as Vietnamese, and so its font
alone says how they are read. Nothing is guessed from the content.

The ABC fonts (``.VnTime``, ``.VnArial``) follow TCVN 5712:1993 VN3, called TCVN3: ASCII, 74 letters and the no-break
space. Its only capitals are those without a tone. A font whose name ends in H (``.VnTimeH``) draws the same codes, and
the ASCII letters, as capitals. The VNI fonts (``VNI-Times``) follow VNI-Windows: most vowels are a letter and, after
it, a character for its marks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Literal

Encoding = Literal["tcvn3", "tcvn3-capitals", "vni"]

# Many names of such fonts carry the style as well.
_CAPITALS = re.compile(r"\.vn.*h(?: bold| italic)*")

# TCVN 5712:1993 VN3: the letters that follow one another from a code on.
_TCVN3_RUNS = {
    0xA1: "ĂÂÊÔƠƯĐ",
    0xA8: "ăâêôơưđ",
    0xB5: "àảãáạ",
    0xBB: "ằẳẵắ",
    0xC6: "ặầẩẫấậè",
    0xCE: "ẻẽéẹềểễếệìỉ",
    0xDC: "ĩíịò",
    0xE1: "ỏõóọồổỗốộờởỡớợù",
    0xF1: "ủũúụừửữứựỳỷỹýỵ",
}

# VNI-Windows: the letters of one character, and for the vowels of two the combining marks that the second stands for.
_VNI_LETTERS = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ì": "ì", "í": "í", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT, _CIRCUMFLEX, _BREVE = "\u0300\u0301\u0309\u0303\u0323\u0302\u0306"
_TONES = {"ø": _GRAVE, "ù": _ACUTE, "û": _HOOK, "õ": _TILDE, "ï": _DOT}
_VNI_MARKS = {
    "aeouyôö": _TONES,
    "aeo": {"â": "", "à": _GRAVE, "á": _ACUTE, "å": _HOOK, "ã": _TILDE, "ä": _DOT},
    "a": {"ê": "", "è": _GRAVE, "é": _ACUTE, "ú": _HOOK, "ü": _TILDE, "ë": _DOT},
}
_VNI_VOWEL = {"aeouyôö": "", "aeo": _CIRCUMFLEX, "a": _BREVE}

_ASCII = {chr(code): chr(code) for code in range(0x80)}
# Both kinds of fonts leave the quotes, dashes and other signs of Windows-1252 at 0x80-0x9F as they are.
_SIGNS = {sign: sign for sign in bytes(range(0x80, 0xA0)).decode("cp1252", "ignore") if not sign.isalpha()}


@dataclass(frozen=True)
class Decoded:
    """Text as its cell shows it; not ``certain`` when it is kept as it was, because a part of it means nothing."""

    text: str
    certain: bool


@cache
def encoding_of(font: str) -> Encoding | None:
    """The encoding of the text in a font of this name; ``None`` for a font of today."""
    name = " ".join(font.casefold().split())
    if name.startswith(".vn"):
        return "tcvn3-capitals" if _CAPITALS.fullmatch(name) else "tcvn3"
    return "vni" if name.startswith("vni-") else None


def decoded(text: str, font: str) -> Decoded:
    """What a cell with this text shows in this font, in NFC.

    Returned as it is: text in a font of today; text that is Unicode in spite of its font, as an "ế" or a combining
    mark proves; and, not certain, text with a character that has no place in the table, or Unicode among which
    legacy characters remain.
    """
    encoding = encoding_of(font)
    if encoding is None:
        return Decoded(text, True)
    if _BEYOND.search(text):
        return Decoded(text, not _REMAINS[encoding].search(unicodedata.normalize("NFC", text)))
    shown = _read(text, _READ[encoding])
    return Decoded(text, False) if shown is None else Decoded(shown, True)


def encoded(text: str, encoding: Encoding) -> str:
    """The characters that show ``text`` in a font of this encoding; :class:`ValueError` for what it cannot write.

    "tcvn3" writes no capital with a tone, and "tcvn3-capitals" writes nothing but capitals.
    """
    table = _WRITE[encoding]
    letters = unicodedata.normalize("NFC", text)
    for letter in letters:
        if letter not in table:
            raise ValueError(f"{encoding} cannot write {letter!r}{_why(letter, encoding)}")
    return "".join(table[letter] for letter in letters)


def _why(letter: str, encoding: Encoding) -> str:
    if encoding == "tcvn3" and letter in _WRITE["tcvn3-capitals"]:
        return ": a capital with a tone needs a font of capitals, tcvn3-capitals"
    if encoding == "tcvn3-capitals" and letter in _WRITE["tcvn3"]:
        return ": its fonts show capitals only"
    return ""


def _read(text: str, table: dict[str, str]) -> str | None:
    shown = []
    at = 0
    while at < len(text):
        piece = text[at : at + 2]
        if piece not in table:
            piece = text[at]
        if piece not in table:
            return None
        shown.append(table[piece])
        at += len(piece)
    return "".join(shown)


def _tcvn3() -> dict[str, str]:
    letters = {chr(first + n): letter for first, run in _TCVN3_RUNS.items() for n, letter in enumerate(run)}
    return _ASCII | _SIGNS | {"\u00a0": "\u00a0"} | letters


def _vni() -> dict[str, str]:
    small: dict[str, str] = {}
    for bases, marks in _VNI_MARKS.items():
        for base in bases:
            vowel = _VNI_LETTERS.get(base, base) + _VNI_VOWEL[bases]
            small |= {base + mark: unicodedata.normalize("NFC", vowel + tone) for mark, tone in marks.items()}
    # Last, and so the code that is written: ỵ is read from "yï" as well, because the mark is drawn below any letter.
    small |= _VNI_LETTERS
    # VNI-Windows gives the codes above 0xC0 a new meaning, and only to letters.
    signs = {sign: sign for sign in bytes(range(0xA0, 0x100)).decode("cp1252") if not sign.isalpha()}
    return _ASCII | _SIGNS | signs | small | {code.upper(): letter.upper() for code, letter in small.items()}


def _mixed(table: dict[str, str]) -> dict[str, str]:
    """Letters whose mark is of the other case: the same letter to the eye, and common where Caps Lock was used."""
    return {code[0] + code[1].swapcase(): letter for code, letter in table.items() if len(code) == 2}


def _written(table: dict[str, str]) -> dict[str, str]:
    return {letter: code for code, letter in table.items()}


_TCVN3 = _tcvn3()
_VNI = _vni()
_READ: dict[Encoding, dict[str, str]] = {
    "tcvn3": _TCVN3,
    "tcvn3-capitals": {code: letter.upper() for code, letter in _TCVN3.items()},
    "vni": _VNI | _mixed(_VNI),
}
_WRITE: dict[Encoding, dict[str, str]] = {
    "tcvn3": _written(_TCVN3),
    # A capital with a code of its own keeps it.
    "tcvn3-capitals": {letter.upper(): code for code, letter in _TCVN3.items()}
    | _written({code: letter for code, letter in _TCVN3.items() if letter == letter.upper()}),
    "vni": _written(_VNI),
}

_LETTERS = {letter for letter in _VNI.values() if letter.isalpha()}
_MARKS = _GRAVE + _ACUTE + _HOOK + _TILDE + _DOT + _CIRCUMFLEX + _BREVE + "\u031b"
# What no byte of Windows-1252 shows.
_BEYOND = re.compile(f"[{_MARKS}{''.join(sorted(letter for letter in _LETTERS if ord(letter) > 0xFF))}]")


def _remains(table: dict[str, str]) -> re.Pattern[str]:
    """What Unicode Vietnamese does not hold, but the encoding does; a sign such as ® only between two letters.

    The Icelandic Ð is no remains: it is often typed for Đ. A mark left over in NFC stands on no letter that takes it.
    """
    codes = {code for pair, letter in table.items() if pair != letter for code in pair if ord(code) > 0x7F}
    strange = "".join(sorted(codes - _LETTERS - {"Ð", "ð"}))
    letters = "".join(code for code in strange if code.isalpha())
    signs = "".join(code for code in strange if not code.isalpha())
    between = rf"|(?<=[^\W\d_])[{signs}](?=[^\W\d_])" if signs else ""
    return re.compile(f"[{_MARKS}{letters}]{between}")


_REMAINS: dict[Encoding, re.Pattern[str]] = {encoding: _remains(table) for encoding, table in _READ.items()}
