"""Files read by processes of this machine; one that dies takes no other file with it.

A process dies where a library aborts it, memory runs out, or somebody ends it. Which of the batches at work did so is
not known: each is read again by itself, and where that fails too, file by file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from pipeline.processes import pool_of
from pipeline.read_batches import Answer, Batch, alone, read_batch

_TRIES = 2
# What ends a batch and says nothing about the others.
_LOST = (BrokenProcessPool, MemoryError)


def read_in_processes(asked: Mapping[int, Batch], jobs: int) -> Iterator[tuple[int, Answer]]:
    """The answer to every batch with its number, as they come; of one that a process died of, that of each file.

    ``None`` stands for a file that two processes died of. No more than a few batches are at work at a time. Raises
    :class:`pipeline.processes.NoProcessesError`.
    """
    waiting, suspects = deque(asked), list[int]()
    while waiting:
        suspects += yield from _until_one_dies(asked, waiting, jobs)
    for number in suspects:
        answer = _by_itself(asked[number], 1)
        yield number, [answer] if answer is not None else [_by_itself(one, _TRIES) for one in alone(asked[number])]


def _until_one_dies(
    asked: Mapping[int, Batch], waiting: deque[int], jobs: int
) -> Generator[tuple[int, Answer], None, list[int]]:
    """Take batches from ``waiting`` and answer them; returns those at work when a process died."""
    at_work: dict[Future[bytes], int] = {}
    with pool_of(jobs) as pool:
        while waiting or at_work:
            try:
                while waiting and len(at_work) <= jobs:
                    at_work[pool.submit(read_batch, asked[waiting[0]])] = waiting[0]
                    waiting.popleft()
            except BrokenProcessPool:
                # One died that had nothing to do; whatever it was, the next batch is looked at by itself.
                return [*at_work.values(), *([] if at_work else [waiting.popleft()])]
            done, _ = wait(at_work, return_when=FIRST_COMPLETED)
            for future in sorted(done, key=at_work.__getitem__):
                try:
                    yield at_work[future], [future.result()]
                except _LOST:
                    continue
                del at_work[future]
            if any(future in at_work for future in done):
                break
    return list(at_work.values())


def _by_itself(batch: Batch, tries: int) -> bytes | None:
    """The answer to a batch that has a process for itself; ``None`` where as many as may try it died."""
    for _ in range(tries):
        with pool_of(1) as pool:
            try:
                return pool.submit(read_batch, batch).result()
            except _LOST:
                continue
    return None
