"""Work done by the workers of a Dask cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.errors import EngineError
from schemas.text import Text

if TYPE_CHECKING:
    from distributed import Client

_CONNECT = 10.0
_PAUSE = 0.02
# A cluster without a worker may be waiting for one to come back.
_PATIENCE = 30.0

_Asked = TypeVar("_Asked")


class NotTheSameError(Exception):
    """A worker that sees other files, or is another program, than whoever asks it."""


def on_cluster(
    work: Callable[..., bytes],
    asked: Mapping[int, _Asked],
    scheduler: str,
    tell: Callable[[Text], None],
    patience: float = _PATIENCE,
    *,
    shared: bytes | None = None,
) -> Iterator[tuple[int, bytes]]:
    """What a cluster's workers make of these batches with their numbers, as they come.

    ``work`` is a function of a module; it is given a batch, and what is ``shared`` by all of them. A batch is tried
    twice; whatever gets no answer is left to the caller, and told. Raises :class:`EngineError` where the package
    ``distributed`` is not installed.
    """
    client = _client(scheduler, tell)
    if client is None:
        return
    missing, other = 0, False
    with contextlib.closing(client):
        more = () if shared is None else (client.scatter(shared, broadcast=True),)
        tasks = {client.submit(work, one, *more, pure=False, retries=1): number for number, one in asked.items()}
        while tasks and (done := _next_done(client, list(tasks), patience)):
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


def _next_done(client: Client, tasks: list[Any], patience: float) -> list[Any]:
    """Those that are over, once any is; none where the cluster is gone, or has been without workers for too long."""
    since = time.monotonic()
    while True:
        done = [task for task in tasks if task.done()]
        if done or client.status not in ("running", "connecting"):
            return done
        if time.monotonic() - since > patience:
            if not _has_workers(client):
                return []
            since = time.monotonic()
        time.sleep(_PAUSE)


def _has_workers(client: Client) -> bool:
    try:
        return bool(client.nthreads())
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
