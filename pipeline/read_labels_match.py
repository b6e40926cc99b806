"""Which row or column of a table is which, by what stands beside it: with certainty, or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from schemas.near import fold

# What a package adds to the label of an indicator that has a threshold for its target.
_TARGET = re.compile(r" ?\(chi tieu:.*")
# No label and its target are as long; what a unit writes may be, and is kept while it may be asked for again.
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Name:
    """What a row or column is called, by words and by number; ``code`` is empty for one that asks nothing."""

    code: str
    label: str
    no: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row or column of a returned table: its place from 0, its code, empty where none stands, and its words.

    Nothing but a code stands in one that is ``bare``.
    """

    at: int
    code: str
    label: str
    no: str = ""
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """Which line is which, where codes alone do not say it; lines in order.

    ``given`` had lost their codes, ``moved`` stand at the codes of others: both lead from the right code to its line.
    ``refused`` contradict their codes and may be anything; ``doubtful`` are without a code and may be one of several
    that are lost. ``edited`` have words that are nobody's.
    """

    given: Mapping[str, Line]
    moved: Mapping[str, Line]
    refused: tuple[Line, ...]
    edited: tuple[Line, ...]
    doubtful: tuple[Line, ...]


def words(text: str) -> str:
    """A label as labels are compared: without marks and capitals, and without the target that may follow it."""
    return _words(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _words(text: str) -> str:
    return _TARGET.sub("", fold(text))


def settle(lines: Sequence[Line], names: Sequence[Name]) -> Settled:
    """Compare what stands there with what the codes say; ``lines`` and ``names`` bear :func:`words`, in their order.

    Lines whose code is unknown or stands twice have findings of their own; their words only make others doubtful.
    """
    counts = Counter(line.code for line in lines if line.code)
    codes = {name.code: k for k, name in enumerate(names) if name.code}
    known = [i for i, line in enumerate(lines) if counts[line.code] == 1 and line.code in codes]
    one = _Table(lines, names, codes, tuple(_possible(lines, names)), codes.keys() - counts.keys(), frozenset(known))
    wrong = [i for i in known if one.possible[i] and names[codes[lines[i].code]].label != lines[i].label]
    # Of labels that several share the number says which is meant, but it alone refuses nothing.
    other = [i for i in known if i not in wrong and one.possible[i] and codes[lines[i].code] not in one.possible[i]]
    strange = [i for i in known if not one.possible[i]]
    claimed = {k for i in range(len(lines)) if i not in known or i in wrong for k in one.possible[i]}
    # Their own words stand elsewhere: what bears other words, or none, may be anything, unless nothing stands there.
    left = [i for i in strange if codes[lines[i].code] in claimed]
    odd = [i for i in left if not lines[i].bare]
    moved = {} if odd else one.exchanged(sorted((*wrong, *other, *left)))
    refused = sorted((*wrong, *other, *strange)) if (wrong or odd) and not moved else []
    given, doubtful = one.found(refused, moved)
    return Settled(
        {code: lines[i] for code, i in given.items()},
        {code: lines[i] for code, i in moved.items()},
        tuple(lines[i] for i in refused),
        tuple(lines[i] for i in strange if i not in refused and lines[i].label),
        tuple(lines[i] for i in doubtful),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines of a table with the names that each may have; the codes that stand nowhere; the lines whose code is
    one of the table's."""

    lines: Sequence[Line]
    names: Sequence[Name]
    codes: Mapping[str, int]
    possible: Sequence[frozenset[int]]
    lost: Collection[str]
    known: frozenset[int]

    @property
    def _free(self) -> list[int]:
        return [i for i, line in enumerate(self.lines) if not line.code and self.possible[i]]

    def exchanged(self, wrong: Collection[int]) -> dict[str, int]:
        """The lines by their right codes, if these have changed places among themselves and with some without a code.

        Nothing unless each of them is one of the names, or bare, and each of their codes is claimed by one line.
        """
        theirs = {self.codes[self.lines[i].code] for i in wrong}
        eligible = theirs | {self.codes[code] for code in self.lost}
        rivals = [i for i in range(len(self.lines)) if i not in self.known and self.possible[i] & eligible]
        if any(len(self.possible[i]) > 1 for i in wrong) or any(
            self.lines[i].code or len(self.possible[i]) > 1 for i in rivals if self.possible[i] & theirs
        ):
            return {}
        claimed = Counter(k for i in (*wrong, *rivals) for k in self.possible[i])
        mine = {k for i in wrong for k in self.possible[i]}
        if any(claimed[k] != 1 for k in theirs | mine) or any(self.names[k].code for k in mine - eligible):
            return {}
        taken = {k for k in theirs | mine if self.names[k].code}
        return {self.names[k].code: i for i in (*wrong, *rivals) for k in self.possible[i] if k in taken}

    def found(self, refused: Collection[int], moved: Mapping[str, int]) -> tuple[dict[str, int], list[int]]:
        """Lines without a code by lost codes, where words and line belong together and to nothing else.

        Then the lines that may have one of the codes still lost.
        """
        lost = {self.codes[code] for code in self.lost if code not in moved}
        unsure = [i for i in range(len(self.lines)) if i in refused or i not in self.known]
        claimed = Counter(k for i in unsure for k in self.possible[i])
        free = [i for i in self._free if i not in moved.values()]
        sole = {min(self.possible[i]): i for i in free if len(self.possible[i]) == 1}
        given = {self.names[k].code: i for k, i in sole.items() if k in lost and claimed[k] == 1}
        left = lost - {self.codes[code] for code in given}
        return given, [i for i in free if i not in given.values() and self.possible[i] & left]


def _possible(lines: Sequence[Line], names: Sequence[Name]) -> Iterator[frozenset[int]]:
    """The names that each line may have; of those that share a label the one that its number singles out.

    Where no code says otherwise, the neighbours may single it out too, so long as the number does not object.
    """
    by_label: dict[str, list[int]] = {}
    for k, name in enumerate(names):
        by_label.setdefault(name.label, []).append(k)
    labelled = [i for i, line in enumerate(lines) if line.label]
    rank = {i: n for n, i in enumerate(labelled)}
    for i, line in enumerate(lines):
        alike = frozenset(by_label.get(line.label, ()) if line.label else ())
        if len(alike) < 2:
            yield alike
            continue
        beside = tuple(lines[labelled[n]].label if 0 <= n < len(labelled) else "" for n in (rank[i] - 1, rank[i] + 1))
        by_no = {k for k in alike if line.no and names[k].no == line.no}
        by_place = {k for k in alike if not line.code and _beside(names, k) == beside}
        single = {k for found in (by_no, by_place) if len(found) == 1 for k in found}
        yield frozenset(single) if len(single) == 1 else alike


def _beside(names: Sequence[Name], k: int) -> tuple[str, str]:
    """The labels right above and below; empty where the table begins or ends."""
    return (names[k - 1].label if k else "", names[k + 1].label if k + 1 < len(names) else "")
