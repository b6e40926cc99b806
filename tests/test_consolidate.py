from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from builders import (
    MEASURES,
    ROLLED_UP,
    TARGETS,
    UNITS,
    YEAR,
    figures_of,
    form,
    key,
    load,
    package,
    row,
    sent,
    target,
    workspace,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import run
from pipeline.consolidate import consolidate
from pipeline.figures import Figures
from pipeline.init import init
from pipeline.obligations import Obligations, obligations, target_figures
from pipeline.rollup import Rollup
from pipeline.rows import rows_of
from pipeline.workspace import Workspace, open_workspace
from schemas.form import Key

Declared = Mapping[str, Mapping[str, float]]

BOTH = ("upper", "grassroots")
FORM = form(
    *ROLLED_UP,
    row("rieng", rollup='"NONE"', measures='["tong"]'),
)
GIVEN = form(row("ct"), id="X02", measures=TARGETS)
TYPED = [f"X01.{code}.tong" for code in ("ca", "nam", "nu", "tb", "dinh", "dem", "so", "rieng")]
RETURNING = ("U1", "U2", "G11", "G12", "G21", "G0", "P")
CHILDREN = {"P": ("U1", "U2", "G0"), "U1": ("G11", "G12"), "U2": ("G21",)}
UNIONS = {"P": 4, "U1": 2, "U2": 1}


@cache
def world(senders: tuple[str, ...] = BOTH) -> tuple[Workspace, Obligations]:
    targets = (target("P", "ct", 50), target("U1", "ct", 20), target("G0", "ct", 0))
    with TemporaryDirectory() as folder:
        forms = load(Path(folder), FORM, GIVEN)
    place = workspace(Path(folder), forms, senders=senders, targets=targets)
    return place, obligations(place, YEAR)


def rolled(declared: Declared, senders: tuple[str, ...] = BOTH, rejected: tuple[str, ...] = ()) -> Rollup:
    place, owed = world(senders)
    returns = [sent(place.forms, unit, figures) for unit, figures in declared.items()]
    figures = figures_of(place.forms, returns, target_figures(owed))
    return consolidate(figures, place.forms, owed, rejected)


def value(rollup: Rollup, unit: str, cell: str) -> float | None:
    return rollup.value.of(unit, key(cell))


def counted(rollup: Rollup, unit: str, cell: str) -> tuple[int, int]:
    i, j = rollup.at(unit, key(cell))
    return int(rollup.with_data[i, j]), int(rollup.expected[i, j])


# The same figures worked out a second time, one unit and one cell after the other.


def of_parts(figure: Callable[[Declared, str, str], float | None], declared: Declared, unit: str) -> float | None:
    parts = [figure(declared, unit, part) for part in ("X01.nam.tong", "X01.nu.tong")]
    known = [part for part in parts if part is not None]
    return sum(known) if known else None


def own(declared: Declared, unit: str, cell: str) -> float | None:
    return of_parts(own, declared, unit) if cell == "X01.hai.tong" else declared.get(unit, {}).get(cell)


def built(declared: Declared, unit: str, cell: str) -> float | None:
    code = cell.split(".")[1]
    if code == "hai":
        return of_parts(built, declared, unit)
    if code == "so":
        return UNIONS.get(unit)
    below = CHILDREN.get(unit, ())
    figures = [figure for child in below if (figure := node(declared, child, cell)) is not None]
    if code == "tb":
        pairs = [(node(declared, child, cell), node(declared, child, "X01.ca.tong")) for child in below]
        both = [(mean, weight) for mean, weight in pairs if mean is not None and weight is not None]
        weights = sum(weight for _, weight in both)
        return sum(mean * weight for mean, weight in both) / weights if weights else None
    if not figures or code == "rieng":
        return None
    if code == "dinh":
        return max(figures)
    return sum(figure > 0 for figure in figures) if code == "dem" else sum(figures)


def node(declared: Declared, unit: str, cell: str) -> float | None:
    if cell == "X01.hai.tong":
        return of_parts(node, declared, unit)
    said = own(declared, unit, cell)
    return built(declared, unit, cell) if said is None or unit == "P" else said


def share(declared: Declared, unit: str, code: str) -> float | None:
    pair = (f"X01.{code}.tong", "X01.ca.tong")
    part, whole = (node(declared, unit, cell) for cell in pair)
    if unit in CHILDREN and (unit == "P" or part is None or whole is None):
        pairs = [tuple(node(declared, child, cell) for cell in pair) for child in CHILDREN[unit]]
        both = [(part, whole) for part, whole in pairs if part is not None and whole is not None]
        part, whole = sum(part for part, _ in both), sum(whole for _, whole in both)
    return None if part is None or not whole else 100 * part / whole


FIGURES = st.dictionaries(st.sampled_from(TYPED), st.integers(0, 500), min_size=1)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(RETURNING), FIGURES), st.sampled_from([BOTH, ("upper",), ("grassroots",)]))
def test_every_method_agrees_with_a_second_computation(
    typed: dict[str, dict[str, int]], senders: tuple[str, ...]
) -> None:
    rollup = rolled(typed, senders)
    levels = {one.code: one.level for one in UNITS}
    for unit in RETURNING:
        for cell in [*TYPED, "X01.hai.tong"]:
            i, j = rollup.at(unit, key(cell))
            assert value(rollup, unit, cell) == pytest.approx(node(typed, unit, cell)), (unit, cell)
            said, made = own(typed, unit, cell), built(typed, unit, cell)
            assert rollup.declared[i, j] == pytest.approx(float("nan") if said is None else said, nan_ok=True)
            assert rollup.built[i, j] == pytest.approx(float("nan") if made is None else made, nan_ok=True)
            below = CHILDREN.get(unit, ())
            owing = [c for c in below if levels[c] in senders and (levels[c] == "upper" or ".so." not in cell)]
            figure = own if ".so." in cell else node
            have = [child for child in owing if figure(typed, child, cell) is not None]
            assert counted(rollup, unit, cell) == (len(have), len(owing))
        for code in ("nam", "nu"):
            assert value(rollup, unit, f"X01.{code}.ty_le") == pytest.approx(share(typed, unit, code)), (unit, code)


@given(st.dictionaries(st.sampled_from(RETURNING), FIGURES), st.sets(st.sampled_from(RETURNING)))
def test_behind_a_figure_stand_the_returns_that_it_is_added_up_from(
    typed: dict[str, dict[str, int]], rejected: set[str]
) -> None:
    rollup = rolled(typed, rejected=tuple(rejected))
    assert np.array_equal(rollup.value.values, rolled(typed).value.values, equal_nan=True)

    def behind(unit: str, cell: str) -> int:
        if unit != "P" and own(typed, unit, cell) is not None:
            return int(unit in rejected)
        return sum(behind(child, cell) for child in CHILDREN.get(unit, ()))

    for unit in RETURNING:
        for cell in ("X01.ca.tong", "X01.nam.tong", "X01.dinh.tong"):
            there = value(rollup, unit, cell) is not None
            assert rollup.rejected[rollup.at(unit, key(cell))] == (behind(unit, cell) if there else 0), (unit, cell)
        share_behind = rollup.rejected[rollup.at(unit, key("X01.nam.ty_le"))]
        parts = [rollup.rejected[rollup.at(unit, key(f"X01.{code}.tong"))] for code in ("nam", "ca")]
        assert share_behind == (max(parts) if CHILDREN.get(unit) else 0)


def test_missing_is_missing_and_never_zero() -> None:
    rollup = rolled({"U1": {"X01.ca.tong": 0}})
    assert value(rollup, "P", "X01.ca.tong") == 0
    assert counted(rollup, "P", "X01.ca.tong") == (1, 3)
    for cell in ("X01.nam.tong", "X01.tb.tong", "X01.dinh.tong", "X01.dem.tong", "X01.hai.tong", "X01.ca.ty_le"):
        assert value(rollup, "P", cell) is None, cell


def test_declared_wins_over_built_and_both_are_kept() -> None:
    rollup = rolled({"U1": {"X01.ca.tong": 10}, "G11": {"X01.ca.tong": 3}, "G12": {"X01.ca.tong": 4}})
    i, j = rollup.at("U1", key("X01.ca.tong"))
    assert (rollup.value.values[i, j], rollup.declared[i, j], rollup.built[i, j]) == (10, 10, 7)
    assert value(rollup, "P", "X01.ca.tong") == 10


def test_the_province_is_built_even_if_it_sent_a_package() -> None:
    rollup = rolled({"P": {"X01.ca.tong": 99, "X01.rieng.tong": 8, "X01.so.tong": 7}, "U1": {"X01.ca.tong": 10}})
    i, j = rollup.at("P", key("X01.ca.tong"))
    assert (rollup.value.values[i, j], rollup.declared[i, j]) == (10, 99)
    assert value(rollup, "P", "X01.so.tong") == 4
    assert value(rollup, "P", "X01.rieng.tong") is None
    only_own = rolled({"P": {"X01.ca.tong": 99}})
    assert value(only_own, "P", "X01.ca.tong") is None


def test_grassroots_count_straight_through_upper_unions_and_mixed() -> None:
    figures = {"G0": {"X01.ca.tong": 1}, "G11": {"X01.ca.tong": 2}, "G12": {"X01.ca.tong": 4}}
    assert value(rolled({"G0": figures["G0"]}), "P", "X01.ca.tong") == 1
    assert value(rolled(figures), "U1", "X01.ca.tong") == 6
    assert value(rolled(figures), "P", "X01.ca.tong") == 7
    mixed = rolled(figures | {"U2": {"X01.ca.tong": 8}, "G21": {"X01.ca.tong": 100}})
    assert value(mixed, "P", "X01.ca.tong") == 15
    assert counted(mixed, "P", "X01.ca.tong") == (3, 3)


def test_only_direct_children_that_owe_the_cell_are_expected() -> None:
    rollup = rolled({"U1": {"X01.so.tong": 2}}, senders=("upper",))
    assert counted(rollup, "P", "X01.ca.tong") == (0, 2)
    assert counted(rollup, "U1", "X01.ca.tong") == (0, 0)
    assert counted(rolled({}), "U1", "X01.ca.tong") == (0, 2)
    assert counted(rolled({}), "P", "X01.so.tong") == (0, 2), "the register's count is nobody's return"
    assert counted(rolled({"U1": {"X01.so.tong": 2}}), "P", "X01.so.tong") == (1, 2)


def test_a_total_is_that_of_the_node_s_own_parts_whichever_way_they_came() -> None:
    rollup = rolled({"U1": {"X01.nam.tong": 5}, "G11": {"X01.nu.tong": 3}})
    for unit in ("U1", "P"):
        assert value(rollup, unit, "X01.nam.tong") == 5
        assert value(rollup, unit, "X01.nu.tong") == 3
        assert value(rollup, unit, "X01.hai.tong") == 8


def test_a_percentage_is_over_the_children_that_have_both_part_and_whole() -> None:
    rollup = rolled(
        {
            "U1": {"X01.nam.tong": 30, "X01.ca.tong": 100},
            "U2": {"X01.nam.tong": 50},
            "G0": {"X01.nam.tong": 10, "X01.ca.tong": 300},
        }
    )
    assert value(rollup, "P", "X01.nam.tong") == 90
    assert value(rollup, "P", "X01.nam.ty_le") == 10
    assert counted(rollup, "P", "X01.nam.ty_le") == (2, 3)


def test_a_percentage_of_another_row_counts_those_who_owe_its_part(tmp_path: Path) -> None:
    measures = MEASURES.replace('compute = "tong / ca[tong]"', 'compute = "nam[tong] / ca[tong]"')
    counts = [row(code, measures='["tong"]', levels='["upper"]') for code in ("ca", "nam")]
    forms = load(tmp_path, form(*counts, row("ti", measures='["ty_le"]'), measures=measures))
    owed = obligations(workspace(tmp_path, forms, senders=BOTH), YEAR)
    figures = figures_of(forms, [sent(forms, "U1", {"X01.ca.tong": 8, "X01.nam.tong": 2})])
    rollup = consolidate(figures, forms, owed)
    assert value(rollup, "P", "X01.ti.ty_le") == 25
    assert counted(rollup, "P", "X01.ti.ty_le") == (1, 2)


def test_a_percentage_of_nothing_is_missing() -> None:
    assert value(rolled({"U1": {"X01.nam.tong": 0, "X01.ca.tong": 0}}), "P", "X01.nam.ty_le") is None


def test_a_target_is_each_units_own_and_is_there_before_its_return() -> None:
    rollup = rolled({"U2": {"X02.ct.thuc_hien": 10}, "U1": {"X02.ct.thuc_hien": 15}, "G0": {"X02.ct.thuc_hien": 5}})
    assert value(rollup, "P", "X02.ct.giao") == 50, "the province's own, never the sum"
    assert value(rollup, "P", "X02.ct.dat_pt") == 60
    assert value(rollup, "U1", "X02.ct.dat_pt") == 75
    assert value(rollup, "U2", "X02.ct.dat_pt") is None
    assert value(rollup, "G0", "X02.ct.dat_pt") is None
    assert value(rolled({"G11": {"X02.ct.thuc_hien": 5}}), "U1", "X02.ct.dat_pt") == 25


def test_a_total_says_how_many_of_its_returns_must_be_sent_again() -> None:
    figures = {unit: {"X01.ca.tong": 1, "X01.so.tong": 1} for unit in ("U1", "G11", "G12", "G21", "G0")}
    rollup = rolled(figures, rejected=("U1", "G11", "G21"))
    i, j = rollup.at("P", key("X01.ca.tong"))
    assert rollup.rejected[i, j] == 2, "U1 stands for its own, G21 through U2"
    for cell in ("X01.so.tong", "X02.ct.giao", "X01.nam.tong"):
        i, j = rollup.at("P", key(cell))
        assert rollup.rejected[i, j] == 0


def test_nothing_that_came_in_is_changed() -> None:
    place, owed = world()
    figures = figures_of(place.forms, [sent(place.forms, "U1", {"X01.ca.tong": 3})])
    before = figures.values.copy()
    consolidate(figures, place.forms, owed)
    assert figures.values.tobytes() == before.tobytes()


def test_without_any_return_there_is_a_rollup_of_nothing() -> None:
    rollup = rolled({})
    assert counted(rollup, "P", "X01.ca.tong") == (0, 3)
    assert isinstance(rollup.value, Figures)
    assert value(rollup, "P", "X01.ca.tong") is None


# The run.


def test_rejected_returns_count_and_only_accepted_leaves_them_out(tmp_path: Path) -> None:
    place = open_workspace(init(tmp_path / "tỉnh"))
    good = {"B01.sl_doan_vien.tong": 100.0, "B01.sl_cnvcld.tong": 120.0}
    package(place.inbox(YEAR) / "a.xlsx", place, "LC-01", good)
    package(place.inbox(YEAR) / "b.xlsx", place, "LC-02", good | {"B01.sl_cnvcld.tong": 90.0, "B01.sl_to_cd.tong": -5})
    everything = run.consolidate(place, write=False)
    assert {unit: s.status for unit, s in everything.by_unit.items()} == {"LC-01": "accepted", "LC-02": "rejected"}
    members = key("B01.sl_doan_vien.tong")
    i, j = everything.rollup.at("LC", members)
    assert (everything.rollup.value.of("LC", members), everything.rollup.rejected[i, j]) == (200, 1)
    assert everything.rollup.value.of("LC", key("B01.sl_to_cd.tong")) is None, "a refused cell is missing"
    accepted = run.consolidate(place, only_accepted=True, write=False)
    assert accepted.rollup.value.of("LC", members) == 100
    assert (accepted.rollup.with_data[i, j], accepted.rollup.expected[i, j]) == (1, 11)
    assert accepted.findings == everything.findings
    assert accepted.submissions == everything.submissions


def test_the_rows_of_the_rollup_are_parents_only_and_in_a_fixed_order(tmp_path: Path) -> None:
    place = workspace(tmp_path, load(tmp_path, FORM, GIVEN), senders=BOTH)
    package(place.inbox(YEAR) / "a.xlsx", place, "G11", {"X01.ca.tong": 3.0, "X01.nam.tong": 1.0})
    rows = list(rows_of(run.consolidate(place, write=False), "rollup"))
    assert {line[1] for line in rows} == {"P", "U1", "U2"}
    of_members = [line for line in rows if line[4:6] == ("ca", "tong")]
    assert of_members == [
        ("2020", "P", "X01", "X01", "ca", "tong", "3", "", "3", "SUM", 1, 3),
        ("2020", "U1", "X01", "X01", "ca", "tong", "3", "", "3", "SUM", 1, 2),
        ("2020", "U2", "X01", "X01", "ca", "tong", "", "", "", "SUM", 0, 1),
    ]
    share_row = next(line for line in rows if line[1] == "U1" and line[4:6] == ("nam", "ty_le"))
    assert share_row[6:10] == ("33.3333333333", "", "33.3333333333", "PCT")


def test_last_periods_returns_are_read_with_the_same_care(tmp_path: Path) -> None:
    before = replace(YEAR, year=2019)
    place = workspace(tmp_path, load(tmp_path, FORM), more=(before,))
    (tmp_path / "history").mkdir()
    (tmp_path / "history" / "2019.csv").write_text(
        "unit,form,indicator,measure,value,status\nU1,X01,ca,tong,7,reported\nU1,X01,nam,tong,,reported\n",
        encoding="utf-8",
    )
    ca, nam = Key("X01", "ca", "tong"), Key("X01", "nam", "tong")
    assert run.consolidate(place, write=False).earlier == {"U1": {ca: 7}}
    place.inbox(before).mkdir(parents=True)
    (place.inbox(before) / "Thumbs.db").write_bytes(b"x")
    assert run.consolidate(place, write=False).earlier == {"U1": {ca: 7}}, "nothing has come in"
    received = datetime(2019, 12, 1, tzinfo=UTC)
    typed = {"X01.ca.tong": 2.43, "X01.nam.tong": 5.0}
    package(place.inbox(before) / "a.xlsx", place, "U1", typed, period=before, received=received)
    assert run.consolidate(place, write=False).earlier["U1"] == {nam: 5, Key("X01", "hai", "tong"): 5}
