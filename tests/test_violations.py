"""The faults of the real reports by their numbers, found in the demo's runs at their cells, with what would mend them.

Where a hard edit fails, that is the set of suspects with its figures; elsewhere what the finding expects.
Those that a single edit shows are beside the edits (``test_form_b0*.py``) and the settings (``test_settings.py``).
No form can see: 10, 14 and 23 (each figure is asked once, with its base), 11, 26, 33 and 34 (they are words), 18 (no
form asks for a rate), 32 (a deadline of the letter, not of a return).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import YEAR, sent, workspace

from pipeline.demo import Demo
from pipeline.demo_figures import read_printed
from pipeline.demo_returns import CLINIC, HEALTH, PROVINCE, REAL
from pipeline.findings import Finding
from pipeline.messages import message, suggestion
from pipeline.obligations import obligations
from pipeline.run_judge import Before, judge
from schemas.form import Key
from schemas.load import load_forms

FORMS = load_forms(sorted((Path(__file__).parent.parent / "schemas" / "forms").glob("*.toml")))


def found(demo: Demo, period: str, unit: str, finding_id: str) -> list[Finding]:
    return [finding for finding in demo.runs[period].findings_of(unit) if finding.id == finding_id]


def proposed(findings: list[Finding], edit: str) -> list[str]:
    """What would mend the fault of this edit, as programs read it, the likeliest first: ``B01!E10=307``."""
    sets = [one for one in findings if one.id == "suspect" and edit in str(one.params["edits"]).split(", ")]
    return [suggestion(one).split(" ")[0] if ";" not in suggestion(one) else suggestion(one) for one in sets]


def of_unit(demo: Demo, period: str, unit: str, edit: str) -> list[str]:
    return proposed(list(demo.runs[period].findings_of(unit)), edit)


def built(figures: Mapping[str, object]) -> list[Finding]:
    """The findings of a return of an upper union with these cells alone."""
    owed = obligations(workspace(Path(), FORMS), YEAR)
    return list(judge(owed, [sent(FORMS, "U1", figures)], Before({}, {})).findings)


def test_v01_a_lost_decimal_comma_is_named_with_the_right_number(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "lost-comma")
    assert (finding.severity, finding.cells, finding.value, finding.expected) == ("hard", ("G18",), "027%", "0,27")
    assert suggestion(finding).endswith("hoặc ghi 0,27.")


def test_v01_the_count_is_not_suspected_of_what_the_comma_did(demo: Demo) -> None:
    cells = {cell for finding in found(demo, "2020", HEALTH, "suspect") for cell in finding.cells}
    assert not cells & {"E18", "E10"}
    typed = {"B01.sl_doan_vien.tong": 2918, "B01.cl_hv_tieuhoc.tong": 8, "B01.cl_hv_tieuhoc.ty_le": "27,42%"}
    assert "B01!G18=0.27" in proposed(built(typed), "B01-E20")


def test_v01_a_percentage_without_its_comma_is_proposed_with_the_decimals_of_the_form() -> None:
    typed = {"B01.sl_doan_vien.tong": 2918, "B01.cl_hv_tieuhoc.tong": 8, "B01.cl_hv_tieuhoc.ty_le": "27%"}
    assert "B01!G18=0.27" in proposed(built(typed), "B01-E20")


def test_v02_two_figures_for_one_thing_stand_in_both_forms(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "B03-E02")
    assert (finding.value, finding.expected, finding.cells) == ("29", "31", ("F10", "B01!E39"))
    assert set(of_unit(demo, "2020", HEALTH, "B03-E02")) == {"B01!E39=29", "B03!F10=31"}


@pytest.mark.parametrize("row", ["ct_07", "ct_14"])
def test_v03_v04_parents_with_a_meaning_of_their_own_are_no_fault(demo: Demo, row: str) -> None:
    assert not [f for f in demo.results.findings_of(HEALTH) if f.indicator.startswith(row)]


def test_v05_blank_parents_are_derived(demo: Demo) -> None:
    derived = {finding.indicator: finding.expected for finding in found(demo, "2020", HEALTH, "derived-blank")}
    assert derived == {"ct_04": "20", "ct_19": "6"}


def test_v06_v07_truncation_is_a_note_and_so_are_two_habits_in_one_form(demo: Demo) -> None:
    (truncated,) = found(demo, "2020", HEALTH, "percent-truncated")
    (mixed,) = found(demo, "2020", HEALTH, "percent-mixed")
    assert (truncated.value, mixed.value) == ("93,96; 5,75; 34,81; 6,47", "4,25")
    assert truncated.expected == "93,97; 5,76; 34,82; 6,48"
    assert (truncated.cells, mixed.cells) == (("G16", "G17", "G22", "G25"), ("G21",))


def test_v08_percentages_that_make_99_98_are_a_note(demo: Demo) -> None:
    sums = found(demo, "2020", HEALTH, "percent-sum")
    assert {finding.severity for finding in sums} == {"info"}
    assert {finding.cells[0]: finding.value.rpartition(" ")[2] for finding in sums} == {"G16": "99,98", "G21": "99,98"}


def test_v09_persons_and_money_of_one_row_are_asked_for_together(demo: Demo) -> None:
    entries = demo.results.by_unit[HEALTH].entries
    gifts, money = (entries[Key("B02", "cs_q_khac", code)].value for code in ("so_suat", "so_tien"))
    assert (gifts, money) == (137, 1_384_359_500)
    (finding,) = found(demo, "2020", HEALTH, "peers-differ")
    assert (finding.severity, finding.cells, finding.value) == ("soft", ("F53", "E53"), "10.104.814")


def test_v12_a_share_that_is_not_of_this_province(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "B01-S06")
    assert (finding.severity, finding.value) == ("soft", "124 / 2.918 = 0,0425")
    assert finding.cells == ("E13", "E10")


def test_v13_a_target_of_zero_that_was_worked_on(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "target-zero")
    assert (finding.severity, finding.cells, finding.value) == ("soft", ("F10",), "29")


def test_v15_one_truncated_percentage_among_rounded_ones(demo: Demo) -> None:
    (finding,) = found(demo, "2024", CLINIC, "percent-truncated")
    assert (finding.severity, finding.value, finding.expected) == ("info", "99,6", "99,7")
    assert finding.cells == ("G43",)
    assert not found(demo, "2024", CLINIC, "percent-mixed")


def test_v16_each_percentage_is_held_at_its_own_precision(demo: Demo) -> None:
    printed = {one.typed for one in read_printed(REAL[CLINIC, "2024"]) if one.key and one.key.measure == "ty_le"}
    assert printed >= {"0,65 %", "16,9%", "13%"}
    assert not found(demo, "2024", CLINIC, "B01-E20")


def test_v17_percentages_that_make_100_1_are_a_note(demo: Demo) -> None:
    (finding,) = found(demo, "2024", CLINIC, "percent-sum")
    assert (finding.severity, finding.value.endswith("= 100,1")) == ("info", True)
    assert finding.cells == ("G21", "G22", "G23", "G24", "G26")


def test_v19_the_unit_stands_in_the_form_and_another_one_is_refused(demo: Demo) -> None:
    cells = demo.runs["2024"].owed.forms.cells
    assert cells[Key("B02", "cs_quytuongho_tien", "ky_nay")].unit == "đồng"
    (finding,) = found(demo, "2020", "LC-05", "unit-differs")
    assert (finding.cells, finding.value, finding.expected) == (("F39",), "380.100.000đ", "380.100.000")


def test_v20_a_verdict_is_recomputed(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-08", "verdict-differs")
    assert (finding.severity, finding.value, finding.expected) == ("hard", "Không đạt", "Đạt")
    assert finding.cells == ("I15",)


def test_v21_items_that_do_not_make_the_total_printed(demo: Demo) -> None:
    missing = {finding.measure: message(finding) for finding in found(demo, "2021", PROVINCE, "undecided")}
    assert "488.000.000" in missing["so_tien"]
    (typed,) = found(demo, "2020", "LC-05", "derived-differs")
    assert (typed.severity, typed.cells, typed.value, typed.expected) == ("hard", ("E54",), "9.999", "249")


def test_v22_more_unions_active_than_there_are(demo: Demo) -> None:
    (finding,) = found(demo, "2021", PROVINCE, "B02-S41")
    assert (finding.severity, finding.value, finding.expected) == ("soft", "782", "779")
    assert finding.cells == ("E84", "B01!E32")


def test_v24_unions_that_no_conference_covers(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-04", "B02-S13")
    assert (finding.cells, "lệch 31" in message(finding)) == (("E11", "E12", "E13", "B01!E32"), True)


def test_v25_a_target_typed_for_a_population(demo: Demo) -> None:
    shown = {(finding.value, finding.expected) for finding in found(demo, "2020", "LC-03", "B02-E14")}
    assert shown == {("4", "3")}
    assert of_unit(demo, "2020", "LC-03", "B02-E14") == ["B02!E13=4"], "the three is the target, not the population"


def test_v27_what_one_level_gave_is_added_to_what_its_children_gave_and_only_once(demo: Demo) -> None:
    rollup = demo.results.rollup
    i, j = rollup.at(PROVINCE, Key("B02", "cs_q_khac", "so_tien"))
    below = [rollup.value.of(unit.code, rollup.value.keys[j]) for unit in demo.results.owed.tree.children(PROVINCE)]
    assert rollup.value.values[i, j] == sum(value for value in below if value is not None)
    assert not [
        f for f in demo.results.findings if f.id.startswith("children-differ") and f.indicator.startswith("cs_q")
    ]


def test_v28_inspections_that_vanished_within_a_year(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-06", "B02-S91")
    assert (finding.severity, finding.cells, finding.value.endswith("= 0")) == ("soft", ("F147",), True)


def test_v29_v30_a_share_is_of_members_and_must_follow_from_the_counts(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-08", "B01-E20")
    assert (finding.severity, finding.value) == ("hard", "27,5%")
    assert finding.expected not in ("", "27,50")
    (typed,) = [one for one in read_printed(REAL[PROVINCE, "2021"]) if one.key == Key("B01", "pt_pmqldv_dv", "ty_le")]
    assert typed.typed == "79,38%"
    assert finding.cells == ("G43", "E43", "E10")
    assert "B01!G43=90.2" in of_unit(demo, "2020", "LC-08", "B01-E20")


MEMBERS_OF_2021 = {"B01.pt_pmqldv_dv.tong": 18_376, "B01.pt_pmqldv_dv.ty_le": "79,38%"}


def test_v29_a_share_and_its_count_say_what_the_members_were() -> None:
    findings = built({**MEMBERS_OF_2021, "B01.sl_doan_vien.tong": 21_350})
    (base,) = [one for one in findings if one.id == "suspect" and one.cells == ("E10",)]
    assert base.expected == "23.147–23.152", "the last place may be rounded or cut"
    assert suggestion(base).startswith("B01!E10=231")


def test_v29_with_men_and_women_the_members_are_the_one_cell_that_is_wrong() -> None:
    parts = {"B01.sl_dv_nam.tong": 9000, "B01.sl_dv_nu.tong": 14_150}
    findings = built({**MEMBERS_OF_2021, **parts, "B01.sl_doan_vien.tong": 21_350})
    assert proposed(findings, "B01-E01") == proposed(findings, "B01-E20") == ["B01!E10=23150"]
    right = built({**MEMBERS_OF_2021, **parts, "B01.sl_doan_vien.tong": 23_150})
    assert {finding.severity for finding in right} == {"info"}


def test_v31_figures_as_of_another_day(demo: Demo) -> None:
    (finding,) = found(demo, "2023-Q3", PROVINCE, "cut-off-differs")
    assert (finding.severity, finding.sheet, finding.value, finding.expected) == (
        *("soft", "THONG_TIN", "31/05/2023", "01/09/2023"),
    )
    assert finding.cells == ("C13",)
