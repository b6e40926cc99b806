from __future__ import annotations

import re

import pytest
from test_form_b02 import (
    FAIL,
    FORMS,
    PASS,
    SPECIFICATION,
    UNKNOWN,
    Cases,
    each_case,
    edits_of,
    failing,
    verdicts_on,
)

from pipeline.verdicts import Verdict
from schemas.edit import About, refs_of
from schemas.form import Key
from schemas.scope import scoped

B03 = edits_of("B03")
# Rows of the appendix and the rows of B02 that they come filled with.
LINKED = {
    "01": "pt_cdcs_moi",
    "03": "pt_dvut",
    "08": "td_bangldst",
    "09": "qh_gs217_cuoc",
    "10": "qh_tuldtt_ky",
    "11": "qh_bua_an_ca",
    "20": "kt_tc_nnn",
}
CONFERENCES = ("qh_hn_cbcc", "qh_hn_nld_dnnn", "qh_hn_nld_nnn")


def conferences(measure: str, *held: int) -> str:
    return " ".join(f"B02.{row}[{measure}]={count}" for row, count in zip(CONFERENCES, held, strict=False))


# Of each edit figures that pass, that fail, and that leave it undecided.
CASES: Cases = {
    **{
        f"B03-E{row}": (
            f"ct_{row}[thuc_hien]=3 B02.{source}[luy_ke]=3",
            f"ct_{row}[thuc_hien]=3 B02.{source}[luy_ke]=4",
            f"ct_{row}[thuc_hien]=3",
        )
        for row, source in LINKED.items()
    },
    **{
        f"B03-E1{row}": (
            f"ct_{row}[uoc_nam]=3 B02.{source}[uoc_nam]=3",
            f"ct_{row}[uoc_nam]=3 B02.{source}[uoc_nam]=4",
            f"B02.{source}[uoc_nam]=3",
        )
        for row, source in LINKED.items()
    },
    "B03-E02": (
        "ct_02[thuc_hien]=31 B01.pt_ketnap[tong]=31",
        "ct_02[thuc_hien]=29 B01.pt_ketnap[tong]=31",
        "ct_02[thuc_hien]=29",
    ),
    "B03-E05": (
        "ct_05[thuc_hien]=20 count(B04.da_pm)=20",
        "ct_05[thuc_hien]=20 count(B04.da_pm)=19",
        "ct_05[thuc_hien]=20",
    ),
    "B03-E06": (
        f"ct_06[thuc_hien]=748 {conferences('luy_ke', 719, 4, 25)}",
        f"ct_06[thuc_hien]=747 {conferences('luy_ke', 719, 4, 25)}",
        f"ct_06[thuc_hien]=748 {conferences('luy_ke', 719, 4)}",
    ),
    "B03-E106": (
        f"ct_06[uoc_nam]=748 {conferences('uoc_nam', 719, 4, 25)}",
        f"ct_06[uoc_nam]=749 {conferences('uoc_nam', 719, 4, 25)}",
        f"ct_06[uoc_nam]=748 {conferences('uoc_nam', 719)}",
    ),
    "B03-E30": ("thuc_hien=61 uoc_nam=61", "thuc_hien=61 uoc_nam=60", "thuc_hien=61"),
    "B03-S01": ("thuc_hien=50 giao=25", "thuc_hien=61 giao=25", "thuc_hien=61"),
    "B03-S02": ("thuc_hien=13 giao=25", "thuc_hien=12 giao=25", "giao=25"),
}


@pytest.mark.parametrize(("edit_id", "expected", "figures"), each_case(CASES))
def test_an_edit_on_figures_that_pass_that_fail_and_that_leave_it_undecided(
    edit_id: str, expected: Verdict, figures: str
) -> None:
    assert verdicts_on(B03[edit_id], figures) == {expected}


def test_every_edit_has_its_three_cases_or_is_one_of_percentages() -> None:
    # Printed percentages are held against the counts at their own precision, in test_reconcile_percent.
    percentages = {edit_id for edit_id, edit in B03.items() if all(isinstance(rule, About) for rule in edit.checks)}
    assert percentages == {"B03-E16", "B03-E31"}
    assert set(CASES) | percentages == set(B03)


def test_blank_kinds_of_conferences_may_mean_none() -> None:
    assert verdicts_on(B03["B03-E06"], f"ct_06[thuc_hien]=719 {conferences('luy_ke', 719)}") == {PASS}


# What the real reports got wrong (domain.md B2), as these edits see it.


def test_v02_two_figures_for_the_same_admissions() -> None:
    assert verdicts_on(B03["B03-E02"], "ct_02[thuc_hien]=29 B01.pt_ketnap[tong]=31") == {FAIL}


@pytest.mark.parametrize("parent", ["ct_07", "ct_14"])
def test_v03_v04_a_parent_with_a_meaning_of_its_own_is_no_sum(parent: str) -> None:
    assert FORMS.cells[Key("B03", parent, "thuc_hien")].derived is None
    for edit in B03.values():
        for rule in edit.checks:
            rows = {ref.indicator for ref in refs_of(rule)}
            assert not (parent in rows and rows & {f"{parent}a", f"{parent}b"}), edit.id


@pytest.mark.parametrize(("parent", "parts"), [("ct_04", "ab"), ("ct_19", "abc")])
def test_v05_a_blank_parent_is_derived_from_its_parts(parent: str, parts: str) -> None:
    for measure in ("thuc_hien", "uoc_nam"):
        cell = FORMS.cells[Key("B03", parent, measure)]
        assert cell.derived is not None
        assert [ref.indicator for ref in cell.derived.refs] == [parent + part for part in parts]


def test_v13_a_target_of_zero_has_no_percentage_to_be_outside_of() -> None:
    for edit_id in ("B03-S01", "B03-S02"):
        assert verdicts_on(B03[edit_id], "thuc_hien=29 giao=0") == {UNKNOWN}


@pytest.mark.parametrize(
    ("table", "broken"), [("y-te-2020", {"B03-E02"}), ("lai-chau-2021", set()), ("than-uyen-2024", set())]
)
def test_of_the_real_reports_nothing_fails_but_what_is_wrong_in_them(table: str, broken: set[str]) -> None:
    assert failing("B03", table) == broken


# The form.


def test_income_against_the_budget_is_the_share_of_what_b02_says() -> None:
    [rule] = B03["B03-E16"].checks
    assert isinstance(rule, About)
    assert [(ref.indicator, ref.measure) for ref in refs_of(rule)] == [
        ("ct_16", "thuc_hien"),
        ("tc_thu_kpcd", "luy_ke"),
        ("tc_thu_dpcd", "luy_ke"),
        ("tc_dutoan", "ky_nay"),
    ]


def sources(row: str, measure: str) -> list[tuple[str, str, str, str]]:
    link = FORMS.cells[Key("B03", row, measure)].link
    return [] if link is None else [(ref.kind, ref.form, ref.indicator, ref.measure) for ref in link.refs]


def test_linked_rows_come_filled_with_the_total_since_january_and_with_the_estimate() -> None:
    for row, source in LINKED.items():
        assert sources(f"ct_{row}", "thuc_hien") == [("cell", "B02", source, "luy_ke")]
        assert sources(f"ct_{row}", "uoc_nam") == [("cell", "B02", source, "uoc_nam")]
    assert sources("ct_02", "thuc_hien") == [("cell", "B01", "pt_ketnap", "tong")]
    assert sources("ct_05", "thuc_hien") == [("count", "B04", "", "da_pm")]
    assert sources("ct_06", "thuc_hien") == [("cell", "B02", row, "luy_ke") for row in CONFERENCES]
    assert sources("ct_06", "uoc_nam") == [("cell", "B02", row, "uoc_nam") for row in CONFERENCES]


def test_every_linked_cell_has_the_edit_that_it_agrees_with_its_source() -> None:
    linked = {cell.key for cell in FORMS.by_id["B03"].cells() if cell.link is not None}
    assert {key.indicator for key in linked} == {f"ct_{row}" for row in (*LINKED, "02", "05", "06")}
    for key in linked:
        number = int(key.indicator.removeprefix("ct_")) + (100 if key.measure == "uoc_nam" else 0)
        [rule] = B03[f"B03-E{number:02}"].checks
        names = [(ref.kind, ref.form, ref.indicator, ref.measure) for ref in refs_of(rule)]
        assert names == [("cell", *key), *sources(key.indicator, key.measure)]


@pytest.mark.skipif(not SPECIFICATION.is_file(), reason="the specification of the forms is not here")
def test_links_lead_where_the_specification_says() -> None:
    text = SPECIFICATION.read_text(encoding="utf-8").partition("Linked, and must agree:")[2].partition(". A linked")[0]
    named = dict(re.findall(r"`ct_(\d+)` = `(?:B0\d\.)?(\w+)`", text))
    assert named.pop("02") == "pt_ketnap"
    assert named == LINKED
    assert set(re.findall(r"`ct_(\d+)` = ", text)) == {*LINKED, "02", "05", "06"}


def test_dialogues_are_not_linked_because_they_count_other_things() -> None:
    for row in ("ct_07", "ct_07a", "ct_07b"):
        assert sources(row, "thuc_hien") == []
    assert FORMS.by_id["B03"].indicator("ct_07a").unit != FORMS.by_id["B02"].indicator("qh_doithoai_co").unit


def test_income_against_the_budget_is_weighed_by_the_budget() -> None:
    cell = FORMS.cells[Key("B03", "ct_16", "thuc_hien")]
    assert (cell.rollup, cell.weight) == ("WAVG", Key("B02", "tc_dutoan", "ky_nay"))


def test_half_a_year_has_no_list_of_unions_to_count() -> None:
    half, year = scoped(FORMS, "half-year"), scoped(FORMS, "year")
    software = Key("B03", "ct_05", "thuc_hien")
    assert half.cells[software].link is None
    assert year.cells[software].link is not None
    edits = {edit.id for table in half.by_id["B03"].tables for edit in table.edits}
    assert set(B03) - edits == {"B03-E05"}
    assert half.cells[Key("B03", "ct_16", "thuc_hien")].weight == Key("B02", "tc_dutoan", "ky_nay")
