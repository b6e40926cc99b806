"""Many returns in little room: the cells that all of them fill are written down once, the figures in columns.

A return as it is read takes some 90 KB, packed about 5 KB; in that shape it goes from one process to another, and in
that shape it stays, an entry being made when it is asked for. Of very many returns the figures lie in a file.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import copysign
from types import MappingProxyType
from typing import Any, NamedTuple

from pipeline.spilled import Place, Spill
from pipeline.submission import Entry, Item, Submission, TablePlace
from schemas.form import Key

_PROTOCOL = 5


class Spot(NamedTuple):
    """What the entries of many files have in common: which cell it is, and where it stands."""

    key: Key
    sheet: str
    cell: str
    decimals: int | None
    own: bool


Tables = Mapping[str, tuple[TablePlace, ...]]
_Content = tuple["array[float]", Mapping[int, Entry]]
_NOTHING: Mapping[int, Entry] = MappingProxyType({})
_WIDTH = array("d").itemsize
_Bare = tuple[Submission, bytes, bytes, dict[int, Entry], int]


@dataclass(frozen=True, slots=True)
class Packet:
    """Returns on their way: those of each file, with the ``spots`` and ``tables`` that they point at by number."""

    spots: tuple[Spot, ...]
    tables: tuple[Tables, ...]
    files: tuple[tuple[_Bare, ...], ...]


@dataclass(frozen=True, slots=True)
class Known:
    """The spots, the tables and the texts of all packets so far, each once; the figures in a ``spill``, if any."""

    spots: list[Spot] = field(default_factory=list)
    numbers: dict[Spot, int] = field(default_factory=dict)
    of_key: dict[Key, list[int]] = field(default_factory=dict)
    tables: dict[object, Tables] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    filled: dict[bytes, array[int]] = field(default_factory=dict)
    spill: Spill | None = None

    def number(self, spot: Spot) -> int:
        """The number of a spot, a new one where it was never seen."""
        number = self.numbers.setdefault(spot, len(self.spots))
        if number == len(self.spots):
            self.spots.append(spot)
            self.of_key.setdefault(spot.key, []).append(number)
        return number

    def text(self, text: str) -> str:
        """The same text as it was first seen."""
        return self.texts.setdefault(text, text)

    def alike(self, numbers: array[int]) -> array[int]:
        """The same numbers of spots as they were first seen."""
        return self.filled.setdefault(numbers.tobytes(), numbers)

    def table(self, tables: Tables) -> Tables:
        """The same tables as they were first seen."""
        seen = tuple((form, *map(_said, places)) for form, places in tables.items())
        return self.tables.setdefault(seen, tables)


class PackedEntries(Mapping[Key, Entry]):
    """The entries of one return. One that is asked for is made anew each time."""

    __slots__ = ("_held", "_known", "_numbers")

    def __init__(self, known: Known, numbers: array[int], values: array[float], odd: Mapping[int, Entry]) -> None:
        self._known, self._numbers = known, numbers
        self._held: _Content | Place = (values, odd)
        if known.spill is not None:
            self._held = known.spill.put(values.tobytes() + (pickle.dumps(dict(odd), _PROTOCOL) if odd else b""))

    def __getitem__(self, key: Key) -> Entry:
        for number in self._known.of_key.get(key, ()):
            try:
                return self._entry(self._numbers.index(number))
            except ValueError:
                continue
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        spots = self._known.spots
        return (spots[number].key for number in self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (self._all(),)

    def items(self) -> Any:
        """Every key with its entry, in their order."""
        return self._all().items()

    def values(self) -> Any:
        """Every entry, in their order."""
        return self._all().values()

    def packed_anew(self, entries: Mapping[Key, Entry]) -> PackedEntries:
        """Other entries, packed as these are."""
        numbers, values, odd = _columns(self._known, list(entries.values()))
        return PackedEntries(self._known, self._known.alike(numbers), values, odd)

    def _content(self) -> _Content:
        if isinstance(self._held[0], array):
            return self._held
        assert self._known.spill is not None
        content = self._known.spill.get(self._held)
        end = _WIDTH * len(self._numbers)
        return array("d", content[:end]), pickle.loads(content[end:]) if len(content) > end else _NOTHING

    def _all(self) -> dict[Key, Entry]:
        values, odd = self._content()
        spots = map(self._known.spots.__getitem__, self._numbers)
        made = [
            Entry(key, sheet, cell, value, value, "", decimals, "", (), own)
            for (key, sheet, cell, decimals, own), value in zip(spots, values, strict=True)
        ]
        for i, entry in odd.items():
            made[i] = entry
        return {entry.key: entry for entry in made}

    def _entry(self, i: int) -> Entry:
        values, odd = self._content()
        if i in odd:
            return odd[i]
        key, sheet, cell, decimals, own = self._known.spots[self._numbers[i]]
        return Entry(key, sheet, cell, values[i], values[i], "", decimals, "", (), own)


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
    """The same with every entry and every row of a list made once, where they are packed."""
    entries, items = submission.entries, submission.items
    if isinstance(entries, dict) and isinstance(items, dict):
        return submission
    return replace(submission, entries=dict(entries.items()), items=dict(items.items()))


def closed(kept: Submission, opened_: Submission, sent: Submission) -> Submission:
    """What became of a return that was packed, packed; what was not changed as it came."""
    entries, items = kept.entries, kept.items
    if entries is opened_.entries:
        entries = sent.entries
    elif isinstance(sent.entries, PackedEntries):
        entries = sent.entries.packed_anew(entries)
    same = items.keys() == opened_.items.keys() and all(rows is opened_.items[form] for form, rows in items.items())
    if same:
        items = sent.items
    elif items and isinstance(sent.items, SpilledItems):
        items = sent.items.spilled_anew(items)
    return replace(kept, entries=entries, items=items)


def packed(files: Iterable[Sequence[Submission]]) -> Packet:
    """The returns of these files."""
    known, listed = Known(), list[tuple[_Bare, ...]]()
    tables, numbered = list[Tables](), dict[int, int]()
    for submissions in files:
        listed.append(tuple(_bare(known, tables, numbered, submission) for submission in submissions))
    return Packet(tuple(known.spots), tuple(tables), tuple(listed))


def unpacked(packet: Packet, known: Known) -> list[list[Submission]]:
    """The returns of each file of a packet; what many have in common is that of ``known``."""
    numbers = [known.number(spot) for spot in packet.spots]
    tables = [known.table(one) for one in packet.tables]
    return [[_whole(known, numbers, tables, *bare) for bare in file] for file in packet.files]


def dumped(what: object) -> bytes:
    """Pickled, views of mappings too."""
    out = io.BytesIO()
    pickler = pickle.Pickler(out, _PROTOCOL)
    pickler.dispatch_table = {**copyreg.dispatch_table, MappingProxyType: lambda view: (_view, (dict(view),))}
    pickler.dump(what)
    return out.getvalue()


def _view(mapping: dict[object, object]) -> Mapping[object, object]:
    return MappingProxyType(mapping)


def _bare(known: Known, tables: list[Tables], numbered: dict[int, int], submission: Submission) -> _Bare:
    numbers, values, odd = _columns(known, list(submission.entries.values()))
    place = known.table(submission.tables)
    at = numbered.setdefault(id(place), len(tables))
    if at == len(tables):
        tables.append(place)
    return replace(submission, entries={}, tables={}), numbers.tobytes(), values.tobytes(), odd, at


def _columns(known: Known, entries: Sequence[Entry]) -> tuple[array[int], array[float], dict[int, Entry]]:
    """The numbers of the spots of these entries, what stands there, and those of which that is not all."""
    numbers = array("I", [known.number(Spot(one.key, one.sheet, one.cell, one.decimals, one.own)) for one in entries])
    odd = {i: entry for i, entry in enumerate(entries) if not _plain(entry)}
    return numbers, array("d", [0.0 if i in odd else one.value or 0.0 for i, one in enumerate(entries)]), odd


def _whole(
    known: Known,
    numbers: Sequence[int],
    tables: Sequence[Tables],
    bare: Submission,
    spots: bytes,
    values: bytes,
    odd: Mapping[int, Entry],
    at: int,
) -> Submission:
    mine = known.alike(array("I", [numbers[i] for i in array("I", spots)]))
    return replace(
        bare,
        period=known.text(bare.period),
        package_version=known.text(bare.package_version),
        entries=PackedEntries(known, mine, array("d", values), odd),
        items=SpilledItems(known.spill, bare.items) if known.spill is not None and bare.items else bare.items,
        tables=tables[at],
        info={known.text(code): known.text(said) for code, said in bare.info.items()},
        info_at={known.text(code): known.text(cell) for code, cell in bare.info_at.items()},
    )


def _plain(entry: Entry) -> bool:
    """Whether nothing but the number stood there, and was read as it stood."""
    raw, value = entry.raw, entry.value
    return (
        type(raw) is float
        and raw == value
        and copysign(1.0, raw) == copysign(1.0, value)
        and not (entry.text or entry.refusal or entry.guesses or entry.decision)
    )


def _said(place: TablePlace) -> tuple[object, ...]:
    return place.sheet, tuple(place.rows.items()), tuple(place.columns.items())
