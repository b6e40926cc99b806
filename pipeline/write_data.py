"""The CSV files that other programs read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import StringIO
from itertools import islice
from pathlib import Path

from pipeline.entries import Layout
from pipeline.files import put, remove
from pipeline.results import Results
from pipeline.rows import COLUMNS, Names, Row, later_rows, listed, names_of, observed, plain, reported, rows_of
from schemas.form import Key

# Rows that are put together in haste, or all of them with care.
_BUFFER, _ROWS = 1024 * 1024, 100
_END = "\r\n"
_Cell = tuple[int, Names, bool, str, str]


def write_csv(path: Path, results: Results, name: str) -> None:
    """UTF-8 with BOM, so that Excel opens it; commas and a decimal point, so that programs read it."""
    if name == "observations":
        _write(path, COLUMNS[name], _observations(results))
    else:
        _write(path, COLUMNS[name], _lines(rows_of(results, name)))


def write_later(path: Path, results: Results) -> None:
    """The files that came after the period was closed; no file where there are none.

    They are listed apart, since what was signed changes by no byte.
    """
    if results.closed and results.closed.later:
        _write(path, COLUMNS["submissions"], _lines(later_rows(results)))
    else:
        remove(path)


def _observations(results: Results) -> Iterator[str]:
    """The lines of each unit; of most, all but the figure is the same for the unit or for the cell, and said once."""
    names, known = names_of(results), dict[Layout, list[_Cell]]()
    for unit, submission in reported(results):
        layout, (numbers, _, odd) = submission.entries.layout, submission.entries.content
        if layout not in known:
            known[layout] = _cells(layout, names)
        before, values = _line((submission.period, unit)), numbers.tolist()
        file, end = _line((submission.file,)), f"{submission.sha256}{_END}"
        said: list[str] = []
        for at, named, own, cell, place in known[layout]:
            value = values[at]
            if at in odd:
                if odd[at].own:
                    said.append(lines([observed(unit, submission, named, odd[at])]))
            elif own and value == value:
                said.append(f"{before},{cell},{plain(value)},,reported,{file},{place},{end}")
        yield "".join([*said, lines([*listed(results, unit, submission)])])


def _cells(layout: Layout, names: Mapping[Key, Names]) -> list[_Cell]:
    """The cells of a layout in the order of the forms: the place of each, its names, whether it is the unit's own, and
    the fields that say which it is and where it stands."""
    index, spots = layout.index, layout.spots
    found = ((index[key], named) for key, named in names.items() if key in index)
    return [(at, named, spots[at].own, _line(named), _line((spots[at].sheet, spots[at].cell))) for at, named in found]


def _line(fields: Sequence[str]) -> str:
    """These fields side by side, among others."""
    return lines([("", *fields)])[1 : -len(_END)]


def _lines(rows: Iterable[Row]) -> Iterator[str]:
    left = iter(rows)
    while some := list(islice(left, _ROWS)):
        yield lines(some)


def _write(path: Path, columns: Sequence[str], texts: Iterable[str]) -> None:
    def write(temporary: Path) -> bool:
        # Not at once: of a nation the whole would not fit into memory.
        with temporary.open("w", encoding="utf-8", newline="", buffering=_BUFFER) as text:
            text.write("\ufeff")
            text.write(lines([columns]))
            text.writelines(texts)
        return True

    put(path, write)


def lines(rows: Sequence[Row]) -> str:
    """These rows as the csv module writes them; where nothing needs quoting, which is nearly always, in a third of
    its time.
    """
    texts = [[*map(str, row)] for row in rows]
    said = "".join(map("".join, texts))
    # An empty field that is alone in its row is quoted too.
    if any(mark in said for mark in ',"\r\n') or not all(map(any, texts)):
        return _quoted(rows)
    return "".join([",".join(row) + _END for row in texts])


def _quoted(rows: Sequence[Row]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator=_END).writerows(rows)
    return text.getvalue()
