"""Returns as they were read before, by name and content."""

from __future__ import annotations

import datetime
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import itemgetter
from pathlib import Path

from pipeline.cache import FOLDER, keep, kept, key_of
from pipeline.cache_program import program_key
from pipeline.cache_records import UNUSABLE, dumped, loaded
from pipeline.submission import Entry, Submission, TablePlace
from schemas.form import Forms, Key

_MOST_PLACES = 100_000
_USUAL = ("", None, "", (), 0)
_Cell = tuple[Key, str, str, bool]


@dataclass(slots=True)
class Returns:
    """The returns of one inbox. It grows while files are read: ``files`` has of each its content's hash and what was
    made of it, ``tables`` where tables stand, by hash, ``places`` the cells that were ever filled; ``changed`` that
    there is something to keep."""

    path: Path
    key: bytes
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tables: dict[bytes, bytes] = field(default_factory=dict)
    places: list[_Cell] = field(default_factory=list)
    numbers: dict[_Cell, int] = field(default_factory=dict)
    read_tables: dict[bytes, Mapping[str, tuple[TablePlace, ...]]] = field(default_factory=dict)
    changed: bool = False


def returns_known(root: Path, inbox: str, forms: Forms) -> Returns:
    """What was read before of the files of an inbox by these forms and this program; nothing where that is not kept."""
    key = key_of(program_key(), forms.source, inbox)
    empty = Returns(root / FOLDER / f"read-{inbox}.bin", key)
    payload = kept(empty.path, key) if forms.source else None
    if payload is None:
        return empty
    try:
        files, tables, places = loaded(payload)
        found = [(Key(*key), sheet, cell, own) for key, sheet, cell, own in places]
    except UNUSABLE:
        return empty
    return replace(empty, files=files, tables=tables, places=found, numbers={one: i for i, one in enumerate(found)})


def read_before(returns: Returns, name: str, sha256: str, received: datetime.datetime) -> list[Submission] | None:
    """What was made of a file of this name and content, ``received`` now; ``None`` where that is not known."""
    before, content = returns.files.get(name, ("", b""))
    if before != sha256:
        return None
    try:
        return [replace(_unpacked(returns, *one), received_at=received) for one in loaded(content)]
    except UNUSABLE:
        return None


def note_returns(returns: Returns, read: Mapping[str, tuple[str, Sequence[Submission]]]) -> None:
    """Take down what was ``read`` now of files by their names and hashes, for :func:`keep_returns` to keep."""
    if read and len(returns.places) > _MOST_PLACES:
        returns.files.clear()
        returns.tables.clear()
        returns.places.clear()
        returns.numbers.clear()
    for name, (sha256, submissions) in read.items():
        returns.files[name] = (sha256, dumped([_packed(returns, one) for one in submissions]))
        returns.changed = True


def keep_returns(returns: Returns, names: set[str]) -> None:
    """Keep what is known of these ``names``, and of no other; nothing is written where all of that is kept already."""
    if not returns.changed and names == returns.files.keys():
        return
    files = {name: one for name, one in returns.files.items() if name in names}
    places = [(tuple(key), sheet, cell, own) for key, sheet, cell, own in returns.places]
    keep(returns.path, returns.key, dumped((files, returns.tables, places)))


def _packed(returns: Returns, submission: Submission) -> tuple[object, ...]:
    tables = dumped(submission.tables)
    name = key_of(tables)
    returns.tables.setdefault(name, tables)
    columns = zip(*submission.entries.values(), strict=True) if submission.entries else repeat((), len(Entry._fields))
    keys, sheets, cells, raws, values, texts, decimals, refusals, guesses, owns, decisions = columns
    tails = enumerate(zip(texts, decimals, refusals, guesses, decisions, strict=True))
    return (
        replace(submission, entries={}, tables={}, items=dict(submission.items.items())),
        name,
        array("I", [_number(returns, place) for place in zip(keys, sheets, cells, owns, strict=True)]).tobytes(),
        list(raws),
        list(values),
        {i: tail for i, tail in tails if tail != _USUAL},
    )


def _number(returns: Returns, place: _Cell) -> int:
    number = returns.numbers.get(place)
    if number is None:
        number = returns.numbers[place] = len(returns.places)
        returns.places.append(place)
    return number


def _unpacked(
    returns: Returns,
    bare: Submission,
    tables: bytes,
    numbers: bytes,
    raws: Sequence[object],
    values: Sequence[float | None],
    odd: Mapping[int, tuple[str, int | None, str, tuple[float, ...], int]],
) -> Submission:
    if tables not in returns.read_tables:
        returns.read_tables[tables] = loaded(returns.tables[tables])
    listed = [returns.places[i] for i in array("I", numbers)]
    keys = list(map(itemgetter(0), listed))
    text, decimals, refusal, guesses, decision = map(repeat, _USUAL)
    sheets, cells, owns = (map(itemgetter(i), listed) for i in (1, 2, 3))
    columns = zip(keys, sheets, cells, raws, values, text, decimals, refusal, guesses, owns, decision, strict=False)
    entries: dict[Key, Entry] = dict(zip(keys, map(Entry._make, columns), strict=True))
    for i, (text_, decimals_, refusal_, guesses_, decision_) in odd.items():
        entries[keys[i]] = entries[keys[i]]._replace(
            text=text_, decimals=decimals_, refusal=refusal_, guesses=guesses_, decision=decision_
        )
    return replace(bare, entries=entries, tables=returns.read_tables[tables])
