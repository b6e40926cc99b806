"""What was made of returns before is not made again: what each fails by itself is kept from one run to the next.

It is kept of returns that need no other and on which nobody decided anything, under all that it rests on: the program,
the forms, the unit with its targets and earlier figures, the file and what was found in it when it was read.
"""

from __future__ import annotations

import zlib
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.cache import key_of
from pipeline.cache_program import program_key
from pipeline.cache_records import (
    UNUSABLE,
    UNWRITABLE,
    Place,
    Record,
    dumped,
    keep_records,
    loaded,
    records_known,
    shelves,
)
from pipeline.contents import register_counts
from pipeline.entries import NO_ENTRIES, Entries, Entry
from pipeline.figures import empty, number_cells
from pipeline.findings import Finding
from pipeline.obligations import Obligations
from pipeline.run_judge_apart import Alone
from pipeline.run_judge_units import Admitted, Earlier, Verdicts
from pipeline.submission import Submission
from pipeline.verdicts import Judged, Numbers, checks_of, needed
from schemas.form import Key

Judge = Callable[[Sequence[Submission]], Iterator[Alone]]
"""Makes of these returns what is to be made of them, some at a time."""

_SHELVES_AT_A_TIME = 8
_Number = TypeVar("_Number", np.float64, np.int8)


class Made(NamedTuple):
    """What was made of one return: itself without its entries, those that were changed and those taken away, what was
    found when it was admitted and when it was judged, its figures, of one that fails its numbers and its verdicts, and
    what each edit came to; rows of matrices are bytes."""

    bare: Submission
    changed: tuple[Entry, ...]
    gone: tuple[Key, ...]
    admitted: tuple[Finding, ...]
    judged: tuple[Finding, ...]
    figures: bytes
    failed: tuple[bytes, bytes] | None
    outcomes: bytes


def judge_again(
    owed: Obligations, sent: Sequence[Submission], earlier: Earlier, place: Place, judge: Judge
) -> Iterator[Alone]:
    """What was made of these returns before, and what is made of the others now, some at a time; all of it is kept."""
    some = shelves(place, [one.file for one in sent])
    for group in (some[i : i + _SHELVES_AT_A_TIME] for i in range(0, len(some), _SHELVES_AT_A_TIME)):
        before = {shelf: records_known(_at(place, shelf)) for shelf, _ in group}
        known, new, keys = list[tuple[Submission, Made]](), list[Submission](), dict[str, bytes]()
        for shelf, numbers in group:
            for one in (sent[i] for i in numbers):
                keys[one.file] = _key(owed, one, earlier, place)
                made = _made(before[shelf].get(one.file), keys[one.file])
                new.append(one) if made is None else known.append((one, made))
        if known:
            yield _whole(owed, known)
        fresh, as_sent = dict[str, Record](), {one.file: one for one in new}
        for alone in judge(new) if new else ():
            fresh |= _records(alone, as_sent, keys)
            yield alone
        for shelf, numbers in group:
            names = {sent[i].file for i in numbers}
            own = {name: one for name, one in fresh.items() if name in names}
            if own or before[shelf].keys() - names:
                left = {name: one for name, one in before[shelf].items() if name in names}
                keep_records(_at(place, shelf), left | own)


def _at(place: Place, shelf: str) -> Place:
    return replace(place, inbox=f"judged-{shelf}")


def _key(owed: Obligations, one: Submission, earlier: Earlier, place: Place) -> bytes:
    """A key of all that what is made of a return rests on."""
    unit = owed.tree.unit(one.unit)
    known = (
        str(owed.period),
        repr(owed.dates),
        repr(unit),
        repr(register_counts(owed.tree, unit)),
        repr(owed.targets.get(one.unit)),
        repr(owed.replaced.get(one.unit)),
        *(form.id for form in owed.forms_of(unit)),
    )
    figures = (of.get(one.unit, {}) for of in (earlier.before, earlier.year_ago))
    stated = [
        part for own in figures for part in ("\n".join(chain.from_iterable(own)), array("d", own.values()).tobytes())
    ]
    return key_of(program_key(), place.forms.source, *known, *stated, repr(replace(one, entries=NO_ENTRIES, tables={})))


def _made(kept: Record | None, key: bytes) -> Made | None:
    if kept is None or kept[0] != key:
        return None
    try:
        return Made(*loaded(zlib.decompress(kept[1])))
    except UNUSABLE:
        return None


def _records(alone: Alone, sent: Mapping[str, Submission], keys: Mapping[str, bytes]) -> dict[str, Record]:
    """What is kept of each of these returns."""
    admitted, verdicts = alone.admitted, alone.verdicts
    found, said = _by_unit(admitted.findings), _by_unit(verdicts.findings)
    if not (found.keys() | said.keys()) <= {one.unit for one in admitted.sent}:
        return {}
    failed = {unit: i for i, unit in enumerate(verdicts.failed.units)}
    records = {}
    for i, one in enumerate(admitted.sent):
        j = failed.get(one.unit)
        made = Made(
            replace(one, entries=NO_ENTRIES, tables={}),
            *_changes(sent[one.file].entries, one.entries),
            tuple(found.get(one.unit, ())),
            tuple(said.get(one.unit, ())),
            admitted.figures.values[admitted.figures.row[one.unit]].tobytes(),
            None if j is None else (verdicts.failed.numbers.values[j].tobytes(), verdicts.failed.verdicts[j].tobytes()),
            verdicts.outcomes[i].tobytes(),
        )
        try:
            records[one.file] = (keys[one.file], zlib.compress(dumped(tuple(made)), 1))
        except UNWRITABLE:
            continue
    return records


def _by_unit(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found = defaultdict[str, list[Finding]](list)
    for finding in findings:
        found[finding.unit].append(finding)
    return found


def _changes(sent: Entries, kept: Entries) -> tuple[tuple[Entry, ...], tuple[Key, ...]]:
    """The entries that are others than were sent, and the keys of those that are gone."""
    if kept is sent:
        return (), ()
    before = dict(sent.items())
    changed = tuple(entry for key, entry in kept.items() if before.get(key) != entry)
    return changed, tuple(key for key in before if key not in kept)


def _whole(owed: Obligations, known: Sequence[tuple[Submission, Made]]) -> Alone:
    """What was made of these returns, as if it were made now."""
    keys, checks = [cell.key for cell in number_cells(owed.forms)], checks_of(owed.forms)
    units, made = [one.unit for one, _ in known], [made for _, made in known]
    figures = empty(units, keys).with_values(_rows([one.figures for one in made], np.float64))
    failed = [(unit, *one.failed) for unit, one in zip(units, made, strict=True) if one.failed is not None]
    column = MappingProxyType({ref: j for j, ref in enumerate(needed(checks))})
    numbers = Numbers(column, _rows([values for _, values, _ in failed], np.float64, len(column)))
    verdicts = _rows([said for _, _, said in failed], np.int8, len(checks))
    judged = Judged(tuple(unit for unit, _, _ in failed), checks, verdicts, numbers)
    kept = tuple(_as_kept(*one) for one in known)
    outcomes = _rows([one.outcomes for one in made], np.int8)
    return Alone(
        Admitted(kept, figures, tuple(chain.from_iterable(one.admitted for one in made))),
        Verdicts(tuple(chain.from_iterable(one.judged for one in made)), judged, outcomes),
    )


def _rows(rows: Sequence[bytes], kind: type[_Number], columns: int = -1) -> npt.NDArray[_Number]:
    """A matrix of these rows, which nobody writes into."""
    whole = np.frombuffer(b"".join(rows), dtype=kind)
    return whole.reshape(len(rows), columns) if rows else whole.reshape(0, max(columns, 0))


def _as_kept(sent: Submission, made: Made) -> Submission:
    if not made.changed and not made.gone:
        return replace(made.bare, entries=sent.entries, tables=sent.tables)
    changed = sent.entries.changed({entry.key: entry for entry in made.changed}, made.gone)
    return replace(made.bare, entries=changed, tables=sent.tables)
