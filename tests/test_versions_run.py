"""A run over packages of several versions of a form: what goes into totals, what is said, what goes back."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from builders import RECEIVED, YEAR, form, ids, key, load, only, package, row, workspace
from test_versions import BEFORE, OLD, PARTS, SENT, SHIPPED, TODAY, at_version, changed, figures, issued, read, where

from pipeline import run
from pipeline.catalogue import CATALOGUE
from pipeline.findings import Finding
from pipeline.history import read_history
from pipeline.init import init
from pipeline.messages import message
from pipeline.results import Results
from pipeline.run import workspace_at
from pipeline.workspace import Workspace
from schemas.decisions import Decision
from schemas.form import Key

# A whole run with a unit on each version.


@pytest.fixture
def mixed(tmp_path: Path) -> Results:
    """U1 on version 1, with a figure that is asked no more; U2 on version 2; a second form came with version 2."""
    path = issued(tmp_path, {**SENT, "X01.khac.tong": 3.0}, OLD)
    forms = load(tmp_path / "new", TODAY, form(row("ba"), id="X02", measures=BEFORE.replace("ca[", "ba[")))
    place = workspace(tmp_path, forms)
    filled = {"X01.ca.tong": 5.0, "X01.nam_gioi.tong": 2.0, "X01.nu_gioi.tong": 3.0, "X01.moi.tong": 1.0}
    package(path.with_name("U2.xlsx"), place, "U2", {**filled, "X01.ca.uoc": 8.0, "X02.ba.tong": 1.0})
    return run.consolidate(place, YEAR)


def table_of(results: Results, name: str) -> list[dict[str, str]]:
    path = results.workspace.output(YEAR) / "data" / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def about(results: Results, unit: str) -> list[Finding]:
    return [finding for finding in results.findings if finding.unit == unit]


def test_nobody_has_to_send_again_because_a_form_changed(mixed: Results) -> None:
    assert {s.unit: s.status for s in mixed.submissions} == {"U1": "accepted", "U2": "accepted"}
    first, *rest = about(mixed, "U1")
    assert (first.id, first.severity, first.value, first.expected) == ("version-differs", "info", "X01 1", "X01 2")
    assert sorted(ids(rest)) == ["asked-no-more", "codes-carried", "form-not-issued", "not-asked-then"]
    assert [f.form for f in about(mixed, "U1") if f.id == "form-not-issued"] == ["X02"]
    assert set(ids(about(mixed, "U2"))) == {"missing-value"}


def test_only_blanks_that_the_package_asked_are_missing(tmp_path: Path) -> None:
    issued(tmp_path, {"X01.ca.tong": 10.0, "X01.nam.tong": 6.0}, OLD)
    results = run.consolidate(workspace(tmp_path, load(tmp_path / "new", TODAY)), YEAR, write=False)
    blank = only(about(results, "U1"), "missing-value")
    assert (blank.cells, blank.params["count"]) == (("E11",), 1)


def test_observations_have_the_codes_of_today_and_stand_where_they_were_typed(mixed: Results) -> None:
    rows = [r for r in table_of(mixed, "observations") if r["unit"] == "U1"]
    assert [(r["indicator"], r["measure"], r["value"], r["source_cell"]) for r in rows] == [
        ("ca", "tong", "10", "E9"),
        ("nam_gioi", "tong", "6", "E10"),
        ("nam_gioi", "phan_nu", "0", "F10"),
        ("nu_gioi", "tong", "4", "E11"),
        ("nu_gioi", "phan_nu", "4", "F11"),
    ]
    assert [s["package_version"] for s in table_of(mixed, "submissions")] == ["X01 1", "X01 2; X02 1"]


def test_totals_take_both_versions_and_say_how_many_have_a_figure(mixed: Results) -> None:
    rows = {(r["indicator"], r["measure"]): r for r in table_of(mixed, "rollup") if r["unit"] == "P"}
    counted = {at: (r["value"], r["units_with_data"], r["units_expected"]) for at, r in rows.items()}
    assert counted["nam_gioi", "tong"] == ("8", "2", "2")
    assert counted["moi", "tong"] == ("1", "1", "2"), "the total lacks a unit, whoever's doing that is"
    assert counted["ba", "tong"] == ("1", "1", "2")


def test_findings_name_the_figure_that_is_not_consolidated(mixed: Results) -> None:
    [kept] = [r for r in table_of(mixed, "findings") if r["id"] == "asked-no-more"]
    assert (kept["unit"], kept["cells"], kept["indicator"], kept["value"]) == ("U1", "E12", "khac", "3")
    assert (kept["file"], kept["sheet"], kept["severity"]) == ("inbox/2020/U1.xlsx", "X01", "info")


def test_what_goes_back_is_the_package_of_today_with_all_that_was_sent(mixed: Results) -> None:
    back = mixed.workspace.output(YEAR) / "phan-hoi" / "U1.xlsx"
    again = read(back, mixed.workspace.forms)
    assert figures(again) == figures(mixed.by_unit["U1"])
    assert again.versions == {"X01": "2", "X02": "1"}
    assert again.findings == ()
    sheet = openpyxl.load_workbook(back)["PHAT_HIEN"]
    lines = {str(cells[8].value): cells for cells in sheet.iter_rows(min_row=6) if cells[8].value}
    assert lines["asked-no-more"][3].hyperlink is None, "the row is not in this package"
    assert lines["asked-no-more"][4].value == "3"


def test_what_goes_back_is_filled_in_further_and_settles_all(mixed: Results) -> None:
    place = mixed.workspace
    back = place.output(YEAR) / "phan-hoi" / "U1.xlsx"
    sent = place.inbox(YEAR) / "U1 (2).xlsx"
    sent.write_bytes(back.read_bytes())
    changed(sent, lambda book: book["X01"].cell(where(book, "X01", "moi"), 5).__setattr__("value", 2))
    results = run.consolidate(place, YEAR, write=False)
    assert {f.id for f in about(results, "U1")} <= {"missing-value", "late"}
    assert results.rollup.value.of("P", key("X01.moi.tong")) == 3
    assert results.rollup.value.of("P", key("X01.nam_gioi.tong")) == 8


def test_the_office_s_list_leads_to_the_cell_of_the_file_that_came(mixed: Results) -> None:
    book = openpyxl.load_workbook(mixed.workspace.output(YEAR) / "doi-chieu-2020.xlsx")
    links = [
        c.hyperlink for line in book["Phát hiện"].iter_rows() for c in line if c.hyperlink and c.value == "X01!E12"
    ]
    assert [(link.target.replace("\\", "/"), link.location) for link in links] == [
        ("../../inbox/2020/U1.xlsx", "'X01'!E12")
    ]


def test_a_gap_is_not_certain_where_a_child_was_not_asked(tmp_path: Path) -> None:
    senders = ("upper", "grassroots")
    issued(tmp_path, SENT, OLD, unit="G21", senders=senders)
    place = workspace(tmp_path, load(tmp_path / "new", TODAY), senders=senders)
    package(place.inbox(YEAR) / "U2.xlsx", place, "U2", {"X01.ca.tong": 10.0, "X01.moi.tong": 7.0})
    results = run.consolidate(place, YEAR, write=False)
    assert "children-differ" not in ids(results.findings)
    package(place.inbox(YEAR) / "U2.xlsx", place, "U2", {"X01.ca.tong": 11.0, "X01.moi.tong": 7.0})
    assert only(run.consolidate(place, YEAR, write=False).findings, "children-differ").indicator == "ca"


# Relations to which a part is missing that is asked no more.


def test_a_relation_that_lost_a_part_is_no_reason_to_send_again(tmp_path: Path) -> None:
    whole = PARTS.replace("nu_gioi ==", "nu_gioi + khac ==")
    path = issued(tmp_path, {**SENT, "X01.ca.tong": 13.0, "X01.khac.tong": 3.0}, OLD.replace(PARTS, whole))
    results = run.consolidate(workspace(tmp_path, load(tmp_path / "new", TODAY)), YEAR, write=False)
    assert only(results.findings, "X-1").severity == "soft"
    assert results.status_of("U1") == "queried"
    changed(path, lambda book: book["X01"].cell(where(book, "X01", "khac"), 5).__setattr__("value", None))
    results = run.consolidate(workspace(tmp_path, load(tmp_path / "new", TODAY)), YEAR, write=False)
    assert only(results.findings, "X-1").severity == "hard", "nothing stands there that could make up for it"


def test_a_total_of_the_package_s_own_formula_is_no_fault(tmp_path: Path) -> None:
    rows = [row(code, measures='["tong"]') for code in ("ca", "nam", "khac")]
    before = form(*rows, row("hai", derived='"nam + khac"', measures='["tong"]'))
    after = form(*rows[:2], row("moi", since='"2"'), row("hai", derived='"nam + moi"', measures='["tong"]'))
    issued(tmp_path, {"X01.ca.tong": 9.0, "X01.nam.tong": 6.0, "X01.khac.tong": 3.0}, before)
    place = workspace(tmp_path, load(tmp_path / "new", at_version(after, "2", "1")))
    results = run.consolidate(place, YEAR, write=False)
    assert results.status_of("U1") == "accepted"
    assert results.rollup.value.of("P", key("X01.hai.tong")) == 6
    assert "undecided" in ids(results.findings), "the total of the package is 9: three of it are asked no more"


def test_a_total_that_came_later_is_worked_out_and_not_called_blank(tmp_path: Path) -> None:
    rows = [row("ca"), row("nam")]
    later = row("hai", derived='"ca + nam"', measures='["tong"]', since='"2"')
    issued(tmp_path, {"X01.ca.tong": 9.0, "X01.nam.tong": 6.0}, form(*rows))
    place = workspace(tmp_path, load(tmp_path / "new", at_version(form(*rows, later), "2", "1")))
    results = run.consolidate(place, YEAR, write=False)
    assert results.rollup.value.of("U1", key("X01.hai.tong")) == 15
    assert sorted(ids(about(results, "U1"))) == ["not-asked-then", "version-differs"]


# What the office keeps beside the returns.


def test_history_and_decisions_may_still_use_former_codes(tmp_path: Path) -> None:
    forms = load(tmp_path / "new", TODAY)
    path = tmp_path / "history" / "2019.csv"
    path.parent.mkdir()
    path.write_text("unit,form,indicator,measure,value\nU1,X01,nam,nu,12\nU1,X01,ca,tong,5\n", encoding="utf-8")
    assert read_history(path, forms) == {"U1": {key("X01.nam_gioi.phan_nu"): 12, key("X01.ca.tong"): 5}}
    issued(tmp_path, SENT, OLD)
    cell = ("X01", "nam", "tong", "6", 7.0)
    decided = Decision(YEAR, "adjust", "U1", "", *cell, "gõ nhầm", "A", RECEIVED.date(), 2)
    place = replace(workspace(tmp_path, forms), decisions=(decided,))
    results = run.consolidate(place, YEAR, write=False)
    assert results.rollup.value.of("P", key("X01.nam_gioi.tong")) == 7
    assert only(results.findings, "adjusted").indicator == "nam_gioi"


def test_the_period_before_is_read_whatever_its_version(tmp_path: Path) -> None:
    forms = load(tmp_path / "new", TODAY)
    past = YEAR.parse("2019")
    old = workspace(tmp_path, load(tmp_path / "old", OLD), more=(past,))
    package(old.inbox(past) / "U1.xlsx", old, "U1", SENT, period=past)
    earlier = run.before(workspace(tmp_path, forms, more=(past,)), YEAR).earlier
    assert earlier["U1"][key("X01.nam_gioi.phan_nu")] == 0
    assert earlier["U1"][key("X01.nam_gioi.tong")] == 6


def test_the_period_before_is_not_lost_in_silence_where_its_version_is_named_no_more(tmp_path: Path) -> None:
    past = YEAR.parse("2019")
    old = workspace(tmp_path, load(tmp_path / "old", OLD), more=(past,))
    package(old.inbox(past) / "U1.xlsx", old, "U1", SENT, period=past)
    forgotten = load(tmp_path / "new", OLD.replace('version = "1"', 'version = "2"'))
    place = workspace(tmp_path, forgotten, more=(past,))
    package(place.inbox(YEAR) / "U1.xlsx", place, "U1", SENT)
    results = run.consolidate(place, YEAR, write=False)
    [finding] = [f for f in results.findings if f.severity == "hard"]
    assert (finding.id, finding.file, finding.period, finding.unit) == (
        "unknown-version",
        "inbox/2019/U1.xlsx",
        "2019",
        "",
    )
    assert results.status_of("U1") == "accepted"


# The form of the house.


@pytest.fixture
def office(tmp_path: Path) -> Workspace:
    """A new workspace with its packages out."""
    root = init(tmp_path / "văn phòng")
    place = workspace_at(root)
    run.templates(place, place.settings.current_period, ["LC-21", "LC-22"])
    return place


def test_the_real_form_changes_after_its_packages_went_out(office: Workspace) -> None:
    period = office.settings.current_period
    for unit, members in (("LC-21", 2918.0), ("LC-22", 400.0)):
        filled = {"sl_doan_vien": members, "sl_dv_nam": members - 100, "sl_dv_nu": 100.0, "sl_to_cd": 9.0}
        sent = {f"B01.{code}.tong": figure for code, figure in filled.items()}
        package(office.inbox(period) / f"{unit}.xlsx", office, unit, sent, period=period)
    before = run.consolidate(office, period, write=False)
    own = office.root / "schemas" / "forms"
    own.mkdir(parents=True, exist_ok=True)
    text = (SHIPPED / "B01.toml").read_text(encoding="utf-8")
    text = text.replace('version = "1"', 'version = "2"\nformer_versions = ["1"]', 1)
    lines = [line for line in text.splitlines() if 'code = "sl_to_cd"' not in line]
    at = next(i for i, line in enumerate(lines) if 'code = "sl_dtts"' in line)
    new = row("sl_dv_tre", since='"2"') + ","
    text = "\n".join([*lines[:at], new, *lines[at:]])
    text = text.replace("sl_dv_nu", "sl_nu").replace('code = "sl_nu",', 'code = "sl_nu", formerly = ["sl_dv_nu"],')
    (own / "B01.toml").write_text(text, encoding="utf-8")
    for path in SHIPPED.glob("*.toml"):
        if path.name != "B01.toml":
            other = path.read_text(encoding="utf-8").replace("sl_dv_nu", "sl_nu")
            (own / path.name).write_text(other, encoding="utf-8")
    again = workspace_at(office.root)
    results = run.consolidate(again, period)
    assert results.rollup.value.of("LC", Key("B01", "sl_nu", "tong")) == 200
    assert results.rollup.value.of("LC", Key("B01", "sl_doan_vien", "tong")) == 3318
    for unit in ("LC-21", "LC-22"):
        assert results.status_of(unit) == before.status_of(unit)
        found = [f for f in about(results, unit) if f.form == "B01" or not f.form]
        assert found[0].id == "version-differs"
        assert only(found, "asked-no-more").value == "9"
        assert only(found, "codes-carried").params["names"] == "sl_dv_nu → sl_nu"
        assert only(found, "not-asked-then").expected == "sl_dv_tre"
    assert [message(f) for f in results.findings if f.severity == "hard"] == []
    kept = run.templates(again, period, ["LC-21"])
    assert [one.outcome for one in kept] == ["kept"], "a package that was issued is never overwritten"


@pytest.mark.parametrize(
    ("finding", "severity"),
    [("unknown-version", "hard"), ("version-differs", "info"), ("asked-no-more", "info"), ("not-asked-then", "info")],
)
def test_a_version_is_grave_only_where_nobody_knows_it(finding: str, severity: str) -> None:
    assert CATALOGUE[finding].severity == severity
