"""Rows of the CSV files: what is put together in haste is what the csv module writes."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.demo import Demo
from pipeline.entries import Entries
from pipeline.rows import COLUMNS, rows_of
from pipeline.write_data import lines, write_csv

FIELD = st.one_of(st.text("a,\"\r\n ;'é=", max_size=4), st.integers(0, 9))


@given(st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=6))
def test_rows_are_as_the_csv_module_writes_them(rows: list[list[str | int]]) -> None:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    assert lines(rows) == text.getvalue()


@pytest.mark.parametrize("odd", ["", ',"'])
def test_the_observations_are_the_rows_that_programs_get(demo: Demo, tmp_path: Path, odd: str) -> None:
    """Also where the name of a file and of its sheets holds what must be quoted."""
    submissions = [
        replace(
            one,
            file=one.file + odd,
            entries=Entries.of({k: e._replace(sheet=e.sheet + odd) for k, e in one.entries.items()}),
        )
        for one in demo.results.submissions
    ]
    results = replace(demo.results, submissions=tuple(submissions))
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([COLUMNS["observations"], *rows_of(results, "observations")])
    write_csv(tmp_path / "observations.csv", results, "observations")
    assert (tmp_path / "observations.csv").read_bytes() == text.getvalue().encode("utf-8-sig")
