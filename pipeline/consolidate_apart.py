"""What units add to their parents, worked out and merged by the workers of a Dask cluster."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from pipeline.cache_program import program_key
from pipeline.cluster import NotTheSameError, reduced_on_cluster
from pipeline.consolidate_partial import Partial, Some, merged, partial
from pipeline.consolidate_plan import Plan
from pipeline.engine import Engine
from pipeline.figures import Matrix
from pipeline.packed import dumped


def reduced_apart(plan: Plan, many: int, some: Callable[[int], Some], engine: Engine) -> Partial:
    """What ``many`` batches of units, each made by ``some`` when its turn comes, add to their parents.

    What a cluster leaves undone is done here; no batch is counted twice.
    """
    shared = zlib.compress(dumped((plan, program_key())), 1)

    def asked(number: int) -> bytes:
        return sent(some(number))

    answers, done = reduced_on_cluster(partial_of, merged_of, asked, many, engine.scheduler, engine.tell, shared=shared)
    left = (partial(plan, some(number)) for number in range(many) if number not in done)
    return merged([*map(_received, answers), *left])


def partial_of(asked: bytes, shared: bytes) -> bytes:
    """What a worker makes of a batch. Raises :class:`NotTheSameError`."""
    plan, program = _shared(shared)
    if program != program_key():
        raise NotTheSameError
    return dumped(partial(plan, opened(asked)))


def merged_of(*answers: bytes) -> bytes:
    """What a worker makes of several answers of others."""
    return dumped(merged([_received(answer) for answer in answers]))


def sent(some: Some) -> bytes:
    """These units as they go to a worker: only the figures that are there, whole numbers in half the room."""
    there = ~np.isnan(some.values)
    figures = some.values[there]
    if (np.abs(figures) < 2.0**31).all() and (np.rint(figures) == figures).all():
        figures = figures.astype(np.int32)
    return dumped((some.parents, some.kinds, some.registers, there.shape, np.packbits(there), figures))


def opened(asked: bytes) -> Some:
    """The units that were :func:`sent`; they come from a process of ours."""
    parents, kinds, registers, shape, bits, figures = pickle.loads(asked)
    values: Matrix = np.full(shape, np.nan)
    values[np.unpackbits(bits, count=values.size).view(np.bool_).reshape(shape)] = figures
    return Some(parents, kinds, registers, values)


def _received(answer: bytes) -> Partial:
    found: Partial = pickle.loads(answer)
    return found


@lru_cache(maxsize=2)
def _shared(deflated: bytes) -> tuple[Plan, bytes]:
    plan, program = pickle.loads(zlib.decompress(deflated))
    return plan, program
