"""The CSV files that other programs read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.files import put, remove
from pipeline.results import Results
from pipeline.rows import COLUMNS, Row, later_rows, rows_of

_BUFFER = 1024 * 1024


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
        # Row by row: of a nation the whole would not fit into memory.
        with temporary.open("w", encoding="utf-8", newline="", buffering=_BUFFER) as text:
            text.write("\ufeff")
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            writer.writerows(rows)
        return True

    put(path, write)
