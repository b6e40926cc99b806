"""A workbook whose sheets are like ones read before, in all but what fills their cells, read without a parser.

Where a sheet is like none, or anything in it is not as it was learned, nothing is said here, and the workbook is read
as any other. The results are the same, and whatever is learned is held against them first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate, chain, compress
from math import nan

import numpy as np
import numpy.typing as npt

from pipeline.entries import Content, Entries, Layout, content_of, layout_of, put
from pipeline.findings import Finding
from pipeline.guard_inspection import Inspection
from pipeline.layout import INFO_SHEET, META_SHEET, UNREAD_SHEETS
from pipeline.read_book import Book, Sheet
from pipeline.read_cells import read_entry
from pipeline.read_files import File, plain
from pipeline.read_identity import Identity, identity_of, info_of
from pipeline.read_labels import TARGET
from pipeline.read_learned import Known, Pattern, Role, Source, pattern_of
from pipeline.read_leftovers import is_figure
from pipeline.read_looks import is_as_issued, issued
from pipeline.read_versions import missing_forms, unknown_version
from pipeline.sheet_cells import SheetCells
from pipeline.sheet_texts import Shown, day, number, places_of, said, shown_as, text_number, texts_of, words
from pipeline.submission import Submission, TablePlace

_Name = tuple[object, ...]
# So many kinds of sheets; each takes some hundred KB.
_MOST = 64
_patterns: dict[_Name, Pattern | int] = {}
# A sheet that was never seen again would have been learned for nothing, and one that is not learned is not tried often.
_LEARN_AT, _MOST_TRIES = 1, 3
# So many digits are a number as they stand; what stands between two marks is one, or nothing.
_FIGURES = re.compile(rb"(?:<|[0-9]{1,15}+(?:\.[0-9]{1,15}+)?+(?:<|$))*+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A workbook as its bytes show it: who it is from, its texts, the sheets that hold figures, and what its numbers
    are shown as. ``named`` is what a sheet with a table is known by, ``book`` the sheets that say who it is from."""

    identity: Identity
    book: Book
    texts: Sequence[bytes]
    shown: Sequence[Shown]
    sheets: Mapping[str, SheetCells]
    named: Mapping[str, _Name]


@dataclass(frozen=True, slots=True)
class Together:
    """What the sheets of a workbook come to together: the layout of its entries, at which place of it each sheet
    starts, where its tables stand, and their ids."""

    layout: Layout
    starts: tuple[int, ...]
    tables: Mapping[str, tuple[TablePlace, ...]]
    ids: frozenset[str]


class NotAlikeError(Exception):
    """Something in a sheet is not as it was learned."""


def read_alike(file: File, data: bytes, looked: Inspection) -> tuple[Submission | None, Seen | None]:
    """What a workbook says whose sheets are all like ones read before, and what :func:`learn` needs of any other."""
    seen = _seen(file, looked)
    if seen is None:
        return None, None
    patterns = [(name, _patterns.get(one)) for name, one in seen.named.items()]
    known = [(name, one) for name, one in patterns if isinstance(one, Pattern)]
    if len(known) != len(patterns):
        return None, seen
    try:
        return _read(file, data, seen, known), None
    except NotAlikeError:
        return None, None


def learn(file: File, data: bytes, seen: Seen, book: Book, read: Submission) -> None:
    """Learn the sheets of a workbook, which was ``read`` as this, if they are of a kind that was seen before."""
    if len(_patterns) > _MOST:
        _patterns.clear()
    tries = {one: tried for one in seen.named.values() if isinstance(tried := _patterns.get(one, 0), int)}
    for one, tried in tries.items():
        _patterns[one] = tried + 1
    if not any(_LEARN_AT <= tried <= _MOST_TRIES for tried in tries.values()):
        return
    if not seen.sheets.keys() <= book.sheets.keys():
        return
    versions, period = read.versions, read.period
    patterns = []
    for name, cells in seen.sheets.items():
        known = _patterns.get(seen.named[name])
        if not isinstance(known, Pattern):
            source = Source(name, book.sheets[name].rows, cells, seen.texts, seen.shown)
            known = pattern_of(source, file.forms, versions, period)
        if known is None:
            return
        patterns.append((name, known))
    try:
        again = _read(file, data, seen, patterns)
    except NotAlikeError:
        return
    if again == read and [*again.entries] == [*read.entries]:
        _patterns.update((seen.named[name], known) for name, known in patterns)


def _seen(file: File, looked: Inspection) -> Seen | None:
    """What the bytes of a workbook show; nothing where there is a reason to read it as any other."""
    filled = looked.filled
    if filled is None or looked.errors or looked.macros or looked.traits is None or not file.forms.source:
        return None
    texts, shown = texts_of(filled.texts), shown_as(filled.styles)
    if texts is None or not {META_SHEET, INFO_SHEET} <= filled.sheets.keys():
        return None
    try:
        sheets = {name: Sheet(name, _rows(filled.sheets[name], texts, shown)) for name in (INFO_SHEET, META_SHEET)}
    except NotAlikeError:
        return None
    book = Book(sheets)
    identity = identity_of(book, file.forms)
    meta = identity.meta
    if identity.findings or not meta.get("unit") or not is_as_issued(looked.traits, issued(meta)):
        return None
    kind = (file.forms.source, meta["period"], meta.get("package"), meta.get("package_version"), shown)
    others = {name: cells for name, cells in filled.sheets.items() if name not in sheets and name not in UNREAD_SHEETS}
    return Seen(identity, book, texts, shown, others, {name: (*kind, name, one.bare) for name, one in others.items()})


def _read(file: File, data: bytes, seen: Seen, patterns: Sequence[tuple[str, Pattern]]) -> Submission:
    """What a workbook says. Raises :class:`NotAlikeError`."""
    meta = seen.identity.meta
    unit, period, version = meta["unit"], meta["period"], meta.get("package_version", "")
    known = replace(plain(file, data), unit=unit, period=period, package_version=version)
    if unknown_version(file.forms, meta.get("package", ""), known.versions) is not None:
        raise NotAlikeError
    together = _together(tuple(pattern for _, pattern in patterns))
    if together is None or any(missing_forms(file.forms, seen.identity.asked, together.ids, known.versions)):
        raise NotAlikeError
    content, findings = content_of({}, len(together.layout.spots)), list[Finding]()
    for (name, pattern), start in zip(patterns, together.starts, strict=True):
        findings += _read_sheet(name, pattern, seen.sheets[name], seen.texts, content, start)
    info, info_at = info_of(seen.book)
    named = tuple(replace(finding, unit=unit, period=period, file=file.name) for finding in findings)
    entries = Entries(together.layout, content)
    return replace(known, entries=entries, tables=together.tables, findings=named, info=info, info_at=info_at)


@lru_cache(maxsize=_MOST)
def _together(patterns: tuple[Pattern, ...]) -> Together | None:
    """What the sheets of a workbook come to; nothing where a table stands on two of them."""
    tables: dict[str, tuple[TablePlace, ...]] = {}
    for form, _, place in chain.from_iterable(pattern.tables for pattern in patterns):
        tables[form] = (*tables.get(form, ()), place)
    ids = [table for pattern in patterns for _, table, _ in pattern.tables]
    if len(set(ids)) != len(ids):
        return None
    starts = accumulate((len(pattern.spots) for pattern in patterns[:-1]), initial=0)
    layout = layout_of(tuple(chain.from_iterable(pattern.spots for pattern in patterns)))
    return Together(layout, tuple(starts), tables, frozenset(ids))


def _read_sheet(
    name: str, pattern: Pattern, cells: SheetCells, texts: Sequence[bytes], content: Content, start: int
) -> list[Finding]:
    """Put what is asked into the ``content`` from ``start`` on; what is found in it. Raises :class:`NotAlikeError`."""
    known, usual, findings = pattern.cells, pattern.usual, list[Finding]()
    written = dict(zip(cells.cells, cells.values, strict=True))
    texted = frozenset(compress(cells.cells, cells.shared))
    left: AbstractSet[int] = written.keys()
    filled = 0
    if usual.is_there(written, texted, texts):
        left, filled = left & usual.others, usual.filled
    taken = pattern.taken
    figures = _figures([written.get(at, b"") for at in taken.cells]) if texted.isdisjoint(taken.among) else None
    if figures is not None and (figures[taken.whole] % 1 > 0).sum() == 0:
        content.numbers[start + taken.places] = figures
        left = left - taken.among
    for at in sorted(left):
        value, shared, cell = written[at], at in texted, known[at]
        role = cell.role
        if not value:
            if shared:
                raise NotAlikeError
        elif role is Role.ANY and not shared and value.isdigit():
            continue
        elif role is Role.FIXED or role is Role.LABEL:
            filled += 1
            if cell.written != (shared, _shared(value, texts) if shared else value):
                _check_label(cell, shared, value, texts)
        elif role is Role.ASKED:
            assert cell.cell is not None
            raw = _raw(cell.shown, cell.worked_out, shared, value, texts)
            if raw == "":
                continue
            entry, finding = read_entry(cell.cell, name, cell.address, raw)
            if entry is not None:
                put(content, start + pattern.asked[at], entry)
            if finding is not None:
                findings.append(finding)
        else:
            raw = _raw(cell.shown, cell.worked_out, shared, value, texts)
            if role is Role.BLANK or (role is Role.WORDS and is_figure(raw)):
                raise NotAlikeError
    if filled != pattern.filled:
        raise NotAlikeError
    return findings


def _figures(values: Sequence[bytes]) -> npt.NDArray[np.float64] | None:
    """The numbers that these are as they stand, NaN for nothing; none at all where one of them is something else."""
    if _FIGURES.fullmatch(b"<".join(values)) is None:
        return None
    return np.array([float(value) if value else nan for value in values])


def _shared(value: bytes, texts: Sequence[bytes]) -> bytes:
    number = text_number(value, len(texts))
    if number is None:
        raise NotAlikeError
    return texts[number]


def _raw(shown: Shown, worked_out: bool, shared: bool, value: bytes, texts: Sequence[bytes]) -> float | str:
    """What stands in a cell as the parser gives it. Raises :class:`NotAlikeError`."""
    if shared:
        raw: float | str | None = said(_shared(value, texts))
    elif worked_out:
        raw = words(value)
    else:
        raw = number(value) if shown == "number" else None
    if raw is None:
        raise NotAlikeError
    return raw


def _check_label(cell: Known, shared: bool, value: bytes, texts: Sequence[bytes]) -> None:
    """Raise :class:`NotAlikeError` unless these are the words of a row, of which a target is told behind them."""
    label = said(_shared(value, texts)) if shared and cell.role is Role.LABEL else None
    if label is None or not label.startswith(cell.label + TARGET):
        raise NotAlikeError


def _rows(cells: SheetCells, texts: Sequence[bytes], shown: Sequence[Shown]) -> list[list[object]]:
    """A sheet as the parser gives it. Raises :class:`NotAlikeError`."""
    places = places_of(cells.bare)
    if places is None:
        raise NotAlikeError
    found: dict[tuple[int, int], object] = {}
    for at, shared, value in zip(cells.cells, cells.shared, cells.values, strict=True):
        place = places[at]
        if place.type not in ("", "str") or place.style >= len(shown):
            raise NotAlikeError
        if not value and not shared:
            continue
        raw: object
        if shared or place.type or shown[place.style] != "day":
            raw = _raw(shown[place.style], place.type == "str", shared, value, texts)
        elif (serial := number(value)) is None or (raw := day(serial)) is None:
            raise NotAlikeError
        found[place.row, place.column] = raw
    rows, columns = (1 + max((at[axis] for at in found), default=-1) for axis in (0, 1))
    return [[found.get((i, j), "") for j in range(columns)] for i in range(rows)]
