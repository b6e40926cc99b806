"""How many units passed each edit, failed it, or could not be judged, as the office's workbook counts them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import edit, form, load, row, workspace
from lists import UNIQUE, Line, deliver, line, list_form

from pipeline import run
from pipeline.demo import Demo
from schemas.form import Forms

ROWS = (
    *(row(code) for code in ("ca", "nam", "nu")),
    row("rieng", levels='["upper", "province"]'),
)
EDITS = (
    edit("each(nam, nu) <= ca", id='"X-1"'),
    edit("nam + nu == ca", id='"X-2"', levels='["upper"]', measures='["tong"]'),
    edit("rieng >= 1", id='"X-3"', measures='["tong"]'),
    edit("about(ty_le, tong / ca[tong])", id='"X-4"', rows='["nam", "nu"]'),
    edit("about(nam[ty_le] + nu[ty_le], 100)", id='"X-5"'),
    edit("change(ca) <= 0.15", id='"X-6"', severity='"soft"', measures='["tong"]'),
)
LIST_EDITS = (
    UNIQUE,
    edit("ma in register(children)", id='"L-1"'),
    edit("so_dv <= so_ld", id='"L-2"'),
    edit("sum(L01.so_dv) == X01.ca[tong]", id='"L-3"'),
)
Counts = dict[str, tuple[int, int, int, int]]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(*ROWS, edits=EDITS), list_form(*LIST_EDITS))


def counted(
    root: Path, forms: Forms, returns: Mapping[str, Mapping[str, object]], lists: Mapping[str, list[Line]] | None = None
) -> Counts:
    """What is counted of these returns: passed, failed, not judged, and of those without a figure."""
    place = workspace(root, forms, senders=("upper", "grassroots"))
    for unit, figures in returns.items():
        typed = {f"X01.{name.replace('__', '.')}": figure for name, figure in figures.items()}
        deliver(place, unit, typed, (lists or {}).get(unit, ()))
    edits = run.consolidate(place, write=False).edits
    return {one.id: (one.passed, one.failed, one.unknown, one.unreported) for one in edits}


def test_every_edit_of_every_form_is_counted_in_the_order_of_the_forms(forms: Forms, tmp_path: Path) -> None:
    found = list(counted(tmp_path, forms, {"U1": {"ca__tong": 1}}))
    assert found == [*("L-E01", "L-1", "L-2", "L-3"), *(f"X-{i}" for i in range(1, 7)), "children-differ"]


def test_an_edit_is_counted_once_a_unit_whatever_number_of_rows_it_goes_over(forms: Forms, tmp_path: Path) -> None:
    found = counted(
        tmp_path,
        forms,
        {
            "U1": {"ca__tong": 10, "nam__tong": 5, "nu__tong": 11},
            "U2": {"ca__tong": 10, "nam__tong": 5, "nu__tong": 5},
            "G11": {"ca__tong": 10, "nam__tong": 11, "nu__tong": 11},
            "G12": {"nam__tong": 4},
        },
    )
    assert found["X-1"] == (1, 2, 1, 0)
    # Upper unions alone are asked; a row of theirs says nothing of others either.
    assert found["X-2"] == (1, 1, 0, 0)
    assert found["X-3"] == (0, 0, 2, 2)
    assert found["X-6"] == (0, 0, 4, 1)


def test_percentages_are_counted_where_they_were_typed(forms: Forms, tmp_path: Path) -> None:
    whole = {"ca__tong": 100, "nam__tong": 40, "nu__tong": 60}
    found = counted(
        tmp_path,
        forms,
        {
            "U1": {**whole, "nam__ty_le": "40,0", "nu__ty_le": "60,0"},
            "U2": {**whole, "nam__ty_le": "43,0", "nu__ty_le": "60,0"},
            "G11": {**whole, "nam__ty_le": "0,40"},
            "G12": whole,
            "G21": {"nam__tong": 40, "nam__ty_le": "40,0"},
        },
    )
    assert found["X-4"] == (1, 2, 2, 1)
    assert found["X-5"][0] >= 1
    assert sum(found["X-5"][:3]) == 5


def test_rows_of_a_list_are_counted_by_unit(forms: Forms, tmp_path: Path) -> None:
    good, other = line("G11", ten="Một", so_ld=9, so_dv=7), line("G12", ten="Hai", so_ld=9, so_dv=8)
    found = counted(
        tmp_path,
        forms,
        {"U1": {"ca__tong": 15}, "U2": {"ca__tong": 3}, "G11": {}},
        {"U1": [good, other], "U2": [line("G99", so_ld=2, so_dv=3), line("G99", so_ld=4)]},
    )
    assert found["L-E01"] == (1, 1, 0, 0)
    assert found["L-1"] == (1, 1, 0, 0)
    assert found["L-2"] == (1, 1, 0, 0)
    assert found["L-3"][0] == 1
    found = counted(tmp_path / "none", forms, {"U1": {"ca__tong": 15}})
    assert found["L-E01"] == found["L-2"] == (0, 0, 1, 1)


def test_the_sums_of_children_are_counted_by_parent(forms: Forms, tmp_path: Path) -> None:
    found = counted(
        tmp_path,
        forms,
        {
            "U1": {"ca__tong": 9},
            "U2": {"ca__tong": 5},
            "G11": {"ca__tong": 4},
            "G12": {"ca__tong": 4},
            "G21": {"ca__tong": 5},
        },
    )
    assert found["children-differ"] == (1, 1, 0, 0)
    found = counted(tmp_path / "none", forms, {"U1": {"ca__tong": 9}})
    assert found["children-differ"] == (0, 0, 1, 1)


def test_the_demo_counts_every_edit_and_agrees_with_its_findings(demo: Demo) -> None:
    results = demo.results
    counts = {one.id: one for one in results.edits}
    asked = {edit.id for form in results.owed.forms for table in form.tables for edit in table.edits}
    assert counts.keys() == asked | {"children-differ"}
    for one in results.edits:
        failed = {finding.unit for finding in results.findings if finding.id == one.id}
        assert failed <= {unit.code for unit in results.owed.tree.units}
        assert one.failed >= len(failed), one.id
        assert one.unreported <= one.unknown
        assert one.passed + one.failed + one.unknown <= len(results.by_unit)
