"""Returns of very many files are kept on several shelves; the results are the same, and a change reads one file."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import cache_records, read
from pipeline.cache_records import Place, shelves
from pipeline.demo import Demo
from pipeline.engine import LOCAL, Engine
from pipeline.read import read_files
from pipeline.read_files import File
from pipeline.submission import Submission

TWO = Engine("processes", jobs=2, batch=3)


@pytest.fixture
def inbox(demo: Demo, tmp_path: Path) -> list[Path]:
    """Some returns in a workspace of their own, one of them in an archive, one no workbook."""
    folder = tmp_path / "inbox" / "2020"
    shutil.copytree(demo.workspace.inbox(demo.results.owed.period), folder)
    (folder / "x.xlsx").write_bytes(b"no workbook")
    return sorted(path for path in folder.iterdir() if path.is_file())


def reading(demo: Demo, root: Path, files: Sequence[Path], engine: Engine = LOCAL) -> list[Submission]:
    forms = demo.workspace.forms
    return read_files(files, root, forms, Place(root, "2020", forms), engine)


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files whose content is looked at from now on."""
    names: list[str] = []
    work = read._read_content

    def looking(file: File, data: bytes) -> list[Submission]:
        names.append(file.path.name if isinstance(file.path, Path) else "")
        return work(file, data)

    monkeypatch.setattr(read, "_read_content", looking)
    return names


@pytest.mark.parametrize("engine", [LOCAL, TWO], ids=["threads", "processes"])
def test_shelves_make_no_difference_to_what_is_read(
    demo: Demo, inbox: list[Path], tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = read_files(inbox, tmp_path, demo.workspace.forms)
    monkeypatch.setattr(cache_records, "_SHELF", 4)
    assert reading(demo, tmp_path, inbox, engine) == plain
    assert len(list((tmp_path / ".tonghop").glob("read-2020-*.bin"))) > 2
    assert reading(demo, tmp_path, inbox, engine) == plain
    assert reading(demo, tmp_path, inbox) == plain


def test_one_changed_file_is_read_and_its_shelf_alone_written(
    demo: Demo, inbox: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_records, "_SHELF", 4)
    reading(demo, tmp_path, inbox)
    looked = opened(monkeypatch)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / ".tonghop").glob("read-*.bin")}
    # What stands in an archive is read every time.
    archives = [path.name for path in inbox if path.suffix == ".zip"]
    reading(demo, tmp_path, inbox)
    assert [name for name in looked if name not in archives] == []
    looked.clear()
    (inbox[0].parent / "x.xlsx").write_bytes(b"another")
    changed = reading(demo, tmp_path, inbox)
    assert [name for name in looked if name not in archives] == ["x.xlsx"]
    assert changed == read_files(inbox, tmp_path, demo.workspace.forms)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / ".tonghop").glob("read-*.bin")}
    assert sum(after[path] != when for path, when in before.items()) <= 1 + len(archives)


def test_a_file_stays_on_its_shelf_whatever_comes_beside_it(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_records, "_SHELF", 4)
    names = [f"inbox/2020/{i}.xlsx" for i in range(15)]
    place = Place(Path(), "2020", demo.workspace.forms)
    before = {names[i]: shelf for shelf, numbers in shelves(place, names) for i in numbers}
    more = ["inbox/2020/0a.xlsx", *names]
    after = {more[i]: shelf for shelf, numbers in shelves(place, more) for i in numbers}
    assert {name: after[name] for name in names} == before
    assert sorted(after) == sorted(more)
    assert len(set(before.values())) > 1
    assert shelves(place, names[:4]) == [("2020", [0, 1, 2, 3])]
