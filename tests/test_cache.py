"""The cache saves time and means nothing: the same bytes with it, without it, and with whatever a disk makes of it."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import again, cache_program, cache_records
from pipeline import run as running
from pipeline.cache import keep, kept, key_of
from pipeline.cache_outputs import keep_made, made_before
from pipeline.cache_returns import keep_returns, note_returns, read_before, returns_known
from pipeline.cli import main
from pipeline.demo import Demo
from pipeline.files import lock
from pipeline.read import read_inbox
from schemas.decisions import COLUMNS
from schemas.load import load_forms

ROOT = Path(__file__).parent.parent
Change = Callable[[Path], None]
Told = tuple[int, str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, demo: Demo) -> Path:
    """The sample province with what a run left in its cache."""
    root = tmp_path_factory.mktemp("cached") / "w"
    shutil.copytree(demo.workspace.root, root, ignore=shutil.ignore_patterns("output", ".tonghop"))
    assert main(["--workspace", str(root), "--quiet", "consolidate"]) == 1
    return root


@pytest.fixture
def place(tmp_path: Path, world: Path) -> Path:
    root = tmp_path / "w"
    shutil.copytree(world, root)
    return root


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[Path], Told]:
    def consolidate(root: Path) -> Told:
        capsys.readouterr()
        return main(["--workspace", str(root), "consolidate"]), capsys.readouterr().out

    return consolidate


def results(root: Path) -> dict[str, bytes]:
    folder = root / "output"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def afresh(root: Path) -> None:
    shutil.rmtree(root / ".tonghop")
    shutil.rmtree(root / "output")


def inbox(root: Path) -> Path:
    return root / "inbox" / "2020"


def forbid(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def at_work(*_: object, **__: object) -> None:
        raise AssertionError(name)

    monkeypatch.setattr(running, name, at_work)


def touch(path: Path, day: int) -> None:
    when = datetime(2020, 12, day, 3, tzinfo=UTC).timestamp()
    os.utime(path, (when, when))


def swap_content(root: Path) -> None:
    """Another content of the same size and time under the same name."""
    one, other = inbox(root) / "LC-01.xlsx", inbox(root) / "LC-02.xlsx"
    stood = one.stat()
    size = max(stood.st_size, other.stat().st_size)
    one.write_bytes(one.read_bytes() + b"\0" * (size - stood.st_size))
    os.utime(one, ns=(stood.st_atime_ns, stood.st_mtime_ns))
    assert main(["--workspace", str(root), "--quiet", "consolidate"]) in (0, 1)
    before = one.stat()
    one.write_bytes(other.read_bytes() + b"\0" * (size - other.stat().st_size))
    os.utime(one, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (one.stat().st_size, one.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def change_files(root: Path) -> None:
    (inbox(root) / "LC-02.xlsx").rename(inbox(root) / "lai chau.xlsx")
    (inbox(root) / "LC-03.xlsx").unlink()
    touch(inbox(root) / "LC-05.xlsx", 28)
    shutil.copyfile(inbox(root) / "LC-21.xlsx", inbox(root) / "LC-08.xlsx")


def change_a_form(root: Path) -> None:
    own = root / "schemas" / "forms" / "B01.toml"
    if not own.is_file():
        own.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / "schemas" / "forms" / "B01.toml", own)
    replaced(own, 'label = "Thu nhập bình quân', 'label = "Thu nhập trung bình')


def change_what_is_defined(root: Path) -> None:
    rows = [
        ",".join(COLUMNS),
        "2020,set-aside,,inbox/2020/LC-21.xlsx,,,,,,gửi nhầm,Nguyễn Văn A,2020-12-01",
        "2020,adjust,LC-02,,B01,sl_doan_vien,tong,,9,gọi điện hỏi lại,Nguyễn Văn A,2020-12-01",
    ]
    (root / "decisions.csv").write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    replaced(root / "tonghop.toml", "due = 2020-12-05", "due = 2020-11-26")


def change_results(root: Path) -> None:
    folder = root / "output" / "2020"
    (folder / "index.html").write_text("?", encoding="utf-8")
    (folder / "doi-chieu-2020.xlsx").unlink()
    gone, other, *_ = sorted((folder / "phan-hoi").glob("*.xlsx"))
    gone.unlink()
    other.write_bytes(b"?")


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


CHANGES: dict[str, Change] = {
    "files": change_files,
    "a content of the same size and time": swap_content,
    "a form": change_a_form,
    "decisions and settings": change_what_is_defined,
    "results": change_results,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_same_bytes_come_of_a_run_with_and_without_a_cache(
    place: Path, told: Callable[[Path], Told], change: Change
) -> None:
    change(place)
    with_cache, left = told(place), results(place)
    assert with_cache[0] == 1
    afresh(place)
    assert told(place) == with_cache
    assert results(place) == left


def test_a_run_that_would_only_repeat_the_last_one_does_nothing(
    place: Path, told: Callable[[Path], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(place)
    before = {path: path.stat().st_mtime_ns for path in (place / "output").rglob("*")}
    forbid(monkeypatch, "consolidate")
    assert told(place) == first
    assert {path: path.stat().st_mtime_ns for path in (place / "output").rglob("*")} == before


def test_other_words_for_the_same_run_are_another_question(
    place: Path, told: Callable[[Path], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(place)
    forbid(monkeypatch, "consolidate")
    for more in (["--period", "2020"], ["--only-accepted"]):
        assert main(["--workspace", str(place), "consolidate", *more]) == 3
    assert main(["--workspace", str(place), "--lang", "en", "consolidate"]) == 3


def test_who_has_sent_is_told_again_without_a_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--workspace", str(place), "status"]) == 1
    first = capsys.readouterr().out
    forbid(monkeypatch, "consolidate")
    assert main(["--workspace", str(place), "status"]) == 1
    assert capsys.readouterr().out == first
    (inbox(place) / "LC-02.xlsx").unlink()
    assert main(["--workspace", str(place), "status"]) == 3


def test_nothing_is_told_while_another_run_is_at_work(place: Path) -> None:
    with lock(place / ".tonghop"):
        assert main(["--workspace", str(place), "--quiet", "consolidate"]) == 2


def test_what_changed_while_a_run_was_at_work_is_looked_at_by_the_next(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = running.consolidate
    (inbox(place) / "LC-08.xlsx").unlink()

    def meanwhile(*given: object, **named: object) -> object:
        made = work(*given, **named)  # type: ignore[arg-type]
        (inbox(place) / "LC-02.xlsx").unlink()
        return made

    monkeypatch.setattr(running, "consolidate", meanwhile)
    assert main(["--workspace", str(place), "--quiet", "consolidate"]) == 1
    monkeypatch.setattr(running, "consolidate", work)
    shutil.copyfile(inbox(place) / "LC-01.xlsx", inbox(place) / "LC-02.xlsx")
    asked = again.question(place, "consolidate", "None", "False", "vi")
    assert asked is not None
    assert again.answered(asked) is None


def damaged(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Bits that fell over, an end that is missing or too many, another's file, nothing at all."""
    for _ in range(200):
        at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
        yield data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
        yield data[:at]
    yield from (b"", data + b"\0", b"PK\x03\x04" + data)


def test_no_damage_goes_unseen(tmp_path: Path) -> None:
    path, key = tmp_path / "x.bin", key_of("x")
    keep(path, key, b"what was kept")
    for broken in damaged(path.read_bytes(), random.Random(7)):
        path.write_bytes(broken)
        assert kept(path, key) is None


def test_a_broken_cache_is_ignored(place: Path, told: Callable[[Path], Told]) -> None:
    first, left = told(place), results(place)
    files = sorted((place / ".tonghop").glob("*.bin"))
    assert {path.name.partition("-")[0] for path in files} == {"judged", "made", "read", "told"}
    for path in files:
        path.write_bytes(next(damaged(path.read_bytes(), random.Random(path.name))))
    assert told(place) == first
    assert results(place) == left


def test_a_cache_that_cannot_be_written_is_done_without(place: Path, told: Callable[[Path], Told]) -> None:
    first, left = told(place), results(place)
    for path in sorted((place / ".tonghop").glob("*.bin")):
        path.unlink()
        path.mkdir()
    assert told(place) == first
    assert results(place) == left


def test_what_another_program_worked_out_is_worked_out_again(
    place: Path, told: Callable[[Path], Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = told(place)
    forms = load_forms(sorted((ROOT / "schemas" / "forms").glob("*.toml")))
    assert returns_known(place, "2020", forms).files
    assert made_before(place, "phan-hoi-2020")
    for module in ("pipeline.again", "pipeline.cache_records", "pipeline.cache_outputs"):
        monkeypatch.setattr(f"{module}.program_key", lambda: key_of("another"))
    asked = again.question(place, "consolidate", "None", "False", "vi")
    assert asked is not None
    assert again.answered(asked) is None
    assert not returns_known(place, "2020", forms).files
    assert not made_before(place, "phan-hoi-2020")
    assert told(place) == first


def test_every_file_of_the_program_is_in_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_program, "__file__", str(tmp_path / "pipeline" / "cache_program.py"))
    code = tmp_path / "pipeline" / "words.toml"
    code.parent.mkdir()
    keys = []
    for text in ("1", "2"):
        code.write_text(text)
        cache_program.program_key.cache_clear()
        keys.append(cache_program.program_key())
    (code.parent / "__pycache__").mkdir()
    (code.parent / "__pycache__" / "words.pyc").write_text("3")
    cache_program.program_key.cache_clear()
    keys.append(cache_program.program_key())
    cache_program.program_key.cache_clear()
    assert keys[0] != keys[1] == keys[2]


def test_all_that_a_run_opens_in_a_workspace_is_in_its_key(place: Path) -> None:
    watch = """
import sys
opened = set()
sys.addaudithook(lambda event, given: opened.add((str(given[0]), str(given[1]))) if event == "open" else None)
from pathlib import Path
from pipeline.run import consolidate
consolidate(Path(sys.argv[1]))
sys.stdout.write("\\n".join(path for path, mode in opened if mode in ("r", "rb", "None")))
"""
    afresh(place)
    done = subprocess.run(
        [sys.executable, "-c", watch, str(place)], cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    read = {
        Path(line).relative_to(place).parts[0] for line in done.stdout.splitlines() if Path(line).is_relative_to(place)
    }
    assert read <= {*again._INPUTS, "output", ".tonghop"}
    assert {"inbox", "tonghop.toml"} <= read


def test_a_link_to_another_folder_is_never_told_from_memory(place: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    try:
        (inbox(place) / "more").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("links are not allowed here")
    (elsewhere / "a.xlsx").write_bytes(b"1")
    assert again.question(place, "consolidate") is None


def test_what_is_kept_of_a_return_is_the_return(demo: Demo, tmp_path: Path) -> None:
    place, period = demo.workspace, demo.results.owed.period
    read = read_inbox(place.inbox(period), place.root, place.forms)
    returns = returns_known(tmp_path, "2020", place.forms)
    alone = [one for one in read if (place.root / one.file).is_file()]
    note_returns(returns, {one.file: (one.sha256, [one]) for one in alone})
    keep_returns(returns, {one.file for one in alone})
    after = returns_known(tmp_path, "2020", place.forms)
    assert len(alone) > 10
    for one in alone:
        found = read_before(after, one.file, one.sha256, one.received_at)
        assert found == [one]
        assert repr(found) == repr([one])
        assert read_before(after, one.file, "0" * 64, one.received_at) is None


def test_a_cache_names_no_class_but_those_of_the_reader(demo: Demo, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, ...]:
            return (os.mkdir, (str(tmp_path / "made"),))

    forms = demo.workspace.forms
    returns = returns_known(tmp_path, "2020", forms)
    when = datetime(2020, 12, 1, tzinfo=UTC)
    at, key = cache_records._path(returns.place), cache_records._key(returns.place)
    for evil in (pickle.dumps(Evil()), pickle.dumps(({"a": ("", b"")}, Evil())), pickle.dumps((1, {}))):
        keep(at, key, evil)
        assert kept(at, key) == evil
        assert not returns_known(tmp_path, "2020", forms).files
        returns.files["a"] = ("", evil)
        assert read_before(returns, "a", "", when) is None
    assert not (tmp_path / "made").exists()


def test_a_result_is_known_by_what_it_was_made_of_and_by_its_content(tmp_path: Path) -> None:
    keep_made(tmp_path, "x", {"a": ["1", "2"]})
    assert made_before(tmp_path, "x") == {"a": ["1", "2"]}
    assert made_before(tmp_path, "y") == {}


def test_a_run_that_was_ended_leaves_no_half_of_a_cache(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, key = place / ".tonghop" / "x.bin", key_of("x")
    keep(path, key, b"old")

    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(Path, "replace", full)
    keep(path, key, b"new")
    assert kept(path, key) == b"old"
    assert not list(path.parent.glob("*.tmp"))
