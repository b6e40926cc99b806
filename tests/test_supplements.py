"""Targets that a later decision replaced: the later one counts, both are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from builders import TARGETS, YEAR, form, load, package, row, target, workspace
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipeline.obligations import obligations
from pipeline.run import consolidate
from pipeline.workspace import Workspace
from schemas.form import Key

FIRST = replace(target("U1", "ca", 10), decision="521/QĐ-LĐLĐ", issued_on=date(2020, 1, 20))
LATER = replace(target("U1", "ca", 14), decision="547/QĐ-LĐLĐ", issued_on=date(2020, 3, 25))
TOO_LATE = replace(target("U1", "ca", 99), decision="600/QĐ-LĐLĐ", issued_on=date(2020, 12, 1))


def office(tmp_path: Path) -> Workspace:
    forms = load(tmp_path / "forms", form(row("ca"), row("nam"), measures=TARGETS))
    return workspace(tmp_path, forms, targets=(LATER, FIRST, TOO_LATE, target("U1", "nam", 3)))


def test_the_later_decision_counts_and_the_earlier_one_is_kept(tmp_path: Path) -> None:
    owed = obligations(office(tmp_path), YEAR)
    assert owed.targets["U1"]["ca"] is LATER
    assert owed.replaced == {"U1": (FIRST,)}


def test_the_package_names_both_decisions_beside_the_target(tmp_path: Path) -> None:
    place = office(tmp_path)
    path = package(tmp_path / "U1.xlsx", place, "U1", {})
    sheet = load_workbook(path)["X01"]
    said = {cell.value: cell.comment.text for line in sheet.iter_rows() for cell in line if cell.comment}
    assert said == {14: "Chỉ tiêu 14 theo 547/QĐ-LĐLĐ ngày 25/03/2020, thay 10 theo 521/QĐ-LĐLĐ ngày 20/01/2020."}


def test_the_appendix_names_both_decisions(tmp_path: Path) -> None:
    place = office(tmp_path)
    package(place.inbox(YEAR) / "U1.xlsx", place, "U1", {"X01.ca.thuc_hien": 14.0, "X01.nam.thuc_hien": 3.0})
    results = consolidate(place)
    assert results.rollup.value.of("U1", Key("X01", "ca", "dat_pt")) == 100
    book = CalamineWorkbook.from_path(place.output(YEAR) / "phu-luc-2020.xlsx")
    lines = {str(line[1]): line for line in book.get_sheet_by_name("U1").to_python()}
    assert lines["Dòng ca"][3] == 14
    assert lines["Dòng ca"][7] == "chỉ tiêu theo 547/QĐ-LĐLĐ, thay 10 theo 521/QĐ-LĐLĐ"
    assert lines["Dòng nam"][7] == ""
