"""What a run needs seldom and would not fit into memory: put into a file of its own that goes with it."""

from __future__ import annotations

import tempfile
import threading
import weakref
from dataclasses import dataclass, field
from typing import IO

Place = tuple[int, int]
"""Where something lies in a file, and how many bytes it takes."""


@dataclass(slots=True, weakref_slot=True)
class Spill:
    """A file without a name that only grows; several may put and get at a time."""

    file: IO[bytes] = field(default_factory=tempfile.TemporaryFile)
    end: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        weakref.finalize(self, self.file.close)

    def put(self, content: bytes) -> Place:
        """Put it there; what :meth:`get` finds it by. Raises :class:`OSError` where the disk is full."""
        with self.lock:
            place = (self.end, len(content))
            self.file.seek(self.end)
            self.file.write(content)
            self.end += len(content)
        return place

    def get(self, place: Place) -> bytes:
        """What was put there."""
        with self.lock:
            self.file.seek(place[0])
            return self.file.read(place[1])
