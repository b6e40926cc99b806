"""Rows of the CSV files: what is put together in haste is what the csv module writes."""

from __future__ import annotations

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from pipeline.write_data import lines

FIELD = st.one_of(st.text("a,\"\r\n ;'é=", max_size=4), st.integers(0, 9))


@given(st.lists(st.lists(FIELD, min_size=1, max_size=4), max_size=6))
def test_rows_are_as_the_csv_module_writes_them(rows: list[list[str | int]]) -> None:
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    assert lines(rows) == text.getvalue()
