"""Returned workbooks as raw cells, whoever wrote them: lists of any lines, tables with any figures."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from builders import RECEIVED, YEAR, key
from openpyxl import Workbook as ExcelBook
from openpyxl.cell import Cell as ExcelCell

from pipeline.layout import find_tables
from pipeline.obligations import obligations
from pipeline.package_meta import package_version
from pipeline.read_book import Sheet
from pipeline.read_lists import ReadList, read_list
from pipeline.workspace import Workspace
from schemas.form import Forms, Key, Table
from schemas.period import Period

Line = Mapping[str, object]
Rows = list[list[object]]

COLUMNS = """
measures = [
  { code = "ma", label = "Mã CĐCS", en = "Code", type = "key", prefill = "code" },
  { code = "ten", label = "Tên", en = "Name", type = "text", prefill = "name" },
  { code = "xep_loai", label = "Xếp loại", en = "Rating", type = "choice", required = false, options = [
    { label = "Hoàn thành xuất sắc nhiệm vụ", en = "Excellent" },
    { label = "Hoàn thành tốt nhiệm vụ", en = "Good" },
    { label = "Hoàn thành nhiệm vụ", en = "Fulfilled" },
  ] },
  { code = "ngay_tl", label = "Ngày thành lập", en = "Founded on", type = "date", required = false },
  { code = "ngay_gt", label = "Ngày giải thể", en = "Dissolved on", type = "date", required = false, closes = true },
  { code = "so_ld", label = "Số lao động", en = "Employees", type = "count" },
  { code = "so_dv", label = "Số đoàn viên", en = "Members", type = "count", child = "X01.ca[tong]" },
  { code = "quy", label = "Quỹ", en = "Fund", type = "money", required = false },
  { code = "da_pm", label = "Phần mềm", en = "Software", type = "flag", required = false },
]
"""
CODES = ("ma", "ten", "xep_loai", "ngay_tl", "ngay_gt", "so_ld", "so_dv", "quy", "da_pm")
LABELS = dict(re.findall(r'code = "(\w+)", label = "([^"]+)"', COLUMNS))
LETTERS = dict(zip(CODES, "CDEFGHIJK", strict=True))
UNIQUE = '{ id = "L-E01", rule = "unique(ma)", label = "Mỗi mã một dòng", en = "Each code once" }'
# The code row is the third of the sheet, the head the fourth.
FIRST_LINE = 5


def list_form(
    *edits: str, columns: str = COLUMNS, id: str = "L01", periods: str = '"year"', senders: str = '"upper"'
) -> str:
    return f"""
id = "{id}"
version = "1"
title = {{ vi = "Danh sách", en = "A list" }}
periods = [{periods}]
senders = [{senders}]
[[table]]
id = "{id}"
kind = "list"
{columns}
edits = [{", ".join(edits or (UNIQUE,))}]
"""


def line(ma: object = "", /, **more: object) -> Line:
    """A line of the list with its key."""
    return {"ma": ma, **more}


def rows_of(
    lines: Iterable[Line],
    below: Iterable[Line] = (),
    *,
    codes: Sequence[str] = CODES,
    table: str = "L01",
    end: bool = True,
    totals: bool = True,
    labels: Mapping[str, str] = LABELS,
) -> Rows:
    """The cells of a sheet that holds one list, as the reader gets them: blanks are empty texts."""
    head: list[object] = ["tieu_de", "TT", *(labels.get(code, code) for code in codes)]
    made: Rows = [["", "DANH SÁCH"], [], [f"#{table}", "", *codes], head]
    made += [["", i, *(one.get(code, "") for code in codes)] for i, one in enumerate(lines, 1)]
    if totals:
        made += [["tong_cong", "Cộng", *(99.0 for _ in codes)], ["doi_chieu", "", *(99.0 for _ in codes)]]
    made += [["#end"]] if end else []
    return made + [["", "", *(one.get(code, "") for code in codes)] for one in below]


def read(forms: Forms, rows: Rows, form: str = "L01") -> ReadList:
    """What the reader makes of these cells; whole numbers come to it as floats, as from a file."""
    plain = [[float(cell) if type(cell) is int else cell for cell in row] for row in rows]
    [found] = list(find_tables(plain))
    return read_list(forms.by_id[form].lists[0], form, Sheet(form, plain), found)


def matrix_of(table: Table, form: str, figures: Mapping[Key, object]) -> Rows:
    """The cells of a table with these figures, every row there."""
    codes = [measure.code for measure in table.measures]
    rows: Rows = [[f"#{table.id}", "", "", "", *codes]]
    for row in table.indicators:
        rows.append([row.code, "", "", "", *(figures.get(Key(form, row.code, code), "") for code in codes)])
    return [*rows, ["#end"], []]


def sheets_of(
    forms: Forms, figures: Mapping[str, object] | None = None, lists: Mapping[str, Iterable[Line]] | None = None
) -> dict[str, Rows]:
    """A sheet for each form; ``figures`` by ``X01.ca.tong``, the lines of a list by its form."""
    typed = {key(written): figure for written, figure in (figures or {}).items()}
    sheets: dict[str, Rows] = {}
    for form in forms:
        for table in form.tables:
            if table.kind == "list":
                codes = [measure.code for measure in table.measures]
                labels = {measure.code: measure.label.vi for measure in table.measures}
                made = rows_of((lists or {}).get(form.id, ()), codes=codes, table=table.id, labels=labels)
            else:
                made = matrix_of(table, form.id, typed)
            sheets.setdefault(form.id, []).extend(made)
    return sheets


def send(
    path: Path,
    unit: str,
    forms: Forms,
    sheets: Mapping[str, Rows],
    *,
    period: str = "2020",
    received: datetime = RECEIVED,
    package: str = "",
) -> Path:
    """The workbook that came back, with the identity that a package has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = ExcelBook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row, 1):
                if value not in ("", None):
                    _write(sheet.cell(i, j), value)
    meta = book.create_sheet("_META")
    asked = package or "+".join(form.id for form in forms)
    said = {"unit": unit, "period": period, "package": asked, "package_version": package_version(tuple(forms))}
    for name, words in (said | {"issued_on": "2020-11-06"}).items():
        meta.append([name, words])
    book.save(path)
    os.utime(path, (received.timestamp(), received.timestamp()))
    return path


def deliver(
    place: Workspace,
    unit: str,
    figures: Mapping[str, object] | None = None,
    lines: Iterable[Line] = (),
    *,
    period: Period = YEAR,
    of: str = "L01",
) -> Path:
    """The return of a unit, with the lines of its list, in the inbox of the period."""
    owed = obligations(place, period)
    forms = Forms({form.id: form for form in owed.forms_of(owed.tree.unit(unit))}, {})
    sheets = sheets_of(forms, figures, {of: lines})
    return send(place.inbox(period) / f"{unit}.xlsx", unit, forms, sheets, period=str(period))


def _write(cell: ExcelCell, value: object) -> None:
    """A value as it is: text that begins with an equals sign is text, and as long as some programs let it be."""
    if isinstance(value, str) and (value.startswith("=") or len(value) > 32_767):
        cell._value = value
        cell.data_type = "s"
    else:
        cell.value = value
