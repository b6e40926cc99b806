"""A close look at the cells of a returned workbook of Excel, for files that show a reason for one.

Formulas are taken from the sheets themselves: which of them has no value yet, no library tells. Formats, fonts and
validations are openpyxl's, a hundred times slower than reading the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from pipeline.guard_bounds import MAX_PART, MAX_TOTAL, MIB, RefusedError
from pipeline.guard_cells import formulas
from pipeline.guard_layout import layout
from pipeline.guard_traits import Traits
from pipeline.layout import UNREAD_SHEETS
from pipeline.legacy_text import decoded, encoding_of
from pipeline.looks import NOTHING, Area, Formula, Looks
from pipeline.read_slowly import SlowError, open_slowly
from pipeline.zip_parts import DamagedError, Parts, directory

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as ExcelCell
    from openpyxl.worksheet.cell_range import CellRange, MultiCellRange
    from openpyxl.worksheet.worksheet import Worksheet

# What openpyxl takes a second for.
_MOST = 10 * MIB


@dataclass(frozen=True, slots=True)
class Issued:
    """What a package says of itself as it was issued: by sheet, how many cells hold a formula, how many a validation
    covers, how often cells are merged; ``None`` where it does not say."""

    formulas: Mapping[str, int] | None
    validated: Mapping[str, int] | None
    merged: Mapping[str, int] | None


def issued(meta: Mapping[str, str]) -> Issued:
    """What the hidden sheet says."""
    return Issued(*(_counts(meta.get(key, "")) for key in ("formulas", "validated", "merged")))


def _counts(said: str) -> Mapping[str, int] | None:
    pairs = [part.strip().rpartition(":") for part in said.split(";") if part.strip()]
    if not pairs or not all(number.isdecimal() for _, _, number in pairs):
        return None
    return {name: int(number) for name, _, number in pairs}


def looks_of_excel(data: bytes, traits: Traits, package: Issued) -> Looks:
    """How the cells look, so far as there is a reason to look; nothing of a package that is as it was issued.

    Where a part of it cannot be looked at, the other is kept.
    """
    looks = NOTHING
    if _formulas_differ(traits, package):
        looks = _tried(lambda: Looks(formulas=formulas_of(data)), looks)
    lost, joined = _validations_lost(traits, package), _cells_joined(traits, package)
    if not (lost or joined or traits.restyled):
        return looks
    looks = _tried(lambda: _with_styles(data, looks), looks)
    # Of a package that does not say how many validations it had, none is known to be lost.
    return looks if lost else replace(looks, validated=None)


def is_as_issued(traits: Traits, package: Issued) -> bool:
    """Whether there is no reason to look closely at a workbook."""
    lost, joined = _validations_lost(traits, package), _cells_joined(traits, package)
    return not (traits.restyled or lost or joined or _formulas_differ(traits, package))


def _formulas_differ(traits: Traits, package: Issued) -> bool:
    # Sheets may have been renamed: what counts is how many formulas there are on each, whatever its name.
    return traits.uncalculated or package.formulas is None or _filled(traits.formulas) != _filled(package.formulas)


def _validations_lost(traits: Traits, package: Issued) -> bool:
    return package.validated is not None and _total(traits.validated) < _total(package.validated)


def _cells_joined(traits: Traits, package: Issued) -> bool:
    return package.merged is not None and _total(traits.merged) > _total(package.merged)


def _tried(look: Callable[[], Looks], known: Looks) -> Looks:
    """What a look finds; where it fails, what was known before, and why."""
    try:
        return look()
    except SlowError as fault:
        return replace(known, unseen=known.unseen or str(fault) or type(fault).__name__)


def lost(package: Issued, looks: Looks, form: str, sheet: str) -> bool:
    """Whether a form, which stands on this sheet, has fewer formulas than it was issued with."""
    if package.formulas is None or looks.formulas is None:
        return False
    return len(looks.formulas.get(sheet, ())) < package.formulas.get(form, 0)


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _filled(counts: Mapping[str, int]) -> list[int]:
    return sorted(count for count in counts.values() if count)


def formulas_of(data: bytes) -> Mapping[str, Mapping[str, Formula]]:
    """The formulas of every sheet that is read, of a workbook that the guard let pass.

    Raises :class:`pipeline.read_slowly.SlowError` for a sheet that only a lenient reader reads.
    """
    parts = Parts(data, directory(data), MAX_PART, MAX_TOTAL)
    try:
        sheets = layout(parts).sheets
        return {name: formulas(parts.inflate(part), name) for part, names in sheets.items() for name in names}
    except (ExpatError, DamagedError, RefusedError) as fault:
        raise SlowError(str(fault)) from fault


def _with_styles(data: bytes, looks: Looks) -> Looks:
    book = open_slowly(data, _MOST, rich_text=True, keep_links=False)
    sheets = {sheet.title: sheet for sheet in book.worksheets if sheet.title not in UNREAD_SHEETS}
    words: dict[str, dict[str, str]] = {}
    unclear: dict[str, list[str]] = {}
    formats: dict[str, dict[str, str]] = {}
    fonts: set[str] = set()
    for name, sheet in sheets.items():
        for cell in _filled_cells(sheet):
            if cell.data_type in ("n", "d"):
                if cell.number_format != "General":
                    formats.setdefault(name, {})[cell.coordinate] = cell.number_format
            elif old := {font for _, font in _runs(cell) if encoding_of(font)}:
                read = [decoded(text, font) for text, font in _runs(cell)]
                text = "".join(one.text for one in read)
                if not all(one.certain for one in read):
                    unclear.setdefault(name, []).append(cell.coordinate)
                elif text != str(cell.value):
                    words.setdefault(name, {})[cell.coordinate] = text
                else:
                    # Words of today in an old font need no reading.
                    continue
                fonts |= old
    covered = {name: _areas(found.ranges for found in _rules(sheet)) for name, sheet in sheets.items()}
    joined = {name: _areas([sheet.merged_cells.ranges]) for name, sheet in sheets.items()}
    looks = replace(looks, formats=formats, validated=covered, merged=joined)
    return replace(looks, words=words, unclear=unclear, fonts=sorted(fonts))


def _filled_cells(sheet: Worksheet) -> Iterator[ExcelCell]:
    return (cell for row in sheet.iter_rows() for cell in row if cell.value is not None and cell.data_type in "nds")


def _runs(cell: ExcelCell) -> Sequence[tuple[str, str]]:
    """The pieces of a text, each with the name of its font."""
    own = cell.font.name or ""
    if isinstance(cell.value, str):
        return [(cell.value, own)]
    return [(piece, own) if isinstance(piece, str) else (piece.text, piece.font.rFont or own) for piece in cell.value]


def _rules(sheet: Worksheet) -> Iterator[MultiCellRange]:
    """The cells of each validation."""
    return (rule.sqref for rule in sheet.data_validations.dataValidation)


def _areas(ranges: Iterable[Iterable[CellRange]]) -> tuple[Area, ...]:
    return tuple(
        Area(found.min_row, found.min_col, found.max_row, found.max_col) for several in ranges for found in several
    )
