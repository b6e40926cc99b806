"""The roll-up as a reduction: whoever adds up which units, and in whatever order, the same comes of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from builders import ROLLED_UP, TARGETS, YEAR, figures_of, form, key, load, row, sent, target, workspace
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import consolidate as module
from pipeline import consolidate_apart
from pipeline.cluster import NotTheSameError
from pipeline.consolidate import consolidate
from pipeline.consolidate_finish import built_of
from pipeline.consolidate_partial import Partial, Some, merged, partial
from pipeline.consolidate_plan import Plan, kinds_of, plan_of
from pipeline.figures import Matrix, total
from pipeline.obligations import Obligations, obligations, target_figures
from pipeline.rollup import Rollup
from pipeline.workspace import Workspace
from schemas.form import Cell

MEASURES = """
measures = [
  { code = "tong", label = "Tổng", en = "Total", type = "money", decimals = 1 },
  { code = "ty_le", label = "%", en = "%", type = "percent", decimals = 2, compute = "tong / ca[tong]" },
]
"""
FORM = form(
    *ROLLED_UP,
    measures=MEASURES,
)
GIVEN = form(row("ct"), id="X02", measures=TARGETS)
TYPED = [f"X01.{code}.tong" for code in ("ca", "nam", "nu", "tb", "dinh", "dem", "so")] + ["X02.ct.thuc_hien"]
RETURNING = ("U1", "U2", "G11", "G12", "G21", "G0", "P")

TENTHS = st.integers(-5_000, 5_000).map(lambda number: number / 10)
# What has more decimals than its cell, what is larger than 53 bits hold, and what has no end.
ODD = st.one_of(st.floats(-1e16, 1e16), st.floats(1e300, 1e308), st.sampled_from([1e-300, 2.0**53 + 2, np.inf]))
FIGURE = st.one_of(TENTHS, TENTHS, st.just(np.nan), ODD)


@cache
def world() -> tuple[Workspace, Obligations]:
    with TemporaryDirectory() as folder:
        forms = load(Path(folder), FORM, GIVEN)
    place = workspace(Path(folder), forms, senders=("upper", "grassroots"), targets=(target("U1", "ct", 20),))
    return place, obligations(place, YEAR)


@cache
def plan() -> tuple[Plan, tuple[Cell, ...], int]:
    _, owed = world()
    cells = tuple(cell for cell in owed.forms.cells.values() if cell.is_number)
    kinds, _ = kinds_of(owed)
    return plan_of(cells, owed, kinds), cells, len(kinds)


def units(values: Matrix, seed: int) -> Some:
    """Units of random kinds below a few parents, with these figures."""
    chance, (own, _, kinds) = np.random.default_rng(seed), plan()
    many = len(values)
    flags = chance.random((many, len(own.registered))) < 0.5
    return Some(chance.integers(2, 6, many), chance.integers(0, kinds, many), flags, values)


def of(some: Some, rows: Sequence[int]) -> Some:
    at = np.array(rows, dtype=np.int64)
    return Some(some.parents[at], some.kinds[at], some.registers[at], some.values[at])


def by_a_tree(parts: list[Partial], chance: random.Random) -> Partial:
    """Merged some at a time, whichever they are."""
    while len(parts) > 1:
        chance.shuffle(parts)
        some = chance.randint(2, len(parts))
        parts = [merged(parts[:some]), *parts[some:]]
    return parts[0]


def finished(part: Partial) -> list[np.ndarray]:
    own, _, _ = plan()
    registered = np.full((len(part.parents), len(own.registered)), np.nan)
    built = built_of(own, part, part.parents, registered)
    return [part.parents, built, part.given, part.above, part.largest, part.with_data, part.expected]


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


@settings(deadline=None)
@given(st.data(), st.integers(0, 2**32 - 1), st.integers(0, 14))
def test_any_partition_and_any_tree_of_merging_give_the_same(data: st.DataObject, seed: int, many: int) -> None:
    own, _, _ = plan()
    figures = data.draw(st.lists(FIGURE, min_size=many * own.width, max_size=many * own.width))
    some, chance = units(np.array(figures, dtype=float).reshape(many, own.width), seed), random.Random(seed)
    rows, parts = list(range(many)), []
    chance.shuffle(rows)
    while rows:
        end = chance.randint(1, len(rows))
        parts.append(partial(own, of(some, rows[:end])))
        rows = rows[end:]
    whole = partial(own, some)
    assert_same(finished(by_a_tree([*parts, partial(own, of(some, []))], chance)), finished(whole))


@settings(deadline=None)
@given(st.lists(st.one_of(TENTHS, st.floats(-1e16, 1e16)), min_size=1, max_size=30), st.randoms())
def test_a_sum_is_the_float_nearest_to_the_sum_of_the_decimal_numbers(
    figures: list[float], chance: random.Random
) -> None:
    own, cells, _ = plan()
    at = [cell.key for cell in cells].index(key("X01.ca.tong"))
    values = np.full((len(figures), own.width), np.nan)
    values[:, at] = figures
    some = Some(*(np.zeros(len(figures), dtype=np.int64) for _ in range(2)), units(values, 0).registers, values)
    parts = [partial(own, of(some, [i])) for i in range(len(figures))]
    # A float of more than 53 bits stands for no tenths, but for itself.
    whole = [round(10 * one) if abs(one) < 2**53 / 10 else 0 for one in figures]
    tenths = [Fraction(ten, 10) if ten / 10 == one else Fraction(one) for ten, one in zip(whole, figures, strict=True)]
    assert finished(by_a_tree(parts, chance))[1][0, at] == float(sum(tenths))


def test_tenths_add_up_as_people_add_them() -> None:
    rollup = rolled({"U1": {"X01.ca.tong": 0.1}, "U2": {"X01.ca.tong": 0.2}, "G0": {"X01.ca.tong": 0.3}})
    assert rollup.value.of("P", key("X01.ca.tong")) == 0.6 != 0.1 + 0.2 + 0.3


def test_sums_that_no_64_bits_hold_are_whole_all_the_same() -> None:
    own, cells, _ = plan()
    at = [cell.key for cell in cells].index(key("X01.ca.tong"))
    values = np.full((3_000, own.width), np.nan)
    values[:, at] = 2.0**49
    some = Some(*(np.zeros(3_000, dtype=np.int64) for _ in range(2)), units(values, 0).registers, values)
    one, other = partial(own, some), merged([partial(own, of(some, [i])) for i in range(3_000)])
    assert finished(one)[1][0, at] == 3_000 * 2.0**49 == finished(other)[1][0, at]


def rolled(declared: dict[str, dict[str, float]]) -> Rollup:
    place, owed = world()
    returns = [sent(place.forms, unit, figures) for unit, figures in declared.items()]
    return consolidate(figures_of(place.forms, returns, target_figures(owed)), place.forms, owed)


def arrays(rollup: Rollup) -> list[np.ndarray]:
    rows = (rollup.declared, rollup.built, rollup.with_data, rollup.expected)
    return [rollup.value.values, *(one.kept for one in rows)]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(RETURNING), st.dictionaries(st.sampled_from(TYPED), TENTHS, min_size=1)))
def test_the_rollup_is_the_same_however_many_units_are_taken_at_a_time(typed: dict[str, dict[str, float]]) -> None:
    expected = arrays(rolled(typed))
    for size in (1, 2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_AT_A_TIME", size)
            assert_same(arrays(rolled(typed)), expected)


def test_a_total_of_a_unit_hangs_on_no_other_unit() -> None:
    _, owed = world()
    chance = np.random.default_rng(1)
    returns = [sent(owed.forms, unit, {}) for unit in RETURNING]
    figures = figures_of(owed.forms, returns, {})
    figures.values[:] = chance.random(figures.values.shape)
    cell = owed.forms.cells[key("X01.hai.tong")]
    assert cell.derived is not None
    whole = total(figures, cell.derived)
    for i, unit in enumerate(figures.units):
        assert total(figures.of_units([unit]), cell.derived)[0] == whole[i]


@settings(deadline=None)
@given(st.data(), st.integers(0, 2**32 - 1), st.integers(0, 9), st.booleans())
def test_a_worker_gets_the_units_as_they_are(data: st.DataObject, seed: int, many: int, whole: bool) -> None:
    own, _, _ = plan()
    figure = st.one_of(st.integers(-(2**31), 2**31).map(float), st.just(np.nan)) if whole else FIGURE
    figures = data.draw(st.lists(figure, min_size=many * own.width, max_size=many * own.width))
    some = units(np.array(figures, dtype=float).reshape(many, own.width), seed)
    got = consolidate_apart.opened(consolidate_apart.sent(some))
    assert_same(
        [got.parents, got.kinds, got.registers, got.values], [some.parents, some.kinds, some.registers, some.values]
    )


def test_another_program_adds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consolidate_apart, "_shared", lambda _shared: (None, b"another"))
    with pytest.raises(NotTheSameError):
        consolidate_apart.partial_of(b"", b"")
