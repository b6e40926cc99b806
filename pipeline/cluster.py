"""Work done by the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import EngineError
from pipeline.silence import LEAST, Silence
from schemas.text import Text

if TYPE_CHECKING:
    from distributed import Client

_CONNECT = 10.0
_PAUSE = 0.02
# A cluster without a worker may be waiting for one to come back.
_PATIENCE = 30.0
# As many answers are merged at a time, and as many batches lie with a cluster at once while more are being made.
_BY, _AHEAD = 8, 32

_Asked = TypeVar("_Asked")


@dataclass(frozen=True, slots=True)
class _Watch:
    """A cluster that is waited for, and for how long."""

    client: Client
    patience: float
    silence: Silence
    tell: Callable[[Text], None]


class NotTheSameError(Exception):
    """A worker that sees other files, or is another program, than whoever asks it."""


def on_cluster(
    work: Callable[..., bytes],
    asked: Mapping[int, _Asked],
    scheduler: str,
    tell: Callable[[Text], None],
    patience: float = _PATIENCE,
    silence: float = LEAST,
    *,
    shared: bytes | None = None,
) -> Iterator[tuple[int, bytes]]:
    """What a cluster's workers make of these batches with their numbers, as they come.

    ``work`` is a function of a module; it is given a batch, and what is ``shared`` by all of them. A batch is tried
    twice; whatever gets no answer is left to the caller, and told. So is all that is still asked for when there were no
    workers for so many seconds of ``patience``, or no answer for so many of ``silence``, as
    :class:`pipeline.silence.Silence` counts them. Raises :class:`EngineError` where the package ``distributed`` is not
    installed.
    """
    client = _client(scheduler, tell)
    if client is None:
        return
    missing, other, watch = 0, False, _Watch(client, patience, Silence(silence), tell)
    with contextlib.closing(client):
        more = _spread(client, shared)
        tasks = {client.submit(work, one, *more, pure=False, retries=1): number for number, one in asked.items()}
        while tasks and (done := _next_done(watch, list(tasks))):
            for task in done:
                number = tasks.pop(task)
                try:
                    answer: bytes = task.result(timeout=_CONNECT)
                except NotTheSameError:
                    other = True
                except Exception:
                    # Whatever a cluster may fail with, its part is still there to be done.
                    missing += 1
                else:
                    yield number, answer
                task.release()
    if other:
        tell(_OTHER)
    if missing + len(tasks):
        tell(_lost(missing + len(tasks), len(asked)))


def reduced_on_cluster(
    work: Callable[[_Asked, bytes], bytes],
    merge: Callable[..., bytes],
    asked: Callable[[int], _Asked],
    many: int,
    scheduler: str,
    tell: Callable[[Text], None],
    patience: float = _PATIENCE,
    silence: float = LEAST,
    *,
    shared: bytes,
) -> tuple[list[bytes], frozenset[int]]:
    """What a cluster's workers make of so many batches, merged by them to one answer, and the numbers that are in it.

    A batch is made by ``asked`` when its turn comes; ``merge`` makes one of several answers. Where the cluster is given
    up on the way there may be several, and of numbers that are in none the caller does the work; else as
    :func:`on_cluster`.
    """
    client = _client(scheduler, tell)
    if client is None:
        return [], frozenset()
    with contextlib.closing(client):
        more = _spread(client, shared)
        watch = _Watch(client, patience, Silence(silence), tell)
        each = ((client.submit(work, asked(i), *more, pure=False, retries=1), i) for i in range(many))
        made = _merged(watch, each, merge)
        answers, done = list[bytes](), frozenset[int]()
        # Whatever a cluster may fail with, what is in none of the answers is still there to be done.
        with contextlib.suppress(Exception):
            for task, numbers in made:
                answers.append(task.result(timeout=_CONNECT))
                done |= numbers
    if len(done) < many:
        tell(_lost(many - len(done), many))
    return answers, done


def _client(scheduler: str, tell: Callable[[Text], None]) -> Client | None:
    """A connection to the scheduler; ``None`` where it does not answer."""
    try:
        from distributed import Client
    except ImportError as fault:
        raise EngineError(_NOT_INSTALLED) from fault
    try:
        return Client(scheduler, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as fault:
        tell(_unreachable(scheduler, fault))
        return None


def _spread(client: Client, shared: bytes | None) -> tuple[Any, ...]:
    """What all batches share, as a task: what is only laid down at the workers is gone with them."""
    return () if shared is None else (client.submit(_itself, shared, pure=False, retries=1),)


def _itself(shared: bytes) -> bytes:
    return shared


def _merged(
    watch: _Watch, each: Iterator[tuple[Any, int]], merge: Callable[..., bytes]
) -> list[tuple[Any, frozenset[int]]]:
    """The tasks at the end of the tree, each with the numbers of the batches in it; one, unless something fails."""
    at_work, ready, other = dict[Any, frozenset[int]](), list[tuple[Any, frozenset[int]]](), False
    while True:
        at_work |= {task: frozenset((number,)) for task, number in islice(each, max(_AHEAD - len(at_work), 0))}
        while len(ready) >= _BY or (len(ready) > 1 and not at_work):
            some, ready = ready[:_BY], ready[_BY:]
            merging = watch.client.submit(merge, *(task for task, _ in some), pure=False, retries=1)
            at_work[merging] = frozenset().union(*(numbers for _, numbers in some))
        done = _next_done(watch, list(at_work)) if at_work else []
        if not done:
            break
        for task in done:
            numbers = at_work.pop(task)
            if task.status == "finished":
                ready.append((task, numbers))
            else:
                other = other or _is_other(task)
    if other:
        watch.tell(_OTHER)
    return ready


def _is_other(task: Any) -> bool:
    try:
        return isinstance(task.exception(timeout=_CONNECT), NotTheSameError)
    except Exception:
        # A task that was lost has nothing to say.
        return False


def _next_done(watch: _Watch, tasks: list[Any]) -> list[Any]:
    """Those that are over, once any is; none where the cluster is gone, has no workers, or is silent for too long."""
    client, silence = watch.client, watch.silence
    since = time.monotonic()
    silence.begins()
    while True:
        done = [task for task in tasks if task.done()]
        if done:
            silence.ends()
        if done or client.status not in ("running", "connecting"):
            return done
        if silence.left <= 0:
            watch.tell(_HUNG)
            return []
        if time.monotonic() - since > watch.patience:
            if not _has_workers(client):
                return []
            since = time.monotonic()
        time.sleep(_PAUSE)


def _has_workers(client: Client) -> bool:
    try:
        return bool(client.sync(client.scheduler.ncores, workers=None, callback_timeout=_CONNECT))
    except OSError:
        return False


_NOT_INSTALLED = Text(
    'Chưa cài gói distributed nên không dùng được --engine dask. Cài: pip install "tonghop[dask]", hoặc bỏ --engine.',
    'The package distributed is missing, so --engine dask cannot be used: pip install "tonghop[dask]", or drop it.',
)
_OTHER = Text(
    "Máy của cụm Dask chạy phiên bản khác hoặc không thấy cùng thư mục inbox; phần ấy làm tại máy này.",
    "Workers of the Dask cluster run another program or do not see the same inbox; this machine does their part.",
)
_HUNG = Text(
    "Cụm Dask đã quá lâu không trả lời lô nào; không chờ thêm.",
    "The Dask cluster has answered no batch for too long; it is not waited for any more.",
)


def _unreachable(scheduler: str, fault: Exception) -> Text:
    return Text(
        f"Không kết nối được bộ điều phối Dask {scheduler} ({fault}); làm tại máy này.",
        f"The Dask scheduler {scheduler} cannot be reached ({fault}); this machine does the work.",
    )


def _lost(missing: int, of: int) -> Text:
    return Text(
        f"Cụm Dask không trả lời {missing}/{of} lô; các lô ấy làm lại tại máy này.",
        f"The Dask cluster left {missing} of {of} batches unanswered; this machine does those.",
    )
