"""The province's figures in the consolidated workbook: live formulas that make what ``rollup.csv`` says."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pytest
from builders import UNITS, YEAR, target, unit, workspace
from conftest import Recalculate
from workbooks import formula_cells, values

from pipeline.demo import Demo
from pipeline.demo_returns import filled_by, moment, write_return
from pipeline.obligations import obligations
from pipeline.results import Results
from pipeline.run import consolidate
from pipeline.styles import Styles, new_book
from pipeline.write_figures import write_figures
from pipeline.write_figures_grid import Place
from schemas.form import Key
from schemas.load import load_forms
from schemas.tree import Unit

FORMS = Path(__file__).parent.parent / "schemas" / "forms"
UPPER = ("upper",)
FEW = (
    unit("P", "province"),
    *(unit(f"U{i}", "upper", "P") for i in range(1, 5)),
    *(
        unit(f"G{i}{sector}", "grassroots", f"U{i}", sector=sector)
        for i in range(1, 5)
        for sector in ("hcsn", "dn_nnn")
    ),
)
MANY = (*FEW[:5], *(unit(f"V{i:02}", "upper", "P") for i in range(27)), *FEW[5:])
# Who has sent, in which tree, and who owes.
STATES: Mapping[str, tuple[Sequence[Unit], Sequence[str], Collection[str]]] = {
    "all": (FEW, UPPER, ("U1", "U2", "U3", "U4")),
    "half": (FEW, UPPER, ("U1", "U3")),
    "one": (FEW, UPPER, ("U2",)),
    "many": (MANY, UPPER, ("U1", "U4", "V03")),
    # U1 declares beside its children; what U2 has is built of one of its own.
    "two-levels": (UNITS, ("upper", "grassroots"), ("U1", "G11", "G12", "G21")),
}


def made(root: Path, units: Sequence[Unit], senders: Sequence[str], sent: Collection[str]) -> Results:
    """A run over the returns of some of the units."""
    targets = [target(code, row, value) for code in ("P", "U1", "G11") for row, value in (("ct_02", 9), ("ct_13", 0))]
    targets += [target(code, "ct_16", 98, ">=") for code in ("P", "U2", "G21")]
    place = workspace(root, load_forms(FORMS.glob("*.toml")), senders=tuple(senders), units=units, targets=targets)
    owed = obligations(place, YEAR)
    for order, code in enumerate(sent):
        content = filled_by(place, owed, owed.tree.unit(code))
        write_return(place.inbox(YEAR) / f"{code}.xlsx", content, moment(2020, 12, 1, order))
    return consolidate(place)


def totals(results: Results) -> Mapping[Key, Place]:
    """Where the province's figures stand in the consolidated workbook."""
    book = new_book(BytesIO(), created=results.owed.dates.issued_on, title="")
    found = write_figures(book, Styles(book), results, {}).totals
    book.close()
    return found


def rolled_up(results: Results) -> Mapping[Key, float | None]:
    """The province's figures as ``rollup.csv`` has them."""
    path = results.workspace.output(results.owed.period) / "data" / "rollup.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["unit"] == results.owed.tree.province.code]
    return {
        Key(row["form"], row["indicator"], row["measure"]): float(row["value"]) if row["value"] else None
        for row in rows
    }


def check(results: Results, book: Path, again: Path) -> int:
    """Every total before and after it is worked out anew, and every formula; returns how many totals have a figure."""
    rolled, places = rolled_up(results), totals(results)
    before, after, live = values(book), values(again), formula_cells(book)
    shown = {
        key for form in results.owed.forms for table in form.tables if table.kind == "matrix" for key in table.cells
    }
    cells = results.owed.forms.cells
    missing = {key for key in rolled.keys() & shown if cells[key].is_number and cells[key].role != "computed"}
    assert not missing - places.keys()
    for key, (sheet, row, column) in places.items():
        place, value = (sheet, row + 1, column + 1), rolled.get(key)
        expected = "" if value is None else pytest.approx(value, rel=1e-9)
        assert before.get(place, "") == expected, key
        assert after.get(place, "") == expected, key
        typed = cells[key].role == "issuer" or cells[key].rollup == "REG"
        assert (place in live) is not typed, key
    for place in live:
        was, now = before.get(place, ""), after.get(place, "")
        assert now == (pytest.approx(was, rel=1e-9) if isinstance(was, float) else was), place
    return sum(rolled.get(key) is not None for key in places)


def test_every_total_of_every_form_is_the_one_in_the_rollup_in_every_state(
    tmp_path: Path, demo: Demo, recalculate: Recalculate
) -> None:
    runs = {"demo": demo.results, **{name: made(tmp_path / name, *state) for name, state in STATES.items()}}
    books = []
    for name, results in runs.items():
        (tmp_path / "books").mkdir(exist_ok=True)
        books.append(tmp_path / "books" / f"{name}.xlsx")
        shutil.copyfile(results.workspace.output(YEAR) / "tong-hop-2020.xlsx", books[-1])
    for results, book, again in zip(runs.values(), books, recalculate(books), strict=True):
        assert check(results, book, again) > 300, book.name
