from __future__ import annotations

import re

import pytest
from test_form_b02 import FAIL, FORMS, PASS, SPECIFICATION, Cases, codes_in, each_case, edits_of, failing, verdicts_on

from pipeline.verdicts import Verdict
from schemas.edit import About

B01 = edits_of("B01")
SCHOOL = "cl_hv_thpt={} cl_hv_thcs={} cl_hv_tieuhoc={} cl_hv_chua={}"
TRAINING = "cl_cm_tren_dh={} cl_cm_dh={} cl_cm_cd={} cl_cm_tc={} cl_cm_sc_khac={} cl_cm_chua_dt={}"
PARTS = "sl_dtts={0} cl_dang_vien={0} pt_pmqldv_dv={0} pt_ketnap={0}"
WOMEN = "sl_dtts[nu]={0} cl_dang_vien[nu]={0} pt_pmqldv_dv[nu]={0}"
FLOWS = "sl_dv_dau={} pt_ketnap={} sl_dv_den={} sl_dv_di={} sl_dv_giam={}"


def women(template: str, *counts: int) -> str:
    return template.replace("=", "[nu]=").format(*counts)


# Of each edit figures that pass, that fail, and that leave it undecided.
CASES: Cases = {
    "B01-E01": (
        "sl_dv_nam=120 sl_dv_nu=187 sl_doan_vien=307",
        "sl_dv_nam=120 sl_dv_nu=178 sl_doan_vien=307",
        "sl_dv_nu=1787 sl_doan_vien=2918",
    ),
    "B01-E02": (
        f"{SCHOOL.format(2742, 168, 8, 0)} sl_doan_vien=2918",
        f"{SCHOOL.format(2742, 168, 80, 0)} sl_doan_vien=2918",
        "cl_hv_thpt=2742 sl_doan_vien=2918",
    ),
    "B01-E03": (
        f"{TRAINING.format(124, 1016, 221, 1368, 189, 0)} sl_doan_vien=2918",
        f"{TRAINING.format(124, 1016, 221, 1386, 189, 0)} sl_doan_vien=2918",
        "cl_cm_dh=1016 sl_doan_vien=2918",
    ),
    "B01-E04": (
        f"{women(SCHOOL, 180, 5, 2, 0)} sl_dv_nu[tong]=187",
        f"{women(SCHOOL, 180, 5, 2, 1)} sl_dv_nu[tong]=187",
        "cl_hv_thpt[nu]=180 sl_dv_nu[tong]=187",
    ),
    "B01-E05": (
        f"{women(TRAINING, 10, 90, 40, 40, 5, 2)} sl_dv_nu[tong]=187",
        f"{women(TRAINING, 10, 90, 40, 40, 5, 3)} sl_dv_nu[tong]=187",
        "cl_cm_dh[nu]=90 sl_dv_nu[tong]=187",
    ),
    "B01-E06": (
        "sl_cdcs_hcsn=17 sl_cdcs_dnnn=0 sl_cdcs_nnn=3 sl_cdcs=20",
        "sl_cdcs_hcsn=17 sl_cdcs_dnnn=0 sl_cdcs_nnn=3 sl_cdcs=21",
        "sl_cdcs_hcsn=17 sl_cdcs=20",
    ),
    "B01-E07": (
        f"{FLOWS.format(300, 9, 4, 5, 1)} sl_doan_vien=307",
        f"{FLOWS.format(300, 9, 4, 5, 1)} sl_doan_vien=308",
        "sl_dv_dau=300 sl_doan_vien=307",
    ),
    "B01-E08": ("sl_dv_dau=300 prev(sl_doan_vien)=300", "sl_dv_dau=300 prev(sl_doan_vien)=301", "sl_dv_dau=300"),
    "B01-E09": (
        f"{women(FLOWS, 180, 6, 3, 2, 0)} sl_dv_nu[tong]=187",
        f"{women(FLOWS, 180, 6, 3, 2, 0)} sl_dv_nu[tong]=188",
        "sl_dv_dau[nu]=180 pt_ketnap[nu]=6 sl_dv_nu[tong]=187",
    ),
    "B01-E17": (
        "sl_dv_dau[nu]=180 prev(sl_dv_nu[tong])=180",
        "sl_dv_dau[nu]=180 prev(sl_dv_nu[tong])=181",
        "sl_dv_dau[nu]=180",
    ),
    "B01-E10": ("nu=187 tong=307", "nu=308 tong=307", "nu=187"),
    "B01-E11": ("sl_doan_vien=2918 sl_cnvcld=2928", "sl_doan_vien=2928 sl_cnvcld=2918", "sl_doan_vien=2918"),
    "B01-E12": (f"{PARTS.format(307)} sl_doan_vien=307", f"{PARTS.format(308)} sl_doan_vien=307", PARTS.format(307)),
    "B01-E13": (
        "cl_ll_cc=2 cl_ll_tc=40 cl_ll_sc=52 sl_doan_vien=307",
        "cl_ll_cc=2 cl_ll_tc=40 cl_ll_sc=266 sl_doan_vien=307",
        "cl_ll_cc=2 cl_ll_tc=40 sl_doan_vien=307",
    ),
    "B01-E14": (
        f"{WOMEN.format(187)} sl_dv_nu[tong]=187",
        f"{WOMEN.format(188)} sl_dv_nu[tong]=187",
        "sl_dv_nu[tong]=187",
    ),
    "B01-E15": ("qh_thunhap_n=300 sl_cnvcld=310", "qh_thunhap_n=311 sl_cnvcld=310", "qh_thunhap_n=300"),
    "B01-E16": (
        "cl_ll_dang_hoc_tc=9 sl_doan_vien=307",
        "cl_ll_dang_hoc_tc=308 sl_doan_vien=307",
        "cl_ll_dang_hoc_tc=9",
    ),
    "B01-S01": ("sl_dv_nu=187 sl_doan_vien=307", "sl_dv_nu=18 sl_doan_vien=307", "sl_dv_nu=187"),
    "B01-S02": (
        "sl_doan_vien=307 year_ago(sl_doan_vien)=300",
        "sl_doan_vien=307 year_ago(sl_doan_vien)=3070",
        "sl_doan_vien=307",
    ),
    "B01-S03": (
        "cl_ll_cc=2 cl_ll_tc=40 cl_ll_sc=52 cl_dang_vien=160",
        "cl_ll_cc=2 cl_ll_tc=40 cl_ll_sc=52 cl_dang_vien=16",
        "cl_ll_cc=2 cl_ll_tc=40 cl_ll_sc=52",
    ),
    "B01-S04": ("sl_cdcs=20 register(grassroots)=20", "sl_cdcs=21 register(grassroots)=20", "sl_cdcs=20"),
    "B01-S06": ("sl_dtts=120 sl_doan_vien=307", "sl_dtts=15 sl_doan_vien=307", "sl_dtts=120"),
    "B01-S05": ("qh_thunhap=6300000", "qh_thunhap=6300", ""),
}


@pytest.mark.parametrize(("edit_id", "expected", "figures"), each_case(CASES))
def test_an_edit_on_figures_that_pass_that_fail_and_that_leave_it_undecided(
    edit_id: str, expected: Verdict, figures: str
) -> None:
    assert verdicts_on(B01[edit_id], figures) == {expected}


def test_every_edit_has_its_three_cases_or_is_one_of_percentages() -> None:
    # Printed percentages are held against the counts at their own precision, in test_reconcile_percent.
    percentages = {edit_id for edit_id, edit in B01.items() if all(isinstance(rule, About) for rule in edit.checks)}
    assert percentages == {"B01-E20", "B01-E21", "B01-E22", "B01-E23"}
    assert set(CASES) | percentages == set(B01)


@pytest.mark.parametrize(
    ("edit_id", "figures"),
    [
        ("B01-S01", "sl_dv_nu=300 sl_doan_vien=307"),
        ("B01-S02", "sl_doan_vien=346 year_ago(sl_doan_vien)=300"),
        ("B01-S05", "qh_thunhap=630000000"),
    ],
)
def test_a_range_has_two_ends(edit_id: str, figures: str) -> None:
    assert verdicts_on(B01[edit_id], figures) == {FAIL}


def test_parts_left_blank_may_mean_none() -> None:
    # The clinic's report of 2024 prints one level of schooling, for all its members.
    assert verdicts_on(B01["B01-E02"], "cl_hv_thpt=307 sl_doan_vien=307") == {PASS}


def test_v12_ethnic_minorities_that_are_too_few_to_be_true() -> None:
    assert verdicts_on(B01["B01-S06"], "sl_dtts=124 sl_doan_vien=2918") == {FAIL}


@pytest.mark.parametrize(
    ("table", "broken"),
    [
        # 124 of 2,918 belong to ethnic minorities (V12).
        ("y-te-2020", {"B01-S06"}),
        ("lai-chau-2021", set()),
        ("than-uyen-2024", set()),
    ],
)
def test_of_the_real_reports_nothing_fails_but_what_is_wrong_in_them(table: str, broken: set[str]) -> None:
    assert failing("B01", table) == broken


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification of the forms is not here")
def test_the_fixed_codes_are_in_the_form() -> None:
    text = SPECIFICATION.read_text(encoding="utf-8").partition("`B01`: ")[2].partition(". The measure `nu`")[0]
    asked = set(re.findall(r"`([a-z]+_\w+)`", text))
    assert len(asked) == 33
    assert asked <= codes_in(FORMS.by_id["B01"])
