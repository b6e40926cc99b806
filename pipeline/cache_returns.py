"""Returns as they were read before, by name and content."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipeline.cache import key_of
from pipeline.cache_records import UNUSABLE, Place, dumped, keep_known, known, loaded
from pipeline.entries import NO_ENTRIES, Content, Entries, Entry, Layout, Spot, columns_of, layout_of
from pipeline.submission import Submission, TablePlace
from schemas.form import Forms, Key

_MOST_SHARED = 10_000


@dataclass(slots=True)
class Returns:
    """The returns of one inbox. It grows while files are read: ``files`` has of each its content's hash and what was
    made of it, ``shared`` by hash what many have in common, layouts and where tables stand; ``changed`` says that
    there is something to keep."""

    place: Place
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    shared: dict[bytes, bytes] = field(default_factory=dict)
    layouts: dict[bytes, Layout] = field(default_factory=dict)
    tables: dict[bytes, Mapping[str, tuple[TablePlace, ...]]] = field(default_factory=dict)
    changed: bool = False


def returns_known(root: Path, inbox: str, forms: Forms) -> Returns:
    """What was read before of the files of an inbox by these forms and this program; nothing where that is not kept."""
    place = Place(root, f"read-{inbox}", forms)
    match known(place):
        case (dict() as files, dict() as shared):
            return Returns(place, files, shared)
    return Returns(place)


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
    if read and len(returns.shared) > _MOST_SHARED:
        returns.files.clear()
        returns.shared.clear()
    seen: dict[int, tuple[bytes, object]] = {}

    def share(what: object, plain: Callable[[], object]) -> bytes:
        """The hash by which what may be common to many is found; each is written once."""
        if id(what) not in seen:
            written = dumped(plain())
            seen[id(what)] = key_of(written), what
            returns.shared[seen[id(what)][0]] = written
        return seen[id(what)][0]

    for name, (sha256, submissions) in read.items():
        returns.files[name] = (sha256, dumped([_packed(share, one) for one in submissions]))
        returns.changed = True


def keep_returns(returns: Returns, names: set[str]) -> None:
    """Keep what is known of these ``names``, and of no other; nothing is written where all of that is kept already."""
    if not returns.changed and names == returns.files.keys():
        return
    files = {name: one for name, one in returns.files.items() if name in names}
    keep_known(returns.place, (files, returns.shared))


def _packed(share: Callable[[object, Callable[[], object]], bytes], submission: Submission) -> tuple[object, ...]:
    layout, tables = submission.entries.layout, submission.tables
    numbers, decimals, odd = submission.entries.content
    return (
        replace(submission, entries=NO_ENTRIES, tables={}, items=dict(submission.items.items())),
        share(tables, lambda: dict(tables)),
        share(layout, lambda: [(tuple(key), sheet, cell, own) for key, sheet, cell, own in layout.spots]),
        numbers.tobytes() + decimals.tobytes(),
        dict(odd),
    )


def _unpacked(
    returns: Returns, bare: Submission, tables: bytes, layout: bytes, columns: bytes, odd: dict[int, Entry]
) -> Submission:
    if tables not in returns.tables:
        returns.tables[tables] = loaded(returns.shared[tables])
    if layout not in returns.layouts:
        spots = (Spot(Key(*key), sheet, cell, own) for key, sheet, cell, own in loaded(returns.shared[layout]))
        returns.layouts[layout] = layout_of(tuple(spots))
    own = returns.layouts[layout]
    numbers, decimals, _ = columns_of(columns, len(own.spots))
    return replace(bare, entries=Entries(own, Content(numbers, decimals, odd)), tables=returns.tables[tables])
