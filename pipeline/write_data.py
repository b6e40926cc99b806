"""The four CSV files that other programs read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pipeline.files import put
from pipeline.results import Results
from pipeline.rows import COLUMNS, rows_of


def write_csv(path: Path, results: Results, name: str) -> None:
    """UTF-8 with BOM, so that Excel opens it; commas and a decimal point, so that programs read it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS[name])
    writer.writerows(rows_of(results, name))
    put(path, lambda temporary: bool(temporary.write_bytes(text.getvalue().encode("utf-8-sig"))))
