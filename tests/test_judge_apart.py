"""Returns judged by other processes: the same of every return, whoever judges it, and nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pipeline import run, run_judge, run_judge_apart
from pipeline.cluster import NotTheSameError
from pipeline.demo import Demo
from pipeline.engine import Engine
from pipeline.processes import NoProcessesError, by_processes
from pipeline.results import Results
from pipeline.run_judge_apart import judge_batch
from schemas.decisions import Decision
from schemas.period import Period
from schemas.text import Text

TWO = Engine("processes", jobs=2)


def by(demo: Demo, period: str, engine: Engine) -> Results:
    # What was kept of an earlier run would be judged by nobody.
    for kept in (demo.workspace.root / ".tonghop").glob("judged-*.bin"):
        kept.unlink()
    return run.consolidate(replace(demo.workspace, engine=engine), period, write=False)


def assert_same(one: Results, other: Results) -> None:
    assert one.findings == other.findings
    assert one.submissions == other.submissions
    assert (one.edits, one.doubts) == (other.edits, other.doubts)
    assert np.array_equal(one.rollup.value.values, other.rollup.value.values, equal_nan=True)


@pytest.mark.parametrize("period", ["2020", "2023-Q3", "2024"])
def test_two_processes_judge_as_one_does(demo: Demo, period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_judge, "ALONE_AT_A_TIME", 3)
    assert_same(by(demo, period, TWO), by(demo, period, Engine("threads")))


def test_the_processes_do_the_work(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, asked = by(demo, "2023-Q3", Engine("threads")), []
    work = run_judge_apart.judge_alone

    def here(owed: object, some: list[object], *rest: object) -> object:
        asked.append(len(some))
        return work(owed, some, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(run_judge_apart, "judge_alone", here)
    assert_same(by(demo, "2023-Q3", TWO), expected)
    assert asked == []


@pytest.mark.parametrize("answered", [0, 1])
def test_what_is_left_undone_is_done_here_and_once(demo: Demo, answered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_judge, "ALONE_AT_A_TIME", 3)

    def dying(_work: object, asked: dict[int, bytes], _jobs: int, shared: bytes) -> Iterator[tuple[int, bytes]]:
        assert len(asked) > 2
        for number in sorted(asked)[:answered]:
            yield number, judge_batch(asked[number], shared)

    monkeypatch.setattr(run_judge_apart, "by_processes", dying)
    assert_same(by(demo, "2023-Q3", TWO), by(demo, "2023-Q3", Engine("threads")))


def test_where_no_process_can_begin_this_one_judges_and_says_so(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> Iterator[tuple[int, bytes]]:
        raise NoProcessesError
        yield

    told: list[Text] = []
    monkeypatch.setattr(run_judge_apart, "by_processes", none)
    assert_same(by(demo, "2023-Q3", replace(TWO, tell=told.append)), by(demo, "2023-Q3", Engine("threads")))
    assert [text.en[:12] for text in told] == ["This machine"]


def test_decisions_and_earlier_figures_go_to_whoever_judges(demo: Demo) -> None:
    sent = by(demo, "2023-Q3", Engine("threads"))
    key = next(key for one in sent.by_unit.values() for key, entry in one.entries.items() if entry.own and entry.value)
    units = [unit for unit, one in sent.by_unit.items() if key in one.entries][:2]
    decided = tuple(
        Decision(
            *(Period.parse("2023-Q3"), "adjust", unit, "", *key, sent.by_unit[unit].entries[key].shown, 1.0),
            *("sai", "VP", date(2023, 10, 9), row),
        )
        for row, unit in enumerate(units, 2)
    )
    at = replace(demo, workspace=replace(demo.workspace, decisions=decided))
    apart = by(at, "2023-Q3", TWO)
    assert sum(finding.id == "adjusted" for finding in apart.findings) == len(units)
    assert_same(apart, by(at, "2023-Q3", Engine("threads")))


def test_another_program_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_judge_apart, "_shared", lambda _shared: (None, b"another"))
    with pytest.raises(NotTheSameError):
        judge_batch(b"", b"")


def twice(one: int, shared: bytes) -> bytes:
    """A process that is given less than nothing ends."""
    if one < 0:
        os._exit(3)
    return shared * one


def test_a_process_that_dies_leaves_the_rest_to_whoever_asked() -> None:
    assert sorted(by_processes(twice, {0: 1, 1: 2}, 2, b"x")) == [(0, b"x"), (1, b"xx")]
    found = dict(by_processes(twice, {0: 1, 1: -1, 2: 2}, 1, b"x"))
    assert 1 not in found
    assert found.items() <= {0: b"x", 2: b"xx"}.items()
