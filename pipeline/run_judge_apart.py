"""Returns judged by processes of this machine or by the workers of a Dask cluster, some at a time.

Each is judged by itself. What others are needed for is done here, when the figures of all are known: lists name other
units, parents are held against their children, all are held against their peers.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.cache_program import program_key
from pipeline.cluster import NotTheSameError, on_cluster
from pipeline.collecting import seldom_collected
from pipeline.crew import Crew
from pipeline.engine import Engine, Kind
from pipeline.entries import NO_ENTRIES
from pipeline.history import UnitFigures
from pipeline.obligations import Obligations
from pipeline.packed import Known, dumped, packed, unpacked
from pipeline.processes import NO_PROCESSES, NoProcessesError, by_processes
from pipeline.run_judge_units import Admitted, Earlier, Verdicts, admit, judge_units
from pipeline.submission import Submission

AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Alone:
    """What was made of some returns, each of which needs no other."""

    admitted: Admitted
    verdicts: Verdicts


def stands_alone(owed: Obligations, submission: Submission) -> bool:
    """Whether a return can be judged where no other is at hand: its package has no list."""
    return not any(form.lists for form in owed.forms_of(owed.tree.unit(submission.unit)))


def judge_alone(owed: Obligations, sent: Sequence[Submission], earlier: Earlier) -> Alone:
    """What this process makes of some returns, on which nobody decided anything."""
    admitted = admit(owed, sent, earlier, ())
    return Alone(admitted, judge_units(owed, admitted.sent, admitted.figures, earlier))


def judge_apart(
    owed: Obligations,
    some: Sequence[Sequence[Submission]],
    earlier: Earlier,
    engine: Engine,
    kind: Kind,
) -> list[Alone]:
    """What others make of them; what they leave undone is done here."""
    asked = {i: _asked(sent, earlier) for i, sent in enumerate(some)}
    found, known = dict[int, Alone](), Known()
    for number, answer in _answers(asked, zlib.compress(dumped((owed, program_key())), 1), engine, kind):
        found[number] = _whole(answer, some[number], known)
    for number in asked.keys() - found.keys():
        found[number] = judge_alone(owed, some[number], earlier)
    return [found[number] for number in sorted(found)]


def judge_beside(owed: Obligations, sent: Sequence[Submission], earlier: Earlier, crew: Crew) -> Iterator[Alone]:
    """What this process makes of some of them while the crew judges the others, each about as many."""
    each = -(-len(sent) // (crew.size + 1))
    own, *others = (sent[i : i + each] for i in range(0, len(sent), each))
    shared = zlib.compress(dumped((owed, program_key())), 1) if others else b""
    tasks = [crew.begin(judge_batch, _asked(some, earlier), shared) for some in others]
    yield judge_alone(owed, own, earlier)
    for some, answer in zip(others, crew.answers(tasks), strict=True):
        yield judge_alone(owed, some, earlier) if answer is None else _whole(answer, some, Known())


def _asked(sent: Sequence[Submission], earlier: Earlier) -> bytes:
    return dumped((packed([[one] for one in sent]), _of(earlier, sent)))


def judge_batch(asked: bytes, shared: bytes) -> bytes:
    """What a worker makes of a batch. Raises :class:`NotTheSameError`."""
    owed, program = _shared(shared)
    if program != program_key():
        raise NotTheSameError
    packet, earlier = pickle.loads(asked)
    sent = [one for [one] in unpacked(packet, Known())]
    with seldom_collected():
        made = judge_alone(owed, sent, earlier)
    changed = {i: one for i, one in enumerate(made.admitted.sent) if one.entries is not sent[i].entries}
    bare = [replace(one, entries=NO_ENTRIES, tables={}) for one in made.admitted.sent]
    return dumped(
        (
            packed([[one] for one in changed.values()]),
            list(changed),
            bare,
            replace(made.admitted, sent=()),
            made.verdicts,
        )
    )


def _answers(asked: Mapping[int, bytes], shared: bytes, engine: Engine, kind: Kind) -> Iterator[tuple[int, bytes]]:
    left = dict(asked)
    if kind == "dask":
        for number, answer in on_cluster(judge_batch, asked, engine.scheduler, engine.tell, shared=shared):
            del left[number]
            yield number, answer
    if not left:
        return
    try:
        yield from by_processes(judge_batch, left, engine.processes, shared)
    except NoProcessesError:
        engine.tell(NO_PROCESSES)
    except NotTheSameError:
        # The program was replaced since this run began; the one that began does the rest.
        return


def _whole(answer: bytes, sent: Sequence[Submission], known: Known) -> Alone:
    """An answer, which comes from a process of ours, with the entries that it left as they were sent."""
    packet, changed, bare, admitted, verdicts = pickle.loads(answer)
    entries = {i: one.entries for i, [one] in zip(changed, unpacked(packet, known), strict=True)}
    kept = tuple(
        replace(one, entries=entries.get(i, sent[i].entries), tables=sent[i].tables) for i, one in enumerate(bare)
    )
    return Alone(replace(admitted, sent=kept), verdicts)


def _of(earlier: Earlier, sent: Sequence[Submission]) -> Earlier:
    """What was known of these units."""

    def only(figures: UnitFigures) -> UnitFigures:
        return {one.unit: figures[one.unit] for one in sent if one.unit in figures}

    return Earlier(only(earlier.before), only(earlier.year_ago))


@lru_cache(maxsize=2)
def _shared(deflated: bytes) -> tuple[Obligations, bytes]:
    owed, program = pickle.loads(zlib.decompress(deflated))
    return owed, program
