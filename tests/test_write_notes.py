"""The sheet of what units wrote beside their figures."""

from __future__ import annotations

from pathlib import Path

from builders import YEAR, form, load, package, row, workspace
from openpyxl import load_workbook

from pipeline import run
from pipeline.write_notes import NOTES_SHEET


def noted(folder: Path, **figures: dict[str, float | str]) -> list[tuple[object, ...]] | None:
    """The rows of the sheet that these returns make; ``None`` where there is no such sheet."""
    at = workspace(folder, load(folder / "forms", form(row("ca"), row("nam"))))
    for unit, cells in figures.items():
        package(at.inbox(YEAR) / f"{unit}.xlsx", at, unit, {f"X01.{cell}": value for cell, value in cells.items()})
    run.consolidate(at, YEAR)
    book = load_workbook(at.output(YEAR) / f"tong-hop-{YEAR}.xlsx")
    if NOTES_SHEET not in book.sheetnames:
        return None
    return [row[1:] for row in book[NOTES_SHEET].iter_rows(min_row=4, values_only=True)]


def test_a_note_stands_beside_its_figures_by_indicator_then_unit(tmp_path: Path) -> None:
    rows = noted(
        tmp_path,
        U2={"ca.tong": 1500.0, "ca.ty_le": 7.5, "ca.ghi_chu": "đã trừ người nghỉ hưu"},
        U1={"ca.tong": 3.0, "ca.ghi_chu": "ước tính", "nam.ghi_chu": "chưa có số liệu"},
    )
    assert rows is not None
    assert [(label, words) for _, label, _, _, words in rows] == [
        ("Dòng ca", "ước tính"),
        ("Dòng ca", "đã trừ người nghỉ hưu"),
        ("Dòng nam", "chưa có số liệu"),
    ]
    assert [figures for _, _, _, figures, _ in rows] == ["Tổng số: 3", "Tổng số: 1.500", ""]


def test_where_nobody_wrote_anything_there_is_no_sheet(tmp_path: Path) -> None:
    assert noted(tmp_path, U1={"ca.tong": 3.0}) is None
