"""Records kept between runs by name, each under a key of what it rests on.

A pickle may name any class and call it. One that a stranger left in a workspace must not, so none but plain records
of the reader and days are let in; that costs nothing, for each is looked up once a record.
"""

from __future__ import annotations

import datetime
import io
import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.cache import FOLDER, keep, kept, key_of
from pipeline.cache_program import program_key
from pipeline.entries import NO_ENTRIES
from pipeline.findings import Finding
from pipeline.messages import Shown
from pipeline.submission import Entry, Item, Submission, TablePlace
from pipeline.suspects import Meant, SetOfCells
from schemas.form import Forms, Key
from schemas.text import Text

_PROTOCOL = 5
# So many are packed and written at once.
_SHELF = 2_000
_RECORDS = (Submission, Entry, Item, TablePlace, Finding, SetOfCells, Meant, Key, Text, Shown)
_DAYS = (datetime.datetime, datetime.date, datetime.time, datetime.timedelta, datetime.timezone)
_KNOWN: dict[tuple[str, str], Any] = {(one.__module__, one.__qualname__): one for one in (*_RECORDS, *_DAYS)}
_KNOWN[NO_ENTRIES.__module__, "NO_ENTRIES"] = NO_ENTRIES
# What loading something raises that is not what it should be; what dumping raises that cannot be kept.
UNUSABLE = (
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    zlib.error,
)
UNWRITABLE = (pickle.PicklingError, TypeError, AttributeError)

Record = tuple[bytes, bytes]
"""The key of what a record rests on, and the record."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the returns of an ``inbox`` of a workspace are kept, as they were read by these forms."""

    root: Path
    inbox: str
    forms: Forms


def shelves(place: Place, names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """The names under which files are kept there, each with those that are; those of very many files stand apart.

    On which shelf a file is follows from its name, so that a change in one rewrites no other.
    """
    count = 1
    while count * _SHELF < len(names):
        count *= 2
    if count == 1:
        return [(place.inbox, list(range(len(names))))]
    found: dict[int, list[int]] = {}
    for i, name in enumerate(names):
        found.setdefault(zlib.crc32(name.encode("utf-8", "surrogatepass")) % count, []).append(i)
    return [(f"{place.inbox}-{count}-{shelf}", found[shelf]) for shelf in sorted(found)]


def records_known(place: Place) -> dict[str, Record]:
    """What was kept there by name, by these forms and this program; nothing where that is none of theirs."""
    found = known(place)
    return found if isinstance(found, dict) else {}


def keep_records(place: Place, records: Mapping[str, Record]) -> None:
    """Keep these there, in the place of what was."""
    keep_known(place, dict(records))


def known(place: Place) -> Any:
    """Whatever was kept there by these forms and this program; ``None`` where that is none of theirs."""
    payload = kept(_path(place), _key(place)) if place.forms.source else None
    try:
        return None if payload is None else loaded(payload)
    except UNUSABLE:
        return None


def keep_known(place: Place, what: object) -> None:
    """Keep this there, in the place of what was."""
    keep(_path(place), _key(place), dumped(what))


def _path(place: Place) -> Path:
    return place.root / FOLDER / f"{place.inbox}.bin"


def _key(place: Place) -> bytes:
    return key_of(program_key(), place.forms.source, place.inbox)


def dumped(what: object) -> bytes:
    """Pickled. Raises one of :data:`UNWRITABLE`."""
    return pickle.dumps(what, _PROTOCOL)


def loaded(data: bytes) -> Any:
    """What was pickled, if it is made of known records alone. Raises one of :data:`UNUSABLE`."""
    return _Reader(io.BytesIO(data)).load()


class _Reader(pickle.Unpickler):
    """Knows the records of the reader, and no other class."""

    def find_class(self, module: str, name: str) -> Any:
        """One of the classes known here. Raises :class:`pickle.UnpicklingError` for any other."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(name) from None
