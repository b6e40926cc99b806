"""Returns on their way from one process to another, and very many of them in little room.

What many have in common goes and stays once; of very many returns the figures and the rows of lists lie in a file.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from pipeline.entries import NO_ENTRIES
from pipeline.spilled import Spill
from pipeline.submission import Item, Submission, TablePlace

_PROTOCOL = 5

Tables = Mapping[str, tuple[TablePlace, ...]]
Packet = list[list[Submission]]
"""The returns of some files, of which tables and layouts that are the same are one."""


@dataclass(frozen=True, slots=True)
class Known:
    """The tables and the texts of all packets so far, each once; figures and lists go into a ``spill``, if any."""

    tables: dict[object, Tables] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    spill: Spill | None = None

    def text(self, text: str) -> str:
        """The same text as it was first seen."""
        return self.texts.setdefault(text, text)

    def table(self, tables: Tables) -> Tables:
        """The same tables as they were first seen."""
        seen = tuple((form, *map(_said, places)) for form, places in tables.items())
        return self.tables.setdefault(seen, tables)


class SpilledItems(Mapping[str, tuple[Item, ...]]):
    """The rows of the lists of one return, which lie in a file until they are asked for."""

    __slots__ = ("_forms", "_place", "_spill")

    def __init__(self, spill: Spill, items: Mapping[str, tuple[Item, ...]]) -> None:
        self._forms, self._spill = tuple(items), spill
        self._place = spill.put(pickle.dumps(dict(items), _PROTOCOL))

    def __getitem__(self, form: str) -> tuple[Item, ...]:
        if form not in self._forms:
            raise KeyError(form)
        return self._all()[form]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._all(),)

    def __repr__(self) -> str:
        return repr(self._all())

    def items(self) -> Any:
        """Every form with its rows."""
        return self._all().items()

    def values(self) -> Any:
        """The rows of every form."""
        return self._all().values()

    def spilled_anew(self, items: Mapping[str, tuple[Item, ...]]) -> SpilledItems:
        """Other rows, where these are."""
        return SpilledItems(self._spill, items)

    def _all(self) -> dict[str, tuple[Item, ...]]:
        found: dict[str, tuple[Item, ...]] = pickle.loads(self._spill.get(self._place))
        return found


def opened(submission: Submission) -> Submission:
    """The same with nothing of it in a file."""
    entries, items = submission.entries.loaded(), submission.items
    if entries is submission.entries and isinstance(items, dict):
        return submission
    return replace(submission, entries=entries, items=dict(items.items()))


def closed(kept: Submission, opened_: Submission, sent: Submission) -> Submission:
    """What became of a return as it was opened, lying where it lay; what was not changed as it came."""
    entries, items = kept.entries, kept.items
    entries = sent.entries if entries is opened_.entries else entries.lying_as(sent.entries)
    same = items.keys() == opened_.items.keys() and all(rows is opened_.items[form] for form, rows in items.items())
    if same:
        items = sent.items
    elif items and isinstance(sent.items, SpilledItems):
        items = sent.items.spilled_anew(items)
    return replace(kept, entries=entries, items=items)


def packed(files: Iterable[Sequence[Submission]]) -> Packet:
    """The returns of these files, for another process."""
    known = Known()
    return [[replace(one, tables=known.table(one.tables)) for one in submissions] for submissions in files]


def unpacked(packet: Packet, known: Known) -> Packet:
    """The returns of each file, packed or not, in little room; what many have in common is that of ``known``."""
    return [[_whole(known, one) for one in file] for file in packet]


def dumped(what: object) -> bytes:
    """Pickled, views of mappings too."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, _PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: lambda view: (_view, (dict(view),))}
    pickler.dump(what)
    return out.getvalue()


def _view(mapping: dict[object, object]) -> Mapping[object, object]:
    return MappingProxyType(mapping)


def _whole(known: Known, one: Submission) -> Submission:
    entries, items = one.entries, one.items
    if known.spill is not None:
        entries = entries.spilled(known.spill) if entries.layout.spots else NO_ENTRIES
        items = SpilledItems(known.spill, items) if items else items
    return replace(
        one,
        period=known.text(one.period),
        package_version=known.text(one.package_version),
        entries=entries,
        items=items,
        tables=known.table(one.tables),
        info={known.text(code): known.text(said) for code, said in one.info.items()},
        info_at={known.text(code): known.text(cell) for code, cell in one.info_at.items()},
    )


def _said(place: TablePlace) -> tuple[object, ...]:
    return place.sheet, tuple(place.rows.items()), tuple(place.columns.items())
