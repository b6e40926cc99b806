"""The real reports: every number back, every fault of theirs named at its cell, nothing else found."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.demo import Demo
from pipeline.demo_figures import CLINIC, HEALTH, HEALTH_TABLE, not_asked, read_printed, typed_entries
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.results import Results
from pipeline.run import consolidate
from schemas.form import Key

SEED = Path(__file__).parent.parent.parent / "shared" / "seeds"


def health(demo: Demo, finding_id: str) -> list[Finding]:
    return [finding for finding in demo.results.findings_of(HEALTH) if finding.id == finding_id]


@pytest.fixture(scope="module")
def clinic(demo: Demo) -> Results:
    return consolidate(demo.workspace, "2024", write=False)


def test_every_count_of_the_health_sector_comes_back(demo: Demo) -> None:
    typed = typed_entries(read_printed(HEALTH_TABLE), demo.workspace.forms)
    entries = demo.results.by_unit[HEALTH].entries
    counts = {key: value for key, value in typed.items() if isinstance(value, float)}
    assert len(counts) > 40
    assert {key: entries[key].value for key in counts} == counts


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        (("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc"), 2918),
        (("cl_cm_tren_dh", "cl_cm_dh", "cl_cm_cd", "cl_cm_tc", "cl_cm_sc_khac"), 2918),
        (("sl_cdcs_hcsn", "sl_cdcs_nnn"), 20),
    ],
)
def test_the_identities_of_the_report_hold_in_what_was_read(demo: Demo, parts: tuple[str, ...], whole: int) -> None:
    entries = demo.results.by_unit[HEALTH].entries
    assert sum(entries[Key("B01", part, "tong")].value or 0 for part in parts) == whole


def test_money_of_the_report_is_listed_as_not_asked(demo: Demo) -> None:
    left = {one.typed for one in not_asked(read_printed(HEALTH_TABLE))}
    money = ("1.205.580.000", "44.166.000", "75.150.000", "53.463.500", "6.000.000", "1.384.359.500")
    assert left >= set(money)
    with (demo.workspace.root / "so-lieu-khong-hoi.csv").open(encoding="utf-8-sig") as file:
        assert {row["so_lieu"] for row in csv.DictReader(file)} == left
    *parts, whole = (int(amount.replace(".", "")) for amount in money)
    assert sum(parts) == whole


@pytest.mark.skipif(not SEED.is_dir(), reason="the reports are not here")
@pytest.mark.parametrize(("table", "seed"), [(HEALTH_TABLE, "000_"), ("than-uyen-2024.csv", "001_")])
def test_the_printed_numbers_stand_in_the_report(table: str, seed: str) -> None:
    text = next(SEED.glob(f"{seed}*.txt")).read_text(encoding="utf-8")
    joined = " ".join(text.split()).replace(".", "")
    # Of these two the report prints only words: "còn 01 đoàn viên", "chưa có đoàn viên kết nạp thêm".
    in_words = {"pt_pmqldv_dv", "pt_ketnap"} if seed == "001_" else set()
    for one in read_printed(table):
        if one.typed and not (one.key and one.key.indicator in in_words and one.key.measure == "tong"):
            assert one.typed.replace(".", "") in joined, one


def test_a_lost_decimal_comma_is_hard_and_the_right_number_is_named(demo: Demo) -> None:
    (finding,) = health(demo, "lost-comma")
    assert (finding.severity, finding.sheet, finding.cells) == ("hard", "B01", ("G18",))
    assert (finding.value, finding.expected) == ("027%", "0,27")
    assert message(finding).startswith('B01!G18: "027%" thiếu dấu phẩy thập phân; tính từ số liệu là 0,27 %')


def test_two_figures_for_the_same_thing_are_named_in_both_forms(demo: Demo) -> None:
    (finding,) = health(demo, "B03-E02")
    assert finding.severity == "hard"
    assert (finding.sheet, finding.cells) == ("B03", ("F10", "B01!E39"))
    assert (finding.value, finding.expected) == ("29", "31")


def test_blank_parents_are_derived_from_their_rows(demo: Demo) -> None:
    found = {finding.indicator: finding.expected for finding in health(demo, "derived-blank")}
    assert found == {"ct_04": "20", "ct_19": "6"}


def test_truncated_and_rounded_percentages_are_notes(demo: Demo) -> None:
    truncated = {finding.value: finding.expected for finding in health(demo, "percent-truncated")}
    assert truncated == {"93,96": "93,97", "5,75": "5,76", "34,81": "34,82", "6,47": "6,48"}
    (mixed,) = health(demo, "percent-mixed")
    assert (mixed.severity, mixed.value, mixed.cells[0]) == ("info", "4,25", "G21")


def test_percentages_that_make_99_98_are_notes(demo: Demo) -> None:
    sums = [finding.value for finding in health(demo, "percent-sum")]
    assert sums == ["93,96 + 5,75 + 0,27 = 99,98", "4,25 + 34,81 + 7,57 + 46,88 + 6,47 = 99,98"]


def test_a_target_of_zero_is_a_question_and_no_percentage(demo: Demo) -> None:
    (finding,) = health(demo, "target-zero")
    assert (finding.severity, finding.cells, finding.value) == ("soft", ("F10",), "29")
    assert demo.results.rollup.value.of(HEALTH, Key("B03", "ct_02", "ty_le")) is None


def test_parents_with_a_meaning_of_their_own_are_no_fault(demo: Demo) -> None:
    assert not [f for f in demo.results.findings_of(HEALTH) if f.indicator.startswith(("ct_07", "ct_14"))]


def test_nothing_else_is_found_in_the_health_sector(demo: Demo) -> None:
    grave = {f.id for f in demo.results.findings_of(HEALTH) if f.severity != "info"}
    assert grave == {"lost-comma", "B03-E02", "target-zero", "B03-S01"}


def test_words_in_results_are_read_as_percentages(demo: Demo) -> None:
    entries = demo.results.by_unit[HEALTH].entries
    assert entries[Key("B03", "ct_16", "thuc_hien")].value == 100
    assert entries[Key("B03", "ct_17", "thuc_hien")].value == 90
    assert entries[Key("B03", "ct_21", "thuc_hien")].text == "Đầy đủ, kịp thời"


def test_the_clinic_is_clean_but_for_its_truncated_percentage(clinic: Results) -> None:
    found = clinic.findings_of(CLINIC)
    assert {finding.severity for finding in found} == {"info"}
    (truncated,) = [finding for finding in found if finding.id == "percent-truncated"]
    assert (truncated.cells, truncated.value, truncated.expected) == (("G43",), "99,6", "99,7")
    assert clinic.status_of(CLINIC) == "accepted"


def test_the_clinic_counts_under_its_sector_not_its_district(clinic: Results) -> None:
    members = Key("B01", "sl_doan_vien", "tong")
    assert clinic.rollup.value.of(HEALTH, members) == 307
    assert clinic.rollup.value.of("LC-08", members) is None


def test_every_planted_mistake_is_found(demo: Demo) -> None:
    assert len(demo.planted) == 29
    assert [one for one in demo.planted if not one.found] == []


def test_nothing_is_found_where_nothing_was_planted(demo: Demo) -> None:
    planted = {(one.unit, one.finding) for one in demo.planted}
    strangers = {"unknown-unit", "not-a-workbook", "damaged"}
    extra = [
        message(finding)
        for finding in demo.results.findings
        if finding.severity != "info" and (finding.unit, finding.id) not in planted and finding.id not in strangers
    ]
    assert extra == []
    assert demo.results.status_of("LC-02") == "accepted"
    assert demo.results.findings_of("LC-02") == ()


def test_planted_mistakes_can_be_found_from_the_files_alone(demo: Demo) -> None:
    from python_calamine import CalamineWorkbook

    output = demo.workspace.output(demo.results.owed.period)
    office = CalamineWorkbook.from_path(output / "doi-chieu-2020.xlsx").get_sheet_by_name("Phát hiện").to_python()
    listed = {(str(row[2]), str(row[11])) for row in office}
    for one in demo.planted:
        if one.unit:
            assert (one.unit, one.finding) in listed, one
        if "!" in one.where:
            back = CalamineWorkbook.from_path(output / "phan-hoi" / f"{one.unit}.xlsx")
            assert one.finding in {str(row[5]) for row in back.get_sheet_by_name("PHAT_HIEN").to_python()}, one
