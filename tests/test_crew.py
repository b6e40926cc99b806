"""A crew of processes beside the run's own: the same bytes with it and without, and whatever it leaves is done here."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from multiprocessing import parent_process
from pathlib import Path

import pytest
from dying import counted, dies

from pipeline import engine as engines
from pipeline import write as writing
from pipeline.cli import main
from pipeline.cluster import NotTheSameError
from pipeline.crew import Crew, crew_of
from pipeline.demo import Demo
from pipeline.engine import LOCAL, Engine, beside, chosen
from pipeline.errors import OutputError
from pipeline.read import read_files
from pipeline.read_apart import read_apart
from pipeline.read_files import File
from pipeline.run import consolidate
from pipeline.run_engine import engine_for, prepare
from pipeline.silence import Silence
from pipeline.workspace import Workspace
from schemas.text import Text

PARTS = {number: str(number).encode() for number in range(40)}


def outputs(workspace: Workspace) -> dict[str, bytes]:
    folder = workspace.root / "output"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copied(demo: Demo, root: Path) -> Workspace:
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    return replace(demo.workspace, root=root)


def only_in_another(asked: bytes, at: str) -> bytes:
    """What is asked, never by the process that asks."""
    assert parent_process() is not None
    Path(at, f"{os.getpid()}").touch()
    return asked


def divided(by: int) -> bytes:
    return bytes(1 // by)


def other_program(_asked: bytes) -> bytes:
    raise NotTheSameError


def test_every_part_is_done_once_by_somebody(tmp_path: Path) -> None:
    with crew_of(2) as crew:
        parts = list(crew.share(only_in_another, PARTS, str(tmp_path)))
    assert sorted(part.number for part in parts) == sorted(PARTS)
    answered = {part.number: part.answer for part in parts if part.answer is not None}
    assert answered
    assert answered == {number: PARTS[number] for number in answered}
    assert not any(part.lost for part in parts)
    assert 1 <= len([*tmp_path.iterdir()]) <= 2


@pytest.mark.parametrize("what", ["dies 0", "hangs 0"])
def test_what_a_process_dies_of_or_hangs_on_is_given_back_with_all_that_it_left(what: str) -> None:
    with crew_of(1) as crew:
        crew.silence = Silence(2)
        parts = list(crew.share(counted, PARTS, what.encode()))
        assert crew.begin(counted, b"1", b"") is None
    assert sorted(part.number for part in parts) == sorted(PARTS)
    assert 0 in {part.number for part in parts if part.lost}


def test_what_fails_in_another_process_fails_here() -> None:
    with crew_of(1) as crew, pytest.raises(ZeroDivisionError):
        [*crew.share(divided, {0: 0})]


def test_what_another_program_was_asked_is_given_back() -> None:
    with crew_of(1) as crew:
        assert [*crew.answers([crew.begin(other_program, b"1")])] == [None]
        assert [*crew.answers([crew.begin(counted, b"1", b"")])] == [b"1"]


def test_where_no_process_can_begin_all_is_left_to_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_given: object, **_more: object) -> None:
        raise OSError

    monkeypatch.setattr("pipeline.crew.ProcessPoolExecutor", none)
    with crew_of(3) as crew:
        parts = [*crew.share(counted, PARTS, b"")]
        assert [*crew.answers([crew.begin(counted, b"1", b"")])] == [None]
    assert sorted(part.number for part in parts) == sorted(PARTS)
    assert all(part.answer is None and not part.lost for part in parts)


def test_a_file_that_kills_a_helper_is_set_apart_and_the_others_are_read(tmp_path: Path, demo: Demo) -> None:
    """The batch that was at work is read by processes of its own; this one never opens what killed another."""
    sent = [demo.workspace.root / one.file for one in demo.results.submissions if one.entries]
    paths = [Path(shutil.copy2(path, tmp_path / path.name)) for path in sent if path.is_file()][:40]
    paths[1] = paths[1].rename(tmp_path / "chet.xlsx")
    listed = [File(path, path.name, demo.workspace.forms) for path in paths]
    with crew_of(1) as crew:
        found = read_apart(listed, dies, Engine(jobs=1, crew=crew), "shared")
    read = [submission for of_file in found for submission in of_file]
    assert [one.file for one in read] == [path.name for path in paths]
    assert read.pop(1).reason == "reader-stopped"
    assert read == read_files([*paths[:1], *paths[2:]], tmp_path, demo.workspace.forms)


def test_the_results_are_the_same_bytes_with_helpers(
    tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, helped = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    consolidate(alone, "2020")
    monkeypatch.setattr(engines, "LEAST_SHARED", 2)
    with crew_of(2) as crew:
        crew.begin(prepare)
        consolidate(replace(helped, engine=Engine(jobs=2, crew=crew)), "2020")
        assert crew.pool is not None
        assert not crew.gone
        assert outputs(helped) == outputs(alone)
        changed = min(helped.inbox(demo.results.owed.period).glob("*.xlsx"))
        changed.touch()
        shutil.copystat(changed, alone.root / changed.relative_to(helped.root))
        for workspace in (alone, replace(helped, engine=Engine(jobs=2, crew=crew))):
            consolidate(workspace, "2020")
    assert outputs(helped) == outputs(alone)


def test_what_helpers_do_not_write_is_written_here(tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, helped = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    consolidate(alone, "2020")
    monkeypatch.setattr(engines, "LEAST_SHARED", 2)
    monkeypatch.setattr(writing, "write_beside", counted)
    with crew_of(1) as crew:
        # Asked for nothing that it knows, it dies.
        monkeypatch.setattr(writing, "_asked", lambda _results: b"7")
        monkeypatch.setattr(writing, "write_beside", _ends)
        consolidate(replace(helped, engine=Engine(jobs=2, crew=crew)), "2020")
        assert crew.gone
    assert outputs(helped) == outputs(alone)


def _ends(_asked: bytes) -> bytes:
    os._exit(3)


def test_a_result_that_cannot_be_written_by_a_helper_is_told(
    tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = copied(demo, tmp_path / "w")
    (workspace.output(demo.results.owed.period) / "data" / "observations.csv").mkdir(parents=True)
    monkeypatch.setattr(engines, "LEAST_SHARED", 2)
    with crew_of(1) as crew, pytest.raises(OutputError, match=r"observations\.csv"):
        consolidate(replace(workspace, engine=Engine(jobs=2, crew=crew)), "2020")


@pytest.mark.parametrize(
    ("engine", "files", "kind", "together"),
    [
        (Engine(jobs=2), 149, "threads", False),
        (Engine(jobs=2), 150, "shared", True),
        (Engine(jobs=8), 1_999, "shared", True),
        (Engine(jobs=8), 2_000, "processes", False),
        (Engine(jobs=2), 4_000, "shared", True),
        (Engine(jobs=2), 125_000, "shared", False),
        (Engine("threads", jobs=8), 800, "threads", False),
        (Engine("processes", jobs=2), 800, "processes", False),
    ],
)
def test_helpers_take_part_where_it_pays(engine: Engine, files: int, kind: str, together: bool) -> None:
    assert chosen(engine, files) in ("threads", "processes")
    helped = replace(engine, crew=Crew(1))
    assert chosen(helped, files) == kind
    assert (beside(helped, files) is not None) is together


def test_helpers_begin_only_where_there_is_much_to_read(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(_text: Text) -> None:
        pytest.fail("nothing goes amiss")

    def crew(kind: str = "auto", jobs: int = 2) -> Crew | None:
        with engine_for(demo.workspace.root / "inbox", kind, jobs, "", tell) as engine:
            return engine.crew

    assert crew() is None
    monkeypatch.setattr(engines, "LEAST_SHARED", 2)
    assert crew() is not None
    assert crew(jobs=1) is None
    assert crew("threads") is None
    with engine_for(Path("/"), "auto", 2, "", tell) as engine:
        assert engine.crew is None
    assert LOCAL.crew is None


def test_the_command_is_helped_and_writes_the_same(tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, helped = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    arguments = ["--quiet", "consolidate", "--period", "2020", "--jobs", "2"]
    assert main(["--workspace", str(alone.root), *arguments]) == 1
    monkeypatch.setattr(engines, "LEAST_SHARED", 2)
    assert main(["--workspace", str(helped.root), *arguments]) == 1
    assert outputs(helped) == outputs(alone)


def test_what_is_written_beside_the_others_needs_none_of_them(tmp_path: Path, demo: Demo) -> None:
    whole, alone = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    results = consolidate(whole, "2020")
    expected = outputs(whole)
    for step in writing._alone(replace(results, workspace=alone)):
        step()
    made = outputs(alone)
    assert len(made) == 5
    assert {name: expected[name] for name in made} == made
    # What is sent to units holds what goes back to them, which is written before.
    assert not any("don-doc" in name for name in made)
