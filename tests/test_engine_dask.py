"""Files read by the workers of a Dask cluster of two processes on this machine."""

from __future__ import annotations

import logging
import re
import shutil
import socket
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dying import counted, dies, hangs, joined, mark, slow

from pipeline import cluster as of_cluster
from pipeline import consolidate as rolling
from pipeline import consolidate_apart, run_judge, run_judge_apart
from pipeline import read_apart as module
from pipeline.cluster import on_cluster, reduced_on_cluster
from pipeline.demo import Demo
from pipeline.engine import Engine
from pipeline.errors import EngineError
from pipeline.read import read_files
from pipeline.read_apart import read_apart
from pipeline.read_batches import batches, read_batch
from pipeline.read_files import File
from pipeline.run import consolidate
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.text import Text

dask: Any = pytest.importorskip("dask")
distributed: Any = pytest.importorskip("distributed")
# A worker that is ended on purpose is told of on many lines.
logging.getLogger("distributed").setLevel(logging.CRITICAL)


def cluster() -> Any:
    return distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        silence_logs=logging.CRITICAL,
    )


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    # A task that ends its worker is otherwise tried on three more.
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}), cluster() as two:
        yield two.scheduler_address


@pytest.fixture
def inbox(tmp_path: Path, demo: Demo) -> list[Path]:
    folder = tmp_path / "nộp"
    folder.mkdir()
    sent = (demo.workspace.root / one.file for one in demo.results.submissions if one.entries)
    return [Path(shutil.copy2(path, folder / path.name)) for path in [path for path in sent if path.is_file()][:6]]


def by(scheduler: str, told: list[Text], batch: int = 2) -> Engine:
    return Engine("dask", jobs=1, scheduler=scheduler, batch=batch, tell=told.append)


def read_on(demo: Demo, paths: Sequence[Path], engine: Engine) -> list[Submission]:
    files = [File(path, path.name, demo.workspace.forms) for path in paths]
    return [submission for found in read_apart(files, dies, engine, "dask") for submission in found]


def here(demo: Demo, paths: Sequence[Path]) -> list[Submission]:
    return read_files(paths, paths[0].parent, demo.workspace.forms)


def copied(demo: Demo, root: Path) -> Workspace:
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    return replace(demo.workspace, root=root)


def outputs(workspace: Workspace) -> dict[str, bytes]:
    folder = workspace.root / "output"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_cluster_of_two_workers_gives_the_same_bytes(tmp_path: Path, demo: Demo, scheduler: str) -> None:
    told: list[Text] = []
    local, remote = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    consolidate(local, "2020")
    consolidate(replace(remote, engine=by(scheduler, told, 5)), "2020")
    assert outputs(remote) == outputs(local)
    assert told == []


def test_the_workers_judge_what_stands_alone(
    demo: Demo, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Iterator[Any]:
        raise AssertionError

    told: list[Text] = []
    expected = consolidate(copied(demo, tmp_path / "a"), "2023-Q3", write=False)
    monkeypatch.setattr(run_judge, "ALONE_AT_A_TIME", 3)
    monkeypatch.setattr(run_judge_apart, "judge_alone", never)
    place = replace(copied(demo, tmp_path / "b"), engine=by(scheduler, told, 5))
    found = consolidate(place, "2023-Q3", write=False)
    assert (found.findings, found.submissions, found.edits) == (expected.findings, expected.submissions, expected.edits)
    assert told == []


def test_the_workers_do_the_reading(
    demo: Demo, inbox: list[Path], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Iterator[Any]:
        raise AssertionError

    expected = here(demo, inbox)
    monkeypatch.setattr(module, "_by_threads", never)
    asked = dict(enumerate(batches([File(path, path.name, demo.workspace.forms) for path in inbox], dies, 2, b"")))
    assert sorted(number for number, _ in on_cluster(read_batch, asked, scheduler, print)) == [0, 1, 2]
    assert read_on(demo, inbox, by(scheduler, [])) == expected


def test_a_worker_that_dies_once_costs_no_file(demo: Demo, inbox: list[Path], scheduler: str) -> None:
    inbox[1] = inbox[1].rename(inbox[1].with_name("lan.xlsx"))
    mark(inbox[1], 1)
    read = read_on(demo, inbox, by(scheduler, []))
    assert read == here(demo, inbox)


def test_a_file_that_kills_every_worker_is_set_apart_and_none_counts_twice(
    demo: Demo, inbox: list[Path], scheduler: str
) -> None:
    told: list[Text] = []
    inbox[3] = inbox[3].rename(inbox[3].with_name("chet.xlsx"))
    read = read_on(demo, inbox, by(scheduler, told))
    assert [one.file for one in read] == [path.name for path in inbox]
    assert [one.reason for one in read] == ["", "", "", "reader-stopped", "", ""]
    # A batch that waits at a worker that dies may be given up along with the one that ended it.
    assert re.fullmatch(r"The Dask cluster left [123] of 3 batches unanswered; .+", told[0].en)


def test_a_worker_that_sees_another_file_leaves_it_to_this_machine(
    demo: Demo, inbox: list[Path], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Text] = []
    monkeypatch.setattr("pipeline.read_batches._seen", lambda _path: (1, 1))
    assert read_on(demo, inbox, by(scheduler, told)) == here(demo, inbox)
    assert len(told) == 1
    assert "do not see the same inbox" in told[0].en


def test_workers_of_another_program_are_not_asked(
    demo: Demo, inbox: list[Path], scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Text] = []
    monkeypatch.setattr(module, "program_key", lambda: b"another")
    assert read_on(demo, inbox, by(scheduler, told)) == here(demo, inbox)
    assert "another program" in told[0].en


def test_a_scheduler_that_is_not_there_is_told_and_this_machine_reads(
    demo: Demo, inbox: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Text] = []
    monkeypatch.setattr("pipeline.cluster._CONNECT", 1.0)
    assert read_on(demo, inbox, by(f"tcp://127.0.0.1:{free_port()}", told)) == here(demo, inbox)
    assert "cannot be reached" in told[0].en


def test_a_cluster_that_goes_away_meanwhile_leaves_the_rest_to_this_machine(demo: Demo, inbox: list[Path]) -> None:
    told: list[Text] = []
    files = [File(path, path.name, demo.workspace.forms) for path in inbox]
    asked = dict(enumerate(batches(files, slow, 1, b"")))
    with cluster() as two:
        answers = on_cluster(read_batch, asked, two.scheduler_address, told.append, 2.0)
        first, _ = next(answers)
        two.close()
    numbers = [first, *(number for number, _ in answers)]
    assert len(set(numbers)) == len(numbers) < len(asked)
    assert [text.en for text in told] == [
        f"The Dask cluster left {6 - len(numbers)} of 6 batches unanswered; this machine does those."
    ]


def test_the_workers_add_up_what_units_report(
    demo: Demo, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> Any:
        raise AssertionError

    told: list[Text] = []
    expected = consolidate(copied(demo, tmp_path / "a"), "2020", write=False).rollup
    monkeypatch.setattr(rolling, "_AT_A_TIME", 2)
    monkeypatch.setattr(of_cluster, "_BY", 3)
    monkeypatch.setattr(of_cluster, "_AHEAD", 4)
    monkeypatch.setattr(consolidate_apart, "partial", never)
    place = replace(copied(demo, tmp_path / "b"), engine=by(scheduler, told, 5))
    found = consolidate(place, "2020", write=False).rollup
    assert told == []
    assert found.value.values.tobytes() == expected.value.values.tobytes()
    for name in ("declared", "built", "with_data", "expected", "rejected"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one.at, one.kept.tobytes()) == (other.at, other.kept.tobytes())


def added_up(
    scheduler: str, told: list[Text], what: str, many: int = 20, patience: float = 20.0, silence: float = 60.0
) -> list[list[int]]:
    """The numbers in each answer, as the answers have them; they are those that are said to be in them."""
    answers, done = reduced_on_cluster(
        *(counted, joined, lambda number: str(number).encode(), many, scheduler, told.append, patience, silence),
        shared=what.encode(),
    )
    found = [[int(word) for word in answer.split()] for answer in answers]
    assert sorted(number for numbers in found for number in numbers) == sorted(done)
    return found


def test_the_workers_merge_to_one_answer(scheduler: str) -> None:
    told: list[Text] = []
    [numbers] = added_up(scheduler, told, "nothing", 100)
    assert sorted(numbers) == list(range(100))
    assert told == []


@pytest.mark.parametrize("what", ["fails 3", "dies 3"])
def test_a_batch_that_fails_twice_is_in_no_answer_and_the_others_are_in_one(scheduler: str, what: str) -> None:
    told: list[Text] = []
    found = added_up(scheduler, told, what)
    numbers = {number for numbers in found for number in numbers}
    assert len(found) == 1
    assert 3 not in numbers
    # A batch that waits at a worker that dies may be given up along with the one that ended it.
    assert len(numbers) == 19 if what == "fails 3" else len(numbers) > 10
    assert [text.en for text in told] == [
        f"The Dask cluster left {20 - len(numbers)} of 20 batches unanswered; this machine does those."
    ]


def test_what_was_added_up_when_a_cluster_falls_silent_is_not_added_again() -> None:
    told: list[Text] = []
    with cluster() as two:
        found = added_up(two.scheduler_address, told, "hangs 3", silence=3.0)
    numbers = {number for numbers in found for number in numbers}
    # What waits behind it at the worker that hangs is not there either.
    assert 3 not in numbers
    assert 0 < len(numbers) < 20
    assert [text.en.split(" batches")[0] for text in told] == [
        "The Dask cluster has answered no batch for too long; it is not waited for any more.",
        f"The Dask cluster left {20 - len(numbers)} of 20",
    ]


@pytest.mark.parametrize("what", ["fails 3", "dies 3"])
def test_what_a_cluster_does_not_add_up_is_added_up_here_and_once(
    demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, scheduler: str
) -> None:
    expected = consolidate(copied(demo, tmp_path / "a"), "2020", write=False).rollup
    given = reduced_on_cluster

    def failing(*asked: Any, shared: bytes) -> tuple[list[bytes], frozenset[int]]:
        numbers = [number for numbers in added_up(scheduler, [], what, asked[3]) for number in numbers]
        answers, done = given(
            asked[0], asked[1], lambda i: asked[2](numbers[i]), len(numbers), *asked[4:], shared=shared
        )
        assert len(done) == len(numbers) < asked[3]
        return answers, frozenset(numbers)

    told: list[Text] = []
    monkeypatch.setattr(rolling, "_AT_A_TIME", 2)
    monkeypatch.setattr(consolidate_apart, "reduced_on_cluster", failing)
    found = consolidate(
        replace(copied(demo, tmp_path / "b"), engine=by(scheduler, told, 5)), "2020", write=False
    ).rollup
    assert found.value.values.tobytes() == expected.value.values.tobytes()
    assert found.with_data.kept.tobytes() == expected.with_data.kept.tobytes()


def test_a_worker_that_hangs_leaves_its_files_to_this_machine(demo: Demo, inbox: list[Path]) -> None:
    told: list[Text] = []
    inbox[3] = inbox[3].rename(inbox[3].with_name("treo.xlsx"))
    files = [File(path, path.name, demo.workspace.forms) for path in inbox]
    asked = dict(enumerate(batches(files, hangs, 1, b"")))
    with cluster() as two:
        numbers = [number for number, _ in on_cluster(read_batch, asked, two.scheduler_address, told.append, 2.0, 6.0)]
    assert 3 not in numbers
    assert 0 < len(set(numbers)) == len(numbers) < 6
    assert [text.en.split(" batches")[0] for text in told] == [
        "The Dask cluster has answered no batch for too long; it is not waited for any more.",
        f"The Dask cluster left {6 - len(numbers)} of 6",
    ]


def test_a_scheduler_without_workers_leaves_all_to_this_machine() -> None:
    told: list[Text] = []
    with distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as none:
        assert added_up(none.scheduler_address, told, "nothing", patience=1.0) == []
        answers = on_cluster(counted, {0: b"0"}, none.scheduler_address, told.append, 1.0, shared=b"nothing")
        assert list(answers) == []
    assert [text.en.split(" batches")[0] for text in told] == [
        "The Dask cluster left 20 of 20",
        "The Dask cluster left 1 of 1",
    ]


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EngineError) as fault:
        list(on_cluster(read_batch, {}, "tcp://127.0.0.1:1", print))
    assert 'pip install "tonghop[dask]"' in fault.value.faults[0].en
