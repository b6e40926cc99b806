"""The obvious program: read_excel in a loop, one call a sheet, one wide frame, pandera, sums, to_excel.

Run as ``python benchmarks/obvious.py INBOX UNITS_CSV RESULT.xlsx [--sample 200] [--forms B01,B02]``; prints the
province's totals. With a sample only so many returns are read, evenly spread, and what share of the work that was is
printed as well. A file bears its unit's code, and the province is the sum of its upper unions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pandas as pd

FORMS, OF_UPPER = "B01,B02,B03,B04", ("B03", "B04")
# Percentages and verdicts add up to nothing; notes are no figures.
NOT_ADDED = ("ty_le", "danh_gia", "ghi_chu")
LISTED = ("so_ld", "so_dv", "so_nu")
PER_CENT = ("ct_16", "ct_17")
PARTITIONS = (
    ("sl_doan_vien", ("sl_dv_nam", "sl_dv_nu")),
    ("sl_doan_vien", ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc", "cl_hv_chua")),
    ("sl_cdcs", ("sl_cdcs_hcsn", "sl_cdcs_dnnn", "sl_cdcs_nnn")),
)


def read_sheet(path: Path, form: str) -> pd.Series[float]:
    """The numbers of one sheet by form, indicator and measure; of a list what its columns make."""
    # Of .xls files openpyxl reads none.
    engine: Literal["calamine", "openpyxl"] = "calamine" if path.suffix == ".xls" else "openpyxl"
    sheet = pd.read_excel(path, sheet_name=form, header=None, engine=engine)
    marks = sheet[0].astype("string").fillna("")
    begins = marks.index[marks.str.startswith("#") & (marks != "#end")]
    return pd.concat([read_table(sheet, marks, form, begin) for begin in begins])


def read_table(sheet: pd.DataFrame, marks: pd.Series[str], form: str, begin: int) -> pd.Series[float]:
    """The table whose codes of columns stand in that row, and whose codes of rows stand in the first column."""
    end = marks.index[(marks == "#end") & (marks.index > begin)][0]
    codes = sheet.loc[begin].iloc[1:].dropna()
    table = sheet.loc[begin + 1 : end - 1, codes.index].set_axis(list(codes), axis=1)
    if set(LISTED) <= set(codes):
        sums = table.loc[marks[table.index] == "", list(LISTED)].apply(pd.to_numeric, errors="coerce").sum(min_count=1)
        return pd.Series({f"{form} {measure}": value for measure, value in sums.dropna().items()}, dtype=float)
    table = table.set_index(marks[table.index])
    counted = table.loc[table.index != "", [code for code in codes if code not in NOT_ADDED]]
    figures = counted.apply(pd.to_numeric, errors="coerce").stack().dropna()
    values = {f"{form} {indicator} {measure}": value for (indicator, measure), value in figures.items()}
    return pd.Series(values, dtype=float)


def faults(frame: pd.DataFrame) -> pd.DataFrame:
    """What pandera finds: figures that are negative or not whole, sums that do not close."""
    from pandera.errors import SchemaErrors
    from pandera.pandas import Check, Column, DataFrameSchema

    share = Column(float, Check.ge(0), nullable=True)
    count = Column(float, [Check.ge(0), Check(lambda figures: figures % 1 == 0, name="whole")], nullable=True)
    checked = frame.copy()
    columns = {name: share if any(code in name for code in PER_CENT) else count for name in frame.columns}
    for whole, parts in PARTITIONS:
        name = f"{whole} = {' + '.join(parts)}"
        names = [f"B01 {part} tong" for part in parts]
        if {f"B01 {whole} tong", *names} <= set(frame.columns):
            gap = frame[names].sum(axis=1) - frame[f"B01 {whole} tong"]
            columns[name], checked[name] = Column(float, Check.eq(0), nullable=True), gap
    try:
        DataFrameSchema(columns).validate(checked, lazy=True)
    except SchemaErrors as failed:
        return pd.DataFrame(failed.failure_cases)
    return pd.DataFrame()


def main(inbox: Path, units: Path, result: Path, sample: int, forms: Sequence[str]) -> None:
    """Read, check, add up, write."""
    start = time.perf_counter()
    levels = pd.read_csv(units, dtype=str).set_index("code")["level"]
    forms_of = {"upper": forms, "grassroots": [form for form in forms if form not in OF_UPPER]}
    files = sorted(inbox.glob("*.xls*"))
    some = files[:: -(-len(files) // sample)]
    read: dict[str, pd.Series[float]] = {}
    for path in some:
        read[path.stem] = pd.concat([read_sheet(path, form) for form in forms_of[levels[path.stem]]])
    frame = pd.DataFrame(read).T
    totals = frame[levels[frame.index] == "upper"].sum(min_count=1)
    with pd.ExcelWriter(result, engine="openpyxl") as book:
        pd.concat([frame, totals.rename("Tổng").to_frame().T]).to_excel(book, sheet_name="Tổng hợp")
        faults(frame).to_excel(book, sheet_name="Lỗi")
    said = {"seconds": time.perf_counter() - start, "share": len(some) / len(files)}
    print(json.dumps({"totals": dict(totals.dropna().items()), **said}))


if __name__ == "__main__":
    words = argparse.ArgumentParser()
    for name in ("inbox", "units", "result"):
        words.add_argument(name, type=Path)
    words.add_argument("--sample", type=int, default=10**9, help="read only so many files, evenly spread")
    words.add_argument("--forms", default=FORMS, help="the forms in the packages")
    given = words.parse_args()
    main(given.inbox, given.units, given.result, given.sample, given.forms.split(","))
