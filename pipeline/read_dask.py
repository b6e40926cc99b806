"""Files read by the workers of a Dask cluster, each from the folder that it shares with whoever asks."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import EngineError
from pipeline.read_batches import Answer, Batch, NotTheSameError, read_batch
from schemas.text import Text

if TYPE_CHECKING:
    from distributed import Client

_CONNECT = 10.0
_PAUSE = 0.02
# A cluster without a worker may be waiting for one to come back.
_PATIENCE = 30.0


def read_on_cluster(
    asked: Mapping[int, Batch], scheduler: str, tell: Callable[[Text], None], patience: float = _PATIENCE
) -> Iterator[tuple[int, Answer]]:
    """The answers of a cluster's workers to these batches with their numbers, as they come.

    A batch is tried twice; whatever gets no answer is left to the caller, and told. Raises :class:`EngineError` where
    the package ``distributed`` is not installed.
    """
    client = _client(scheduler, tell)
    if client is None:
        return
    missing, other = 0, False
    with contextlib.closing(client):
        tasks = {client.submit(read_batch, batch, pure=False, retries=1): number for number, batch in asked.items()}
        while tasks and (done := _next_done(client, list(tasks), patience)):
            for task in done:
                number = tasks.pop(task)
                try:
                    answer: bytes = task.result(timeout=_CONNECT)
                except NotTheSameError:
                    other = True
                except Exception:
                    # Whatever a cluster may fail with, its part of the files is still there to be read.
                    missing += 1
                else:
                    yield number, [answer]
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
    "Máy của cụm Dask chạy phiên bản khác hoặc không thấy cùng thư mục inbox; các tệp ấy đọc tại máy này.",
    "Workers of the Dask cluster run another program or do not see the same inbox; this machine reads those files.",
)


def _unreachable(scheduler: str, fault: Exception) -> Text:
    return Text(
        f"Không kết nối được bộ điều phối Dask {scheduler} ({fault}); đọc tại máy này.",
        f"The Dask scheduler {scheduler} cannot be reached ({fault}); this machine reads.",
    )


def _lost(missing: int, of: int) -> Text:
    return Text(
        f"Cụm Dask không trả lời {missing}/{of} lô tệp; các lô ấy đọc lại tại máy này.",
        f"The Dask cluster left {missing} of {of} batches unanswered; this machine reads those.",
    )
