"""What was made and is not kept is gone, though its parts hold each other."""

from __future__ import annotations

import gc
import weakref

import pytest

from pipeline.collecting import emptied, seldom_collected


class Part:
    """Holds another one."""

    other: Part


def pair() -> weakref.ref[Part]:
    one, other = Part(), Part()
    one.other, other.other = other, one
    return weakref.ref(one)


def test_what_is_made_and_not_kept_is_gone_afterwards() -> None:
    with seldom_collected(), emptied():
        made = pair()
        assert made() is not None
        kept = Part()
    assert made() is None
    assert not hasattr(kept, "other")
    assert not gc.get_freeze_count()


def test_so_it_is_where_it_ends_in_an_error() -> None:
    found: list[weakref.ref[Part]] = []

    def fail() -> None:
        with emptied():
            found.append(pair())
            raise ValueError("so")

    with pytest.raises(ValueError, match="so"):
        fail()
    assert found[0]() is None
    assert not gc.get_freeze_count()
