from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from builders import YEAR, edit, figures_of, form, key, load, only, row, sent, workspace
from lists import deliver

from pipeline import run
from pipeline.figures import certain, number_cells
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.reconcile import judge_all
from pipeline.reconcile_swaps import reconcile_swaps
from pipeline.verdicts import checks_of
from schemas.edit import Ref
from schemas.form import Forms

MEASURES = """
measures = [
  { code = "ky_nay", label = "Kỳ này", en = "This period", type = "count" },
  { code = "luy_ke", label = "Lũy kế", en = "YTD", type = "count", cumulative = true, link = "prev(luy_ke) + ky_nay" },
  { code = "cap_minh", label = "Cấp mình", en = "Own part", type = "count", required = false },
  { code = "ghi_chu", label = "Ghi chú", en = "Note", type = "text", required = false },
]"""
ROWS = ("ct", "ct_a", "ct_b", "nu", "dang", "tre", "khac", "xa", "gan", "them")
EDITS = (
    edit("ct_a + ct_b == ct", id='"X-1"', measures='["ky_nay"]', label='"Hai phần"'),
    edit("nu + dang == tre", id='"X-2"', measures='["ky_nay"]', label='"Phần khác"'),
    edit("cap_minh <= ky_nay", id='"X-3"', rows='["ct", "ct_a", "ct_b", "nu"]', label='"Phần mình"'),
    edit("luy_ke == prev(luy_ke) + ky_nay", id='"X-4"', rows='["ct", "ct_a", "nu"]', label='"Lũy kế"'),
    edit("tong_hop == ct_a + khac", id='"X-5"', measures='["ky_nay"]', label='"Tổng hợp"'),
)
DERIVED = row("tong_hop", derived='"ct_a + khac"', measures='["ky_nay"]')
RIGHT = dict(zip(ROWS, (300, 170, 130, 44, 21, 65, 512, 901, 77, 803), strict=True))


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("f"), form(*map(row, ROWS), DERIVED, edits=EDITS, measures=MEASURES))


def found(forms: Forms, said: Mapping[str, int], own: Mapping[str, int] | None = None, **more: int) -> list[Finding]:
    cells = {f"X01.{code}.ky_nay": value for code, value in said.items()}
    cells |= {f"X01.{code}.cap_minh": value for code, value in (own or {}).items()}
    submission = sent(forms, "U1", cells | {f"X01.{code}.luy_ke": value for code, value in more.items()})
    constants = {"U1": {Ref("prev", "X01", code, "luy_ke"): 1000.0 for code in ROWS}}
    figures = figures_of(forms, [submission])
    linked = figures.with_values(figures.values.copy())
    for code in ROWS:
        at, now = key(f"X01.{code}.luy_ke"), figures.of("U1", key(f"X01.{code}.ky_nay"))
        if code not in more and now is not None:
            linked.values[0, linked.column[at]] = now + 1000
    judged = judge_all(checks_of(forms), certain(linked, number_cells(forms), (), linked), constants)
    return reconcile_swaps(judged, [submission], linked, forms)


def exchanged(a: str, b: str) -> dict[str, int]:
    return RIGHT | {a: RIGHT[b], b: RIGHT[a]}


def test_right_figures_raise_no_doubt(forms: Forms) -> None:
    assert found(forms, RIGHT) == []
    assert found(forms, exchanged("ct_a", "ct_b")) == [], "no edit tells"


def test_two_rows_of_two_edits_that_changed_places_are_named(forms: Forms) -> None:
    made = only(found(forms, exchanged("ct_b", "nu")), "swapped-rows")
    assert (made.severity, made.unit, made.sheet, made.form) == ("soft", "U1", "X01", "X01")
    assert (made.cells, made.indicator, made.measure) == (("E11", "E12"), "ct_b", "ky_nay")
    assert "“Dòng ct_b” (44) và “Dòng nu” (130)" in message(made)
    assert "Hai phần; Phần khác" in message(made)
    assert "“Row ct_b” (44) and “Row nu” (130)" in message(made, "en")


def test_a_run_names_them_beside_what_fails(forms: Forms, tmp_path: Path) -> None:
    place = workspace(tmp_path, forms)
    said = {f"X01.{code}.ky_nay": value for code, value in exchanged("ct_b", "nu").items()}
    deliver(place, "U1", said)
    results = run.consolidate(place, YEAR, write=False)
    assert only(results.findings, "swapped-rows").file == results.by_unit["U1"].file
    assert {finding.id for finding in results.findings if finding.severity == "hard"} == {"X-1", "X-2"}


def test_rows_far_apart_are_named_when_two_edits_tell(forms: Forms) -> None:
    assert "“Dòng ct” (65) và “Dòng tre” (300)" in message(only(found(forms, exchanged("ct", "tre")), "swapped-rows"))


def test_one_edit_tells_only_of_rows_that_stand_near(forms: Forms) -> None:
    assert "“Dòng tre” (512) và “Dòng khac” (65)" in message(
        only(found(forms, exchanged("tre", "khac")), "swapped-rows")
    )
    assert found(forms, exchanged("ct_a", "them")) == []


def test_a_mistyped_figure_is_no_exchange(forms: Forms) -> None:
    assert found(forms, RIGHT | {"ct_a": 107}) == []
    assert found(forms, RIGHT | {"ct_b": 44}) == [], "one of them was only repeated"


def test_an_exchange_that_breaks_another_edit_is_none(forms: Forms) -> None:
    own = {"ct_b": 100}
    assert found(forms, RIGHT | {"ct_a": 171, "ct": 300, "nu": 129, "dang": 21, "tre": 65}, own) == []


def test_what_follows_the_figures_follows_the_exchange(forms: Forms) -> None:
    """The linked and derived cells were worked out from the exchanged figures."""
    assert "“Dòng ct_a” (44) và “Dòng nu” (170)" in message(only(found(forms, exchanged("ct_a", "nu")), "swapped-rows"))


def test_a_running_total_that_was_typed_right_speaks_for_it(forms: Forms) -> None:
    typed_right = found(forms, exchanged("ct_a", "nu"), ct_a=1000 + RIGHT["ct_a"], nu=1000 + RIGHT["nu"])
    assert "Lũy kế" in message(only(typed_right, "swapped-rows"))


def test_two_columns_that_changed_places_are_named(forms: Forms) -> None:
    own = {"ct": 100, "ct_a": 60, "ct_b": 40, "nu": 14, "dang": 7, "tre": 21}
    made = only(found(forms, own, RIGHT), "swapped-columns")
    assert "“Kỳ này” và “Cấp mình”" in message(made)
    assert "“This period” and “Own part”" in message(made, "en")
    assert "Phần mình" in message(made)
    assert len(made.cells) == 8


def test_one_row_in_the_wrong_order_is_no_exchange_of_columns(forms: Forms) -> None:
    own = {"ct": 100, "ct_a": 60, "ct_b": 40, "nu": 50}
    assert [finding.id for finding in found(forms, RIGHT, own)] == []


def test_what_many_exchanges_would_mend_is_evidence_of_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    rule = edit("a == z", id='"X-1"', measures='["ky_nay"]')
    forms = load(tmp_path_factory.mktemp("f"), form(*map(row, "bacxdze"), edits=[rule], measures=MEASURES))
    tied = dict(zip("bacxdze", (5, 99, 5, 1, 99, 5, 70), strict=True))
    made = only(found_in(forms, tied), "swapped-rows")
    assert message(made).count(" hoặc ") == 2
    assert found_in(forms, tied | {"e": 99}) == []
    few = dict(zip("bacxdze", (5, 9, 30, 1, 40, 5, 70), strict=True))
    assert found_in(forms, few) == [], "off by so little, it is chance"


def test_either_of_two_exchanges_and_two_faults_are_told_apart(tmp_path_factory: pytest.TempPathFactory) -> None:
    rules = [edit(f"{a} == {b}", id=f'"X-{a}"', measures='["ky_nay"]') for a, b in ("az", "ey", "bw", "cv")]
    forms = load(tmp_path_factory.mktemp("f"), form(*map(row, "azeybwcv"), edits=rules, measures=MEASURES))
    first, second = found_in(forms, dict(zip("azeybwcv", (10, 44, 44, 10, 700, 300, 300, 700), strict=True)))
    assert "“Dòng a” (10) và “Dòng e” (44) hoặc “Dòng z” (44) và “Dòng y” (10)" in message(first)
    assert "“Dòng b” (700) và “Dòng c” (300) hoặc “Dòng w” (300) và “Dòng v” (700)" in message(second)


def found_in(forms: Forms, said: Mapping[str, int]) -> list[Finding]:
    submission = sent(forms, "U1", {f"X01.{code}.ky_nay": value for code, value in said.items()})
    figures = figures_of(forms, [submission])
    judged = judge_all(checks_of(forms), certain(figures, number_cells(forms)), {})
    return reconcile_swaps(judged, [submission], figures, forms)
