"""Who does the work of a run; whoever helps begins while this process still loads what it needs itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.crew import crew_of
from pipeline.engine import LEAST_FILES, chosen
from pipeline.engine import Engine as Engine
from schemas.text import Text

_SETTINGS, _INBOX = "tonghop.toml", "inbox"
# A province is read in a second by so many; more would take longer to begin.
_MOST_HELPERS = 3


@contextmanager
def engine_for(start: Path, kind: str, jobs: int, scheduler: str, tell: Callable[[Text], None]) -> Iterator[Engine]:
    """The engine that is asked for, for the workspace that ``start`` lies in.

    Where nothing special is, and there is much to read, other processes help this one until the run is over.
    """
    engine = Engine(kind, jobs, scheduler, tell=tell)  # type: ignore[arg-type]
    with crew_of(min(engine.processes - 1, _MOST_HELPERS)) as crew:
        helped = replace(engine, crew=crew if crew.size else None)
        if chosen(helped, _received(start.resolve())) != "shared":
            yield engine
            return
        for _ in range(crew.size):
            crew.begin(prepare)
        yield helped


def prepare() -> bytes:
    """Load what a run needs but for pandas, which both processes do at the same moment."""
    from pipeline import run

    return run.__name__.encode()


def _received(start: Path) -> int:
    """How many files the inbox of a workspace holds, of whatever period, as far as it matters."""
    root = next((folder for folder in (start, *start.parents) if (folder / _SETTINGS).is_file()), None)
    return 0 if root is None else sum(1 for _ in islice((root / _INBOX).rglob("*.*"), LEAST_FILES))
