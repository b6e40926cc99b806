"""How long nobody who was asked may answer, before it is taken that nobody will."""

from __future__ import annotations

import time

# What is asked for takes seconds, from a share behind a slow line minutes; whoever begins late needs some of it too.
LEAST = 300.0
_OUT_OF_PROPORTION = 10


class Silence:
    """The time since the last answer, against the longest that there was before one.

    It is too long after ``least`` seconds, and where answers were long in coming not before ten times as long.
    """

    def __init__(self, least: float = LEAST):
        self._least = least
        self._longest = 0.0
        self._since = time.monotonic()

    def begins(self) -> None:
        """Whoever waits begins to do so; what it did before was no waiting."""
        self._since = time.monotonic()

    def ends(self) -> None:
        """There was an answer."""
        self._longest = max(self._longest, time.monotonic() - self._since)

    @property
    def left(self) -> float:
        """For how many seconds more to wait; none, or fewer than none, where it has been too long."""
        return max(self._least, _OUT_OF_PROPORTION * self._longest) - (time.monotonic() - self._since)
