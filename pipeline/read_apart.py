"""The files of a run read by the engine that was asked for: in their order, each once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from pipeline.cache_program import program_key
from pipeline.cluster import on_cluster
from pipeline.engine import Engine, Kind
from pipeline.packed import Known, unpacked
from pipeline.processes import NO_PROCESSES, NoProcessesError
from pipeline.read_batches import Answer, Batch, Read, batches, read_batch, received_back, stopped
from pipeline.read_files import File
from pipeline.read_processes import read_in_processes
from pipeline.submission import Submission

_THREADS = 4
# So many files a process takes at a time where several share the work, for all to be done at about the same moment.
_FEW = 16


def read_apart(
    files: Sequence[File], read: Read, engine: Engine, kind: Kind, known: Known | None = None
) -> list[list[Submission]]:
    """The returns of each file, read by ``kind`` of the ``engine``; what it leaves is read by processes, then by this.

    A file that processes died of is quarantined. What returns have in common is that of ``known``.
    """
    if kind == "threads":
        return _by_threads(files, read)
    program, size = (program_key() if kind == "dask" else b""), (_FEW if kind == "shared" else engine.batch)
    asked = dict(enumerate(batches(files, read, size, program)))
    of_batch = {number: files[number * size :][:size] for number in asked}
    found, known = dict[int, list[list[Submission]]](), known or Known()
    for number, answer in _answers(asked, engine, kind):
        if number not in found:
            # The first answer counts: a batch that was thought to be lost may still come.
            few = of_batch[number]
            found[number] = _unpacked(few, answer, known) if answer else unpacked([read(file) for file in few], known)
    for number in asked.keys() - found.keys():
        found[number] = _by_threads(of_batch[number], read)
    return [submissions for number in sorted(found) for submissions in found[number]]


def _answers(asked: Mapping[int, Batch], engine: Engine, kind: Kind) -> Iterator[tuple[int, Answer]]:
    """What others answer, and no answer to what is to be read here, now."""
    left = dict(asked)
    if kind == "shared":
        assert engine.crew is not None
        left = {}
        for part in engine.crew.share(read_batch, {number: batch.here() for number, batch in asked.items()}):
            if part.lost:
                left[part.number] = asked[part.number]
            else:
                yield part.number, [] if part.answer is None else [part.answer]
        if not left:
            return
    if kind == "dask":
        for number, answer in on_cluster(read_batch, asked, engine.scheduler, engine.tell):
            del left[number]
            yield number, [answer]
    here = {number: batch.here() for number, batch in left.items()}
    try:
        yield from read_in_processes(here, engine.processes)
    except NoProcessesError:
        engine.tell(NO_PROCESSES)


def _unpacked(files: Sequence[File], answer: Answer, known: Known) -> list[list[Submission]]:
    if len(answer) == 1 and answer[0] is not None:
        return unpacked(received_back(answer[0]), known)
    each = zip(files, answer, strict=True)
    return [stopped(file) if one is None else unpacked(received_back(one), known)[0] for file, one in each]


def _by_threads(files: Sequence[File], read: Read) -> list[list[Submission]]:
    if len(files) < 2:
        return [read(file) for file in files]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(read, files))
