"""Eight hundred grassroots unions that send straight to the province, as after the districts were abolished."""

from __future__ import annotations

import csv
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest
from builders import RECEIVED, unit, workspace

from pipeline.demo_returns import filled_by
from pipeline.obligations import obligations
from pipeline.package import write_package
from pipeline.results import Results
from pipeline.run import consolidate
from schemas.form import Key
from schemas.load import load_forms
from schemas.period import Period

FORMS = Path(__file__).parent.parent / "schemas" / "forms"
YEAR = Period.parse("2025")
CODES = [f"G{i:04}" for i in range(1, 801)]
MEMBERS, GIFTS = Key("B01", "sl_doan_vien", "tong"), Key("B02", "cs_qua", "so_tien")


def copied(source: Path, target: Path, code: str) -> None:
    """The same return of another unit: its code stands in the shared strings only."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part)
            new.writestr(
                part, data.replace(CODES[0].encode(), code.encode()) if "sharedStrings" in part.filename else data
            )
    os.utime(target, (RECEIVED.timestamp(), RECEIVED.timestamp()))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("tỉnh hai cấp")
    units = (
        unit("P", "province"),
        unit("U", "upper", "P", until=date(2025, 6, 30)),
        *(unit(code, "grassroots", "P", sector="hcsn") for code in CODES),
    )
    place = workspace(root, load_forms(FORMS.glob("*.toml")), senders=("grassroots",), units=units, period=YEAR)
    owed = obligations(place, YEAR)
    content = filled_by(place, owed, owed.tree.unit(CODES[0]))
    inbox = place.inbox(YEAR)
    inbox.mkdir(parents=True)
    write_package(root / "one.xlsx", content)
    for code in CODES:
        copied(root / "one.xlsx", inbox / f"{code}.xlsx", code)
    return consolidate(place, YEAR)


def test_all_of_them_are_received_and_none_has_to_mend(run: Results) -> None:
    assert list(run.owed.owed) == CODES
    assert set(run.by_unit) == set(CODES)
    [same] = [finding for finding in run.findings if finding.severity != "info"]
    assert (same.id, same.severity, same.unit, same.params["count"]) == ("same-figures", "soft", CODES[0], 800)


@pytest.mark.parametrize("key", [MEMBERS, GIFTS])
def test_the_province_is_the_sum_of_all(run: Results, key: Key) -> None:
    one = run.rollup.value.of(CODES[0], key)
    assert one
    i, j = run.rollup.at("P", key)
    assert run.rollup.value.values[i, j] == 800 * one
    assert (run.rollup.with_data[i, j], run.rollup.expected[i, j]) == (800, 800)


def test_units_are_the_rows_of_the_workbook(run: Results) -> None:
    from python_calamine import CalamineWorkbook

    output = run.workspace.output(YEAR)
    book = CalamineWorkbook.from_path(output / "tong-hop-2025.xlsx")
    codes = {str(row[0]) for row in book.get_sheet_by_name("B02").to_python() if row and row[0]}
    assert codes >= set(CODES)
    with (output / "data" / "submissions.csv").open(encoding="utf-8-sig") as file:
        status = {row["unit"]: row["status"] for row in csv.DictReader(file)}
    assert status == dict.fromkeys(CODES, "accepted") | {CODES[0]: "queried"}, "all alike is a doubt, told once"
