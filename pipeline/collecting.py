"""Python's search for garbage, where there is none to find."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_OBJECTS = 1_000_000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """While figures are read, judged or written, objects grow in number and hold no cycles: looked through seldom."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *usual[1:])
    try:
        yield
    finally:
        # All that is new becomes old at once, or the next search would go through all of it as new.
        gc.freeze()
        gc.unfreeze()
        gc.set_threshold(*usual)


@contextmanager
def emptied() -> Iterator[None]:
    """What is made here and not kept is gone afterwards, a workbook and its sheets that hold each other too.

    What was there before is not looked through for it.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
