"""Entries in columns are those that they were made of, however they are asked for, changed, packed or put away."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from math import copysign
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.entries import NO_ENTRIES, Entries, Entry, columns_of, layout_of
from pipeline.spilled import Spill
from schemas.form import Key

# Nothing here depends on how busy a machine is.
SLOWLY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
KEYS = [Key("FG"[i % 2], f"r{i}", "m") for i in range(5)]
FIGURES = st.one_of(st.floats(allow_nan=True), st.just(-0.0), st.integers(-5, 10**16).map(float))


def plain(key: Key, figure: float, decimals: int | None, own: bool) -> Entry:
    return Entry(key, "F", f"C{key.indicator}", figure, figure, decimals=decimals, own=own)


ODD = {
    "raw": st.one_of(st.none(), st.text(max_size=3), st.integers(), st.booleans(), st.floats()),
    "value": st.one_of(st.none(), st.floats(allow_nan=False)),
    "text": st.sampled_from(["", "12 %"]),
    "decimals": st.sampled_from([None, -1, 0, 2, 200]),
    "refusal": st.sampled_from(["", "negative"]),
    "guesses": st.sampled_from([(), (1.0, 2.0)]),
    "decision": st.sampled_from([0, 3]),
}


OF_ONE = st.one_of(
    st.tuples(FIGURES, st.sampled_from([None, 0, 1, 127]), st.booleans()),
    st.tuples(st.sampled_from("FG"), st.fixed_dictionaries(ODD), st.booleans()),
)


def entries() -> st.SearchStrategy[dict[Key, Entry]]:
    return st.dictionaries(st.sampled_from(KEYS), OF_ONE).map(
        lambda drawn: {key: entry(key, *one) for key, one in drawn.items()}
    )


def entry(key: Key, first: float | str, second: Any, own: bool) -> Entry:
    if isinstance(first, float):
        return plain(key, first, second, own)
    return Entry(key, first, "D4", **second, own=own)


def same(one: object, other: object) -> bool:
    """Equal, NaN to NaN, and of one sign and kind where they are numbers."""
    if isinstance(one, float) and isinstance(other, float):
        return (one != one and other != other) or (one == other and copysign(1, one) == copysign(1, other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def assert_are(found: Entries, entries: Mapping[Key, Entry]) -> None:
    assert [*found] == [*entries]
    assert len(found) == len(entries)
    assert same(tuple(found.values()), tuple(entries.values()))
    assert [key for key, _ in found.items()] == [*entries]
    for key in KEYS:
        assert (key in found) == (key in entries)
        assert same(found.get(key), entries.get(key))
        if key in entries:
            assert same(found[key], entries[key])
        else:
            with pytest.raises(KeyError):
                found[key]
    said = [one for one in entries.values() if one.own and (one.value is not None or one.refusal)]
    assert found.is_filled_in() == bool(said)
    assert found.forms == {key.form for key in entries}
    assert found.own_ones == sum(one.own for one in entries.values())
    assert set(found.odd) <= set(entries)
    numbers = dict(zip((spot.key for spot in found.layout.spots), found.content.numbers.tolist(), strict=True))
    for key, entry in entries.items():
        assert key in found.odd or numbers[key] == entry.value
    everywhere = np.arange(len(found.layout.spots))
    assert found.keys_at(everywhere) == [*entries]


@SLOWLY
@given(entries())
def test_columns_give_the_entries_they_were_made_of(made: dict[Key, Entry]) -> None:
    found = Entries.of(made)
    assert_are(found, made)
    assert Entries.of(found) is found
    again = pickle.loads(pickle.dumps(found))
    assert_are(again, made)
    assert again.layout is found.layout
    lying = found.spilled(Spill())
    assert_are(lying, made)
    assert_are(lying.loaded(), made)
    assert_are(found.lying_as(lying), made)


@SLOWLY
@given(entries(), entries(), st.sets(st.sampled_from(KEYS)), st.booleans())
def test_changed_columns_are_the_changed_entries(
    made: dict[Key, Entry], others: dict[Key, Entry], gone: set[Key], lying: bool
) -> None:
    before = Entries.of(made).spilled(Spill()) if lying else Entries.of(made)
    found = before.changed(others, gone)
    left = {key: entry for key, entry in made.items() if key not in gone or key in others} | others
    assert same(tuple(sorted(found)), tuple(sorted(left)))
    assert all(same(found[key], left[key]) for key in left)
    assert_are(before, made)
    if not gone and others.keys() <= made.keys():
        assert_are(found, made | others)
    assert (found.loaded() is found) == (not lying)


def test_there_is_one_layout_of_the_same_cells_and_one_of_nothing() -> None:
    some = {key: plain(key, 1.0, None, own=True) for key in KEYS}
    more = {key: plain(key, 2.0, 1, own=True) for key in KEYS}
    assert Entries.of(some).layout is Entries.of(more).layout
    assert Entries.of({}) is NO_ENTRIES
    assert pickle.loads(pickle.dumps(NO_ENTRIES)) is NO_ENTRIES
    assert NO_ENTRIES.layout is layout_of(())


def test_columns_that_were_cut_off_are_not_read() -> None:
    with pytest.raises(ValueError, match="17"):
        columns_of(bytes(17), 2)
