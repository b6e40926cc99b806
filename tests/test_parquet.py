"""``observations.parquet`` holds what ``observations.csv`` does; without pyarrow there is none."""

from __future__ import annotations

import csv
import hashlib
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import RECEIVED

from pipeline import write_parquet as module
from pipeline.contents import content_of
from pipeline.demo import Demo
from pipeline.demo_returns import filled, write_return
from pipeline.obligations import obligations
from pipeline.rows import COLUMNS, plain
from pipeline.run import consolidate
from pipeline.write_parquet import write_parquet
from schemas.form import Key

parquet: Any = pytest.importorskip("pyarrow.parquet")


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows_of_parquet(path: Path) -> list[dict[str, Any]]:
    """Its rows, the numbers as the CSV file writes them."""
    rows = parquet.read_table(path).to_pylist()
    return [{**row, "value": plain(row["value"])} for row in rows]


def data(demo: Demo) -> Path:
    return demo.workspace.output(demo.results.owed.period) / "data"


def copied(tmp_path: Path, lines: list[list[str]]) -> Path:
    table = tmp_path / "observations.csv"
    with table.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows([list(COLUMNS["observations"]), *lines])
    write_parquet(tmp_path / "observations.parquet", table)
    return tmp_path / "observations.parquet"


def line(value: str, text: str) -> list[str]:
    return ["2020", "LC-01", "B01", "so_lieu", "sl", "tong", value, text, "reported", "f.xlsx", "B01", "D9", "0" * 64]


def test_the_parquet_file_equals_the_csv_file_row_by_row(demo: Demo) -> None:
    before = rows_of_csv(data(demo) / "observations.csv")
    assert len(before) > 1000
    assert rows_of_parquet(data(demo) / "observations.parquet") == before


def test_its_columns_are_those_of_the_csv_file_and_only_the_value_is_a_number(demo: Demo) -> None:
    schema = parquet.read_schema(data(demo) / "observations.parquet")
    assert tuple(schema.names) == COLUMNS["observations"]
    assert {name for name in schema.names if str(schema.field(name).type) != "string"} == {"value"}


def test_a_missing_value_is_null_and_no_zero(tmp_path: Path) -> None:
    rows = parquet.read_table(copied(tmp_path, [line("0", ""), line("", "2,43"), line("-1.5", "")])).to_pylist()
    assert [row["value"] for row in rows] == [0.0, None, -1.5]
    assert [row["text"] for row in rows] == ["", "2,43", ""]


@pytest.mark.parametrize(
    "text", ["NULL", "N/A", "nan", "1", 'a "b", c', "dòng 1\ndòng 2\r\nb\rc", "'", " x ", "=1+1", "ố" * 40_000]
)
def test_text_stays_as_it_was(tmp_path: Path, text: str) -> None:
    rows = rows_of_parquet(copied(tmp_path, [line("1", text), line("2", "sau")]))
    assert [row["text"] for row in rows] == [text, "sau"]


@pytest.mark.parametrize("value", ["9007199254740993", "0.1", "1e-10", "123456789012.3456789", "-0.0000000001"])
def test_a_number_is_the_one_that_a_program_reads_from_the_csv_file(tmp_path: Path, value: str) -> None:
    (row,) = parquet.read_table(copied(tmp_path, [line(value, "")])).to_pylist()
    assert row["value"] == float(value)


def test_no_rows_give_a_file_with_the_columns(tmp_path: Path) -> None:
    found = parquet.read_table(copied(tmp_path, []))
    assert (found.num_rows, tuple(found.schema.names)) == (0, COLUMNS["observations"])


def test_rows_in_several_blocks_are_all_there_and_the_bytes_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK", 10_000)
    lines = [line(str(i), f"dòng\n{i}") for i in range(1000)]
    path = copied(tmp_path, lines)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert parquet.ParquetFile(path).num_row_groups > 5
    assert [row["value"] for row in rows_of_parquet(path)] == [str(i) for i in range(1000)]
    assert hashlib.sha256(copied(tmp_path, lines).read_bytes()).hexdigest() == before


def test_the_text_of_a_unit_reaches_both_files_alike(tmp_path: Path, demo: Demo) -> None:
    shutil.copytree(demo.workspace.root, tmp_path / "w", ignore=shutil.ignore_patterns("inbox", "output", ".tonghop"))
    workspace = replace(demo.workspace, root=tmp_path / "w")
    owed = obligations(workspace, demo.results.owed.period)
    blank = content_of(workspace, owed, owed.tree.unit("LC-02"), {}, {})
    notes = [cell.key for cell in workspace.forms.cells.values() if cell.role == "note"]
    nasty = ("=1+1", 'nói "a, b"', "<b>&amp;</b>", "dòng 1\ndòng 2", "x" * 30_000, "NULL")
    entries = {Key("B01", "sl_doan_vien", "tong"): 10.0, **dict(zip(notes, nasty, strict=False))}
    write_return(workspace.inbox(owed.period) / "LC-02.xlsx", filled(blank, entries), RECEIVED)
    consolidate(workspace, "2020")
    folder = workspace.output(owed.period) / "data"
    rows = rows_of_parquet(folder / "observations.parquet")
    assert rows == rows_of_csv(folder / "observations.csv")
    assert set(nasty) <= {row["text"] for row in rows}


def test_without_pyarrow_none_is_written_and_none_is_left(
    tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "observations.parquet"
    write_parquet(path, data(demo) / "observations.csv")
    assert path.is_file()
    # What stands for a package that is not installed.
    monkeypatch.setattr(module, "find_spec", lambda name: None if name == "pyarrow" else sys.modules[name].__spec__)
    write_parquet(path, data(demo) / "observations.csv")
    assert not path.exists()
