"""What was read of a file before is not read again; of very many files little is in memory at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from pipeline.cache_records import Place, shelves
from pipeline.cache_returns import Returns, keep_returns, note_returns, read_before, returns_known
from pipeline.engine import Engine, chosen
from pipeline.files import sha256_again
from pipeline.packed import Known, unpacked
from pipeline.read_apart import read_apart
from pipeline.read_batches import Read
from pipeline.read_files import File, received
from pipeline.spilled import Spill
from pipeline.submission import Submission

_THREADS, _TOGETHER = 4, 100
# No hash, of a file that cannot be read; and what it has as long as nobody tries again.
_UNREAD, _EMPTY = "-", hashlib.sha256().hexdigest()


@dataclass(frozen=True, slots=True)
class Reader:
    """How a file is read: ``whole`` opens it too, ``content`` is given what stands in it, ``nothing`` says that it
    could not be had; ``was_read`` tells whether what came of a file is worth keeping."""

    whole: Read
    content: Callable[[File, bytes], list[Submission]]
    nothing: Callable[[File], Submission]
    was_read: Callable[[Sequence[Submission]], bool]


def read_again(files: Sequence[File], place: Place, reader: Reader, engine: Engine) -> list[list[Submission]]:
    """The returns of each of these files, from where they are kept or read now; all of them are kept."""
    if chosen(engine, len(files)) == "threads":
        return _by_threads(files, place, reader)
    return _apart(files, place, reader, engine)


def _by_threads(files: Sequence[File], place: Place, reader: Reader) -> list[list[Submission]]:
    """Shelf by shelf, each file opened once."""
    found: dict[int, list[Submission]] = {}
    some = shelves(place, [file.name for file in files])
    known = _many(some)
    with ThreadPoolExecutor(_THREADS) as pool:
        for shelf, numbers in some:
            before = returns_known(place.root, shelf, place.forms)
            for few in (numbers[i : i + _TOGETHER] for i in range(0, len(numbers), _TOGETHER)):
                fresh: dict[str, tuple[str, Sequence[Submission]]] = {}
                read = list(pool.map(partial(_read, before, fresh, reader), [files[i] for i in few]))
                note_returns(before, fresh)
                # Packed at once, and not when all are read: what was opened for a while leaves gaps in memory.
                found |= zip(few, unpacked(read, known) if len(some) > 1 else read, strict=True)
            keep_returns(before, {files[i].name for i in numbers})
    return [found[i] for i in range(len(files))]


def _many(shelves: Sequence[object]) -> Known:
    """What packed returns have in common; the figures of more than a shelf holds lie in a file."""
    return Known(spill=Spill() if len(shelves) > 1 else None)


def _read(
    before: Returns, fresh: dict[str, tuple[str, Sequence[Submission]]], reader: Reader, file: File
) -> list[Submission]:
    """What was made of a file before, else what is made of it now, which is added to ``fresh``."""
    data = None
    try:
        if not (content := file.version):
            content = hashlib.sha256(data := file.read()).hexdigest()
            file = replace(file, sha256=content)
        found = read_before(before, file.name, content, received(file))
        if found is None:
            data = file.read() if data is None else data
    except OSError:
        return [reader.nothing(file)]
    if found is None:
        assert data is not None
        found = reader.content(file, data)
        fresh[file.name] = (content, found)
    return found


def _apart(files: Sequence[File], place: Place, reader: Reader, engine: Engine) -> list[list[Submission]]:
    """By an engine that opens its files itself: what is known first, then all that is new at once."""
    some, seen = shelves(place, [file.name for file in files]), dict[int, tuple[str, list[Submission] | None]]()
    known = _many(some)
    with ThreadPoolExecutor(_THREADS) as pool:
        for shelf, numbers in some:
            before = returns_known(place.root, shelf, place.forms)
            told = list(pool.map(lambda i, on=before: _before(files[i], on), numbers))
            there = iter(unpacked([one for _, one in told if one is not None], known))
            seen |= {
                i: (content, None if one is None else next(there))
                for i, (content, one) in zip(numbers, told, strict=True)
            }
    new = [i for i in range(len(files)) if seen[i][1] is None]
    left, kind = [files[i] for i in new], chosen(engine, len(new))
    read = dict(zip(new, read_apart(left, reader.whole, engine, kind, known), strict=True))
    for shelf, numbers in some:
        here = [i for i in numbers if i in read]
        known_by = {i: _content(read[i], files[i], seen[i][0], reader) for i in here}
        fresh = {files[i].name: (known_by[i], read[i]) for i in here if known_by[i]}
        before = returns_known(place.root, shelf, place.forms)
        note_returns(before, fresh)
        keep_returns(before, {files[i].name for i in numbers})
    return [found if (found := seen[i][1]) is not None else read[i] for i in range(len(files))]


def _before(file: File, before: Returns) -> tuple[str, list[Submission] | None]:
    """What tells a file's content from any other, and what was made of that before; of a new file nothing is told."""
    if not file.version and file.name not in before.files:
        return "", None
    try:
        content, when = file.version or _hash(file), received(file)
    except OSError:
        return _UNREAD, None
    return content, read_before(before, file.name, content, when)


def _hash(file: File) -> str:
    if isinstance(file.path, Path) and file.member is None:
        return sha256_again(file.path)
    return hashlib.sha256(file.read()).hexdigest()


def _content(found: Sequence[Submission], file: File, told: str, reader: Reader) -> str:
    """What tells the content that was read from any other; empty where nobody can say what that was.

    An archive, and what was written anew since it was ``told``, is another content than that.
    """
    if file.version:
        return file.version if reader.was_read(found) else ""
    read = found[0].sha256 if [one.file for one in found] == [file.name] and reader.was_read(found) else ""
    return read if told in ("", read) and read != _EMPTY else ""
