"""Processes of this machine that work for this one."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from pipeline.silence import LEAST, Silence
from schemas.text import Text

NO_PROCESSES = Text(
    "Máy này không cho mở thêm tiến trình; làm bằng một tiến trình.",
    "This machine lets no other process begin; one process does the work.",
)

_Asked = TypeVar("_Asked")


class NoProcessesError(Exception):
    """This machine, or the program that calls, lets no process begin."""


def by_processes(
    work: Callable[..., bytes], asked: Mapping[int, _Asked], jobs: int, shared: bytes, silence: float = LEAST
) -> Iterator[tuple[int, bytes]]:
    """What processes make of these batches with their numbers, as they come.

    ``work`` is a function of a module; it is given a batch, and what is ``shared`` by all of them. Where a process
    dies, or none answers for so many seconds of ``silence`` as :class:`pipeline.silence.Silence` counts them, what has
    no answer yet is left to the caller. Raises :class:`NoProcessesError`.
    """
    quiet = Silence(silence)
    with pool_of(jobs) as pool:
        try:
            tasks = {pool.submit(work, one, shared): number for number, one in asked.items()}
            while tasks and (done := next_done(pool, tasks, quiet)):
                for task in done:
                    yield tasks.pop(task), task.result()
        except (BrokenProcessPool, MemoryError):
            return


def next_done(pool: ProcessPoolExecutor, tasks: Collection[Future[bytes]], silence: Silence) -> set[Future[bytes]]:
    """Those that are over, once any is; where it takes too long none, and the processes are ended."""
    silence.begins()
    done, _ = wait(tasks, max(silence.left, 0.0), FIRST_COMPLETED)
    if done:
        silence.ends()
    else:
        _end(pool)
    return done


def pool_of(jobs: int) -> ProcessPoolExecutor:
    """Processes that have begun. They are started anew, not copied: so it is everywhere as it must be on Windows.

    Raises :class:`NoProcessesError`.
    """
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent)
    try:
        pool.submit(_begun).result()
    except (BrokenProcessPool, OSError, RuntimeError) as fault:
        pool.shutdown(wait=False, cancel_futures=True)
        raise NoProcessesError from fault
    return pool


def _end(pool: ProcessPoolExecutor) -> None:
    """End its processes, whatever they are at; until Python 3.14 a pool has no way of its own to do so."""
    for process in list((pool._processes or {}).values()):
        process.kill()


def end_with_parent() -> None:
    """A process that waits for work would wait for ever where the one that gives it was killed.

    One that ends by itself has nothing left to say, and gives back its memory at once.
    """
    atexit.register(os._exit, 0)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait_for_its_end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait_for_its_end, daemon=True).start()


def _begun() -> None:
    """Nothing: whoever answers this is there."""
