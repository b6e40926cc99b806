"""The sentences that reports open with, as the office words them: a line a paragraph, figures in braces.

``{B01.sl_doan_vien}`` is a figure, ``{B01.sl_dv_nam %}`` its percentage, ``[ … ]`` what is left out where a figure in
it is missing. ``mau-cau.txt`` explains the rest to those who write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.csvrows import read_text
from schemas.form import Cell, Form, Forms, Indicator, Key, Table
from schemas.near import near
from schemas.text import Text

FILE = "mau-cau.txt"
WORDS = ("kỳ", "đơn vị", "ngày chốt")
"""What stands in braces and is no figure: the period, the unit's name, the day of the cut-off."""

_PARTS = re.compile(r"\{[^{}\[\]]*\}|\[|\]|[^\[\]{}]+|.", re.DOTALL)
_PERCENT = re.compile(r"(?P<what>.*?)\s*%\s*(?P<decimals>[0-4]?)\s*")
_NAMED = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[a-z][a-z0-9_]*){1,2}")
_USUAL_DECIMALS = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A sum of cells, or where ``whole`` is not empty its percentage of their sum.

    ``percent`` also stands where one cell holds a percentage; ``decimals`` are its most.
    """

    cells: tuple[Cell, ...]
    whole: tuple[Cell, ...] = ()
    percent: bool = False
    decimals: int = _USUAL_DECIMALS


@dataclass(frozen=True, slots=True)
class Word:
    """One of ``WORDS``."""

    name: str


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands in square brackets."""

    pieces: tuple[Piece, ...]


Piece = str | Figure | Word | Clause


@dataclass(frozen=True, slots=True)
class Sentence:
    """A line of the file. ``rank`` is 0 for ``=``, 1 for ``==``, then 2 for plain text, 3 for ``-`` and 4 for ``+``."""

    line: int
    rank: int
    pieces: tuple[Piece, ...]


def load_sentences(path: Path, forms: Forms, *, own: bool) -> tuple[tuple[Sentence, ...], tuple[Text, ...]]:
    """Read the sentences, and what is wrong with lines that are left out: figures count whatever is said of them.

    The installed file, where the office has none of its ``own``, may name rows that the office's forms do not have.
    """
    sentences, faults = parse_sentences(read_text(path), forms)
    return sentences, faults if own else ()


def parse_sentences(text: str, forms: Forms) -> tuple[tuple[Sentence, ...], tuple[Text, ...]]:
    """The sentences without fault, and what is wrong with the others."""
    found: list[Sentence] = []
    faults: list[Text] = []
    for number, raw in enumerate(unicodedata.normalize("NFC", text).splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        wrong: list[Text] = []
        rank, words = _rank(line)
        pieces = _pieces(words, forms, wrong)
        faults += [Text(f"{FILE}, dòng {number}: {fault.vi}", f"{FILE}, line {number}: {fault.en}") for fault in wrong]
        if not wrong:
            found.append(Sentence(number, rank, pieces))
    return tuple(found), tuple(faults)


def _rank(line: str) -> tuple[int, str]:
    if line.startswith("="):
        return int(line.startswith("==")), line.strip("= ")
    return {"-": 3, "–": 3, "+": 4}.get(line[0], 2), line


def _pieces(line: str, forms: Forms, faults: list[Text]) -> tuple[Piece, ...]:
    """The pieces of a line; brackets may stand in one another."""
    open_clauses: list[list[Piece]] = [[]]
    for part in _PARTS.findall(line):
        if part == "[":
            open_clauses.append([])
        elif part == "]" and len(open_clauses) > 1:
            closed = Clause(tuple(open_clauses.pop()))
            open_clauses[-1].append(closed)
        elif part in ("]", "{", "}"):
            faults.append(_lonely(part))
        elif part.startswith("{"):
            piece = _braced(part, forms, faults)
            open_clauses[-1] += [piece] if piece is not None else []
        else:
            open_clauses[-1].append(part)
    if len(open_clauses) > 1:
        faults.append(_lonely("["))
    return tuple(open_clauses[0])


def _lonely(sign: str) -> Text:
    other = {"[": "]", "]": "[", "{": "}", "}": "{"}[sign]
    return Text(
        f'dấu "{sign}" không có dấu "{other}" đi cùng. Thêm "{other}" hoặc xóa "{sign}".',
        f'"{sign}" has no "{other}". Add it, or delete "{sign}".',
    )


def _braced(part: str, forms: Forms, faults: list[Text]) -> Figure | Word | None:
    inside = part[1:-1].strip()
    if inside in WORDS:
        return Word(inside)
    asked = _PERCENT.fullmatch(inside)
    what, percent = (asked["what"], True) if asked else (inside, False)
    decimals = int(asked["decimals"]) if asked and asked["decimals"] else _USUAL_DECIMALS
    top, slash, below = what.partition("/")
    before = len(faults)
    cells = [_cell(part, name.strip(), forms, faults, share=percent and not slash) for name in top.split("+")]
    whole = [_cell(part, name.strip(), forms, faults) for name in below.split("+")] if slash else []
    if percent and not slash and len(cells) > 1:
        faults.append(
            Text(
                f'"{part}": tỷ lệ % của một tổng phải nói so với số nào. Viết {{a + b / c %}}.',
                f'"{part}": a percentage of a sum must say of what. Write {{a + b / c %}}.',
            )
        )
    if len(faults) > before:
        return None
    known = [cell for cell in cells if cell is not None], [cell for cell in whole if cell is not None]
    return Figure(tuple(known[0]), tuple(known[1]), percent or bool(slash), decimals)


def _cell(part: str, name: str, forms: Forms, faults: list[Text], *, share: bool = False) -> Cell | None:
    """The cell of that name; with ``share`` the one that holds its row's percentage. A fault where there is none."""
    if not _NAMED.fullmatch(name):
        known = ", ".join(f"{{{word}}}" for word in WORDS)
        faults.append(
            Text(
                f'"{part}": không hiểu "{name}". Viết mã biểu, dấu chấm, mã dòng: {{B01.sl_doan_vien}}, hay {known}.',
                f'"{part}": "{name}" is not understood. Write form, dot, row: {{B01.sl_doan_vien}}; or {known}.',
            )
        )
        return None
    form_id, code, *measure = name.split(".")
    form = forms.by_id.get(form_id)
    if form is None:
        faults.append(_unknown(part, "biểu", "form", form_id, tuple(forms.by_id)))
        return None
    today = forms.today(Key(form_id, code, measure[0] if measure else ""))
    row = _row(form, code) or _row(form, today.indicator)
    if row is None:
        column = next((table.cells.get(Key(form_id, "", code)) for table in form.lists), None)
        if column is None:
            codes = [one.code for table in form.tables for one in table.indicators]
            faults.append(_unknown(part, f"dòng của biểu {form_id}", f"row of form {form_id}", code, codes))
        return column
    table, indicator = row
    return _of_row(part, table, indicator, measure[0] if measure else "", faults, share=share)


def _row(form: Form, code: str) -> tuple[Table, Indicator] | None:
    rows = ((table, one) for table in form.tables for one in table.indicators if one.code == code)
    return next(rows, None)


def _of_row(part: str, table: Table, row: Indicator, measure: str, faults: list[Text], *, share: bool) -> Cell | None:
    cells = table.grid[row.code]
    numbers = {code: cell for code, cell in cells.items() if cell.is_number}
    if share:
        percent = next((cell for cell in numbers.values() if cell.ratio is not None), None)
        if percent is None:
            faults.append(
                Text(
                    f'"{part}": dòng {row.code} không có cột tỷ lệ %. Viết rõ so với số nào: {{a / b %}}.',
                    f'"{part}": row {row.code} has no column of percentages. Say of what: {{a / b %}}.',
                )
            )
        return percent
    measure = table.former_columns.get(measure, measure)
    if measure and measure not in numbers:
        faults.append(
            _unknown(part, f"cột số của dòng {row.code}", f"column of row {row.code}", measure, tuple(numbers))
        )
        return None
    # A row's first number is what it asks before all else; percentages and targets come after.
    asked = [one.code for one in table.measures if one.code in numbers and not one.compute and not one.issuer]
    if not measure and not asked:
        faults.append(
            Text(
                f'"{part}": dòng {row.code} không có số. Chọn dòng khác.',
                f'"{part}": row {row.code} holds no number. Choose another row.',
            )
        )
        return None
    return numbers[measure or asked[0]]


def _unknown(part: str, vi: str, en: str, word: str, known: Sequence[str]) -> Text:
    hint = near(word, known)
    return Text(
        f'"{part}": không có {vi} mã "{word}". Sửa mã hoặc xóa chỗ này.{hint.vi}',
        f'"{part}": there is no {en} "{word}". Mend the code or delete it.{hint.en}',
    )


def figures_in(pieces: Sequence[Piece], *, deep: bool = True) -> Iterator[Figure]:
    """The figures of these pieces; those in their brackets too where it is ``deep``."""
    for piece in pieces:
        if isinstance(piece, Figure):
            yield piece
        elif isinstance(piece, Clause) and deep:
            yield from figures_in(piece.pieces)
