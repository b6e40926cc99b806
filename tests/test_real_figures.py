"""The real reports: every number back, every fault of theirs named at its cell, nothing else found."""

from __future__ import annotations

import csv
import re
from itertools import combinations
from pathlib import Path

import pytest

from pipeline.demo import Demo
from pipeline.demo_figures import Printed, not_asked, read_printed, typed_entries
from pipeline.demo_returns import CLINIC, HEALTH, PROVINCE, REAL
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.results import Results
from schemas.form import Key

SEED = Path(__file__).parent.parent.parent / "shared" / "seeds"
SEEDS = {
    "y-te-2020.csv": "000_",
    "than-uyen-2024.csv": "001_",
    "lai-chau-2021.csv": "002_",
    "lai-chau-2023-q3.csv": "004_",
}
MONEY = ("1.205.580.000", "50.166.000", "128.613.500")


def health(demo: Demo, finding_id: str) -> list[Finding]:
    return [finding for finding in demo.results.findings_of(HEALTH) if finding.id == finding_id]


@pytest.fixture(scope="module")
def clinic(demo: Demo) -> Results:
    return demo.runs["2024"]


@pytest.mark.parametrize(("unit", "period", "least"), [(*where, 16) for where in REAL])
def test_every_count_of_a_real_report_comes_back_to_the_digit(demo: Demo, unit: str, period: str, least: int) -> None:
    forms = demo.runs[period].owed.forms
    typed = typed_entries(read_printed(REAL[unit, period]), forms)
    entries = demo.runs[period].by_unit[unit].entries
    counts = {key: value for key, value in typed.items() if isinstance(value, float)}
    assert len(counts) > least
    assert {key: entries[key].value for key in counts} == counts


@pytest.mark.parametrize(
    ("unit", "period", "form", "parts", "whole"),
    [
        (HEALTH, "2020", "B01.tong", ("cl_hv_thpt", "cl_hv_thcs", "cl_hv_tieuhoc"), 2918),
        (HEALTH, "2020", "B01.tong", ("cl_cm_tren_dh", "cl_cm_dh", "cl_cm_cd", "cl_cm_tc", "cl_cm_sc_khac"), 2918),
        (HEALTH, "2020", "B01.tong", ("sl_cdcs_hcsn", "sl_cdcs_nnn"), 20),
        (PROVINCE, "2021", "B02.ky_nay", ("kt_dl_cc", "kt_dl_cd"), 492),
        (PROVINCE, "2021", "B02.ky_nay", ("kt_tc_cc", "kt_tc_cd"), 632),
        (PROVINCE, "2021", "B02.ky_nay", ("kt_gs_tochuc", "kt_gs_canhan"), 63),
        (PROVINCE, "2023-Q3", "B02.ky_nay", ("kt_dl_cc", "kt_dl_cd"), 626),
        (PROVINCE, "2023-Q3", "B02.ky_nay", ("kt_tc_cc", "kt_tc_cd"), 624),
        (PROVINCE, "2023-Q3", "B02.ky_nay", ("kt_gs_tochuc", "kt_gs_canhan"), 34),
        (PROVINCE, "2023-Q3", "B02.ky_nay", ("qh_tuvan_tt", "qh_tuvan_gt"), 130),
    ],
)
def test_the_identities_of_the_reports_hold_in_what_was_read(
    demo: Demo, unit: str, period: str, form: str, parts: tuple[str, ...], whole: int
) -> None:
    name, measure = form.split(".")
    entries = demo.runs[period].by_unit[unit].entries
    assert sum(entries[Key(name, part, measure)].value or 0 for part in parts) == whole


def test_the_gifts_of_2021_close_and_their_money_misses_488_million(demo: Demo) -> None:
    run = demo.runs["2021"]
    entries = run.by_unit[PROVINCE].entries
    gifts = [key for key in entries if key.measure == "so_suat" and key.indicator not in ("cs_qua",)]
    assert sum(entries[key].value or 0 for key in gifts if key.indicator.startswith("cs_q_")) == 7207
    (finding,) = [f for f in run.findings_of(PROVINCE) if f.id == "undecided" and f.measure == "so_tien"]
    assert (finding.severity, finding.value, finding.expected) == ("info", "6.537.150.000", "7.025.150.000")
    assert "488.000.000" in message(finding)


def test_what_the_province_says_is_compared_and_never_added(demo: Demo) -> None:
    rollup = demo.runs["2023-Q3"].rollup
    for code, whole in (("kt_dl_cc", 621), ("kt_tc_cd", 8), ("qh_tuvan_gt", 100)):
        i, j = rollup.at(PROVINCE, Key("B02", code, "ky_nay"))
        assert (rollup.value.values[i, j], rollup.declared[i, j], rollup.built[i, j]) == (whole, whole, whole)
    i, j = rollup.at(PROVINCE, Key("B02", "td_sangkien_cs", "luy_ke"))
    assert (rollup.declared[i, j], rollup.built[i, j]) == (3666, 3666)
    alone = demo.runs["2021"].rollup.value.of(PROVINCE, Key("B02", "kt_dl_cc", "ky_nay"))
    assert alone is None


def test_figures_that_no_form_asks_for_are_listed_each_with_its_reason(demo: Demo) -> None:
    left = [one for table in REAL.values() for one in not_asked(read_printed(table))]
    assert all(one.reason for one in left)
    with (demo.workspace.root / "so-lieu-khong-hoi.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["so_lieu"], row["ly_do"]) for row in rows] == [(one.typed, one.reason) for one in left]
    asked = {one.typed for one in read_printed(REAL[HEALTH, "2020"]) if one.key}
    assert asked >= {*MONEY, "1.384.359.500"}
    assert sum(int(amount.replace(".", "")) for amount in MONEY) == 1_384_359_500


@pytest.mark.skipif(not SEED.is_dir(), reason="the reports are not here")
@pytest.mark.parametrize("table", SEEDS)
def test_the_printed_numbers_stand_in_the_report(table: str) -> None:
    text = next(SEED.glob(f"{SEEDS[table]}*.txt")).read_text(encoding="utf-8")
    joined = " ".join(text.split()).replace(".", "")
    # Of these two the report prints only words: "còn 01 đoàn viên", "chưa có đoàn viên kết nạp thêm".
    in_words = {"pt_pmqldv_dv", "pt_ketnap"} if table == REAL[CLINIC, "2024"] else set()
    for one in read_printed(table):
        if one.typed and not (one.key and one.key.indicator in in_words and one.key.measure == "tong"):
            assert one.typed.replace(".", "") in joined or is_summed(one), one


def is_summed(one: Printed) -> bool:
    """Whether a figure is the sum of printed ones, which its wording then names."""
    amounts = [int(amount.replace(".", "")) for amount in re.findall(r"[0-9]+(?:\.[0-9]{3})*", one.wording)]
    sums = {sum(some) for size in (2, 3) for some in combinations(amounts, size)}
    return int(one.typed.replace(".", "")) in sums


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
    (truncated,) = health(demo, "percent-truncated")
    assert (truncated.severity, truncated.value) == ("info", "93,96; 5,75; 34,81; 6,47")
    assert truncated.expected == "93,97; 5,76; 34,82; 6,48"
    (mixed,) = health(demo, "percent-mixed")
    assert (mixed.severity, mixed.value, mixed.cells) == ("info", "4,25", ("G21",))


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
    assert grave == {"lost-comma", "B03-E02", "target-zero", "B03-S01", "B01-S06", "peers-differ"}


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
    unions = [unit.code for unit in clinic.owed.tree.children(HEALTH)]
    assert CLINIC in unions
    assert clinic.rollup.value.of(CLINIC, members) == 307
    assert clinic.rollup.value.of(HEALTH, members) == sum(clinic.rollup.value.of(u, members) or 0 for u in unions)
    assert clinic.rollup.value.of("LC-08", members) is None


def test_every_planted_mistake_is_found(demo: Demo) -> None:
    assert len(demo.planted) == 76
    assert [one for one in demo.planted if not one.found] == []


@pytest.mark.parametrize("period", ["2020", "2021", "2023-Q3", "2024"])
def test_nothing_is_found_where_nothing_was_planted(demo: Demo, period: str) -> None:
    planted = {(one.unit, one.finding) for one in demo.planted if one.period == period}
    strangers = {"unknown-unit", "not-a-workbook", "damaged"}
    extra = [
        message(finding)
        for finding in demo.runs[period].findings
        if finding.severity != "info" and (finding.unit, finding.id) not in planted and finding.id not in strangers
    ]
    assert extra == []


def test_a_clean_return_is_accepted_without_a_word(demo: Demo) -> None:
    assert demo.results.status_of("LC-02") == "accepted"
    assert demo.results.findings_of("LC-02") == ()


def test_planted_mistakes_can_be_found_from_the_files_alone(demo: Demo) -> None:
    from python_calamine import CalamineWorkbook

    for period, run in demo.runs.items():
        output = demo.workspace.output(run.owed.period)
        office = CalamineWorkbook.from_path(output / f"doi-chieu-{period}.xlsx").get_sheet_by_name("Phát hiện")
        listed = {(str(row[2]), str(row[11])) for row in office.to_python()}
        for one in (one for one in demo.planted if one.period == period):
            if one.unit:
                assert (one.unit, one.finding) in listed, one
            if "!" in one.where:
                back = CalamineWorkbook.from_path(output / "phan-hoi" / f"{one.unit}.xlsx")
                assert one.finding in {str(row[8]) for row in back.get_sheet_by_name("PHAT_HIEN").to_python()}, one
