"""A generated corpus is what the program itself would have made, and the page of measurements is what was measured."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from pipeline import demo_activity
from pipeline.obligations import obligations
from pipeline.package import write_package
from pipeline.run import consolidate, workspace_at
from schemas.period import Period

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "benchmarks"))

import corpus  # noqa: E402
import corpus_figures  # noqa: E402
import corpus_packages  # noqa: E402
import floor  # noqa: E402
import read_800  # noqa: E402
import scale  # noqa: E402
import scale_page  # noqa: E402

UNITS = 14


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A corpus without mistakes: one upper union and thirteen below it."""
    folder = tmp_path_factory.mktemp("corpus")
    cells = demo_activity._cells
    corpus.make(folder, UNITS)
    yield folder
    demo_activity._cells = cells


def _sheets(data: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_return_of_a_corpus_is_accepted_as_its_own_units(made: Path) -> None:
    results = consolidate(made, corpus.PERIOD, write=False)
    assert [one for one in results.findings if one.severity == "hard"] == []
    units = sorted(one.unit for one in results.submissions)
    assert units == sorted(results.owed.owed)
    assert len(units) == UNITS
    assert all(Path(one.file).stem == one.unit for one in results.submissions)


def test_a_return_of_a_corpus_reads_as_the_writer_of_packages_writes_it(made: Path) -> None:
    workspace = workspace_at(made)
    owed = obligations(workspace, Period.parse(corpus.PERIOD))
    union = owed.tree.of_level("upper")[0]
    children = owed.tree.children(union.code)
    below, above = (corpus_figures.blank_of(workspace, owed, unit) for unit in (children[0], union))
    sent = [corpus_figures.grassroots(below, child, owed.tree.order[child.code]) for child in children]
    own, _ = corpus_figures.upper(above, owed, union, sent)
    for blank, content in ((below, sent[3]), (above, own)):
        file = BytesIO()
        write_package(file, content)
        quick = next(corpus_packages.Packages().files(blank, [content]))
        assert _sheets(quick) == _sheets(file.getvalue())


def test_the_mistakes_of_a_corpus_stand_where_its_list_says(tmp_path: Path) -> None:
    corpus.make(tmp_path, UNITS, faults=100)
    with (tmp_path / "faults.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == UNITS - 1
    for row in rows:
        book = CalamineWorkbook.from_path(tmp_path / "inbox" / corpus.PERIOD / row["file"])
        column, line = row["cell"][0], int(row["cell"][1:])
        stands = book.get_sheet_by_name(row["sheet"]).to_python(skip_empty_area=False)[line - 1][ord(column) - ord("A")]
        assert str(stands) == row["now"]


def test_the_floor_finds_the_cells_that_hold_something(made: Path) -> None:
    path = read_800.files_of(made)[0]
    book = _sheets(path.read_bytes())
    held = sum(cell != "" for name, rows in book.items() if name.startswith("B0") for row in rows for cell in row)
    # A formula that shows an empty text holds something only to whoever looks for an empty value.
    assert held <= floor.cells_of(path) <= 1.1 * held


def test_another_figure_in_one_return_is_one_cell(made: Path, tmp_path: Path) -> None:
    path = scale.to_change(made)
    other = tmp_path / path.name
    other.write_bytes(path.read_bytes())
    scale.other_figure(other, 7)
    before, after = (_sheets(one.read_bytes()) for one in (path, other))
    changed = [
        (was, now)
        for name, rows in before.items()
        for row, others in zip(rows, after[name], strict=True)
        for was, now in zip(row, others, strict=True)
        if was != now
    ]
    assert [now - was for was, now in changed] == [7]


def test_the_page_of_measurements_is_what_was_measured() -> None:
    rows = scale.rows_of()
    assert scale_page.PAGE.read_text(encoding="utf-8") == scale_page.page_of(rows)
    there = scale_page.PLOT.read_text(encoding="utf-8") if scale_page.PLOT.exists() else ""
    assert there == scale_page.drawn(rows)


def test_what_was_not_measured_is_not_on_the_page() -> None:
    about = {"packages": 800, "forms": ["B01", "B02", "B03", "B04"], "cells": 800_000, "bytes": 2**25, "xls": 0}
    machine = {"cores": 2, "architecture": "x86_64", "memory": 24, "system": "Linux", "python": "3.11", "versions": {}}
    run = {"run": 1, "engine": "auto", "machine": machine, "corpus": {**about, "faults": 3}}
    row = {"run": 1, "way": "cold", "round": 0, "seconds": 8.0, "processor": 9.0, "peak": 300.0, "share": 1.0}
    page = scale_page.page_of([run, row])
    assert "800 bộ biểu" in page
    assert "| **tonghop, lần đầu** | 8,00 |" in page
    assert "viết thẳng |" not in page
    assert "sàn của Python, 1 tiến trình |" not in page
    assert "Lớn lên" not in page
