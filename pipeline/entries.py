"""The filled cells of a return: plain numbers side by side, in an order that many returns share.

Packages of one kind ask the same cells in the same places. What the entries of such returns have in common is said
once, in their layout; each return has a number for each cell, missing where nothing was filled in, and only what is
more than a plain number stands by itself. So returns are read, go from one process to another, are kept and judged.
"""

from __future__ import annotations

import pickle
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import copysign
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np
import numpy.typing as npt

from pipeline.messages import number
from pipeline.numbers import read_text
from pipeline.spilled import Place, Spill
from schemas.form import Key

_PROTOCOL = 5
# Returns of so many kinds are expected together; a layout that is forgotten is only made once more.
_LAYOUTS = 512
_T = TypeVar("_T")


class Entry(NamedTuple):
    """One filled cell: what stood there, and the number it was read as.

    ``value`` is ``None`` when the cell holds text, was refused, or says that the figure is counted elsewhere.
    ``decimals`` are those printed, for percentages. ``refusal`` is the id of why it was refused, ``guesses`` what it
    may have meant. ``own`` is false for what the template works out or the issuer fills. Where people decided on the
    figure, ``value`` is what they decided, ``raw`` still what the unit sent, ``decision`` the row that says so.
    """

    key: Key
    sheet: str
    cell: str
    raw: object
    value: float | None
    text: str = ""
    decimals: int | None = None
    refusal: str = ""
    guesses: tuple[float, ...] = ()
    own: bool = True
    decision: int = 0

    @property
    def shown(self) -> str:
        """What stood in the cell, as its reader would have seen it."""
        if self.text:
            return self.text
        return number(self.value) if self.value is not None else read_text(self.raw)


class Spot(NamedTuple):
    """What the entries of many returns have in common: which cell it is, where it stands, whether it is their own."""

    key: Key
    sheet: str
    cell: str
    own: bool


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The cells of returns of one kind, in their order; each layout is there once.

    ``index`` has the place of each among them, ``own`` whether it is the unit's, ``forms`` the places of each form.
    """

    spots: tuple[Spot, ...]
    index: Mapping[Key, int]
    own: npt.NDArray[np.bool_]
    forms: Mapping[str, npt.NDArray[np.intp]]

    def __reduce__(self) -> tuple[Any, ...]:
        return layout_of, (self.spots,)


@lru_cache(maxsize=_LAYOUTS)
def layout_of(spots: tuple[Spot, ...]) -> Layout:
    """The layout of these cells, no two of which have the same key."""
    index = {spot.key: i for i, spot in enumerate(spots)}
    forms: dict[str, list[int]] = {}
    for i, spot in enumerate(spots):
        forms.setdefault(spot.key.form, []).append(i)
    own = np.array([spot.own for spot in spots], dtype=np.bool_)
    of_forms = {form: np.array(places, dtype=np.intp) for form, places in forms.items()}
    return Layout(spots, MappingProxyType(index), own, MappingProxyType(of_forms))


class Content(NamedTuple):
    """What stands in the cells of a layout: plain ``numbers``, NaN where there is none, the ``decimals`` printed with
    each, -1 for none told, and the entries that say more, by their place."""

    numbers: npt.NDArray[np.float64]
    decimals: npt.NDArray[np.int8]
    odd: dict[int, Entry]


class Entries(Mapping[Key, Entry]):
    """The entries of one return by their cells; an entry is made when it is asked for.

    Nobody changes them: :meth:`changed` gives others. Of very many returns they may lie in a file.
    """

    __slots__ = ("_held", "_spill", "layout")

    def __init__(self, layout: Layout, held: Content | Place, spill: Spill | None = None) -> None:
        self.layout, self._held, self._spill = layout, held, spill

    @classmethod
    def of(cls, entries: Mapping[Key, Entry]) -> Entries:
        """These entries, in their order."""
        if isinstance(entries, Entries):
            return entries
        if not entries:
            return NO_ENTRIES
        listed = [*entries.values()]
        layout = layout_of(tuple(Spot(one.key, one.sheet, one.cell, one.own) for one in listed))
        return cls(layout, content_of(dict(enumerate(listed)), len(listed)))

    @property
    def content(self) -> Content:
        """What stands in the cells of the layout."""
        if isinstance(self._held, Content):
            return self._held
        assert self._spill is not None
        return unwritten(self._spill.get(self._held), len(self.layout.spots))

    @property
    def odd(self) -> Mapping[Key, Entry]:
        """The entries that are more than a plain number, in their order."""
        return {entry.key: entry for entry in self.content.odd.values()}

    def loaded(self) -> Entries:
        """The same in memory."""
        return self if self._spill is None else Entries(self.layout, self.content)

    def spilled(self, spill: Spill) -> Entries:
        """The same in a file."""
        return Entries(self.layout, spill.put(written(self.content)), spill)

    def lying_as(self, other: Entries) -> Entries:
        """The same in the file in which the others are, or in memory as they are."""
        return self.loaded() if other._spill is None else self.spilled(other._spill)

    def changed(self, entries: Mapping[Key, Entry], gone: Collection[Key] = ()) -> Entries:
        """These without those that are ``gone``, and with others in the place of some or behind them."""
        index = self.layout.index
        if not entries.keys() <= index.keys():
            left = {key: entry for key, entry in self.items() if key not in gone}
            return Entries.of(left | dict(entries)).lying_as(self)
        numbers, decimals, odd = self.content
        content = Content(numbers.copy(), decimals.copy(), dict(odd))
        for at in (index[key] for key in {*gone, *entries} if key in index):
            content.numbers[at], content.decimals[at] = np.nan, -1
            content.odd.pop(at, None)
        for entry in entries.values():
            at = index[entry.key]
            if self.layout.spots[at] == (entry.key, entry.sheet, entry.cell, entry.own):
                put(content, at, entry)
            else:
                content.odd[at] = entry
        return Entries(self.layout, content._replace(odd=dict(sorted(content.odd.items())))).lying_as(self)

    @overload
    def get(self, key: Key, /) -> Entry | None: ...
    @overload
    def get(self, key: Key, /, default: Entry | _T) -> Entry | _T: ...
    def get(self, key: Key, /, default: object = None) -> object:
        """The entry of a cell."""
        at = self.layout.index.get(key)
        entry = None if at is None else self._at(at)
        return default if entry is None else entry

    def __getitem__(self, key: Key) -> Entry:
        entry = self._at(self.layout.index[key])
        if entry is None:
            raise KeyError(key)
        return entry

    def __contains__(self, key: object) -> bool:
        at = self.layout.index.get(key)  # type: ignore[call-overload]
        if at is None:
            return False
        numbers, _, odd = self.content
        return at in odd or not np.isnan(numbers[at])

    def __iter__(self) -> Iterator[Key]:
        spots = self.layout.spots
        return (spots[at].key for at in self.filled())

    def __len__(self) -> int:
        return len(self.filled())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> str | tuple[Any, ...]:
        return "NO_ENTRIES" if self is NO_ENTRIES else (_again, (self.layout, written(self.content)))

    def is_filled_in(self) -> bool:
        """Whether the unit wrote a figure of its own anywhere, even one that was refused."""
        numbers, _, odd = self.content
        plainly = bool((self.layout.own & ~np.isnan(numbers)).any())
        return plainly or any(one.own and (one.value is not None or bool(one.refusal)) for one in odd.values())

    @property
    def own_ones(self) -> int:
        """How many entries are of cells that the unit fills itself."""
        numbers, _, odd = self.content
        plainly = int((self.layout.own & ~np.isnan(numbers)).sum())
        return plainly + sum(entry.own for entry in odd.values())

    @property
    def forms(self) -> frozenset[str]:
        """The forms in which there is an entry."""
        numbers, _, odd = self.content
        plainly = {form for form, places in self.layout.forms.items() if not np.isnan(numbers[places]).all()}
        return frozenset(plainly.union(entry.key.form for entry in odd.values()))

    def keys_at(self, places: npt.NDArray[np.intp]) -> list[Key]:
        """The keys of the entries at these places of the layout, where there are any."""
        numbers, _, odd = self.content
        there = ~np.isnan(numbers[places])
        if odd:
            there |= np.isin(places, [*odd])
        return [self.layout.spots[at].key for at in places[there].tolist()]

    def filled(self) -> list[int]:
        """The places in the layout at which there is an entry."""
        numbers, _, odd = self.content
        there = ~np.isnan(numbers)
        if odd:
            there[list(odd)] = True
        found: list[int] = np.flatnonzero(there).tolist()
        return found

    def items(self) -> Any:
        """Every cell with its entry, in their order."""
        return self._all().items()

    def values(self) -> Any:
        """Every entry, in their order."""
        return self._all().values()

    def _all(self) -> dict[Key, Entry]:
        numbers, decimals, odd = self.content
        spots, value, printed = self.layout.spots, numbers.tolist(), decimals.tolist()
        found: dict[Key, Entry] = {}
        for at in self.filled():
            key, sheet, cell, own = spots[at]
            if at in odd:
                found[key] = odd[at]
            else:
                told = printed[at] if printed[at] >= 0 else None
                found[key] = Entry(key, sheet, cell, value[at], value[at], "", told, "", (), own)
        return found

    def _at(self, at: int) -> Entry | None:
        numbers, decimals, odd = self.content
        if at in odd:
            return odd[at]
        value, told = numbers.item(at), decimals.item(at)
        if value != value:
            return None
        key, sheet, cell, own = self.layout.spots[at]
        return Entry(key, sheet, cell, value, value, "", told if told >= 0 else None, "", (), own)


def content_of(entries: Mapping[int, Entry], size: int) -> Content:
    """These entries by their places among so many."""
    content = Content(np.full(size, np.nan), np.full(size, -1, dtype=np.int8), {})
    for at, entry in entries.items():
        put(content, at, entry)
    return content


def put(content: Content, at: int, entry: Entry) -> None:
    """Put an entry at its place, where there was none."""
    if not _is_plain(entry):
        content.odd[at] = entry
        return
    content.numbers[at] = entry.value
    if entry.decimals is not None:
        content.decimals[at] = entry.decimals


def written(content: Content) -> bytes:
    """As bytes, which :func:`unwritten` reads."""
    numbers, decimals, odd = content
    return numbers.tobytes() + decimals.tobytes() + (pickle.dumps(dict(odd), _PROTOCOL) if odd else b"")


def unwritten(data: bytes, size: int) -> Content:
    """What :func:`written` wrote of so many cells; it comes from a process of ours."""
    numbers, decimals, odd = columns_of(data, size)
    return Content(numbers, decimals, pickle.loads(odd) if odd else {})


def columns_of(data: bytes, size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int8], bytes]:
    """The numbers and decimals of so many cells, and what is written behind them. Raises :class:`ValueError`."""
    if len(data) < 9 * size:
        raise ValueError(len(data))
    return np.frombuffer(data, np.float64, size), np.frombuffer(data, np.int8, size, 8 * size), data[9 * size :]


def _again(layout: Layout, data: bytes) -> Entries:
    return Entries(layout, unwritten(data, len(layout.spots)))


def _is_plain(entry: Entry) -> bool:
    """Whether nothing but the number stood there, and was read as it stood."""
    raw, value, decimals = entry.raw, entry.value, entry.decimals
    return (
        type(raw) is float
        and raw == value
        and copysign(1.0, raw) == copysign(1.0, value)
        and (decimals is None or 0 <= decimals < 128)
        and not (entry.text or entry.refusal or entry.guesses or entry.decision)
    )


NO_ENTRIES = Entries(layout_of(()), content_of({}, 0))
