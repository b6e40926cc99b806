"""A run that is killed at any moment: nothing received is touched, nothing is half there, the next run is whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline import again, write, write_returns
from pipeline.cli import main
from pipeline.demo import Demo

ROOT = Path(__file__).parents[1]
PERIOD = "2020"
OUTPUT = f"output/{PERIOD}"
KILLS = 5
SEED = 20201205

Files = dict[str, bytes]
Received = dict[str, tuple[bytes, int]]


@dataclass(frozen=True)
class World:
    """A workspace before a run, what stood in its output before, and what that run makes of it and in what time."""

    start: Path
    before: Files
    after: Files
    seconds: float


def command(root: Path) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", "--workspace", str(root), "consolidate"]


def whole(root: Path) -> Files:
    """What a run makes that nobody interrupts; it has hard findings."""
    assert main(["--workspace", str(root), "--quiet", "consolidate"]) == 1
    return results(root)


def files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def results(root: Path) -> Files:
    """The files that have their name."""
    folder = root / OUTPUT
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files(folder)
        if not path.name.startswith(".")
    }


def unfinished(root: Path) -> list[str]:
    return [path.name for path in files(root) if path.suffix == ".tmp"]


def received(root: Path) -> Received:
    inbox = root / "inbox"
    return {path.relative_to(inbox).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files(inbox)}


def opens(path: Path) -> bool:
    if path.suffix in (".xlsx", ".docx", ".zip"):
        with ZipFile(path) as parts:
            return parts.testzip() is None
    return path.read_bytes().endswith((b"\n", b"PAR1"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Path:
    """Six unions of the sample province; since ``earlier`` some came, some were taken back, one holds another's."""
    folder = tmp_path_factory.mktemp("killed")
    for name, codes in (("earlier", "LC-01 LC-02 LC-04 LC-07 LC-21"), ("later", "LC-01 LC-03 LC-05 LC-06 LC-07 LC-21")):
        shutil.copytree(
            demo.workspace.root, folder / name, ignore=shutil.ignore_patterns("inbox", "output", ".tonghop")
        )
        inbox = folder / name / "inbox" / PERIOD
        inbox.mkdir(parents=True)
        for code in codes.split():
            shutil.copy2(demo.workspace.root / "inbox" / PERIOD / f"{code}.xlsx", inbox)
    shutil.copy2(inbox / "LC-06.xlsx", inbox / "LC-21.xlsx")
    return folder


def ran(start: Path) -> World:
    """A run over a copy of this that nobody interrupts."""
    root = start.with_name(f"{start.name}-whole")
    shutil.copytree(start, root)
    at = time.perf_counter()
    done = subprocess.run(command(root), cwd=ROOT, capture_output=True, check=False)
    seconds = time.perf_counter() - at
    assert (done.returncode, done.stderr) == (1, b"")
    assert all(opens(path) for path in files(root / OUTPUT))
    return World(start, results(start), results(root), seconds)


@pytest.fixture(scope="module")
def worlds(folder: Path) -> dict[str, World]:
    """The same inbox, once with nothing there yet, once with the results and caches of an inbox of before."""
    first = ran(folder / "earlier")
    over = folder / "over"
    shutil.copytree(folder / "earlier-whole", over)
    shutil.rmtree(over / "inbox")
    shutil.copytree(folder / "later" / "inbox", over / "inbox")
    both = {"nothing there": ran(folder / "later"), "results there": ran(over)}
    assert both["results there"].before == first.after
    assert both["results there"].after == both["nothing there"].after
    assert first.after.keys() - both["results there"].after.keys() >= {"phan-hoi/LC-04.xlsx"}
    return both


@pytest.mark.parametrize("there", ["nothing there", "results there"])
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(
    worlds: dict[str, World], there: str, tmp_path: Path
) -> None:
    world, chance, killed = worlds[there], random.Random(f"{SEED} {there}"), 0
    untouched = received(world.start)
    for i in range(KILLS):
        moment = (i + chance.random()) / KILLS * world.seconds
        where = f"seed {SEED}, kill {i} after {moment:.3f} of {world.seconds:.3f} s"
        root = tmp_path / str(i)
        shutil.copytree(world.start, root)
        with subprocess.Popen(command(root), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(moment)
            killed += process.poll() is None
            process.kill()
        assert received(root) == untouched, where
        for name, data in results(root).items():
            assert data in (world.before.get(name), world.after.get(name)), f"{name}: {where}"
        assert whole(root) == world.after, where
        assert received(root) == untouched, where
        assert unfinished(root) == [], where
        shutil.rmtree(root)
    # A machine that is quicker now than when it was measured may be done before the last.
    assert killed >= KILLS - 2


PLACES = {
    "some of the returned files written": (write_returns, "put_bytes", True),
    "returned files written, not recorded": (write_returns, "keep_made", False),
    "returned files written, not recorded, and the inputs as before": (write_returns, "keep_made", True),
    "a table of data written, not all": (write, "write_parquet", True),
    "all written, what was told not kept": (again, "remember", False),
}


@pytest.mark.parametrize("place", PLACES)
def test_what_was_written_and_not_recorded_is_never_taken_for_what_is_recorded(
    worlds: dict[str, World], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    world, root = worlds["results there"], tmp_path / "w"
    shutil.copytree(world.start, root)
    module, name, inputs_go_back = PLACES[place]
    work, calls = getattr(module, name), 0

    def ends(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        # Where one is called for each of many files, not before the first of them.
        if name == "put_bytes" and calls < 3:
            return work(*given, **named)
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(module, name, ends)
        assert main(["--workspace", str(root), "--quiet", "consolidate"]) == 2
    assert calls
    if inputs_go_back:
        shutil.rmtree(root / "inbox")
        shutil.copytree(folder / "earlier" / "inbox", root / "inbox")
    assert whole(root) == (world.before if inputs_go_back else world.after)
