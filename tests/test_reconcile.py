from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import (
    RECEIVED,
    TARGETS,
    YEAR,
    edit,
    figures_of,
    form,
    ids,
    key,
    load,
    only,
    package,
    row,
    sent,
    target,
    workspace,
)

import schemas
from pipeline import run
from pipeline.consolidate import consolidate
from pipeline.contents import constants_of
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.reconcile import judge_all, reconcile
from pipeline.reconcile_tree import reconcile_levels, reconcile_returns
from pipeline.submission import Submission
from pipeline.verdicts import checks_of
from schemas.edit import Ref
from schemas.form import Forms
from schemas.load import load_forms
from schemas.period import Period

BOTH = ("upper", "grassroots")
EDITS = (
    edit("nam + nu == ca", id='"X-1"', label='"Nam + nữ = cả"'),
    edit("dau == prev(ca)", id='"X-2"'),
    edit("0.1 <= nu / ca <= 0.9", id='"S-1"', severity='"soft"'),
    edit("change(ca) <= 0.15", id='"S-2"', severity='"soft"'),
    edit("so == register(grassroots)", id='"S-3"', severity='"soft"'),
    edit("each(nam, nu) <= ca", id='"X-3"'),
)
ROWS = (row("ca"), row("nam"), row("nu"), row("dau"), row("so", rollup='"REG"', register='"grassroots"'))
OF_LAST_YEAR = Ref("prev", "X01", "ca", "tong")
Constants = Mapping[str, Mapping[Ref, float]]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    return load(tmp_path_factory.mktemp("forms"), form(*ROWS, edits=EDITS))


def found(forms: Forms, *submissions: Submission, constants: Constants | None = None) -> list[Finding]:
    judged = judge_all(checks_of(forms), figures_of(forms, submissions), constants or {})
    return reconcile(judged, submissions, forms)


def one(forms: Forms, constants: Constants | None = None, /, **figures: object) -> list[Finding]:
    typed = {f"X01.{code}.tong": figure for code, figure in figures.items()}
    return found(forms, sent(forms, "U1", typed), constants=constants)


# Inside a form and across forms.


def test_a_failed_edit_is_one_finding_with_its_cells_and_both_sides(forms: Forms) -> None:
    [finding] = one(forms, ca=300, nam=120, nu=190)
    assert (finding.id, finding.severity, finding.value, finding.expected) == ("X-1", "hard", "310", "300")
    assert (finding.unit, finding.file, finding.sheet) == ("U1", "inbox/2020/U1.xlsx", "X01")
    assert finding.cells == ("E10", "E11", "E9")
    assert "Nam + nữ = cả: 120 + 190 = 310, khác 300 (lệch 10)" in message(finding)


def test_an_edit_over_several_rows_names_the_row(forms: Forms) -> None:
    finding = only(one(forms, ca=100, nu=101), "X-3")
    assert finding.cells == ("E11", "E9")
    assert "Dòng nu" in message(finding)


def test_units_are_judged_each_by_its_own_figures(forms: Forms) -> None:
    good = {"X01.ca.tong": 10, "X01.nam.tong": 5, "X01.nu.tong": 5}
    pair = [sent(forms, "U1", good), sent(forms, "U2", good | {"X01.nu.tong": 6})]
    assert [(f.unit, f.id) for f in found(forms, *pair)] == [("U2", "X-1")]


@pytest.fixture(scope="module")
def shipped() -> Forms:
    return load_forms((Path(schemas.__file__).parent / "forms").glob("*.toml"))


def admissions(shipped: Forms, **figures: object) -> list[Finding]:
    cells = {"there": "B01.pt_ketnap.tong", "here": "B03.ct_02.thuc_hien"}
    submission = sent(shipped, "U1", {cells[name]: figure for name, figure in figures.items()})
    return [finding for finding in found(shipped, submission) if finding.id == "B03-E02"]


def test_the_same_figure_in_two_forms_must_agree(shipped: Forms) -> None:
    [finding] = admissions(shipped, here=29, there=31)
    assert (finding.value, finding.expected, finding.severity) == ("29", "31", "hard")
    assert finding.form == finding.sheet == "B03"
    assert len(finding.cells) == 2
    assert finding.cells[1].startswith("B01!E")
    assert admissions(shipped, here=31, there=31) == []


def test_an_empty_linked_cell_means_the_linked_figure_and_a_refused_one_stays_missing(shipped: Forms) -> None:
    assert admissions(shipped, there=31) == []
    assert admissions(shipped, here="khoảng 29", there=31) == []
    pair = [sent(shipped, "U1", {"B01.pt_ketnap.tong": 31})]
    pair.append(sent(shipped, "U2", {"B01.pt_ketnap.tong": 31, "B03.ct_02.thuc_hien": "khoảng 29"}))
    figures = figures_of(shipped, pair)
    assert figures.of("U1", key("B03.ct_02.thuc_hien")) == 31
    assert figures.of("U2", key("B03.ct_02.thuc_hien")) is None


def test_a_blank_part_is_zero_when_the_others_make_the_whole(forms: Forms) -> None:
    [finding] = [f for f in one(forms, ca=300, nam=300) if f.id == "implied-zero"]
    assert (finding.severity, finding.value, finding.expected) == ("info", "300", "300")
    assert not [f for f in one(forms, ca=300, nam=300) if f.id == "X-1"]


def test_a_blank_part_leaves_undecided_what_is_missing(forms: Forms) -> None:
    [finding] = one(forms, ca=300, nam=120)
    assert (finding.id, finding.severity, finding.params["gap"]) == ("undecided", "info", 180)
    assert "còn thiếu 180" in message(finding)


def test_parts_beyond_the_whole_fail_though_one_is_blank(forms: Forms) -> None:
    assert ids(one(forms, ca=300, nam=301)) == ["X-1", "X-3"]


def test_a_refused_part_is_missing_like_a_blank_one(forms: Forms) -> None:
    assert ids(one(forms, ca=300, nam=120, nu="khoảng 180")) == ["undecided"]


def test_without_figures_nothing_is_said(forms: Forms) -> None:
    assert one(forms, nam=120) == []
    assert one(forms, ca=120) == []


# Across periods, and against the register.


def test_the_opening_figure_is_last_periods_closing_one(forms: Forms) -> None:
    assert one(forms, {"U1": {OF_LAST_YEAR: 90}}, dau=90) == []
    finding = only(one(forms, {"U1": {OF_LAST_YEAR: 90}}, dau=91), "X-2")
    assert (finding.value, finding.expected, finding.cells) == ("91", "90", ("E12",))
    assert one(forms, {"U2": {OF_LAST_YEAR: 90}}, dau=91) == [], "what is not known decides nothing"


def test_a_soft_range_is_soft_and_says_what_it_is(forms: Forms) -> None:
    [finding] = one(forms, ca=100, nu=95, nam=5)
    assert (finding.id, finding.severity, finding.value) == ("S-1", "soft", "95 / 100 = 0,95")
    assert one(forms, ca=100, nu=90, nam=10) == []
    assert one(forms, ca=0, nu=0, nam=0) == []


def test_a_change_is_against_the_same_period_a_year_before(forms: Forms) -> None:
    then = {"U1": {Ref("year_ago", "X01", "ca", "tong"): 100.0}}
    assert one(forms, then, ca=115) == []
    assert ids(one(forms, then, ca=116)) == ["S-2"]
    assert ids(one(forms, then, ca=84)) == ["S-2"]
    assert one(forms, ca=500) == []


def test_a_count_that_differs_from_the_register_is_soft(forms: Forms) -> None:
    place = workspace(Path(), forms)
    owed = obligations(place, YEAR)
    constants = {"U1": constants_of(owed, owed.tree.unit("U1"), {}, {})}
    assert one(forms, constants, so=2) == []
    [finding] = one(forms, constants, so=3)
    assert (finding.id, finding.severity, finding.value, finding.expected) == ("S-3", "soft", "3", "2")


BEFORE = Period.parse("2019")


def earlier_run(root: Path, forms: Forms) -> list[Finding]:
    place = workspace(root, forms, more=(BEFORE,))
    package(place.inbox(YEAR) / "nay.xlsx", place, "U1", {"X01.dau.tong": 91.0})
    return [finding for finding in run.consolidate(place, write=False).findings if finding.id in ("X-2", "S-2")]


def test_last_periods_figures_come_from_history(forms: Forms, tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    header = "period,unit,form,table,indicator,measure,value,text,status\n"
    lines = "2019,U1,X01,X01,ca,tong,90,,reported\n2019,U1,X01,X01,nam,tong,,x,reported\n"
    (tmp_path / "history" / "2019.csv").write_text("\ufeff" + header + lines, encoding="utf-8")
    [finding] = earlier_run(tmp_path, forms)
    assert (finding.id, finding.value, finding.expected) == ("X-2", "91", "90")


def test_last_periods_figures_come_from_its_inbox_before_history(forms: Forms, tmp_path: Path) -> None:
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "2019.csv").write_text("unit,form,indicator,measure,value\nU1,X01,ca,tong,90\n", "utf-8")
    place = workspace(tmp_path, forms, more=(BEFORE,))
    long_ago = datetime(2019, 12, 1, tzinfo=UTC)
    package(place.inbox(BEFORE) / "a.xlsx", place, "U1", {"X01.ca.tong": 80.0}, period=BEFORE, received=long_ago)
    [finding] = earlier_run(tmp_path, forms)
    assert (finding.id, finding.expected) == ("X-2", "80")


# Up the tree.


def levels(forms: Forms, figures: Mapping[str, int | str], senders: tuple[str, ...] = BOTH) -> list[Finding]:
    owed = obligations(workspace(Path(), forms, senders=senders), YEAR)
    submissions = [sent(forms, unit, {"X01.nam.tong": figure}) for unit, figure in figures.items()]
    rollup = consolidate(figures_of(forms, submissions), forms, owed)
    return reconcile_levels(rollup, submissions, owed, forms)


def test_a_gap_is_certain_when_every_child_has_the_figure(forms: Forms) -> None:
    [finding] = levels(forms, {"U1": 10, "G11": 3, "G12": 4})
    assert (finding.id, finding.severity, finding.unit) == ("children-differ", "hard", "U1")
    assert (finding.value, finding.expected, finding.cells) == ("10", "7", ("E10",))
    assert (finding.params["have"], finding.params["gap"]) == (2, "3")
    assert levels(forms, {"U1": 7, "G11": 3, "G12": 4}) == []


def test_a_gap_is_certain_when_the_children_exceed(forms: Forms) -> None:
    [finding] = levels(forms, {"U1": 2, "G11": 3})
    assert (finding.value, finding.expected) == ("2", "3")
    assert ids(levels(forms, {"U1": 2, "G11": 3}, senders=("upper",))) == ["children-differ"]


def test_what_the_missing_children_may_fill_is_unknown(forms: Forms) -> None:
    assert levels(forms, {"U1": 10, "G11": 3}) == []
    assert levels(forms, {"U1": 10, "G11": 3, "G12": "khoảng 4"}) == []
    assert levels(forms, {"U1": 10}) == []
    assert levels(forms, {"G11": 3, "G12": 4}) == []


def test_children_who_need_not_send_never_make_a_smaller_sum_certain(forms: Forms) -> None:
    assert levels(forms, {"U1": 10, "G11": 3, "G12": 4}, senders=("upper",)) == []


def test_a_child_who_need_not_send_does_not_stand_in_for_one_who_must(forms: Forms) -> None:
    assert levels(forms, {"P": 10, "U1": 3, "G0": 4}, senders=("upper",)) == []
    assert ids(levels(forms, {"P": 10, "U1": 3, "U2": 2, "G0": 4}, senders=("upper",))) == ["children-differ"]


def test_a_package_of_the_province_is_compared(forms: Forms) -> None:
    [finding] = levels(forms, {"P": 10, "U1": 3, "U2": 4}, senders=("upper",))
    assert (finding.unit, finding.value, finding.expected) == ("P", "10", "7")


def test_each_parent_is_compared_with_its_own_children(forms: Forms) -> None:
    gaps = levels(forms, {"U1": 1, "G11": 3, "U2": 1, "G21": 2})
    assert [(f.unit, f.expected) for f in gaps] == [("U1", "3"), ("U2", "2")]


# Who has sent.


def returns(forms: Forms, *submissions: Submission, senders: tuple[str, ...] = ("upper",)) -> list[Finding]:
    place = workspace(Path(), forms, senders=senders)
    return reconcile_returns(submissions, obligations(place, YEAR))


def test_only_senders_have_not_sent(forms: Forms) -> None:
    found = returns(forms, sent(forms, "U1", {}))
    assert [(f.id, f.unit, f.severity, f.expected) for f in found] == [("not-received", "U2", "info", "05/12/2020")]
    assert [f.unit for f in returns(forms, sent(forms, "U1", {}), senders=BOTH)] == ["U2", "G11", "G12", "G21", "G0"]


def test_only_senders_are_late_and_the_due_day_is_still_on_time(forms: Forms) -> None:
    # 5 December ends at 17:00 UTC.
    in_time, late = datetime(2020, 12, 5, 16, 59, 59, tzinfo=UTC), datetime(2020, 12, 5, 17, tzinfo=UTC)
    day = {"U1": in_time, "U2": late, "G11": late + timedelta(days=9)}
    [finding] = returns(forms, *(sent(forms, unit, {}, received_at=moment) for unit, moment in day.items()))
    assert (finding.id, finding.unit, finding.severity) == ("late", "U2", "info")
    assert (finding.value, finding.expected) == ("06/12/2020", "05/12/2020")


def test_a_package_of_another_version_is_a_note(forms: Forms) -> None:
    pair = [sent(forms, "U1", {}), sent(forms, "U2", {}, package_version="X01 0")]
    [finding] = returns(forms, *pair)
    assert (finding.id, finding.unit, finding.severity) == ("version-differs", "U2", "info")
    assert (finding.value, finding.expected) == ("X01 0", "X01 1")


def test_what_a_target_adds_to_a_package_is_owed_only_by_who_has_one(tmp_path: Path) -> None:
    given = form(row("ct"), id="X02", measures=TARGETS).replace("[[table]]", 'needs_target = ["grassroots"]\n[[table]]')
    forms = load(tmp_path, given)
    place = workspace(tmp_path, forms, senders=BOTH, targets=(target("G11", "ct", 3),))
    owed = obligations(place, YEAR)
    assert set(owed.owed) == {"U1", "U2", "G11"}
    missing = reconcile_returns([replace(sent(forms, "U1", {}), received_at=RECEIVED)], owed)
    assert [f.unit for f in missing] == ["U2", "G11"]


# In words.


def test_a_sum_is_told_with_its_factors_signs_and_constant(tmp_path: Path) -> None:
    rules = ("nam - 2 * nu + 5 == ca", "ca <= 40")
    edits = [edit(rule, id=f'"X-{i}"') for i, rule in enumerate(rules)]
    forms = load(tmp_path, form(*ROWS, edits=edits))
    findings = one(forms, ca=50, nam=100, nu=20)
    assert "100 − 2 × 20 + 5 = 65, khác 50 (lệch 15)" in message(only(findings, "X-0"))
    assert "50 lẽ ra không quá 40" in message(only(findings, "X-1"))


def test_what_is_taken_off_cannot_fill_a_gap(tmp_path: Path) -> None:
    forms = load(tmp_path, form(*ROWS, edits=(edit("nam - nu == ca"),)))
    assert one(forms, ca=50, nam=60) == [], "nu may be 10: nothing is missing from the sum"
    assert ids(one(forms, ca=50, nam=50)) == ["implied-zero"]
    assert ids(one(forms, ca=50, nam=40)) == ["X-1"]
