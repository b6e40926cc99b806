"""What is learned of a sheet that was read as it was issued: of each of its cells, what may stand there.

It holds for every sheet of a package of the same kind and version that differs from it in what fills its cells alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import repeat
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.entries import Spot
from pipeline.layout import CODE_COLUMN, LABEL_COLUMN, NUMBER_COLUMN, FoundTable, a1, find_tables
from pipeline.read_book import Rows
from pipeline.read_cells import WHOLE, is_taken
from pipeline.read_labels import as_issued
from pipeline.read_leftovers import is_furniture
from pipeline.read_matrix import distinct
from pipeline.read_table import table_of
from pipeline.sheet_cells import SheetCells
from pipeline.sheet_texts import Shown, places_of, text_number
from pipeline.submission import TablePlace
from schemas.form import Cell, Forms, Key, Table

_NOWHERE = Key("", "", "")


class Role(IntEnum):
    """What a cell is: asked for; as it was issued; the words of a row; never filled; words only; of no account."""

    ASKED = 0
    FIXED = 1
    LABEL = 2
    BLANK = 3
    WORDS = 4
    ANY = 5


@dataclass(frozen=True, slots=True)
class Known:
    """One cell. ``written`` is what must stand there, and whether that is the number of a shared text; ``label`` how
    the words of a row begin. ``own`` and ``taken`` are of what is asked: whether it is the unit's own, and whether
    digits are taken as they stand. ``worked_out`` says that a formula gives words."""

    role: Role
    written: tuple[bool, bytes] = (False, b"")
    label: str = ""
    cell: Cell | None = None
    key: Key = _NOWHERE
    address: str = ""
    own: bool = False
    taken: bool = False
    shown: Shown = "number"
    worked_out: bool = False


_WRITTEN = (Role.FIXED, Role.LABEL)
_FIXED, _BLANK, _WORDS, _ANY = (Known(role) for role in (Role.FIXED, Role.BLANK, Role.WORDS, Role.ANY))


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What is known of each cell of a sheet, in their order; how many must be filled as they were; its tables, each
    with its form and place.

    ``usual`` are the words that all packages have in common, which are compared at once. ``asked`` has of each cell
    that is asked its place among the ``spots``; ``taken`` are those of them whose digits are taken as they stand.
    """

    cells: tuple[Known, ...]
    filled: int
    tables: tuple[tuple[str, str, TablePlace], ...]
    usual: Usual
    asked: Mapping[int, int]
    spots: tuple[Spot, ...]
    taken: Taken


class Taken(NamedTuple):
    """Cells by their numbers, in order and as a set, the place of each among the spots of a pattern, and whether it is
    to hold a whole number."""

    cells: tuple[int, ...]
    places: npt.NDArray[np.intp]
    among: frozenset[int]
    whole: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Usual:
    """Cells by their numbers, in order and as a set, that hold texts, the numbers of these texts, as written and as
    such, and what they say; ``others`` are the cells beside them, ``filled`` how many of them must be filled as they
    were."""

    cells: tuple[int, ...]
    among: frozenset[int]
    values: tuple[bytes, ...]
    numbers: tuple[int, ...]
    said: tuple[bytes, ...]
    others: frozenset[int]
    filled: int

    def is_there(self, values: Mapping[int, bytes], shared: AbstractSet[int], texts: Sequence[bytes]) -> bool:
        """Whether all of them stand there, as the same numbers of the same texts."""
        try:
            return (
                tuple(map(values.__getitem__, self.cells)) == self.values
                and self.among <= shared
                and tuple(map(texts.__getitem__, self.numbers)) == self.said
            )
        except (KeyError, IndexError):
            return False


@dataclass(frozen=True, slots=True)
class Source:
    """A sheet as it was read: its name, its rows, what stands in its cells, its texts, how its styles show numbers."""

    name: str
    rows: Rows
    cells: SheetCells
    texts: Sequence[bytes]
    shown: Sequence[Shown]


def pattern_of(source: Source, forms: Forms, versions: Mapping[str, str], period: str) -> Pattern | None:
    """What is learned of a sheet; nothing where it is not as it was issued in every part, or has a list."""
    places, tables = places_of(source.cells.bare), _tables(source.rows, forms, versions, period)
    if places is None or not tables:
        return None
    roles = {at: known for one in tables for at, known in _cells_of(source.rows, *one[1:])}
    if not all(map(_is_there, source.cells.shared, source.cells.values, repeat(len(source.texts)))):
        return None
    written = {
        number: (shared, source.texts[int(value)] if shared else value)
        for number, shared, value in zip(source.cells.cells, source.cells.shared, source.cells.values, strict=True)
        if value
    }
    heads = {row for _, _, found in tables for row in (found.code_row, found.code_row + 1)}
    cells = []
    for number, place in enumerate(places):
        if place.type not in ("", "str") or place.style >= len(source.shown):
            return None
        beyond = _BLANK if place.row in heads else _WORDS
        known = _FIXED if place.column == CODE_COLUMN else roles.get((place.row, place.column), beyond)
        if known.role in _WRITTEN:
            known = replace(known, written=written[number]) if number in written else _BLANK
        elif known.role == Role.ASKED:
            address, shown = a1(place.row, place.column), source.shown[place.style]
            taken = known.taken and shown == "number" and not place.type
            known = replace(known, address=address, shown=shown, taken=taken)
        cells.append(replace(known, worked_out=True) if place.type else known)
    filled = sum(known.role in _WRITTEN for known in cells)
    stand = tuple(
        (form, table.id, TablePlace(source.name, distinct(found.rows)[0], distinct(found.columns)[0]))
        for form, table, found in tables
    )
    asked = [number for number, known in enumerate(cells) if known.role == Role.ASKED]
    spots = tuple(Spot(cells[number].key, source.name, cells[number].address, cells[number].own) for number in asked)
    return Pattern(
        tuple(cells),
        filled,
        stand,
        _usual(cells, source),
        {number: at for at, number in enumerate(asked)},
        spots,
        _taken(cells, asked),
    )


def _taken(cells: Sequence[Known], asked: Sequence[int]) -> Taken:
    found = [(number, at) for at, number in enumerate(asked) if cells[number].taken]
    numbers = tuple(number for number, _ in found)
    whole = [(cell := cells[number].cell) is not None and cell.type in WHOLE for number in numbers]
    return Taken(
        numbers, np.array([at for _, at in found], dtype=np.intp), frozenset(numbers), np.array(whole, dtype=np.bool_)
    )


def _usual(cells: Sequence[Known], source: Source) -> Usual:
    """The texts of a sheet that are there for everybody: its heads, codes and labels, and units of measure."""
    held = {
        number: value
        for number, shared, value in zip(source.cells.cells, source.cells.shared, source.cells.values, strict=True)
        if shared and cells[number].role in (*_WRITTEN, Role.ANY)
    }
    others = frozenset(number for number in range(len(cells)) if number not in held)
    numbers = tuple(int(value) for value in held.values())
    said = tuple(source.texts[number] for number in numbers)
    filled = sum(cells[number].role in _WRITTEN for number in held)
    return Usual(tuple(held), frozenset(held), tuple(held.values()), numbers, said, others, filled)


def _is_there(shared: bool, value: bytes, texts: int) -> bool:
    """Whether what stands in a cell is a text that there is, if it is the number of one."""
    return not shared or text_number(value, texts) is not None


def _tables(rows: Rows, forms: Forms, versions: Mapping[str, str], period: str) -> list[tuple[str, Table, FoundTable]]:
    """The tables of a sheet, each with its form; none where one of them is not as today's version issues it."""
    found = []
    for one in find_tables(rows):
        form, table = table_of(forms, one.id)
        if table is None or table.kind == "list" or not one.ended or not as_issued(table, rows, one, period):
            return []
        if versions.get(form, forms.by_id[form].version) != forms.by_id[form].version:
            return []
        found.append((form, table, one))
    return found


def _cells_of(rows: Rows, table: Table, found: FoundTable) -> Iterator[tuple[tuple[int, int], Known]]:
    """What each cell of a table is, but those in which the codes of its rows stand."""
    head, coded, columns = (
        found.code_row + 1,
        {i: code for code, i in found.rows},
        {j: code for code, j in found.columns},
    )
    labels = {row.code: row.label.vi for row in table.indicators}
    for j, title in enumerate(rows[head]):
        yield (found.code_row, j), _FIXED
        yield (head, j), _FIXED
        yield (found.end_row, j), _ANY
        for i in range(head + 1, found.end_row):
            beside = _ANY if is_furniture(title) else _WORDS
            if i not in coded:
                known = beside
            elif j in columns:
                cell = table.grid[coded[i]].get(columns[j])
                known = _asked(cell) if cell is not None else _BLANK
            elif j == LABEL_COLUMN:
                known = Known(Role.LABEL, label=labels[coded[i]])
            else:
                known = _FIXED if j == NUMBER_COLUMN else beside
            yield (i, j), known


def _asked(cell: Cell) -> Known:
    return Known(Role.ASKED, cell=cell, key=cell.key, own=cell.is_observed, taken=is_taken(cell))
