"""What people type, as a program keeps it in the cells of a package: in a text cell, as typed, in a formatted cell.

A row of a table is what the cell holds, then how it is read as a count of people, an amount in đồng, a percentage and
an average in đồng; ``=`` is as to its left. ``2918 read-as`` is a figure and its note, ``none x`` no figure and a note,
``! date: 8, 10`` a refusal and what may have been meant, the likeliest first.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from pathlib import Path

import pytest
from builders import YEAR, form, ids, key, load, package, row, workspace
from openpyxl import load_workbook

from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.numbers import Kind, read_number
from pipeline.obligations import obligations
from pipeline.read import read_files
from pipeline.rows import plain
from pipeline.run import check
from pipeline.submission import Entry
from pipeline.validate import validate
from schemas.form import Key

MEASURES = """
measures = [
  { code = "dem", label = "Số lượng", en = "Count", type = "count" },
  { code = "tien", label = "Số tiền", en = "Money", type = "money", unit = "đồng" },
  { code = "ty_le", label = "Tỷ lệ", en = "Percentage", type = "percent", unit = "%", decimals = 2 },
  { code = "bq", label = "Bình quân", en = "Average", type = "average", unit = "đồng" },
]
"""
KINDS: tuple[Kind, ...] = ("count", "money", "percent", "average")
CODES = ("dem", "tien", "ty_le", "bq")

TEXT = """
# digits with dots and commas
2.928         | 2928 | = | ! ambiguous-separator: 2.928, 2928 | ! ambiguous-separator: 2928, 2.928
1.384.359.500 | 1384359500 | = | ! over-range | 1384359500
5000          | 5000 | = | = | =
20841         | 20841 | = | = | =
1.700         | 1700 | = | ! ambiguous-separator: 1.7, 1700 | ! ambiguous-separator: 1700, 1.7
01            | 1 | = | ! lost-comma: 1, 0.1 | 1
08            | 8 | = | ! lost-comma: 8, 0.8 | 8
00            | 0 | = | = | =
# percentages
93,96% | ! unit-differs | = | 93.96 | ! unit-differs
16,9%  | ! unit-differs | = | 16.9 | ! unit-differs
13%    | ! unit-differs | = | 13 | ! unit-differs
5,9 %  | ! unit-differs | = | 5.9 | ! unit-differs
90.6%  | ! unit-differs | = | 90.6 | ! unit-differs
027%   | ! unit-differs | = | ! lost-comma: 0.27, 27 | ! unit-differs
027    | 27 | = | ! lost-comma: 0.27, 27 | 27
0,27%  | ! unit-differs | = | 0.27 | ! unit-differs
# a share, or points?
0,27  | ! not-integer | = | ! percent-or-share: 27, 0.27 | 0.27
0.274 | ! ambiguous-separator: 274, 0.274 | = | ! ambiguous-separator: 0.274, 27.4 | ! ambiguous-separator: 274, 0.274
1     | 1 | = | ! percent-or-share: 100, 1 | 1
1%    | ! unit-differs | = | 1 | ! unit-differs
# three digits behind one mark
1.387 | 1387 | = | ! ambiguous-separator: 1.387, 1387 | ! ambiguous-separator: 1387, 1.387
1,500 | ! ambiguous-separator: 1500, 1.5 | = | ! ambiguous-separator: 1.5, 1500 | ! ambiguous-separator: 1500, 1.5
# decimals
1,5      | ! not-integer | = | 1.5 | =
12.5     | ! not-integer | = | 12.5 | 12.5 read-as
1.387.5  | ! ambiguous-separator | = | ! ambiguous-separator: 1387.5 | =
1,387.50 | ! not-integer | = | 1387.5 read-as | =
1.387,50 | ! not-integer | = | 1387.5 | =
# spaces, and Excel's own mark of a text
2 918      | 2918 | = | = | =
2\u00a0918 | 2918 | = | = | =
2\u2009918 | 2918 | = | = | =
2\u202f918 | 2918 | = | = | =
\u00a0307  | 307 | = | = | =
'307       | 307 | = | = | =
# amounts
980.000.000đ     | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
980.000.000 đồng | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
980.000.000đồng  | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
980.000.000 đ    | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
346.000.000^d    | ! unit-differs: 346000000 | 346000000 read-as | ! unit-differs | 346000000 read-as
980.000.000đ.    | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
980.000.000 VNĐ  | ! unit-differs: 980000000 | 980000000 unit-dropped | ! unit-differs | 980000000 unit-dropped
31 triệu đồng    | ! scaled-count: 31000000 | 31000000 scaled-text | ! unit-differs | 31000000 scaled-text
35 triệu         | ! scaled-count: 35000000 | 35000000 scaled-text | ! unit-differs | 35000000 scaled-text
1,9 tỷ           | ! scaled-count: 1900000000 | 1900000000 scaled-text | ! unit-differs | 1900000000 scaled-text
5,99 tỷ          | ! scaled-count: 5990000000 | 5990000000 scaled-text | ! unit-differs | 5990000000 scaled-text
5 nghìn          | ! scaled-count: 5000 | 5000 scaled-text | ! unit-differs | 5000 scaled-text
3 nghìn          | ! scaled-count: 3000 | 3000 scaled-text | ! unit-differs | 3000 scaled-text
75 nghìn         | ! scaled-count: 75000 | 75000 scaled-text | ! unit-differs | 75000 scaled-text
500 USD          | ! unit-differs: 500 | ! unit-differs | = | =
# approximations, ranges, thresholds
gần 500 triệu                   | ! approximate | = | = | =
gần 980.000.000                 | ! approximate | = | = | =
trên 80%                        | ! approximate | = | = | =
hơn 5 nghìn                     | ! approximate | = | = | =
hàng trăm                       | ! approximate | = | = | =
hàng tỷ                         | ! approximate | = | = | =
khoảng 30                       | ! approximate | = | = | =
dưới 30                         | ! approximate | = | = | =
xấp xỉ 30                       | ! approximate | = | = | =
từ 700.000đ - 1.000.000đ        | ! approximate | = | = | =
từ 5 đến 7                      | ! approximate | = | = | =
15-30%                          | ! approximate | = | = | =
4-5 triệu                       | ! approximate | = | = | =
98% trở lên dự toán được giao   | ! approximate | = | = | =
trên 95%                        | ! approximate | = | = | =
từ 1 đoàn viên trở lên          | ! approximate | = | = | =
90% tổng số đoàn viên công đoàn | ! cell-type | = | = | =
# fractions and days
307/307    | ! fraction: 307 | = | ! fraction: 100, 307 | ! fraction: 307
778/778    | ! fraction: 778 | = | ! fraction: 100, 778 | ! fraction: 778
11/11      | ! fraction: 11 | = | ! fraction: 100, 11 | ! fraction: 11
04/03      | ! fraction: 4 | = | ! fraction: 133.333333, 4 | ! fraction: 4
04/30      | ! fraction: 4 | = | ! fraction: 13.333333, 4 | ! fraction: 4
8/10       | ! fraction: 8 | = | ! fraction: 80, 8 | ! fraction: 8
02/10      | ! fraction: 2 | = | ! fraction: 20, 2 | ! fraction: 2
08/10/2020 | ! date | = | = | =
2020-10-08 | ! date | = | = | =
# verdicts and words
Đạt 100%           | ! cell-type | = | 100 | ! cell-type
Đạt: 90%           | ! cell-type | = | 90 | ! cell-type
đạt 133%           | ! cell-type | = | 133 | ! cell-type
Đầy đủ, kịp thời   | ! cell-type | = | = | =
đạt chỉ tiêu       | ! cell-type | = | = | =
Không đạt chỉ tiêu | ! cell-type | = | = | =
có                 | ! cell-type | = | = | =
“                  | ! cell-type | = | = | =
00h00’             | ! cell-type | = | = | =
TRUE               | ! cell-type | = | = | =
1E5                | ! cell-type | = | = | =
# marks
x        | none counted-elsewhere | = | = | =
X        | none counted-elsewhere | = | = | =
\u00a0   | | | |
0        | 0 | = | = | =
-        | 0 zero-mark | = | = | =
–        | 0 zero-mark | = | = | =
không    | 0 zero-mark | = | = | =
không có | 0 zero-mark | = | = | =
K        | 0 zero-mark | = | = | =
…        | none placeholder | = | = | =
...      | none placeholder | = | = | =
# units
2.918 người | 2918 unit-dropped | ! unit-differs | = | =
12 cuộc     | ! unit-differs: 12 | ! unit-differs | = | =
160m²       | ! unit-differs: 160 | ! unit-differs | = | =
130m2       | ! unit-differs: 130 | ! unit-differs | = | =
# slips
O8     | ! letter-digit: 8 | = | ! letter-digit: 8, 0.8 | ! letter-digit: 8
l2     | ! letter-digit: 12 | = | = | =
1.0l6  | ! letter-digit: 1016 | = | ! letter-digit: 1.016, 1016 | ! letter-digit: 1016, 1.016
２．９１８  | 2918 read-as | = | ! ambiguous-separator: 2.918, 2918 | ! ambiguous-separator: 2918, 2.918
９３,９６％ | ! unit-differs | = | 93.96 read-as | ! unit-differs
٣٠٧    | 307 read-as | = | = | =
＋5     | 5 read-as | = | = | =
# below zero
(5) | ! negative: 5 | = | = | =
-3  | ! negative: 3 | = | = | =
# errors
#REF!   | ! error-value | = | = | =
#DIV/0! | ! error-value | = | = | =
#VALUE! | ! error-value | = | = | =
# long
123456789012345   | 123456789012345 | = | ! over-range | 123456789012345
12345678901234567 | ! too-large-number | = | = | =
"""

GENERAL = """
# plain numbers
0                  | 0 | = | = | =
307                | 307 | = | = | =
2918               | 2918 | = | = | =
2.918              | ! thousands-lost: 2918 | = | 2.918 | =
2.91               | ! thousands-lost: 2910 | = | 2.91 | =
1.5                | ! thousands-lost: 1500 | = | 1.5 | =
12.5               | ! thousands-lost: 12500 | = | 12.5 | =
93.96              | ! thousands-lost: 93960 | = | 93.96 | =
0.274              | ! not-integer | = | ! percent-or-share: 27.4, 0.274 | 0.274
0.27               | ! not-integer | = | ! percent-or-share: 27, 0.27 | 0.27
0.3333333333333333 | ! not-integer | = | ! percent-or-share: 33.333333, 0.333333 | 0.3333333333
1                  | 1 | = | ! percent-or-share: 100, 1 | 1
105                | 105 | = | = | =
980000000          | 980000000 | = | ! over-range | 980000000
100000             | 100000 | = | = | =
# others
-3                | ! negative: 3 | = | = | =
12345678901234500 | ! too-large-number | = | = | =
TRUE              | ! cell-type | = | = | =
FALSE             | ! cell-type | = | = | =
#REF!             | ! error-value | = | = | =
#DIV/0!           | ! error-value | = | = | =
"""

FORMATTED = """
# numbers
2918 [#,##0]         | 2918 | = | = | =
2.918 [#,##0]        | ! thousands-lost: 2918 | = | 2.918 | =
0.39 [#,##0]         | ! not-integer | = | ! percent-or-share: 39, 0.39 | 0.39
-3 [#,##0;(#,##0)]   | ! negative: 3 | = | = | =
2918 [#,##0 "người"] | 2918 | = | = | =
980000000 [#,##0,]   | 980000000 | = | ! over-range | 980000000
100000 [0.00E+00]    | 100000 | = | = | =
2918 [0.00]          | 2918 | = | = | =
93.96 [0.00]         | ! thousands-lost: 93960 | = | 93.96 | =
0.39 [0.00]          | ! not-integer | = | ! percent-or-share: 39, 0.39 | 0.39
# percent
0 [0%]         | ! unit-differs: 0 | = | 0 | ! unit-differs: 0
0.27 [0%]      | ! unit-differs: 27 | = | 27 | ! unit-differs: 27
1 [0%]         | ! unit-differs: 100, 1 | = | 100 | ! unit-differs: 100, 1
1.33 [0%]      | ! unit-differs: 133 | = | 133 | ! unit-differs: 133
-0.05 [0%]     | ! unit-differs | = | ! negative: 5 | ! unit-differs
0.391 [0.0%]   | ! unit-differs | = | 39.1 | ! unit-differs
0.059 [0.00%]  | ! unit-differs | = | 5.9 | ! unit-differs
0.123 [0.0"%"] | ! not-integer | = | ! percent-or-share: 12.3, 0.123 | 0.123
# days of these years
8/10/2020 [d-mmm]      | ! date: 8, 10 | = | ! date: 80, 8, 125, 10 | ! date: 8, 10
10/8/2020 [d-mmm]      | ! date: 8, 10 | = | ! date: 80, 8, 125, 10 | ! date: 8, 10
2/10/2026 [d-mmm]      | ! date: 2, 10 | = | ! date: 20, 2, 500, 10 | ! date: 2, 10
4/3/2020 [d-mmm]       | ! date: 3, 4 | = | ! date: 75, 3, 133.333333, 4 | ! date: 3, 4
11/11/2020 [d-mmm]     | ! date: 11 | = | ! date: 100, 11 | ! date: 11
30/4/2020 [d-mmm]      | ! date: 4, 30 | = | ! date: 13.333333, 4, 750, 30 | ! date: 4, 30
1/4/1930 [mmm-yy]      | ! date: 4, 11049 | = | ! date: 13.333333, 4, 11049 | ! date: 4, 11049
1/8/2025 [mmm-yy]      | ! date: 1, 8 | = | ! date: 12.5, 1, 800, 8, 32 | ! date: 1, 8
8/10/2020 [dd/mm/yyyy] | ! date: 8, 10 | = | ! date: 80, 8, 125, 10 | ! date: 8, 10
# numbers shown as days and times
0 [dd/mm/yyyy]             | ! date: 0 | = | = | =
1 [dd/mm/yyyy]             | ! date: 1 | = | ! date: 100, 1 | ! date: 1
45 [dd/mm/yyyy]            | ! date: 45 | = | = | =
59 [dd/mm/yyyy]            | ! date: 59, 60 | = | = | =
60 [dd/mm/yyyy]            | ! date: 59, 60 | = | = | =
61 [dd/mm/yyyy]            | ! date: 61 | = | = | =
2918 [d-mmm]               | ! date: 2918 | = | = | =
20841 [dd/mm/yyyy]         | ! date: 20841 | = | = | =
200000 [dd/mm/yyyy]        | ! date: 200000 | = | = | =
93.96 [dd/mm/yyyy]         | ! date | = | ! date: 93.96 | =
0.5 [hh:mm]                | ! date | = | ! date: 50, 0.5 | ! date: 0.5
0.3402777777777778 [hh:mm] | ! date | = | = | =
45 [[h]:mm]                | ! date: 45 | = | = | =
1.25 [[h]:mm]              | ! date | = | ! date: 1.25 | =
# fractions
0.8 [# ?/?] | ! not-integer | = | ! percent-or-share: 80, 0.8 | 0.8
8 [# ?/?]   | 8 | = | = | =
"""

UNITS = {
    "suất": """
10 xuất       | 10 unit-dropped | ! unit-differs | = | =
29 suất       | 29 unit-dropped | ! unit-differs | = | =
29 SUẤT       | 29 unit-dropped | ! unit-differs | = | =
""",
    "m²": """
160m2         | 160 unit-dropped | ! unit-differs | = | =
130m²         | 130 unit-dropped | ! unit-differs | = | =
""",
    "triệu đồng": """
31 triệu đồng | 31 unit-dropped | 31000000 scaled-text | ! unit-differs | 31000000 scaled-text
""",
}

# What stands in a General cell on a machine set to Vietnamese, how it is read as a count and as a percentage; the same
# in English, where that differs.
TYPED = """
# dots and commas
2.918       | 2918 | 2918 | 2918           | 2.918 | ! thousands-lost: 2918 | 2.918
2.910       | 2910 | 2910 | 2910           | 2.91 | ! thousands-lost: 2910 | 2.91
1.000       | 1000 | 1000 | 1000           | 1 | 1 | ! percent-or-share: 100, 1
105.000     | 105000 | 105000 | ! over-range | 105 | 105 | 105
2,918       | 2.918 | ! thousands-lost: 2918 | 2.918 | 2918 | 2918 | 2918
1,500       | 1.5 | ! thousands-lost: 1500 | 1.5 | 1500 | 1500 | 1500
980.000.000 | 980000000 | 980000000 | ! over-range | text | 980000000 | ! over-range
# percentages
39,1% | 0.391 as % | ! unit-differs | 39.1 | text | ! unit-differs | 39.1
5,9 % | 0.059 as % | ! unit-differs | 5.9 | text | ! unit-differs | 5.9
90.6% | text | ! unit-differs | 90.6 | 0.906 as % | ! unit-differs | 90.6
027%  | 0.27 as % | ! unit-differs: 27 | 27
0,27  | 0.27 | ! not-integer | ! percent-or-share: 27, 0.27 | text | ! not-integer | ! percent-or-share: 27, 0.27
0.274 | 274 | 274 | 274 | 0.274 | ! not-integer | ! percent-or-share: 27.4, 0.274
# fractions
8/10    | day 8/10 | ! date: 8, 10 | ! date: 80, 8, 125, 10 | day 10/8 | ! date: 8, 10 | ! date: 80, 8, 125, 10
02/10   | day 2/10 | ! date: 2, 10 | ! date: 20, 2, 500, 10 | day 10/2 | ! date: 2, 10 | ! date: 20, 2, 500, 10
04/03   | day 4/3 | ! date: 3, 4 | ! date: 75, 3, 133.333333, 4 | day 3/4 | ! date: 3, 4 | ! date: 75, 3, 133.333333, 4
11/11   | day 11/11 | ! date: 11 | ! date: 100, 11
04/30   | text | ! fraction: 4 | ! fraction: 13.333333, 4 | day 30/4 | ! date: 4, 30 | ! date: 13.333333, 4, 750, 30
307/307 | text | ! fraction: 307 | ! fraction: 100, 307
719/719 | text | ! fraction: 719 | ! fraction: 100, 719
25/25   | text | ! fraction: 25 | ! fraction: 100, 25
# longer fractions
739/779 | text | ! fraction: 739 | ! fraction: 94.865212, 739
# others
01   | 1 | 1 | ! percent-or-share: 100, 1
03   | 3 | 3 | 3
1E5  | 100000 | 100000 | 100000
12.5 | text | ! not-integer | 12.5 | 12.5 | ! thousands-lost: 12500 | 12.5
1.5  | text | ! not-integer | 1.5 | 1.5 | ! thousands-lost: 1500 | 1.5
1,5  | 1.5 | ! thousands-lost: 1500 | 1.5 | text | ! not-integer | 1.5
12,5 | 12.5 | ! thousands-lost: 12500 | 12.5 | text | ! not-integer | 12.5
1,9  | 1.9 | ! thousands-lost: 1900 | 1.9 | text | ! not-integer | 1.9
# words
980.000.000đ  | text | ! unit-differs: 980000000 | ! unit-differs
346.000.000^d | text | ! unit-differs: 346000000 | ! unit-differs
5,99 tỷ       | text | ! scaled-count: 5990000000 | ! unit-differs
2 918         | text | 2918 | 2918
# below zero
(5)               | -5 | ! negative: 5 | ! negative: 5
-3                | -3 | ! negative: 3 | ! negative: 3
8:10              | time 08:10 | ! date | ! date
12345678901234567 | 1.23456789012346e+16 | ! too-large-number | ! too-large-number
"""
LANGUAGES = {"vi": "1066", "en": "1033"}

# Read without a word, though what was typed means another figure or, as text, none for certain: nothing in the cell
# shows it. Only the sums and the figures of other periods and units can (edits, and wrong-scale for amounts).
UNTOLD = {
    ("count", "en", "1.000"): "1",
    ("count", "en", "105.000"): "105",
    ("count", "en", "2,918"): "2918",
    ("count", "en", "1,500"): "1500",
    ("count", "vi", "0.274"): "274",
    ("count", "vi", "1E5"): "100000",
    ("count", "en", "1E5"): "100000",
    ("percent", "vi", "027%"): "27",
    ("percent", "en", "027%"): "27",
}

Cells = Sequence[tuple[object, str]]
"""Values with their number formats, one for each row of the form."""


def table(written: str) -> dict[str, list[str]]:
    """The rows of a table by what stands in their first column."""
    rows = {}
    for line in written.strip("\n").splitlines():
        if line.startswith("# "):
            continue
        first, *said = (part.strip(" ") for part in line.split("|"))
        for i, one in enumerate(said):
            said[i] = said[i - 1] if one == "=" else one
        rows[first] = said
    return rows


def value(written: str) -> object:
    """What a cell holds: a number, a day, True or False, or else words."""
    day = re.fullmatch(r"(\d+)/(\d+)/(\d{4})", written)
    if day:
        return datetime(int(day[3]), int(day[2]), int(day[1]))
    if written in ("TRUE", "FALSE"):
        return written == "TRUE"
    return float(written) if re.fullmatch(r"-?\d+(\.\d+)?", written) else written


def formatted(written: str) -> tuple[object, str]:
    shown = re.fullmatch(r"(\S+) \[(.*)\]", written)
    assert shown
    return value(shown[1]), shown[2]


def read_back(folder: Path, cells: Cells, unit: str = "người") -> list[tuple[list[str], list[Finding]]]:
    """What is said of each of these in the four kinds of cells of one package, and the findings."""
    rows = [row(f"r{i}", rollup='"NONE"', unit=f'"{unit}"') for i in range(len(cells))]
    place = workspace(folder, load(folder / "forms", form(*rows, measures=MEASURES)))
    path = package(folder / "nộp.xlsx", place, "U1", {"X01.r0.dem": 1.0})
    book = load_workbook(path)
    sheet = book["X01"]
    columns = {cell.value: cell.column for line in sheet.iter_rows() for cell in line if cell.value in CODES}
    lines = {cell.value: cell.row for cell in sheet["A"]}
    for i, (held, number_format) in enumerate(cells):
        for code in CODES:
            cell = sheet.cell(lines[f"r{i}"], columns[code])
            cell.value, cell.number_format = held, number_format
    book.save(path)
    [read] = read_files([path], place.root, place.forms)
    owed = obligations(place, YEAR)
    [kept], found = validate([read], owed.forms, owed.tree, {"U1": owed.forms_of(owed.tree.unit("U1"))})
    findings = [finding for finding in (*read.findings, *found) if finding.indicator]
    answers = []
    for i in range(len(cells)):
        own = [[f for f in findings if (f.indicator, f.measure) == (f"r{i}", code)] for code in CODES]
        entries = [kept.entries.get(Key("X01", f"r{i}", code)) for code in CODES]
        answers.append(([*map(said, entries, own)], [finding for found_here in own for finding in found_here]))
    return answers


def said(entry: Entry | None, findings: Sequence[Finding]) -> str:
    """An entry and its finding in the words of the tables."""
    if entry is None or entry.refusal:
        meant = ", ".join(plain(round(guess, 6)) for guess in entry.guesses) if entry else ""
        severities, refusal = {"hard"}, " ".join(("!", *ids(findings)))
        shown = f"{refusal}: {meant}" if meant else refusal if entry else ""
    else:
        severities, shown = {"info"}, " ".join((plain(entry.value) or "none", *ids(findings)))
    assert len(findings) == bool(entry and (entry.refusal or " " in shown))
    assert {finding.severity for finding in findings} <= severities
    return shown


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], tuple[list[str], list[Finding]]]:
    """What is said of every row of the tables above, by the way it is stored."""
    text, general, shown = table(TEXT), table(GENERAL), table(FORMATTED)
    cells = [*((raw, "@") for raw in text), *((value(raw), "General") for raw in general), *map(formatted, shown)]
    keys = [*(("text", raw) for raw in text), *(("general", raw) for raw in general), *(("format", r) for r in shown)]
    found = dict(zip(keys, read_back(tmp_path_factory.mktemp("catalogue"), cells), strict=True))
    for unit, written in UNITS.items():
        raws = [*table(written)]
        read = read_back(tmp_path_factory.mktemp("unit"), [(raw, "@") for raw in raws], unit)
        found |= zip([(unit, raw) for raw in raws], read, strict=True)
    return found


@pytest.mark.parametrize(
    ("way", "raw", "expected"),
    [
        (way, raw, expected)
        for way, written in {"text": TEXT, "general": GENERAL, "format": FORMATTED, **UNITS}.items()
        for raw, expected in table(written).items()
    ],
)
def test_a_row_of_the_catalogue_is_read_the_same_from_a_file(
    answers: Mapping[tuple[str, str], tuple[list[str], list[Finding]]], way: str, raw: str, expected: list[str]
) -> None:
    read, findings = answers[way, raw]
    assert dict(zip(KINDS, read, strict=True)) == dict(zip(KINDS, expected, strict=True))
    for finding in findings:
        for lang in ("vi", "en"):
            assert message(finding, lang).startswith(f"X01!{finding.cells[0]}: ")
            assert "{" not in message(finding, lang)


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Cells]:
    """What LibreOffice keeps of what is typed into General cells, on a machine of each language."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("needs LibreOffice")
    folder = tmp_path_factory.mktemp("typed")
    (folder / "typed.csv").write_text("\n".join(table(TYPED)), encoding="utf-8")
    kept = {}
    for name, language in LANGUAGES.items():
        # Fields parted by tabs, text in ", UTF-8, the language, quoted fields as they are, special numbers told.
        rules = f"--infilter=CSV:9,34,76,1,,{language},false,true"
        profile = f"-env:UserInstallation=file://{folder / 'profile'}"
        command = [soffice, profile, "--headless", rules, "--convert-to", "xlsx", "--outdir", str(folder / name)]
        subprocess.run([*command, str(folder / "typed.csv")], check=True, capture_output=True, timeout=300)
        book = load_workbook(folder / name / "typed.xlsx")
        kept[name] = [(cell.value, cell.number_format) for cell in book.worksheets[0]["A"]]
    return kept


def kept(held: object, number_format: str) -> str:
    """A cell in the words of the table."""
    if isinstance(held, datetime):
        return f"day {held.day}/{held.month}"
    if isinstance(held, time):
        return f"time {held:%H:%M}"
    if isinstance(held, int | float):
        return f"{held:.15g} as %" if "%" in number_format else f"{held:.15g}"
    return "text"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_language_makes_of_what_is_typed_is_told_wherever_it_can_be(
    typed: Mapping[str, Cells], tmp_path: Path, language: str
) -> None:
    rows = table(TYPED)
    found = {}
    for raw, cell, (answer, _) in zip(rows, typed[language], read_back(tmp_path, typed[language]), strict=True):
        found[raw] = [kept(*cell), answer[0], answer[2]]
    assert found == {raw: expected[-3:] if language == "en" else expected[:3] for raw, expected in rows.items()}
    untold = {}
    for raw, (_, count, percent) in found.items():
        kind: Kind = "percent" if "%" in raw else "count"
        read = percent if kind == "percent" else count
        if not read.startswith("!") and plain(read_number(raw, kind).value) != read:
            untold[kind, language, raw] = read
    assert untold == {one: read for one, read in UNTOLD.items() if one[1] == language}


@pytest.mark.parametrize(
    ("held", "vi", "en"),
    [
        (
            "8/10/2020 [d-mmm]",
            "có thể là 8/10 hoặc 10/8 đã bị Excel đổi thành ngày",
            "perhaps 8/10 or 10/8, which Excel",
        ),
        ("11/11/2020 [d-mmm]", "có thể là 11/11 đã bị Excel", "perhaps 11/11, which"),
        ("1/4/1930 [mmm-yy]", "có thể là 4/30 hoặc 11.049 đã bị", "perhaps 4/30 or 11,049, which"),
        ("2918 [d-mmm]", "có thể là số 2.918 trong ô định dạng", "perhaps the number 2,918 in a cell"),
        ("59 [dd/mm/yyyy]", "có thể là số 59 hoặc 60 trong ô", "perhaps the number 59 or 60 in a cell"),
        ("45 [[h]:mm]", '"1080:00:00" là ngày tháng hoặc giờ; có thể là số 45', "perhaps the number 45 in a cell"),
        (
            "0.3402777777777778 [hh:mm]",
            '"08:10" là ngày tháng hoặc giờ; có thể đã gõ một phân số',
            '"08:10" is a date or a time',
        ),
        ("0.27 [0%]", "ô định dạng % nên hiển thị 27%", "formatted in percent and shows 27%"),
    ],
)
def test_the_words_say_what_was_lost_and_how_to_mend_it(
    answers: Mapping[tuple[str, str], tuple[list[str], list[Finding]]], held: str, vi: str, en: str
) -> None:
    finding = next(finding for finding in answers["format", held][1] if finding.measure == "dem")
    assert vi in message(finding)
    assert "Chép một ô số bên cạnh dán đè lên ô này để bỏ định dạng" in message(finding)
    assert en in message(finding, "en")
    assert "Paste a number cell from beside it over this one" in message(finding, "en")


def test_a_share_in_a_percentage_that_can_be_worked_out_is_read_and_a_typed_one_is_refused(tmp_path: Path) -> None:
    rule = '{ id = "X-20", rule = "about(ty_le, tong / ca[tong])", label = "Tỷ lệ đúng", en = "Share" }'
    rows = [
        row("ca", measures='["tong"]'),
        *map(row, ("nam", "nu", "khac")),
        row("ty", type='"percent"', rollup='"NONE"'),
    ]
    place = workspace(tmp_path, load(tmp_path / "forms", form(*rows, edits=[rule])))
    counts = {"X01.ca.tong": 1000.0, **{f"X01.{code}.tong": 391.0 for code in ("nam", "nu", "khac")}}
    path = package(tmp_path / "nộp.xlsx", place, "U1", counts)
    book = load_workbook(path)
    shares = {"F10": "0.391 [General]", "F11": "0.391 [0.0%]", "F12": "0.45 [0%]", "E13": "0.391 [General]"}
    for address, held in shares.items():
        book["X01"][address].value, book["X01"][address].number_format = formatted(held)
    book.save(path)
    [read] = read_files([path], place.root, place.forms)
    values = {at: read.entries[key(f"X01.{at}")].value for at in ("nam.ty_le", "nu.ty_le", "khac.ty_le", "ty.tong")}
    assert values == {"nam.ty_le": 0.391, "nu.ty_le": 39.1, "khac.ty_le": 45, "ty.tong": None}
    about = {f.cells[0]: f for f in check(place, [path]) if f.id.startswith(("percent", "X-"))}
    assert {at: (f.id, f.severity, f.value, f.expected) for at, f in about.items()} == {
        "F10": ("percent-as-fraction", "info", "0,391", "39,1"),
        "F12": ("X-20", "hard", "45%", "39,10"),
        "E13": ("percent-or-share", "hard", "0,391", "39,1 / 0,391"),
    }
