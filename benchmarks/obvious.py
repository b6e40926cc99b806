"""The obvious program: read_excel in a loop, one wide frame, pandera, sums, to_excel.

Run as ``python benchmarks/obvious.py INBOX UNITS_CSV RESULT.xlsx``; prints the province's totals.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

FORMS_OF = {"upper": ("B01", "B03"), "grassroots": ("B01",)}
COUNTED = ("tong", "nu", "giao", "thuc_hien", "uoc_nam")
CODE_ROW = 6
PARTITIONS = (
    ("sl_doan_vien", ("sl_dv_nam", "sl_dv_nu")),
    ("sl_doan_vien", ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua")),
    ("sl_cdcs", ("sl_cdcs_hcsn", "sl_cdcs_dnnn", "sl_cdcs_nnn")),
)


def read_sheet(path: Path, form: str) -> pd.Series[float]:
    """The numbers of one sheet by form, indicator and measure."""
    sheet = pd.read_excel(path, sheet_name=form, header=CODE_ROW, index_col=0, engine="openpyxl")
    sheet = sheet[sheet.index.notna() & (sheet.index != "#end")]
    counted = sheet[[measure for measure in COUNTED if measure in sheet.columns]]
    figures = counted.apply(pd.to_numeric, errors="coerce").stack().dropna()
    return pd.Series({f"{form} {indicator} {measure}": value for (indicator, measure), value in figures.items()})


def faults(frame: pd.DataFrame) -> pd.DataFrame:
    """What pandera finds: figures that are negative or not whole, sums that do not close."""
    from pandera.errors import SchemaErrors
    from pandera.pandas import Check, Column, DataFrameSchema

    count = Column(float, [Check.ge(0), Check(lambda figures: figures % 1 == 0, name="whole")], nullable=True)
    columns, checked = dict.fromkeys(frame.columns, count), frame.copy()
    for whole, parts in PARTITIONS:
        name = f"{whole} = {' + '.join(parts)}"
        gap = frame[[f"B01 {part} tong" for part in parts]].sum(axis=1) - frame[f"B01 {whole} tong"]
        columns[name], checked[name] = Column(float, Check.eq(0), nullable=True), gap
    try:
        DataFrameSchema(columns).validate(checked, lazy=True)
    except SchemaErrors as failed:
        return pd.DataFrame(failed.failure_cases)
    return pd.DataFrame()


def main(inbox: Path, units: Path, result: Path) -> None:
    """Read, check, add up, write; a file bears its unit's code, and the province is the sum of its upper unions."""
    levels = pd.read_csv(units, dtype=str).set_index("code")["level"]
    read: dict[str, pd.Series[float]] = {}
    for path in sorted(inbox.glob("*.xlsx")):
        read[path.stem] = pd.concat([read_sheet(path, form) for form in FORMS_OF[levels[path.stem]]])
    frame = pd.DataFrame(read).T
    totals = frame[levels[frame.index] == "upper"].sum(min_count=1)
    with pd.ExcelWriter(result, engine="openpyxl") as book:
        pd.concat([frame, totals.rename("Tổng").to_frame().T]).to_excel(book, sheet_name="Tổng hợp")
        faults(frame).to_excel(book, sheet_name="Lỗi")
    print(json.dumps({"totals": dict(totals.dropna().items())}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
