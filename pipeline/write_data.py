"""The CSV files that other programs read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import chain, islice
from pathlib import Path

from pipeline.files import put, remove
from pipeline.results import Results
from pipeline.rows import COLUMNS, Row, later_rows, rows_of

_BUFFER, _ROWS = 1024 * 1024, 1_000
_END = "\r\n"


def write_csv(path: Path, results: Results, name: str) -> None:
    """UTF-8 with BOM, so that Excel opens it; commas and a decimal point, so that programs read it."""
    _write(path, COLUMNS[name], rows_of(results, name))


def write_later(path: Path, results: Results) -> None:
    """The files that came after the period was closed; no file where there are none.

    They are listed apart, since what was signed changes by no byte.
    """
    if results.closed and results.closed.later:
        _write(path, COLUMNS["submissions"], later_rows(results))
    else:
        remove(path)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    def write(temporary: Path) -> bool:
        # Not at once: of a nation the whole would not fit into memory.
        with temporary.open("w", encoding="utf-8", newline="", buffering=_BUFFER) as text:
            text.write("\ufeff")
            left = chain([columns], rows)
            while some := list(islice(left, _ROWS)):
                text.write(lines(some))
        return True

    put(path, write)


def lines(rows: Sequence[Row]) -> str:
    """These rows as the csv module writes them; where nothing needs quoting, which is nearly always, in a third of
    its time.
    """
    try:
        said = _END.join([",".join(row) for row in rows]) + _END  # type: ignore[arg-type]
    except TypeError:  # a row with a number in it
        return _quoted(rows)
    plain = said.count(",") == sum(map(len, rows)) - len(rows) and said.count("\n") == said.count("\r") == len(rows)
    return said if plain and '"' not in said and all(map(any, rows)) else _quoted(rows)


def _quoted(rows: Sequence[Row]) -> str:
    text = StringIO()
    csv.writer(text, lineterminator=_END).writerows(rows)
    return text.getvalue()
