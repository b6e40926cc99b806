"""Processes of this machine that take a part of the work of this one, which goes on with the rest meanwhile.

They begin when there is something for them to do and stay until the run is over. None of the work depends on them: what
one of them leaves, because it cannot begin or has died, is given back.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from pipeline.cluster import NotTheSameError
from pipeline.processes import end_with_parent, next_done
from pipeline.silence import Silence

_Asked = TypeVar("_Asked")
# Of each process one part is at work and one waits, so that it never waits itself.
_AHEAD = 2


class Part(NamedTuple):
    """A part of the work: its number, and its ``answer``, none for one that is left to the caller.

    Of one that is ``lost`` a process may have died.
    """

    number: int
    answer: bytes | None = None
    lost: bool = False


@dataclass(slots=True)
class Crew:
    """So many processes beside this one."""

    size: int
    pool: ProcessPoolExecutor | None = field(default=None, repr=False)
    gone: bool = False
    silence: Silence = field(default_factory=Silence, repr=False)

    def share(self, work: Callable[..., bytes], asked: Mapping[int, _Asked], *shared: object) -> Iterator[Part]:
        """What others make of these parts, as they come, and between them the parts that the caller is to do itself.

        ``work`` is a function of a module; it is given a part, and what is ``shared`` by all of them.
        """
        waiting, at_work = deque(asked.items()), dict[Future[bytes], int]()
        while waiting or at_work:
            while waiting and len(at_work) < _AHEAD * self.size:
                task = self.begin(work, waiting[0][1], *shared)
                if task is None:
                    break
                at_work[task] = waiting.popleft()[0]
            done = [task for task in at_work if task.done()]
            if waiting and not done:
                yield Part(waiting.pop()[0])
            elif not done:
                self._wait(at_work)
            for task in done:
                answer = self._answer(task)
                yield Part(at_work.pop(task), answer, lost=answer is None)

    def begin(self, work: Callable[..., bytes], *given: object) -> Future[bytes] | None:
        """Have one of them do this; nothing where none can."""
        if self.gone:
            return None
        try:
            if self.pool is None:
                context = multiprocessing.get_context("spawn")
                self.pool = ProcessPoolExecutor(self.size, mp_context=context, initializer=end_with_parent)
            return self.pool.submit(work, *given)
        except (BrokenProcessPool, OSError, RuntimeError):
            self.gone = True
            return None

    def answers(self, tasks: Iterable[Future[bytes] | None]) -> Iterator[bytes | None]:
        """The answers to what they were given to do, in this order; nothing for what none of them has done."""
        for task in tasks:
            if task is not None:
                self._wait([task])
            yield None if task is None else self._answer(task)

    def _wait(self, tasks: Collection[Future[bytes]]) -> None:
        """Wait until one of these is over; where nothing happens for too long, all of them are."""
        if self.pool is not None:
            next_done(self.pool, tasks, self.silence)

    def _answer(self, task: Future[bytes]) -> bytes | None:
        """What came of it; nothing where a process died of it or is another program."""
        try:
            return task.result()
        except BrokenProcessPool:
            self.gone = True
        except (MemoryError, NotTheSameError):
            pass
        return None


@contextmanager
def crew_of(size: int) -> Iterator[Crew]:
    """A crew that goes home in the end, whatever comes."""
    crew = Crew(size)
    try:
        yield crew
    finally:
        if crew.pool is not None:
            crew.pool.shutdown(cancel_futures=True)
