"""The lists of all units on one sheet: its totals are those of the roll-up, its rows those that came back."""

from __future__ import annotations

import pytest
from conftest import Demo
from python_calamine import CalamineWorkbook
from test_outputs import output, rollup

from pipeline.submission import Item
from schemas.form import Table

_HEAD, _TOTALS, _FIRST_ROW = 4, 5, 6


@pytest.fixture
def rows(demo: Demo) -> list[list[object]]:
    book = CalamineWorkbook.from_path(output(demo) / "tong-hop-2020.xlsx")
    return book.get_sheet_by_name("B04").to_python(skip_empty_area=False)


def listed(demo: Demo) -> list[tuple[str, Item]]:
    units = demo.results.by_unit
    order = demo.results.owed.tree.order
    return [(code, item) for code in sorted(units, key=order.__getitem__) for item in units[code].items.get("B04", ())]


def the_table(demo: Demo) -> Table:
    (table,) = next(form for form in demo.results.owed.forms if form.id == "B04").lists
    return table


def test_totals_are_those_of_the_roll_up(demo: Demo, rows: list[list[object]]) -> None:
    rolled = {measure: row for (unit, name, measure), row in rollup(output(demo)).items() if (unit, name) == ("LC", "")}
    shown = {
        measure.code: rows[_TOTALS][column]
        for column, measure in enumerate(the_table(demo).measures, 2)
        if rows[_TOTALS][column] != ""
    }
    assert {"ma", "so_ld", "so_dv", "so_nu", "co_ttnd"} <= set(shown)
    for code, value in shown.items():
        assert value == float(rolled[code]["value"])


def test_each_row_stands_once_and_says_whether_it_counts(demo: Demo, rows: list[list[object]]) -> None:
    items = [item for _, item in listed(demo)]
    below = rows[_FIRST_ROW : _FIRST_ROW + len(items)]
    last = 2 + len(the_table(demo).measures)
    assert rows[_HEAD][last] == "Được tính"
    assert [row[0] for row in below] == list(range(1, len(items) + 1))
    assert [row[last] == "x" for row in below] == [item.counted and not item.closed for item in items]
    assert {item.counted for item in items} == {True, False}
    assert any(item.closed for item in items)
    assert len(rows) == _FIRST_ROW + len(items)
