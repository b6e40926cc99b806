"""Who does the work of a run; whoever helps begins while this process still loads what it needs itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.crew import crew_of
from pipeline.engine import LEAST_SHARED
from pipeline.engine import Engine as Engine
from schemas.text import Text

_SETTINGS, _INBOX = "tonghop.toml", "inbox"


@contextmanager
def engine_for(start: Path, kind: str, jobs: int, scheduler: str, tell: Callable[[Text], None]) -> Iterator[Engine]:
    """The engine that is asked for, for the workspace that ``start`` lies in.

    Where nothing special is, and there is much to read, other processes help this one until the run is over.
    """
    engine = Engine(kind, jobs, scheduler, tell=tell)  # type: ignore[arg-type]
    beside = engine.processes - 1
    if kind != "auto" or not beside or not _holds(start.resolve(), LEAST_SHARED):
        yield engine
        return
    with crew_of(beside) as crew:
        for _ in range(beside):
            crew.begin(prepare)
        yield replace(engine, crew=crew)


def prepare() -> bytes:
    """Load what a run needs, pandera too."""
    import pandera.pandas  # noqa: F401

    from pipeline import run

    return run.__name__.encode()


def _holds(start: Path, files: int) -> bool:
    """Whether the inbox of a workspace holds so many files, of whatever period."""
    root = next((folder for folder in (start, *start.parents) if (folder / _SETTINGS).is_file()), None)
    return root is not None and any(islice((root / _INBOX).rglob("*.*"), files - 1, None))
