"""Who reads many files: threads of this process, processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.crew import Crew
from schemas.text import Text

Kind = Literal["auto", "threads", "shared", "processes", "dask"]
KINDS: tuple[Kind, ...] = ("auto", "threads", "processes", "dask")
"""Those that a user asks for; work is ``shared`` between this process and others where that is faster."""

# Reading holds Python's lock for most of the time; on more cores than this processes are clearly faster.
_MOST_FOR_THREADS = 2
# Of fewer files than this a few threads are as fast, or this process with some others beside it.
LEAST_FILES = 2_000
# A process begins in a fifth of a second; with fewer files it never earns that.
LEAST_SHARED = 150
# With more returns than this what goes from one process to another would take too much memory, and too long.
_MOST_BESIDE = 4_000
# Windows waits for no more processes at a time.
_MOST_PROCESSES = 61


def silent(_what: Text) -> None:
    """Tells nothing."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How the files of a run are read; the results are the same.

    ``jobs`` is the number of processes, 0 for one a core; ``scheduler`` the address of a Dask cluster's; ``batch`` how
    many files a worker takes at a time. ``tell`` is told what did not go as asked: a worker lost, a cluster gone.
    The ``crew`` are processes that may take a part of the work of this one.
    """

    kind: Kind = "auto"
    jobs: int = 0
    scheduler: str = ""
    batch: int = 100
    tell: Callable[[Text], None] = silent
    crew: Crew | None = None

    @property
    def processes(self) -> int:
        """How many processes read."""
        return min(self.jobs or cores(), _MOST_PROCESSES)


LOCAL = Engine()


def chosen(engine: Engine, files: int, available: int | None = None) -> Kind:
    """What reads this number of files on a machine of so many cores; never ``auto``."""
    if multiprocessing.parent_process() is not None:
        # A worker of somebody's that runs all of this itself must not beget others.
        return "threads"
    if engine.kind != "auto":
        return engine.kind
    if (engine.jobs or available or cores()) > _MOST_FOR_THREADS and files >= LEAST_FILES:
        return "processes"
    return "shared" if engine.crew is not None and files >= LEAST_SHARED else "threads"


def beside(engine: Engine, returns: int) -> Crew | None:
    """Who judges and writes beside this process, so many returns lying in the memory of both; nobody for very many."""
    return engine.crew if returns <= _MOST_BESIDE and chosen(engine, returns) == "shared" else None


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
