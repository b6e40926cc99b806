"""The obvious program: read_excel in a loop, one wide frame, pandera, sums, to_excel. What read_800.py compares with.

Run as ``python benchmarks/obvious.py INBOX UNITS_CSV RESULT.xlsx``; prints the province's totals as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

FORMS_OF = {"upper": ("B01", "B03"), "grassroots": ("B01",)}
COUNTED = ("tong", "nu", "giao", "thuc_hien", "uoc_nam")
CODE_ROW = 6
SUMS = {
    "sl_doan_vien": (
        ("sl_dv_nam", "sl_dv_nu"),
        ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua"),
        ("cl_cm_tren_dh", "cl_cm_dh", "cl_cm_cd", "cl_cm_tc", "cl_cm_sc_khac", "cl_cm_chua_dt"),
    ),
    "sl_cdcs": (("sl_cdcs_hcsn", "sl_cdcs_dnnn", "sl_cdcs_nnn"),),
}


def levels_of(units: Path) -> dict[str, str]:
    """The level of each unit of the register."""
    register = pd.read_csv(units, encoding="utf-8-sig", dtype=str)
    return dict(zip(register["code"], register["level"], strict=True))


def sheets_of(files: Iterable[Path], levels: dict[str, str]) -> list[tuple[Path, str]]:
    """Every form sheet of every file; a file bears its unit's code."""
    return [(path, form) for path in files for form in FORMS_OF[levels[path.stem]]]


def read_sheet(path: Path, form: str) -> pd.Series[float]:
    """The numbers of one sheet by form, indicator and measure."""
    sheet = pd.read_excel(path, sheet_name=form, header=CODE_ROW, index_col=0, engine="openpyxl")
    sheet = sheet[sheet.index.notna() & (sheet.index != "#end")]
    counted = sheet[[measure for measure in COUNTED if measure in sheet.columns]]
    figures = counted.apply(pd.to_numeric, errors="coerce").stack().dropna()
    figures.index = pd.Index([f"{form} {indicator} {measure}" for indicator, measure in figures.index])
    return figures.rename(path.stem)


def read(files: Iterable[Path], levels: dict[str, str]) -> pd.DataFrame:
    """All figures: a row a unit, a column a cell."""
    by_unit: dict[str, list[pd.Series[float]]] = {}
    for path, form in sheets_of(files, levels):
        by_unit.setdefault(path.stem, []).append(read_sheet(path, form))
    return pd.DataFrame({unit: pd.concat(parts) for unit, parts in by_unit.items()}).T


def faults(frame: pd.DataFrame) -> pd.DataFrame:
    """What pandera finds: negative figures, figures that are not whole, sums that do not close."""
    from pandera.errors import SchemaErrors
    from pandera.pandas import Check, Column, DataFrameSchema

    checked = frame.copy()
    for whole, partitions in SUMS.items():
        for parts in partitions:
            gap = frame[[f"B01 {part} tong" for part in parts]].sum(axis=1) - frame[f"B01 {whole} tong"]
            checked[f"{whole} = {' + '.join(parts)}"] = gap
    whole_number = Check(lambda figures: figures % 1 == 0, name="whole")
    schema = DataFrameSchema(
        {name: Column(float, [Check.ge(0), whole_number], nullable=True) for name in frame.columns}
        | {name: Column(float, Check.eq(0), nullable=True) for name in checked.columns.difference(frame.columns)}
    )
    try:
        schema.validate(checked, lazy=True)
    except SchemaErrors as failed:
        return failed.failure_cases
    return pd.DataFrame()


def main(inbox: Path, units: Path, result: Path) -> None:
    """Read, check, add up, write."""
    levels = levels_of(units)
    frame = read(sorted(inbox.glob("*.xlsx")), levels)
    found = faults(frame)
    upper = [unit for unit in frame.index if levels[unit] == "upper"]
    totals = frame.loc[upper].sum(min_count=1)
    with pd.ExcelWriter(result, engine="openpyxl") as book:
        pd.concat([frame, totals.rename("Tổng").to_frame().T]).to_excel(book, sheet_name="Tổng hợp")
        found.to_excel(book, sheet_name="Lỗi")
    print(json.dumps({"totals": {name: value for name, value in totals.dropna().items()}}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
