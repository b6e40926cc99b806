"""The sheet of targets in the consolidated workbook: the province's, each unit's below it, percentages and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from builders import TARGETS, UNITS, YEAR, form, load, package, row, target, workspace
from conftest import Recalculate
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from workbooks import formula_cells, values

from pipeline import write_book
from pipeline.demo import Demo
from pipeline.results import Results
from pipeline.run import consolidate
from pipeline.target_lines import target_form, target_lines
from pipeline.write_front import FRONT_SHEET
from pipeline.write_targets import TARGETS_SHEET, write_targets
from schemas.targets import Target, verdict

WITH_ESTIMATE = TARGETS.replace(
    "]\n",
    '  { code = "uoc", label = "Ước", en = "Estimate", type = "count", estimate = true, required = false },\n'
    '  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },\n]\n',
)
ROWS = (row("ca", no='"1"'), row("nam", indent="1"), row("pt", no='"2"', unit='"%"', type='"percent"', rollup='"MAX"'))
HEAD = 6
COLUMNS = ("no", "label", "kind", "unit", "target", "actual", "estimate", "percentage", "verdict", "note")


def run(root: Path, targets: Sequence[Target], figures: dict[str, dict[str, float | str]]) -> Results:
    forms = load(root / "forms", form(*ROWS, measures=WITH_ESTIMATE))
    place = workspace(root, forms, targets=targets, units=UNITS)
    for code, own in figures.items():
        package(place.inbox(YEAR) / f"{code}.xlsx", place, code, {f"X01.{key}": value for key, value in own.items()})
    return consolidate(place)


def book_of(results: Results) -> Path:
    return results.workspace.output(results.owed.period) / f"tong-hop-{results.owed.period}.xlsx"


def sheet_of(results: Results, *, shown: bool = True) -> Worksheet:
    return load_workbook(book_of(results), data_only=shown)[TARGETS_SHEET]


def lines(results: Results, *, shown: bool = True) -> list[dict[str, object]]:
    """What stands on the sheet; empty text is blank."""
    rows = sheet_of(results, shown=shown).iter_rows(min_row=HEAD + 1, values_only=True)
    return [dict(zip(COLUMNS, ("" if one is None else one for one in line), strict=True)) for line in rows]


def outcome(line: dict[str, object]) -> tuple[object, ...]:
    return tuple(line[name] for name in ("target", "actual", "percentage", "verdict"))


def test_the_units_are_folded_below_the_province(tmp_path: Path) -> None:
    results = run(tmp_path, [target("P", "ca", 20), target("U2", "ca", 4)], {"U1": {"ca.thuc_hien": 3}})
    assert [(line["no"], line["label"], line["kind"]) for line in lines(results)] == [
        ("1", "Dòng ca", "Toàn tỉnh"),
        ("1", "Đơn vị U1", "Đơn vị"),
        ("1", "Đơn vị U2", "Đơn vị"),
        ("", "+ Dòng nam", "Toàn tỉnh"),
        ("2", "Dòng pt", "Toàn tỉnh"),
    ]
    sheet = sheet_of(results)
    folded = [(sheet.row_dimensions[i].outlineLevel, bool(sheet.row_dimensions[i].hidden)) for i in range(7, 12)]
    assert folded == [(0, False), (1, True), (1, True), (0, False), (0, False)]
    assert not sheet.sheet_properties.outlinePr.summaryBelow


def test_units_for_which_a_sheet_has_no_room_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = [target(unit, "ca", 4) for unit in ("P", "U1", "G11", "G12")]
    whole = run(tmp_path / "a", given, {"U1": {"ca.thuc_hien": 3}})
    assert [line["label"] for line in lines(whole)[1:4]] == ["Đơn vị U1", "Đơn vị G11", "Đơn vị G12"]
    rows = len(lines(whole)) + HEAD
    monkeypatch.setattr(write_book, "write_targets", partial(write_targets, most_rows=rows))
    short = run(tmp_path / "b", given, {"U1": {"ca.thuc_hien": 3}})
    assert [line["label"] for line in lines(short)[:2]] == ["Dòng ca", "Đơn vị U1"]
    assert "còn 2 dòng không ghi; đủ ở data/observations.csv" in str(lines(short)[-1]["no"])


@pytest.mark.parametrize(
    ("given", "done", "expected"),
    [
        (target("U1", "ca", 20), 21, (105.0, "Vượt")),
        (target("U1", "ca", 20), 20, (100.0, "Đạt")),
        (target("U1", "ca", 3), 2, (66.67, "Không đạt")),
        (target("U1", "ca", 800), 1, (0.13, "Không đạt")),
        (target("U1", "ca", 0), 5, ("", "Không giao")),
        (target("U1", "ca", 20, ">="), 30, (150.0, "Đạt")),
        (target("U1", "ca", 20), None, ("", "")),
        (target("U1", "ca", 20), 0, (0.0, "Không đạt")),
    ],
)
def test_a_verdict_is_worked_out_from_the_figures(
    tmp_path: Path, given: Target, done: float | None, expected: tuple[object, ...]
) -> None:
    results = run(tmp_path, [given], {"U1": {"nam.thuc_hien": 1} | ({} if done is None else {"ca.thuc_hien": done})})
    (line,) = [line for line in lines(results) if line["kind"] == "Đơn vị" and line["label"] == "Đơn vị U1"][:1]
    assert outcome(line) == (given.value, "" if done is None else done, *expected)
    assert done is None or line["verdict"] == verdict(given, done)


def test_a_least_level_is_shown_as_one_and_stays_a_number(tmp_path: Path) -> None:
    level = replace(target("U1", "pt", 98.5, ">="), base="dự toán được giao", decision="29/QĐ-CĐN")
    results = run(tmp_path, [level], {"U1": {"pt.thuc_hien": 98.2}})
    line = next(line for line in lines(results) if line["no"] == "2" and line["kind"] == "Đơn vị")
    assert outcome(line) == (98.5, 98.2, 99.7, "Không đạt")
    assert line["note"] == "giao ≥ 98,5% dự toán được giao; theo 29/QĐ-CĐN"
    row_no = lines(results).index(line) + HEAD + 1
    assert sheet_of(results).cell(row_no, 5).number_format == '"≥ "General'


def test_a_supplement_counts_and_both_decisions_are_named(tmp_path: Path) -> None:
    first = replace(target("U1", "ca", 10), decision="521/QĐ-LĐLĐ", issued_on=date(2020, 1, 20))
    later = replace(target("U1", "ca", 14), decision="547/QĐ-LĐLĐ", issued_on=date(2020, 3, 25))
    line = lines(run(tmp_path, [later, first], {"U1": {"ca.thuc_hien": 14}}))[1]
    assert outcome(line) == (14, 14, 100.0, "Đạt")
    assert line["note"] == "chỉ tiêu theo 547/QĐ-LĐLĐ, thay 10 theo 521/QĐ-LĐLĐ"


def test_figures_are_formulas_that_lead_to_the_sheets_of_the_form_and_recalculate(
    tmp_path: Path, recalculate: Recalculate
) -> None:
    targets = [target("P", "ca", 3), target("U1", "ca", 0), target("U2", "ca", 9), target("P", "pt", 90, ">=")]
    sent = {"U1": {"ca.thuc_hien": 1, "ca.uoc": 5}, "U2": {"pt.thuc_hien": 91.5}}
    results = run(tmp_path, targets, sent)  # type: ignore[arg-type]
    path = book_of(results)
    live = {place: text for place, text in formula_cells(path).items() if place[0] == TARGETS_SHEET}
    # U1 comes after the fields of the province: total, target, percentage, verdict, coverage.
    assert live[TARGETS_SHEET, HEAD + 2, 6] == "=IF('X01'!I8=\"\",\"\",'X01'!I8)"
    shown, anew = values(path), values(recalculate([path])[0])
    assert len(live) > 15
    for place in live:
        assert shown.get(place) == anew.get(place), place
    assert outcome(lines(results)[0]) == (3, 1, 33.33, "Không đạt")


def test_every_line_says_what_the_rollup_says(demo: Demo) -> None:
    results, found = demo.results, lines(demo.results)
    asked = target_form(results)
    assert asked is not None
    province = [line for line in found if line["kind"] == "Toàn tỉnh"]
    expected = [line for line in target_lines(results, asked, results.owed.tree.province) if line.code]
    assert len(province) == len(expected) > 25
    for line, known in zip(province, expected, strict=True):
        target_value = known.given.value if known.given else None
        values = (target_value, known.actual, known.percentage, known.verdict)
        assert outcome(line) == tuple("" if value is None else value for value in values)
        assert "phải sửa" in str(line["note"]) or not known.given
    missed = [line for line in found if line["verdict"] == "Không đạt" and line["kind"] == "Toàn tỉnh"]
    assert f"không đạt {len(missed)};" in str(sheet_of(results).cell(5, 1).value)


def test_it_can_be_filtered_and_printed(demo: Demo) -> None:
    sheet = sheet_of(demo.results)
    assert sheet.freeze_panes == "C7"
    assert sheet.auto_filter.ref == f"A6:J{sheet.max_row}"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$6:$6"
    (rules,) = (list(one.rules) for one in sheet.conditional_formatting)
    assert rules[0].formula == ['"Không đạt"']


def test_the_first_sheet_leads_there(demo: Demo) -> None:
    front = load_workbook(book_of(demo.results))[FRONT_SHEET]
    (line,) = [cell for row in front.iter_rows() for cell in row if str(cell.value).startswith("Chỉ tiêu: giao")]
    assert line.hyperlink is not None
    assert line.hyperlink.location == f"'{TARGETS_SHEET}'!A1"


def test_without_targets_there_is_no_such_sheet(tmp_path: Path) -> None:
    results = run(tmp_path, [], {"U1": {"ca.thuc_hien": 3}})
    assert TARGETS_SHEET not in load_workbook(book_of(results)).sheetnames


def test_what_a_unit_noted_is_text_and_not_too_long(tmp_path: Path) -> None:
    notes: dict[str, dict[str, float | str]] = {
        "U1": {"ca.thuc_hien": 3, "ca.ghi_chu": '=HYPERLINK("http://x")', "nam.ghi_chu": "x" * 30_000},
    }
    found = lines(run(tmp_path, [target("U1", "ca", 2), target("U1", "nam", 2)], notes), shown=False)
    assert found[1]["note"] == 'theo Số 01/QĐ; =HYPERLINK("http://x")'
    assert len(str(found[3]["note"])) < 500
