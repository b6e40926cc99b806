"""Ratios of a unit that its peers do not have: what is compared, with whom, and what is not worth a question."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from builders import YEAR, edit, figures_of, form, ids, load, only, package, row, sent, unit, workspace
from hypothesis import given, settings
from hypothesis import strategies as st
from lists import COLUMNS, UNIQUE, list_form

from pipeline import reconcile_peers as peers
from pipeline import run
from pipeline.demo import Demo
from pipeline.findings import Finding
from pipeline.messages import message
from pipeline.obligations import obligations
from pipeline.reconcile_peers import reconcile_peers
from pipeline.reconcile_ratios import Ratio, ratios_of
from pipeline.run_judge import Before, judge
from pipeline.submission import Entry, Item, Submission, TablePlace
from schemas.form import Forms, Key
from schemas.load import load_forms
from schemas.tree import Unit

MEASURES = """
measures = [
  { code = "so", label = "Số", en = "Number", type = "count" },
  { code = "tien", label = "Tiền", en = "Money", type = "money", required = false },
  { code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, required = false, compute = "so / ca[so]" },
]"""
CODES = [f"C{i:02}" for i in range(11)]
TREE = (unit("P", "province"), *(unit(code, "upper", "P") for code in CODES))
Figures = Mapping[str, Mapping[str, float]]
SO = '["so"]'
CELLS = ("ca_so", "nu_so", "ld_so", "qua_so", "qua_tien", "luong_so")


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Forms:
    rows = (
        *(row("ca", measures=SO), row("nu", measures='["so", "ty_le"]'), row("ld", measures=SO)),
        row("qua", measures='["so", "tien"]'),
        row("luong", measures=SO, type='"average"', rollup='"WAVG"', weight='"ca"', required="false"),
    )
    edits = [
        edit("ca[so] <= ld[so]", id='"X-1"'),
        edit("1 <= tien / so <= 100_000_000", id='"X-2"', severity='"soft"', rows='["qua"]'),
        edit("0.1 <= nu[so] / ca[so]", id='"X-3"', severity='"soft"'),
        edit("nu[ty_le] <= ld[so]", id='"X-4"', severity='"soft"'),
    ]
    return load(tmp_path_factory.mktemp("forms"), form(*rows, edits=edits, measures=MEASURES))


def alike(codes: Sequence[str] = CODES) -> dict[str, dict[str, float]]:
    """Units of many sizes, six in ten of whose members are women, nine in ten of whose employees are members."""
    chance = random.Random(1)
    found = {}
    for i, code in enumerate(codes):
        members = 200 * (1 + i % 5) + chance.randint(0, 99)
        gifts = 20 + chance.randint(0, 30)
        said = {
            "ca.so": members,
            "nu.so": round(members * chance.uniform(0.55, 0.65)),
            "ld.so": round(members / chance.uniform(0.86, 0.94)),
            "qua.so": gifts,
            "qua.tien": gifts * chance.randint(450_000, 550_000),
            "luong.so": chance.randint(6_000_000, 7_000_000),
        }
        found[code] = {f"X01.{cell}": float(value) for cell, value in said.items()}
    return found


def typed(now: Figures, code: str, **figures: float) -> dict[str, dict[str, float]]:
    """The same but for the figures of one unit; ``nu_so`` is row nu, measure so."""
    own = {f"X01.{name.replace('_', '.', 1)}": float(value) for name, value in figures.items()}
    return {one: {**said, **own} if one == code else dict(said) for one, said in now.items()}


def found(forms: Forms, now: Figures, *, told: Sequence[Finding] = (), units: tuple[Unit, ...] = TREE) -> list[Finding]:
    owed = obligations(workspace(Path(), forms, units=units, senders=("upper", "grassroots")), YEAR)
    returns = [sent(forms, code, said) for code, said in now.items()]
    return reconcile_peers(returns, owed, figures_of(forms, returns), told)


def test_a_share_that_no_peer_has_is_one_soft_finding_with_its_evidence(forms: Forms) -> None:
    finding = only(found(forms, typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100)), "peers-differ")
    assert (finding.severity, finding.unit, finding.form, finding.value) == ("soft", "C04", "X01", "12,0 %")
    assert finding.cells == ("E10", "E9"), "the part, then what it is a part of"
    low, _, high = finding.expected.partition("–")
    assert 54 < float(low[:4].replace(",", ".")) < float(high[:4].replace(",", ".")) < 66
    assert "Dòng nu / Dòng ca = 12,0 % (120 / 1.000); trung vị của 11 đơn vị là" in message(finding)
    assert "Row nu / Row ca = 12.0 % (120 / 1,000); of 11 units the median is" in message(finding, "en")


@settings(max_examples=30, deadline=None)
@given(
    st.dictionaries(st.sampled_from(CODES), st.dictionaries(st.sampled_from(CELLS), st.integers(0, 5_000)), max_size=4),
    st.integers(1, 60),
)
def test_ratios_looked_at_some_at_a_time_say_the_same(
    forms: Forms, odd: dict[str, dict[str, int]], at_a_time: int
) -> None:
    now = alike()
    for code, figures in odd.items():
        now = typed(now, code, **figures)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peers, "_AT_A_TIME", 10**9)
        whole = found(forms, now)
        patch.setattr(peers, "_AT_A_TIME", at_a_time)
        assert found(forms, now) == whole


def test_units_that_are_alike_are_not_asked(forms: Forms) -> None:
    assert found(forms, alike()) == []
    assert found(forms, {code: dict(alike()["C00"]) for code in CODES}) == []


@pytest.mark.parametrize("women", [0, 100, 970, 1000])
def test_all_and_none_are_as_far_from_the_middle_as_few_and_nearly_all(forms: Forms, women: float) -> None:
    assert ids(found(forms, typed(alike(), "C04", ca_so=1000, nu_so=women, ld_so=1100))) == ["peers-differ"]


@pytest.mark.parametrize(
    ("figures", "value"),
    [
        ({"qua_so": 30, "qua_tien": 210_000_000}, "7.000.000"),
        ({"qua_so": 300, "qua_tien": 15_000_000}, "50.000"),
        ({"luong_so": 70_000_000}, "70.000.000"),
        ({"luong_so": 650_000}, "650.000"),
        ({"ca_so": 200, "nu_so": 120, "ld_so": 900}, "22,2 %"),
    ],
)
def test_money_for_each_averages_and_a_part_of_another_row_are_ratios(
    forms: Forms, figures: Mapping[str, float], value: str
) -> None:
    assert only(found(forms, typed(alike(), "C04", **figures)), "peers-differ").value == value


def test_several_ratios_of_a_unit_are_one_finding_the_farthest_first(forms: Forms) -> None:
    now = typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100, luong_so=650_000_000)
    finding = only(found(forms, now), "peers-differ")
    assert (finding.params["count"], finding.cells) == (2, ("E13", "E10", "E9"))


@pytest.mark.parametrize(
    "figures",
    [
        {"luong_so": 50_000_000},
        {"qua_so": 1, "qua_tien": 9_000_000},
        {"ca_so": 25, "nu_so": 1, "ld_so": 28},
        {"ca_so": 1000, "nu_so": 510, "ld_so": 1100},
    ],
)
def test_less_than_ten_times_and_what_is_little_is_no_question(forms: Forms, figures: Mapping[str, float]) -> None:
    assert found(forms, typed(alike(), "C04", **figures)) == []


def test_where_peers_differ_widely_there_is_no_alarm(forms: Forms) -> None:
    now = alike()
    for i, code in enumerate(CODES):
        now = typed(now, code, luong_so=6_000_000 * 3.0 ** (i % 5 - 2))
    assert found(forms, typed(now, "C04", luong_so=90_000_000)) == []


def test_a_long_tail_above_does_not_excuse_what_lies_far_below(forms: Forms) -> None:
    now = alike()
    for i, code in enumerate(CODES):
        now = typed(now, code, luong_so=6_000_000 * (1 + 0.01 * i if i < 6 else 2.0 ** (i - 4)))
    assert found(forms, now) == []
    assert only(found(forms, typed(now, "C04", luong_so=600_000)), "peers-differ").unit == "C04"


def test_where_most_have_nothing_to_have_something_is_no_alarm(forms: Forms) -> None:
    now = alike()
    for code in CODES[:7]:
        now = typed(now, code, nu_so=0)
    assert found(forms, now) == []


def test_few_units_tell_nothing_and_those_of_another_level_neither(forms: Forms) -> None:
    odd = typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100)
    for count, alarm in ((7, False), (8, True)):
        assert bool(found(forms, dict(list(odd.items())[:count]))) == alarm
    below = (*TREE[:6], *(unit(code, "grassroots", "P") for code in CODES[5:]))
    assert found(forms, odd, units=below) == []


def test_units_of_a_sector_are_peers_where_there_are_enough(forms: Forms) -> None:
    codes = [f"G{i:02}" for i in range(46)]
    sector = {code: "hcsn" if i < 24 else "dn_nnn" for i, code in enumerate(codes)}
    units = (unit("P", "province"), *(unit(code, "grassroots", "P", sector=sector[code]) for code in codes))
    now = alike(codes)
    for code in codes[24:]:
        now = typed(now, code, luong_so=75_000_000)
    assert found(forms, now, units=units) == []
    finding = only(found(forms, typed(now, "G03", luong_so=75_000_000), units=units), "peers-differ")
    assert "trung vị của 24 đơn vị cùng loại hình" in message(finding)
    few = tuple(replace(one, sector="htx") if one.code in codes[:5] else one for one in units)
    assert found(forms, typed(now, "G03", luong_so=75_000_000), units=few) == [], "five are held against all"


def test_a_figure_that_is_missing_has_no_ratio(forms: Forms) -> None:
    now = typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100)
    for cell in ("X01.nu.so", "X01.ca.so"):
        assert found(forms, {**now, "C04": {c: v for c, v in now["C04"].items() if c != cell}}) == []


def test_what_is_said_already_is_not_asked_again(forms: Forms) -> None:
    now = typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100)
    part, whole = (Finding("X-9", "hard", unit="C04", sheet="X01", cells=(cell,)) for cell in ("E10", "E9"))
    for told in (part, whole, replace(part, severity="soft"), replace(part, sheet="X02", cells=("A1", "X01!E10"))):
        assert found(forms, now, told=[told]) == []
    for told in (replace(whole, severity="soft"), replace(part, unit="C05"), replace(part, severity="info")):
        assert ids(found(forms, now, told=[told])) == ["peers-differ"]


@pytest.mark.parametrize("told", ["wrong-scale", "sent-under-another", "swapped-rows", "swapped-columns"])
def test_figures_that_are_elsewhere_or_in_another_unit_are_told_once(forms: Forms, told: str) -> None:
    now = typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100)
    assert found(forms, now, told=[Finding(told, "soft", unit="C04")]) == []


# Rows of a list.

ALONE = COLUMNS.replace(', child = "X01.ca[tong]"', "")


def items(forms: Forms, code: str, rows: Mapping[str, tuple[float, float]]) -> Submission:
    """A return of nothing but a list: employees and members of each union."""
    made = []
    for at, (name, (employees, members)) in enumerate(rows.items(), start=5):
        said = {"so_ld": ("H", employees), "so_dv": ("I", members)}
        entries = {
            measure: Entry(Key("L01", name, measure), "L01", f"{letter}{at + 1}", value, value)
            for measure, (letter, value) in said.items()
        }
        made.append(Item(name, name, "L01", at, entries))
    place = TablePlace("L01", {item.id: item.row for item in made}, {"so_ld": 7, "so_dv": 8})
    return sent(forms, code, {}, items={"L01": tuple(made)}, tables={"L01": (place,)})


def test_a_row_of_a_list_is_held_against_the_rows_of_all_lists(tmp_path: Path) -> None:
    listed = load(tmp_path, list_form(UNIQUE, edit("so_dv <= so_ld", id='"L-1"'), columns=ALONE))
    below = {code: [f"{code}-{i:02}" for i in range(12)] for code in ("U1", "U2")}
    units = (
        *(unit("P", "province"), unit("U1", "upper", "P"), unit("U2", "upper", "P")),
        *(unit(name, "grassroots", code, sector="hcsn") for code, names in below.items() for name in names),
    )
    rows = {code: {name: (100.0 + i, 88.0 + i) for i, name in enumerate(names)} for code, names in below.items()}
    owed = obligations(workspace(Path(), listed, units=units), YEAR)

    def asked() -> list[Finding]:
        returns = [items(listed, code, own) for code, own in rows.items()]
        return reconcile_peers(returns, owed, figures_of(listed, returns))

    assert asked() == []
    rows["U2"]["U2-07"] = (400.0, 95.0)
    finding = only(asked(), "peers-differ")
    assert (finding.unit, finding.form, finding.cells) == ("U2", "L01", ("I13", "H13"))
    assert "U2-07: Số đoàn viên / Số lao động = 23,8 % (95 / 400); trung vị của 24 đơn vị cùng loại" in message(finding)


# The forms themselves, and whole runs.


def test_the_forms_declare_what_is_compared() -> None:
    ratios = set(ratios_of(load_forms(sorted(Path("schemas/forms").glob("*.toml")))))
    members, employees = (Key("B01", code, "tong") for code in ("sl_doan_vien", "sl_cnvcld"))
    gifts = {measure: Key("B02", "cs_q_tsv", measure) for measure in ("so_tien", "so_suat")}
    assert ratios >= {
        Ratio(Key("B01", "sl_dv_nu", "tong"), members),
        Ratio(members, employees),
        Ratio(Key("B01", "qh_thunhap", "tong"), None),
        Ratio(gifts["so_tien"], gifts["so_suat"]),
        Ratio(Key("B04", "", "so_dv"), Key("B04", "", "so_ld")),
    }
    assert not [one for one in ratios if one.part.form == "B03"], "targets are judged by verdicts"
    assert not [one for one in ratios if one.part.measure in ("cap_minh", "luy_ke") and one.whole == one.part]


def test_a_percentage_that_is_worked_out_is_no_figure_to_divide(forms: Forms) -> None:
    rows = [(ratio.part.indicator, ratio.whole and ratio.whole.indicator) for ratio in ratios_of(forms)]
    assert rows == [("nu", "ca"), ("luong", None), ("ca", "ld"), ("qua", "qua")]


def test_a_run_asks_about_a_planted_ratio_and_of_the_demo_next_to_nothing(demo: Demo) -> None:
    said = [f for results in demo.runs.values() for f in results.findings if f.id == "peers-differ"]
    assert len(said) <= 4
    results = demo.runs["2020"]
    minority, printed = (Key("B01", "sl_dtts", measure) for measure in ("tong", "ty_le"))

    def planted(one: Submission) -> Submission:
        if one.unit != "LC-02":
            return one
        higher = one.entries[minority]._replace(value=2060.0)
        return replace(one, entries=one.entries.changed({minority: higher}, [printed]))

    fresh = [planted(replace(one, findings=())) for one in results.submissions]
    asked = judge(results.owed, fresh, Before({}, {})).findings  # of a year ago it would be a change
    assert [f.unit for f in asked if f.id == "peers-differ" and f.indicator == "sl_dtts"] == ["LC-02"]


def test_a_return_that_only_differs_from_its_peers_is_queried(forms: Forms, tmp_path: Path) -> None:
    place = workspace(tmp_path, forms, units=TREE)
    for code, said in typed(alike(), "C04", ca_so=1000, nu_so=120, ld_so=1100).items():
        package(place.inbox(YEAR) / f"{code}.xlsx", place, code, said)
    results = run.consolidate(place, write=False)
    assert only(results.findings, "peers-differ").unit == "C04"
    assert (results.by_unit["C04"].status, results.by_unit["C05"].status) == ("queried", "accepted")
