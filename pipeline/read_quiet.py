"""Silence around the first reader: in old binary formats it panics at what it cannot follow, and says so on the screen.

Python gets the panic as an exception and the file its finding; a line in English about a thread is for nobody.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

# In the others nothing but a day longer ago than there are days was seen to make it panic.
_KINDS = frozenset({"xls", "xlsb"})
_STANDARD_ERROR = 2
# The whole process has one standard error.
_ONE_AT_A_TIME = Lock()


@contextmanager
def quiet(kind: str) -> Iterator[None]:
    """While a file of this kind is read, what the process writes to its standard error goes nowhere.

    It does nothing for kinds at which the reader does not panic, and where the process has no standard error.
    Other threads wait for their turn only if they too read such a file; what they write meanwhile is lost.
    """
    if kind not in _KINDS:
        yield
        return
    with _ONE_AT_A_TIME:
        kept = _turn_away()
        try:
            yield
        finally:
            if kept is not None:
                os.dup2(kept, _STANDARD_ERROR)
                os.close(kept)


def _turn_away() -> int | None:
    """Lead standard error nowhere; where it led before, or ``None`` where there is nothing to turn."""
    with suppress(OSError, ValueError, AttributeError):
        # Without a standard error of its own, some other file may have its number.
        if sys.__stderr__ is None or sys.__stderr__.fileno() != _STANDARD_ERROR:
            return None
        sys.__stderr__.flush()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            kept = os.dup(_STANDARD_ERROR)
            os.dup2(nowhere, _STANDARD_ERROR)
            return kept
        finally:
            os.close(nowhere)
    return None
