"""Files read by processes: the same returns in the same order, whoever reads; one that kills takes no other along."""

from __future__ import annotations

import pickle
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from dying import dies, hangs, mark

from pipeline import cli_engine
from pipeline import read_apart as apart
from pipeline import read_processes as module
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.engine import KINDS, LOCAL, Engine, chosen
from pipeline.packed import Known, SpilledItems, closed, dumped, opened, packed, unpacked
from pipeline.processes import NoProcessesError
from pipeline.read import read_files, read_inbox
from pipeline.read_apart import read_apart
from pipeline.read_files import File, relative
from pipeline.run import consolidate
from pipeline.silence import Silence
from pipeline.spilled import Spill
from pipeline.submission import Submission
from pipeline.workspace import Workspace
from schemas.text import Text

TWO = Engine("processes", jobs=2, batch=3)


@pytest.fixture
def inbox(tmp_path: Path, demo: Demo) -> list[Path]:
    """Some returns of the demo under their own names."""
    folder = tmp_path / "nộp"
    folder.mkdir()
    sent = (demo.workspace.root / one.file for one in demo.results.submissions if one.entries)
    return [Path(shutil.copy2(path, folder / path.name)) for path in [path for path in sent if path.is_file()][:6]]


def files(demo: Demo, paths: Sequence[Path]) -> list[File]:
    return [File(path, relative(path, path.parent), demo.workspace.forms) for path in paths]


def read_by_processes(demo: Demo, paths: Sequence[Path], engine: Engine = TWO) -> list[Submission]:
    read = read_apart(files(demo, paths), dies, engine, "processes")
    assert len(read) == len(paths)
    return [submission for found in read for submission in found]


def copied(demo: Demo, root: Path) -> Workspace:
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    return replace(demo.workspace, root=root)


def outputs(workspace: Workspace) -> dict[str, bytes]:
    folder = workspace.root / "output"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("spill", [None, Spill()], ids=["in memory", "in a file"])
def test_packed_returns_are_those_that_were_read(demo: Demo, spill: Spill | None) -> None:
    workspace, known = demo.workspace, Known(spill=spill)
    read = read_inbox(workspace.inbox(demo.results.owed.period), workspace.root, workspace.forms)
    for some in (read[:9], read[9:]):
        again = [one for file in unpacked(pickle.loads(dumped(packed([[one] for one in some]))), known) for one in file]
        assert again == some
        for one, before in zip(again, some, strict=True):
            assert list(one.entries.items()) == list(before.entries.items())
            assert list(one.entries.values()) == list(before.entries.values())
            assert all(one.entries[key] == entry and key in one.entries for key, entry in before.entries.items())
            assert list(one.tables.items()) == list(before.tables.items())
            assert (one.entries.loaded() is one.entries) == (spill is None or not before.entries)
            assert isinstance(one.items, SpilledItems) == (spill is not None and bool(before.items))
            assert (list(one.items.items()), len(one.items)) == (list(before.items.items()), len(before.items))
            assert repr(one.items) == repr(before.items)
            assert pickle.loads(pickle.dumps(one)) == before


@pytest.mark.parametrize("spill", [None, Spill()], ids=["in memory", "in a file"])
def test_what_becomes_of_a_packed_return_is_packed_too(demo: Demo, spill: Spill | None) -> None:
    read = next(one for one in demo.results.submissions if one.items)
    [[sent]] = unpacked(packed([[read]]), Known(spill=spill))
    whole = opened(sent)
    assert whole == read
    unchanged = closed(replace(whole, status="queried"), whole, sent)
    assert (unchanged.entries is sent.entries, unchanged.items is sent.items) == (True, True)
    key, entry = next(iter(whole.entries.items()))
    form, rows = next(iter(whole.items.items()))
    others = whole.entries.changed({key: entry._replace(value=None, refusal="x")})
    kept = replace(whole, entries=others, items={form: rows[:1]})
    changed = closed(kept, whole, sent)
    assert changed == kept
    assert (changed.entries.loaded() is changed.entries) == (spill is None)
    assert isinstance(changed.items, SpilledItems) == (spill is not None)
    assert sent == read


def test_packed_returns_share_what_they_have_in_common(demo: Demo) -> None:
    read = [one for one in demo.results.submissions if one.entries]
    (again,) = unpacked(packed([read]), known := Known())
    assert len({id(one.entries.layout) for one in again}) < len(again) / 2
    assert len(known.tables) < len(again)


def test_processes_read_the_whole_inbox_as_threads_do(demo: Demo) -> None:
    workspace = demo.workspace
    place = workspace.inbox(demo.results.owed.period)
    one, other = (
        read_inbox(place, workspace.root, workspace.forms, engine=engine) for engine in (LOCAL, replace(TWO, batch=7))
    )
    assert other == one
    assert len(one) > 20


def test_the_results_are_the_same_bytes_whoever_reads(tmp_path: Path, demo: Demo) -> None:
    by_threads, by_processes = copied(demo, tmp_path / "a"), copied(demo, tmp_path / "b")
    consolidate(by_threads, "2020")
    consolidate(replace(by_processes, engine=TWO), "2020")
    assert outputs(by_processes) == outputs(by_threads)


def test_what_processes_read_is_kept_for_the_next_run(tmp_path: Path, demo: Demo) -> None:
    workspace = replace(copied(demo, tmp_path / "w"), engine=TWO)
    consolidate(workspace, "2020")
    before = outputs(workspace)
    changed = next(iter(sorted(workspace.inbox(demo.results.owed.period).glob("*.xlsx"))))
    changed.touch()
    consolidate(workspace, "2020")
    assert outputs(workspace).keys() == before.keys()
    shutil.rmtree(workspace.root / ".tonghop")
    after = outputs(workspace)
    consolidate(workspace, "2020")
    assert outputs(workspace) == after


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_a_file_that_kills_every_process_is_set_apart_and_the_others_are_read(
    demo: Demo, inbox: list[Path], batch: int
) -> None:
    inbox[2] = inbox[2].rename(inbox[2].with_name("chet.xlsx"))
    read = read_by_processes(demo, inbox, replace(TWO, batch=batch))
    assert [one.file for one in read] == [path.name for path in inbox]
    killer = read.pop(2)
    assert (killer.status, killer.reason) == ("quarantined", "reader-stopped")
    assert [(one.id, one.severity) for one in killer.findings] == [("reader-stopped", "hard")]
    assert len(killer.sha256) == 64
    expected = read_files([*inbox[:2], *inbox[3:]], inbox[0].parent, demo.workspace.forms)
    assert read == expected


def test_several_that_kill_are_each_set_apart(demo: Demo, inbox: list[Path]) -> None:
    for i in (0, 3, 5):
        inbox[i] = inbox[i].rename(inbox[i].with_name(f"chet{i}.xlsx"))
    read = read_by_processes(demo, inbox)
    assert [one.reason for one in read] == ["reader-stopped", "", "", "reader-stopped", "", "reader-stopped"]


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_process_that_dies_by_chance_costs_no_file(demo: Demo, inbox: list[Path], times: int) -> None:
    inbox[4] = inbox[4].rename(inbox[4].with_name("lan.xlsx"))
    mark(inbox[4], times)
    read = read_by_processes(demo, inbox)
    assert [one.reason for one in read] == [""] * len(inbox)
    assert read == read_files(inbox, inbox[0].parent, demo.workspace.forms)


def test_a_file_is_tried_alone_twice_before_it_is_given_up(demo: Demo, inbox: list[Path]) -> None:
    inbox[4] = inbox[4].rename(inbox[4].with_name("lan.xlsx"))
    # Once among others, once as the batch by itself, twice alone.
    mark(inbox[4], 4)
    assert read_by_processes(demo, inbox)[4].reason == "reader-stopped"


# A process that has begun reads a file in less; a slow machine gets the rest.
SILENCE = 4.0


def read_with_silence(demo: Demo, paths: Sequence[Path], monkeypatch: pytest.MonkeyPatch) -> list[Submission]:
    monkeypatch.setattr(apart, "read_in_processes", partial(module.read_in_processes, silence=SILENCE))
    read = read_apart(files(demo, paths), hangs, TWO, "processes")
    return [submission for found in read for submission in found]


def test_a_file_that_hangs_every_process_is_set_apart_and_the_others_are_read(
    demo: Demo, inbox: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox[2] = inbox[2].rename(inbox[2].with_name("treo.xlsx"))
    read = read_with_silence(demo, inbox, monkeypatch)
    assert [one.file for one in read] == [path.name for path in inbox]
    hung = read.pop(2)
    assert (hung.status, hung.reason) == ("quarantined", "reader-stopped")
    assert read == read_files([*inbox[:2], *inbox[3:]], inbox[0].parent, demo.workspace.forms)


def test_a_process_that_hangs_by_chance_costs_no_file(
    demo: Demo, inbox: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox[4] = inbox[4].rename(inbox[4].with_name("cham.xlsx"))
    mark(inbox[4], 1)
    read = read_with_silence(demo, inbox, monkeypatch)
    assert read == read_files(inbox, inbox[0].parent, demo.workspace.forms)


def test_silence_is_too_long_out_of_proportion_to_the_longest_before(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("pipeline.silence.time.monotonic", lambda: now)
    silence = Silence(60)
    assert silence.left == 60
    now = 20
    assert silence.left == 40
    silence.ends()
    now = 1000
    silence.begins()
    assert silence.left == 200, "ten times the twenty seconds before"
    now = 1001
    silence.ends()
    silence.begins()
    assert silence.left == 200


def test_a_file_that_is_gone_is_damaged_for_processes_too(demo: Demo, inbox: list[Path]) -> None:
    bad = inbox[0].with_name("LC-99.xlsx")
    bad.write_bytes(b"PK\x03\x04 cut short")
    paths = [*inbox, bad]
    one, other = (
        read_files(paths, bad.parent, demo.workspace.forms, engine=engine) for engine in (LOCAL, replace(TWO, batch=2))
    )
    assert other == one
    assert other[-1].status == "quarantined"


def test_where_no_process_can_begin_this_one_reads_and_says_so(
    demo: Demo, inbox: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_jobs: int) -> None:
        raise NoProcessesError

    monkeypatch.setattr(module, "pool_of", none)
    told: list[Text] = []
    read = read_by_processes(demo, inbox, replace(TWO, tell=told.append))
    assert read == read_files(inbox, inbox[0].parent, demo.workspace.forms)
    assert [text.en[:12] for text in told] == ["This machine"]


@pytest.mark.parametrize(
    ("engine", "files", "cores", "kind"),
    [
        (Engine(), 800, 64, "threads"),
        (Engine(), 125_000, 2, "threads"),
        (Engine(), 125_000, 3, "processes"),
        (Engine(), 125_000, 8, "processes"),
        (Engine(jobs=8), 125_000, 2, "processes"),
        (Engine("threads"), 125_000, 64, "threads"),
        (Engine("processes"), 1, 1, "processes"),
        (Engine("dask", scheduler="tcp://a:1"), 1, 1, "dask"),
    ],
)
def test_the_engine_is_chosen_by_cores_and_number_of_files(engine: Engine, files: int, cores: int, kind: str) -> None:
    assert chosen(engine, files, cores) == kind


def test_windows_waits_for_so_many_processes_and_no_more() -> None:
    assert Engine(jobs=200).processes == 61
    assert Engine().processes >= 1


def test_a_program_without_a_guard_gets_its_results_all_the_same(tmp_path: Path, demo: Demo) -> None:
    workspace = copied(demo, tmp_path / "w")
    script = tmp_path / "chay.py"
    script.write_text(
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from pipeline.engine import Engine\n"
        "from pipeline.run import consolidate, workspace_at\n"
        f"place = replace(workspace_at(Path({str(workspace.root)!r})), engine=Engine('processes', jobs=2))\n"
        "results = consolidate(place, '2020', write=False)\n"
        "open(Path(__file__).with_suffix('.txt'), 'a').write(f'{len(results.submissions)}\\n')\n",
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(script.with_suffix(".txt").read_text().split()) == {str(len(demo.results.submissions))}


def test_the_command_offers_every_engine() -> None:
    assert cli_engine.KINDS == KINDS


@pytest.mark.parametrize("options", [["--engine", "dask"], ["--scheduler", "tcp://127.0.0.1:1"], ["--jobs", "0"]])
def test_a_cluster_needs_its_address_and_an_address_its_cluster(
    options: list[str], demo: Demo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--workspace", str(demo.workspace.root), "consolidate", *options]) == 2
    assert options[0] in capsys.readouterr().err


def test_the_command_reads_by_processes_where_it_is_asked_to(
    tmp_path: Path, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    begin = module.pool_of
    monkeypatch.setattr(module, "pool_of", lambda jobs: asked.append(jobs) or begin(jobs))
    workspace = copied(demo, tmp_path / "w")
    arguments = ["--workspace", str(workspace.root), "--quiet", "consolidate", "--engine", "processes", "--jobs", "2"]
    assert main(arguments) == 1
    assert set(asked) == {2}
