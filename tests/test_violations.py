"""The faults of the real reports by their numbers, found in the demo's runs at their cells.

Those that a single edit shows are beside the edits (``test_form_b0*.py``) and the settings (``test_settings.py``).
No form can see: 10, 14 and 23 (each figure is asked once, with its base), 11, 26, 33 and 34 (they are words), 18 (no
form asks for a rate).
"""

from __future__ import annotations

import pytest

from pipeline.demo import Demo
from pipeline.demo_figures import read_printed
from pipeline.demo_returns import CLINIC, HEALTH, PROVINCE, REAL
from pipeline.findings import Finding
from pipeline.messages import message
from schemas.form import Key


def found(demo: Demo, period: str, unit: str, finding_id: str) -> list[Finding]:
    return [finding for finding in demo.runs[period].findings_of(unit) if finding.id == finding_id]


def test_v01_a_lost_decimal_comma_is_named_with_the_right_number(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "lost-comma")
    assert (finding.severity, finding.cells, finding.value, finding.expected) == ("hard", ("G18",), "027%", "0,27")


def test_v02_two_figures_for_one_thing_stand_in_both_forms(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "B03-E02")
    assert (finding.value, finding.expected, len(finding.cells)) == ("29", "31", 2)


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


def test_v08_percentages_that_make_99_98_are_a_note(demo: Demo) -> None:
    assert {f.severity for f in found(demo, "2020", HEALTH, "percent-sum")} == {"info"}


def test_v09_persons_and_money_of_one_row_are_asked_for_together(demo: Demo) -> None:
    entries = demo.results.by_unit[HEALTH].entries
    gifts, money = (entries[Key("B02", "cs_q_khac", code)].value for code in ("so_suat", "so_tien"))
    assert (gifts, money) == (137, 1_384_359_500)


def test_v12_a_share_that_is_not_of_this_province(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "B01-S06")
    assert (finding.severity, finding.value) == ("soft", "124 / 2.918 = 0,0425")


def test_v13_a_target_of_zero_that_was_worked_on(demo: Demo) -> None:
    (finding,) = found(demo, "2020", HEALTH, "target-zero")
    assert (finding.severity, finding.value) == ("soft", "29")


def test_v15_one_truncated_percentage_among_rounded_ones(demo: Demo) -> None:
    (finding,) = found(demo, "2024", CLINIC, "percent-truncated")
    assert (finding.severity, finding.value, finding.expected) == ("info", "99,6", "99,7")
    assert not found(demo, "2024", CLINIC, "percent-mixed")


def test_v16_each_percentage_is_held_at_its_own_precision(demo: Demo) -> None:
    printed = {one.typed for one in read_printed(REAL[CLINIC, "2024"]) if one.key and one.key.measure == "ty_le"}
    assert printed >= {"0,65 %", "16,9%", "13%"}
    assert not found(demo, "2024", CLINIC, "B01-E20")


def test_v17_percentages_that_make_100_1_are_a_note(demo: Demo) -> None:
    (finding,) = found(demo, "2024", CLINIC, "percent-sum")
    assert (finding.severity, finding.value.endswith("= 100,1")) == ("info", True)


def test_v19_the_unit_stands_in_the_form_and_another_one_is_refused(demo: Demo) -> None:
    cells = demo.runs["2024"].owed.forms.cells
    assert cells[Key("B02", "cs_quytuongho_tien", "ky_nay")].unit == "đồng"
    (finding,) = found(demo, "2020", "LC-05", "unit-differs")
    assert finding.value == "380.100.000đ"


def test_v20_a_verdict_is_recomputed(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-08", "verdict-differs")
    assert (finding.severity, finding.value, finding.expected) == ("hard", "Không đạt", "Đạt")


def test_v21_items_that_do_not_make_the_total_printed(demo: Demo) -> None:
    missing = {finding.measure: message(finding) for finding in found(demo, "2021", PROVINCE, "undecided")}
    assert "488.000.000" in missing["so_tien"]
    (typed,) = found(demo, "2020", "LC-05", "derived-differs")
    assert (typed.severity, typed.value) == ("hard", "9.999")


def test_v22_more_unions_active_than_there_are(demo: Demo) -> None:
    (finding,) = found(demo, "2021", PROVINCE, "B02-S41")
    assert (finding.severity, finding.value, finding.expected) == ("soft", "782", "779")


def test_v24_unions_that_no_conference_covers(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-04", "B02-S13")
    assert "lệch 31" in message(finding)


def test_v25_a_target_typed_for_a_population(demo: Demo) -> None:
    shown = {(finding.value, finding.expected) for finding in found(demo, "2020", "LC-03", "B02-E14")}
    assert shown == {("4", "3")}


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
    assert (finding.severity, finding.value.endswith("= 0")) == ("soft", True)


def test_v29_v30_a_share_is_of_members_and_must_follow_from_the_counts(demo: Demo) -> None:
    (finding,) = found(demo, "2020", "LC-08", "B01-E20")
    assert (finding.severity, finding.value) == ("hard", "27,5%")
    assert finding.expected not in ("", "27,50")
    (typed,) = [one for one in read_printed(REAL[PROVINCE, "2021"]) if one.key == Key("B01", "pt_pmqldv_dv", "ty_le")]
    assert typed.typed == "79,38%"


def test_v31_figures_as_of_another_day(demo: Demo) -> None:
    (finding,) = found(demo, "2023-Q3", PROVINCE, "cut-off-differs")
    assert (finding.severity, finding.sheet, finding.value, finding.expected) == (
        *("soft", "THONG_TIN", "31/05/2023", "01/09/2023"),
    )
