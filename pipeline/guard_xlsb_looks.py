"""Binary workbooks (.xlsb): number formats, and text in legacy fonts, by the styles that the cells name."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress

from pipeline.guard_bounds import address
from pipeline.guard_xlsb_records import records, wide_text
from pipeline.layout import UNREAD_SHEETS
from pipeline.legacy_text import encoding_of
from pipeline.looks_seen import Seen, runs_of
from pipeline.zip_parts import DamagedError

_FONT, _FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END, _TEXT = 0x2B, 0x2C, 0x2F, 0x269, 0x26A, 0x13
# Cells with a number, with a text of their own, with one in runs, with one of the shared; the first three also of
# formulas.
_NUMBERS = frozenset({0x02, 0x05, 0x09})
_OWN, _RICH, _SHARED = frozenset({0x06, 0x08}), 0x3E, 0x07
# Where the name of a font begins in its record, and what a cell shows in its own.
_NAME_AT, _VALUE_AT = 21, 8


class XlsbLooks:
    """Follows the cells of every sheet. A formula has its value in the file always; how it reads is not looked at."""

    def __init__(self, styles: bytes, texts: bytes) -> None:
        self.seen = Seen()
        self._fonts: list[str] = []
        self._codes: list[str] = []
        self._style_fonts: list[int] = []
        self._follow(styles)
        old = any(map(encoding_of, self._fonts))
        self._texts = [texts[at:end] for kind, at, end in records(texts) if kind == _TEXT] if old else None

    def _follow(self, styles: bytes) -> None:
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        codes: dict[int, str] = dict(BUILTIN_FORMATS)
        inside = False
        for kind, at, end in records(styles):
            inside = kind == _STYLES_BEGIN or (inside and kind != _STYLES_END)
            if kind == _FONT:
                # Fonts are known by their number, and so one that cannot be read still counts.
                name = wide_text(styles, at + _NAME_AT, end)[0] if end - at > _NAME_AT + 4 else ""
                self._fonts.append(name)
            elif kind == _FORMAT and end - at > 2:
                codes[int.from_bytes(styles[at : at + 2], "little")] = wide_text(styles, at + 2, end)[0]
            elif kind == _STYLE and inside and end - at >= 6:
                _, code, font = struct.unpack_from("<HHH", styles, at)
                self._codes.append(codes.get(code, ""))
                self._style_fonts.append(font)

    def cell(self, kind: int, record: bytes, sheet: str, row: int, col: int) -> None:
        """A filled cell."""
        style = int.from_bytes(record[4:7], "little")
        if sheet in UNREAD_SHEETS or style >= len(self._codes):
            return
        if kind in _NUMBERS:
            code = self._codes[style]
            if code not in ("", "General") and self.seen.has_room():
                self.seen.number(sheet, (address(row, col),), code)
        elif self._texts is not None:
            # What cannot be followed is left as it is.
            with suppress(DamagedError, struct.error, IndexError):
                text, begun = self._text(kind, record, self._texts)
                if text and self.seen.has_room(letters=len(text), runs=len(begun)):
                    begun = [(0, self._style_fonts[style]), *begun]
                    self.seen.text(sheet, (address(row, col),), runs_of(text, begun, self._fonts))

    def _text(self, kind: int, record: bytes, texts: Sequence[bytes]) -> tuple[str, Sequence[tuple[int, int]]]:
        """The text of a cell, and where runs begin in it with the numbers of their fonts."""
        if kind in _OWN:
            return wide_text(record, _VALUE_AT, len(record))[0], ()
        if kind not in (_RICH, _SHARED):
            return "", ()
        rich = record[_VALUE_AT:] if kind == _RICH else texts[int.from_bytes(record[_VALUE_AT:], "little")]
        text, at = wide_text(rich, 1, len(rich))
        if not rich[0] & 1:
            return text, ()
        numbers = struct.unpack_from(f"<{2 * struct.unpack_from('<L', rich, at)[0]}H", rich, at + 4)
        return text, list(zip(numbers[::2], numbers[1::2], strict=True))
