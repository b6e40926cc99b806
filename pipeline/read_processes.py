"""Files read by processes of this machine; one that dies or hangs takes no other file with it.

A process dies where a library aborts it, memory runs out, or somebody ends it; it hangs where a library or a drive does
not come back, and is ended then. Which of the batches at work did so is not known: each is read again by itself, and
where that fails too, file by file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

from pipeline.processes import next_done, pool_of
from pipeline.read_batches import Answer, Batch, alone, read_batch
from pipeline.silence import LEAST, Silence

_TRIES = 2
# What ends a batch and says nothing about the others.
_LOST = (BrokenProcessPool, MemoryError)


def read_in_processes(asked: Mapping[int, Batch], jobs: int, silence: float = LEAST) -> Iterator[tuple[int, Answer]]:
    """The answer to every batch with its number, as they come; of one that a process died of, that of each file.

    ``None`` stands for a file that two processes died of. A process that gives no answer for so many seconds of
    ``silence`` as :class:`pipeline.silence.Silence` counts them is ended. No more than a few batches are at work at a
    time. Raises :class:`pipeline.processes.NoProcessesError`.
    """
    waiting, suspects, quiet = deque(asked), list[int](), Silence(silence)
    while waiting:
        suspects += yield from _until_one_is_lost(asked, waiting, jobs, quiet)
    for number in suspects:
        answer = _by_itself(asked[number], 1, silence)
        each = [] if answer is not None else [_by_itself(one, _TRIES, silence) for one in alone(asked[number])]
        yield number, each or [answer]


def _until_one_is_lost(
    asked: Mapping[int, Batch], waiting: deque[int], jobs: int, silence: Silence
) -> Generator[tuple[int, Answer], None, list[int]]:
    """Take batches from ``waiting`` and answer them; returns those at work when a process died or hung."""
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
            done = next_done(pool, at_work, silence)
            for future in sorted(done, key=at_work.__getitem__):
                try:
                    yield at_work[future], [future.result()]
                except _LOST:
                    continue
                del at_work[future]
            if not done or any(future in at_work for future in done):
                break
    return list(at_work.values())


def _by_itself(batch: Batch, tries: int, silence: float) -> bytes | None:
    """The answer to a batch that has a process for itself; ``None`` where as many as may try it died or hung."""
    for _ in range(tries):
        with pool_of(1) as pool:
            task = pool.submit(read_batch, batch)
            try:
                if next_done(pool, [task], Silence(silence)):
                    return task.result()
            except _LOST:
                continue
    return None
